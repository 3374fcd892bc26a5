"""Reductions by arithmetic: sums, means, products, spreads, norms; and all, any and count_nonzero.

``axis`` is None for all axes, an integer or a tuple; an empty tuple reduces nothing.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.core.dispatch import cast
from plugrad.core.facts import case, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.ops.overload import overload
from plugrad.core.refusals import no_complex

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "deviation",
    "logsumexp",
    "mean",
    "mean_over",
    "nansum",
    "prod",
    "prod_over",
    "products_of_others",
    "sum",
    "sum_over",
    "variance",
    "vector_norm",
]

inf, nan = math.inf, math.nan


def axes_of(axis, ndim):
    """The axes that are reduced, counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in ((axis,) if isinstance(axis, int) else axis)) if ndim else ()


def count(shape, axis):
    """How many elements each result is made of."""
    return math.prod([shape[a] for a in axes_of(axis, len(shape))])


def kept(xp, y, shape, axis, keepdims):
    """A reduced array as ``keepdims=True`` would give it, so that it broadcasts with what was reduced."""
    if axis is None or keepdims or not shape:
        return y
    axes = axes_of(axis, len(shape))
    return xp.reshape(y, shape=tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def spread(xp, g, shape, axis, keepdims):
    """A reduced gradient broadcast over the axes that were reduced."""
    return xp.broadcast_to(kept(xp, g, shape, axis, keepdims), shape=shape)


def _samples():
    """Calls whose results are numbers."""
    x = real(2, 3, 4)
    options: list[Any] = [
        {},
        {"axis": 0},
        {"axis": -1, "keepdims": True},
        {"axis": (0, 2)},
        {"axis": ()},
        {"keepdims": True},
    ]
    return [*[case(x, **o) for o in options], case(real()), case(real(0, 3), axis=1)]


def _with_empty():
    """The same, and results of nothing, where these are numbers."""
    return [*_samples(), case(real(0, 3), axis=0)]


@op(node="Sum", linear="all", samples=_with_empty)
def sum_(xp, x, *, axis=None, keepdims=False):
    """Sum over axes."""
    return xp.sum(x, axis=axis, keepdims=keepdims)


sum_.vjp(x=lambda xp, g, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims))
sum_over = overload(sum_, "SumBackward1")


@op(node="Mean", linear="all", samples=_samples)
def mean(xp, x, *, axis=None, keepdims=False):
    """Mean over axes; nan of nothing."""
    return xp.mean(x, axis=axis, keepdims=keepdims)


# Divided before it is spread: fewer divisions, the same quotients. Of nothing, nothing is divided.
mean.vjp(
    x=lambda xp, g, x_shape, axis, keepdims: spread(
        xp, xp.divide(g, count(x_shape, axis) or 1), x_shape, axis, keepdims
    )
)
mean_over = overload(mean, "MeanBackward1")


@op(node="Prod", samples=lambda: [s for s in _with_empty() if s.options.get("axis") != ()])
def prod(xp, x, *, axis=None, keepdims=False):
    """Product over axes; 1 of nothing."""
    return xp.prod(x, axis=axis, keepdims=keepdims)


def _prod_rule(xp, g, y, x, axis, keepdims):
    shape = tuple(x.shape)
    g = spread(xp, g, shape, axis, keepdims)
    # Not g * y / x alone: where an element is 0, the product of the others is still wanted, to any order.
    return g * xp.products_of_others(x, kept(xp, y, shape, axis, keepdims), axis=axis) if count(shape, axis) > 1 else g


prod.vjp(x=_prod_rule)
prod_over = overload(prod, "ProdBackward1")


@op(
    promote="none",
    samples=lambda: [
        case(real(2, 3, 4, low=0.5), real(), axis=None),
        case(real(2, 3, 4, low=0.5), real(2, 1, 4), axis=1),
    ],
)
def products_of_others(xp, x, product, *, axis=None):
    """For every element the product of the others along the axes, of which ``product`` is that of all.

    Where none is 0 it is the quotient, as in PyTorch; elsewhere what is before it times what is after it.
    """
    shape = tuple(x.shape)
    zeros = xp.broadcast_to(xp.any(x == 0, axis=axis, keepdims=True), shape=shape)
    # Nothing is divided by 0, not even where the quotient is not used: its derivative would be nan.
    quotient = xp.divide(product, xp.where(zeros, 1, x))
    return xp.where(zeros, without_division(xp, x, axis), quotient)


def without_division(xp, x, axis):
    """The products of all other elements: what is before an element times what is after it."""
    shape = tuple(x.shape)
    axes = axes_of(axis, len(shape))
    rest = tuple([i for i in range(len(shape)) if i not in axes])
    order = (*rest, *axes)
    n = math.prod([shape[a] for a in axes])
    flat = xp.reshape(xp.permute_dims(x, axes=order), shape=(*[shape[i] for i in rest], n))
    last = len(rest)
    ones = xp.ones_like(xp.basic_slice(flat, key=(..., slice(0, min(n, 1), 1))))
    others = (..., slice(0, max(n - 1, 0), 1))
    before = xp.concat([ones, xp.basic_slice(flat, key=others)], axis=last)
    after = xp.concat([ones, xp.basic_slice(xp.flip(flat, axis=last), key=others)], axis=last)
    y = xp.cumulative_prod(before, axis=last) * xp.flip(xp.cumulative_prod(after, axis=last), axis=last)
    y = xp.reshape(y, shape=tuple([shape[i] for i in order]))
    return xp.permute_dims(y, axes=tuple([order.index(i) for i in range(len(shape))]))


def _var_rule(xp, g, x, axis, correction, keepdims):
    shape = tuple(x.shape)
    free = count(shape, axis) - correction
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    if free > 0:
        return spread(xp, (2 / free) * g, shape, axis, keepdims) * xp.conj(deviation)
    # PyTorch's limit: 2 / 0 times a deviation, which is nan where that is 0.
    limit = xp.where(deviation == 0, nan, xp.full_like(deviation, inf))
    return spread(xp, g, shape, axis, keepdims) * limit


def _spread_samples():
    return [
        *[s for s in _samples() if s.options.get("axis") != () and s.args[0].shape],
        case(real(3, 4), axis=0, correction=1.0),
        case(real(3, 4), axis=1, correction=0.5, keepdims=True),
    ]


@op(node="Var", samples=_spread_samples)
def variance(xp, x, *, axis=None, correction=0.0, keepdims=False):
    """The sum of squared deviations from the mean over axes, divided by count - correction.

    Not a library's own var: what that does with too few degrees of freedom is its own affair.
    """
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    squares = deviation * deviation
    if xp.isdtype(x.dtype, "complex floating"):
        squares = xp.real(deviation) ** 2 + xp.imag(deviation) ** 2
    y = xp.sum(squares, axis=axis, keepdims=keepdims)
    free = count(x.shape, axis) - correction
    return y / free if free > 0 else xp.where(y > 0, inf, xp.full_like(y, nan))


variance.vjp(x=_var_rule)


def _std_rule(xp, g, y, x, axis, correction, keepdims):
    # 0 where the deviation is 0, PyTorch's choice. The divisor is made safe before the division, not its
    # result after it, so that the derivative of this rule has no 0 / 0 either.
    constant = y == 0
    g = xp.drop_where(xp.divide(g, xp.where(constant, 1, 2 * y)), constant)
    return _var_rule(xp, g, x, axis, correction, keepdims)


@op(node="Std", samples=_spread_samples)
def deviation(xp, x, *, axis=None, correction=0.0, keepdims=False):
    """The standard deviation over axes: the square root of the variance."""
    return xp.sqrt(xp.variance(x, axis=axis, correction=correction, keepdims=keepdims))


deviation.vjp(x=_std_rule)
FUNCTIONS["var"] = variance
FUNCTIONS["std"] = deviation


@op(
    node="Nansum", samples=_with_empty, refuse=no_complex("nansum on CPU does not support complex inputs", RuntimeError)
)
def nansum(xp, x, *, axis=None, keepdims=False):
    """Sum over axes of what is not nan."""
    return xp.sum(xp.where(xp.isnan(x), 0, x), axis=axis, keepdims=keepdims)


# A product with 0, not a choice: the gradient of a mean of nothing but nans is nan, as in PyTorch.
nansum.vjp(
    x=lambda xp, g, x, axis, keepdims: (
        spread(xp, g, tuple(x.shape), axis, keepdims) * xp.astype(xp.logical_not(xp.isnan(x)), dtype=g.dtype)
    )
)


@op(node="Logsumexp", promote="float", samples=lambda: [s for s in _samples() if s.options.get("axis") != ()])
def logsumexp(xp, x, *, axis=None, keepdims=False):
    """log(sum(exp(x))) over axes; the largest element is taken out first, against overflow; -inf of nothing."""
    if 0 in x.shape:
        return xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=keepdims))
    # Of complex numbers the largest real part: it is what makes the size.
    largest = xp.max(xp.real(x), axis=axis, keepdims=True)
    # An infinite one would be subtracted from itself.
    largest = xp.where(xp.isinf(largest), 0, largest)
    y = xp.log(xp.sum(xp.exp(x - largest), axis=axis, keepdims=True)) + largest
    if keepdims:
        return y
    axes = axes_of(axis, x.ndim)
    return xp.reshape(y, shape=tuple([n for i, n in enumerate(x.shape) if i not in axes]))


# Where all are -inf the gradient is nan (-inf - -inf), as in PyTorch.
logsumexp.vjp(
    x=lambda xp, g, y, x, axis, keepdims: (
        spread(xp, g, tuple(x.shape), axis, keepdims) * xp.exp(x - kept(xp, y, tuple(x.shape), axis, keepdims))
    )
)


def _safe_quotient(xp, a, norm, power=1):
    """a / norm**power, and 0 where the norm is 0: PyTorch's gradient there. No 0 / 0 at any order."""
    zero = norm == 0
    norm = xp.where(zero, 1, norm)
    return xp.drop_where(xp.divide(a, norm if power == 1 else norm**power), zero)


def _power_of_size(xp, x, power):
    """|x|**power, and 0 where x is 0 even if the power is negative."""
    zero = x == 0
    return xp.drop_where(xp.abs(xp.where(zero, 1, x)) ** power, zero)


def _sign(xp, x):
    """The sign, 0 of nan too, conjugated: the derivative of a size."""
    return xp.conj(xp.sgn(x))


def norm_rule(xp, g, y, x, ord, axis, keepdims):
    """The gradient of ``vector_norm``."""
    shape = tuple(x.shape)
    g = kept(xp, g, shape, axis, keepdims)
    y = kept(xp, y, shape, axis, keepdims)
    if ord == 0:
        return spread(xp, 0 * g, shape, axis, True) * xp.zeros_like(x)
    if ord == 1:
        return g * _sign(xp, x)
    if ord == 2:
        return xp.conj(x) * _safe_quotient(xp, g, y)
    if abs(ord) == inf:
        # Shared evenly by all of the largest (smallest) size; none where the norm is nan.
        equal = xp.abs(x) == y
        shares = xp.astype(equal, dtype=g.dtype)
        shared = xp.divide(shares, xp.maximum(xp.sum(shares, axis=axis, keepdims=True), 1))
        return _sign(xp, x) * (g * shared)
    if ord < 1:
        return _sign(xp, x) * _power_of_size(xp, x, ord - 1) * (g * y ** (1 - ord))
    if ord < 2:
        return _sign(xp, x) * _power_of_size(xp, x, ord - 1) * _safe_quotient(xp, g, y, ord - 1)
    return xp.conj(x) * xp.abs(x) ** (ord - 2) * _safe_quotient(xp, g, y, ord - 1)


def _norm_samples():
    x = real(2, 3, 4, distinct=True)
    apart = real(2, 3, 4, low=0.5, distinct=True)
    orders = [case(x, ord=p, axis=1) for p in (0, 1, 3, 0.5, 1.5)] + [case(apart, ord=p, axis=1) for p in (inf, -inf)]
    return [*_samples(), *orders, case(x, ord=4, keepdims=True), case(x, ord=1, axis=(0, 2))]


@op(node="LinalgVectorNorm", kinks=(0.0,), samples=_norm_samples)
def vector_norm(xp, x, *, ord=2, axis=None, keepdims=False):
    """sum(|x|**ord)**(1/ord) over axes; ord=0 counts nonzeros, inf and -inf take max and min of |x|."""
    if ord == 0:
        return xp.sum(xp.astype(x != 0, dtype=xp.real(x).dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == 2:
        squares = x * x
        if xp.isdtype(x.dtype, "complex floating"):
            squares = xp.real(x) ** 2 + xp.imag(x) ** 2
        return xp.sqrt(xp.sum(squares, axis=axis, keepdims=keepdims))
    if ord == inf:
        return xp.max(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == -inf:
        return xp.min(xp.abs(x), axis=axis, keepdims=keepdims)
    return xp.sum(xp.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


vector_norm.vjp(x=norm_rule)


@op(constant=True, samples=_with_empty)
def all_(xp, x, *, axis=None, keepdims=False):
    """Whether all elements along the axes are true (not 0)."""
    return xp.all(x, axis=axis, keepdims=keepdims)


@op(constant=True, samples=_with_empty)
def any_(xp, x, *, axis=None, keepdims=False):
    """Whether any element along the axes is true (not 0)."""
    return xp.any(x, axis=axis, keepdims=keepdims)


@op(constant=True, samples=_with_empty)
def count_nonzero(xp, x, *, axis=None, keepdims=False):
    """The number of elements along the axes that are not 0."""
    return xp.count_nonzero(x, axis=axis, keepdims=keepdims)


def _with_dtype(function):
    """The standard's form with ``dtype=``: the elements are cast before they are combined."""

    def reduced(x, *, axis=None, dtype=None, keepdims=False):
        return function(x if dtype is None else cast(x, dtype), axis=axis, keepdims=keepdims)

    reduced.__name__ = reduced.__qualname__ = function.__name__
    reduced.__doc__ = function.__doc__
    return reduced


FUNCTIONS["sum"] = _with_dtype(sum_)
FUNCTIONS["prod"] = _with_dtype(prod)

sum = sum_
all = all_
any = any_
