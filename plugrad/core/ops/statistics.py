"""Order statistics beyond the median, counts in bins, and membership."""

from __future__ import annotations

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.extremum import running
from plugrad.core.ops.overload import overload

__all__ = ["bincount", "histc", "histogram", "histogramdd", "isin", "mode_along", "nanmedian", "nanmedian_along"]


def _first(axis, start, stop):
    return (*[slice(None)] * axis, slice(start, stop, 1), ...)


def _picked(xp, g, y1, x_shape, axis, keepdims):
    """All of the gradient goes to the element that was picked."""
    g = g[0]
    if not keepdims:
        g, y1 = xp.expand_dims(g, axis=axis), xp.expand_dims(y1, axis=axis)
    return xp.scatter_zeros(g, y1, axis=axis, shape=x_shape)


def _taken(xp, x, index, axis, keepdims):
    values = xp.take_along_axis(x, index, axis=axis)
    if keepdims:
        return values, index
    return xp.squeeze(values, axis=axis), xp.squeeze(index, axis=axis)


def _along_samples():
    x = real(2, 5, 4, distinct=True)
    return [case(x, axis=1), case(x, axis=-1, keepdims=True), case(real(0, 3), axis=1)]


@op(node="Nanmedian", promote="none", samples=_along_samples)
def nanmedian_along(xp, x, *, axis, keepdims=False):
    """The median along one axis of what is no nan, the lower one of two, and where it is; nan where all are."""
    order = xp.order(x, axis=axis)
    count = xp.sum(xp.astype(x == x, dtype=xp.int64), axis=axis, keepdims=True)
    middle = xp.where(count == 0, 0, (count - 1) // 2)
    return _taken(xp, x, xp.take_along_axis(order, middle, axis=axis), axis, keepdims)


nanmedian_along.vjp(x=_picked)
nanmedian_along = overload(nanmedian_along, "NanmedianBackward1")


@op(node="Nanmedian", promote="none", samples=lambda: [case(real(3, 4, distinct=True)), case(real())])
def nanmedian(xp, x):
    """The median of all elements that are no nan, the lower one of two; nan of nothing."""
    if addressing.size(x.shape) == 0:
        return xp.mean(x)
    return xp.nanmedian_along(xp.reshape(x, shape=(-1,)), axis=0)[0]


nanmedian.vjp(x=lambda xp, g, y, x: xp.select_of_all(g, x, y))


@op(
    node="Mode",
    promote="none",
    samples=lambda: [*_along_samples(), case(integers(3, 8, high=3), axis=1), case(integers(5, 2, high=2), axis=0)],
)
def mode_along(xp, x, *, axis, keepdims=False):
    """What comes most often along one axis, the smallest of several, and where it comes last; all nans are one."""
    axis %= x.ndim
    n = x.shape[axis]
    order = xp.order(x, axis=axis)
    values = xp.take_along_axis(x, order, axis=axis)
    before, after = values[_first(axis, 0, n - 1)], values[_first(axis, 1, n)]
    # A nan differs from itself, but not from the nan before it.
    starts = (before != after) & ((before == before) | (after == after))
    shape = tuple(1 if i == axis else k for i, k in enumerate(x.shape))
    starts = xp.concat([addressing.constant(xp, x, shape, True, xp.bool), starts], axis=axis)
    line = xp.reshape(addressing.counting(xp, x, n), shape=tuple(-1 if i == axis else 1 for i in range(x.ndim)))
    lengths = line - running(xp, xp.where(starts, line, 0), axis, xp.maximum)
    place = xp.argmax(lengths, axis=axis, keepdims=True)
    return _taken(xp, x, xp.take_along_axis(order, place, axis=axis), axis, keepdims)


mode_along.vjp(x=_picked)


# -- counts ----------------------------------------------------------------------------------------------------------


def _counted(xp, places, inside, weight, count, dtype):
    """How often, or with what weight, each of ``count`` places comes, of those that are inside."""
    zeros = addressing.constant(xp, places, (count,), 0, dtype)
    if weight is None:
        weight = addressing.constant(xp, places, places.shape, 1, dtype)
    weight = xp.where(inside, weight, xp.zeros_like(weight))
    return xp.index_add(zeros, xp.where(inside, places, 0), weight, axis=0)


@op(
    undefined=True,
    promote="none",
    samples=lambda: [
        case(integers(7, high=4), length=5),
        case(integers(7, high=4), real(7), length=4),
        case(integers(0, high=4), length=2),
    ],
)
def bincount(xp, x, weights=None, *, length):
    """How often each integer below ``length`` comes in a vector, or the sums of its weights."""
    dtype = xp.int64 if weights is None else weights.dtype
    x = xp.astype(x, xp.int64)
    return _counted(xp, x, x < length, weights, length, dtype)


@op(constant=True, samples=lambda: [case(real(3, 4), real(), real(high=3.0, low=2.5), bins=4)])
def histc(xp, x, low, high, *, bins):
    """How many elements lie in each of ``bins`` parts of a range, to the last of which its end belongs."""
    x = xp.reshape(x, shape=(-1,))
    inside = (x >= low) & (x <= high)
    # As PyTorch computes it, in the dtype of x: an element close to an edge may fall to either side.
    part = xp.where(inside, xp.divide((x - low) * bins, high - low), xp.zeros_like(x))
    part = xp.astype(part, xp.int64)
    return _counted(xp, xp.where(part == bins, bins - 1, part), inside, None, bins, x.dtype)


def _part(xp, x, edges):
    """Between which edges the elements of a vector lie, and whether they do; the last edge belongs to the last part."""
    count = edges.shape[0] - 1
    inside = (x >= edges[0]) & (x <= edges[count])
    part = xp.searchsorted_rows(edges, x, side="right") - 1
    return xp.where(part >= count, count - 1, xp.where(part < 0, 0, part)), inside


def _density(xp, counts, lengths):
    """Counts over their sum and over the volumes of the parts."""
    counts = xp.divide(counts, xp.sum(counts))
    for i, length in enumerate(lengths):
        counts = xp.divide(counts, xp.reshape(length, shape=tuple(-1 if k == i else 1 for k in range(len(lengths)))))
    return counts


@op(
    undefined=True,
    samples=lambda: [
        case(real(3, 4), integers(4, high=9, distinct=True)),
        case(real(5, high=9.0), integers(4, high=9, distinct=True), real(5, low=0.5), density=True),
    ],
)
def histogram(xp, x, edges, weight=None, *, density=False):
    """How many elements, or what weight, lies between edges."""
    edges = xp.astype(edges, x.dtype)
    part, inside = _part(xp, xp.reshape(x, shape=(-1,)), edges)
    weight = None if weight is None else xp.reshape(weight, shape=(-1,))
    counts = _counted(xp, part, inside, weight, edges.shape[0] - 1, x.dtype)
    return _density(xp, counts, [edges[1:] - edges[:-1]]) if density else counts


@op(
    undefined=True,
    promote="none",
    samples=lambda: [case(real(6, 2), [real(3), real(4)]), case(real(6, 2), [real(3), real(4)], real(6), density=True)],
)
def histogramdd(xp, x, arrays, weight=None, *, density=False):
    """As ``histogram``, for rows of coordinates and the edges of each."""
    places, inside = 0, addressing.constant(xp, x, x.shape[:1], True, xp.bool)
    sizes = [edges.shape[0] - 1 for edges in arrays]
    for i, edges in enumerate(arrays):
        part, within = _part(xp, x[:, i], edges)
        places, inside = places * sizes[i] + part, inside & within
    counts = _counted(xp, places, inside, weight, addressing.size(sizes), x.dtype)
    counts = xp.reshape(counts, shape=tuple(sizes))
    return _density(xp, counts, [edges[1:] - edges[:-1] for edges in arrays]) if density else counts


@op(
    constant=True,
    samples=lambda: [
        case(integers(3, 4, high=9), integers(5, high=9)),
        case(real(3), real(2, 2)),
        case(real(2), real(0)),
        case(integers(4, high=3), integers(2, high=3), invert=True),
    ],
)
def isin(xp, x1, x2, *, invert=False):
    """Where elements of the first are, or are not, among those of the second; a nan is not among nans."""
    x2 = xp.reshape(x2, shape=(-1,))
    n = x2.shape[0]
    if n == 0:
        return addressing.constant(xp, x1, x1.shape, invert, xp.bool)
    x2 = xp.sort(x2)
    place = xp.searchsorted_rows(x2, xp.reshape(x1, shape=(-1,)), side="left")
    found = xp.take(x2, xp.where(place >= n, n - 1, place), axis=0)
    found = xp.reshape(found, shape=tuple(x1.shape))
    return found != x1 if invert else found == x1
