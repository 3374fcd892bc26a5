"""Normalization."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, lacks

__all__ = ["layer_norm", "layer_norm_backward"]


def mean_of(xp, x, axes):
    """The mean over axes that stay with size 1. Of nothing it has any value, and libraries would warn."""
    reduce = xp.sum if 0 in x.shape else xp.mean
    return reduce(x, axis=axes, keepdims=True)


def standardized(xp, x, axes, eps):
    """(x - mean) / sqrt(var + eps) with the biased variance, the mean, and the reciprocal of the root."""
    mean = mean_of(xp, x, axes)
    centred = x - mean
    rstd = 1 / xp.sqrt(eps + mean_of(xp, centred * centred, axes))
    return centred * rstd, mean, rstd


def _last(x, ndim):
    return tuple(range(x.ndim - ndim, x.ndim))


@op(
    node="NativeLayerNorm",
    promote="equal",
    residuals=2,
    refuse=lacks("LayerNormKernelImpl", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: [
        case(real(4, 3), None, None, ndim=1, eps=1e-5),
        case(real(4, 3), real(3), real(3), ndim=1, eps=1e-5),
        case(real(2, 4, 3), real(4, 3), real(4, 3), ndim=2, eps=1e-2),
        case(real(4, 3), None, real(3), ndim=1, eps=1e-5),
    ],
)
def layer_norm(xp, x, weight=None, bias=None, *, ndim, eps):
    """(x - mean) / sqrt(var + eps) over the last ``ndim`` axes; the statistics that did it are residuals."""
    y, mean, rstd = standardized(xp, x, _last(x, ndim), eps)
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias), mean, rstd


def _gradients(xp, g, x, weight, y1, y2, ndim, eps, needs):
    # The statistics are constants here: layer_norm_backward sees them as functions of x.
    return for_each(needs, xp.layer_norm_backward(g[0], x, weight, y1, y2, ndim=ndim, eps=eps, wanted=needs))


def for_each(needs, found):
    found = iter(found)
    return [next(found) if need else None for need in needs]


layer_norm.vjp(joint=_gradients)


@op(
    promote="equal",
    samples=lambda: [
        case(real(4, 3), real(4, 3), real(3), None, None, ndim=1, eps=1e-5, wanted=(True, True, True)),
        case(real(2, 4, 3), real(2, 4, 3), None, None, None, ndim=2, eps=1e-5, wanted=(True, False, True)),
        case(real(4, 3), real(4, 3), real(3), None, None, ndim=1, eps=1e-5, wanted=(False, True, False)),
    ],
)
def layer_norm_backward(xp, grad, x, weight=None, mean=None, rstd=None, *, ndim, eps, wanted):
    r"""The gradients of layer_norm that are needed, of x, weight and bias, in this order.

    With :math:`\hat x` the normalized x and :math:`h = g w`:
    :math:`(h - \overline{h} - \hat x \, \overline{h \hat x}) / \sqrt{\sigma^2 + \epsilon}`, the means over
    the normalized axes (https://arxiv.org/abs/1607.06450). The statistics are a help for kernels; the
    definition computes them of x, so that it can be differentiated again.
    """
    axes = _last(x, ndim)
    outer = tuple(range(x.ndim - ndim))
    normal, _, rstd = standardized(xp, x, axes, eps)
    found = []
    if wanted[0]:
        h = grad if weight is None else grad * weight
        h = h - mean_of(xp, h, axes) - normal * mean_of(xp, h * normal, axes)
        found.append(h * rstd)
    if wanted[1]:
        found.append(xp.sum(grad * normal, axis=outer))
    if wanted[2]:
        found.append(xp.sum(grad, axis=outer))
    return tuple(found)
