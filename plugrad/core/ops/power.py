"""Powers and roots."""

from __future__ import annotations

import cmath
import math

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, lacks, powers

__all__ = ["hypot", "pow", "pow_backward", "reciprocal", "rsqrt", "sqrt", "square"]


def _integer_pow(xp, x1, x2):
    """Integers to negative powers are 0 but for 1 and -1, in C; libraries refuse them."""
    if not hasattr(x1, "dtype"):
        x1 = xp.full_like(x2, x1)
    positive = xp.pow(x1, xp.where(xp.less(x2, 0), 0, x2))
    odd = xp.remainder(x2, 2)
    unit = xp.where(xp.equal(x1, 1), 1, xp.where(xp.equal(x1, -1), 1 - 2 * odd, 0))
    return xp.where(xp.less(x2, 0), unit, positive)


@op(node="PowBackward1", number_second="PowBackward0", refuse=powers, rescue=_integer_pow, domain="positive")
def pow_(xp, x1, x2):
    """Elementwise x1**x2."""
    return xp.pow(x1, x2)


def _pow_base(xp, g, x1, x2):
    if not hasattr(x2, "dtype"):
        return xp.pow_backward(g, x1, exponent=x2)
    # The gradient of x**0 is 0, at x = 0 too.
    return xp.where(xp.equal(x2, 0), 0, g * (x2 * xp.pow(x1, x2 - 1)))


def _not_negative(xp, x):
    if xp.isdtype(x.dtype, "complex floating"):
        return xp.logical_and(xp.equal(xp.imag(x), 0), xp.greater_equal(xp.real(x), 0))
    return xp.greater_equal(x, 0)


def _pow_exponent(xp, g, x1, x2, y):
    if not hasattr(x1, "dtype"):
        if x1 == 0:
            return g * xp.where(_not_negative(xp, x2), 0, -math.inf * y)
        if isinstance(x1, complex):
            return g * (cmath.log(x1) * y)
        return g * ((math.log(x1) if x1 > 0 else math.nan) * y)
    # 0**x2 is constant for x2 > 0, and PyTorch's choice at x2 = 0 is 0 too.
    flat = xp.logical_and(xp.equal(x1, 0), _not_negative(xp, x2))
    return g * xp.where(flat, 0, y * xp.log(x1))


pow_.vjp(x1=_pow_base, x2=_pow_exponent)


@op(elementwise=True, samples=lambda: [
    case(real(3, 4), real(3, 4, low=0.5), exponent=exponent) for exponent in (2, 0.5, -1, 3, 1, 0)])  # fmt: skip
def pow_backward(xp, grad, x, *, exponent):
    """The gradient of a power with a number as the exponent, with respect to the base."""
    if exponent == 0:
        # Of the shape that grad and x have together.
        return xp.zeros_like(grad * x)
    return grad * (exponent * xp.pow(x, exponent - 1))


# Of every exponent: the last derivatives are recorded, and 0, rather than an error.
pow_backward.vjp(
    grad=lambda xp, g, x, exponent: xp.pow_backward(g, x, exponent=exponent),
    x=lambda xp, g, grad, x, exponent: exponent * grad * xp.pow_backward(g, x, exponent=exponent - 1),
)


@op(node="Pow", called="square")
def square(xp, x):
    """Elementwise x * x."""
    return xp.square(x)


square.vjp(x=lambda xp, g, x: xp.pow_backward(g, x, exponent=2))


@op(node="Sqrt", promote="float", domain="positive")
def sqrt(xp, x):
    r"""Return the square roots. At 0 the gradient is infinite.

    .. math:: y_i = \sqrt{input_i}

    Example::

        >>> import plugrad
        >>> plugrad.sqrt(plugrad.tensor([0.0, 4.0, -1.0]))
        tensor([0., 2., nan])
    """
    return xp.sqrt(x)


# At 0 this is g / 0: inf.
sqrt.vjp(x=lambda xp, g, y: xp.divide(g, 2 * y))


@op(node="Rsqrt", promote="float", domain="positive")
def rsqrt(xp, x):
    r"""Return the inverse square roots.

    .. math:: y_i = \frac{1}{\sqrt{input_i}}

    Example::

        >>> import plugrad
        >>> plugrad.rsqrt(plugrad.tensor([1.0, 4.0]))
        tensor([1.0000, 0.5000])
    """
    return xp.divide(1, xp.sqrt(x))


rsqrt.vjp(x=lambda xp, g, y: -0.5 * g * (y * y * y))


@op(node="Reciprocal", promote="float", domain="nonzero")
def reciprocal(xp, x):
    r"""Return the reciprocals.

    .. math:: y_i = \frac{1}{input_i}

    Example::

        >>> import plugrad
        >>> plugrad.reciprocal(plugrad.tensor([1.0, 4.0]))
        tensor([1.0000, 0.2500])
    """
    return xp.reciprocal(x)


reciprocal.vjp(x=lambda xp, g, y: -g * (y * y))


@op(node="Hypot", refuse=lacks("hypot_cpu", BOOLEAN, INTEGER, COMPLEX), domain="nonzero")
def hypot(xp, x1, x2):
    r"""Return the lengths of hypotenuses, without overflow in between.

    .. math:: y_i = \sqrt{input_i^2 + other_i^2}

    Example::

        >>> import plugrad
        >>> plugrad.hypot(plugrad.tensor([3.0, 5.0]), plugrad.tensor([4.0, 12.0]))
        tensor([ 5., 13.])
    """
    return xp.hypot(x1, x2)


# At (0, 0) both are 0 / 0: nan, as in PyTorch.
hypot.vjp(
    x1=lambda xp, g, x1, y: g * xp.divide(x1, y),
    x2=lambda xp, g, x2, y: g * xp.divide(x2, y),
)

pow = pow_
