"""Elementary functions of one array."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["cos", "exp", "sin"]


@op(node="Exp", promote="float")
def exp(xp, x):
    """Elementwise e**x."""
    return xp.exp(x)


exp.vjp(x=lambda xp, g, y: g * y)


@op(node="Sin", promote="float")
def sin(xp, x):
    """Elementwise sine."""
    return xp.sin(x)


sin.vjp(x=lambda xp, g, x: g * xp.cos(x))


@op(node="Cos", promote="float")
def cos(xp, x):
    """Elementwise cosine."""
    return xp.cos(x)


cos.vjp(x=lambda xp, g, x: -g * xp.sin(x))
