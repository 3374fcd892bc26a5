"""``out=``: module functions that put their results into tensors that are there, with PyTorch's checks.

One wrapper serves all of them. The result is computed first and put in place afterwards, so that an operand may be the
output.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any, Final

from plugrad.core.arguments import mistyped
from plugrad.core.errors import with_hint
from plugrad.core.inplace import bump, check_castable, check_writable
from plugrad.core.modes import mode
from plugrad.core.promote import common_device
from plugrad.core.value import Value
from plugrad.core.views import Outdated

#: Outputs of another dtype are converted to, where the kind allows it.
_CONVERTED: Final = """
    acos acosh add addcdiv addcmul addr angle arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin
    asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor cat
    cholesky_inverse cholesky_solve column_stack concat concatenate copysign cos cosh cumprod cumsum deg2rad diff div
    divide dstack empty eq erf exp exp2 expm1 eye floor_divide fmax fmin fmod full ge ger greater
    greater_equal gt hstack hypot kron le less less_equal linspace log log10 log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor logspace logsumexp lt matrix_power max maximum mean min minimum mul multiply
    nanmean nansum ne nextafter normal not_equal ones outer pow prod rad2deg rand randint randn randperm reciprocal
    remainder row_stack rsqrt sigmoid sin sinh sqrt square stack std sub subtract sum tan tanh true_divide var
    vstack xlogy zeros
"""

#: Outputs must have the very dtype of the result.
_EXACT: Final = """
    addbmm addmm addmv all amax amin any argmax argmin baddbmm bitwise_not bmm bucketize chain_matmul complex cross
    diag dot float_power gather index_select inner inverse isin isneginf isposinf log_softmax logcumsumexp lu_solve
    masked_select matmul mm msort mv nan_to_num nanquantile nonzero norm polar quantile renorm searchsorted signbit
    slice_scatter softmax take take_along_dim tensordot tril triu vdot where
"""

#: The same, in the words of PyTorch's elementwise ops.
_ELEMENTWISE: Final = """
    abs absolute ceil clamp clamp_max clamp_min clip conj_physical fix floor frac lerp neg negative round sgn sign trunc
"""

#: Several outputs, of exactly the dtypes of the results.
_SEVERAL: Final = """
    aminmax cummax cummin histogram kthvalue lu_unpack median mode nanmedian qr slogdet sort svd topk triangular_solve
"""

#: The same of ``linalg`` and ``fft``.
_LINALG_EXACT: Final = """
    cholesky cond cross det eigvals eigvalsh householder_product inv lu_solve matmul matrix_norm matrix_power
    matrix_rank multi_dot norm pinv solve solve_triangular svdvals tensorinv tensorsolve vecdot vector_norm
"""
_LINALG_SEVERAL: Final = """
    cholesky_ex eig eigh inv_ex lu lu_factor lu_factor_ex qr slogdet solve_ex svd
"""
_FFT_CONVERTED: Final = """
    fft fft2 fftfreq fftn hfft hfft2 hfftn ifft ifft2 ifftn ihfft ihfft2 ihfftn irfft irfft2 irfftn rfft rfft2 rfftfreq
    rfftn
"""

#: Functions that make a tensor make it of the output's dtype.
_MAKES: Final = frozenset(
    ["arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "randperm", "zeros"]
)

#: Functions that PyTorch makes of ``cat``, which refuses dtypes in its own way.
_JOINS: Final = frozenset(
    ["cat", "column_stack", "concat", "concatenate", "dstack", "hstack", "row_stack", "stack", "vstack"]
)

#: How PyTorch calls dtypes in these refusals: the names of C++.
_C_NAMES: Final = {
    "int64": "long int", "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char",
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip

_RESIZED = (
    "An output with one or more elements was resized since it had shape {}, which does not match the required output "
    "shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they "
    "have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
    "t.resize_(0)."
)

_RESIZED_HISTORY = (
    "a computed tensor was resized by out=: its gradient would be of another shape\n"
    "Hint: give an empty tensor that was not computed."
)


def accept_out(names: dict[str, Any], module: str = "") -> None:
    """Let the functions among ``names``, of plugrad or of a module, that take ``out=`` in PyTorch take it here."""
    lists = {
        "": {"converted": _CONVERTED, "exact": _EXACT, "elementwise": _ELEMENTWISE, "several": _SEVERAL},
        "linalg": {"exact": _LINALG_EXACT, "several": _LINALG_SEVERAL},
        "fft": {"converted": _FFT_CONVERTED},
    }
    for kind, listed in lists[module].items():
        for name in listed.split():
            if name in names:
                names[name] = with_out(f"{module}_{name}" if module else name, names[name], kind)


def with_out(name: str, function: Callable[..., Any], kind: str) -> Any:
    """A function that takes ``out=`` besides."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        if out is None:
            return function(*args, **options)
        return _called_into(name, function, kind, args, out, options)

    if call.__doc__ is not None and "    Args:\n" in call.__doc__:
        what = "Tensors" if kind == "several" else "A tensor"
        line = f"\n        out: {what} to put the result into.\n\n    Returns:"
        call.__doc__ = call.__doc__.replace("\n\n    Returns:", line, 1)
    return call


def _called_into(
    name: str, function: Callable[..., Any], kind: str, args: tuple[Any, ...], out: Any, options: dict[str, Any]
) -> Any:
    several = kind == "several" or (name in ("max", "min") and isinstance(out, (tuple, list)))
    if several and not (isinstance(out, (tuple, list)) and all([isinstance(o, Value) for o in out])):
        raise mistyped(name, "out", None, "tuple of Tensors", out)
    if not several and not isinstance(out, Value):
        raise mistyped(name, "out", None, "Tensor", out)
    outs = tuple(out) if several else (out,)
    operands = [
        x
        for arg in (*args, *options.values())
        for x in (arg if isinstance(arg, (tuple, list)) else (arg,))
        if isinstance(x, Value)
    ]
    _check_outs(name, outs, operands)
    if name in _MAKES:
        options = {"dtype": outs[0].dtype, "device": outs[0].device, **options}
    y = function(*args, **options)
    ys = y if isinstance(y, tuple) else (y,)
    if len(ys) != len(outs):
        raise TypeError(with_hint(f"{name}() expected {len(ys)} tensors in 'out', got {len(outs)}", "one each."))
    for o, result in zip(outs, ys, strict=True):
        common_device(name, [o, result])
        if several or kind != "converted":
            _check_same_dtype(kind, o, result)
        else:
            _check_castable(name, o, result)
    for o, result in zip(outs, ys, strict=True):
        _put(o, result, silent=name in _MAKES)
    if not several:
        return out
    return outs if type(y) is tuple else type(y)(outs)


def _check_outs(name: str, outs: tuple[Any, ...], operands: list[Any]) -> None:
    """Raise PyTorch's error if results must not be put into ``outs``."""
    if mode() > 0 and any([x.tracked for x in (*operands, *outs)]):
        raise RuntimeError(
            with_hint(
                f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                "arguments requires grad.",
                "call it under `with plugrad.no_grad():`, or without out=.",
            )
        )
    for o in outs:
        check_writable(o, tuple([x for x in operands if x.device is o.device]))


def _check_castable(name: str, out: Any, y: Any) -> None:
    try:
        check_castable(y.dtype, out.dtype)
    except RuntimeError:
        if name in _JOINS:
            text = f"torch.cat(): input types can't be cast to the desired output type {out.dtype.legacy_name}"
            raise TypeError(with_hint(text.replace("torch", "plugrad"), f"the result is {y.dtype}.")) from None
        raise


def _check_same_dtype(kind: str, out: Any, y: Any) -> None:
    if out.dtype is y.dtype:
        return
    if kind == "elementwise":
        text = f"Found dtype {out.dtype.legacy_name} but expected {y.dtype.legacy_name}"
    else:
        wanted, got = (_C_NAMES.get(d.name, d.name) for d in (y.dtype, out.dtype))
        text = f"Expected out tensor to have dtype {wanted}, but got {got} instead"
    raise RuntimeError(with_hint(text, f"out=plugrad.empty({list(y.raw.shape)}, dtype={y.dtype})."))


def _put(out: Any, y: Any, silent: bool) -> None:
    """Put a result into the tensor of ``out=``, which takes its shape."""
    backend = out.device.backend
    shape, wanted = tuple(out.raw.shape), tuple(y.raw.shape)
    if shape == wanted:
        out.raw = backend.write(out.raw, y.raw)
    else:
        if math.prod(shape) and not silent:
            warnings.warn(_RESIZED.format(list(shape), list(wanted)), UserWarning, stacklevel=4)
        raw = y.raw if y.dtype is out.dtype else out.device.xp.astype(y.raw, backend.dtypes[out.dtype])
        # Memory of its own from now on: there is no room in the old one.
        out.raw = backend.copy(raw)
        out.base, out.steps, out.detached_from = None, (), None
        if out.edge is not None:
            out.edge = Outdated(_RESIZED_HISTORY)
    bump(out)
