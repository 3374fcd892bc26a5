"""Normalization of each channel over a batch, in training and with known statistics. Channels are axis 1."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.normalization import for_each, mean_of, standardized
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = ["batch_norm", "batch_norm_backward", "batch_norm_by_statistics", "channel_moments"]


def others(x):
    """All axes but that of the channels."""
    return (0, *range(2, x.ndim))


def by_channel(xp, value, ndim):
    """A number for each channel, to be broadcast."""
    return xp.reshape(value, shape=(value.shape[0], *[1] * (ndim - 2)))


@op(constant=True, samples=lambda: [case(real(4, 3), axes=(0,)), case(real(2, 3, 2, 2), axes=(0, 2, 3))])
def channel_moments(xp, x, *, axes):
    """Mean and biased variance of each channel, over all other axes."""
    mean = mean_of(xp, x, axes)
    centred = x - mean
    variance = mean_of(xp, centred * centred, axes)
    return xp.reshape(mean, shape=(x.shape[1],)), xp.reshape(variance, shape=(x.shape[1],))


@op(
    node="NativeBatchNorm",
    promote="none",
    residuals=2,
    refuse=lacks("batch_norm", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(4, 3), None, None, None, None, eps=1e-5),
        case(real(4, 3), real(3), real(3), None, None, eps=1e-5),
        case(real(2, 3, 4), real(3), None, None, None, eps=1e-2),
        case(real(2, 3, 2, 2), None, real(3), None, None, eps=1e-5),
    ],
)
def batch_norm(xp, x, weight=None, bias=None, mean=None, variance=None, *, eps):
    """(x - mean) / sqrt(var + eps) of each channel, by its own statistics; these are residuals.

    Those that are given are a help for kernels, which need not compute them again. The definition does, so that it
    is a function of x alone.
    """
    y, mean, rstd = standardized(xp, x, others(x), eps)
    if weight is not None:
        y = y * by_channel(xp, weight, x.ndim)
    return (y if bias is None else y + by_channel(xp, bias, x.ndim)), mean, rstd


def _gradients(xp, g, x, weight, y1, y2, eps, needs):
    # The statistics are constants here: batch_norm_backward sees them as functions of x.
    wanted = needs[:3]
    found = for_each(wanted, xp.batch_norm_backward(g[0], x, weight, y1, y2, eps=eps, wanted=wanted))
    return [*found, None, None]


batch_norm.vjp(joint=_gradients)


@op(
    promote="none",
    samples=lambda: [
        case(real(4, 3), real(4, 3), real(3), None, None, eps=1e-5, wanted=(True, True, True)),
        case(real(2, 3, 4), real(2, 3, 4), None, None, None, eps=1e-5, wanted=(True, False, True)),
        case(real(2, 3, 4), real(2, 3, 4), real(3), None, None, eps=1e-5, wanted=(False, True, False)),
    ],
)
def batch_norm_backward(xp, grad, x, weight=None, mean=None, rstd=None, *, eps, wanted):
    r"""The gradients of batch_norm that are needed, of x, weight and bias, in this order.

    With :math:`\hat x` the normalized x and :math:`h = g w`:
    :math:`(h - \overline{h} - \hat x \, \overline{h \hat x}) / \sqrt{\sigma^2 + \epsilon}`, the means over a
    channel (https://arxiv.org/abs/1502.03167). The statistics are a help for kernels.
    """
    axes = others(x)
    found = []
    if wanted[0] or wanted[1]:
        normal, _, rstd = standardized(xp, x, axes, eps)
    if wanted[0]:
        h = grad if weight is None else grad * by_channel(xp, weight, x.ndim)
        h = h - mean_of(xp, h, axes) - normal * mean_of(xp, h * normal, axes)
        found.append(h * rstd)
    if wanted[1]:
        found.append(xp.sum(grad * normal, axis=axes))
    if wanted[2]:
        found.append(xp.sum(grad, axis=axes))
    return tuple(found)


@op(
    node="NativeBatchNorm",
    called="native_batch_norm",
    promote="none",
    fixed=("running_mean", "running_var"),
    refuse=lacks("batch_norm", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(4, 3), None, None, real(3), real(3, low=0.5), eps=1e-5),
        case(real(2, 3, 4), real(3), real(3), real(3), real(3, low=0.5), eps=1e-2),
    ],
)
def batch_norm_by_statistics(xp, x, weight, bias, running_mean, running_var, *, eps):
    """(x - running_mean) / sqrt(running_var + eps) * weight + bias of each channel."""
    scale = 1 / xp.sqrt(running_var + eps)
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale
    if bias is not None:
        shift = shift + bias
    return x * by_channel(xp, scale, x.ndim) + by_channel(xp, shift, x.ndim)


def _by_x(xp, g, weight, running_var, eps):
    scale = 1 / xp.sqrt(running_var + eps)
    return g * by_channel(xp, scale if weight is None else scale * weight, g.ndim)


def _by_weight(xp, g, x, running_mean, running_var, eps):
    normal = (x - by_channel(xp, running_mean, x.ndim)) * by_channel(xp, 1 / xp.sqrt(running_var + eps), x.ndim)
    return xp.sum(g * normal, axis=others(x))


batch_norm_by_statistics.vjp(x=_by_x, weight=_by_weight, bias=lambda xp, g: xp.sum(g, axis=others(g)))
