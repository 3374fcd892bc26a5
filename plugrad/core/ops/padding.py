"""Padding: with a number, or with what is inside. ``widths`` are pairs (before, after) of the last axes, in order.

A negative width cuts off.
"""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload

__all__ = [
    "PADS", "constant_pad", "pad_with_inside", "pad_with_inside_backward",
]  # fmt: skip


def widened(shape, widths):
    """The shape after padding."""
    lead = len(shape) - len(widths)
    return (*shape[:lead], *[n + before + after for n, (before, after) in zip(shape[lead:], widths, strict=True)])


@op(
    node="ConstantPadNd",
    promote="none",
    samples=lambda: [
        case(real(2, 3), widths=((1, 2),)),
        case(real(2, 3), widths=((1, 0), (-1, 2)), value=1.5),
        case(real(2, 3, 4), widths=((-1, -1), (1, 1))),
    ],
)
def constant_pad(xp, x, *, widths, value=0):
    """x with one number around it."""
    lead = x.ndim - len(widths)
    shape = tuple(x.shape)
    cut = [slice(max(-a, 0), n - max(-b, 0), 1) for n, (a, b) in zip(shape[lead:], widths, strict=True)]
    if any([a < 0 or b < 0 for a, b in widths]):
        x = x[(..., *cut)]
    wide = widened(shape, widths)
    inside = [slice(max(a, 0), max(a, 0) + n, 1) for n, (a, _) in zip(x.shape[lead:], widths, strict=True)]
    key = (*[slice(0, n, 1) for n in shape[:lead]], *inside)
    if tuple(x.shape) == wide:
        return xp.asarray(x, copy=True)
    y = xp.place(x, shape=wide, key=key)
    if value == 0:
        return y
    ones = addressing.constant(xp, x, x.shape, True, xp.bool)
    return xp.where(xp.place(ones, shape=wide, key=key), y, value)


constant_pad.vjp(x=lambda xp, g, widths: xp.constant_pad(g, widths=tuple([(-a, -b) for a, b in widths])))


def _sources(xp, near, n, before, after, mode):
    """For each place after padding, which place it was."""
    place = addressing.counting(xp, near, n + before + after) - before
    if mode == "circular":
        # What is cut off does not come back on the other side.
        start = max(-before, 0)
        return xp.remainder(place - start, n - start + min(after, 0)) + start
    if mode == "reflect":
        place = xp.abs(place)
        return xp.where(place > n - 1, 2 * (n - 1) - place, place)
    place = xp.where(place < 0, 0, place)
    return xp.where(place > n - 1, n - 1, place)


def _cases():
    for mode in ("reflect", "replicate", "circular"):
        yield mode, (2, 3), ((1, 2),)
        yield mode, (1, 2, 3, 4), ((1, 0), (2, -1))


@op(
    node="ReflectionPad1D",
    promote="none",
    linear="all",
    samples=lambda: [case(real(*shape), widths=widths, mode=mode) for mode, shape, widths in _cases()],
)
def pad_with_inside(xp, x, *, widths, mode):
    """x with its own elements around it: mirrored at the edges, the edges repeated, or from the other side."""
    lead = x.ndim - len(widths)
    for i, (before, after) in enumerate(widths):
        if before or after:
            n = x.shape[lead + i]
            x = xp.take(x, _sources(xp, x, n, before, after, mode), axis=lead + i)
    return x


pad_with_inside.vjp(
    x=lambda xp, g, x_shape, widths, mode: xp.pad_with_inside_backward(
        g, shape=tuple(x_shape), widths=widths, mode=mode
    )
)

#: The forms that PyTorch's functions leave in the graph, by mode and number of axes.
PADS = {
    (mode, count): overload(pad_with_inside, f"{name}Pad{count}DBackward0")
    for mode, name in (("reflect", "Reflection"), ("replicate", "Replication"))
    for count in (1, 2, 3)
} | {("circular", count): overload(pad_with_inside, "CopySlices") for count in (1, 2, 3)}


@op(
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(*widened(shape, widths)), shape=shape, widths=widths, mode=mode) for mode, shape, widths in _cases()
    ],
)
def pad_with_inside_backward(xp, grad, *, shape, widths, mode):
    """The gradient of pad_with_inside: added up where it came from."""
    lead = len(shape) - len(widths)
    for i, (before, after) in reversed(list(enumerate(widths))):
        if before or after:
            axis = lead + i
            source = _sources(xp, grad, shape[axis], before, after, mode)
            target = (*grad.shape[:axis], shape[axis], *grad.shape[axis + 1 :])
            grad = xp.index_accumulate(grad, (source,), axes=(axis,), shape=target)
    return grad


pad_with_inside_backward.vjp(grad=lambda xp, g, widths, mode: xp.pad_with_inside(g, widths=widths, mode=mode))
