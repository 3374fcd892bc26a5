"""Losses of numbers and of two classes, element by element."""

from __future__ import annotations

import math

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, either, lacks

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_backward", "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_backward", "huber_loss",
    "huber_loss_backward", "mse_loss", "mse_loss_backward", "smooth_l1_loss", "smooth_l1_loss_backward",
]  # fmt: skip


def reduced(xp, losses, reduction):
    """The losses, their sum or their mean."""
    if reduction == "none":
        return losses
    return xp.sum(losses) if reduction == "sum" else xp.mean(losses)


def share(reduction, *shapes):
    """What each element counts for in the loss of arrays of these shapes: 1, or its part of a mean."""
    if reduction != "mean":
        return 1.0
    count = 1
    for i in range(1, max([len(shape) for shape in shapes]) + 1):
        sizes = [shape[-i] for shape in shapes if len(shape) >= i]
        # A size of 1 stands for any other, 0 too.
        count *= next((n for n in sizes if n != 1), 1)
    return 1.0 / count if count else math.nan


def _pairs(**options):
    return lambda: [
        case(real(3, 4), real(3, 4), reduction="mean", **options),
        case(real(3, 4), real(4), reduction="sum", **options),
        case(real(3), real(3), reduction="none", **options),
        case(real(), real(), reduction="mean", **options),
    ]


def _with_gradient(**options):
    return lambda: [
        case(real(), real(3, 4), real(3, 4), reduction="mean", **options),
        case(real(3, 4), real(3, 4), real(4), reduction="none", **options),
    ]


@op(node="MseLoss", refuse=lacks("mse_cpu", BOOLEAN, INTEGER, COMPLEX), samples=_pairs())
def mse_loss(xp, x, target, *, reduction="mean"):
    """(x - target)^2."""
    d = x - target
    return reduced(xp, d * d, reduction)


mse_loss.vjp(
    x=lambda xp, g, x, target, reduction: xp.mse_loss_backward(g, x, target, reduction=reduction),
    target=lambda xp, g, x, target, reduction: xp.mse_loss_backward(g, target, x, reduction=reduction),
)


@op(node="MseLossBackward", samples=_with_gradient())
def mse_loss_backward(xp, grad, x, target, *, reduction):
    """2 (x - target) times the incoming gradient."""
    return (2.0 * share(reduction, x.shape, target.shape) * grad) * (x - target)


@op(node="SmoothL1Loss", refuse=lacks("smooth_l1_cpu", BOOLEAN, INTEGER, COMPLEX), samples=_pairs(beta=0.7))
def smooth_l1_loss(xp, x, target, *, reduction="mean", beta=1.0):
    """d^2 / (2 beta) for d = |x - target| below beta, d - beta / 2 above."""
    d = xp.abs(x - target)
    return reduced(xp, xp.where(xp.less(d, beta), 0.5 / beta * d * d, d - 0.5 * beta), reduction)


smooth_l1_loss.vjp(
    x=lambda xp, g, x, target, reduction, beta: xp.smooth_l1_loss_backward(
        g, x, target, reduction=reduction, beta=beta
    ),
    target=lambda xp, g, x, target, reduction, beta: xp.smooth_l1_loss_backward(
        g, target, x, reduction=reduction, beta=beta
    ),
)


@op(node="SmoothL1LossBackward", samples=_with_gradient(beta=0.7))
def smooth_l1_loss_backward(xp, grad, x, target, *, reduction, beta):
    """The slope of smooth_l1_loss, times the incoming gradient."""
    d = x - target
    slope = xp.where(xp.less(xp.abs(d), beta), 1 / beta * d, xp.sign(d))
    return (share(reduction, x.shape, target.shape) * grad) * slope


@op(node="HuberLoss", refuse=lacks("huber_cpu", BOOLEAN, INTEGER, COMPLEX), samples=_pairs(delta=0.7))
def huber_loss(xp, x, target, *, reduction="mean", delta=1.0):
    """d^2 / 2 for d = |x - target| up to delta, delta (d - delta / 2) above."""
    d = xp.abs(x - target)
    return reduced(xp, xp.where(xp.less_equal(d, delta), 0.5 * d * d, delta * (d - 0.5 * delta)), reduction)


huber_loss.vjp(
    x=lambda xp, g, x, target, reduction, delta: xp.huber_loss_backward(g, x, target, reduction=reduction, delta=delta),
    target=lambda xp, g, x, target, reduction, delta: xp.huber_loss_backward(
        g, target, x, reduction=reduction, delta=delta
    ),
)


@op(node="HuberLossBackward", samples=_with_gradient(delta=0.7))
def huber_loss_backward(xp, grad, x, target, *, reduction, delta):
    """The slope of huber_loss, times the incoming gradient."""
    d = x - target
    slope = xp.where(xp.less_equal(xp.abs(d), delta), d, delta * xp.sign(d))
    return (share(reduction, x.shape, target.shape) * grad) * slope


# -- two classes -----------------------------------------------------------------------------------

# float32's 1e-12, which PyTorch takes in every dtype.
_TINY = 9.999999960041972e-13


def _probabilities():
    def p(*shape):
        return real(*shape, low=0.1, high=0.9)

    return [
        case(p(3, 4), p(3, 4), None, reduction="mean"),
        case(p(3, 4), p(3, 4), p(4), reduction="sum"),
        case(p(3), p(3), p(3), reduction="none"),
    ]


def _probabilities_with_gradient():
    def p(*shape):
        return real(*shape, low=0.1, high=0.9)

    return [
        case(real(), p(3, 4), p(3, 4), None, reduction="mean"),
        case(real(3, 4), p(3, 4), p(3, 4), p(4), reduction="none"),
    ]


@op(
    node="BinaryCrossEntropy",
    called="binary_cross_entropy",
    fixed=("weight",),
    refuse=lacks("binary_cross_entropy", BOOLEAN, INTEGER, COMPLEX),
    samples=_probabilities,
)
def binary_cross_entropy(xp, x, target, weight=None, *, reduction="mean"):
    """-(t log(x) + (1 - t) log(1 - x)), the logarithms not below -100. What is no probability gives nan.

    The target has the shape of x; the weight broadcasts to it.
    """
    losses = (target - 1) * xp.maximum(xp.log1p(-x), -100.0) - target * xp.maximum(xp.log(x), -100.0)
    losses = xp.where(xp.logical_and(xp.less_equal(0.0, target), xp.less_equal(target, 1.0)), losses, math.nan)
    return reduced(xp, losses if weight is None else losses * weight, reduction)


binary_cross_entropy.vjp(
    x=lambda xp, g, x, target, weight, reduction: xp.binary_cross_entropy_backward(
        g, x, target, weight, reduction=reduction
    ),
    target=lambda xp, g, x, weight, reduction: _target_gradient(xp, g, x, weight, reduction),
)


@op(node="BinaryCrossEntropyBackward", samples=_probabilities_with_gradient)
def binary_cross_entropy_backward(xp, grad, x, target, weight=None, *, reduction):
    """(x - t) / (x (1 - x)), times the incoming gradient. At 0 and 1 the divisor is 1e-12."""
    slope = xp.divide(x - target, xp.maximum((1 - x) * x, _TINY))
    if weight is not None:
        slope = slope * weight
    return (share(reduction, x.shape, target.shape) * grad) * slope


def _target_gradient(xp, g, x, weight, reduction):
    """log((1 - x) / x): infinite at 0 and 1, unlike the loss."""
    slope = xp.log1p(-x) - xp.log(x)
    if weight is not None:
        slope = slope * weight
    return (share(reduction, x.shape) * g) * slope


def _logits():
    return [
        case(real(3, 4), real(3, 4, low=0.0, high=1.0), None, None, reduction="mean"),
        case(real(3, 4), real(3, 4, low=0.0, high=1.0), real(3, 1), real(4, low=0.5), reduction="sum"),
        case(real(3), real(3, low=0.0, high=1.0), None, real(3, low=0.5), reduction="none"),
    ]


@op(
    node="BinaryCrossEntropyWithLogits",
    called="binary_cross_entropy_with_logits",
    fixed=("weight", "pos_weight"),
    refuse=either(lacks("binary_cross_entropy_with_logits", BOOLEAN, INTEGER), lacks("log_sigmoid_cpu", COMPLEX)),
    samples=_logits,
)
def binary_cross_entropy_with_logits(xp, x, target, weight=None, pos_weight=None, *, reduction="mean"):
    """(1 - t) x + p log(1 + exp(-x)) with p = 1 + (pos_weight - 1) t, without overflow.

    The target has the shape of x; the weights broadcast to it.
    """
    softplus = xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(-x, 0.0)
    if pos_weight is not None:
        softplus = ((pos_weight - 1) * target + 1) * softplus
    losses = (1 - target) * x + softplus
    return reduced(xp, losses if weight is None else losses * weight, reduction)


binary_cross_entropy_with_logits.vjp(
    x=lambda xp, g, x, target, weight, pos_weight, reduction: xp.binary_cross_entropy_with_logits_backward(
        g, x, target, weight, pos_weight, reduction=reduction
    ),
    target=lambda xp, g, x, weight, pos_weight, reduction: _logits_target_gradient(
        xp, g, x, weight, pos_weight, reduction
    ),
)


@op(
    node="BinaryCrossEntropyWithLogitsBackward",
    samples=lambda: [
        case(real(), real(3, 4), real(3, 4, low=0.0, high=1.0), None, None, reduction="mean"),
        case(real(3), real(3), real(3, low=0.0, high=1.0), real(1), real(3, low=0.5), reduction="none"),
    ],
)
def binary_cross_entropy_with_logits_backward(xp, grad, x, target, weight=None, pos_weight=None, *, reduction):
    """sigmoid(x) - t, with p t for t among what is multiplied, times the incoming gradient."""
    if pos_weight is None:
        slope = xp.sigmoid(x) - target
    else:
        positive = pos_weight * target
        slope = (positive + 1 - target) * xp.sigmoid(x) - positive
    if weight is not None:
        slope = slope * weight
    return (share(reduction, x.shape, target.shape) * grad) * slope


def _logits_target_gradient(xp, g, x, weight, pos_weight, reduction):
    slope = -x
    if pos_weight is not None:
        slope = slope + (pos_weight - 1) * (xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(-x, 0.0))
    if weight is not None:
        slope = slope * weight
    return (share(reduction, x.shape) * g) * slope
