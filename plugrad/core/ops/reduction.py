"""Reductions."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["sum"]


def spread(xp, g, shape, axis, keepdims):
    """A reduced gradient broadcast over the axes that were reduced."""
    if axis is not None and not keepdims and len(shape):
        axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int) else axis)}
        g = xp.reshape(g, shape=tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return xp.broadcast_to(g, shape=shape)


@op(node="Sum")
def sum_(xp, x, *, axis=None, dtype=None, keepdims=False):
    """Sum over axes, all by default."""
    return xp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


sum_.vjp(x=lambda xp, g, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims))

sum = sum_
