"""Pooling of windows along the axes after the second: means.

Sizes, strides and the like are tuples with an item for each of these axes.
"""

from __future__ import annotations

from typing import Any

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload
from plugrad.core.ops.pooling import edges, pooled_shape
from plugrad.core.ops.windows import around
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = [
    "adaptive_avg_pool",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_avg_pool_backward",
    "avg_pool",
    "avg_pool2d",
    "avg_pool3d",
    "avg_pool_backward",
]


def _divisors(xp, x, shape, count, size, stride, padding, include, divisor):
    """What the sum of each window is divided by: a number, or an array that broadcasts to the result.

    Windows end at the padding's end at the latest, so that those of ``ceil_mode`` may be smaller.
    """
    if divisor is not None:
        return divisor
    reach = padding if include else (0,) * len(padding)
    if all(
        [
            (c - 1) * s - p + k <= n + r
            for n, c, k, s, p, r in zip(shape, count, size, stride, padding, reach, strict=True)
        ]
    ) and (include or not any(padding)):
        return addressing.size(size)
    total = None
    for i, (n, c, k, s, p, r) in enumerate(zip(shape, count, size, stride, padding, reach, strict=True)):
        start = addressing.counting(xp, x, c) * s - p
        end = xp.where(start + k > n + r, n + r, start + k)
        length = end - xp.where(start < -r, -r, start)
        length = xp.reshape(xp.astype(length, dtype=x.dtype), shape=(c, *[1] * (len(shape) - 1 - i)))
        total = length if total is None else total * length
    return total


def _keys(ndim, axis, count, size, stride):
    """For each place in a window along one axis, the key that reads it in all windows."""
    for j in range(size):
        yield (
            *[slice(None)] * axis,
            slice(j, j + (count - 1) * stride + 1, stride),
            *[slice(None)] * (ndim - axis - 1),
        )


def _wide(shape, count, size, stride, padding):
    """The shape with padding, long enough for the last window."""
    return tuple(
        [max(n + 2 * p, (c - 1) * s + k) for n, c, k, s, p in zip(shape, count, size, stride, padding, strict=True)]
    )


_MEAN = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
_OTHER = {"ceil_mode": True, "count_include_pad": False, "divisor_override": None}
_AVERAGES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 1, 5), {"size": (2,), "stride": (2,), "padding": (1,), **_MEAN}),
    ((1, 2, 4, 5), {"size": (3, 2), "stride": (2, 2), "padding": (1, 0), **_OTHER}),
    ((1, 2, 4, 5), {"size": (3, 2), "stride": (2, 2), "padding": (1, 1), **_MEAN, "ceil_mode": True}),
    ((1, 1, 4, 3, 2), {"size": (2, 2, 1), "stride": (1, 1, 1), "padding": (0, 1, 0), **_MEAN, "divisor_override": 3}),
]


@op(
    node="AvgPool1D",
    linear="all",
    samples=lambda: [case(real(*shape), **options) for shape, options in _AVERAGES],
)
def avg_pool(xp, x, *, size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The mean of each window."""
    shape = tuple(x.shape[2:])
    count = pooled_shape(shape, size, stride, padding, (1,) * len(size), ceil_mode)
    divisor = _divisors(xp, x, shape, count, size, stride, padding, count_include_pad, divisor_override)
    wide = _wide(shape, count, size, stride, padding)
    if wide != shape:
        _, inside = around(tuple(x.shape), padding)
        x = xp.place(x, shape=(*x.shape[:2], *wide), key=inside)
    # Sums along one axis after the other.
    for i in range(len(shape)):
        total = None
        for key in _keys(x.ndim, 2 + i, count[i], size[i], stride[i]):
            total = x[key] if total is None else total + x[key]
        x = total
    return xp.divide(x, divisor)


avg_pool.vjp(
    x=lambda xp, g, x_shape, size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        xp.avg_pool_backward(
            g,
            shape=tuple(x_shape[2:]),
            size=size,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )
    )
)
avg_pool2d = overload(avg_pool, "AvgPool2DBackward0")
avg_pool3d = overload(avg_pool, "AvgPool3DBackward0")


def _pooled_cases():
    for shape, options in _AVERAGES:
        size, stride, padding = [options[name] for name in ("size", "stride", "padding")]
        count = pooled_shape(shape[2:], size, stride, padding, (1,) * (len(shape) - 2), options["ceil_mode"])
        yield case(real(*shape[:2], *count), shape=shape[2:], **options)


@op(linear="all", samples=lambda: list(_pooled_cases()))
def avg_pool_backward(xp, grad, *, shape, size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The gradient of avg_pool: each window's share added at all of its places."""
    count = tuple(grad.shape[2:])
    divisor = _divisors(xp, grad, shape, count, size, stride, padding, count_include_pad, divisor_override)
    y = xp.divide(grad, divisor)
    wide = _wide(shape, count, size, stride, padding)
    for i in reversed(range(len(shape))):
        target = (*y.shape[: 2 + i], wide[i], *y.shape[3 + i :])
        total = None
        for key in _keys(y.ndim, 2 + i, count[i], size[i], stride[i]):
            part = xp.place(y, shape=target, key=key)
            total = part if total is None else total + part
        y = total
    if wide == tuple(shape):
        return y
    _, inside = around((*y.shape[:2], *shape), padding)
    return y[inside]


avg_pool_backward.vjp(
    grad=lambda xp, g, size, stride, padding, ceil_mode, count_include_pad, divisor_override: xp.avg_pool(
        g,
        size=size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
)


def _even(shape, count):
    """The windows of equal size that so many parts of each axis are, or None where they are not of one size."""
    if 0 in shape or 0 in count or any([n % c for n, c in zip(shape, count, strict=True)]):
        return None
    size = tuple([n // c for n, c in zip(shape, count, strict=True)])
    return {
        "size": size, "stride": size, "padding": (0,) * len(size), "ceil_mode": False, "count_include_pad": True,
        "divisor_override": None,
    }  # fmt: skip


def _means(xp, x, axis, count):
    """The means of so many parts of an axis."""
    n = x.shape[axis]
    start, end, longest = edges(xp, x, n, count)
    after = [1] * (x.ndim - axis - 1)
    total = None
    for j in range(longest):
        place = start + j
        part = xp.take(x, xp.where(place >= n, n - 1, place), axis=axis)
        part = xp.drop_where(part, xp.reshape(place >= end, shape=(count, *after)))
        total = part if total is None else total + part
    return xp.divide(total, xp.reshape(xp.astype(end - start, dtype=x.dtype), shape=(count, *after)))


def _shares(xp, grad, axis, n):
    """The gradient of _means: each part's gradient, divided by its length, added at all of its places."""
    count = grad.shape[axis]
    start, end, longest = edges(xp, grad, n, count)
    after = [1] * (grad.ndim - axis - 1)
    grad = xp.divide(grad, xp.reshape(xp.astype(end - start, dtype=grad.dtype), shape=(count, *after)))
    shape = (*grad.shape[:axis], n, *grad.shape[axis + 1 :])
    total = None
    for j in range(longest):
        place = start + j
        part = xp.drop_where(grad, xp.reshape(place >= end, shape=(count, *after)))
        part = xp.index_accumulate(part, (xp.where(place >= n, n - 1, place),), axes=(axis,), shape=shape)
        total = part if total is None else total + part
    return total


@op(
    node="AdaptiveAvgPool1D",
    linear="all",
    refuse=lacks("adaptive_avg_pool2d", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(2, 1, 5), shape=(3,)),
        case(real(1, 2, 4, 5), shape=(2, 3)),
        case(real(1, 1, 2, 3, 2), shape=(1, 2, 3)),
        case(real(2, 2, 4, 6), shape=(2, 3)),
        case(real(2, 2, 3, 3), shape=(1, 1)),
    ],
)
def adaptive_avg_pool(xp, x, *, shape):
    """The means of so many parts of each axis."""
    windows = _even(x.shape[2:], shape)
    if windows is not None:
        return xp.avg_pool(x, **windows)
    y = x
    for i, count in enumerate(shape):
        if x.shape[2 + i] != count:
            y = _means(xp, y, 2 + i, count)
    return xp.asarray(x, copy=True) if y is x else y


adaptive_avg_pool.vjp(x=lambda xp, g, x_shape: xp.adaptive_avg_pool_backward(g, shape=tuple(x_shape[2:])))
adaptive_avg_pool2d = overload(adaptive_avg_pool, "AdaptiveAvgPool2DBackward0")
adaptive_avg_pool3d = overload(adaptive_avg_pool, "AdaptiveAvgPool3DBackward0")


@op(
    linear="all",
    samples=lambda: [
        case(real(2, 1, 3), shape=(5,)),
        case(real(1, 2, 2, 3), shape=(4, 5)),
        case(real(1, 2, 2, 3), shape=(4, 6)),
    ],
)
def adaptive_avg_pool_backward(xp, grad, *, shape):
    """The gradient of adaptive_avg_pool."""
    windows = _even(shape, grad.shape[2:])
    if windows is not None:
        return xp.avg_pool_backward(grad, shape=shape, **windows)
    y = grad
    for i, n in enumerate(shape):
        if grad.shape[2 + i] != n:
            y = _shares(xp, y, 2 + i, n)
    return xp.asarray(grad, copy=True) if y is grad else y


adaptive_avg_pool_backward.vjp(grad=lambda xp, g, grad_shape: xp.adaptive_avg_pool(g, shape=tuple(grad_shape[2:])))
