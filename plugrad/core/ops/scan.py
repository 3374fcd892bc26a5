"""Scans: cumulative sums, products and log-sums of exponentials. Running maxima stand in extremum."""

from __future__ import annotations

from plugrad.core.dispatch import cast
from plugrad.core.facts import case, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.ops.extremum import running

__all__ = [
    "cumulative_logsumexp",
    "cumulative_prod",
    "cumulative_prod_backward",
    "cumulative_sum",
    "reverse_recurrence",
]


def _along(axis, start, stop):
    return (*[slice(None)] * axis, slice(start, stop, 1), ...)


def _axis(axis, ndim):
    """The standard allows None where there is one axis."""
    return 0 if axis is None else axis % ndim


def _reversed_sum(xp, g, axis, include_initial):
    axis = _axis(axis, g.ndim)
    if include_initial:
        g = xp.basic_slice(g, key=_along(axis, 1, g.shape[axis]))
    return xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis)


def _samples():
    return [
        case(real(4)),
        case(real(2, 3, 4), axis=1),
        case(real(2, 3), axis=-1, include_initial=True),
        case(real(0, 3), axis=0),
        case(real(2, 1), axis=1),
    ]


@op(node="Cumsum", linear="all", samples=_samples)
def cumulative_sum(xp, x, *, axis=None, include_initial=False):
    """Each element plus all before it along an axis."""
    return xp.cumulative_sum(x, axis=axis, include_initial=include_initial)


cumulative_sum.vjp(x=lambda xp, g, axis, include_initial: _reversed_sum(xp, g, axis, include_initial))


@op(samples=lambda: [case(real(4), real(4), axis=0), case(real(2, 5, 3), real(2, 5, 3), axis=1)])
def reverse_recurrence(xp, a, b, *, axis):
    """``y[i] = b[i] + a[i] * y[i + 1]`` along an axis, with 0 beyond its end: log2(n) steps, no division."""
    axis %= b.ndim
    n = b.shape[axis]
    distance = 1
    while distance < n:
        head, tail, last = (
            _along(axis, 0, n - distance),
            _along(axis, distance, n),
            _along(axis, n - distance, n),
        )
        early = xp.basic_slice(a, key=head)
        b = xp.concat(
            [xp.basic_slice(b, key=head) + early * xp.basic_slice(b, key=tail), xp.basic_slice(b, key=last)],
            axis=axis,
        )
        # What is multiplied across the end is never used.
        a = xp.concat([early * xp.basic_slice(a, key=tail), xp.basic_slice(a, key=last)], axis=axis)
        distance *= 2
    return b


@op(node="Cumprod", samples=_samples)
def cumulative_prod(xp, x, *, axis=None, include_initial=False):
    """Each element times all before it along an axis."""
    return xp.cumulative_prod(x, axis=axis, include_initial=include_initial)


def _cumulative_prod_rule(xp, g, y, x, axis, include_initial):
    axis = _axis(axis, x.ndim)
    if include_initial:
        rest = _along(axis, 1, y.shape[axis])
        g, y = xp.basic_slice(g, key=rest), xp.basic_slice(y, key=rest)
    return xp.cumulative_prod_backward(g, x, y, axis=axis) if x.shape[axis] > 1 else g


cumulative_prod.vjp(x=_cumulative_prod_rule)


@op(promote="none", samples=lambda: [case(real(2, 3), real(2, 3, low=0.5), real(2, 3), axis=1)])
def cumulative_prod_backward(xp, grad, x, product, *, axis):
    """The gradient of x[i]: the sum over k >= i of grad[k] * x[0] ... x[k] without x[i].

    Where no element along the axis is 0 that sum is divided by x[i], as in PyTorch; elsewhere nothing is
    divided.
    """
    zeros = xp.broadcast_to(xp.any(x == 0, axis=axis, keepdims=True), shape=tuple(x.shape))
    # Nothing is divided by 0, not even where the quotient is not used: its derivative would be nan.
    quotient = xp.divide(_reversed_sum(xp, grad * product, axis, False), xp.where(zeros, 1, x))
    return xp.where(zeros, without_division(xp, grad, x, axis), quotient)


def without_division(xp, grad, x, axis):
    """x[0] ... x[i - 1] times y[i] = grad[i] + x[i + 1] * y[i + 1]: right at zeros, to any order."""
    axis %= x.ndim
    n = x.shape[axis]
    first = xp.basic_slice(x, key=_along(axis, 0, 1))
    before = xp.concat([xp.ones_like(first), xp.basic_slice(x, key=_along(axis, 0, n - 1))], axis=axis)
    following = xp.concat([xp.basic_slice(x, key=_along(axis, 1, n)), first], axis=axis)
    return xp.cumulative_prod(before, axis=axis) * xp.reverse_recurrence(following, grad, axis=axis)


@op(
    node="Logcumsumexp",
    promote="float",
    samples=lambda: [case(real(4), axis=0), case(real(2, 3, 4), axis=1), case(real(0, 3), axis=0)],
)
def cumulative_logsumexp(xp, x, *, axis):
    """log(sum(exp(x[:i + 1]))) along an axis, without overflow."""
    return running(xp, x, axis, xp.logaddexp)


def _cumulative_logsumexp_rule(xp, g, y, x, axis):
    """The gradient of x[i] is the sum over k >= i of g[k] * exp(x[i] - y[k]).

    That is exp(x[i] - y[i]) times s[i] = g[i] + exp(y[i] - y[i + 1]) * s[i + 1]; no exponent is ever
    positive.
    """
    axis %= x.ndim
    n = x.shape[axis]
    if not n:
        return g
    following = xp.concat(
        [xp.basic_slice(y, key=_along(axis, 1, n)), xp.basic_slice(y, key=_along(axis, n - 1, n))], axis=axis
    )
    # Infinities are not subtracted from themselves: one that stays is a ratio of 1.
    stays = xp.logical_and(xp.isinf(y), y == following)
    ratio = xp.exp(xp.drop_where(y, stays) - xp.drop_where(following, stays))
    return xp.exp(x - y) * xp.reverse_recurrence(ratio, g, axis=axis)


cumulative_logsumexp.vjp(x=_cumulative_logsumexp_rule)


def _with_dtype(function):
    """The standard's form with ``dtype=``: the elements are cast before they are combined."""

    def cumulated(x, *, axis=None, dtype=None, include_initial=False):
        return function(x if dtype is None else cast(x, dtype), axis=axis, include_initial=include_initial)

    cumulated.__name__ = cumulated.__qualname__ = function.__name__
    cumulated.__doc__ = function.__doc__
    return cumulated


FUNCTIONS["cumulative_sum"] = _with_dtype(cumulative_sum)
FUNCTIONS["cumulative_prod"] = _with_dtype(cumulative_prod)
