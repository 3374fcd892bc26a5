"""Ops that change the shape and leave the values."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["astype", "broadcast_to", "matrix_transpose", "reshape"]


@op(node="Expand", view=True)
def broadcast_to(xp, x, *, shape):
    """The array broadcast to a shape, without a copy where the library allows."""
    return xp.broadcast_to(x, shape=shape)


broadcast_to.vjp(x=lambda xp, g, x_shape: sum_to(xp, g, x_shape))


def sum_to(xp, g, shape):
    """Sum the axes along which ``shape`` was broadcast."""
    extra = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1))
    return xp.reshape(xp.sum(g, axis=axes, keepdims=True), shape=shape) if axes else g


@op(node="View", view=True)
def reshape(xp, x, *, shape):
    """The same elements in another shape."""
    return xp.reshape(x, shape=shape)


reshape.vjp(x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape))


@op(node="Transpose", view=True)
def matrix_transpose(xp, x):
    """The last two axes exchanged."""
    return xp.matrix_transpose(x)


matrix_transpose.vjp(x=lambda xp, g: xp.matrix_transpose(g))


@op(node="ToCopy", promote="none")
def astype(xp, x, *, dtype):
    """The values in another dtype."""
    return xp.astype(x, dtype)


astype.vjp(x=lambda xp, g, x_dtype: xp.astype(g, dtype=x_dtype))
