"""Resampling along the axes after the second: each result is a weighted sum of a few elements of each axis.

The elements and weights depend on sizes alone, and are worked out in Python's numbers once. They are PyTorch's, in
float32 where a rounded position decides which element is nearest.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.overload import overload

__all__ = ["RESAMPLES", "resample", "resample_backward"]


def _single(value):
    """A number rounded to float32."""
    return struct.unpack("f", struct.pack("f", value))[0]


def _step(n, count, scale, corners):
    """How far apart results are, in elements."""
    if corners:
        return (n - 1) / (count - 1) if count > 1 else 0.0
    return 1 / scale if scale else n / count


def _nearest(n, count, scale, exact):
    step = _single(_step(n, count, scale, False))
    half = 0.5 if exact else 0.0
    return [[min(math.floor(_single((i + half) * step)), n - 1) for i in range(count)]], None


def _linear(n, count, scale, corners):
    step = _step(n, count, scale, corners)
    first, second, weights = [], [], []
    for i in range(count):
        place = step * i if corners else max(step * (i + 0.5) - 0.5, 0.0)
        if n == count:
            place = float(i)
        low = min(int(place), n - 1)
        first.append(low)
        second.append(min(low + 1, n - 1))
        weights.append(min(max(place - low, 0.0), 1.0))
    return [first, second], [[1 - w for w in weights], weights]


def _near(x, a):
    """Keys' cubic within 1."""
    return ((a + 2) * x - (a + 3)) * x * x + 1


def _far(x, a):
    """Keys' cubic from 1 to 2."""
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a


def _cubic(n, count, scale, corners):
    step = _step(n, count, scale, corners)
    index: list[list[int]] = [[], [], [], []]
    weight: list[list[float]] = [[], [], [], []]
    for i in range(count):
        place = step * i if corners else step * (i + 0.5) - 0.5
        low = math.floor(place)
        t = place - low
        for k, w in enumerate((_far(t + 1, -0.75), _near(t, -0.75), _near(1 - t, -0.75), _far(2 - t, -0.75))):
            index[k].append(min(max(low - 1 + k, 0), n - 1))
            weight[k].append(w)
    return index, weight


def _triangle(x):
    return max(1 - abs(x), 0.0)


def _smooth(x):
    x = abs(x)
    return _near(x, -0.5) if x < 1 else _far(x, -0.5) if x < 2 else 0.0


def _sinc(x):
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _lanczos(x):
    return _sinc(x) * _sinc(x / 3) if -3 <= x < 3 else 0.0


_FILTERS = {"linear-smooth": (_triangle, 2), "cubic-smooth": (_smooth, 4), "lanczos-smooth": (_lanczos, 6)}


def _smoothed(n, count, scale, corners, mode):
    """With a filter as wide as results are apart, so that nothing between them is lost."""
    kernel, size = _FILTERS[mode]
    step = _step(n, count, scale, corners)
    half = 0.5
    support = size * 0.5 * max(step, 1.0)
    inverse = 1 / step if step >= 1 else 1.0
    rows = []
    for i in range(count):
        centre = step * (i + half)
        low = max(int(centre - support + half), 0)
        high = min(int(centre + support + half), n)
        weights = [kernel((j - centre + half) * inverse) for j in range(low, high)]
        total = sum(weights) or 1.0
        rows.append((low, [w / total for w in weights]))
    longest = max([len(weights) for _, weights in rows])
    index = [[min(low + k, n - 1) for low, _ in rows] for k in range(longest)]
    weight = [[weights[k] if k < len(weights) else 0.0 for _, weights in rows] for k in range(longest)]
    return index, weight


@lru_cache(256)
def taps(n, count, scale, mode, corners):
    """Which elements of an axis make each result, and with which weights: lists of lists, the weights maybe None."""
    if mode in ("nearest", "nearest-exact"):
        return _nearest(n, count, scale, mode == "nearest-exact")
    if mode == "linear":
        return _linear(n, count, scale, corners)
    if mode == "cubic":
        return _cubic(n, count, scale, corners)
    return _smoothed(n, count, scale, corners, mode)


def _arrays(xp, near, n, count, scale, mode, corners, after):
    """Pairs of an index and a weight that broadcasts, or None."""
    if mode == "nearest" and near.ndim == 4 and count in (n, 2 * n):
        # PyTorch forgets the factor here, but not for three and five dimensions.
        scale = None
    index, weight = taps(n, count, scale, mode, corners)
    for k, line in enumerate(index):
        factor = None
        if weight is not None:
            factor = xp.reshape(xp.asarray(weight[k], dtype=near.dtype), shape=(count, *[1] * after))
        yield xp.asarray(line, dtype=xp.int64), factor


_CASES = [
    ((1, 2, 4), (7,), "nearest", (None,), False),
    ((1, 2, 4), (3,), "nearest-exact", (None,), False),
    ((1, 2, 4, 3), (3, 5), "linear", (None, 1.5), False),
    ((1, 1, 4, 3), (6, 2), "cubic", (None, None), True),
    ((1, 1, 5, 4), (2, 6), "linear-smooth", (None, None), False),
    ((1, 1, 2, 3, 2), (3, 2, 4), "linear", (None, None, None), True),
]


@op(
    node="UpsampleNearest1D",
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(*x), shape=shape, mode=mode, scales=scales, corners=corners)
        for x, shape, mode, scales, corners in _CASES
    ],
)
def resample(xp, x, *, shape, mode, scales, corners):
    """x in another size along the axes after the second."""
    for i, count in enumerate(shape):
        axis, n = 2 + i, x.shape[2 + i]
        total = None
        for index, weight in _arrays(xp, x, n, count, scales[i], mode, corners, x.ndim - axis - 1):
            part = xp.take(x, index, axis=axis)
            if weight is not None:
                part = part * weight
            total = part if total is None else total + part
        x = total
    return x


resample.vjp(
    x=lambda xp, g, x_shape, mode, scales, corners: xp.resample_backward(
        g, shape=tuple(x_shape[2:]), mode=mode, scales=scales, corners=corners
    )
)

#: The forms that PyTorch's functions leave in the graph, by mode and number of axes.
RESAMPLES = {
    (mode, count): overload(resample, f"{name}{count}D{after}Backward0")
    for mode, name, counts, after in (
        ("nearest", "UpsampleNearest", (1, 2, 3), ""),
        ("nearest-exact", "UpsampleNearestExact", (1, 2, 3), ""),
        ("linear", "UpsampleLinear", (1,), ""),
        ("linear", "UpsampleBilinear", (2,), ""),
        ("linear", "UpsampleTrilinear", (3,), ""),
        ("cubic", "UpsampleBicubic", (2,), ""),
        ("linear-smooth", "UpsampleBilinear", (2,), "Aa"),
        ("cubic-smooth", "UpsampleBicubic", (2,), "Aa"),
        ("lanczos-smooth", "UpsampleLanczos", (2,), "Aa"),
    )
    for count in counts
}


@op(
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(*x[:2], *shape), shape=x[2:], mode=mode, scales=scales, corners=corners)
        for x, shape, mode, scales, corners in _CASES
    ],
)
def resample_backward(xp, grad, *, shape, mode, scales, corners):
    """The gradient of resample: added up where it came from, with the same weights."""
    for i, n in reversed(list(enumerate(shape))):
        axis, count = 2 + i, grad.shape[2 + i]
        target = (*grad.shape[:axis], n, *grad.shape[axis + 1 :])
        total = None
        for index, weight in _arrays(xp, grad, n, count, scales[i], mode, corners, grad.ndim - axis - 1):
            part = grad if weight is None else grad * weight
            part = xp.index_accumulate(part, (index,), axes=(axis,), shape=target)
            total = part if total is None else total + part
        grad = total
    return grad


resample_backward.vjp(
    grad=lambda xp, g, grad_shape, mode, scales, corners: xp.resample(
        g, shape=tuple(grad_shape[2:]), mode=mode, scales=scales, corners=corners
    )
)
