"""Comparisons, logic, bits, and questions about floating point values. None of them has a derivative."""

from __future__ import annotations

from plugrad.core.facts import booleans, case, integers, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, FLOATING, lacks

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "equal", "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
]  # fmt: skip


@op(called="eq", constant=True, result="bool")
def equal(xp, x1, x2):
    """x1 == x2, elementwise."""
    return xp.equal(x1, x2)


@op(called="ne", constant=True, result="bool")
def not_equal(xp, x1, x2):
    """x1 != x2, elementwise."""
    return xp.not_equal(x1, x2)


@op(called="lt", constant=True, result="bool")
def less(xp, x1, x2):
    """x1 < x2, elementwise."""
    return xp.less(x1, x2)


@op(called="le", constant=True, result="bool")
def less_equal(xp, x1, x2):
    """x1 <= x2, elementwise."""
    return xp.less_equal(x1, x2)


@op(called="gt", constant=True, result="bool")
def greater(xp, x1, x2):
    """x1 > x2, elementwise."""
    return xp.greater(x1, x2)


@op(called="ge", constant=True, result="bool")
def greater_equal(xp, x1, x2):
    """x1 >= x2, elementwise."""
    return xp.greater_equal(x1, x2)


@op(constant=True, promote="none", samples=lambda: [case(real(3, 4), real(4)), case(real(3), real(3), equal_nan=True)])
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
    return [case(booleans(3, 4), booleans(3, 4)), case(booleans(3, 1), booleans(4)), case(booleans(1), booleans(0))]


def _two_integers():
    return [case(integers(3, 4, low=-9, high=9), integers(4, low=-9, high=9)), case(booleans(3), booleans(3))]


def _shifted():
    return [case(integers(3, 4, low=-9, high=9), integers(4, high=6)), case(integers(high=9), integers(3, high=6))]


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


@op(constant=True, refuse=lacks("bitwise_and_cpu", FLOATING), samples=_two_integers)
def bitwise_and(xp, x1, x2):
    """The bits that are set in both."""
    return xp.bitwise_and(x1, x2)


@op(constant=True, refuse=lacks("bitwise_or_cpu", FLOATING), samples=_two_integers)
def bitwise_or(xp, x1, x2):
    """The bits that are set in either."""
    return xp.bitwise_or(x1, x2)


@op(constant=True, refuse=lacks("bitwise_xor_cpu", FLOATING), samples=_two_integers)
def bitwise_xor(xp, x1, x2):
    """The bits in which the two differ."""
    return xp.bitwise_xor(x1, x2)


@op(called="bitwise_not", constant=True, refuse=lacks("bitwise_not_cpu", FLOATING),
    samples=lambda: [case(integers(3, 4, low=-9, high=9)), case(booleans(3))])  # fmt: skip
def bitwise_invert(xp, x):
    """All bits the other way; of booleans: not."""
    return xp.bitwise_invert(x)


@op(constant=True, refuse=lacks("lshift_cpu", BOOLEAN, FLOATING), samples=_shifted)
def bitwise_left_shift(xp, x1, x2):
    """The bits of x1 shifted to the left by x2."""
    return xp.bitwise_left_shift(x1, x2)


@op(constant=True, refuse=lacks("rshift_cpu", BOOLEAN, FLOATING), samples=_shifted)
def bitwise_right_shift(xp, x1, x2):
    """The bits of x1 shifted to the right by x2; the sign stays."""
    return xp.bitwise_right_shift(x1, x2)


@op(constant=True, result="bool")
def isnan(xp, x):
    """Whether an element is not a number."""
    return xp.isnan(x)


@op(constant=True, result="bool")
def isinf(xp, x):
    """Whether an element is infinite."""
    return xp.isinf(x)


@op(constant=True, result="bool")
def isfinite(xp, x):
    """Whether an element is neither infinite nor nan."""
    return xp.isfinite(x)


@op(constant=True, result="bool")
def signbit(xp, x):
    """Whether the sign of an element is negative, -0.0 and -nan included."""
    return xp.signbit(x)
