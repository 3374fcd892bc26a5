"""Reductions that select: max, min, median, their positions, and the running maximum and minimum."""

from __future__ import annotations

from typing import Any

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops.addressing import counting
from plugrad.core.ops.overload import overload
from plugrad.core.ops.reduction import count, kept

__all__ = [
    "argmax",
    "argmin",
    "cumulative_max",
    "cumulative_min",
    "max",
    "max_along",
    "max_of_all",
    "median",
    "median_along",
    "min",
    "min_along",
    "min_of_all",
    "select_of_all",
    "share_evenly",
]


def _samples():
    x = real(2, 3, 4, distinct=True)
    options: list[Any] = [
        {},
        {"axis": 0},
        {"axis": -1, "keepdims": True},
        {"axis": (0, 2)},
        {"keepdims": True},
    ]
    return [*[case(x, **o) for o in options], case(real()), case(real(0, 3), axis=1)]


def _along_samples():
    x = real(2, 3, 4, distinct=True)
    return [case(x, axis=0), case(x, axis=1), case(x, axis=-1, keepdims=True), case(real(0, 3), axis=1)]


# -- values
# ------------------------------------------------------------------------------------------------------------


# The samples are zeros, so that the result is that of x.
@op(
    promote="none",
    fixed=("x", "result"),
    samples=lambda: [case(real(3), integers(2, 3, high=1), integers(3, high=1), axis=0)],
)
def share_evenly(xp, grad, x, result, *, axis=None, keepdims=False):
    """The gradient of max and min: shared evenly by the elements that are equal to the result.

    Where the result is nan no element is equal to it, and the gradient of all is nan: PyTorch's amax.
    """
    shape = tuple(x.shape)
    equal = xp.astype(x == kept(xp, result, shape, axis, keepdims), dtype=grad.dtype)
    shared = xp.divide(kept(xp, grad, shape, axis, keepdims), xp.sum(equal, axis=axis, keepdims=True))
    return shared * equal


def _share(xp, g, y, x, axis, keepdims):
    return xp.share_evenly(g, x, y, axis=axis, keepdims=keepdims)


@op(node="Amax", samples=_samples)
def max_(xp, x, *, axis=None, keepdims=False):
    """The largest element along axes; nan if there is one."""
    return xp.max(x, axis=axis, keepdims=keepdims)


max_.vjp(x=_share)


@op(node="Amin", samples=_samples)
def min_(xp, x, *, axis=None, keepdims=False):
    """The smallest element along axes; nan if there is one."""
    return xp.min(x, axis=axis, keepdims=keepdims)


min_.vjp(x=_share)


@op(
    promote="none",
    fixed=("x", "result"),
    samples=lambda: [case(real(), integers(2, 3, high=1), integers(high=1))],
)
def select_of_all(xp, grad, x, result):
    """As share_evenly over all axes, but of a nan only the nans have a share: PyTorch's max and median."""
    equal = xp.logical_or(x == result, xp.logical_and(xp.isnan(x), xp.isnan(result)))
    equal = xp.astype(equal, dtype=grad.dtype)
    return xp.divide(grad, xp.sum(equal)) * equal


def _select(xp, g, y, x):
    return xp.select_of_all(g, x, y)


@op(node="Max", promote="none", samples=lambda: [case(real(3, 4, distinct=True)), case(real())])
def max_of_all(xp, x):
    """The largest element; nan if there is one."""
    return xp.max(x)


max_of_all.vjp(x=_select)


@op(node="Min", promote="none", samples=lambda: [case(real(3, 4, distinct=True)), case(real())])
def min_of_all(xp, x):
    """The smallest element; nan if there is one."""
    return xp.min(x)


min_of_all.vjp(x=_select)
max_of_all = overload(max_of_all, "MaxBackward1")
min_of_all = overload(min_of_all, "MinBackward1")


# -- values and where they were
# ----------------------------------------------------------------------------------------


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


@op(node="Max", samples=_along_samples)
def max_along(xp, x, *, axis, keepdims=False):
    """The largest elements along one axis and where they are, the first at ties; nan counts as largest."""
    return _taken(xp, x, xp.argmax(x, axis=axis, keepdims=True), axis, keepdims)


max_along.vjp(x=_picked)


@op(node="Min", samples=_along_samples)
def min_along(xp, x, *, axis, keepdims=False):
    """The smallest elements along one axis and where they are, the first at ties; nan counts as smallest."""
    return _taken(xp, x, xp.argmin(x, axis=axis, keepdims=True), axis, keepdims)


min_along.vjp(x=_picked)


@op(constant=True, samples=lambda: [case(real(2, 3, distinct=True)), *_along_samples()])
def argmax(xp, x, *, axis=None, keepdims=False):
    """The index of the largest element, of the flattened array by default; the first at ties."""
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@op(constant=True, samples=lambda: [case(real(2, 3, distinct=True)), *_along_samples()])
def argmin(xp, x, *, axis=None, keepdims=False):
    """The index of the smallest element, of the flattened array by default; the first at ties."""
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@op(node="Median", samples=_along_samples)
def median_along(xp, x, *, axis, keepdims=False):
    """The median along one axis, the lower one of two, and where it is; nan if there is one."""
    order = xp.argsort(x, axis=axis)
    middle = (x.shape[axis] - 1) // 2
    axis %= x.ndim
    index = order[(*[slice(None)] * axis, slice(middle, middle + 1), ...)]
    if xp.isdtype(x.dtype, "real floating"):
        missing = xp.isnan(x)
        first = xp.argmax(xp.astype(missing, dtype=xp.uint8), axis=axis, keepdims=True)
        index = xp.where(xp.any(missing, axis=axis, keepdims=True), first, index)
    return _taken(xp, x, index, axis, keepdims)


median_along.vjp(x=_picked)
median_along = overload(median_along, "MedianBackward1")


@op(
    node="Median",
    promote="none",
    samples=lambda: [case(real(3, 4, distinct=True)), case(real()), case(real(5, distinct=True))],
)
def median(xp, x):
    """The median of all elements, the lower one of two; nan if there is one, and of nothing."""
    if count(x.shape, None) == 0:
        return xp.mean(x)
    flat = xp.reshape(x, shape=(-1,))
    return xp.median_along(flat, axis=0)[0]


median.vjp(x=_select)


# -- running
# -----------------------------------------------------------------------------------------------------------


def running(xp, x, axis, combine):
    """Combine each element with all before it along an axis: log2(n) steps, each over twice the distance."""
    axis %= x.ndim
    n = x.shape[axis]
    distance = 1
    while distance < n:
        head = (*[slice(None)] * axis, slice(0, n - distance), ...)
        tail = (*[slice(None)] * axis, slice(distance, n), ...)
        first = (*[slice(None)] * axis, slice(0, distance), ...)
        x = xp.concat([x[first], combine(x[head], x[tail])], axis=axis)
        distance *= 2
    return x


def _last_places(xp, x, y, axis):
    """The last place so far where each running extremum was met; of nans, the last nan."""
    axis %= x.ndim
    met = x == y
    if xp.isdtype(x.dtype, "real floating"):
        met = xp.logical_or(met, xp.isnan(x))
    line = counting(xp, x, x.shape[axis])
    line = xp.reshape(line, shape=tuple([-1 if i == axis else 1 for i in range(x.ndim)]))
    return running(xp, xp.where(met, line, 0), axis, xp.maximum)


def _running_rule(xp, g, y1, x_shape, axis):
    return xp.scatter_zeros(g[0], y1, axis=axis, shape=x_shape)


def _running_samples():
    return [
        case(real(5, distinct=True), axis=0),
        case(real(2, 3, 4, distinct=True), axis=1),
        case(real(0, 3), axis=0),
    ]


@op(node="Cummax", samples=_running_samples)
def cumulative_max(xp, x, *, axis):
    """The running maximum along an axis and where it was last met."""
    y = running(xp, x, axis, xp.maximum)
    return y, _last_places(xp, x, y, axis)


cumulative_max.vjp(x=_running_rule)


@op(node="Cummin", samples=_running_samples)
def cumulative_min(xp, x, *, axis):
    """The running minimum along an axis and where it was last met."""
    y = running(xp, x, axis, xp.minimum)
    return y, _last_places(xp, x, y, axis)


cumulative_min.vjp(x=_running_rule)

max = max_
min = min_
