"""Sorting, selecting and searching.

Sorts are stable, also where PyTorch promises nothing: equal elements keep their order, so gradients at ties
do not depend on the backend. A nan counts as the largest number, as in PyTorch.
"""

from __future__ import annotations

from plugrad.core.facts import booleans, case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload
from plugrad.core.refusals import COMPLEX, lacks

__all__ = [
    "argsort", "argwhere", "kthvalue", "nonzero", "one_hot", "order", "searchsorted", "searchsorted_rows",
    "sort",
    "sort_indexed", "sort_stable", "topk", "unique_sorted",
]  # fmt: skip


@op(constant=True, promote="none", samples=lambda: [case(real(3, 4, distinct=True), axis=0, descending=True)])
def order(xp, x, *, axis=-1, descending=False):
    """The indices that sort ``x`` along an axis, stably."""
    if xp.isdtype(x.dtype, "bool"):
        x = xp.astype(x, xp.uint8)
    if not descending:
        return xp.argsort(x, axis=axis, stable=True)
    # Turned round before and after: stable, and a nan comes first.
    turned = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=True)
    return x.shape[axis] - 1 - xp.flip(turned, axis=axis)


@op(constant=True, promote="none", samples=lambda: [case(real(3, 4, distinct=True), axis=0)])
def argsort(xp, x, *, axis=-1, descending=False, stable=True):
    """The indices that sort ``x`` along an axis (the standard's function)."""
    return xp.order(x, axis=axis, descending=descending)


@op(
    node="Sort",
    samples=lambda: [
        case(real(3, 4, distinct=True), axis=0),
        case(real(3, 4, distinct=True), axis=-1, descending=True),
        case(real(0, 4), axis=0),
    ],
)
def sort_indexed(xp, x, *, axis=-1, descending=False):
    """``x`` sorted along an axis, and the indices where each element was."""
    indices = xp.order(x, axis=axis, descending=descending)
    return xp.take_along_axis(x, indices, axis=axis), indices


sort_indexed.vjp(x=lambda xp, g, y1, axis, x_shape: xp.scatter_zeros(g[0], y1, axis=axis, shape=x_shape, distinct=True))
sort_stable = overload(sort_indexed, "SortBackward1")


@op(node="Sort", samples=lambda: [case(real(3, 4, distinct=True), axis=0)])
def sort(xp, x, *, axis=-1, descending=False, stable=True):
    """``x`` sorted along an axis (the standard's function)."""
    return xp.sort_indexed(x, axis=axis, descending=descending)[0]


@op(
    node="Topk",
    samples=lambda: [
        case(real(3, 6, distinct=True), k=2),
        case(real(6, 3, distinct=True), k=4, axis=0, largest=False),
        case(real(3, 6), k=0),
    ],
)
def topk(xp, x, *, k, axis=-1, largest=True):
    """The ``k`` largest or smallest elements along an axis, sorted, and their indices; of equal ones, the
    first.
    """
    axis %= x.ndim
    indices = xp.order(x, axis=axis, descending=largest)[(*[slice(None)] * axis, slice(0, k, 1), ...)]
    return xp.take_along_axis(x, indices, axis=axis), indices


topk.vjp(x=lambda xp, g, y1, axis, x_shape: xp.scatter_zeros(g[0], y1, axis=axis, shape=x_shape, distinct=True))


@op(
    node="Kthvalue",
    samples=lambda: [case(real(3, 6, distinct=True), k=2), case(real(6, 3, distinct=True), k=6, axis=0)],
    refuse=lacks("kthvalue_cpu", COMPLEX),
)
def kthvalue(xp, x, *, k, axis=-1):
    """The ``k``-th smallest element along an axis, counted from 1, and its index."""
    axis %= x.ndim
    indices = xp.order(x, axis=axis)[(*[slice(None)] * axis, slice(k - 1, k, 1), ...)]
    return xp.squeeze(xp.take_along_axis(x, indices, axis=axis), axis=axis), xp.squeeze(indices, axis=axis)


def _kth_gradient(xp, g, y1, axis, x_shape):
    axis %= len(x_shape)
    one = (*x_shape[:axis], 1, *x_shape[axis + 1 :])
    g, index = xp.reshape(g[0], shape=one), xp.reshape(y1, shape=one)
    return xp.scatter_zeros(g, index, axis=axis, shape=x_shape, distinct=True)


kthvalue.vjp(x=lambda xp, g, y1, axis, x_shape: _kth_gradient(xp, g, y1, axis, x_shape))


@op(constant=True, promote="none", samples=lambda: [case(booleans(3, 4)), case(real(3))])
def nonzero(xp, x):
    """For each dimension, the indices of the elements that are not zero."""
    return tuple(xp.nonzero(x))


@op(constant=True, promote="none", samples=lambda: [case(booleans(3, 4)), case(booleans(0, 2))])
def argwhere(xp, x):
    """The indices of the elements that are not zero, one row each."""
    return xp.stack(xp.nonzero(x), axis=1)


@op(
    constant=True,
    promote="none",
    samples=lambda: [case(real(1), real(2, 3), side="right")],
    refuse=lacks("searchsorted_out_cpu", COMPLEX),
)
def searchsorted(xp, x1, x2, *, side="left", sorter=None):
    """Where to insert the elements of ``x2`` into the sorted vector ``x1`` (the standard's function)."""
    return xp.searchsorted_rows(x1 if sorter is None else xp.take(x1, sorter, axis=0), x2, side=side)


@op(
    constant=True,
    promote="none",
    refuse=lacks("searchsorted_out_cpu", COMPLEX),
    samples=lambda: [case(real(2, 1), real(2, 3), side="left"), case(real(1), real(2, 3), side="right")],
)
def searchsorted_rows(xp, x1, x2, *, side="left"):
    """The same for many sorted rows, each with its row of ``x2``; or for one vector, with any ``x2``."""
    if x1.ndim == 1:
        x1 = xp.reshape(x1, (*[1] * x2.ndim, x1.shape[0]))
    else:
        x1 = xp.expand_dims(x1, axis=-2)
    x2 = xp.expand_dims(x2, axis=-1)
    before = (x1 < x2) | (x2 != x2) if side == "left" else (x1 <= x2) | (x2 != x2)
    return xp.sum(xp.astype(before, xp.int64), axis=-1)


@op(
    node="Unique2",
    undefined=True,
    promote="none",
    samples=lambda: [case(integers(6, high=3)), case(integers(4, 2, high=2), consecutive=True)],
)
def unique_sorted(xp, x, *, consecutive=False):
    """Of the rows of ``x``: each different one once, sorted; for every row which it is; how often each comes.

    ``consecutive``: only neighbours are merged, and nothing is sorted.
    """
    n = x.shape[0]
    numbers = addressing.counting(xp, x, n)
    if n == 0:
        return xp.asarray(x, copy=True), numbers, xp.asarray(numbers, copy=True)
    rows = xp.reshape(x, (n, addressing.size(x.shape[1:])))
    sequence = numbers
    if not consecutive:
        # Lexicographic: stable sorts by each column, the first column last.
        for column in reversed(range(rows.shape[1])):
            sequence = xp.take(sequence, xp.order(xp.take(rows[:, column], sequence, axis=0)), axis=0)
        rows = xp.take(rows, sequence, axis=0)
    starts = addressing.constant(xp, x, (1,), True, xp.bool)
    starts = xp.concat([starts, xp.any(rows[1:, :] != rows[: n - 1, :], axis=1)])
    first = xp.nonzero(starts)[0]
    which = xp.take(xp.cumulative_sum(xp.astype(starts, xp.int64)) - 1, xp.argsort(sequence), axis=0)
    ends = xp.concat([first[1:], addressing.constant(xp, first, (1,), n, first.dtype)])
    values = xp.reshape(xp.take(rows, first, axis=0), (first.shape[0], *x.shape[1:]))
    return values, which, ends - first


def _no_derivative(xp, g):
    raise NotImplementedError("the derivative for '_unique2' is not implemented.")


unique_sorted.vjp(x=_no_derivative)


@op(constant=True, promote="none", samples=lambda: [case(integers(2, 3, high=4), num_classes=4)])
def one_hot(xp, x, *, num_classes):
    """1 at the index that each element is, 0 elsewhere, in a new last dimension; a row of zeros out of
    bounds.
    """
    return xp.astype(xp.expand_dims(x, axis=-1) == addressing.counting(xp, x, num_classes), xp.int64)
