"""Elementwise kernels: what NumPy spells differently, does slowly, or does in more passes than need be.

A raw 0-d value may be a NumPy scalar: its arithmetic goes through Python's operators, and no ``out=`` takes
it. Constants are 0-d arrays: NumPy converts a Python number at every call, for 300 ns. Where NumPy's own
function is as fast as can be, there is no kernel: it is found by its standard name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import parallel

_FLOATS = [np.dtype(t) for t in ("f2", "f4", "f8")]
_BITS = {np.dtype("f2"): np.int16, np.dtype("f4"): np.int32, np.dtype("f8"): np.int64}


def constants(value: float) -> dict[Any, Any]:
    """A number as a 0-d array of each floating dtype."""
    return {dtype: np.array(value, dtype) for dtype in _FLOATS}


_ZERO, _HALF, _ONE = constants(0.0), constants(0.5), constants(1.0)
_INFINITY, _MINUS_INFINITY = constants(np.inf), constants(-np.inf)

# The ufunc under np.clip, which is private. It takes a quarter of the time of np.maximum with a number.
limited: Any = getattr(getattr(getattr(np, "_core", None), "umath", None), "clip", np.clip)

# From this size on random masks cost np.where and np.putmask a mispredicted branch in every second element:
# twelve times the time of a product. Below, predictors learn the mask, and the fixed cost of bit operations
# counts.
_MANY = 4096
_SHARED = 1 << 17


def times(own: Any, other: Any) -> Any:
    """``own * other``, into ``own`` where that is an array with room for it."""
    if own.ndim and own.shape == other.shape:
        own *= other
        return own
    return own * other


def plus(own: Any, other: Any) -> Any:
    """``own + other``, into ``own`` where that is an array with room for it."""
    if own.ndim and (own.shape == other.shape or not other.ndim):
        own += other
        return own
    return own + other


# -- sums of products ------------------------------------------------------------------------------------


def addcmul(x: Any, x1: Any, x2: Any, *, value: Any = 1) -> Any:
    """x + value * x1 * x2 in one buffer."""
    y = x1 * x2
    if value != 1:
        y *= value
    return plus(y, x)


def addcdiv(x: Any, x1: Any, x2: Any, *, value: Any = 1) -> Any:
    """x + value * x1 / x2 in one buffer."""
    y = x1 / x2
    if value != 1:
        y *= value
    return plus(y, x)


def lerp(start: Any, end: Any, weight: Any) -> Any:
    """From the nearer end, in one buffer where the weight is a number."""
    y = end - start
    if hasattr(weight, "dtype"):
        return np.where(np.abs(weight) < _HALF.get(weight.dtype, 0.5), start + weight * y, end - (1 - weight) * y)
    if abs(weight) < 0.5:
        y *= weight
        return plus(y, start)
    y *= weight - 1
    return plus(y, end)


# -- selection -------------------------------------------------------------------------------------------


def keep_where(x: Any, mask: Any) -> Any:
    """A product would turn inf into nan; ``and`` with a mask of bits costs the same and does not."""
    if x.size < _MANY or x.dtype not in _BITS or mask.shape != x.shape or mask.dtype != np.bool_:
        return np.where(mask, x, _ZERO.get(x.dtype, 0))
    bits = _BITS[x.dtype]
    y = np.negative(mask.view(np.int8)).astype(bits)
    return np.bitwise_and(x.view(bits), y, y).view(x.dtype)


def drop_where(x: Any, mask: Any) -> Any:
    """As keep_where, with the mask the other way."""
    if x.size < _MANY or x.dtype not in _BITS or mask.shape != x.shape or mask.dtype != np.bool_:
        return np.where(mask, _ZERO.get(x.dtype, 0), x)
    bits = _BITS[x.dtype]
    y = (mask.view(np.int8) - np.int8(1)).astype(bits)
    return np.bitwise_and(x.view(bits), y, y).view(x.dtype)


def where(condition: Any, x1: Any, x2: Any) -> Any:
    """x1 ^ ((x1 ^ x2) & mask): the bits of x1 where the mask is 0, of x2 where it is -1."""
    dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
    if condition.size < _MANY or dtype not in _BITS or condition.dtype != np.bool_:
        return np.where(condition, x1, x2)
    bits = _BITS[dtype]
    first, second = np.asarray(x1, dtype).view(bits), np.asarray(x2, dtype).view(bits)
    if not first.ndim and not second.ndim:
        return _either(condition, first, second).view(dtype)
    mask = (condition.view(np.int8) - np.int8(1)).astype(bits)
    difference = np.bitwise_xor(first, second)
    if difference.shape != mask.shape:
        return np.bitwise_xor(first, np.bitwise_and(difference, mask)).view(dtype)
    np.bitwise_and(difference, mask, mask)
    return np.bitwise_xor(first, mask, mask).view(dtype)


def _either(mask: Any, first: Any, second: Any) -> Any:
    """One of two integers by a product, which is exact: no branch, and fewer passes."""
    y = np.multiply(mask.view(np.int8), first - second, dtype=first.dtype)
    y += second
    return y


def clamp(x: Any, *, min: Any = None, max: Any = None) -> Any:
    """np.clip is a Python function in layers."""
    if x.dtype not in _INFINITY:
        x = x if min is None else np.maximum(x, min)
        return x if max is None else np.minimum(x, max)
    low = _MINUS_INFINITY[x.dtype] if min is None else min
    return limited(x, low, _INFINITY[x.dtype] if max is None else max)


def clamp_between(x: Any, min: Any, max: Any) -> Any:
    """With arrays as bounds NumPy's functions are fast."""
    if min is not None:
        x = np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def sgn(x: Any) -> Any:
    """np.sign takes four times as long, and gives nan of nan. Booleans are their own signs."""
    if x.dtype == np.bool_:
        return +x if x.ndim == 0 else x.copy()
    if x.dtype.kind == "c":
        size = np.abs(x)
        return np.where(size == 0, x.dtype.type(0), x / np.where(size == 0, size.dtype.type(1), size))
    zero = _ZERO.get(x.dtype, 0)
    y = np.greater(x, zero).view(np.int8) - np.less(x, zero).view(np.int8)
    return y.astype(x.dtype)


def by_cores(function: Any, x1: Any, x2: Any) -> Any:
    """A function of two arrays that takes 20 ns an element, over large ones by all cores."""
    if getattr(x1, "size", 0) < _SHARED or np.shape(x2) != x1.shape or not x1.flags.c_contiguous:
        return function(x1, x2)
    y = np.empty(x1.shape, x1.dtype)
    flat, first, second = y.reshape(-1), x1.reshape(-1), x2.reshape(-1)

    def work(i: int, j: int) -> None:
        flat[i:j] = function(first[i:j], second[i:j])

    parallel.in_parts(work, y.size, y.itemsize)
    return y


# -- rounding and division -------------------------------------------------------------------------------


def round_(x: Any) -> Any:
    """np.round is a Python function around this; integers are their own."""
    return np.rint(x) if x.dtype.kind in "fc" else x.copy()


def _integer_division(function: Any) -> Callable[[Any, Any], Any]:
    """NumPy's function, but integers divided by 0 raise as in PyTorch; NumPy makes a 0 of them."""

    def divided(x1: Any, x2: Any) -> Any:
        dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
        if dtype.kind == "f":
            return by_cores(function, x1, x2)
        try:
            with np.errstate(divide="raise"):
                return function(x1, x2)
        except FloatingPointError:
            raise RuntimeError("ZeroDivisionError\nHint: an integer was divided by 0.") from None

    return divided


floor_divide = _integer_division(np.floor_divide)


def _trunc(x1: Any, x2: Any) -> Any:
    if (x1.dtype if hasattr(x1, "dtype") else x2.dtype).kind == "f":
        return np.trunc(np.divide(x1, x2))
    # C's division: down where the signs agree, up where they differ.
    quotient = np.floor_divide(x1, x2)
    return quotient + ((quotient < 0) & (quotient * x2 != x1))


# -- logarithms ----------------------------------------------------------------------------------------


def logaddexp(x1: Any, x2: Any) -> Any:
    """The usual formula, from vectorised functions: np.logaddexp takes 16 ns."""
    # One of the two may be a Python number, which has no dtype of its own.
    dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
    if dtype.kind == "c":
        x1, x2 = np.asarray(x1, dtype), np.asarray(x2, dtype)
        swapped = x1.real < x2.real
        top, bottom = np.where(swapped, x2, x1), np.where(swapped, x1, x2)
        return top + np.log1p(np.exp(bottom - top))
    top = np.maximum(x1, x2)
    if top.size <= 256:
        return np.logaddexp(x1, x2)
    y = np.asarray(x1 - x2)
    np.absolute(y, y)
    np.negative(y, y)
    np.exp(y, y)
    np.log1p(y, y)
    y += top
    # Two equal infinities: inf - inf was nan.
    infinite = np.isinf(top)
    if infinite.any():
        np.copyto(y, top, where=infinite)
    return y


def logaddexp2(x1: Any, x2: Any) -> Any:
    """The same to the base of 2."""
    top = np.maximum(x1, x2)
    if top.size <= 256:
        return np.logaddexp2(x1, x2)
    y = np.asarray(x1 - x2)
    np.absolute(y, y)
    np.negative(y, y)
    np.exp2(y, y)
    np.log1p(y, y)
    y /= math.log(2)
    y += top
    infinite = np.isinf(top)
    if infinite.any():
        np.copyto(y, top, where=infinite)
    return y


def heaviside(x1: Any, x2: Any) -> Any:
    """NumPy's, of floats, and 0 of a nan."""
    dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
    if dtype not in _ZERO:
        return np.where(np.equal(x1, 0), x2, np.greater(x1, 0).astype(dtype))
    y = np.asarray(np.heaviside(x1, x2))
    np.copyto(y, _ZERO[dtype], where=np.isnan(x1))
    return y


# -- activations -----------------------------------------------------------------------------------------


def relu(x: Any) -> Any:
    """max(x, 0); -0.0 stays -0.0, as in PyTorch."""
    if x.dtype not in _ZERO:
        return np.maximum(x, 0)
    return limited(x, _ZERO[x.dtype], _INFINITY[x.dtype])


def relu_backward(grad: Any, result: Any) -> Any:
    """Not ``result > 0``: where the result is nan, PyTorch lets the gradient pass."""
    return drop_where(grad, np.less_equal(result, _ZERO.get(result.dtype, 0)))


def leaky_relu(x: Any, *, negative_slope: float = 0.01) -> Any:
    """The larger of two lines, or the smaller where the lower one is the steeper; no mask."""
    if negative_slope == 0:  # inf * 0 would be nan
        return np.where(x > 0, x, negative_slope * x)
    y = x * negative_slope
    limit = np.maximum if negative_slope <= 1 else np.minimum
    return limit(x, y, out=y) if y.ndim else limit(x, y)


def leaky_relu_backward(grad: Any, x: Any, *, negative_slope: float) -> Any:
    """A choice between two numbers by their bits, and one product."""
    return times(where(np.greater(x, 0), _ONE[x.dtype], negative_slope), grad)


def elu(x: Any, *, alpha: float = 1.0, scale: float = 1.0) -> Any:
    """One side is 0 where the other counts: no mask."""
    zero = _ZERO[x.dtype]
    y = np.asarray(np.minimum(x, zero))
    np.expm1(y, y)
    if scale * alpha != 1:
        y *= scale * alpha
    upper = np.maximum(x, zero)
    if scale != 1:
        upper = upper * scale
    y += upper
    return y


def sigmoid(x: Any) -> Any:
    """1 / (1 + e**-x) in one buffer."""
    y = np.negative(x)
    if not y.ndim:
        return np.reciprocal(np.exp(y) + _ONE.get(x.dtype, 1))
    np.exp(y, y)
    one = _ONE.get(x.dtype, 1)
    y += one
    # Faster than np.reciprocal.
    return np.divide(one, y, y)


def sigmoid_backward(grad: Any, result: Any) -> Any:
    """grad * (1 - result) * result in one buffer."""
    y = _ONE.get(result.dtype, 1) - result
    y *= result
    return times(y, grad)


def tanh_backward(grad: Any, result: Any) -> Any:
    """grad * (1 - result**2) in one buffer."""
    y = result * result
    y = np.subtract(_ONE.get(y.dtype, 1), y, y) if y.ndim else 1 - y
    return times(y, grad)


def silu(x: Any) -> Any:
    """x / (1 + e**-x) in one buffer."""
    y = np.negative(x)
    if not y.ndim:
        return x / (np.exp(y) + _ONE.get(x.dtype, 1))
    np.exp(y, y)
    y += _ONE.get(x.dtype, 1)
    return np.divide(x, y, y)


def silu_backward(grad: Any, x: Any) -> Any:
    """grad * s * (1 + x * (1 - s)) in two buffers."""
    s = sigmoid(x)
    y = _ONE.get(x.dtype, 1) - s
    y *= x
    y += _ONE.get(x.dtype, 1)
    y *= s
    return times(y, grad)


def softplus(x: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log1p(e**(beta x)) / beta, and x where beta x is above the threshold, which it seldom is."""
    if x.dtype == np.float16:
        # e**12 is infinite.
        return softplus(x.astype(np.float32), beta=beta, threshold=threshold).astype(x.dtype)
    scaled = x if beta == 1 else x * beta
    above = scaled > threshold
    y = np.asarray(np.exp(scaled))
    np.log1p(y, y)
    if beta != 1:
        y /= beta
    if y.size < _MANY or above.any():
        np.copyto(y, x, where=above)
    return y


def softplus_backward(grad: Any, x: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """grad * sigmoid(beta x); above the threshold grad."""
    scaled = x if beta == 1 else x * beta
    above = scaled > threshold
    y = np.asarray(sigmoid(scaled))
    if y.size < _MANY or above.any():
        np.copyto(y, _ONE.get(y.dtype, 1), where=above)
    return times(y, grad)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "positive": operator.pos,
    "abs": operator.abs,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "addcmul": addcmul,
    "addcdiv": addcdiv,
    "lerp": lerp,
    "keep_where": keep_where,
    "drop_where": drop_where,
    "where": where,
    "clamp": clamp,
    "clamp_between": clamp_between,
    "clip": clamp_between,
    "clamp_min": np.maximum,
    "clamp_max": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "sgn": sgn,
    "round": round_,
    "floor_divide": floor_divide,
    "divide_floor": floor_divide,
    "divide_trunc": _integer_division(_trunc),
    "remainder": _integer_division(np.remainder),
    "fmod": _integer_division(np.fmod),
    "exp2": np.exp2,
    "logaddexp": logaddexp,
    "logaddexp2": logaddexp2,
    "heaviside": heaviside,
    "relu": relu,
    "relu_backward": relu_backward,
    "elu": elu,
    "leaky_relu": leaky_relu,
    "leaky_relu_backward": leaky_relu_backward,
    "sigmoid": sigmoid,
    "sigmoid_backward": sigmoid_backward,
    "tanh_backward": tanh_backward,
    "silu": silu,
    "silu_backward": silu_backward,
    "softplus": softplus,
    "softplus_backward": softplus_backward,
}
