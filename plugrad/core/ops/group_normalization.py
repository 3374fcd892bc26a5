"""Normalization of groups of channels of each sample, and by the mean square alone."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.batch_normalization import by_channel, others
from plugrad.core.ops.normalization import for_each, mean_of, standardized
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = ["group_norm", "group_norm_backward", "rms_norm"]


def _by_group(xp, x, groups):
    """(N, groups, everything in a group)."""
    return xp.reshape(x, shape=(x.shape[0], groups, addressing.size(x.shape[1:]) // groups))


@op(
    node="NativeGroupNorm",
    promote="none",
    residuals=2,
    refuse=lacks("GroupNormKernelImpl", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(2, 4), None, None, groups=2, eps=1e-5),
        case(real(2, 4, 3), real(4), real(4), groups=2, eps=1e-5),
        case(real(2, 3, 2, 2), real(3), None, groups=1, eps=1e-2),
    ],
)
def group_norm(xp, x, weight=None, bias=None, *, groups, eps):
    """(x - mean) / sqrt(var + eps) of each group of channels; the statistics that did it are residuals."""
    y, mean, rstd = standardized(xp, _by_group(xp, x, groups), (2,), eps)
    y = xp.reshape(y, shape=tuple(x.shape))
    if weight is not None:
        y = y * by_channel(xp, weight, x.ndim)
    return (y if bias is None else y + by_channel(xp, bias, x.ndim)), mean, rstd


def _gradients(xp, g, x, weight, y1, y2, groups, eps, needs):
    # The statistics are constants here: group_norm_backward sees them as functions of x.
    return for_each(needs, xp.group_norm_backward(g[0], x, weight, y1, y2, groups=groups, eps=eps, wanted=needs))


group_norm.vjp(joint=_gradients)


@op(
    promote="none",
    samples=lambda: [
        case(real(2, 4, 3), real(2, 4, 3), real(4), None, None, groups=2, eps=1e-5, wanted=(True, True, True)),
        case(real(2, 4), real(2, 4), None, None, None, groups=1, eps=1e-5, wanted=(True, False, True)),
    ],
)
def group_norm_backward(xp, grad, x, weight=None, mean=None, rstd=None, *, groups, eps, wanted):
    """The gradients of group_norm that are needed, of x, weight and bias, in this order: as layer_norm's."""
    found = []
    if wanted[0] or wanted[1]:
        normal, _, rstd = standardized(xp, _by_group(xp, x, groups), (2,), eps)
    if wanted[0]:
        h = _by_group(xp, grad if weight is None else grad * by_channel(xp, weight, x.ndim), groups)
        h = h - mean_of(xp, h, (2,)) - normal * mean_of(xp, h * normal, (2,))
        found.append(xp.reshape(h * rstd, shape=tuple(x.shape)))
    if wanted[1]:
        found.append(xp.sum(grad * xp.reshape(normal, shape=tuple(x.shape)), axis=others(x)))
    if wanted[2]:
        found.append(xp.sum(grad, axis=others(x)))
    return tuple(found)


@op(
    node="RmsNorm",
    promote="none",
    refuse=lacks("rms_norm", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(2, 4), None, ndim=1, eps=1e-5),
        case(real(2, 4, 3), real(4, 3), ndim=2, eps=1e-2),
    ],
)
def rms_norm(xp, x, weight=None, *, ndim, eps):
    """x / sqrt(mean(x^2) + eps) over the last ``ndim`` axes, times the weight."""
    square = mean_of(xp, x * x, tuple(range(x.ndim - ndim, x.ndim)))
    y = x * xp.rsqrt(square + eps)
    return y if weight is None else y * weight
