"""The functional face of nn: PyTorch's names, signatures, checks and messages over the ops of the core."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.arguments import mistyped
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.core.tensor import Tensor
from plugrad.nn.functional_checks import (
    check_bilinear,
    check_dropout,
    check_embedding,
    check_layer_norm,
)
from plugrad.nn.functional_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# The definitions of ops are written in an untyped language.
_ops: Any = ops

__all__ = [
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "relu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "tanh",
]


# Linear maps


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply an affine map to the last dimension: y = x A^T + b.

    Args:
        input: ``(*, in_features)``.
        weight: (out_features, in_features), or (in_features) for an output without that dimension.
        bias: (out_features), or what broadcasts to the output.

    Raises:
        RuntimeError: The sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> import plugrad.nn.functional as F
        >>> F.linear(plugrad.ones(2, 3), plugrad.ones(4, 3)).shape
        plugrad.Size([2, 4])
    """
    if bias is not None and not isinstance(bias, Tensor):
        raise mistyped("linear", "bias", 3, "Tensor", bias)
    result: Tensor = _ops.linear(input, weight, bias)
    return result


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply a bilinear map: y_k = x1^T A_k x2 + b_k.

    Args:
        input1: ``(*, in1_features)``.
        input2: ``(*, in2_features)``.
        weight: (out_features, in1_features, in2_features).
        bias: (out_features).

    Raises:
        RuntimeError: The sizes do not fit.

    Example::

        >>> import plugrad
        >>> import plugrad.nn.functional as F
        >>> F.bilinear(plugrad.ones(5, 2), plugrad.ones(5, 3), plugrad.ones(4, 2, 3)).shape
        plugrad.Size([5, 4])
    """
    check_bilinear(input1, input2, weight, bias)
    # x1^T A gives (*, out, in2): one matrix product, then the product with x2 is summed.
    rows, columns, depth = weight.shape
    left = linear(input1, weight.permute(0, 2, 1).reshape(rows * depth, columns))
    left = left.reshape(*input1.shape[:-1], rows, depth)
    y = (left @ input2.unsqueeze(-1)).squeeze(-1)
    result: Tensor = y if bias is None else y + bias
    return result


# Activations


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply max(0, x) elementwise. At 0 the gradient is 0.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.relu(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    result: Tensor = input.relu_() if inplace else _ops.relu(input)
    return result


def relu_(input: Tensor) -> Tensor:
    """Apply `relu` in place.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.relu_(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    result: Tensor = input.relu_()
    return result


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Apply max(0, x) + negative_slope * min(0, x) elementwise. At 0 the gradient is negative_slope.

    Args:
        input: Any shape.
        negative_slope: Slope for negative x.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.leaky_relu(plugrad.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    y = _ops.leaky_relu(input, negative_slope=negative_slope)
    result: Tensor = input.copy_(y) if inplace else y
    return result


def sigmoid(input: Tensor) -> Tensor:
    """Apply 1 / (1 + exp(-x)) elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.sigmoid(plugrad.zeros(2))
        tensor([0.5000, 0.5000])
    """
    result: Tensor = _ops.sigmoid(input)
    return result


def tanh(input: Tensor) -> Tensor:
    """Apply tanh elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.tanh(plugrad.zeros(2))
        tensor([0., 0.])
    """
    result: Tensor = _ops.tanh(input)
    return result


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Apply x * Phi(x) elementwise, Phi the cumulative normal distribution.

    Args:
        input: Any shape.
        approximate: ``"none"``, or ``"tanh"`` for 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

    Raises:
        RuntimeError: ``approximate`` is neither.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.gelu(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    result: Tensor = _ops.gelu(input, approximate=approximate)
    return result


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply x * sigmoid(x) elementwise.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.silu(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7311])
    """
    y = _ops.silu(input)
    result: Tensor = input.copy_(y) if inplace else y
    return result


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Apply log(1 + exp(beta * x)) / beta elementwise.

    Args:
        input: Any shape.
        beta: Sharpness.
        threshold: Where beta * x is above it, the result is x itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softplus(plugrad.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    result: Tensor = _ops.softplus(input, beta=beta, threshold=threshold)
    return result


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Apply exp(x_i) / sum_j exp(x_j) along a dimension.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softmax(plugrad.zeros(4), dim=0)
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    if dim is None:
        dim = _implicit_dim("softmax", input.ndim, _stacklevel)
    result: Tensor = _ops.softmax(input if dtype is None else input.to(dtype), axis=dim)
    return result


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Apply softmax to the negated input.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softmin(plugrad.zeros(2), dim=0)
        tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmin", input.ndim, _stacklevel)
    return softmax(-input, dim, dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Apply log(softmax(x)) along a dimension, computed stably.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.log_softmax(plugrad.zeros(2), dim=0)
        tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", input.ndim, _stacklevel)
    result: Tensor = _ops.log_softmax(input if dtype is None else input.to(dtype), axis=dim)
    return result


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


# Layers


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: Any shape.
        p: Probability of an element to be zeroed.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.functional.dropout(plugrad.ones(100), p=0.5)
        >>> set(y.tolist()) <= {0.0, 2.0}
        True
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    check_dropout(input, p, training)
    if not training or p == 0:
        return input
    keep = creation.empty_like(input, dtype=dtypes.bool_).bernoulli_(1 - p)
    y = _ops.dropout_mask(input, keep, scale=1 / (1 - p) if p < 1 else 0.0)
    result: Tensor = input.copy_(y) if inplace else y
    return result


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize over the last dimensions: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Args:
        input: ``(*, normalized_shape)``.
        normalized_shape: The shape of the last dimensions.
        weight: Of that shape.
        bias: Of that shape.
        eps: Added to the variance.

    Raises:
        RuntimeError: A shape does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.layer_norm(plugrad.tensor([-1.0, 1.0]), (2,), eps=0.0)
        tensor([-1.,  1.])
    """
    shape = tuple(normalized_shape)
    check_layer_norm(input, shape, weight, bias)
    result: Tensor = _ops.layer_norm(input, weight, bias, ndim=len(shape), eps=eps)
    return result


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up rows of a table: y = weight[x].

    Args:
        input: Integers, of any shape.
        weight: The table: (num_embeddings, embedding_dim).
        padding_idx: A row that gets no gradient.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it is looked up.
        sparse: Sparse gradients; plugrad has none, so True raises.

    Raises:
        IndexError: An index is no row.
        RuntimeError: The input is not int64 or int32, or the table no matrix.
        AssertionError: ``padding_idx`` is no row.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.embedding(plugrad.tensor([2, 0]), plugrad.eye(3))
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """
    if sparse:
        raise NotImplementedError("sparse gradients are not supported: use sparse=False")
    check_embedding(input, weight, padding_idx)
    if padding_idx is not None:
        padding_idx %= weight.shape[0]
    try:
        if max_norm is not None:
            # Looked up once before: a wrong index must be refused before rows are changed.
            _ops.embedding(weight.detach(), input)
            _renormalize(weight, input, max_norm, norm_type)
        result: Tensor = _ops.embedding(weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
        return result
    except IndexError as error:
        raise IndexError(with_hint("index out of range in self", f"the table has {weight.shape[0]} rows.")) from error


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up and longer than ``max_norm`` to that length, in place."""
    with no_grad():
        norms = weight.norm(p=norm_type, dim=1, keepdim=True)
        # 1e-7 as in PyTorch, against division by zero.
        scaled = weight * (max_norm / (norms + 1e-7))
        used = creation.zeros(weight.shape[0], dtype=dtypes.bool_, device=weight.device)
        used[indices.reshape(-1).long()] = True
        weight.copy_(ops.where(used.unsqueeze(1) & (norms > max_norm), scaled, weight))
