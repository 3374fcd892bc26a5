"""Ops that move elements and leave their values: views first, then copies."""

from __future__ import annotations

from typing import Any

from plugrad.core.dtypes import float64
from plugrad.core.facts import case, integers, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload

__all__ = [
    "astype",
    "broadcast_to",
    "clone",
    "contiguous",
    "diagonal",
    "embed_diagonal",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "permute_dims",
    "repeat_each",
    "reshape",
    "reverse",
    "roll",
    "squeeze",
    "squeeze_all",
    "squeeze_several",
    "swap_dims",
    "tile",
    "trace",
    "transpose",
    "tril",
    "triu",
    "unfold",
    "unfold_backward",
]


# -- views -------------------------------------------------------------------------------------------------------------


@op(
    node="Expand",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(3, 1), shape=(3, 4)),
        case(real(3, 1), shape=(2, 3, 4)),
        case(real(), shape=(2, 2)),
        case(real(3), shape=(0, 3)),
        case(real(2, 3), shape=(2, 3)),
    ],
)
def broadcast_to(xp, x, *, shape):
    """The array broadcast to a shape, without a copy where the library allows."""
    return xp.broadcast_to(x, shape=shape)


broadcast_to.vjp(x=lambda xp, g, x_shape: sum_to(xp, g, x_shape))


def sum_to(xp, g, shape):
    """Sum the axes along which ``shape`` was broadcast."""
    extra = g.ndim - len(shape)
    axes = tuple([i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1)])
    return xp.reshape(xp.sum(g, axis=axes, keepdims=True), shape=shape) if axes else g


@op(
    node="View",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(2, 3, 4), shape=(6, 4)),
        case(real(2, 6), shape=(3, 2, 2)),
        case(real(), shape=(1, 1)),
        case(real(1), shape=()),
        case(real(0, 3), shape=(3, 0)),
    ],
)
def reshape(xp, x, *, shape):
    """The same elements in another shape."""
    return xp.reshape(x, shape=shape)


reshape.vjp(x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape))


@op(node="Transpose", linear="all", view=True, samples=lambda: [case(real(2, 3)), case(real(2, 3, 4))])
def matrix_transpose(xp, x):
    """The last two axes exchanged."""
    return xp.matrix_transpose(x)


matrix_transpose.vjp(x=lambda xp, g: xp.matrix_transpose(g))


def inverse(axes):
    """The permutation that undoes one."""
    order = [0] * len(axes)
    for i, axis in enumerate(axes):
        order[axis] = i
    return tuple(order)


@op(
    node="Permute",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(2, 3, 4), axes=(2, 0, 1)),
        case(real(2, 3), axes=(1, 0)),
        case(real(), axes=()),
    ],
)
def permute_dims(xp, x, *, axes):
    """The axes in another order. They are counted from the front: the standard has no negative ones here."""
    return xp.permute_dims(x, axes=axes)


permute_dims.vjp(x=lambda xp, g, axes: xp.permute_dims(g, axes=inverse(axes)))
swap_dims = overload(permute_dims, "TransposeBackward0")
transpose = overload(permute_dims, "TBackward0")


@op(
    node="Unsqueeze",
    linear="all",
    view=True,
    samples=lambda: [case(real(2, 3), axis=1), case(real(2, 3), axis=-1), case(real(), axis=0)],
)
def expand_dims(xp, x, *, axis=0):
    """One more axis, of size 1."""
    return xp.expand_dims(x, axis=axis)


expand_dims.vjp(x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape))


@op(
    node="Squeeze",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(1, 3, 1), axis=0),
        case(real(1, 3, 1), axis=-1),
        case(real(1, 3, 1), axis=(0, 2)),
        case(real(3), axis=()),
    ],
)
def squeeze(xp, x, *, axis):
    """Without these axes, whose size is 1."""
    return xp.squeeze(x, axis=axis)


squeeze.vjp(x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape))
squeeze_all = squeeze
squeeze_several = overload(squeeze, "SqueezeBackward2")
squeeze = overload(squeeze, "SqueezeBackward1")


def _diagonal_length(n, m, offset):
    return max(min(n, m - offset) if offset >= 0 else min(n + offset, m), 0)


@op(
    node="Diagonal",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(3, 4)),
        case(real(3, 4), offset=1),
        case(real(3, 4), offset=-2),
        case(real(3, 4), offset=9),
        case(real(2, 3, 4), offset=1, axis1=2, axis2=0),
        case(real(2, 3, 4), axis1=-2, axis2=-1),
    ],
)
def diagonal(xp, x, *, offset=0, axis1=0, axis2=1):
    """The elements whose index on axis2 is that on axis1 plus an offset; their axis is the last."""
    axis1, axis2 = axis1 % x.ndim, axis2 % x.ndim
    rest = tuple([i for i in range(x.ndim) if i not in (axis1, axis2)])
    n, m = x.shape[axis1], x.shape[axis2]
    length = _diagonal_length(n, m, offset)
    flat = xp.reshape(xp.permute_dims(x, axes=(*rest, axis1, axis2)), shape=(*[x.shape[i] for i in rest], n * m))
    if length == 0:
        return flat[(..., slice(0, 0))]
    start = offset if offset >= 0 else -offset * m
    return flat[(..., slice(start, start + (length - 1) * (m + 1) + 1, m + 1))]


diagonal.vjp(
    x=lambda xp, g, x_shape, offset, axis1, axis2: xp.embed_diagonal(
        g, shape=x_shape, offset=offset, axis1=axis1, axis2=axis2
    )
)


@op(
    node="DiagEmbed",
    linear="all",
    samples=lambda: [
        case(real(3), shape=(3, 4)),
        case(real(2), shape=(3, 4), offset=-1),
        case(real(0), shape=(3, 4), offset=9),
        case(real(3, 2), shape=(2, 3, 4), offset=-1, axis1=2, axis2=0),
        case(real(2, 3), shape=(2, 3, 3), axis1=-2, axis2=-1),
    ],
)
def embed_diagonal(xp, x, *, shape, offset=0, axis1=0, axis2=1):
    """Zeros of a shape with the last axis of ``x`` on a diagonal of them."""
    ndim = len(shape)
    axis1, axis2 = axis1 % ndim, axis2 % ndim
    n, m = shape[axis1], shape[axis2]
    lead = tuple(x.shape[:-1])
    length = x.shape[-1]
    start = offset if offset >= 0 else -offset * m

    def zeros(count):
        return addressing.constant(xp, x, (*lead, count), 0, x.dtype)

    # In the flattened matrix the elements stand m + 1 apart.
    flat = zeros(n * m)
    if length:
        gaps = addressing.constant(xp, x, (*lead, length, m), 0, x.dtype)
        apart = xp.concat([xp.expand_dims(x, axis=-1), gaps], axis=-1)
        apart = xp.reshape(apart, shape=(*lead, length * (m + 1)))[(..., slice(0, (length - 1) * (m + 1) + 1))]
        flat = xp.concat([zeros(start), apart, zeros(n * m - start - apart.shape[-1])], axis=-1)
    rest = [i for i in range(ndim) if i not in (axis1, axis2)]
    order = (*rest, axis1, axis2)
    return xp.permute_dims(xp.reshape(flat, shape=tuple([shape[i] for i in order])), axes=inverse(order))


embed_diagonal.vjp(x=lambda xp, g, offset, axis1, axis2: xp.diagonal(g, offset=offset, axis1=axis1, axis2=axis2))


@op(node="Trace", linear="all", promote="none", samples=lambda: [case(real(3, 4)), case(real(4, 2)), case(real(0, 3))])
def trace(xp, x):
    """The sum of the diagonal of a matrix."""
    return xp.sum(xp.diagonal(x))


trace.vjp(x=lambda xp, g, x_shape: xp.embed_diagonal(xp.broadcast_to(g, shape=(min(x_shape),)), shape=x_shape))


@op(
    node="Unfold",
    linear="all",
    view=True,
    samples=lambda: [
        case(real(5), axis=0, size=2, step=1),
        case(real(2, 7), axis=1, size=3, step=2),
        case(real(4, 2), axis=0, size=2, step=3),
    ],
)
def unfold(xp, x, *, axis, size, step):
    """All windows of a size along an axis, ``step`` apart; what is inside a window is the last axis."""
    axis %= x.ndim
    count = (x.shape[axis] - size) // step + 1
    if size == 0:
        shape = (*[count if i == axis else n for i, n in enumerate(x.shape)], 0)
        return addressing.constant(xp, x, shape, 0, x.dtype)
    lead = (slice(None),) * axis
    columns = [x[(*lead, slice(j, j + (count - 1) * step + 1, step), ...)] for j in range(size)]
    return xp.stack(columns, axis=-1)


unfold.vjp(
    x=lambda xp, g, x_shape, axis, size, step: xp.unfold_backward(g, shape=x_shape, axis=axis, size=size, step=step)
)


@op(
    linear="all",
    samples=lambda: [
        case(real(4, 2), shape=(5,), axis=0, size=2, step=1),
        case(real(2, 3, 3), shape=(2, 7), axis=1, size=3, step=2),
    ],
)
def unfold_backward(xp, x, *, shape, axis, size, step):
    """Zeros of a shape with every window added at its place."""
    axis %= len(shape)
    y = addressing.constant(xp, x, shape, 0, x.dtype)
    lead = (slice(None),) * axis
    for j in range(size):
        key = (*lead, slice(j, j + (x.shape[axis] - 1) * step + 1, step), ...)
        y = y + xp.place(x[(..., j)], shape=shape, key=key)
    return y


unfold_backward.vjp(x=lambda xp, g, axis, size, step: xp.unfold(g, axis=axis, size=size, step=step))


@op(
    node="Flip",
    linear="all",
    view=True,
    samples=lambda: [case(real(2, 3)), case(real(2, 3), axis=1), case(real(2, 3, 4), axis=(0, -1))],
)
def flip(xp, x, *, axis=None):
    """The elements in reverse order along axes, all by default: a view where the library makes one."""
    return xp.flip(x, axis=axis)


flip.vjp(x=lambda xp, g, axis: xp.flip(g, axis=axis))


# -- copies ------------------------------------------------------------------------------------------------------------


@op(node="Clone", linear="all", samples=lambda: [case(real(2, 3)), case(real())])
def clone(xp, x):
    """A copy."""
    return xp.asarray(x, copy=True)


clone.vjp(x=lambda xp, g: g)


@op(node="Clone", linear="all", samples=lambda: [case(real(2, 3)), case(real())])
def contiguous(xp, x):
    """A copy whose last axis is closest in memory, where the library has an order of its own."""
    return xp.asarray(x, copy=True)


contiguous.vjp(x=lambda xp, g: g)


@op(linear="all", node="ToCopy", promote="none", samples=lambda: [case(integers(2, 3, high=5), dtype=float64)])
def astype(xp, x, *, dtype):
    """The values in another dtype."""
    return xp.astype(x, dtype)


# A real input of a complex computation gets the real part: astype drops the other. Promotion casts by this op.
astype.vjp(x=lambda xp, g, x_dtype: xp.astype(g, dtype=x_dtype))


@op(
    node="Flip",
    linear="all",
    samples=lambda: [case(real(2, 3), axis=0), case(real(2, 3, 4), axis=(0, -1)), case(real(3), axis=())],
)
def reverse(xp, x, *, axis):
    """A copy in reverse order along axes."""
    return xp.asarray(xp.flip(x, axis=axis), copy=True)


reverse.vjp(x=lambda xp, g, axis: xp.flip(g, axis=axis))


@op(
    node="Roll",
    linear="all",
    samples=lambda: [
        case(real(2, 3), shift=1),
        case(real(2, 3), shift=-4, axis=1),
        case(real(2, 3, 4), shift=(1, 2), axis=(0, -1)),
        case(real(0, 3), shift=1, axis=0),
    ],
)
def roll(xp, x, *, shift, axis=None):
    """The elements moved along axes; what leaves at one end enters at the other."""
    return xp.roll(x, shift=shift, axis=axis)


roll.vjp(
    x=lambda xp, g, shift, axis: xp.roll(
        g, shift=-shift if isinstance(shift, int) else tuple([-s for s in shift]), axis=axis
    )
)


@op(
    node="Repeat",
    linear="all",
    samples=lambda: [
        case(real(2, 3), repetitions=(2, 1)),
        case(real(2, 3), repetitions=(2, 1, 3)),
        case(real(2, 3), repetitions=(0, 2)),
        case(real(2, 3), repetitions=(2,)),
        case(real(), repetitions=(2, 2)),
    ],
)
def tile(xp, x, *, repetitions):
    """The array repeated as a whole along each axis."""
    return xp.tile(x, repetitions)


def _tile_rule(xp, g, x_shape, repetitions):
    shape = (1,) * (len(repetitions) - len(x_shape)) + tuple(x_shape)
    repetitions = (1,) * (len(shape) - len(repetitions)) + tuple(repetitions)
    split = tuple([n for pair in zip(repetitions, shape, strict=True) for n in pair])
    g = xp.sum(xp.reshape(g, shape=split), axis=tuple(range(0, len(split), 2)))
    return xp.reshape(g, shape=x_shape)


tile.vjp(x=_tile_rule)


@op(
    node="RepeatInterleave",
    linear="all",
    samples=lambda: [case(real(2, 3), repeats=2, axis=1), case(real(2, 3), repeats=0, axis=0)],
)
def repeat_each(xp, x, *, repeats, axis):
    """Each element along an axis repeated in place."""
    return xp.repeat(x, repeats, axis=axis)


def _repeat_each_rule(xp, g, x_shape, repeats, axis):
    axis %= len(x_shape)
    return xp.sum(xp.reshape(g, shape=(*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :])), axis=axis + 1)


repeat_each.vjp(x=_repeat_each_rule)


@op(node="Tril", linear="all", samples=lambda: [case(real(3, 4)), case(real(2, 3, 3), k=1), case(real(3, 4), k=-1)])
def tril(xp, x, *, k=0):
    """The lower triangle of matrices, up to the k-th diagonal; 0 above it."""
    return xp.tril(x, k=k)


tril.vjp(x=lambda xp, g, k: xp.tril(g, k=k))


@op(node="Triu", linear="all", samples=lambda: [case(real(3, 4)), case(real(2, 3, 3), k=1), case(real(3, 4), k=-1)])
def triu(xp, x, *, k=0):
    """The upper triangle of matrices, down to the k-th diagonal; 0 below it."""
    return xp.triu(x, k=k)


triu.vjp(x=lambda xp, g, k: xp.triu(g, k=k))


def moveaxis(x, source, destination):
    """Axes moved to other places; the others stay in order (the standard's function)."""
    return permute_dims(x, axes=moved(x.ndim, source, destination))


def moved(ndim: int, source: Any, destination: Any) -> tuple[int, ...]:
    """The permutation that moves axes."""
    source = [a % ndim for a in ((source,) if isinstance(source, int) else source)]
    destination = [a % ndim for a in ((destination,) if isinstance(destination, int) else destination)]
    order = [i for i in range(ndim) if i not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return tuple(order)


FUNCTIONS["moveaxis"] = moveaxis
