"""Arithmetic: the four operations and what stands beside them."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["add", "divide", "multiply", "negative", "subtract"]


@op(node="Add")
def add(xp, x1, x2):
    """Elementwise sum. Shape: broadcast(x1, x2)."""
    return xp.add(x1, x2)


add.vjp(x1=lambda xp, g: g, x2=lambda xp, g: g)


@op(node="Sub")
def subtract(xp, x1, x2):
    """Elementwise difference. Shape: broadcast(x1, x2)."""
    return xp.subtract(x1, x2)


subtract.vjp(x1=lambda xp, g: g, x2=lambda xp, g: -g)


@op(node="Mul")
def multiply(xp, x1, x2):
    """Elementwise product. Shape: broadcast(x1, x2)."""
    return xp.multiply(x1, x2)


multiply.vjp(x1=lambda xp, g, x2: g * x2, x2=lambda xp, g, x1: g * x1)


@op(node="Div", promote="float", domain="nonzero divisor")
def divide(xp, x1, x2):
    """Elementwise true quotient. Shape: broadcast(x1, x2)."""
    return xp.divide(x1, x2)


divide.vjp(
    x1=lambda xp, g, x2: xp.divide(g, x2),
    # -g * y / x2 with y = x1 / x2: PyTorch's order of divisions, so that overflow and 0 agree.
    x2=lambda xp, g, x1, x2: -g * xp.divide(xp.divide(x1, x2), x2),
)


@op(node="Neg")
def negative(xp, x):
    """Elementwise -x."""
    return xp.negative(x)


negative.vjp(x=lambda xp, g: -g)
