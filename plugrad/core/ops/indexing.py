"""Reading and writing ``x[key]``: basic keys, which make views, index arrays, and masks.

A basic key is a tuple of integers, slices with positive steps, None and at most one Ellipsis, which names
every axis (an Ellipsis stands for the rest). The four views differ in nothing but the name of their node.
"""

from __future__ import annotations

from plugrad.core.facts import booleans, case, integers, real
from plugrad.core.namespace import DEFINITIONS
from plugrad.core.op import op
from plugrad.core.ops import addressing

__all__ = [
    "basic_alias", "basic_put", "basic_select", "basic_slice", "basic_unsqueeze", "index", "index_accumulate",
    "index_put", "masked_read", "place", "place_mask",
]  # fmt: skip

_S = slice


def writes(function):
    """Give an op ``name_``, which may change its first array and returns the array that then holds the
    result.

    A kernel of that name saves a copy of the whole array; the generic definition changes nothing.
    """
    name = function.op.name
    DEFINITIONS[name + "_"] = lambda xp, *args, **options: getattr(xp, name)(*args, **options)


# -- basic keys ----------------------------------------------------------------------------------------------


def _placed(xp, g, x_shape, key):
    return xp.place(g, shape=x_shape, key=key)


@op(
    node="Select",
    linear="all",
    view=True,
    samples=lambda: [case(real(3, 4), key=(1, ...)), case(real(3, 4), key=(_S(None), -1))],
)
def basic_select(xp, x, *, key):
    """``x[key]``, a view, where the key ends in an integer."""
    return x[key]


basic_select.vjp(x=_placed)


@op(
    node="Slice",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(5, 4), key=(_S(1, 5, 2), ...)),
        case(real(2, 3, 4), key=(0, _S(0, 0, 1), _S(1, 3, 1))),
    ],
)
def basic_slice(xp, x, *, key):
    """``x[key]``, a view, where the key ends in a slice."""
    return x[key]


basic_slice.vjp(x=_placed)


@op(
    node="Unsqueeze",
    linear="all",
    view=True,
    samples=lambda: [case(real(3), key=(None, ...)), case(real(2, 3), key=(0, None, ...))],
)
def basic_unsqueeze(xp, x, *, key):
    """``x[key]``, a view, where the key ends in None."""
    return x[key]


basic_unsqueeze.vjp(x=_placed)


@op(node="Alias", linear="all", view=True, samples=lambda: [case(real(2, 3), key=(...,)), case(real(), key=(...,))])
def basic_alias(xp, x, *, key):
    """``x[...]``: another view of everything."""
    return x[key]


basic_alias.vjp(x=_placed)


def _items(key, ndim):
    """The integer or slice of every axis of a basic key."""
    items = [item for item in key if item is not None]
    if Ellipsis in items:
        i = items.index(Ellipsis)
        items[i : i + 1] = [slice(None)] * (ndim - len(items) + 1)
    return items


@op(
    node="SliceBackward",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(2, 3), shape=(5, 3), key=(_S(1, 5, 2), ...)),
        case(real(1, 2), shape=(3, 4), key=(None, -1, _S(1, 3, 1))),
        case(real(0, 4), shape=(3, 4), key=(_S(2, 2, 1), _S(None))),
    ],
)
def place(xp, x, *, shape, key):
    """Zeros of a shape with ``x`` at a basic key."""
    ranges = [
        range(n)[item : item + 1 or None] if isinstance(item, int) else range(n)[item]
        for item, n in zip(_items(key, len(shape)), shape, strict=True)
    ]
    # The shape without new axes, and with those that integers removed.
    y = xp.reshape(x, tuple(len(r) for r in ranges))
    for axis, (r, n) in enumerate(zip(ranges, shape, strict=True)):
        if r == range(n):
            continue
        counts = tuple(y.shape)
        if len(r) == 0:
            y = addressing.constant(xp, y, (*counts[:axis], n, *counts[axis + 1 :]), 0, x.dtype)
            continue

        def zeros(count, axis=axis, counts=counts):
            return addressing.constant(xp, x, (*counts[:axis], count, *counts[axis + 1 :]), 0, x.dtype)

        if r.step > 1:
            # Every element followed by step - 1 zeros, the last by none.
            y = xp.expand_dims(y, axis=axis + 1)
            gap = (*counts[: axis + 1], r.step - 1, *counts[axis + 1 :])
            y = xp.concat([y, addressing.constant(xp, x, gap, 0, x.dtype)], axis=axis + 1)
            y = xp.reshape(y, (*counts[:axis], len(r) * r.step, *counts[axis + 1 :]))
            y = y[(*[slice(None)] * axis, slice(0, r[-1] - r[0] + 1, 1), ...)]
        y = xp.concat([zeros(r[0]), y, zeros(n - 1 - r[-1])], axis=axis)
    return y


place.vjp(x=lambda xp, g, key: xp.basic_slice(g, key=key))


@op(
    node="CopySlices",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(5, 3), real(2, 3), key=(_S(1, 5, 2), ...)),
        case(real(3, 4), real(1), key=(1, _S(0, 3, 1))),
        case(real(3), real(), key=(..., 0)),
    ],
)
def basic_put(xp, x, value, *, key):
    """``x`` with ``value`` (broadcast) at a basic key."""
    shape = tuple(x.shape)
    inside = addressing.constant(xp, x, x[key].shape, True, xp.bool)
    inside = xp.place(inside, shape=shape, key=key)
    if not hasattr(value, "shape"):
        return xp.where(inside, value, x)
    return xp.where(inside, xp.place(xp.broadcast_to(value, x[key].shape), shape=shape, key=key), x)


basic_put.vjp(
    x=lambda xp, g, key: xp.basic_put(g, 0, key=key),
    value=lambda xp, g, key: xp.basic_slice(g, key=key),
)
writes(basic_put)


# -- index arrays --------------------------------------------------------------------------------------------


@op(
    node="Index",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), [integers(5, low=-3, high=3)], axes=(0,)),
        case(real(3, 4), [integers(2, 3, high=4)], axes=(1,)),
        case(real(3, 4, 5), [integers(2, high=3), integers(3, 1, high=5)], axes=(0, 2)),
        case(real(3, 4, 5), [integers(2, high=4), integers(2, high=5)], axes=(1, 2)),
        case(real(3, 4), [integers(0, high=3)], axes=(0,)),
    ],
)
def index(xp, x, arrays, *, axes):
    """The elements that integer arrays, broadcast together, name on these axes; negative ones count from the
    end.

    The dimensions of the arrays stand at the first of the axes where these are adjacent, else in front.
    """
    rows, turned, _ = addressing.front(xp, x, axes)
    flat = addressing.flat_index(xp, arrays, turned[: len(axes)])
    y = xp.take(rows, xp.reshape(flat, (-1,)), axis=0)
    y = xp.reshape(y, (*flat.shape, *turned[len(axes) :]))
    return xp.permute_dims(y, addressing.placed(x.ndim, axes, flat.ndim))


index.vjp(x=lambda xp, g, arrays, axes, x_shape: xp.index_accumulate(g, arrays, axes=axes, shape=x_shape))


def _put(xp, x, arrays, value, axes, how):
    """index_put on any library: whole rows, after the indexed axes were brought to the front."""
    rows, turned, order = addressing.front(xp, x, axes)
    flat = addressing.flat_index(xp, arrays, turned[: len(axes)])
    shape = (*flat.shape, *turned[len(axes) :])
    if not hasattr(value, "shape"):
        value = addressing.constant(xp, x, shape, value, x.dtype)
    else:
        placement = addressing.placed(x.ndim, axes, flat.ndim)
        value = xp.broadcast_to(value, tuple(shape[i] for i in placement))
        value = xp.permute_dims(value, tuple(placement.index(i) for i in range(len(shape))))
    value = xp.reshape(value, (addressing.size(flat.shape), rows.shape[1]))
    return addressing.back(xp, addressing.put_rows(xp, rows, xp.reshape(flat, (-1,)), value, how), turned, order)


@op(
    node="IndexBackward",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(5, 4), [integers(5, low=-3, high=3)], axes=(0,), shape=(3, 4)),
        case(real(2, 2), [integers(2, high=4), integers(2, high=5)], axes=(1, 2), shape=(2, 4, 5)),
        case(real(2, 3), [integers(2, high=4), integers(2, high=5)], axes=(0, 2), shape=(4, 3, 5)),
    ],
)
def index_accumulate(xp, x, arrays, *, axes, shape):
    """Zeros of a shape, with ``x`` added at the places that ``index`` reads with these arrays."""
    return _put(xp, addressing.constant(xp, x, shape, 0, x.dtype), arrays, x, axes, "add")


index_accumulate.vjp(x=lambda xp, g, arrays, axes: xp.index(g, arrays, axes=axes))


@op(
    node="IndexPut",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(5, 4), [integers(2, high=5, distinct=True)], real(2, 4), axes=(0,)),
        case(real(3, 4), [integers(2, high=4, distinct=True)], real(1), axes=(1,)),
        case(
            real(3, 4, 5),
            [integers(2, high=3), integers(2, high=5)],
            real(2, 4),
            axes=(0, 2),
            accumulate=True,
        ),
        case(real(3, 4), [integers(5, high=3)], real(), axes=(0,), accumulate=True),
    ],
)
def index_put(xp, x, arrays, value, *, axes, accumulate=False):
    """``x`` with ``value`` (broadcast) at, or added to, the places that ``index`` reads with these arrays."""
    return _put(xp, x, arrays, value, axes, "add" if accumulate else "put")


def stayed(xp, g, shape, write, read):
    """The gradients ``g`` of values of a shape that were written, 0 where another was written over them.

    PyTorch gives both the gradient. Numbers that are written and read in the same way tell which stayed.
    """
    count = addressing.size(shape)
    if count < 2:
        return g
    numbers = xp.reshape(addressing.counting(xp, g, count), shape=tuple(shape))
    return xp.keep_where(g, read(write(numbers)) == numbers)


def _value_gradient(xp, g, arrays, axes, accumulate):
    y = xp.index(g, arrays, axes=axes)
    if accumulate or all([addressing.size(a.shape) < 2 for a in arrays]):
        return y
    blank = xp.zeros_like(g, dtype=xp.int64)
    return stayed(
        xp, y, y.shape,
        write=lambda numbers: xp.index_put(blank, arrays, numbers, axes=axes),
        read=lambda written: xp.index(written, arrays, axes=axes),
    )  # fmt: skip


index_put.vjp(
    x=lambda xp, g, arrays, axes, accumulate: g if accumulate else xp.index_put(g, arrays, 0, axes=axes),
    value=lambda xp, g, arrays, axes, accumulate: _value_gradient(xp, g, arrays, axes, accumulate),
)
writes(index_put)


# -- masks ---------------------------------------------------------------------------------------------------


@op(
    node="Index",
    linear="all",
    promote="none",
    samples=lambda: [
        case(real(3, 4), booleans(3, 4), axis=0),
        case(real(3, 4), booleans(3), axis=0),
        case(real(2, 3, 4), booleans(3), axis=1),
    ],
)
def masked_read(xp, x, mask, *, axis=0):
    """The elements where a mask of the dimensions from ``axis`` on is true; they share one dimension."""
    return xp.index(x, xp.nonzero(mask), axes=tuple(range(axis, axis + mask.ndim)))


masked_read.vjp(x=lambda xp, g, mask, axis, x_shape: xp.place_mask(g, mask, axis=axis, shape=x_shape))


@op(
    node="IndexBackward",
    linear="all",
    promote="none",
    # The number of true elements must be that of x's.
    tested="tests/ops/test_indexing_keys.py",
)
def place_mask(xp, x, mask, *, axis, shape):
    """Zeros of a shape with ``x`` where ``masked_read`` reads with this mask."""
    # Which element of x each place would take: counted, so that no shape depends on the mask.
    taken = xp.cumulative_sum(xp.astype(xp.reshape(mask, (-1,)), xp.int64)) - 1
    after = len(shape) - axis - mask.ndim
    inside = xp.reshape(mask, (*mask.shape, *[1] * after))
    if x.shape[axis] == 0:
        return addressing.constant(xp, x, shape, 0, x.dtype)
    y = xp.take(x, xp.where(taken < 0, 0, taken), axis=axis)
    return xp.where(inside, xp.reshape(y, shape), 0)


place_mask.vjp(x=lambda xp, g, mask, axis: xp.masked_read(g, mask, axis=axis))
