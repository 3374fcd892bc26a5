"""Pure functions from raw generator words to random numbers, rounded as PyTorch's x86 build rounds them.

PyTorch compiles these loops with fused multiply-add. NumPy has none, so that it is made here of exact
parts: a product of two float32 is exact in float64, and one of two float64 is a sum of two (Dekker 1971).
"""

from __future__ import annotations

import functools
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LITTLE_ENDIAN = sys.byteorder == "little"

# Below this, a loop over a list beats the few dozen calls of the vectorised shuffle.
_LOOP_SHUFFLE = 400


def words64(words: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Join each two neighbours to 64 bits, the earlier one above."""
    joined = words.view(np.uint64)
    if _LITTLE_ENDIAN:
        joined = (joined << np.uint64(32)) | (joined >> np.uint64(32))
    return joined


def uniform_float32(words: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The low 24 bits of each word as a number in [0, 1). Overwrites the words."""
    words &= 0xFFFFFF
    result = words.view(np.int32).astype(np.float32)
    result *= np.float32(2.0**-24)
    return result


def uniform_float64(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """The low 53 bits of each two words as a number in [0, 1)."""
    joined = words64(words)
    joined &= (1 << 53) - 1
    # Below 2**53 the signed conversion is the same, and processors have an instruction for it.
    result = joined.view(np.int64).astype(np.float64)
    result *= 2.0**-53
    return result


def remainder(words: NDArray[Any], divisor: int) -> NDArray[Any]:
    """``words % divisor``, in place, by NumPy's vectorised division: several times faster than its ``%``."""
    if divisor & (divisor - 1) == 0:
        words &= divisor - 1
    else:
        quotient = words // divisor
        quotient *= divisor
        words -= quotient
    return words


def multiply_add(x: Any, scale: float, shift: float) -> Any:
    """``x * scale + shift`` in float64, rounded once, as the processor's fused multiply-add rounds it.

    Args:
        x: An array, or a float.
        scale: The factor.
        shift: The summand.
    """
    product = x * scale
    # Without a shift there is one rounding; by a power of two the product is exact.
    if shift == 0.0:
        return product
    if abs(math.frexp(scale)[0]) != 0.5 and 1e-200 < abs(scale) < 1e200:
        scale_high, scale_low = _halves(scale)
        x_high, x_low = _halves(x)
        # What the product lost (Dekker), then what the sum lost (Knuth), then both into the sum.
        error = x_high * scale_high
        error -= product
        error += x_high * scale_low
        error += x_low * scale_high
        error += x_low * scale_low
        total = product + shift
        virtual = total - product
        error += (product - (total - virtual)) + (shift - virtual)
        total += error
        return total
    product += shift
    return product


def _halves(x: Any) -> tuple[Any, Any]:
    """Split a float64 into two of 26 bits, whose products are exact."""
    spread = x * 134217729.0
    high = spread - (spread - x)
    return high, x - high


# Cephes' single precision log, sine and cosine (S. Moshier), in the order of operations and with the fused
# multiply-adds of PyTorch's AVX2 kernel, for the last bit depends on both.
_LOG = [
    float(np.float32(c))
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
]
_LN2_LOW, _LN2_HIGH = np.float32(-2.12194440e-4), np.float32(0.693359375)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(0x7FFFFF)
_SIGN = np.int32(-(2**31))
_TWO_PI, _FOUR_OVER_PI = np.float32(2 * math.pi), np.float32(4 / math.pi)
# pi/4 in three parts, the first two so short that their products with a small integer are exact.
_PI4_1, _PI4_2 = np.float32(-0.78515625), np.float32(-2.4187564849853515625e-4)
_PI4_3 = float(np.float32(-3.77489497744594108e-8))
# A row of cosine's and a row of sine's coefficients, so that one pass evaluates both.
_COS_SIN = [
    np.array(pair, np.float32).astype(np.float64).reshape(2, 1)
    for pair in (
        (2.443315711809948e-5, -1.9515295891e-4),
        (-1.388731625493765e-3, 8.3321608736e-3),
        (4.166664568298827e-2, -1.6666654611e-1),
    )
]


def box_muller_float32(uniforms: NDArray[np.float32]) -> None:
    r"""Turn rows of 16 uniforms into 16 normals in place: 8 radii against 8 angles.

    .. math:: \sqrt{-2 \ln(1 - u_j)} \cos(2\pi u_{j+8}), \quad \sqrt{-2 \ln(1 - u_j)} \sin(2\pi u_{j+8})
    """
    halves = uniforms.reshape(-1, 2, 8)
    radius = _radius_float32(np.subtract(np.float32(1), halves[:, 0]).reshape(-1))
    cosine, sine = _cos_sin_float32(np.multiply(halves[:, 1], _TWO_PI).reshape(-1))
    np.multiply(radius.reshape(-1, 8), cosine.reshape(-1, 8), out=halves[:, 0])
    np.multiply(radius.reshape(-1, 8), sine.reshape(-1, 8), out=halves[:, 1])


def _radius_float32(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """``sqrt(-2 * log(x))`` for x in (0, 1], in place."""
    # x = m * 2**e with m from sqrt(1/2) to sqrt(2), by arithmetic on the bits.
    bits = x.view(np.int32)
    bits -= _SQRT_HALF_BITS
    exponent = (bits >> 23).astype(np.float32)
    bits &= _MANTISSA
    bits += _SQRT_HALF_BITS
    x -= np.float32(1)
    # Every step of the polynomial is computed in float64, where it is exact or nearly so, and rounded
    # once by the assignment to float32.
    x64 = x.astype(np.float64)
    wide = x64 * _LOG[0]
    y = np.empty_like(x)
    for coefficient in _LOG[1:-1]:
        wide += coefficient
        y[...] = wide
        np.multiply(y, x64, out=wide)
    wide += _LOG[-1]
    y[...] = wide
    y *= x
    square = x * x
    np.multiply(y, square, out=wide, dtype=np.float64)
    wide += exponent * _LN2_LOW
    y[...] = wide
    # The products from here on are exact, so that plain float32 rounds as the fused operation does.
    square *= np.float32(0.5)
    y -= square
    x += y
    exponent *= _LN2_HIGH
    x += exponent
    x *= np.float32(-2)
    return np.sqrt(x, out=x)


def _cos_sin_float32(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine and sine, as two rows, of x in [0, 2 pi]. Overwrites x."""
    octant = (x * _FOUR_OVER_PI).astype(np.int32)
    octant += 1
    octant &= -2
    multiple = octant.astype(np.float32)
    x += multiple * _PI4_1
    x += multiple * _PI4_2
    x[...] = multiple * np.float64(_PI4_3) + x
    square = x * x
    factor = np.empty((2, x.size), np.float64)
    factor[0] = square
    result = np.empty((2, x.size), np.float32)
    wide = factor[0] * _COS_SIN[0]
    wide += _COS_SIN[1]
    result[...] = wide
    np.multiply(result, factor[0], out=wide)
    wide += _COS_SIN[2]
    result[...] = wide
    result *= square
    # cos x = 1 + ((p * z) * z - z / 2), sin x = (q * z) * x + x
    factor[1] = x
    np.multiply(result, factor, out=wide)
    square *= np.float32(0.5)
    wide[0] -= square
    wide[1] += x
    result[...] = wide
    result[0] += np.float32(1)
    # In the second and fourth octant the two change places; the signs follow from the octant's bits.
    cosine, sine = result.view(np.int32)
    exchange = cosine ^ sine
    exchange &= -((octant & 2) >> 1)
    cosine ^= exchange
    sine ^= exchange
    octant <<= 29
    sine ^= octant & _SIGN
    octant += np.int32(1 << 30)
    cosine ^= octant & _SIGN
    return result


def box_muller_float64(uniforms: NDArray[np.float64]) -> None:
    """What :func:`box_muller_float32` does, with the C library's functions, as PyTorch does it."""
    halves = uniforms.reshape(-1, 2, 8)
    radius = log((1.0 - halves[:, 0]).reshape(-1)).reshape(-1, 8)
    radius *= -2.0
    np.sqrt(radius, out=radius)
    angle = halves[:, 1] * (2 * math.pi)
    np.multiply(radius, np.cos(angle), out=halves[:, 0])
    np.multiply(radius, np.sin(angle), out=halves[:, 1])


def log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The C library's logarithm: NumPy's own differs in the last bit on some processors."""
    result: NDArray[np.float64] = _as_c_library(np.log, math.log)(x)
    return result


def log1p(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The C library's ``log1p``."""
    result: NDArray[np.float64] = _as_c_library(np.log1p, math.log1p)(x)
    return result


def exp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The C library's exponential; infinity where it overflows."""
    result: NDArray[np.float64] = _as_c_library(np.exp, _exp)(x)
    return result


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def tan(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The C library's tangent."""
    result: NDArray[np.float64] = _as_c_library(np.tan, math.tan)(x)
    return result


@functools.cache
def _as_c_library(vectorised: np.ufunc, scalar: Callable[[float], float]) -> Callable[[Any], Any]:
    """The vectorised function where it gives the C library's bits, else a loop over the scalar one."""

    def loop(x: NDArray[Any]) -> NDArray[np.float64]:
        return np.fromiter(map(scalar, x.tolist()), np.float64, x.size)

    # NumPy's AVX-512 log misses about one in 300, so that 4096 points can hardly hide the difference.
    probe = np.arange(1, 4097) * 0.6180339887498949 % 1.0
    return vectorised if np.array_equal(vectorised(probe), loop(probe)) else loop


def shuffle(words: NDArray[np.uint32]) -> NDArray[np.int64]:
    r"""Apply Fisher and Yates' shuffle, which swaps element i with element ``i + words[i] % (n - i)``.

    The swaps are sequential, but who ends up where is not. What stands at position i when its turn comes
    is what the last earlier swap that hit i found at its own position, and so on back to an element that
    nothing hit: a forest of short paths, followed for all elements at once by pointer doubling.
    """
    steps = words.size
    n = steps + 1
    index = np.arange(n, 1, -1, dtype=np.uint32)
    target = words % index
    np.subtract(np.uint32(n), index, out=index)
    target += index
    if n <= _LOOP_SHUFFLE:
        return _shuffle_loop(target)
    order = _stable_argsort(target, n)
    targets = target.take(order)
    # fresh[k]: the k-th in order is the first to hit its target; so fresh[k + 1]: the k-th is the last.
    fresh = np.empty(n, np.bool_)
    fresh[0] = fresh[steps] = True
    np.not_equal(targets[1:], targets[:-1], out=fresh[1:steps])
    source = np.arange(n)
    last = fresh[1:]
    source[targets[last]] = order[last]
    # A swap of an element with itself is no source; there are about log(n) of them.
    own = np.flatnonzero(target == index)
    place = np.searchsorted(targets, own.astype(np.uint32), side="right") - 1
    source[own] = np.where(fresh[place], own, order[place - 1])
    doubled = np.empty_like(source)
    while True:
        source.take(source, out=doubled, mode="clip")
        if np.array_equal(source, doubled):
            break
        source, doubled = doubled, source
    # Step i takes what the step before it on the same target left there, or the target's own element.
    taken = doubled[:steps]
    source.take(order[:-1], out=taken[1:], mode="clip")
    np.copyto(taken, targets, where=fresh[:steps])
    result = np.empty(n, np.int64)
    result[order] = taken
    result[steps] = source[steps]
    return result


def _shuffle_loop(target: NDArray[np.uint32]) -> NDArray[np.int64]:
    values = list(range(target.size + 1))
    for i, j in enumerate(target.tolist()):
        values[i], values[j] = values[j], values[i]
    return np.array(values, np.int64)


def _stable_argsort(keys: NDArray[np.uint32], bound: int) -> NDArray[np.intp]:
    """Stable ``argsort`` of keys below the bound. NumPy has a radix sort, but for 16 bits only."""
    order = keys.astype(np.uint16).argsort(kind="stable")
    if bound > 1 << 16:
        high = (keys >> np.uint32(16)).astype(np.uint16).take(order)
        order = order.take(high.argsort(kind="stable"))
    return order
