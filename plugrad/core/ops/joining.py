"""Ops that join arrays, and ops that take one apart."""

from __future__ import annotations

from plugrad.core.dispatch import broadcast_shapes
from plugrad.core.facts import case, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.ops.overload import overload
from plugrad.core.ops.shape import broadcast_to, reshape

__all__ = ["concat", "split", "split_with_sizes", "stack", "unstack"]


def _along(axis, start, stop):
    return (*[slice(None)] * axis, slice(start, stop, 1), ...)


def _parts(xp, g, sizes, axis, needs):
    """Views of the parts of an array, one after the other along an axis; None for those that nobody needs."""
    parts = []
    start = 0
    for size, needed in zip(sizes, needs, strict=True):
        parts.append(xp.basic_slice(g, key=_along(axis, start, start + size)) if needed else None)
        start += size
    return parts


def _concat_rule(xp, g, arrays_shape, axis, needs):
    if axis is None:
        sizes = []
        for shape in arrays_shape:
            size = 1
            for n in shape:
                size *= n
            sizes.append(size)
        parts = _parts(xp, g, sizes, 0, needs)
        return [
            None if part is None else xp.reshape(part, shape=shape)
            for part, shape in zip(parts, arrays_shape, strict=True)
        ]
    axis %= len(arrays_shape[0])
    return _parts(xp, g, [shape[axis] for shape in arrays_shape], axis, needs)


@op(
    node="Cat",
    linear="all",
    called="cat",
    samples=lambda: [
        case([real(2, 3), real(1, 3)]),
        case([real(2, 3), real(2, 0), real(2, 1)], axis=1),
        case([real(2)], axis=-1),
        case([real(2, 3), real(2)], axis=None),
    ],
)
def concat(xp, arrays, *, axis=0):
    """Arrays one after the other along an axis; flattened first where it is None."""
    return xp.concat(arrays, axis=axis)


concat.vjp(arrays=_concat_rule)


def _stack_rule(xp, g, axis, needs):
    axis %= g.ndim
    return [
        xp.basic_select(g, key=(*[slice(None)] * axis, i, ...)) if needed else None for i, needed in enumerate(needs)
    ]


@op(
    node="Stack",
    linear="all",
    samples=lambda: [
        case([real(2, 3), real(2, 3)]),
        case([real(2, 3), real(2, 3), real(2, 3)], axis=-1),
        case([real(), real()]),
    ],
)
def stack(xp, arrays, *, axis=0):
    """Arrays of one shape along a new axis."""
    return xp.stack(arrays, axis=axis)


stack.vjp(arrays=_stack_rule)


def _several(g):
    """The gradients of all outputs; one output alone comes without its tuple."""
    return g if isinstance(g, (tuple, list)) else (g,)


@op(
    node="Unbind",
    linear="all",
    called="unbind",
    view=True,
    samples=lambda: [case(real(2, 3)), case(real(2, 3), axis=-1), case(real(1, 3)), case(real(3))],
)
def unstack(xp, x, *, axis=0):
    """The slices along an axis, without that axis."""
    return xp.unstack(x, axis=axis)


unstack.vjp(x=lambda xp, g, axis: xp.stack(list(_several(g)), axis=axis))


@op(
    node="Split",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(5, 2), sizes=(2, 2, 1), axis=0),
        case(real(2, 3), sizes=(0, 3), axis=1),
        case(real(3), sizes=(3,), axis=-1),
    ],
)
def split(xp, x, *, sizes, axis=0):
    """Parts of these sizes along an axis."""
    axis %= x.ndim
    parts = []
    start = 0
    for size in sizes:
        parts.append(x[(*[slice(None)] * axis, slice(start, start + size), ...)])
        start += size
    return tuple(parts)


split.vjp(x=lambda xp, g, axis: xp.concat(list(_several(g)), axis=axis))
split_with_sizes = overload(split, "SplitWithSizesBackward0")


def broadcast_arrays(*arrays):
    """The arrays broadcast to one shape (the standard's function)."""
    shape = broadcast_shapes(*[tuple(x.shape) for x in arrays])
    return [x if tuple(x.shape) == shape else broadcast_to(x, shape=shape) for x in arrays]


def meshgrid(*arrays, indexing="xy"):
    """Vectors as coordinates of a grid (the standard's function)."""
    n = len(arrays)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    shape = tuple([arrays[i].shape[0] for i in order])
    return [
        broadcast_to(reshape(x, shape=tuple([-1 if order[k] == i else 1 for k in range(n)])), shape=shape)
        for i, x in enumerate(arrays)
    ]


FUNCTIONS["broadcast_arrays"] = broadcast_arrays
FUNCTIONS["meshgrid"] = meshgrid
