"""Why ops on 16 numbers take longer than PyTorch's, where they do: one reason for each op.

At this size an op is not arithmetic but what stands around it: PyTorch's C++ takes 1.4 us for a view and 2.3 us for an
elementwise op with its node, plugrad's Python 1.8 us for the latter, and each call of NumPy 0.3 to 1.2 us.
"""

from __future__ import annotations

from typing import Final

LEVEL: Final = "Level, within what the measurement scatters: dispatch in Python takes as long as PyTorch's in C++."
VIEW: Final = (
    "A view: NumPy makes one in 0.1 us, PyTorch in 1.4 us with everything around it. Here the arguments, the Tensor, "
    "its node and its relation to the base, which in-place changes need, are Python's work."
)
SEVERAL: Final = "Several results, each of them a Tensor with a place in the graph, for about 1 us."
SEQUENCE: Final = "A sequence of tensors: each is looked at for its device, dtype, shape and history, in Python."
OPERANDS: Final = (
    "Three operands or options: they are looked at in a loop, where ops of one or two tensors have straight code."
)
REDUCTION: Final = "NumPy takes 0.9 us to set up a reduction or a scan, more than PyTorch's whole kernel."
CALLS: Final = "Several calls of NumPy, 0.3 to 1 us each, where PyTorch has one kernel."
SPECIAL: Final = (
    "NumPy has no such function: it is made of polynomials in many calls, or of Python's math element by element."
)
INDEX: Final = (
    "Indices are checked against the bounds before anything is read or written, and NumPy takes 1 us to read or write "
    "by an array of indices."
)
VALUES: Final = "Its result, or the shape of it, depends on values that Python has to see on the way."
PARTS: Final = (
    "Made of several recorded ops, so that it has derivatives of all orders on every library; PyTorch has one node."
)
TRUTH: Final = "Of numbers, not of booleans: the question whether they are 0, which the standard's logic does not ask."

_REASONS: Final[dict[str, tuple[str, ...]]] = {
    LEVEL: (
        "add",
        "sub",
        "mul",
        "div",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "fmod",
        "remainder",
        "nextafter",
        "atan2",
        "hypot",
        "copysign",
        "floor_divide",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "frac",
        "round",
        "rsqrt",
        "rad2deg",
        "deg2rad",
        "x + row",
        "sum",
        "all",
        "any",
        "norm",
        "mean, dim 1",
        "long",
        "double",
        "masked_select",
        "x[mask]",
        "relu",
        "tan",
        "positive",
        "isnan",
        "abs",
        "logsumexp, dim 1",
        "linear",
        "mse_loss",
        "real",
        "conj",
        "mean",
    ),
    VIEW: (
        "reshape",
        "flatten",
        "permute",
        "transpose",
        "unsqueeze",
        "squeeze",
        "expand",
        "diagonal",
        "narrow",
        "select",
        "unfold",
        "x[i]",
        "x[1:3]",
    ),
    SEVERAL: (
        "split",
        "chunk",
        "unbind, dim 1",
        "aminmax",
        "std_mean",
        "var_mean",
        "sort, dim 1",
        "topk",
        "kthvalue",
        "cummax, dim 1",
        "cummin, dim 1",
        "mode, dim 1",
    ),
    SEQUENCE: ("cat", "stack"),
    OPERANDS: ("where", "lerp", "addcmul", "addcdiv", "addmm", "masked_fill", "clamp", "mv", "dot"),
    REDUCTION: (
        "amax",
        "amin",
        "amax, dim 1",
        "argmax, dim 1",
        "argmax",
        "argmin",
        "max",
        "min",
        "prod",
        "median",
        "count_nonzero",
        "sum, dim 1",
        "cumsum, dim 1",
        "cumprod, dim 1",
        "logcumsumexp, dim 1",
        "trace",
    ),
    CALLS: (
        "softmax, dim 1",
        "log_softmax, dim 1",
        "layer_norm",
        "cross_entropy",
        "std",
        "var",
        "std, dim 1",
        "elu",
        "softplus",
        "leaky_relu",
        "silu",
        "sigmoid",
        "logit",
        "xlogy",
        "heaviside",
        "logaddexp",
        "logaddexp2",
        "sinc",
        "angle",
        "nan_to_num",
        "nansum",
        "sign",
        "sgn",
        "tril",
        "triu",
        "roll",
        "flip",
        "rot90",
        "diag_embed",
        "acosh",
        "diagonal_scatter",
        "isin",
        "searchsorted",
    ),
    SPECIAL: ("erf", "erfc", "erfinv", "digamma", "lgamma", "i0"),
    INDEX: (
        "x[tensor]",
        "index_select",
        "gather",
        "take",
        "scatter",
        "scatter_add",
        "scatter_reduce",
        "index_add",
        "index_copy",
        "index_fill",
        "index_put",
    ),
    VALUES: ("bincount", "histc", "unique", "nonzero"),
    PARTS: (
        "trapezoid",
        "gradient",
        "diff",
        "outer",
        "quantile",
        "dist",
        "select_scatter",
        "take_along_dim",
        "nanmean",
        "nanmedian",
    ),
    TRUTH: ("logical_and", "logical_or", "logical_xor", "logical_not"),
}

#: Op -> reason.
OPS: Final[dict[str, str]] = {name: reason for reason, names in _REASONS.items() for name in names}

#: The names of all, to see whether one has two reasons.
NAMES: Final = [name for names in _REASONS.values() for name in names]
