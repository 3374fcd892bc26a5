"""Ops that exist for their in-place forms: fill, zero, copy."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.overload import overload

__all__ = ["copy", "fill", "fill_with", "zero"]


@op(node="Fill", promote="none", samples=lambda: [case(real(2, 3), real())])
def fill(xp, x, value):
    """``value``, a number or an array without dimensions, in the shape of ``x``."""
    if not hasattr(value, "shape"):
        return xp.full_like(x, value)
    return xp.broadcast_to(value, shape=tuple(x.shape))


# Nothing of the old values is left: their gradient is 0, as in PyTorch, rather than none. The engine sums the
# gradient of the new one.
fill.vjp(
    x=lambda xp, g: xp.zeros_like(g),
    value=lambda xp, g, value_dtype: g if g.dtype == value_dtype else xp.astype(g, dtype=value_dtype),
)
fill_with = overload(fill, "FillBackward3")
fill = overload(fill, "FillBackward2")


@op(linear="all", promote="none", samples=lambda: [case(real(2, 3))])
def zero(xp, x):
    """Zeros in the shape of ``x``."""
    return addressing.constant(xp, x, x.shape, 0, x.dtype)


zero.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(linear="all", node="CopyBackwards", promote="none", samples=lambda: [case(real(2, 3), real(3))])
def copy(xp, x, source):
    """``source`` in the shape of ``x``."""
    return xp.broadcast_to(source, shape=tuple(x.shape))


copy.vjp(
    x=lambda xp, g: xp.zeros_like(g),
    source=lambda xp, g, source_dtype: g if g.dtype == source_dtype else xp.astype(g, dtype=source_dtype),
)
copy = overload(copy, "CopyBackwards")
