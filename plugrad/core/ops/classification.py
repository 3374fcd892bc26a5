"""Losses of classes: negative log likelihood and cross entropy.

The axis of classes is 1 in a batch, and the only one without.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.core.errors import with_hint
from plugrad.core.facts import case, integers, real
from plugrad.core.namespace import has_kernel
from plugrad.core.op import op
from plugrad.core.ops.softmax import largest
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, lacks

__all__ = [
    "cross_entropy", "cross_entropy_backward", "cross_entropy_of_classes", "cross_entropy_of_logits",
    "cross_entropy_of_probabilities", "nll_loss", "nll_loss_backward", "nll_loss_of_classes",
]  # fmt: skip


def class_axis(x):
    """The axis of classes of logits or log-probabilities."""
    return 1 if x.ndim > 1 else 0


def read_targets(xp, target, weight, like, ignore_index, classes):
    """Of each target: the weight of its loss, its class (0 where it is ignored), and whether it is ignored.

    A target that is out of bounds becomes the number of classes, which the library refuses where it reads.
    """
    target = xp.astype(target, dtype=xp.int64)
    ignored = xp.equal(target, ignore_index)
    outside = xp.logical_or(xp.less(target, 0), xp.greater_equal(target, classes))
    kept = xp.where(ignored, 0, xp.where(outside, classes, target))
    if weight is None:
        weights = xp.ones_like(target, dtype=like.dtype)
    else:
        weights = xp.take(weight, xp.reshape(kept, shape=(-1,)), axis=0)
        weights = xp.reshape(weights, shape=tuple(target.shape))
    return xp.where(ignored, 0.0, weights), kept, ignored


def pick(xp, x, kept):
    """x at each target's class. Out of bounds: the library's error, or nan where it has none."""
    axis = class_axis(x)
    picked = xp.squeeze(xp.take_along_axis(x, xp.expand_dims(kept, axis=axis), axis=axis), axis=axis)
    return xp.where(xp.equal(kept, x.shape[axis]), math.nan, picked)


def one_hot(xp, shape, kept):
    """True at each target's class."""
    axis = 1 if len(shape) > 1 else 0
    zero = xp.broadcast_to(xp.sum(xp.zeros_like(kept)), shape=(shape[axis],))
    classes = -1 + xp.cumulative_sum(1 + zero, axis=0)
    classes = xp.reshape(classes, shape=(shape[axis], *[1] * (len(shape) - axis - 1)))
    return xp.equal(xp.expand_dims(kept, axis=axis), classes)


def shares(xp, weights, ignored, reduction):
    """What each target's loss is multiplied by: 0 where ignored, even where all are and the mean is nan."""
    if reduction != "mean":
        return weights
    return xp.where(ignored, 0.0, xp.divide(weights, xp.sum(weights)))


def reduced(xp, losses, weights, reduction):
    """The losses, their sum, or their weighted mean."""
    if reduction == "none":
        return losses
    total = xp.sum(losses)
    return total if reduction == "sum" else xp.divide(total, xp.sum(weights))


@op(
    node="NllLoss",
    promote="none",
    fixed=("weight",),
    called="nll_loss_forward",
    refuse=lacks("nll_loss_out_frame", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: [
        case(real(4, 3), integers(4, high=3), None),
        case(real(4, 3), integers(4, high=3), real(3, low=0.5), reduction="sum"),
        case(real(2, 3, 4), integers(2, 4, high=3), None, reduction="none", ignore_index=1),
        case(real(3), integers(high=3), None),
    ],
)
def nll_loss_of_classes(xp, x, target, weight, *, ignore_index=-100, reduction="mean"):
    """-x at the targets' classes, weighted; each, their sum, or their weighted mean."""
    weights, kept, ignored = read_targets(xp, target, weight, x, ignore_index, x.shape[class_axis(x)])
    losses = xp.where(ignored, 0.0, -(pick(xp, x, kept) * weights))
    return reduced(xp, losses, weights, reduction)


nll_loss_of_classes.vjp(
    x=lambda xp, g, target, weight, x_shape, ignore_index, reduction: xp.nll_loss_backward(
        g, target, weight, shape=x_shape, ignore_index=ignore_index, reduction=reduction
    )
)


@op(
    promote="none",
    fixed=("weight",),
    samples=lambda: [
        case(real(), integers(4, high=3), None, shape=(4, 3), ignore_index=-100, reduction="mean"),
        case(real(2, 4), integers(2, 4, high=3), real(3), shape=(2, 3, 4), ignore_index=1, reduction="none"),
    ],
)
def nll_loss_backward(xp, grad, target, weight, *, shape, ignore_index, reduction):
    """The gradient of nll_loss: minus the share of each target, at its class."""
    axis = 1 if len(shape) > 1 else 0
    weights, kept, ignored = read_targets(xp, target, weight, grad, ignore_index, shape[axis])
    found = xp.expand_dims(-(shares(xp, weights, ignored, reduction) * grad), axis=axis)
    return xp.where(one_hot(xp, shape, kept), found, 0.0)


nll_loss_backward.vjp(
    # Of a linear map from the incoming gradient: the loss of g, but that a mean's divisor is in the shares.
    grad=lambda xp, g, target, weight, ignore_index, reduction: xp.nll_loss_of_classes(
        g, target, weight, ignore_index=ignore_index, reduction=reduction
    )
)


def smoothed(xp, x, target, weight, ignore_index, reduction, label_smoothing):
    """The distribution that softmax is compared with, times each target's share; and the sum of each."""
    axis = class_axis(x)
    classes = x.shape[axis]
    weights, kept, ignored = read_targets(xp, target, weight, x, ignore_index, classes)
    share = xp.expand_dims(shares(xp, weights, ignored, reduction), axis=axis)
    wanted = xp.where(one_hot(xp, x.shape, kept), (1 - label_smoothing) * share, 0.0)
    if not label_smoothing:
        return wanted, share
    ones = xp.where(ignored, xp.zeros_like(weights), xp.ones_like(weights))
    if reduction == "mean":
        ones = xp.where(ignored, ones, xp.divide(ones, xp.sum(weights)))
    rest = (label_smoothing / classes) * xp.expand_dims(ones, axis=axis)
    if weight is not None:
        rest = rest * xp.reshape(weight, shape=(classes, *[1] * (x.ndim - axis - 1)))
    wanted = wanted + rest
    return wanted, xp.sum(wanted, axis=axis, keepdims=True)


def losses_of(xp, log_p, weights, kept, ignored, weight, label_smoothing):
    """The loss of each target, from log-probabilities."""
    axis = class_axis(log_p)
    classes = log_p.shape[axis]
    losses = -(pick(xp, log_p, kept) * weights)
    if label_smoothing:
        every = log_p
        if weight is not None:
            every = log_p * xp.reshape(weight, shape=(classes, *[1] * (log_p.ndim - axis - 1)))
        losses = (1 - label_smoothing) * losses - (label_smoothing / classes) * xp.sum(every, axis=axis)
    return xp.where(ignored, 0.0, losses)


def _samples():
    return [
        case(real(4, 3), integers(4, high=3), None),
        case(real(4, 3), integers(4, high=3), real(3, low=0.5), reduction="sum", label_smoothing=0.2),
        case(real(2, 3, 4), integers(2, 4, high=3), None, reduction="none", ignore_index=1),
        case(real(4, 3), integers(4, high=3), real(3, low=0.5), ignore_index=1, label_smoothing=0.2),
        case(real(3), integers(high=3), None, label_smoothing=0.5),
    ]


@op(
    node="NllLoss",
    promote="none",
    fixed=("weight",),
    residuals=1,
    called="nll_loss_forward",
    refuse=lacks("log_softmax_lastdim_kernel_impl", BOOLEAN, INTEGER, COMPLEX),
    samples=_samples,
)
def cross_entropy_of_classes(xp, x, target, weight, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """The loss; and as a residual its slope, what backward multiplies by the incoming gradient.

    The loss of a target is -sum_j w_j log softmax(x)_j for a distribution w that is 1 at the target's class,
    smoothed, and its slope sum(w) softmax(x) - w. So backward is one pass.
    """
    axis = class_axis(x)
    weights, kept, ignored = read_targets(xp, target, weight, x, ignore_index, x.shape[axis])
    log_p = xp.log_softmax(x, axis=axis)
    losses = losses_of(xp, log_p, weights, kept, ignored, weight, label_smoothing)
    loss = reduced(xp, losses, weights, reduction)
    wanted, mass = smoothed(xp, x, target, weight, ignore_index, reduction, label_smoothing)
    return loss, mass * xp.exp(log_p) - wanted


def _cross_entropy_gradient(xp, g, y1, target, weight, ignore_index, reduction, label_smoothing):
    loss_g, slope_g = g
    axis = class_axis(y1)
    result = (xp.expand_dims(loss_g, axis=axis) if reduction == "none" else loss_g) * y1
    if slope_g is not None:
        # In double backward: the slope is q - w with q = sum(w) softmax(x), and w does not depend on x.
        wanted, mass = smoothed(xp, y1, target, weight, ignore_index, reduction, label_smoothing)
        q = y1 + wanted
        h = q * slope_g
        h = h - q * xp.divide(xp.sum(h, axis=axis, keepdims=True), xp.where(xp.equal(mass, 0), 1.0, mass))
        result = result + h
    return result


cross_entropy_of_classes.vjp(x=_cross_entropy_gradient)


@op(
    node="NllLoss",
    promote="none",
    fixed=("weight",),
    residuals=2,
    called="nll_loss_forward",
    refuse=lacks("log_softmax_lastdim_kernel_impl", BOOLEAN, INTEGER, COMPLEX),
    samples=_samples,
)
def cross_entropy_of_logits(xp, x, target, weight, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """The same loss, for backends with a kernel that reads the logits once here and once in backward.

    The slope is not kept, which has the logits' size, but log(sum(exp(x))) of each target and the sum of the weights.
    """
    axis = class_axis(x)
    weights, kept, ignored = read_targets(xp, target, weight, x, ignore_index, x.shape[axis])
    top = largest(xp, x, axis)
    log_p = x - top
    log_sum = xp.log(xp.sum(xp.exp(log_p), axis=axis, keepdims=True))
    log_p = log_p - log_sum
    losses = losses_of(xp, log_p, weights, kept, ignored, weight, label_smoothing)
    return reduced(xp, losses, weights, reduction), xp.squeeze(top + log_sum, axis=axis), xp.sum(weights)


cross_entropy_of_logits.vjp(
    # What is kept is constant here: cross_entropy_backward sees it as a function of x.
    x=lambda xp, g, x, target, weight, y1, y2, ignore_index, reduction, label_smoothing: xp.cross_entropy_backward(
        g[0],
        x,
        target,
        weight,
        y1,
        y2,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )
)


def _backward_samples():
    for sample in _samples():
        x, target, weight = sample.args
        each = sample.options.get("reduction") == "none"
        grad = real(2, 4) if each else real()
        options = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0, **sample.options}
        yield case(grad, x, target, weight, None, None, **options)


@op(
    promote="none",
    fixed=("weight",),
    refuse=lacks("log_softmax_lastdim_kernel_impl", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: list(_backward_samples()),
)
def cross_entropy_backward(
    xp, grad, x, target, weight, lse=None, total=None, *, ignore_index, reduction, label_smoothing
):
    """The gradient of cross_entropy_of_logits: sum(w) softmax(x) - w. ``lse`` and ``total`` are a help for kernels."""
    axis = class_axis(x)
    wanted, mass = smoothed(xp, x, target, weight, ignore_index, reduction, label_smoothing)
    slope = mass * xp.softmax(x, axis=axis) - wanted
    return (xp.expand_dims(grad, axis=axis) if reduction == "none" else grad) * slope


@op(
    samples=lambda: [
        case(real(4, 3), real(4, 3, low=0.0), None),
        case(real(2, 3, 4), real(2, 3, 4, low=0.0), real(3, low=0.5), reduction="none", label_smoothing=0.2),
    ],
    refuse=lacks("log_softmax_lastdim_kernel_impl", COMPLEX),
)
def cross_entropy_of_probabilities(xp, x, target, weight, *, reduction="mean", label_smoothing=0.0):
    """-sum_j t_j w_j log softmax(x)_j, for a distribution t of classes."""
    axis = class_axis(x)
    classes = x.shape[axis]
    if label_smoothing:
        target = (1 - label_smoothing) * target + label_smoothing / classes
    product = xp.log_softmax(x, axis=axis) * target
    if weight is not None:
        product = product * xp.reshape(weight, shape=(classes, *[1] * (x.ndim - axis - 1)))
    if reduction == "none":
        return -xp.sum(product, axis=axis)
    count = 1
    for i, n in enumerate(x.shape):
        count *= 1 if i == axis else n
    total = -xp.sum(product)
    return total if reduction == "sum" else xp.divide(total, count or math.nan)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """PyTorch's cross_entropy on Tensors: a target shaped as the input is one of probabilities."""
    if input.raw.shape == target.raw.shape:
        return cross_entropy_of_probabilities(
            input, target, weight, reduction=reduction, label_smoothing=label_smoothing
        )
    native = has_kernel(input.device.xp, "cross_entropy_of_logits")
    try:
        return (cross_entropy_of_logits if native else cross_entropy_of_classes)(
            input,
            target,
            weight,
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
    except IndexError:
        refuse_targets(input, target, ignore_index)
        raise


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """PyTorch's nll_loss on Tensors."""
    try:
        return nll_loss_of_classes(input, target, weight, ignore_index=ignore_index, reduction=reduction)
    except IndexError:
        refuse_targets(input, target, ignore_index)
        raise


def refuse_targets(input, target, ignore_index):
    """Raise PyTorch's error, which names the first target that is out of bounds."""
    classes = input.raw.shape[class_axis(input.raw)]
    for t in target.device.backend.to_host(target.raw).reshape(-1).tolist():
        if t != ignore_index and not 0 <= t < classes:
            hint = f"with {classes} classes, targets are 0 to {classes - 1}, or ignore_index, {ignore_index}."
            raise IndexError(with_hint(f"Target {t} is out of bounds.", hint))
