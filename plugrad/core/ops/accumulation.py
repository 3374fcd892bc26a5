"""Reductions of all that an index puts in one place: sums, products, means, largest and smallest elements."""

from __future__ import annotations

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload

__all__ = ["index_reduce", "products_of_others_in_groups", "scatter_reduce"]

_HOW = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}


def _corner(xp, x, shape):
    """The first elements of ``x`` in every dimension, so many as ``shape`` says."""
    if tuple(x.shape) == tuple(shape):
        return x
    return xp.basic_slice(x, key=tuple(slice(0, n, 1) for n in shape))


def _counts(xp, near, index, shape, axis, include_self):
    """How many elements come together in each place."""
    ones = addressing.constant(xp, near, index.shape, 1, near.dtype)
    start = addressing.constant(xp, near, shape, 1 if include_self else 0, near.dtype)
    return xp.scatter_add(start, index, ones, axis=axis)


def _samples():
    found = []
    for reduce in _HOW:
        for include_self in (True, False):
            options = {"reduce": reduce, "include_self": include_self}
            found.append(
                case(
                    real(4, 3, distinct=True), integers(5, 3, high=4), real(5, 3, low=3.0, high=5.0), axis=0, **options
                )
            )
    found.append(case(real(2, 3), integers(2, 6, high=3), real(2, 7), axis=1, reduce="prod"))
    found.append(case(real(5, low=2.5, high=4.0), integers(4, high=5), real(4), axis=0, reduce="amax"))
    found.append(case(real(3), integers(0, high=3), real(2), axis=0, reduce="mean", include_self=False))
    return found


@op(node="ScatterReduce", promote="none", samples=_samples)
def scatter_reduce(xp, x, index, source, *, axis, reduce, include_self=True):
    """``x`` with all that ``index`` puts in one place reduced: with what was there, or, where something is put,
    without it.
    """
    axis %= x.ndim
    shape = tuple(x.shape)
    truth = xp.isdtype(x.dtype, "bool")
    if truth:
        x, source = xp.astype(x, xp.int64), xp.astype(source, xp.int64)
    values = xp.reshape(_corner(xp, source, index.shape), (-1, 1))
    places = addressing.along(xp, index, shape, axis)
    y = addressing.put_rows(xp, xp.reshape(x, (-1, 1)), places, values, _HOW[reduce], over=not include_self)
    y = xp.reshape(y, shape)
    if reduce == "mean":
        counts = _counts(xp, x, index, shape, axis, include_self)
        counts = xp.where(counts == 0, xp.ones_like(counts), counts)
        # PyTorch rounds means of integers down.
        return y // counts if xp.isdtype(x.dtype, "integral") else xp.divide(y, counts)
    return y != 0 if truth else y


@op(
    promote="none",
    exempt=("groups",),
    samples=lambda: [case(real(7), integers(7, high=3)), case(real(1), integers(1, high=3))],
)
def products_of_others_in_groups(xp, values, groups):
    """For each element of a vector, the product of all others of its group. Nothing is divided, so zeros do no harm."""
    n = values.shape[0]
    order = xp.argsort(groups, stable=True)
    values, groups = xp.take(values, order, axis=0), xp.take(groups, order, axis=0)
    before = _products_before(xp, values, groups, n)
    after = xp.flip(_products_before(xp, xp.flip(values, axis=0), xp.flip(groups, axis=0), n), axis=0)
    return xp.take(before * after, xp.argsort(order, stable=True), axis=0)


def _span(start, stop):
    return (slice(start, stop, 1),)


def _products_before(xp, values, groups, n):
    """The products of what comes before each element in its group, where groups are in order: log2(n) steps."""
    y = xp.concat([xp.ones_like(values[_span(0, 1)]), xp.basic_slice(values, key=_span(0, n - 1))], axis=0)
    distance = 1
    same = groups[_span(1, n)] == groups[_span(0, n - 1)]
    head, tail = xp.basic_slice(y, key=_span(0, 1)), xp.basic_slice(y, key=_span(1, n))
    y = xp.concat([head, xp.where(same, tail, 1)], axis=0)
    while distance < n:
        same = groups[_span(distance, n)] == groups[_span(0, n - distance)]
        factor = xp.where(same, xp.basic_slice(y, key=_span(0, n - distance)), 1)
        head, tail = xp.basic_slice(y, key=_span(0, distance)), xp.basic_slice(y, key=_span(distance, n))
        y = xp.concat([head, factor * tail], axis=0)
        distance *= 2
    return y


def _placed(xp, g, source_shape, index):
    """The gradient of the part of a source that the index uses, as one of all of it."""
    if tuple(g.shape) == tuple(source_shape):
        return g
    return xp.place(g, shape=tuple(source_shape), key=tuple(slice(0, n, 1) for n in index.shape))


def _reduced_rule(xp, g, y, x, index, source, axis, reduce, include_self):
    shape, source_shape = tuple(x.shape), tuple(source.shape)
    axis %= len(shape)
    used = _corner(xp, source, index.shape)
    if reduce == "mean":
        counts = _counts(xp, g, index, shape, axis, include_self)
        g = xp.divide(g, xp.where(counts == 0, xp.ones_like(counts), counts))
    if reduce in ("sum", "mean"):
        of_x, of_source = g, xp.gather(g, index, axis=axis)
    elif reduce == "prod":
        of_x, of_source = _product_rule(xp, g, x, index, used, axis, include_self)
    else:
        # Shared evenly by all that are equal to the result: by what was there only if it took part.
        equal = xp.astype(used == xp.gather(y, index, axis=axis), dtype=g.dtype)
        mine = xp.astype(x == y, dtype=g.dtype)
        if not include_self:
            mine = xp.scatter(mine, index, 0, axis=axis)
        share = xp.divide(g, xp.scatter_add(mine, index, equal, axis=axis))
        of_x, of_source = share * mine, xp.gather(share, index, axis=axis) * equal
    if not include_self:
        of_x = xp.scatter(of_x, index, 0, axis=axis)
    return of_x, None, _placed(xp, of_source, source_shape, index)


def _product_rule(xp, g, x, index, used, axis, include_self):
    shape = tuple(x.shape)
    k = addressing.size(shape)
    places = addressing.along(xp, index, shape, axis)
    groups = xp.concat([addressing.counting(xp, index, k), places], axis=0)
    # What was there is 1 in products that it takes no part in.
    mine = x if include_self else xp.scatter(x, index, 1, axis=axis)
    values = xp.concat([xp.reshape(mine, shape=(-1,)), xp.reshape(used, shape=(-1,))], axis=0)
    others = xp.products_of_others_in_groups(values, groups)
    of_x = g * xp.reshape(xp.basic_slice(others, key=_span(0, k)), shape=shape)
    count = addressing.size(index.shape)
    of_used = xp.reshape(xp.basic_slice(others, key=_span(k, k + count)), shape=tuple(index.shape))
    return of_x, xp.gather(g, index, axis=axis) * of_used


scatter_reduce.vjp(joint=_reduced_rule)
index_reduce = overload(scatter_reduce, "IndexReduceBackward0")
