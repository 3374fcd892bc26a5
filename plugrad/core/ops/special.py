"""Special functions, which the standard does not have."""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.refusals import COMPLEX, lacks

__all__ = ["erf"]

# erf(x) = tanh(x * R(x**2)): R is as smooth as polynomials, and where erf is flat, tanh is, so that errors
# of R vanish. R is the ratio of these two polynomials, lowest power first, for x**2 from 0 to 36, where
# erf(x) rounds to 1. Fitted by reweighted least squares in 80 digits so that the relative error of erf is
# level; it is 1.3e-17. All coefficients are positive, so that nothing cancels.
NUMERATOR = (
    1.1283791670955125876, 0.57119371750649104912, 0.17584553370964430068, 0.034724867100795680002,
    0.0049365995334050689297, 0.0005035882112961299425, 0.000037571410868758896157, 1.9996852547428035635e-6,
    6.9752555391508843109e-8, 1.1315245013239054144e-9, 4.1357879651648267035e-12,
)  # fmt: skip
DENOMINATOR = (
    1.0, 0.4151274038586561922, 0.1182146996711582422, 0.02060708034098400718, 0.0026799006208715923497,
    0.00024102525889302950032, 0.00001606191774087860859, 7.3025343381528243752e-7, 1.9624320309855219893e-8,
    1.7419053600307607646e-10, 1.7808708738237516429e-13,
)  # fmt: skip


def polynomial(z, coefficients):
    y = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        y = c + y * z
    return y


@op(node="Erf", promote="float", refuse=lacks("erf_vml_cpu", COMPLEX))
def erf(xp, x):
    r"""Return the error function.

    .. math:: y_i = \frac{2}{\sqrt{\pi}} \int_0^{input_i} e^{-t^2} \, dt

    Example::

        >>> import plugrad
        >>> plugrad.erf(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """
    z = xp.minimum(x * x, 36.0)
    return xp.tanh(x * xp.divide(polynomial(z, NUMERATOR), polynomial(z, DENOMINATOR)))


erf.vjp(x=lambda xp, g, x: g * ((2 / math.sqrt(math.pi)) * xp.exp(-(x * x))))
