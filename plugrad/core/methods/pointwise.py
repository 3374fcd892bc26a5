"""PyTorch's elementwise functions of one tensor.

They are the ops themselves: no frame between a call and dispatch. Arithmetic of two tensors and selection
stand in modules beside this one, and join the methods here.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, dtypes, ops
from plugrad.core.inplace import in_place
from plugrad.core.methods.arithmetic import ArithmeticMethods
from plugrad.core.methods.combination import CombinationMethods
from plugrad.core.methods.selection import SelectionMethods
from plugrad.core.value import Value

__all__ = [
    "abs", "absolute", "acos", "acosh", "arccos", "arccosh",
    "arcsin", "arcsinh", "arctan", "arctanh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh",
    "deg2rad", "erf", "exp", "exp2", "expm1", "fix", "floor", "frac", "log", "log10", "log1p", "log2",
    "neg", "negative", "positive", "rad2deg", "reciprocal", "relu", "rsqrt", "sgn", "sigmoid", "sign",
    "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "abs_", "acos_", "acosh_", "arccos_",
    "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_", "asin_", "asinh_", "atan_", "atanh_", "ceil_",
    "cos_", "cosh_", "deg2rad_", "erf_", "exp2_", "exp_", "expm1_", "fix_", "floor_", "frac_", "log10_",
    "log1p_", "log2_", "log_", "neg_", "negative_", "rad2deg_", "reciprocal_", "relu_", "rsqrt_",
    "sigmoid_", "sin_", "sinh_", "sqrt_", "square_", "tan_", "tanh_", "trunc_",
]  # fmt: skip

abs = absolute = ops.abs
acos = arccos = ops.acos
acosh = arccosh = ops.acosh
asin = arcsin = ops.asin
asinh = arcsinh = ops.asinh
atan = arctan = ops.atan
atanh = arctanh = ops.atanh
ceil = ops.ceil
cos = ops.cos
cosh = ops.cosh
deg2rad = ops.deg2rad
erf = ops.erf
exp = ops.exp
exp2 = ops.exp2
expm1 = ops.expm1
floor = ops.floor
frac = ops.frac
log = ops.log
log10 = ops.log10
log1p = ops.log1p
log2 = ops.log2
neg = negative = ops.negative
rad2deg = ops.rad2deg
reciprocal = ops.reciprocal
relu = ops.relu
rsqrt = ops.rsqrt
sigmoid = ops.sigmoid
# The standard's sign gives nan of nan, PyTorch's both give 0.
sgn = ops.sgn
sign = ops.sign_or_zero
sin = ops.sin
sinh = ops.sinh
sqrt = ops.sqrt
tan = ops.tan
tanh = ops.tanh
trunc = fix = ops.trunc

_abs_ = in_place(ops.abs)
acos_ = arccos_ = in_place(ops.acos)
acosh_ = arccosh_ = in_place(ops.acosh)
asin_ = arcsin_ = in_place(ops.asin)
asinh_ = arcsinh_ = in_place(ops.asinh)
atan_ = arctan_ = in_place(ops.atan)
atanh_ = arctanh_ = in_place(ops.atanh)
ceil_ = in_place(ops.ceil)
cos_ = in_place(ops.cos)
cosh_ = in_place(ops.cosh)
deg2rad_ = in_place(ops.deg2rad)
erf_ = in_place(ops.erf)
exp_ = in_place(ops.exp)
exp2_ = in_place(ops.exp2)
expm1_ = in_place(ops.expm1)
floor_ = in_place(ops.floor)
frac_ = in_place(ops.frac)
log_ = in_place(ops.log)
log10_ = in_place(ops.log10)
log1p_ = in_place(ops.log1p)
log2_ = in_place(ops.log2)
neg_ = negative_ = in_place(ops.negative)
rad2deg_ = in_place(ops.rad2deg)
reciprocal_ = in_place(ops.reciprocal)
relu_ = in_place(ops.relu)
rsqrt_ = in_place(ops.rsqrt)
sigmoid_ = in_place(ops.sigmoid)
sgn_ = in_place(ops.sgn)
sign_ = in_place(ops.sign_or_zero)
sin_ = in_place(ops.sin)
sinh_ = in_place(ops.sinh)
sqrt_ = in_place(ops.sqrt)
square_ = in_place(ops.square)
tan_ = in_place(ops.tan)
tanh_ = in_place(ops.tanh)
trunc_ = fix_ = in_place(ops.trunc)


def abs_(self: Any) -> Any:
    """In-place form of ``abs``.

    Returns:
        This tensor.

    Raises:
        RuntimeError: for complex numbers, whose absolute values are real.
    """
    if isinstance(self, Value) and self.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.\nHint: use x.abs().")
    return _abs_(self)


def positive(input: Any) -> Any:
    """Return this very tensor, as PyTorch does.

    Args:
        input: A tensor, not of booleans.

    Raises:
        RuntimeError: for booleans.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, -2.0])
        >>> plugrad.positive(x) is x
        True
    """
    # The op refuses what has no sign.
    return input if isinstance(input, Value) and input.dtype is not dtypes.bool_ else ops.positive(input)


def square(input: Any) -> Any:
    r"""Multiply by itself.

    .. math:: y_i = input_i^2

    Args:
        input: A tensor; of booleans the squares are int64.

    Shape:
        - Output: the input's.

    Example::

        >>> import plugrad
        >>> plugrad.square(plugrad.tensor([-1.0, 3.0]))
        tensor([1., 9.])
    """
    if isinstance(input, Value) and input.dtype is dtypes.bool_:
        input = dispatch.cast(input, dtypes.int64)
    return ops.square(input)


class PointwiseMethods(ArithmeticMethods, CombinationMethods, SelectionMethods):
    """Elementwise functions as methods and operators."""

    __slots__ = ()

    __abs__ = ops.abs
    __neg__ = ops.negative
    __pos__ = positive

    abs = absolute = abs
    abs_ = absolute_ = abs_
    acos = arccos = acos
    acos_ = arccos_ = acos_
    acosh = arccosh = acosh
    acosh_ = arccosh_ = acosh_
    asin = arcsin = asin
    asin_ = arcsin_ = asin_
    asinh = arcsinh = asinh
    asinh_ = arcsinh_ = asinh_
    atan = arctan = atan
    atan_ = arctan_ = atan_
    atanh = arctanh = atanh
    atanh_ = arctanh_ = atanh_
    ceil = ceil
    ceil_ = ceil_
    cos = cos
    cos_ = cos_
    cosh = cosh
    cosh_ = cosh_
    deg2rad = deg2rad
    deg2rad_ = deg2rad_
    erf = erf
    erf_ = erf_
    exp = exp
    exp_ = exp_
    exp2 = exp2
    exp2_ = exp2_
    expm1 = expm1
    expm1_ = expm1_
    floor = floor
    floor_ = floor_
    frac = frac
    frac_ = frac_
    log = log
    log_ = log_
    log10 = log10
    log10_ = log10_
    log1p = log1p
    log1p_ = log1p_
    log2 = log2
    log2_ = log2_
    neg = negative = neg
    neg_ = negative_ = neg_
    positive = positive
    rad2deg = rad2deg
    rad2deg_ = rad2deg_
    reciprocal = reciprocal
    reciprocal_ = reciprocal_
    relu = relu
    relu_ = relu_
    rsqrt = rsqrt
    rsqrt_ = rsqrt_
    sgn = sgn
    sgn_ = sgn_
    sign = sign
    sign_ = sign_
    sigmoid = sigmoid
    sigmoid_ = sigmoid_
    sin = sin
    sin_ = sin_
    sinh = sinh
    sinh_ = sinh_
    sqrt = sqrt
    sqrt_ = sqrt_
    square = square
    square_ = square_
    tan = tan
    tan_ = tan_
    tanh = tanh
    tanh_ = tanh_
    trunc = fix = trunc
    trunc_ = fix_ = trunc_
