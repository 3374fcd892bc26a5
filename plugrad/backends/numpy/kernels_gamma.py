"""Kernels of special functions that the core defines itself: few elements one by one, half precision in single."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import quiet
from plugrad.backends.numpy.kernels_pointwise import constants, sgn
from plugrad.backends.numpy.kernels_special import by_parts, erf
from plugrad.core.namespace import Namespace
from plugrad.core.ops.gamma import LGAMMA

# From here on a look at all is cheaper than three masks.
_MANY = 4096

# Up to here a call per element is faster than the hundred calls of the definition.
_FEW = 100

_HALF_SQRT_PI: Final = 0.5 * math.sqrt(math.pi)
_ZERO, _PI = constants(0.0), constants(math.pi)
#: A number that is its own sine.
_TINY = {dtype: np.maximum(np.array(1e-20, dtype), np.finfo(dtype).tiny) for dtype in _ZERO}
_INFINITY, _MINUS_INFINITY = constants(math.inf), constants(-math.inf)

_DEFINED: Final = Namespace("numpy", np, {"erf": erf, "sgn": sgn})


def _lgamma(x: float) -> float:
    """As the op's definition: Python's own has few digits around the zeros, at 1 and 2."""
    if not 0 < x < 8:
        try:
            return math.lgamma(x)
        except (ValueError, OverflowError):
            return math.inf
    product = 1.0
    z = x
    while z > 2.5:
        z -= 1
        product *= z
    t = x if x < 0.5 else x - 1 if x < 1.5 else z - 2
    y = 0.0
    for c in reversed(LGAMMA):
        y = c + y * t
    y *= t
    if x < 0.5:
        return y - math.log(x) - math.log1p(x)
    return y - math.log1p(t) if x < 1.5 else math.log(product) + y


def _erfinv(x: float) -> float:
    """Winitzki's approximation, good to three digits, and Halley's steps, each of which triples their number.

    https://en.wikipedia.org/wiki/Error_function#Approximation_with_elementary_functions
    """
    size = abs(x)
    if not size < 1:
        return math.copysign(math.inf, x) if size == 1 else math.nan
    if size < 0.1:
        y = size * _HALF_SQRT_PI
    else:
        logarithm = math.log1p(-size * size)
        t = 2 / (math.pi * 0.147) + 0.5 * logarithm
        y = math.sqrt(math.sqrt(t * t - logarithm / 0.147) - t)
    for _ in range(3 if size > 0.9 else 2):
        # Close to 1 the complement has the digits.
        error = math.erf(y) - size if size < 0.5 else 1 - size - math.erfc(y)
        step = error * _HALF_SQRT_PI * math.exp(y * y)
        y -= step / (1 + step * y)
    return math.copysign(y, x)


def _defined(name: str, one: Callable[[float], float] | None = None) -> Callable[..., Any]:
    """The definition over whole arrays, or ``one`` over each element."""

    def kernel(x: Any, **options: Any) -> Any:
        if one is not None and x.size <= _FEW:
            return np.fromiter(map(one, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)
        if x.dtype == np.float16:
            return getattr(_DEFINED, name)(x.astype(np.float32), **options).astype(x.dtype)
        return getattr(_DEFINED, name)(x, **options)

    return quiet.quiet(by_parts(kernel))


def frexp(x: Any) -> tuple[Any, Any]:
    """NumPy leaves the exponents of infinities and nans open."""
    mantissa, exponent = np.frexp(np.asarray(x))
    return mantissa, np.where(np.isfinite(x), exponent, 0).astype(np.int32)


def sinc(x: Any) -> Any:
    """At 0 the quotient of a number that is its own sine and itself."""
    if x.dtype not in _PI:
        return _DEFINED.sinc(x)
    t = np.asarray(x * _PI[x.dtype])
    np.copyto(t, _TINY[x.dtype], where=np.equal(t, _ZERO[x.dtype]))
    y = np.asarray(np.sin(t))
    return np.divide(y, t, y)


def angle(x: Any) -> Any:
    """Of real numbers pi or 0, by a product with what is less than 0; of a nan that."""
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    y = np.asarray(np.less(x, _ZERO[x.dtype])).astype(x.dtype)
    y *= _PI[x.dtype]
    np.copyto(y, x, where=np.isnan(x))
    return y


def nan_to_num(x: Any, *, nan: Any, posinf: Any, neginf: Any) -> Any:
    """A copy, and one assignment for each."""
    if x.dtype.kind != "f":
        return _DEFINED.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    y = np.array(x)
    if x.size >= _MANY and np.isfinite(x).all():
        return y
    np.copyto(y, nan, where=np.isnan(x))
    np.copyto(y, posinf, where=np.equal(x, _INFINITY[x.dtype]))
    np.copyto(y, neginf, where=np.equal(x, _MINUS_INFINITY[x.dtype]))
    return y


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "erfc": _defined("erfc", math.erfc),
    "sinc": sinc,
    "angle": angle,
    "nan_to_num": nan_to_num,
    "erfcx": _defined("erfcx"),
    "erfinv": _defined("erfinv", _erfinv),
    "log_ndtr": _defined("log_ndtr"),
    "i0": _defined("i0"),
    "i0e": _defined("i0e"),
    "i1": _defined("i1"),
    "i1e": _defined("i1e"),
    "lgamma": _defined("lgamma", _lgamma),
    "digamma": _defined("digamma"),
    "polygamma": _defined("polygamma"),
    "frexp": frexp,
    "gcd": np.gcd,
    "lcm": np.lcm,
}
