"""Dropout, of which the draw is made outside: the op takes the mask."""

from __future__ import annotations

from plugrad.core.facts import booleans, case, real
from plugrad.core.op import op

__all__ = ["dropout_mask"]


@op(linear="all", node="Mul", promote="none", samples=lambda: [case(real(3, 4), booleans(3, 4), scale=2.0)])
def dropout_mask(xp, x, mask, *, scale):
    """``scale * x`` where the mask is true, else 0 times x: nan stays nan, as in PyTorch."""
    return x * (scale * xp.astype(mask, x.dtype))


dropout_mask.vjp(x=lambda xp, g, mask, scale: xp.dropout_mask(g, mask, scale=scale))
