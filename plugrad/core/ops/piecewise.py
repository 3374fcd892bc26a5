"""Activations made of pieces: straight lines, and one that is drawn at random. At a kink the value of PyTorch."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.activation import leaky_relu
from plugrad.core.ops.overload import overload
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = [
    "hardshrink", "hardsigmoid", "hardswish", "hardswish_backward", "leaky_relu_of_mean", "prelu", "rrelu",
    "shrink_backward", "softshrink", "threshold",
]  # fmt: skip


@op(node="Hardswish", kinks=(-3.0, 3.0), refuse=lacks("hardswish_cpu", BOOLEAN, INTEGER),
    samples=lambda: [case(real(3, 4, low=-5.0, high=5.0)), case(real())])  # fmt: skip
def hardswish(xp, x):
    """x * min(max(x + 3, 0), 6) / 6."""
    return xp.divide(x * xp.minimum(xp.maximum(x + 3, 0), 6), 6)


hardswish.vjp(x=lambda xp, g, x: xp.hardswish_backward(g, x))


@op(node="HardswishBackward", kinks=(-3.0, 3.0),
    samples=lambda: [case(real(3, 4), real(3, 4, low=-5.0, high=5.0))])  # fmt: skip
def hardswish_backward(xp, grad, x):
    """The gradient of hardswish: 0 at and below -3, 1 at and above 3, a line between."""
    middle = grad * (xp.divide(x, 3) + 0.5)
    return xp.where(xp.less_equal(x, -3), 0, xp.where(xp.less(x, 3), middle, grad))


@op(node="Hardsigmoid", kinks=(-3.0, 3.0), refuse=lacks("hardsigmoid_cpu", BOOLEAN, INTEGER),
    samples=lambda: [case(real(3, 4, low=-5.0, high=5.0)), case(real())])  # fmt: skip
def hardsigmoid(xp, x):
    """min(max(x + 3, 0), 6) / 6."""
    return xp.divide(xp.minimum(xp.maximum(x + 3, 0), 6), 6)


# At the limits the gradient is 0.
hardsigmoid.vjp(x=lambda xp, g, x: xp.keep_where(xp.divide(g, 6), xp.logical_and(xp.greater(x, -3), xp.less(x, 3))))


@op(elementwise=True, node="Hardshrink", refuse=lacks("hardshrink_cpu", BOOLEAN, INTEGER),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), lambd=1.0)])  # fmt: skip
def hardshrink(xp, x, *, lambd=0.5):
    """x where it is outside of [-lambd, lambd], else 0; nan stays nan."""
    return xp.drop_where(x, xp.logical_and(xp.greater_equal(x, -lambd), xp.less_equal(x, lambd)))


hardshrink.vjp(x=lambda xp, g, x, lambd: xp.shrink_backward(g, x, lambd=lambd))


@op(elementwise=True, node="Softshrink", refuse=lacks("softshrink_check", BOOLEAN, INTEGER),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), lambd=1.0)])  # fmt: skip
def softshrink(xp, x, *, lambd=0.5):
    """x moved towards 0 by lambd, 0 where it is nearer than that; nan stays nan."""
    inside = xp.multiply(x, 0)
    return xp.where(xp.greater(x, lambd), x - lambd, xp.where(xp.less(x, -lambd), x + lambd, inside))


softshrink.vjp(x=lambda xp, g, x, lambd: xp.shrink_backward(g, x, lambd=lambd))


@op(elementwise=True, node="HardshrinkBackward", samples=lambda: [case(real(3, 4), real(3, 4), lambd=0.5)])
def shrink_backward(xp, grad, x, *, lambd):
    """The gradient of hardshrink and softshrink: 0 in [-lambd, lambd], limits included."""
    return xp.drop_where(grad, xp.logical_and(xp.greater_equal(x, -lambd), xp.less_equal(x, lambd)))


shrink_backward.vjp(
    grad=lambda xp, g, x, lambd: xp.shrink_backward(g, x, lambd=lambd),
    x=lambda xp, g: xp.zeros_like(g),
)


@op(elementwise=True, node="Threshold", refuse=lacks("threshold_cpu", BOOLEAN), kinks=(0.1,),
    samples=lambda: [case(real(3, 4), threshold=0.1, value=0.1), case(real(3), threshold=0.1, value=20)])  # fmt: skip
def threshold(xp, x, *, threshold, value):
    """x where it is above the threshold, else the value."""
    return xp.where(xp.less_equal(x, threshold), value, x)


# At the threshold the gradient is 0.
threshold.vjp(x=lambda xp, g, x, threshold: xp.drop_where(g, xp.less_equal(x, threshold)))


@op(node="PreluKernel", kinks=(0.0,), samples=lambda: [
    case(real(3, 4), real()), case(real(2, 3, 4), real(3, 1)), case(real(3), real(3))])  # fmt: skip
def prelu(xp, x, weight):
    """x where it is positive, weight * x elsewhere. At 0 the gradient is the weight's."""
    return xp.where(xp.greater(x, 0), x, weight * x)


prelu.vjp(
    x=lambda xp, g, x, weight: xp.where(xp.greater(x, 0), g, weight * g),
    weight=lambda xp, g, x: xp.drop_where(x * g, xp.greater(x, 0)),
)


@op(node="RreluWithNoise", samples=lambda: [case(real(3, 4), real(3, 4))])
def rrelu(xp, x, noise):
    """x times slopes that were drawn: 1 where x is positive."""
    return x * noise


rrelu.vjp(x=lambda xp, g, noise: g * noise, noise=lambda xp, g, x: g * x)
leaky_relu_of_mean = overload(leaky_relu, "RreluWithNoiseBackward0")
