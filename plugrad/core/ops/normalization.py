"""Normalization."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = ["layer_norm", "layer_norm_backward", "layer_norm_with_statistics"]


def _standardized(xp, x, axes, eps):
    """(x - mean) / sqrt(var + eps), with the mean and the reciprocal of the root; the variance is the biased one."""
    mean = xp.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    rstd = 1 / xp.sqrt(xp.mean(centred * centred, axis=axes, keepdims=True) + eps)
    return centred * rstd, mean, rstd


def _last(x, ndim):
    return tuple(range(x.ndim - ndim, x.ndim))


@op(
    node="NativeLayerNorm",
    promote="equal",
    samples=lambda: [
        case(real(4, 3), None, None, ndim=1, eps=1e-5),
        case(real(4, 3), real(3), real(3), ndim=1, eps=1e-5),
        case(real(2, 4, 3), real(4, 3), real(4, 3), ndim=2, eps=1e-2),
        case(real(4, 3), None, real(3), ndim=1, eps=1e-5),
    ],
)
def layer_norm_with_statistics(xp, x, weight=None, bias=None, *, ndim, eps):
    """Normalized over the last ``ndim`` axes, and the mean and 1 / sqrt(var + eps) that did it."""
    y, mean, rstd = _standardized(xp, x, _last(x, ndim), eps)
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias), mean, rstd


def _gradients(xp, g, x, weight, y1, y2, ndim, eps, needs):
    # The statistics are constants here: layer_norm_backward sees them as functions of x.
    return _for_each(needs, xp.layer_norm_backward(g[0], x, weight, y1, y2, ndim=ndim, eps=eps, wanted=needs))


def _for_each(needs, found):
    found = iter(found)
    return [next(found) if need else None for need in needs]


layer_norm_with_statistics.vjp(joint=_gradients)
# The statistics are for backward alone: no gradient comes to them, and no zeros are made for them.
layer_norm_with_statistics.op.node_class.fills_zeros = False


@op(
    promote="equal",
    samples=lambda: [
        case(
            real(4, 3),
            real(4, 3),
            real(3),
            real(4, 1),
            real(4, 1),
            ndim=1,
            eps=1e-5,
            wanted=(True, True, True),
        ),
    ],
)
def layer_norm_backward(xp, grad, x, weight, mean, rstd, *, ndim, eps, wanted):
    r"""The gradients of layer_norm that are needed, of x, weight and bias, in this order.

    With :math:`\hat x` the normalized x and :math:`h = g w`:
    :math:`(h - \overline{h} - \hat x \, \overline{h \hat x}) / \sqrt{\sigma^2 + \epsilon}`, the means over the
    normalized axes (https://arxiv.org/abs/1607.06450). The statistics are a help for kernels; the definition computes
    them of x, so that it can be differentiated again.
    """
    axes = _last(x, ndim)
    outer = tuple(range(x.ndim - ndim))
    normal, _, rstd = _standardized(xp, x, axes, eps)
    found = []
    if wanted[0]:
        h = grad if weight is None else grad * weight
        h = h - xp.mean(h, axis=axes, keepdims=True) - normal * xp.mean(h * normal, axis=axes, keepdims=True)
        found.append(h * rstd)
    if wanted[1]:
        found.append(xp.sum(grad * normal, axis=outer))
    if wanted[2]:
        found.append(xp.sum(grad, axis=outer))
    return tuple(found)


def layer_norm(input, weight=None, bias=None, *, ndim, eps):
    """PyTorch's layer_norm on Tensors, over the last ``ndim`` axes."""
    return layer_norm_with_statistics(input, weight, bias, ndim=ndim, eps=eps)[0]
