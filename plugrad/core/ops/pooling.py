"""Pooling of windows along the axes after the second: the largest elements.

Sizes, strides and the like are tuples with an item for each of these axes. Indices are into the axes after the
second, flattened. A largest element is the first of several; a nan is larger than all, the last of several wins.
"""

from __future__ import annotations

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = [
    "adaptive_max_pool",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "max_pool",
    "max_pool2d",
    "max_pool3d",
    "max_pool_backward",
    "max_unpool",
    "max_unpool2d",
    "max_unpool3d",
]


def pooled(n, size, stride, padding, dilation=1, ceil_mode=False):
    """How many windows there are along an axis of n places."""
    count = (n + 2 * padding - dilation * (size - 1) - 1 + (stride - 1 if ceil_mode else 0)) // stride + 1
    # The last window starts inside, or in the padding before.
    return count - 1 if ceil_mode and (count - 1) * stride >= n + padding else count


def pooled_shape(shape, size, stride, padding, dilation, ceil_mode):
    """The same for all axes."""
    return tuple(
        [pooled(n, k, s, p, d, ceil_mode) for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True)]
    )


# -- the largest -----------------------------------------------------------------------------------


def _sliding(xp, near, n, count, size, stride, padding, dilation):
    """For each place in a window, where it is in all windows; places outside are the nearest ones inside."""
    start = addressing.counting(xp, near, count) * stride - padding
    first = xp.where(start < 0, start + (dilation - 1 - start) // dilation * dilation, start)
    fitting = (n - 1 - start) // dilation
    last = start + xp.where(fitting > size - 1, size - 1, fitting) * dilation
    for j in range(size):
        place = start + j * dilation
        place = xp.where(place < first, first, place)
        yield xp.where(place > last, last, place)


def edges(xp, near, n, count):
    """Start and end of the parts that an axis of n places falls into, which may share places; the longest."""
    i = addressing.counting(xp, near, count)
    parts = max(count, 1)
    longest = max([-(-(k + 1) * n // count) - k * n // count for k in range(count)], default=1)
    return i * n // parts, ((i + 1) * n + parts - 1) // parts, longest


def _parts(xp, near, n, count):
    start, end, longest = edges(xp, near, n, count)
    for j in range(longest):
        place = start + j
        yield xp.where(place >= end, end - 1, place)


def _largest(xp, x, places):
    """The largest element of each window, axis by axis, and its index. ``places``: of an axis, see _sliding."""
    shape = x.shape[2:]
    index = xp.reshape(addressing.counting(xp, x, addressing.size(shape)), shape=(1, 1, *shape))
    floating = not xp.isdtype(x.dtype, "integral")
    for axis in reversed(range(2, x.ndim)):
        best = best_index = None
        for place in places(axis - 2):
            part, part_index = xp.take(x, place, axis=axis), xp.take(index, place, axis=axis)
            if best is None:
                best, best_index = part, part_index
                continue
            better = xp.greater(part, best)
            if floating:
                better = xp.logical_or(better, xp.not_equal(part, part))
            best = xp.where(better, part, best)
            best_index = xp.where(better, part_index, best_index)
        x, index = best, best_index
    return x, xp.broadcast_to(index, tuple(x.shape))


_LINE = {"size": (2,), "stride": (2,), "padding": (1,), "dilation": (1,), "ceil_mode": False}
_SQUARE = {"size": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "ceil_mode": True}
_CUBE = {"size": (2, 2, 1), "stride": (2, 1, 1), "padding": (0, 0, 0), "dilation": (1, 1, 1), "ceil_mode": False}


@op(
    node="MaxPool1DWithIndices",
    samples=lambda: [
        case(real(2, 1, 5, distinct=True), **_LINE),
        case(real(1, 2, 4, 5, distinct=True), **_SQUARE),
        case(real(1, 1, 4, 3, 2, distinct=True), **_CUBE),
        case(real(0, 2, 5), **_LINE),
    ],
)
def max_pool(xp, x, *, size, stride, padding, dilation, ceil_mode):
    """The largest element of each window, and its index."""
    shape = x.shape[2:]
    count = pooled_shape(shape, size, stride, padding, dilation, ceil_mode)

    def places(i):
        return _sliding(xp, x, shape[i], count[i], size[i], stride[i], padding[i], dilation[i])

    return _largest(xp, x, places)


def _max_pool_rule(xp, g, y1, x_shape, size, stride, padding, dilation):
    windows = (size, stride, padding, dilation)
    apart = all([s > d * (k - 1) for s, d, k in zip(stride, dilation, size, strict=True)])
    return xp.max_pool_backward(g[0], y1, shape=tuple(x_shape[2:]), apart=apart, windows=windows)


max_pool.vjp(x=_max_pool_rule)
max_pool2d = overload(max_pool, "MaxPool2DWithIndicesBackward0")
max_pool3d = overload(max_pool, "MaxPool3DWithIndicesBackward0")


@op(
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(2, 2, 3), integers(2, 2, 3, high=5), shape=(5,), apart=False),
        case(real(1, 2, 2, 2), integers(1, 2, 2, 2, high=12), shape=(3, 4), apart=False),
    ],
)
def max_pool_backward(xp, grad, index, *, shape, apart, windows=None):
    """Zeros with each window's gradient added at its index. ``apart``: no index comes twice.

    ``windows``: their size, stride, padding and dilation, where known: a help for kernels.
    """
    n, channels = grad.shape[:2]
    flat = (n, channels, addressing.size(grad.shape[2:]))
    whole = (n, channels, addressing.size(shape))
    g, index = xp.reshape(grad, shape=flat), xp.reshape(index, shape=flat)
    return xp.reshape(xp.scatter_zeros(g, index, axis=2, shape=whole, distinct=apart), shape=(n, channels, *shape))


def gathered(xp, x, index):
    """The elements that an index of (N, C, ...) names in the flattened axes after the second of x."""
    n, channels = x.shape[:2]
    flat = xp.reshape(index, shape=(n, channels, addressing.size(index.shape[2:])))
    x = xp.reshape(x, shape=(n, channels, addressing.size(x.shape[2:])))
    return xp.reshape(xp.gather(x, flat, axis=2), shape=tuple(index.shape))


max_pool_backward.vjp(grad=lambda xp, g, index: gathered(xp, g, index))


@op(
    node="AdaptiveMaxPool1D",
    refuse=lacks("adaptive_max_pool2d", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(2, 1, 5, distinct=True), shape=(3,)),
        case(real(1, 2, 4, 5, distinct=True), shape=(2, 3)),
        case(real(1, 1, 2, 3, 2, distinct=True), shape=(1, 2, 3)),
    ],
)
def adaptive_max_pool(xp, x, *, shape):
    """The largest element of each of so many parts of each axis, and its index."""
    before = x.shape[2:]
    return _largest(xp, x, lambda i: _parts(xp, x, before[i], shape[i]))


adaptive_max_pool.vjp(
    x=lambda xp, g, y1, x_shape: xp.max_pool_backward(g[0], y1, shape=tuple(x_shape[2:]), apart=False)
)
adaptive_max_pool2d = overload(adaptive_max_pool, "AdaptiveMaxPool2DBackward0")
adaptive_max_pool3d = overload(adaptive_max_pool, "AdaptiveMaxPool3DBackward0")


@op(
    node="MaxUnpool1D",
    promote="none",
    linear="all",
    samples=lambda: [case(real(1, 1, 3), integers(1, 1, 3, high=6, distinct=True), shape=(2, 3))],
)
def max_unpool(xp, x, index, *, shape):
    """Zeros with each element at its index; of several, the last."""
    return xp.max_pool_backward(x, index, shape=shape, apart=True)


max_unpool.vjp(x=lambda xp, g, index: gathered(xp, g, index))
max_unpool2d = overload(max_unpool, "MaxUnpool2DBackward0")
max_unpool3d = overload(max_unpool, "MaxUnpool3DBackward0")
