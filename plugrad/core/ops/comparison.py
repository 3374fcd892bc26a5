"""Comparisons, logic, bits, and questions about floating point values. None of them has a derivative."""

from __future__ import annotations

from plugrad.core.facts import booleans, case, integers, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, FLOATING, lacks, no_complex

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "equal", "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "less",
    "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
]  # fmt: skip


@op(called="eq", constant=True, result="bool")
def equal(xp, x1, x2):
    r"""Return where two are equal.

    .. math:: y_i = (input_i = other_i)

    Example::

        >>> import plugrad
        >>> plugrad.eq(plugrad.tensor([1, 2]), plugrad.tensor([1, 3]))
        tensor([ True, False])
    """
    return xp.equal(x1, x2)


@op(called="ne", constant=True, result="bool")
def not_equal(xp, x1, x2):
    r"""Return where two differ.

    .. math:: y_i = (input_i \ne other_i)

    Example::

        >>> import plugrad
        >>> plugrad.ne(plugrad.tensor([1, 2]), plugrad.tensor([1, 3]))
        tensor([False,  True])
    """
    return xp.not_equal(x1, x2)


@op(called="lt", constant=True, result="bool", refuse=lacks("lt_cpu", COMPLEX))
def less(xp, x1, x2):
    r"""Return where the first is below the second.

    .. math:: y_i = (input_i < other_i)

    Example::

        >>> import plugrad
        >>> plugrad.lt(plugrad.tensor([1, 2]), plugrad.tensor([1, 3]))
        tensor([False,  True])
    """
    return xp.less(x1, x2)


@op(called="le", constant=True, result="bool", refuse=lacks("le_cpu", COMPLEX))
def less_equal(xp, x1, x2):
    r"""Return where the first is not above the second.

    .. math:: y_i = (input_i \le other_i)

    Example::

        >>> import plugrad
        >>> plugrad.le(plugrad.tensor([1, 2]), plugrad.tensor([1, 1]))
        tensor([ True, False])
    """
    return xp.less_equal(x1, x2)


@op(called="gt", constant=True, result="bool", refuse=lacks("gt_cpu", COMPLEX))
def greater(xp, x1, x2):
    r"""Return where the first is above the second.

    .. math:: y_i = (input_i > other_i)

    Example::

        >>> import plugrad
        >>> plugrad.gt(plugrad.tensor([1, 2]), plugrad.tensor([1, 1]))
        tensor([False,  True])
    """
    return xp.greater(x1, x2)


@op(called="ge", constant=True, result="bool", refuse=lacks("ge_cpu", COMPLEX))
def greater_equal(xp, x1, x2):
    r"""Return where the first is not below the second.

    .. math:: y_i = (input_i \ge other_i)

    Example::

        >>> import plugrad
        >>> plugrad.ge(plugrad.tensor([1, 2]), plugrad.tensor([1, 3]))
        tensor([ True, False])
    """
    return xp.greater_equal(x1, x2)


@op(constant=True, promote="none", samples=lambda: [
    case(real(3, 4), real(4)), case(real(3), real(3), equal_nan=True)])  # fmt: skip
def isclose(xp, x1, x2, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """|x1 - x2| <= atol + rtol * |x2|, elementwise; equal infinities are close."""
    close = xp.equal(x1, x2)
    if equal_nan:
        close = xp.logical_or(close, xp.logical_and(xp.not_equal(x1, x1), xp.not_equal(x2, x2)))
    gap = xp.abs(x1 - x2)
    near = xp.logical_and(xp.isfinite(gap), xp.less_equal(gap, atol + xp.abs(rtol * x2)))
    return xp.logical_or(close, near)


# PyTorch takes any dtype as a truth value, the standard booleans only: the methods convert.


def _two_booleans():
    return [case(booleans(*a), booleans(*b)) for a, b in (((3, 4), (3, 4)), ((3, 1), (4,)), ((1,), (0,)))]


def _two_integers():
    return [case(integers(3, 4, low=-9, high=9), integers(4, low=-9, high=9)), case(booleans(3), booleans(3))]


def _shifted():
    shifts = integers(4, high=6)
    return [case(integers(3, 4, low=-9, high=9), shifts), case(integers(high=9), shifts)]


@op(constant=True, result="bool", samples=_two_booleans)
def logical_and(xp, x1, x2):
    """x1 and x2, elementwise."""
    return xp.logical_and(x1, x2)


@op(constant=True, result="bool", samples=_two_booleans)
def logical_or(xp, x1, x2):
    """x1 or x2, elementwise."""
    return xp.logical_or(x1, x2)


@op(constant=True, result="bool", samples=_two_booleans)
def logical_xor(xp, x1, x2):
    """Either x1 or x2, elementwise."""
    return xp.logical_xor(x1, x2)


@op(constant=True, result="bool", samples=lambda: [case(booleans(3, 4)), case(booleans(0))])
def logical_not(xp, x):
    """Not x, elementwise."""
    return xp.logical_not(x)


@op(constant=True, refuse=lacks("bitwise_and_cpu", FLOATING, COMPLEX), samples=_two_integers)
def bitwise_and(xp, x1, x2):
    r"""Return the bits that are set in both; of booleans: both.

    .. math:: y_i = input_i \mathbin{\&} other_i

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_and(plugrad.tensor([3, 6]), plugrad.tensor([1, 3]))
        tensor([1, 2])
    """
    return xp.bitwise_and(x1, x2)


@op(constant=True, refuse=lacks("bitwise_or_cpu", FLOATING, COMPLEX), samples=_two_integers)
def bitwise_or(xp, x1, x2):
    r"""Return the bits that are set in either; of booleans: either.

    .. math:: y_i = input_i \mid other_i

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_or(plugrad.tensor([3, 6]), plugrad.tensor([1, 3]))
        tensor([3, 7])
    """
    return xp.bitwise_or(x1, x2)


@op(constant=True, refuse=lacks("bitwise_xor_cpu", FLOATING, COMPLEX), samples=_two_integers)
def bitwise_xor(xp, x1, x2):
    r"""Return the bits in which two differ; of booleans: whether they differ.

    .. math:: y_i = input_i \oplus other_i

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_xor(plugrad.tensor([3, 6]), plugrad.tensor([1, 3]))
        tensor([2, 5])
    """
    return xp.bitwise_xor(x1, x2)


@op(called="bitwise_not", constant=True, refuse=lacks("bitwise_not_cpu", FLOATING, COMPLEX),
    samples=lambda: [case(integers(3, 4, low=-9, high=9)), case(booleans(3))])  # fmt: skip
def bitwise_invert(xp, x):
    r"""Return all bits the other way; of booleans: not.

    .. math:: y_i = \lnot input_i

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_not(plugrad.tensor([0, 5]))
        tensor([-1, -6])
    """
    return xp.bitwise_invert(x)


@op(constant=True, refuse=lacks("lshift_cpu", BOOLEAN, FLOATING, COMPLEX), samples=_shifted)
def bitwise_left_shift(xp, x1, x2):
    r"""Return the bits of the first shifted to the left by the second.

    .. math:: y_i = input_i \cdot 2^{other_i}

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_left_shift(plugrad.tensor([1, 3]), plugrad.tensor([3, 1]))
        tensor([8, 6])
    """
    return xp.bitwise_left_shift(x1, x2)


@op(constant=True, refuse=lacks("rshift_cpu", BOOLEAN, FLOATING, COMPLEX), samples=_shifted)
def bitwise_right_shift(xp, x1, x2):
    r"""Return the bits of the first shifted to the right by the second; the sign stays.

    .. math:: y_i = \left\lfloor \frac{input_i}{2^{other_i}} \right\rfloor

    Example::

        >>> import plugrad
        >>> plugrad.bitwise_right_shift(plugrad.tensor([8, -8]), plugrad.tensor([1, 2]))
        tensor([ 4, -2])
    """
    return xp.bitwise_right_shift(x1, x2)


@op(constant=True, result="bool")
def isnan(xp, x):
    r"""Return which elements are not a number.

    .. math:: y_i = (input_i \ne input_i)

    Example::

        >>> import plugrad
        >>> plugrad.isnan(plugrad.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    return xp.isnan(x)


@op(constant=True, result="bool")
def isinf(xp, x):
    r"""Return which elements are infinite, of either sign.

    .. math:: y_i = (|input_i| = \infty)

    Example::

        >>> import plugrad
        >>> plugrad.isinf(plugrad.tensor([1.0, float("-inf")]))
        tensor([False,  True])
    """
    return xp.isinf(x)


@op(constant=True, result="bool")
def isfinite(xp, x):
    r"""Return which elements are neither infinite nor nan.

    .. math:: y_i = (|input_i| < \infty)

    Example::

        >>> import plugrad
        >>> plugrad.isfinite(plugrad.tensor([1.0, float("nan")]))
        tensor([ True, False])
    """
    return xp.isfinite(x)


@op(
    constant=True,
    result="bool",
    refuse=no_complex("signbit is not implemented for complex tensors.", NotImplementedError),
    rescue=lambda xp, x: xp.less(x, 0),
)
def signbit(xp, x):
    r"""Return which elements have a negative sign, -0.0 included.

    .. math:: y_i = (input_i < 0 \text{ or } input_i = -0)

    Example::

        >>> import plugrad
        >>> plugrad.signbit(plugrad.tensor([1.0, -0.0]))
        tensor([False,  True])
    """
    return xp.signbit(x)
