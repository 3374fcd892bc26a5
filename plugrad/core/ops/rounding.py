"""Rounding. The derivatives are 0 everywhere, also at the steps."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, either, lacks, no_complex

__all__ = ["ceil", "floor", "frac", "round", "round_decimals", "trunc"]


@op(
    node="Floor",
    refuse=either(
        lacks("floor_vml_cpu", BOOLEAN), no_complex("floor is not supported for complex inputs", NotImplementedError)
    ),
)
def floor(xp, x):
    r"""Return the largest integers not above the elements. The gradient is 0.

    .. math:: y_i = \lfloor input_i \rfloor

    Example::

        >>> import plugrad
        >>> plugrad.floor(plugrad.tensor([1.5, -1.5]))
        tensor([ 1., -2.])
    """
    return xp.floor(x)


floor.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(
    node="Ceil",
    refuse=either(
        lacks("ceil_vml_cpu", BOOLEAN), no_complex("ceil is not supported for complex inputs", NotImplementedError)
    ),
)
def ceil(xp, x):
    r"""Return the smallest integers not below the elements. The gradient is 0.

    .. math:: y_i = \lceil input_i \rceil

    Example::

        >>> import plugrad
        >>> plugrad.ceil(plugrad.tensor([1.5, -1.5]))
        tensor([ 2., -1.])
    """
    return xp.ceil(x)


ceil.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(
    node="Trunc",
    refuse=either(
        lacks("trunc_vml_cpu", BOOLEAN), no_complex("trunc is not supported for complex inputs", NotImplementedError)
    ),
)
def trunc(xp, x):
    r"""Return the integer parts: rounded towards 0. The gradient is 0.

    .. math:: y_i = \operatorname{sgn}(input_i) \lfloor |input_i| \rfloor

    Example::

        >>> import plugrad
        >>> plugrad.trunc(plugrad.tensor([1.5, -1.5]))
        tensor([ 1., -1.])
    """
    return xp.trunc(x)


trunc.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(node="Round", refuse=lacks("round_vml_cpu", BOOLEAN, COMPLEX))
def round_(xp, x):
    """The nearest integer, the even one of two."""
    return xp.round(x)


round_.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(elementwise=True, node="Round", called="round", refuse=lacks("round_cpu", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: [
        case(real(3, 4), decimals=1), case(real(3, 4, low=-900.0, high=900.0), decimals=-2)])  # fmt: skip
def round_decimals(xp, x, *, decimals):
    """The nearest multiple of 10**-decimals, as PyTorch computes it: scaled, rounded, scaled back."""
    # Powers of ten from 10**0 up are exact; their inverses are not.
    scale = 10.0 ** (decimals if decimals > 0 else -decimals)
    return xp.divide(xp.round(scale * x), scale) if decimals > 0 else scale * xp.round(xp.divide(x, scale))


round_decimals.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(node="Frac", refuse=lacks("frac_cpu", BOOLEAN, INTEGER, COMPLEX))
def frac(xp, x):
    r"""Return the fractional parts, with the signs of the elements. The gradient is 1.

    .. math:: y_i = input_i - \operatorname{trunc} input_i

    Example::

        >>> import plugrad
        >>> plugrad.frac(plugrad.tensor([1.5, -1.25]))
        tensor([ 0.5000, -0.2500])
    """
    return x - xp.trunc(x)


frac.vjp(x=lambda xp, g: g)

round = round_
