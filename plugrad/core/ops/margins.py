"""Losses that want scores apart by a margin. In a batch, classes are the last axis."""

from __future__ import annotations

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.loss import reduced, share
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = [
    "multi_margin_loss", "multi_margin_loss_backward", "multilabel_margin_loss", "multilabel_margin_loss_backward",
    "soft_margin_loss", "soft_margin_loss_backward",
]  # fmt: skip


@op(node="SoftMarginLoss", fixed=("target",), called="soft_margin_loss", samples=lambda: [
    case(real(3, 4), real(3, 4), reduction="mean"), case(real(3), real(3), reduction="none")])  # fmt: skip
def soft_margin_loss(xp, x, target, *, reduction="mean"):
    """log(1 + exp(-target * x))."""
    return reduced(xp, xp.log1p(xp.exp(-target * x)), reduction)


soft_margin_loss.vjp(
    x=lambda xp, g, x, target, reduction: xp.soft_margin_loss_backward(g, x, target, reduction=reduction),
)


@op(samples=lambda: [
    case(real(), real(3, 4), real(3, 4), reduction="mean"),
    case(real(3), real(3), real(3), reduction="none")])  # fmt: skip
def soft_margin_loss_backward(xp, grad, x, target, *, reduction):
    """The slope of soft_margin_loss, times the incoming gradient."""
    z = xp.exp(-target * x)
    return (share(reduction, x.shape, target.shape) * grad) * xp.divide(-target * z, z + 1)


# -- one class of several --------------------------------------------------------------------------


def _of_targets(xp, x, target, classes):
    """True at each target's class."""
    return xp.expand_dims(target, axis=-1) == addressing.counting(xp, x, classes)


def _excess(xp, x, target, margin):
    """By how much each score comes too near to its target's: 0 where it does not, and for the target itself."""
    classes = x.shape[-1]
    index = addressing.not_negative(xp, target, classes)
    own = xp.gather(x, xp.expand_dims(index, axis=-1), axis=-1)
    z = margin - own + x
    keep = xp.logical_and(xp.greater(z, 0), xp.logical_not(_of_targets(xp, x, index, classes)))
    return xp.keep_where(z, keep), keep, index


def _class_weights(xp, weight, index):
    """The weight of each target's class, to be multiplied with scores."""
    return xp.reshape(xp.take(weight, xp.reshape(index, shape=(-1,)), axis=0), shape=(*index.shape, 1))


@op(
    node="MultiMarginLoss",
    promote="none",
    fixed=("weight",),
    refuse=lacks("multi_margin_loss_cpu_kernel", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(4, 3), integers(4, high=3), None, p=1, margin=1.0, reduction="mean"),
        case(real(4, 3), integers(4, high=3), real(3, low=0.5), p=2, margin=0.7, reduction="none"),
        case(real(3), integers(high=3), None, p=2, margin=1.0, reduction="sum"),
    ],
)
def multi_margin_loss(xp, x, target, weight=None, *, p, margin, reduction):
    """The mean over classes of max(0, margin - x[target] + x)**p, weighted by the target's class."""
    z, _, index = _excess(xp, x, target, margin)
    losses = z if p == 1 else z * z
    if weight is not None:
        losses = losses * _class_weights(xp, weight, index)
    return reduced(xp, xp.divide(xp.sum(losses, axis=-1), x.shape[-1]), reduction)


multi_margin_loss.vjp(
    x=lambda xp, g, x, target, weight, p, margin, reduction: xp.multi_margin_loss_backward(
        g, x, target, weight, p=p, margin=margin, reduction=reduction
    )
)


@op(
    promote="none",
    fixed=("weight",),
    samples=lambda: [
        case(real(), real(4, 3), integers(4, high=3), None, p=1, margin=1.0, reduction="mean"),
        case(real(4), real(4, 3), integers(4, high=3), real(3), p=2, margin=0.7, reduction="none"),
    ],
)
def multi_margin_loss_backward(xp, grad, x, target, weight=None, *, p, margin, reduction):
    """The gradient of multi_margin_loss."""
    z, keep, index = _excess(xp, x, target, margin)
    slope = xp.astype(keep, dtype=x.dtype) if p == 1 else 2 * z
    if weight is not None:
        slope = slope * _class_weights(xp, weight, index)
    factor = share(reduction, x.shape[:-1]) / x.shape[-1]
    slope = (factor * (xp.expand_dims(grad, axis=-1) if reduction == "none" else grad)) * slope
    own = xp.sum(slope, axis=-1, keepdims=True)
    return xp.where(_of_targets(xp, x, index, x.shape[-1]), -own, slope)


# -- several classes -------------------------------------------------------------------------------


def _pairs(xp, x, target):
    """1 - x[t] + x for every target t and class that is none, 0 else; where it counts; and the targets.

    Targets end before the first negative one.
    """
    classes = x.shape[-1]
    given = xp.greater_equal(target, 0)
    given = xp.equal(xp.cumulative_sum(xp.astype(xp.logical_not(given), dtype=xp.int64), axis=-1), 0)
    index = xp.where(given, addressing.not_negative(xp, xp.where(given, target, 0), classes), 0)
    own = xp.gather(x, index, axis=-1)
    chosen = xp.logical_and(_of_targets(xp, x, index, classes), xp.expand_dims(given, axis=-1))
    free = xp.logical_not(xp.any(chosen, axis=-2, keepdims=True))
    z = 1 - xp.expand_dims(own, axis=-1) + xp.expand_dims(x, axis=-2)
    keep = xp.logical_and(xp.logical_and(xp.expand_dims(given, axis=-1), free), xp.greater(z, 0))
    return xp.keep_where(z, keep), keep, index


@op(
    node="MultilabelMarginLoss",
    promote="none",
    refuse=lacks("multilabel_margin_loss_forward_out_frame", BOOLEAN, INTEGER),
    samples=lambda: [
        case(real(4, 3), integers(4, 3, low=-1, high=3), reduction="mean"),
        case(real(4, 3), integers(4, 3, low=-1, high=3), reduction="none"),
        case(real(3), integers(3, high=3), reduction="sum"),
    ],
)
def multilabel_margin_loss(xp, x, target, *, reduction):
    """The sum of max(0, 1 - (x[t] - x[i])) over targets t and other classes i, by the number of classes."""
    z, _, _ = _pairs(xp, x, target)
    return reduced(xp, xp.divide(xp.sum(z, axis=(-2, -1)), x.shape[-1]), reduction)


multilabel_margin_loss.vjp(
    x=lambda xp, g, x, target, reduction: xp.multilabel_margin_loss_backward(g, x, target, reduction=reduction)
)


@op(
    promote="none",
    samples=lambda: [
        case(real(), real(4, 3), integers(4, 3, low=-1, high=3), reduction="mean"),
        case(real(4), real(4, 3), integers(4, 3, low=-1, high=3), reduction="none"),
    ],
)
def multilabel_margin_loss_backward(xp, grad, x, target, *, reduction):
    """The gradient of multilabel_margin_loss."""
    _, keep, index = _pairs(xp, x, target)
    counts = xp.astype(keep, dtype=x.dtype)
    away = xp.scatter_zeros(xp.sum(counts, axis=-1), index, axis=-1, shape=tuple(x.shape))
    slope = xp.sum(counts, axis=-2) - away
    factor = share(reduction, x.shape[:-1]) / x.shape[-1]
    return (factor * (xp.expand_dims(grad, axis=-1) if reduction == "none" else grad)) * slope
