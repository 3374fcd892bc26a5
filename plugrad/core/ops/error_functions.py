"""The error function's relatives, from functions of the standard alone.

erfcx(x) = exp(x**2) erfc(x) is smooth from 0 to infinity: (1 + 2 x) erfcx(x) is a polynomial in t = 1 - 6 / (x + 3),
which lies in [-1, 1]. Its coefficients were computed in 50 digits by Chebyshev interpolation, to 1e-17.
"""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.ops.special import polynomial
from plugrad.core.refusals import COMPLEX, lacks

__all__ = ["erfc", "erfcx", "erfinv", "log_ndtr"]

_ERFCX = (
    1.2530080582697296, -0.1356211061245812, -0.0475622943534492, 0.12964515870276475, -0.11927366341538638,
    0.06830802734384515, -0.02377051491717134, 0.0025293918180474668, 0.0018886903449991718,
    -0.0007798322884823084, -0.00010515971958448065, 0.0001250994355712812, 4.949196649968345e-06,
    -2.0100843094844725e-05, -7.308281468783614e-07, 3.473024167841533e-06, 3.5576086684080595e-07,
    -6.175617678992323e-07, -1.4047654315428462e-07, 1.0277997488271058e-07, 4.1064013667940355e-08,
    -1.3906145791730994e-08, -8.217595058711455e-09, 1.2019719440135793e-09, 8.393734858690877e-10,
    -3.451497487664328e-11,
)  # fmt: skip

# erfinv to seven digits, to start from. Of w = -log(1 - x**2) where it is below 5: M. Giles, "Approximating the erfinv
# function", 2010. Of sqrt(w) above, scaled to [-1, 1]: made as the polynomial above.
_ERFINV_CENTER = (
    1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-06, -3.5233877e-06,
    3.43273939e-07, 2.81022636e-08,
)  # fmt: skip
_ERFINV_TAIL = (
    3.991232990890365, 1.9691365110052292, 0.003461465989446621, -0.005062964359788722, 0.0033363885349951693,
    -0.0021710424620059216, 0.0012388645605823786, -0.0001345480070860633, -0.00016939167390219394,
)  # fmt: skip

_SQRT_HALF = math.sqrt(0.5)
_TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)
# exp(-x**2) is 0 from here on, exp(x**2) infinite.
_FAR = 30.0


def _scaled_complement(xp, size):
    """erfcx where its argument is not negative."""
    return xp.divide(polynomial(1 - xp.divide(6.0, size + 3), _ERFCX), 1 + 2 * size)


def _exp_square(xp, x, sign):
    """exp(sign * x**2), x finite; without the error of a rounded x**2: x is split four bits after the point."""
    coarse = xp.divide(xp.round(16 * x), 16)
    return xp.exp(sign * (coarse * coarse)) * xp.exp(sign * ((x - coarse) * (x + coarse)))


@op(node="Erfc", promote="float", refuse=lacks("erfc_vml_cpu", COMPLEX))
def erfc(xp, x):
    r"""Return the complement of the error function, accurate where it is small.

    .. math:: y_i = 1 - \operatorname{erf} input_i

    Example::

        >>> import plugrad
        >>> plugrad.erfc(plugrad.tensor([0.0, 1.0, 5.0]))
        tensor([1.0000e+00, 1.5730e-01, 1.5375e-12])
    """
    size = xp.minimum(xp.abs(x), _FAR)
    tail = _exp_square(xp, size, -1) * _scaled_complement(xp, size)
    return xp.where(size < 0.5, 1 - xp.erf(x), xp.where(x < 0, 2 - tail, tail))


erfc.vjp(x=lambda xp, g, x: g * (-_TWO_OVER_SQRT_PI * xp.exp(-(x * x))))


@op(node="SpecialErfcx", promote="float", refuse=lacks("erfcx_cpu", COMPLEX))
def erfcx(xp, x):
    r"""Return the scaled complement of the error function.

    .. math:: y_i = e^{input_i^2} \operatorname{erfc} input_i

    Example::

        >>> import plugrad
        >>> plugrad.special.erfcx(plugrad.tensor([0.0, 10.0]))
        tensor([1.0000, 0.0561])
    """
    right = _scaled_complement(xp, xp.abs(x))
    below = x < 0
    return xp.where(below, 2 * _exp_square(xp, xp.where(below, xp.maximum(x, -_FAR), 0), 1) - right, right)


erfcx.vjp(x=lambda xp, g, x, y: g * (2 * x * y - _TWO_OVER_SQRT_PI))


@op(node="Erfinv", promote="float", domain="unit", refuse=lacks("erfinv_vml_cpu", COMPLEX))
def erfinv(xp, x):
    r"""Return the inverse of the error function: nan outside of [-1, 1].

    .. math:: \operatorname{erf} y_i = input_i

    Example::

        >>> import plugrad
        >>> plugrad.erfinv(plugrad.tensor([0.0, 0.5, -1.0]))
        tensor([0.0000, 0.4769,   -inf])
    """
    size = xp.abs(x)
    inside = size < 1
    size = xp.where(inside, size, 0)
    rest = 1 - size
    w = -xp.log(rest * (1 + size))
    center = size * polynomial(xp.minimum(w, 5.0) - 2.5, _ERFINV_CENTER)
    tail = polynomial(xp.divide(xp.sqrt(xp.maximum(w, 5.0)) - 4.15, 1.95), _ERFINV_TAIL)
    z = xp.where(w < 5, center, tail)
    for _ in range(2):
        # Halley's steps, on the complement where that is the smaller: 1 - x is exact there.
        gap = xp.where(size > 0.5, rest - xp.erfc(z), xp.erf(z) - size)
        step = xp.divide(gap, _TWO_OVER_SQRT_PI * xp.exp(-(z * z)))
        z = z - xp.divide(step, 1 + z * step)
    return xp.where(inside, xp.sgn(x) * z, xp.where(xp.abs(x) == 1, xp.sgn(x) * math.inf, math.nan))


erfinv.vjp(x=lambda xp, g, y: g * ((math.sqrt(math.pi) / 2) * xp.exp(y * y)))


@op(node="SpecialLogNdtr", promote="float", refuse=lacks("log_ndtr_cpu", COMPLEX))
def log_ndtr(xp, x):
    r"""Return the logarithm of the cumulative normal distribution, accurate on both sides.

    .. math:: y_i = \log \Phi(input_i)

    Example::

        >>> import plugrad
        >>> plugrad.special.log_ndtr(plugrad.tensor([-50.0, 0.0]))
        tensor([-1.2548e+03, -6.9315e-01])
    """
    t = _SQRT_HALF * x
    left = x < -1
    return xp.where(
        left,
        xp.log(0.5 * xp.erfcx(xp.where(left, -t, 0))) - t * t,
        xp.log1p(-0.5 * xp.erfc(xp.where(left, 0, t))),
    )


log_ndtr.vjp(x=lambda xp, g, x: xp.divide(math.sqrt(2 / math.pi) * g, xp.erfcx(-_SQRT_HALF * x)))
