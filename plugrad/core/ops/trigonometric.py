"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.refusals import COMPLEX, lacks, no_complex

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "deg2rad", "rad2deg", "sin",
    "sinh", "tan", "tanh", "tanh_backward",
]  # fmt: skip


@op(node="Sin", promote="float")
def sin(xp, x):
    r"""Return the sines.

    .. math:: y_i = \sin input_i

    Example::

        >>> import plugrad
        >>> plugrad.sin(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """
    return xp.sin(x)


sin.vjp(x=lambda xp, g, x: g * xp.cos(x))


@op(node="Cos", promote="float")
def cos(xp, x):
    r"""Return the cosines.

    .. math:: y_i = \cos input_i

    Example::

        >>> import plugrad
        >>> plugrad.cos(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """
    return xp.cos(x)


cos.vjp(x=lambda xp, g, x: -g * xp.sin(x))


@op(node="Tan", promote="float", domain="unit")
def tan(xp, x):
    r"""Return the tangents.

    .. math:: y_i = \tan input_i

    Example::

        >>> import plugrad
        >>> plugrad.tan(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574])
    """
    return xp.tan(x)


tan.vjp(x=lambda xp, g, y: g * (1 + y * y))


@op(node="Asin", promote="float", domain="unit")
def asin(xp, x):
    r"""Return the arc sines.

    .. math:: y_i = \arcsin input_i

    Example::

        >>> import plugrad
        >>> plugrad.asin(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708])
    """
    return xp.asin(x)


asin.vjp(x=lambda xp, g, x: g * xp.rsqrt(1 - x * x))


@op(node="Acos", promote="float", domain="unit")
def acos(xp, x):
    r"""Return the arc cosines.

    .. math:: y_i = \arccos input_i

    Example::

        >>> import plugrad
        >>> plugrad.acos(plugrad.tensor([0.0, 1.0]))
        tensor([1.5708, 0.0000])
    """
    return xp.acos(x)


acos.vjp(x=lambda xp, g, x: -g * xp.rsqrt(1 - x * x))


@op(node="Atan", promote="float")
def atan(xp, x):
    r"""Return the arc tangents.

    .. math:: y_i = \arctan input_i

    Example::

        >>> import plugrad
        >>> plugrad.atan(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854])
    """
    return xp.atan(x)


atan.vjp(x=lambda xp, g, x: xp.divide(g, x * x + 1))


@op(node="Atan2", promote="float", domain="nonzero", refuse=lacks("atan2_cpu", COMPLEX))
def atan2(xp, x1, x2):
    r"""Return the angles of the points (other, input). At the origin the gradients are 0.

    .. math:: y_i = \arctan \frac{input_i}{other_i}, \quad \text{in } [-\pi, \pi]

    Example::

        >>> import plugrad
        >>> plugrad.atan2(plugrad.tensor([1.0, -1.0]), plugrad.tensor([1.0, -1.0]))
        tensor([ 0.7854, -2.3562])
    """
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
    r"""Return the hyperbolic sines.

    .. math:: y_i = \frac{e^{input_i} - e^{-input_i}}{2}

    Example::

        >>> import plugrad
        >>> plugrad.sinh(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752])
    """
    return xp.sinh(x)


sinh.vjp(x=lambda xp, g, x: g * xp.cosh(x))


@op(node="Cosh", promote="float")
def cosh(xp, x):
    r"""Return the hyperbolic cosines.

    .. math:: y_i = \frac{e^{input_i} + e^{-input_i}}{2}

    Example::

        >>> import plugrad
        >>> plugrad.cosh(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431])
    """
    return xp.cosh(x)


cosh.vjp(x=lambda xp, g, x: g * xp.sinh(x))


@op(node="Tanh", promote="float")
def tanh(xp, x):
    r"""Return the hyperbolic tangents.

    .. math:: y_i = \frac{e^{input_i} - e^{-input_i}}{e^{input_i} + e^{-input_i}}

    Example::

        >>> import plugrad
        >>> plugrad.tanh(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    return xp.tanh(x)


tanh.vjp(x=lambda xp, g, y: xp.tanh_backward(g, y))


@op(node="TanhBackward")
def tanh_backward(xp, grad, result):
    """The gradient of tanh, from its result."""
    return grad * (1 - result * result)


tanh_backward.vjp(
    grad=lambda xp, g, result: xp.tanh_backward(g, result),
    result=lambda xp, g, grad, result: -2 * (g * grad) * result,
)


@op(node="Asinh", promote="float")
def asinh(xp, x):
    r"""Return the inverse hyperbolic sines.

    .. math:: y_i = \log\left(input_i + \sqrt{input_i^2 + 1}\right)

    Example::

        >>> import plugrad
        >>> plugrad.asinh(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])
    """
    return xp.asinh(x)


asinh.vjp(x=lambda xp, g, x: g * xp.rsqrt(x * x + 1))


@op(node="Acosh", promote="float", domain="above one")
def acosh(xp, x):
    r"""Return the inverse hyperbolic cosines.

    .. math:: y_i = \log\left(input_i + \sqrt{input_i^2 - 1}\right)

    Example::

        >>> import plugrad
        >>> plugrad.acosh(plugrad.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])
    """
    return xp.acosh(x)


acosh.vjp(x=lambda xp, g, x: g * xp.rsqrt(x * x - 1))


@op(node="Atanh", promote="float", domain="unit")
def atanh(xp, x):
    r"""Return the inverse hyperbolic tangents.

    .. math:: y_i = \frac{1}{2} \log \frac{1 + input_i}{1 - input_i}

    Example::

        >>> import plugrad
        >>> plugrad.atanh(plugrad.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493])
    """
    return xp.atanh(x)


atanh.vjp(x=lambda xp, g, x: xp.divide(g, 1 - x * x))


@op(
    node="Deg2Rad",
    called="deg2rad",
    promote="float",
    refuse=no_complex("deg2rad is not supported for complex tensors.", RuntimeError),
)
def deg2rad(xp, x):
    r"""Return degrees in radians.

    .. math:: y_i = \frac{\pi}{180} input_i

    Example::

        >>> import plugrad
        >>> plugrad.deg2rad(plugrad.tensor([0.0, 180.0]))
        tensor([0.0000, 3.1416])
    """
    return math.pi / 180 * x


deg2rad.vjp(x=lambda xp, g: math.pi / 180 * g)


@op(
    node="Rad2Deg",
    called="rad2deg",
    promote="float",
    refuse=no_complex("rad2deg is not supported for complex tensors.", RuntimeError),
)
def rad2deg(xp, x):
    r"""Return radians in degrees.

    .. math:: y_i = \frac{180}{\pi} input_i

    Example::

        >>> import plugrad
        >>> plugrad.rad2deg(plugrad.tensor([0.0, 3.1415927]))
        tensor([  0., 180.])
    """
    return 180 / math.pi * x


rad2deg.vjp(x=lambda xp, g: 180 / math.pi * g)
