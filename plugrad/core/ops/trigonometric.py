"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

from plugrad.core.op import op

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "deg2rad", "rad2deg", "sin", "sinh",
    "tan", "tanh", "tanh_backward",
]  # fmt: skip


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


@op(node="Tan", promote="float", domain="unit")
def tan(xp, x):
    """Elementwise tangent."""
    return xp.tan(x)


tan.vjp(x=lambda xp, g, y: g * (1 + y * y))


@op(node="Asin", promote="float", domain="unit")
def asin(xp, x):
    """Elementwise arc sine."""
    return xp.asin(x)


asin.vjp(x=lambda xp, g, x: g * xp.rsqrt(1 - x * x))


@op(node="Acos", promote="float", domain="unit")
def acos(xp, x):
    """Elementwise arc cosine."""
    return xp.acos(x)


acos.vjp(x=lambda xp, g, x: -g * xp.rsqrt(1 - x * x))


@op(node="Atan", promote="float")
def atan(xp, x):
    """Elementwise arc tangent."""
    return xp.atan(x)


atan.vjp(x=lambda xp, g, x: xp.divide(g, x * x + 1))


@op(node="Atan2", promote="float", domain="nonzero")
def atan2(xp, x1, x2):
    """The angle of the point (x2, x1): the arc tangent of x1 / x2 in the right quadrant."""
    return xp.atan2(x1, x2)


def _inverse_square(xp, x1, x2):
    """1 / (x1**2 + x2**2), and 0 at the origin, where PyTorch's gradients are 0."""
    square = x1 * x1 + x2 * x2
    return xp.where(xp.equal(square, 0), 0, xp.reciprocal(square))


atan2.vjp(
    x1=lambda xp, g, x1, x2: g * (x2 * _inverse_square(xp, x1, x2)),
    x2=lambda xp, g, x1, x2: g * (-x1 * _inverse_square(xp, x1, x2)),
)


@op(node="Sinh", promote="float")
def sinh(xp, x):
    """Elementwise hyperbolic sine."""
    return xp.sinh(x)


sinh.vjp(x=lambda xp, g, x: g * xp.cosh(x))


@op(node="Cosh", promote="float")
def cosh(xp, x):
    """Elementwise hyperbolic cosine."""
    return xp.cosh(x)


cosh.vjp(x=lambda xp, g, x: g * xp.sinh(x))


@op(node="Tanh", promote="float")
def tanh(xp, x):
    """Elementwise hyperbolic tangent."""
    return xp.tanh(x)


tanh.vjp(x=lambda xp, g, y: xp.tanh_backward(g, y))


@op(node="TanhBackward")
def tanh_backward(xp, grad, result):
    """The gradient of tanh, from its result."""
    return grad * (1 - result * result)


@op(node="Asinh", promote="float")
def asinh(xp, x):
    """Elementwise inverse hyperbolic sine."""
    return xp.asinh(x)


asinh.vjp(x=lambda xp, g, x: g * xp.rsqrt(x * x + 1))


@op(node="Acosh", promote="float", domain="above one")
def acosh(xp, x):
    """Elementwise inverse hyperbolic cosine."""
    return xp.acosh(x)


acosh.vjp(x=lambda xp, g, x: g * xp.rsqrt(x * x - 1))


@op(node="Atanh", promote="float", domain="unit")
def atanh(xp, x):
    """Elementwise inverse hyperbolic tangent."""
    return xp.atanh(x)


atanh.vjp(x=lambda xp, g, x: xp.divide(g, 1 - x * x))


@op(node="Deg2Rad", called="deg2rad", promote="float")
def deg2rad(xp, x):
    """Degrees in radians."""
    return math.pi / 180 * x


deg2rad.vjp(x=lambda xp, g: math.pi / 180 * g)


@op(node="Rad2Deg", called="rad2deg", promote="float")
def rad2deg(xp, x):
    """Radians in degrees."""
    return 180 / math.pi * x


rad2deg.vjp(x=lambda xp, g: 180 / math.pi * g)
