"""Modified Bessel functions of the first kind, from functions of the standard alone.

e**-x I(x) is a polynomial of x up to 8 (of I1, divided by x), and of 1 / x beyond, over sqrt(x). The coefficients were
computed in 50 digits by Chebyshev interpolation, to 1e-17; the polynomials' variables lie in [-1, 1].
"""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.ops.special import polynomial
from plugrad.core.refusals import COMPLEX, lacks

__all__ = ["i0", "i0e", "i1", "i1e"]

_I0_NEAR = (
    0.2070019212239867, -0.11300432688620549, 0.09451562853995103, -0.08904344136075962, 0.08734341617552313,
    -0.08496338091616305, 0.07927522590716347, -0.06954119561719381, 0.05677703201991695, -0.04298594945479612,
    0.030177912022978357, -0.01968265469059234, 0.011960077907026221, -0.0067923998730731695,
    0.003617126448897043, -0.001811886793937724, 0.0008563152748272306, -0.00038290209550065975,
    0.00016240542162878106, -6.550861389620851e-05, 2.520232727107692e-05, -9.251680584432654e-06,
    3.2293390826404927e-06, -1.0883393970072518e-06, 3.675842926555429e-07, -1.1384114641747256e-07,
    2.6265363151970112e-08, -7.723094556846333e-09, 4.470516727511741e-09, -1.1852342482684723e-09,
)  # fmt: skip
_I0_FAR = (
    0.4021765094450081, 0.0033605519836678865, 0.00013621607439233397, 1.1143033788352455e-05,
    1.4838475432345007e-06, 2.9735993830791437e-07, 8.87226944343699e-08, 3.9324708328742363e-08,
    2.1542697342456025e-08, 7.563772015546032e-09, -6.709029656225644e-09, -1.3453822931523278e-08,
    -5.573331421609983e-09, 7.69766201906251e-09, 7.923178069797804e-09, -3.820995123090004e-09,
    -6.938996277209646e-09, 1.9833590368787046e-09, 4.990501277589993e-09, -1.0267340552488974e-09,
    -2.8718659938206944e-09, 4.3888610449923767e-10, 1.2061857017230183e-09, -1.242948143053851e-10,
    -3.2101612042208414e-10, 1.6645473602875412e-11, 4.005227764862368e-11,
)  # fmt: skip
_I1_NEAR = (
    0.044687709875608835, -0.06112433802966629, 0.0680575999095116, -0.06848260620582547, 0.06376740371340721,
    -0.055280039227051464, 0.04467457262125467, -0.03367135551992323, 0.023686016957729535,
    -0.015571309256763564, 0.009583962150731578, -0.00553456775924123, 0.0030057624197775295,
    -0.0015388749696724586, 0.0007445123445061157, -0.00034117472445271377, 0.0001484212433475852,
    -6.142655719704761e-05, 2.4233753149624307e-05, -9.131775730568571e-06, 3.293899139003749e-06,
    -1.1381566323785447e-06, 3.759367306404118e-07, -1.1993980285486188e-07, 3.802984785138283e-08,
    -1.1224475126135595e-08, 2.603206542331157e-09, -7.277033556073836e-10, 3.7284532079392345e-10,
    -9.506861180736366e-11,
)  # fmt: skip
_I1_FAR = (
    0.38939845902587233, -0.00974957719323576, -0.00021923576383430914, -1.503854719814553e-05,
    -1.8349101091858603e-06, -3.4838565069237384e-07, -1.0001340021780371e-07, -4.312811174972107e-08,
    -2.3368016560658258e-08, -8.436290430234563e-09, 6.694265612407791e-09, 1.4076395500755022e-08,
    6.14985231157685e-09, -7.778592763970425e-09, -8.401102179738249e-09, 3.721979744725556e-09,
    7.268242563538787e-09, -1.8736450470066887e-09, -5.202221760182141e-09, 9.568523624905968e-10,
    2.9887350377567718e-09, -4.0869842334737307e-10, -1.2547972491972396e-09, 1.1618136302873163e-10,
    3.339867355634497e-10, -1.5626599071980562e-11, -4.1681089783376766e-11,
)  # fmt: skip


def _scaled(xp, size, near, far):
    """e**-size I0(size)."""
    beyond = xp.maximum(size, 8.0)
    return xp.where(
        size < 8,
        polynomial(0.25 * xp.minimum(size, 8.0) - 1, near),
        polynomial(xp.divide(16.0, beyond) - 1, far) * xp.rsqrt(beyond),
    )


def _grown(xp, size, y):
    """e**size y, in two steps: e**size is infinite before the product is."""
    half = xp.exp(0.5 * size)
    return xp.where(size == math.inf, size, half * y * half)


def _odd(xp, size):
    """e**-size I1(size)."""
    y = _scaled(xp, size, _I1_NEAR, _I1_FAR)
    return xp.where(size < 8, size * y, y)


@op(node="I0", promote="float", refuse=lacks("i0_vml_cpu", COMPLEX))
def i0(xp, x):
    r"""Return the modified Bessel function of the first kind of order 0.

    .. math:: y_i = I_0(input_i)

    Example::

        >>> import plugrad
        >>> plugrad.i0(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    size = xp.abs(x)
    return _grown(xp, size, _scaled(xp, size, _I0_NEAR, _I0_FAR))


i0.vjp(x=lambda xp, g, x: g * xp.i1(x))


@op(node="SpecialI0E", promote="float", refuse=lacks("i0e_cpu", COMPLEX))
def i0e(xp, x):
    r"""Return the scaled modified Bessel function of the first kind of order 0.

    .. math:: y_i = e^{-|input_i|} I_0(input_i)

    Example::

        >>> import plugrad
        >>> plugrad.special.i0e(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 0.4658])
    """
    return _scaled(xp, xp.abs(x), _I0_NEAR, _I0_FAR)


i0e.vjp(x=lambda xp, g, x, y: g * (xp.i1e(x) - xp.sgn(x) * y))


@op(node="SpecialI1", promote="float", refuse=lacks("i1_cpu", COMPLEX))
def i1(xp, x):
    r"""Return the modified Bessel function of the first kind of order 1.

    .. math:: y_i = I_1(input_i)

    Example::

        >>> import plugrad
        >>> plugrad.special.i1(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    size = xp.abs(x)
    return xp.sgn(x) * _grown(xp, size, _odd(xp, size))


def _i1_rule(xp, g, x, y):
    # The limit at 0 is 1/2.
    zero = xp.equal(x, 0)
    return g * xp.where(zero, 0.5, xp.i0(x) - xp.divide(y, xp.where(zero, 1, x)))


i1.vjp(x=_i1_rule)


@op(node="SpecialI1E", promote="float", refuse=lacks("i1e_cpu", COMPLEX))
def i1e(xp, x):
    r"""Return the scaled modified Bessel function of the first kind of order 1.

    .. math:: y_i = e^{-|input_i|} I_1(input_i)

    Example::

        >>> import plugrad
        >>> plugrad.special.i1e(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.2079])
    """
    return xp.sgn(x) * _odd(xp, xp.abs(x))


def _i1e_rule(xp, g, x, y):
    # The limit at 0 is 1/2.
    zero = xp.equal(x, 0)
    return g * xp.where(zero, 0.5, xp.i0e(x) - y * (xp.sgn(x) + xp.reciprocal(xp.where(zero, 1, x))))


i1e.vjp(x=_i1e_rule)
