"""Gathering and scattering along one axis, filling by index or mask, and the masked ops.

An index here is not negative, as in PyTorch: ``-1`` is out of bounds. ``take``, ``take_along_axis``,
``index_fill`` and ``take_flat`` count negative ones from the end.
"""

from __future__ import annotations

from plugrad.core.dispatch import broadcast_shapes
from plugrad.core.facts import booleans, case, integers, real
from plugrad.core.namespace import DEFINITIONS
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.indexing import stayed, writes
from plugrad.core.ops.overload import overload

__all__ = [
    "gather", "index_add", "index_copy", "index_fill", "index_fill_tensor", "index_put_mask", "index_select",
    "masked_fill", "masked_fill_tensor", "masked_scatter", "masked_select", "put_flat", "scatter",
    "scatter_add",
    "scatter_combine", "scatter_value", "scatter_zeros", "take", "take_along_axis", "take_flat",
]  # fmt: skip


def _corner(xp, x, shape):
    """The first elements of ``x`` in every dimension, so many as ``shape`` says."""
    if tuple(x.shape) == tuple(shape):
        return x
    return xp.basic_slice(x, key=tuple(slice(0, n, 1) for n in shape))


# -- one index per element -----------------------------------------------------------------------------------


@op(
    node="Gather",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(2, 4, high=3), axis=0),
        case(real(3, 4), integers(3, 5, high=4), axis=1),
        case(real(2, 3, 4), integers(1, 3, 6, high=4), axis=-1),
        case(real(3, 4), integers(0, 4, high=3), axis=0),
    ],
)
def gather(xp, x, index, *, axis):
    """``y[i][j][k] = x[index[i][j][k]][j][k]`` for axis 0. The index may be smaller than ``x`` in the other
    axes.
    """
    axis %= x.ndim
    n = x.shape[axis]
    x = _corner(xp, x, [n if i == axis else k for i, k in enumerate(index.shape)])
    return xp.take_along_axis(x, addressing.not_negative(xp, index, n), axis=axis)


gather.vjp(x=lambda xp, g, index, axis, x_shape: xp.scatter_zeros(g, index, axis=axis, shape=x_shape))


def _scattered(xp, x, index, source, axis, how):
    """``x`` with the elements of ``source`` put or combined where ``index`` says."""
    axis %= x.ndim
    flat = xp.reshape(x, (-1, 1))
    if not hasattr(source, "shape"):
        source = addressing.constant(xp, x, index.shape, source, x.dtype)
    values = xp.reshape(_corner(xp, source, index.shape), (-1, 1))
    places = addressing.along(xp, index, x.shape, axis)
    return xp.reshape(addressing.put_rows(xp, flat, places, values, how), tuple(x.shape))


@op(
    node="GatherBackward",
    linear="all",
    promote="none",
    samples=lambda: [case(real(2, 4), integers(2, 4, high=3), axis=0, shape=(3, 4))],
)
def scatter_zeros(xp, x, index, *, axis, shape, distinct=False):
    """Zeros of a shape with ``x`` added where ``gather`` reads with this index; ``distinct``: no place comes
    twice.
    """
    zeros = addressing.constant(xp, x, shape, 0, x.dtype)
    return _scattered(xp, zeros, index, x, axis, "put" if distinct else "add")


scatter_zeros.vjp(x=lambda xp, g, index, axis: xp.gather(g, index, axis=axis))


def _source_gradient(xp, g, index, source_shape, axis):
    """Elements of a source that is larger than the index were not used."""
    y = xp.gather(g, index, axis=axis)
    if tuple(y.shape) == tuple(source_shape):
        return y
    return xp.place(y, shape=tuple(source_shape), key=tuple(slice(0, n, 1) for n in index.shape))


@op(
    node="Scatter",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(1, 4, high=3, distinct=False), real(1, 4), axis=0),
        case(real(3), integers(2, high=3, distinct=True), real(3), axis=0),
    ],
)
def scatter(xp, x, index, source, *, axis):
    """``x`` with ``y[index[i][j]][j] = source[i][j]`` for axis 0; a number as source goes everywhere."""
    return _scattered(xp, x, index, source, axis, "put")


def _written_gradient(xp, g, index, source_shape, axis):
    """As _source_gradient, where of several values in one place one stayed."""
    y = stayed(
        xp, xp.gather(g, index, axis=axis), index.shape,
        write=lambda numbers: xp.scatter(xp.zeros_like(g, dtype=xp.int64), index, numbers, axis=axis),
        read=lambda written: xp.gather(written, index, axis=axis),
    )  # fmt: skip
    if tuple(y.shape) == tuple(source_shape):
        return y
    return xp.place(y, shape=tuple(source_shape), key=tuple(slice(0, n, 1) for n in index.shape))


scatter.vjp(
    x=lambda xp, g, index, axis: xp.scatter(g, index, 0, axis=axis),
    source=lambda xp, g, index, source_shape, axis: _written_gradient(xp, g, index, source_shape, axis),
)
writes(scatter)
scatter_value = overload(scatter, "ScatterBackward1")


@op(
    node="ScatterAdd",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(5, 4, high=3), real(5, 4), axis=0),
        case(real(3, 4), integers(2, 6, high=4), real(3, 6), axis=1),
    ],
)
def scatter_add(xp, x, index, source, *, axis):
    """``x`` with ``y[index[i][j]][j] += source[i][j]`` for axis 0."""
    return _scattered(xp, x, index, source, axis, "add")


scatter_add.vjp(
    x=lambda xp, g: g,
    source=lambda xp, g, index, source_shape, axis: _source_gradient(xp, g, index, source_shape, axis),
)
writes(scatter_add)


@op(
    node="Scatter",
    promote="none",
    undefined=True,
    samples=lambda: [case(real(3, 4), integers(2, 4, high=3), real(2, 4), axis=0, how="multiply")],
)
def scatter_combine(xp, x, index, source, *, axis, how):
    """``scatter`` with ``how`` = "add" or "multiply" for what was there. PyTorch has no derivative of it."""
    return _scattered(xp, x, index, source, axis, how)


writes(scatter_combine)


@op(
    node="Gather",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(2, 4, low=-3, high=3), axis=0),
        case(real(3, 4), integers(3, 1, high=4), axis=1),
        case(real(1, 4), integers(3, 2, high=4), axis=1),
    ],
)
def take_along_axis(xp, x, indices, *, axis=-1):
    """The elements that an index of the same rank names along an axis, both broadcast in the others."""
    axis %= x.ndim
    n = x.shape[axis]
    mine = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    theirs = (*indices.shape[:axis], 1, *indices.shape[axis + 1 :])
    if mine != theirs:
        common = broadcast_shapes(mine, theirs)
        x = xp.broadcast_to(x, shape=(*common[:axis], n, *common[axis + 1 :]))
        indices = xp.broadcast_to(indices, shape=(*common[:axis], indices.shape[axis], *common[axis + 1 :]))
    return xp.gather(x, xp.where(indices < 0, indices + n, indices), axis=axis)


# -- one index per slice -------------------------------------------------------------------------------------


@op(
    node="Index",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(5, low=-3, high=3), axis=0),
        case(real(3), integers(2, high=3)),
    ],
)
def take(xp, x, indices, *, axis=None):
    """The slices that a vector names along an axis (the standard's function)."""
    return xp.index(x, (indices,), axes=(0 if axis is None else axis % x.ndim,))


@op(
    node="IndexSelect",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(5, high=3), axis=0),
        case(real(3, 4), integers(2, high=4), axis=-1),
    ],
)
def index_select(xp, x, index, *, axis):
    """The slices that a vector names along an axis."""
    return xp.take(x, addressing.not_negative(xp, index, x.shape[axis]), axis=axis)


index_select.vjp(
    x=lambda xp, g, index, axis, x_shape: xp.index_accumulate(g, (index,), axes=(axis % len(x_shape),), shape=x_shape)
)


def _changed_slices(xp, x, index, source, axis, how):
    """``x`` with slices put or added along an axis."""
    axis %= x.ndim
    rows, shape, order = addressing.front(xp, x, (axis,))
    if not hasattr(source, "shape") or source.ndim == 0:
        value = source if hasattr(source, "shape") else addressing.constant(xp, x, (), source, x.dtype)
        source = xp.broadcast_to(value, (index.shape[0], *shape[1:]))
    else:
        source = xp.permute_dims(source, order)
    source = xp.reshape(source, (index.shape[0], rows.shape[1]))
    return addressing.back(xp, addressing.put_rows(xp, rows, index, source, how), shape, order)


@op(
    node="IndexAdd",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(5, high=3), real(5, 4), axis=0),
        case(real(3, 4), integers(2, high=4), real(3, 2), axis=-1, alpha=-0.5),
    ],
)
def index_add(xp, x, index, source, *, axis, alpha=1):
    """``x`` with ``alpha`` times each slice of ``source`` added to the slice that ``index`` names."""
    index = addressing.not_negative(xp, index, x.shape[axis])
    return _changed_slices(xp, x, index, source if alpha == 1 else alpha * source, axis, "add")


index_add.vjp(
    x=lambda xp, g: g,
    source=lambda xp, g, index, axis, alpha: (
        xp.index_select(g, index, axis=axis) if alpha == 1 else alpha * xp.index_select(g, index, axis=axis)
    ),
)
writes(index_add)


@op(
    node="IndexCopy",
    linear="all",
    promote="none",
    samples=lambda: [case(real(3, 4), integers(2, high=3, distinct=True), real(2, 4), axis=0)],
)
def index_copy(xp, x, index, source, *, axis):
    """``x`` with each slice of ``source`` in the place that ``index`` names; of several, the last."""
    index = addressing.not_negative(xp, index, x.shape[axis])
    return _changed_slices(xp, x, index, source, axis, "put")


def _copied_gradient(xp, g, index, axis):
    """The slices of ``g`` that an index names, 0 where another was copied over what was."""
    axis %= g.ndim
    y = xp.index_select(g, index, axis=axis)
    n = index.shape[0]
    if n < 2:
        return y
    numbers = addressing.counting(xp, index, n)
    blank = addressing.constant(xp, index, (g.shape[axis],), 0, xp.int64)
    last = xp.index_select(xp.index_copy(blank, index, numbers, axis=0), index, axis=0) == numbers
    last = xp.reshape(last, shape=tuple(n if i == axis else 1 for i in range(g.ndim)))
    return xp.keep_where(y, xp.broadcast_to(last, shape=tuple(y.shape)))


index_copy.vjp(
    x=lambda xp, g, index, axis: xp.index_fill(g, index, 0, axis=axis),
    source=lambda xp, g, index, axis: _copied_gradient(xp, g, index, axis),
)
writes(index_copy)


def _filled_part(xp, g, index, axis):
    """``g`` where ``index_fill`` fills, 0 elsewhere: a slice that is named twice is filled once."""
    inside = xp.index_fill(xp.zeros_like(g, dtype=xp.bool), index, True, axis=axis)
    return xp.keep_where(g, inside)


@op(
    node="IndexFill",
    linear="all",
    promote="none",
    samples=lambda: [case(real(3, 4), integers(2, low=-3, high=3), real(), axis=0)],
)
def index_fill(xp, x, index, value, *, axis):
    """``x`` with one value in the slices that ``index`` names; negative ones count from the end."""
    return _changed_slices(xp, x, addressing.from_front(xp, index, x.shape[axis]), value, axis, "put")


index_fill.vjp(
    x=lambda xp, g, index, axis: xp.index_fill(g, index, 0, axis=axis),
    value=lambda xp, g, index, axis: _filled_part(xp, g, index, axis),
)
writes(index_fill)
index_fill_tensor = overload(index_fill, "IndexFillBackward1")


# -- one index into everything -------------------------------------------------------------------------------


@op(
    node="Take",
    linear="all",
    promote="none",
    samples=lambda: [case(real(3, 4), integers(2, 3, low=-12, high=12)), case(real(), integers(2, high=1))],
)
def take_flat(xp, x, index):
    """The elements that an index names in ``x``, flattened; negative ones count from the end."""
    return xp.index(xp.reshape(x, shape=(-1,)), (index,), axes=(0,))


take_flat.vjp(
    x=lambda xp, g, index, x_shape: xp.reshape(
        xp.index_accumulate(g, (index,), axes=(0,), shape=(addressing.size(x_shape),)), shape=x_shape
    )
)


@op(
    node="Put",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), integers(3, high=12, distinct=True), real(3)),
        case(real(3, 4), integers(5, low=-12, high=12), real(5), accumulate=True),
    ],
)
def put_flat(xp, x, index, source, *, accumulate=False):
    """``x`` with ``source`` put at, or added to, the elements that an index names in ``x``, flattened."""
    flat = xp.reshape(x, shape=(-1,))
    if hasattr(source, "shape"):
        source = xp.reshape(source, shape=tuple(index.shape))
    return xp.reshape(xp.index_put(flat, (index,), source, axes=(0,), accumulate=accumulate), shape=tuple(x.shape))


def _put_gradient(xp, g, index, accumulate):
    y = xp.take_flat(g, index)
    if accumulate:
        return y
    return stayed(
        xp, y, index.shape,
        write=lambda numbers: xp.put_flat(xp.zeros_like(g, dtype=xp.int64), index, numbers),
        read=lambda written: xp.take_flat(written, index),
    )  # fmt: skip


put_flat.vjp(
    x=lambda xp, g, index, accumulate: g if accumulate else xp.put_flat(g, index, 0),
    source=lambda xp, g, index, source_shape, accumulate: xp.reshape(
        _put_gradient(xp, g, index, accumulate), shape=tuple(source_shape)
    ),
)
writes(put_flat)


# -- masks ---------------------------------------------------------------------------------------------------


@op(
    node="MaskedFill",
    linear="all",
    promote="none",
    samples=lambda: [case(real(3, 4), booleans(3, 4), real()), case(real(3, 4), booleans(4), 2.5)],
)
def masked_fill(xp, x, mask, value):
    """``value``, a number or 0-d, where the mask is true, else ``x``."""
    return xp.where(mask, value, x)


masked_fill.vjp(x=lambda xp, g, mask: xp.drop_where(g, mask), value=lambda xp, g, mask: xp.keep_where(g, mask))
writes(masked_fill)
masked_fill_tensor = overload(masked_fill, "MaskedFillBackward1")


@op(node="IndexPut", linear="all", promote="none", samples=lambda: [case(real(3, 4), booleans(3, 4), real())])
def index_put_mask(xp, x, mask, value):
    """``x[mask] = value`` of one value: ``masked_fill`` under the name of its node."""
    return xp.where(mask, value, x)


index_put_mask.vjp(x=lambda xp, g, mask: xp.drop_where(g, mask), value=lambda xp, g, mask: xp.keep_where(g, mask))
DEFINITIONS["index_put_mask_"] = lambda xp, x, mask, value: xp.masked_fill_(x, mask, value)


@op(
    node="MaskedSelect",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), booleans(3, 4)),
        case(real(3, 4), booleans(4)),
        case(real(4), booleans(3, 4)),
    ],
)
def masked_select(xp, x, mask):
    """The elements where the mask, both broadcast, is true, in one dimension."""
    x, mask = xp.broadcast_arrays(x, mask)
    return xp.masked_read(x, mask)


def _selected(xp, g, mask, x_shape):
    shape = broadcast_shapes(tuple(x_shape), tuple(mask.shape))
    return xp.place_mask(g, xp.broadcast_to(mask, shape=shape), axis=0, shape=shape)


masked_select.vjp(x=lambda xp, g, mask, x_shape: _selected(xp, g, mask, x_shape))


@op(
    node="MaskedScatter",
    linear="all",
    promote="none",
    samples=lambda: [case(real(3, 4), booleans(3, 4), real(3, 5)), case(real(3, 4), booleans(4), real(12))],
)
def masked_scatter(xp, x, mask, source):
    """``x`` with the elements of ``source``, in order, where the mask is true."""
    x, mask = xp.broadcast_arrays(x, mask)
    source = xp.reshape(source, (-1,))
    n = source.shape[0]
    flat = xp.reshape(mask, (-1,))
    taken = xp.cumulative_sum(xp.astype(flat, xp.int64)) - 1
    # One more element, for where the mask is false, so that an empty source will do; n + 1 is out of bounds.
    taken = xp.where(flat, xp.where(taken >= n, n + 1, taken), n)
    source = xp.concat([source, addressing.constant(xp, x, (1,), 0, source.dtype)])
    return xp.where(mask, xp.reshape(xp.take(source, taken, axis=0), tuple(x.shape)), x)


def _scattered_part(xp, g, mask, shape):
    chosen = xp.masked_select(g, mask)
    n = addressing.size(shape)
    return xp.reshape(xp.place(chosen, shape=(n,), key=(slice(0, chosen.shape[0], 1),)), shape=tuple(shape))


masked_scatter.vjp(
    x=lambda xp, g, mask: xp.drop_where(g, mask),
    source=lambda xp, g, mask, source_shape: _scattered_part(xp, g, mask, source_shape),
)
writes(masked_scatter)
