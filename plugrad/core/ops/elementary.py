"""Exponentials and logarithms."""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, lacks

__all__ = ["exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "xlogy"]


@op(node="Exp", promote="float")
def exp(xp, x):
    r"""Return the exponentials.

    .. math:: y_i = e^{input_i}

    Example::

        >>> import plugrad
        >>> plugrad.exp(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    return xp.exp(x)


exp.vjp(x=lambda xp, g, y: g * y)


@op(node="Exp2", promote="float")
def exp2(xp, x):
    r"""Return the powers of 2.

    .. math:: y_i = 2^{input_i}

    Example::

        >>> import plugrad
        >>> plugrad.exp2(plugrad.tensor([0.0, 1.0, 3.0]))
        tensor([1., 2., 8.])
    """
    return xp.pow(2.0, x)


exp2.vjp(x=lambda xp, g, y: g * (math.log(2) * y))


@op(node="Expm1", promote="float")
def expm1(xp, x):
    r"""Return the exponentials minus 1, accurate for small x.

    .. math:: y_i = e^{input_i} - 1

    Example::

        >>> import plugrad
        >>> plugrad.expm1(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])
    """
    return xp.expm1(x)


expm1.vjp(x=lambda xp, g, y: g * (y + 1))


@op(node="Log", promote="float", domain="positive")
def log(xp, x):
    r"""Return the natural logarithms.

    .. math:: y_i = \log input_i

    Example::

        >>> import plugrad
        >>> plugrad.log(plugrad.tensor([1.0, 2.0, 0.0]))
        tensor([0.0000, 0.6931,   -inf])
    """
    return xp.log(x)


log.vjp(x=lambda xp, g, x: xp.divide(g, x))


@op(node="Log1P", called="log1p", promote="float", domain="nonnegative")
def log1p(xp, x):
    r"""Return the natural logarithms of 1 + x, accurate for small x.

    .. math:: y_i = \log(1 + input_i)

    Example::

        >>> import plugrad
        >>> plugrad.log1p(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])
    """
    return xp.log1p(x)


log1p.vjp(x=lambda xp, g, x: xp.divide(g, x + 1))


@op(node="Log2", promote="float", domain="positive")
def log2(xp, x):
    r"""Return the logarithms to the base 2.

    .. math:: y_i = \log_2 input_i

    Example::

        >>> import plugrad
        >>> plugrad.log2(plugrad.tensor([1.0, 8.0]))
        tensor([0., 3.])
    """
    return xp.log2(x)


log2.vjp(x=lambda xp, g, x: xp.divide(g, math.log(2) * x))


@op(node="Log10", promote="float", domain="positive")
def log10(xp, x):
    r"""Return the logarithms to the base 10.

    .. math:: y_i = \log_{10} input_i

    Example::

        >>> import plugrad
        >>> plugrad.log10(plugrad.tensor([1.0, 2.0]))
        tensor([0.0000, 0.3010])
    """
    return xp.log10(x)


log10.vjp(x=lambda xp, g, x: xp.divide(g, math.log(10) * x))


@op(node="Logaddexp", refuse=lacks("logaddexp_cpu", BOOLEAN, INTEGER))
def logaddexp(xp, x1, x2):
    r"""Return the logarithm of the sum of exponentials, without overflow.

    .. math:: y_i = \log(e^{input_i} + e^{other_i})

    Example::

        >>> import plugrad
        >>> plugrad.logaddexp(plugrad.tensor([0.0, 1000.0]), plugrad.tensor([0.0, 1000.0]))
        tensor([6.9315e-01, 1.0007e+03])
    """
    if hasattr(x1, "dtype") and xp.isdtype(x1.dtype, "complex floating"):
        swapped = xp.real(x1) < xp.real(x2)
        top, bottom = xp.where(swapped, x2, x1), xp.where(swapped, x1, x2)
        return top + xp.log1p(xp.exp(bottom - top))
    return xp.logaddexp(x1, x2)


# At (-inf, -inf) both are nan, as in PyTorch.
logaddexp.vjp(
    x1=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp(x2 - x1)),
    x2=lambda xp, g, x1, x2: xp.divide(g, 1 + xp.exp(x1 - x2)),
)


@op(node="Xlogy", promote="float", domain="positive", refuse=lacks("xlogy_cpu", COMPLEX))
def xlogy(xp, x1, x2):
    r"""Return x log y, which is 0 where x is 0, unless y is nan.

    .. math:: y_i = input_i \log other_i

    Example::

        >>> import plugrad
        >>> plugrad.xlogy(plugrad.tensor([0.0, 2.0]), plugrad.tensor([0.0, 1.5]))
        tensor([0.0000, 0.8109])
    """
    if not hasattr(x2, "dtype"):
        x2 = xp.full_like(x1, x2)
    y = x1 * xp.log(x2)
    return xp.where(xp.logical_and(xp.equal(x1, 0), xp.equal(x2, x2)), 0, y)


xlogy.vjp(
    # log x2, also where x1 is 0; but 0 where that would be no number. x2 may be a Python number.
    x1=lambda xp, g, x1, x2: xp.drop_where(
        xp.xlogy(g, x2), xp.logical_and(xp.equal(x1, 0), xp.less_equal(xp.zeros_like(x1) + x2, 0))
    ),
    x2=lambda xp, g, x1, x2: g * xp.divide(x1, x2),
)
