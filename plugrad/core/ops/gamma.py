"""The gamma function's relatives, from functions of the standard alone."""

from __future__ import annotations

import math

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.special import polynomial
from plugrad.core.refusals import BOOLEAN, COMPLEX, lacks

__all__ = ["digamma", "lgamma", "mvlgamma", "polygamma", "zeta"]

# log(gamma(2 + t)) / t for t from -0.5 to 0.5: Chebyshev interpolation in 50 digits, to 1e-17.
LGAMMA = (
    0.42278433509846713, 0.3224670334241132, -0.06735230105319814, 0.02058080842778463, -0.007385551028668096,
    0.0028905103307343394, -0.0011927539120033873, 0.0005096695250262799, -0.00022315475069647703,
    9.945750665169756e-05, -4.492635166770342e-05, 2.0507292365464966e-05, -9.438454884054723e-06,
    4.374221208333783e-06, -2.044935323180052e-06, 9.584290249224467e-07, -4.303234692956732e-07,
    2.0192169921430407e-07, -1.341570273460026e-07, 6.473973449314896e-08,
)  # fmt: skip
# Stirling's series in 1 / x**2. https://dlmf.nist.gov/5.11#E1
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)

# digamma between 1 and 2 is (x - root) (Y + P(x - 1) / Q(x - 1)): Boost.Math 1.83, digamma.hpp, for 53 bits. The root
# is the sum of three numbers of 24 bits, so that it is exact in float32 too.
_ROOT = (1.4616321325302124, 1.243815006546356e-08, -1.2654464444209374e-16)
_DIGAMMA_Y = 0.99558162689208984
_DIGAMMA_P = (
    0.25479851061131551, -0.32555031186804491, -0.65031853770896507, -0.28919126444774784, -0.045251321448739056,
    -0.0020713321167745952,
)  # fmt: skip
_DIGAMMA_Q = (
    1.0, 2.0767117023730469, 1.4606242909763515, 0.43593529692665969, 0.054151797245674225, 0.0021284987017821144,
    -0.55789841321675513e-6,
)  # fmt: skip
_DIGAMMA_FAR = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)

# B(2 j) / (2 j)!, in the remainder of zeta's sum.
_EULER_MACLAURIN = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600,
    -3617 / 10670622842880000, 43867 / 5109094217170944000, -174611 / 802857662698291200000,
)  # fmt: skip
_TERMS = 10


def _sin_pi(xp, x):
    """sin(pi x) up to its sign, exactly 0 at integers."""
    return xp.sin(math.pi * (x - xp.round(x)))


@op(node="Lgamma", promote="float", domain="positive", refuse=lacks("lgamma_vml_cpu", COMPLEX))
def lgamma(xp, x):
    r"""Return the logarithms of the absolute values of the gamma function.

    .. math:: y_i = \log |\Gamma(input_i)|

    Example::

        >>> import plugrad
        >>> plugrad.lgamma(plugrad.tensor([0.5, 1.0, 5.0]))
        tensor([0.5724, 0.0000, 3.1781])
    """
    size = xp.abs(x)
    # To between 1.5 and 2.5 by steps of 1, whose product is taken; what is beyond 8 is left to Stirling.
    z, product = xp.where(size < 8, size, 2), xp.ones_like(size)
    for _ in range(6):
        high = z > 2.5
        z = xp.where(high, z - 1, z)
        product = xp.where(high, product * z, product)
    t = xp.where(size < 0.5, size, xp.where(size < 1.5, size - 1, z - 2))
    near = t * polynomial(t, LGAMMA)
    small = near - xp.log(size) - xp.log1p(size)
    # size - 1 is exact here.
    one = near - xp.log1p(xp.where(size < 0.5, 0, xp.where(size < 1.5, size - 1, 0)))
    y = xp.where(size < 0.5, small, xp.where(size < 1.5, one, xp.log(product) + near))
    far = xp.maximum(size, 8.0)
    inverse = xp.reciprocal(far)
    series = inverse * polynomial(inverse * inverse, _STIRLING)
    stirling = (far - 0.5) * (xp.log(far) - 1) + (0.5 * math.log(2 * math.pi) - 0.5 + series)
    y = xp.where(size < 8, y, stirling)
    # Reflected: gamma(x) gamma(-x) = -pi / (x sin(pi x)).
    below = xp.logical_and(x < 0, size < math.inf)
    edge = xp.where(below, size, 0.5)
    reflected = math.log(math.pi) - xp.log(edge) - xp.log(xp.abs(_sin_pi(xp, edge)))
    return xp.where(below, xp.where(x == xp.round(x), math.inf, reflected - y), y)


lgamma.vjp(x=lambda xp, g, x: g * xp.digamma(x))


@op(node="Digamma", promote="float", domain="positive", refuse=lacks("digamma", COMPLEX))
def digamma(xp, x):
    r"""Return the derivatives of the logarithm of the gamma function.

    .. math:: y_i = \frac{\Gamma'(input_i)}{\Gamma(input_i)}

    Example::

        >>> import plugrad
        >>> plugrad.digamma(plugrad.tensor([0.5, 1.0, 5.0]))
        tensor([-1.9635, -0.5772,  1.5061])
    """
    below = x <= 0
    a = xp.where(below, 1 - x, x)
    under = a < 1
    z = xp.where(under, a + 1, xp.where(a < 10, a, 2))
    steps = -xp.where(under, xp.reciprocal(xp.where(under, a, 1)), 0)
    for _ in range(8):
        high = z > 2
        z = xp.where(high, z - 1, z)
        steps = steps + xp.where(high, xp.reciprocal(z), 0)
    gap = z - _ROOT[0] - _ROOT[1] - _ROOT[2]
    ratio = xp.divide(polynomial(z - 1, _DIGAMMA_P), polynomial(z - 1, _DIGAMMA_Q))
    near = gap * _DIGAMMA_Y + gap * ratio + steps
    far = xp.maximum(a, 10.0)
    inverse = xp.reciprocal(far)
    square = inverse * inverse
    y = xp.where(a < 10, near, xp.log(far) - 0.5 * inverse - square * polynomial(square, _DIGAMMA_FAR))
    # Reflected: digamma(1 - x) - digamma(x) = pi / tan(pi x). At 0 it has both signs of infinity, as PyTorch's.
    fraction = x - xp.round(x)
    reflected = y - xp.divide(math.pi, xp.tan(math.pi * fraction))
    reflected = xp.where(fraction == 0, xp.where(x == 0, -xp.reciprocal(x), math.nan), reflected)
    return xp.where(below, reflected, y)


digamma.vjp(x=lambda xp, g, x: g * xp.polygamma(x, n=1))


@op(
    node="Polygamma",
    promote="float",
    domain="positive",
    refuse=lacks("polygamma", COMPLEX),
    elementwise=True,
    samples=lambda: [case(real(3, 4, low=0.3), n=n) for n in (0, 1, 2, 3)],
)
def polygamma(xp, x, *, n):
    """The n-th derivative of digamma."""
    if n == 0:
        return xp.digamma(x)
    below = x < 0.5
    sign = -1 if n % 2 else 1
    y = -sign * math.factorial(n) * xp.zeta(n + 1.0, xp.where(below, 1 - x, x))
    # Reflected: digamma(1 - x) - digamma(x) = pi / tan(pi x), differentiated n times.
    cotangent = xp.reciprocal(xp.tan(math.pi * xp.where(below, x - xp.round(x), 0.25)))
    reflected = sign * y - math.pi ** (n + 1) * polynomial(cotangent, _derivative_of_cotangent(n))
    return xp.where(below, reflected, y)


def _derivative_of_cotangent(n):
    """The n-th derivative of cot as a polynomial of cot: that of cot is -1 - cot**2."""
    p = [0, 1]
    for _ in range(n):
        slope = [-k * c for k, c in enumerate(p)][1:]
        p = [a + b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return p


polygamma.vjp(x=lambda xp, g, x, n: g * xp.polygamma(x, n=n + 1))


def _no_zeta(xp, g):
    raise NotImplementedError("the derivative for 'zeta' is not implemented.")


@op(
    node="SpecialZeta",
    number_first="SpecialZetaBackward1",
    number_second="SpecialZetaBackward2",
    promote="float",
    refuse=lacks("zeta_cpu", COMPLEX),
    samples=lambda: [case(2.0, real(3, 4, low=0.3)), case(3.5, real(low=0.3)), case(20.0, real(2, low=0.3))],
)
def zeta(xp, x1, x2):
    r"""Return Hurwitz's zeta function.

    .. math:: y_i = \sum_{k=0}^\infty \frac{1}{(k + other_i)^{input_i}}

    Example::

        >>> import plugrad
        >>> plugrad.special.zeta(2.0, plugrad.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449])
    """
    # The Euler-Maclaurin formula: ten terms, an integral, and what is left.
    q = x2 if hasattr(x2, "dtype") else xp.full_like(x1, x2)
    s = x1 if hasattr(x1, "dtype") else xp.full_like(x2, x1)
    positive = q > 0
    base = xp.where(xp.logical_and(positive, q < math.inf), q, 1)
    y = xp.pow(base, -s)
    for k in range(1, _TERMS):
        y = y + xp.pow(base + k, -s)
    end = base + _TERMS
    last = xp.pow(end, -s)
    inverse = xp.reciprocal(end * end)
    factor = xp.divide(s, end)
    rest = 0.5 + factor * _EULER_MACLAURIN[0]
    for j in range(1, len(_EULER_MACLAURIN)):
        factor = factor * ((s + (2 * j - 1)) * (s + 2 * j)) * inverse
        rest = rest + factor * _EULER_MACLAURIN[j]
    y = y + last * (xp.divide(end, xp.where(s > 1, s - 1, 1)) + rest)
    y = xp.where(q == math.inf, 0, y)
    y = xp.where(xp.logical_and(positive, s > 1), y, math.nan)
    pole = xp.logical_or(s == 1, xp.logical_and(xp.logical_and(q <= 0, q == xp.round(q)), s > 1))
    return xp.where(pole, math.inf, y)


zeta.vjp(x1=_no_zeta, x2=lambda xp, g, x1, x2: -g * (x1 * xp.zeta(x1 + 1, x2)))


@op(
    node="Mvlgamma",
    promote="float",
    refuse=lacks("mvlgamma_cpu", BOOLEAN, COMPLEX),
    elementwise=True,
    samples=lambda: [case(real(3, 4, low=2.5, high=4.0), p=p) for p in (1, 2, 4)],
)
def mvlgamma(xp, x, *, p):
    """The logarithm of the multivariate gamma function of dimension p."""
    y = xp.lgamma(x)
    for j in range(1, p):
        y = y + xp.lgamma(x - j / 2)
    return y + p * (p - 1) / 4 * math.log(math.pi) if p > 1 else y


def _mvlgamma_rule(xp, g, x, p):
    y = xp.digamma(x)
    for j in range(1, p):
        y = y + xp.digamma(x - j / 2)
    return g * y


mvlgamma.vjp(x=_mvlgamma_rule)
