"""Selection: of one value or another, elementwise.

No branch is ever multiplied by 0: that would turn inf into nan.
"""

from __future__ import annotations

from plugrad.core.facts import booleans, case, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.refusals import no_clamp, no_complex

__all__ = [
    "clamp", "clamp_between", "clamp_max", "clamp_min", "clip", "drop_where", "fmax", "fmin", "keep_where", "maximum",
    "minimum", "nan_to_num", "where",
]  # fmt: skip


@op(node="Where", linear="all", exempt=("condition",), samples=lambda: [
    case(booleans(3, 4), real(3, 4), real(3, 4)), case(booleans(4), real(3, 1), real(1, 4)),
    case(booleans(1), real(3), real())])  # fmt: skip
def where(xp, condition, x1, x2):
    """x1 where the condition holds, x2 elsewhere. Shape: broadcast(condition, x1, x2)."""
    return xp.where(condition, x1, x2)


# What was not taken gets 0, which a rule before it may turn into nan (0 * inf): as in PyTorch.
where.vjp(
    x1=lambda xp, g, condition: xp.keep_where(g, condition),
    x2=lambda xp, g, condition: xp.drop_where(g, condition),
)


@op(node="MaskedFill", linear="all", exempt=("mask",), samples=lambda: [case(real(3, 4), booleans(3, 4))])
def keep_where(xp, x, mask):
    """x where the mask holds, 0 elsewhere."""
    return xp.where(mask, x, 0)


keep_where.vjp(x=lambda xp, g, mask: xp.keep_where(g, mask))


@op(node="MaskedFill", linear="all", exempt=("mask",), samples=lambda: [case(real(3, 4), booleans(3, 4))])
def drop_where(xp, x, mask):
    """0 where the mask holds, x elsewhere."""
    return xp.where(mask, 0, x)


drop_where.vjp(x=lambda xp, g, mask: xp.drop_where(g, mask))


def _shared(xp, g, x, other, drop):
    """g where x was taken, half of it at ties, 0 where ``drop`` says that the other was.

    All of it where one is nan.
    """
    return xp.drop_where(xp.where(xp.equal(x, other), 0.5 * g, g), drop)


@op(node="Maximum", refuse=no_complex("maximum not implemented for complex tensors.", RuntimeError))
def maximum(xp, x1, x2):
    r"""Return the larger of two; nan if either is. At a tie each gets half of the gradient.

    .. math:: y_i = \max(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.maximum(plugrad.tensor([1.0, 5.0]), plugrad.tensor([3.0, 2.0]))
        tensor([3., 5.])
    """
    return xp.maximum(x1, x2)


maximum.vjp(
    x1=lambda xp, g, x1, x2: _shared(xp, g, x1, x2, xp.less(x1, x2)),
    x2=lambda xp, g, x1, x2: _shared(xp, g, x2, x1, xp.less(x2, x1)),
)


@op(node="Minimum", refuse=no_complex("minimum not implemented for complex tensors.", RuntimeError))
def minimum(xp, x1, x2):
    r"""Return the smaller of two; nan if either is. At a tie each gets half of the gradient.

    .. math:: y_i = \min(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.minimum(plugrad.tensor([1.0, 5.0]), plugrad.tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return xp.minimum(x1, x2)


minimum.vjp(
    x1=lambda xp, g, x1, x2: _shared(xp, g, x1, x2, xp.less(x2, x1)),
    x2=lambda xp, g, x1, x2: _shared(xp, g, x2, x1, xp.less(x1, x2)),
)


@op(node="Fmax", refuse=no_complex("fmax not implemented for complex tensors.", RuntimeError))
def fmax(xp, x1, x2):
    r"""Return the larger of two, or the one that is not nan. At a tie the first gets all of the gradient.

    .. math:: y_i = \max(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.fmax(plugrad.tensor([1.0, float("nan")]), plugrad.tensor([3.0, 2.0]))
        tensor([3., 2.])
    """
    return xp.where(_first_is_fmax(xp, x1, x2), x1, x2)


def _first_is_fmax(xp, x1, x2):
    # At a tie all of the gradient goes to the first.
    return xp.logical_or(xp.greater_equal(x1, x2), xp.not_equal(x2, x2))


fmax.vjp(
    x1=lambda xp, g, x1, x2: xp.keep_where(g, _first_is_fmax(xp, x1, x2)),
    x2=lambda xp, g, x1, x2: xp.drop_where(g, _first_is_fmax(xp, x1, x2)),
)


@op(node="Fmin", refuse=no_complex("fmin not implemented for complex tensors.", RuntimeError))
def fmin(xp, x1, x2):
    r"""Return the smaller of two, or the one that is not nan. At a tie the first gets all of the gradient.

    .. math:: y_i = \min(input_i, other_i)

    Example::

        >>> import plugrad
        >>> plugrad.fmin(plugrad.tensor([1.0, float("nan")]), plugrad.tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return xp.where(_first_is_fmin(xp, x1, x2), x1, x2)


def _first_is_fmin(xp, x1, x2):
    return xp.logical_or(xp.less_equal(x1, x2), xp.not_equal(x2, x2))


fmin.vjp(
    x1=lambda xp, g, x1, x2: xp.keep_where(g, _first_is_fmin(xp, x1, x2)),
    x2=lambda xp, g, x1, x2: xp.drop_where(g, _first_is_fmin(xp, x1, x2)),
)


@op(
    node="ClampMin",
    called="clamp_min",
    refuse=no_clamp,
)
def clamp_min(xp, x1, x2):
    """The larger of x1 and the bound x2."""
    return xp.maximum(x1, x2)


# PyTorch 2.13: at the bound all of the gradient goes to x1.
clamp_min.vjp(
    x1=lambda xp, g, x1, x2: xp.keep_where(g, xp.greater_equal(x1, x2)),
    x2=lambda xp, g, x1, x2: xp.keep_where(g, xp.less(x1, x2)),
)


@op(
    node="ClampMax",
    called="clamp_max",
    refuse=no_clamp,
)
def clamp_max(xp, x1, x2):
    """The smaller of x1 and the bound x2."""
    return xp.minimum(x1, x2)


clamp_max.vjp(
    x1=lambda xp, g, x1, x2: xp.keep_where(g, xp.less_equal(x1, x2)),
    x2=lambda xp, g, x1, x2: xp.keep_where(g, xp.greater(x1, x2)),
)


@op(elementwise=True, node="Clamp", called="clamp", samples=lambda: [
    case(real(3, 4), -1.0, 1.0), case(real(3, 4), real(4), real(3, 1)),
    case(real(3), None, 0.5), case(real(3), real(3), None)], refuse=no_clamp)  # fmt: skip
def clamp_between(xp, x, min=None, max=None):
    """x with what is below min or above max replaced by them; max wins where min is above it."""
    if min is not None:
        x = xp.maximum(x, min)
    return x if max is None else xp.minimum(x, max)


def _clamp_x(xp, g, x, min, max):
    # PyTorch 2.13: at a bound the gradient passes. Versions after it differ.
    if min is None:
        return xp.keep_where(g, xp.less_equal(x, max))
    inside = xp.greater_equal(x, min)
    return xp.keep_where(g, inside if max is None else xp.logical_and(inside, xp.less_equal(x, max)))


def _clamp_lower(xp, g, x, min, max):
    taken = xp.less(x, min)
    return xp.keep_where(g, taken if max is None else xp.logical_and(taken, xp.less(min, max)))


def _clamp_upper(xp, g, x, min, max):
    taken = xp.greater(x, max)
    return xp.keep_where(g, taken if min is None else xp.logical_or(taken, xp.less(max, min)))


clamp_between.vjp(x=_clamp_x, min=_clamp_lower, max=_clamp_upper)


@op(elementwise=True, node="ClampBackward1", samples=lambda: [
    case(real(3, 4), min=-1.0, max=1.0), case(real(3), min=0.5), case(real(3), max=0.5)], refuse=no_clamp)  # fmt: skip
def clamp(xp, x, *, min=None, max=None):
    """clamp_between with numbers as the bounds."""
    return xp.clamp_between(x, min, max)


clamp.vjp(x=_clamp_x)

# The standard's clip leaves open what PyTorch says: min above max, and bounds that broadcast the result.
clip = FUNCTIONS["clip"] = clamp_between


@op(elementwise=True, node="NanToNum", samples=lambda: [case(real(3, 4), nan=0.0, posinf=2.0, neginf=-2.0)])
def nan_to_num(xp, x, *, nan, posinf, neginf):
    """x with nan and the infinities replaced by numbers."""
    x = xp.where(xp.not_equal(x, x), nan, x)
    infinite = xp.isinf(x)
    x = xp.where(xp.logical_and(infinite, xp.greater(x, 0)), posinf, x)
    return xp.where(xp.logical_and(infinite, xp.less(x, 0)), neginf, x)


nan_to_num.vjp(x=lambda xp, g, x: xp.keep_where(g, xp.isfinite(x)))
