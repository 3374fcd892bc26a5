"""Kernels of the error function, which NumPy lacks, and of gelu, which is made of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import parallel
from plugrad.backends.numpy.kernels_pointwise import constants, limited, times
from plugrad.core.ops.special import DENOMINATOR, NUMERATOR

# For float32 a shorter ratio does: 1.6e-8 off before rounding. Made as the longer one, for x**2 up to 16.
_NUMERATOR_32 = (1.1283791853823796, 0.27632796912582845, 0.040888147758771576, 0.0020008394856213957)
_DENOMINATOR_32 = (1.0, 0.1538099203905052, 0.02241056955180945, 0.00028624602318003863)


def _coefficients(dtype: str, numerator: tuple[float, ...], denominator: tuple[float, ...], limit: float) -> Any:
    """Coefficients from the highest down, and the largest x**2 that is told from infinity, as 0-d arrays."""
    return (
        [np.array(c, dtype) for c in reversed(numerator)],
        [np.array(c, dtype) for c in reversed(denominator)],
        np.array(limit, dtype),
    )


_COEFFICIENTS: Final = {
    np.dtype("f4"): _coefficients("f4", _NUMERATOR_32, _DENOMINATOR_32, 16.0),
    np.dtype("f8"): _coefficients("f8", NUMERATOR, DENOMINATOR, 36.0),
}

_ZERO, _ONE, _HALF, _MINUS_HALF = constants(0.0), constants(1.0), constants(0.5), constants(-0.5)
_SQRT_HALF = constants(math.sqrt(0.5))
_NORMAL_DENSITY_AT_0 = constants(1 / math.sqrt(2 * math.pi))
_TANH_SCALE, _TANH_CUBIC = constants(math.sqrt(2 / math.pi)), constants(math.sqrt(2 / math.pi) * 0.044715)
_TANH_SLOPE = constants(3 * math.sqrt(2 / math.pi) * 0.044715)

# Up to here a call per element is faster than the forty calls of the vectorised form.
_FEW = 100
# From this size on the work is done part by part.
_SHARED = 1 << 17


def by_parts(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """An elementwise kernel of many passes and buffers, over large arrays part by part, on all cores.

    The parts stay in the cache, and no fresh pages are touched but the result's: half to a quarter of the time.
    Kernels that work in one buffer gain nothing.
    """

    def whole(*arrays: Any, **options: Any) -> Any:
        x = arrays[0]
        if x.size < _SHARED or not all([a.shape == x.shape and a.flags.c_contiguous for a in arrays]):
            return kernel(*arrays, **options)
        y = np.empty_like(x)
        flat = y.reshape(-1)
        sources = [a.reshape(-1) for a in arrays]

        def work(start: int, stop: int) -> None:
            flat[start:stop] = kernel(*[a[start:stop] for a in sources], **options)

        parallel.in_parts(work, x.size, x.itemsize)
        return y

    return whole


def _polynomial(z: Any, coefficients: list[Any], y: Any) -> Any:
    """Horner's scheme in the buffer y."""
    np.multiply(z, coefficients[0], y)
    for c in coefficients[1:-1]:
        y += c
        y *= z
    y += coefficients[-1]
    return y


def _erf_into(x: Any, y: Any) -> Any:
    """erf(x) into y, which may be x; x is an array of float32 or float64."""
    numerator, denominator, limit = _COEFFICIENTS[x.dtype]
    z = x * x
    limited(z, _ZERO[x.dtype], limit, z)
    ratio = _polynomial(z, numerator, np.empty_like(z))
    ratio /= _polynomial(z, denominator, np.empty_like(z))
    ratio *= x
    return np.tanh(ratio, y)


def erf(x: Any) -> Any:
    """tanh(x * R(x**2)): see the op. Within 4 units in the last place."""
    if x.size <= _FEW:
        return np.fromiter(map(math.erf, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)
    if x.dtype not in _COEFFICIENTS:
        return erf(x.astype(np.float32)).astype(x.dtype)
    return _erf_into(x, np.empty_like(x))


def _twice_normal(x: Any) -> Any:
    """1 + erf(x / sqrt(2)), in a buffer of its own."""
    y = np.asarray(x * _SQRT_HALF[x.dtype])
    y = erf(y) if y.size <= _FEW else _erf_into(y, y)
    y += _ONE[x.dtype]
    return y


def _twice_normal_by_tanh(x: Any, square: Any) -> Any:
    """1 + tanh(c * (x + 0.044715 * x**3)), in a buffer of its own."""
    y = np.asarray(square * _TANH_CUBIC[x.dtype])
    y += _TANH_SCALE[x.dtype]
    y *= x
    np.tanh(y, y)
    y += _ONE[x.dtype]
    return y


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """x / 2 * (1 + erf(x / sqrt(2))), or by tanh, in few buffers."""
    if x.dtype not in _COEFFICIENTS:
        return gelu(x.astype(np.float32), approximate=approximate).astype(x.dtype)
    y = _twice_normal_by_tanh(x, x * x) if approximate == "tanh" else _twice_normal(x)
    y *= x
    y *= _HALF[x.dtype]
    return y


def gelu_backward(grad: Any, x: Any, *, approximate: str = "none") -> Any:
    """grad times gelu's slope, in few buffers."""
    if x.dtype not in _COEFFICIENTS:
        wide = gelu_backward(grad.astype(np.float32), x.astype(np.float32), approximate=approximate)
        return wide.astype(x.dtype)
    square = np.asarray(x * x)
    if approximate == "tanh":
        y = _twice_normal_by_tanh(x, square)
        # 1 - t**2 = (1 + t) * (1 - t), of y = 1 + t; then times x and the slope of the cubic.
        side = np.asarray(2 - y)
        side *= y
        side *= x
        square *= _TANH_SLOPE[x.dtype]
        square += _TANH_SCALE[x.dtype]
        side *= square
        y += side
        y *= _HALF[x.dtype]
        return times(y, grad)
    y = _twice_normal(x)
    y *= _HALF[x.dtype]
    square *= _MINUS_HALF[x.dtype]
    np.exp(square, square)
    square *= _NORMAL_DENSITY_AT_0[x.dtype]
    square *= x
    y += square
    return times(y, grad)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "erf": by_parts(erf),
    "gelu": by_parts(gelu),
    "gelu_backward": by_parts(gelu_backward),
}
