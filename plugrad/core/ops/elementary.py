"""Exponentials and logarithms."""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = ["exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "xlogy"]


@op(node="Exp", promote="float")
def exp(xp, x):
    """Elementwise e**x."""
    return xp.exp(x)


exp.vjp(x=lambda xp, g, y: g * y)


@op(node="Exp2", promote="float")
def exp2(xp, x):
    """Elementwise 2**x."""
    return xp.pow(2.0, x)


exp2.vjp(x=lambda xp, g, y: g * (math.log(2) * y))


@op(node="Expm1", promote="float")
def expm1(xp, x):
    """Elementwise e**x - 1, accurate for small x."""
    return xp.expm1(x)


expm1.vjp(x=lambda xp, g, y: g * (y + 1))


@op(node="Log", promote="float", domain="positive")
def log(xp, x):
    """Elementwise natural logarithm."""
    return xp.log(x)


log.vjp(x=lambda xp, g, x: xp.divide(g, x))


@op(node="Log1P", called="log1p", promote="float", domain="nonnegative")
def log1p(xp, x):
    """Elementwise logarithm of 1 + x, accurate for small x."""
    return xp.log1p(x)


log1p.vjp(x=lambda xp, g, x: xp.divide(g, x + 1))


@op(node="Log2", promote="float", domain="positive")
def log2(xp, x):
    """Elementwise logarithm to the base 2."""
    return xp.log2(x)


log2.vjp(x=lambda xp, g, x: xp.divide(g, math.log(2) * x))


@op(node="Log10", promote="float", domain="positive")
def log10(xp, x):
    """Elementwise logarithm to the base 10."""
    return xp.log10(x)


log10.vjp(x=lambda xp, g, x: xp.divide(g, math.log(10) * x))


@op(node="Logaddexp", refuse=lacks("logaddexp_cpu", BOOLEAN, INTEGER))
def logaddexp(xp, x1, x2):
    """Elementwise log(e**x1 + e**x2), without overflow."""
    return xp.logaddexp(x1, x2)


# At (-inf, -inf) both are nan, as in PyTorch.
logaddexp.vjp(
    x1=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp(x2 - x1)),
    x2=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp(x1 - x2)),
)


@op(node="Xlogy", promote="float", domain="positive")
def xlogy(xp, x1, x2):
    """Elementwise x1 * log(x2); 0 where x1 is 0, unless x2 is nan."""
    if not hasattr(x2, "dtype"):
        x2 = xp.full_like(x1, x2)
    y = x1 * xp.log(x2)
    return xp.where(xp.logical_and(xp.equal(x1, 0), xp.equal(x2, x2)), 0, y)


xlogy.vjp(
    # Where x1 is 0 the gradient is 0 too, at x2 = 0 as elsewhere.
    x1=lambda xp, g, x1, x2: g * xp.xlogy(xp.astype(xp.not_equal(x1, 0), dtype=g.dtype), x2),
    x2=lambda xp, g, x1, x2: g * xp.divide(x1, x2),
)
