"""Arrays with a part replaced, parts that strides name, and quarter turns."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.indexing import basic_put
from plugrad.core.ops.overload import overload

__all__ = ["as_strided", "as_strided_scatter", "diagonal_scatter", "rot90", "select_scatter", "slice_scatter"]

select_scatter = overload(basic_put, "SelectScatterBackward0")
slice_scatter = overload(basic_put, "SliceScatterBackward0")


@op(
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(3, 4), real(3)),
        case(real(3, 4), real(2), offset=-1),
        case(real(2, 3, 4), real(3, 2), offset=1, axis1=0, axis2=2),
        case(real(3, 4), real(0), offset=9),
    ],
)
def diagonal_scatter(xp, x, value, *, offset=0, axis1=0, axis2=1):
    """``x`` with a diagonal, as ``diagonal`` reads it, replaced by ``value``."""
    where = {"shape": tuple(x.shape), "offset": offset, "axis1": axis1, "axis2": axis2}
    inside = xp.embed_diagonal(addressing.constant(xp, x, value.shape, True, xp.bool), **where)
    return xp.where(inside, xp.embed_diagonal(value, **where), x)


def _without_diagonal(xp, g, value_shape, offset, axis1, axis2):
    inside = addressing.constant(xp, g, value_shape, True, xp.bool)
    inside = xp.embed_diagonal(inside, shape=tuple(g.shape), offset=offset, axis1=axis1, axis2=axis2)
    return xp.drop_where(g, inside)


diagonal_scatter.vjp(
    x=lambda xp, g, value_shape, offset, axis1, axis2: _without_diagonal(xp, g, value_shape, offset, axis1, axis2),
    value=lambda xp, g, offset, axis1, axis2: xp.diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
)


def _places(xp, near, size, stride, offset):
    """The flat positions that strides name."""
    places = addressing.constant(xp, near, (1,) * len(size), offset, xp.int64)
    for i, (n, step) in enumerate(zip(size, stride, strict=True)):
        line = xp.reshape(addressing.counting(xp, near, n), shape=tuple(-1 if k == i else 1 for k in range(len(size))))
        places = places + step * line
    return places


def _added(xp, g, x_shape, size, stride, offset):
    places = _places(xp, g, size, stride, offset)
    flat = xp.index_accumulate(g, [places], axes=(0,), shape=(addressing.size(x_shape),))
    return xp.reshape(flat, shape=tuple(x_shape))


def _strided_samples():
    return [
        case(real(3, 4), size=(2, 2), stride=(4, 1)),
        case(real(3, 4), size=(3, 2), stride=(1, 2), offset=3),
        case(real(6), size=(2, 3), stride=(1, 1), offset=1),
        case(real(3, 4), size=(), stride=(), offset=5),
        case(real(3, 4), size=(0, 2), stride=(4, 1)),
    ]


@op(view=True, linear="all", samples=_strided_samples)
def as_strided(xp, x, *, size, stride, offset=0):
    """The elements that lie ``stride`` apart in ``x`` flattened, from ``offset`` on."""
    flat = xp.reshape(x, shape=(-1,))
    places = xp.reshape(_places(xp, x, size, stride, offset), shape=(-1,))
    return xp.reshape(xp.take(flat, places, axis=0), shape=tuple(size))


as_strided.vjp(x=_added)


@op(
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(3, 4), real(2, 2), size=(2, 2), stride=(4, 1)),
        case(real(3, 4), real(3, 2), size=(3, 2), stride=(4, 2), offset=1),
        case(real(3, 4), real(), size=(), stride=(), offset=5),
    ],
)
def as_strided_scatter(xp, x, value, *, size, stride, offset=0):
    """``x`` with the elements that ``as_strided`` reads, each only once, replaced by ``value``."""
    places = _places(xp, x, size, stride, offset)
    flat = xp.index_put(xp.reshape(x, shape=(-1,)), [places], value, axes=(0,))
    return xp.reshape(flat, shape=tuple(x.shape))


def _without_places(xp, g, size, stride, offset):
    flat = xp.index_put(xp.reshape(g, shape=(-1,)), [_places(xp, g, size, stride, offset)], 0, axes=(0,))
    return xp.reshape(flat, shape=tuple(g.shape))


as_strided_scatter.vjp(
    x=_without_places,
    value=lambda xp, g, size, stride, offset: xp.as_strided(g, size=size, stride=stride, offset=offset),
)


@op(
    node="Rot90",
    linear="all",
    samples=lambda: [
        case(real(2, 3), turns=1, axes=(0, 1)),
        case(real(2, 3), turns=2, axes=(0, 1)),
        case(real(2, 3, 4), turns=3, axes=(2, 0)),
        case(real(2, 3), turns=0, axes=(0, 1)),
    ],
)
def rot90(xp, x, *, turns, axes):
    """``x`` turned by so many quarters, from the first of two axes to the second."""
    turns %= 4
    first, second = axes
    if turns == 2:
        return xp.reverse(x, axis=axes)
    if turns == 0:
        return xp.clone(x)
    order = [*range(x.ndim)]
    order[first], order[second] = second, first
    return xp.permute_dims(xp.reverse(x, axis=second if turns == 1 else first), axes=tuple(order))


rot90.vjp(x=lambda xp, g, turns, axes: xp.rot90(g, turns=-turns, axes=axes))
