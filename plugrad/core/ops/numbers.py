"""Further elementwise functions: logit, sinc and entropy; steps, exponents, and common divisors of integers."""

from __future__ import annotations

import math

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops.special import polynomial
from plugrad.core.refusals import BOOLEAN, COMPLEX, FLOATING, INTEGER, lacks, no_complex

__all__ = ["entr", "frexp", "gcd", "heaviside", "lcm", "ldexp", "logaddexp2", "logit", "sinc", "xlog1py"]


@op(node="Sinc", promote="float")
def sinc(xp, x):
    r"""Return the normalized sine cardinal, 1 at 0.

    .. math:: y_i = \frac{\sin(\pi\, input_i)}{\pi\, input_i}

    Example::

        >>> import plugrad
        >>> plugrad.sinc(plugrad.tensor([0.0, 0.5, 2.5]))
        tensor([1.0000, 0.6366, 0.1273])
    """
    zero = xp.equal(x, 0)
    t = math.pi * xp.where(zero, 1, x)
    return xp.where(zero, 1, xp.divide(xp.sin(t), t))


# The slope's series near 0, where the two terms of the formula cancel, over -pi**2 x / 3. So derivatives of any order
# are right at 0; PyTorch's second one there is nan.
_SLOPE = (1.0, -1 / 10, 1 / 280, -1 / 15120, 1 / 1330560, -1 / 172972800)


def _sinc_rule(xp, g, x):
    t = math.pi * x
    near = xp.less(xp.abs(t), 0.5)
    series = xp.where(near, t, 0)
    slope = (-math.pi / 3) * series * polynomial(series * series, _SLOPE)
    t = xp.where(near, 1, t)
    return g * xp.where(near, slope, xp.divide(math.pi * (t * xp.cos(t) - xp.sin(t)), t * t))


sinc.vjp(x=_sinc_rule)


@op(
    node="Logit",
    promote="float",
    refuse=lacks("logit_cpu", COMPLEX),
    domain="probability",
    elementwise=True,
    samples=lambda: [case(real(3, 4, low=0.05, high=0.95)), case(real(3, 4, low=0.3, high=0.7), eps=0.2)],
)
def logit(xp, x, *, eps=None):
    """log(x / (1 - x)), of x limited to [eps, 1 - eps] where eps is given."""
    if eps is not None:
        x = xp.where(x < eps, eps, xp.where(x > 1 - eps, 1 - eps, x))
    return xp.log(xp.divide(x, 1 - x))


def _logit_rule(xp, g, x, eps):
    # nan outside of (0, 1), and 0 beyond the limits.
    low, high, outside = (0, 1, math.nan) if eps is None or eps < 0 else (eps, 1 - eps, 0)
    beyond = xp.logical_or(x < low, x > high)
    x = xp.where(beyond, 0.5, x)
    return xp.where(beyond, outside, xp.divide(g, x * (1 - x)))


logit.vjp(x=_logit_rule)


@op(node="SpecialEntr", promote="float", domain="positive", refuse=lacks("entr_cpu", COMPLEX))
def entr(xp, x):
    r"""Return the terms of entropy: 0 at 0, minus infinity below.

    .. math:: y_i = -input_i \log input_i

    Example::

        >>> import plugrad
        >>> plugrad.special.entr(plugrad.tensor([0.0, 0.5, -1.0]))
        tensor([0.0000, 0.3466,   -inf])
    """
    y = -x * xp.log(xp.where(x > 0, x, xp.where(x <= 0, 1, x)))
    return xp.where(x < 0, -math.inf, xp.where(xp.equal(x, 0), 0, y))


entr.vjp(x=lambda xp, g, x: g * (-xp.log(x) - 1))


@op(
    node="SpecialXlog1Py",
    number_first="SpecialXlog1PyBackward1",
    number_second="SpecialXlog1PyBackward2",
    called="xlog1py",
    promote="float",
    refuse=lacks("xlog1py_cpu", COMPLEX),
    domain="nonnegative",
)
def xlog1py(xp, x1, x2):
    r"""Return x log(1 + y), which is 0 where x is 0, unless y is nan.

    .. math:: y_i = input_i \log(1 + other_i)

    Example::

        >>> import plugrad
        >>> plugrad.special.xlog1py(plugrad.tensor([0.0, 2.0]), plugrad.tensor([-1.0, 0.5]))
        tensor([0.0000, 0.8109])
    """
    if not hasattr(x2, "dtype"):
        x2 = xp.full_like(x1, x2)
    return xp.where(xp.logical_and(xp.equal(x1, 0), xp.equal(x2, x2)), 0, x1 * xp.log1p(x2))


def _xlog1py_first(xp, g, x1, x2):
    if not hasattr(x2, "dtype"):
        x2 = xp.full_like(x1, x2)
    # Where x1 is 0 the gradient is 0 too at and below the pole.
    flat = xp.logical_and(xp.equal(x1, 0), x2 <= -1)
    return g * xp.where(flat, 0, xp.log1p(xp.where(flat, 0, x2)))


xlog1py.vjp(x1=_xlog1py_first, x2=lambda xp, g, x1, x2: g * xp.divide(x1, x2 + 1))


@op(node="Logaddexp2", refuse=lacks("logaddexp2_cpu", BOOLEAN, INTEGER, COMPLEX))
def logaddexp2(xp, x1, x2):
    r"""Return the logarithm to the base 2 of the sum of powers of 2, without overflow.

    .. math:: y_i = \log_2(2^{input_i} + 2^{other_i})

    Example::

        >>> import plugrad
        >>> plugrad.logaddexp2(plugrad.tensor([0.0, 1000.0]), plugrad.tensor([0.0, 1000.0]))
        tensor([1.0000e+00, 1.0010e+03])
    """
    top = xp.maximum(x1, x2)
    gap = -xp.abs(x1 - x2)
    # Two equal infinities: their difference is nan.
    return xp.where(xp.isinf(top), top, top + xp.divide(xp.log1p(xp.exp2(gap)), math.log(2)))


# At (-inf, -inf) both are nan, as in PyTorch.
logaddexp2.vjp(
    x1=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp2(x2 - x1)),
    x2=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp2(x1 - x2)),
)


@op(node="Ldexp", promote="float")
def ldexp(xp, x1, x2):
    r"""Multiply by powers of 2.

    .. math:: y_i = input_i \cdot 2^{other_i}

    Example::

        >>> import plugrad
        >>> plugrad.ldexp(plugrad.tensor([1.0, 3.0]), plugrad.tensor([4, -1]))
        tensor([16.0000,  1.5000])
    """
    return x1 * xp.exp2(x2)


ldexp.vjp(
    x1=lambda xp, g, x2: g * xp.exp2(x2),
    x2=lambda xp, g, y: g * (math.log(2) * y),
)


@op(
    undefined=True,
    refuse=no_complex("heaviside is not yet implemented for complex tensors.", RuntimeError),
    kinks=(0.0,),
)
def heaviside(xp, x1, x2):
    r"""Return the unit step: 0 below 0, 1 above, the given value at 0. It has no derivative.

    .. math:: y_i = 0,\ other_i \text{ or } 1

    Example::

        >>> import plugrad
        >>> plugrad.heaviside(plugrad.tensor([-1.0, 0.0, 2.0]), plugrad.tensor([0.5]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return xp.where(xp.equal(x1, 0), x2, xp.astype(x1 > 0, dtype=x1.dtype))


@op(node="Frexp", promote="none", samples=lambda: [case(real(3, 4)), case(real()), case(real(0, 2))])
def frexp(xp, x):
    """Mantissas from 0.5 up to 1, and the exponents of 2 that go with them."""
    size = xp.abs(x)
    usual = xp.logical_and(size > 0, size < math.inf)
    size = xp.where(usual, size, 0.5)
    power = xp.floor(xp.log2(size)) + 1
    # In two steps: 2**1024 is infinite.
    half = xp.floor(0.5 * power)
    mantissa = xp.divide(xp.divide(size, xp.exp2(half)), xp.exp2(power - half))
    # The logarithm may have been rounded to a power of 2.
    high, low = mantissa >= 1, mantissa < 0.5
    mantissa = xp.where(high, 0.5 * mantissa, xp.where(low, 2 * mantissa, mantissa))
    power = xp.where(high, power + 1, xp.where(low, power - 1, power))
    signed = xp.where(usual, xp.where(x < 0, -mantissa, mantissa), x)
    return signed, xp.astype(xp.where(usual, power, 0), dtype=xp.int32)


frexp.vjp(x=lambda xp, g, y1: xp.divide(g[0], xp.exp2(xp.astype(y1, dtype=g[0].dtype))))


def _two_integers():
    return [
        case(integers(3, 4, low=-30, high=30), integers(4, low=-30, high=30)),
        case(integers(5, high=3), integers(5, high=3)),
    ]


@op(constant=True, refuse=lacks("gcd_cpu", BOOLEAN, FLOATING, COMPLEX), samples=_two_integers)
def gcd(xp, x1, x2):
    r"""Return the greatest common divisors.

    .. math:: y_i = \gcd(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.gcd(plugrad.tensor([4, 6, 0]), plugrad.tensor([6, 9, 5]))
        tensor([2, 3, 5])
    """
    # Only integers have bits: a library refuses other numbers for this, which Euclid's algorithm would take.
    a, b = xp.broadcast_arrays(xp.abs(xp.bitwise_or(x1, 0)), xp.abs(x2))
    # Euclid's algorithm. Neighbours in Fibonacci's sequence take longest: 91 steps in 64 bits.
    for _ in range(91):
        done = xp.equal(b, 0)
        rest = xp.remainder(a, xp.where(done, 1, b))
        a, b = xp.where(done, a, b), xp.where(done, 0, rest)
    return a


@op(constant=True, refuse=lacks("lcm_cpu", BOOLEAN, FLOATING, COMPLEX), samples=_two_integers)
def lcm(xp, x1, x2):
    r"""Return the least common multiples.

    .. math:: y_i = \operatorname{lcm}(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.lcm(plugrad.tensor([4, 6]), plugrad.tensor([6, 9]))
        tensor([12, 18])
    """
    divisor = xp.gcd(x1, x2)
    return xp.abs(xp.floor_divide(x1, xp.where(xp.equal(divisor, 0), 1, divisor)) * x2)
