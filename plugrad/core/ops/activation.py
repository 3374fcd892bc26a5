"""Activation functions. Each backward formula is an op of its own, so that a backend can fuse it."""

from __future__ import annotations

import math

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, booleans, either, lacks, no_clamp

__all__ = [
    "celu", "elu", "elu_backward", "gelu", "gelu_backward", "glu", "glu_backward", "hardtanh", "hardtanh_backward",
    "leaky_relu", "leaky_relu_backward", "log_sigmoid", "mish", "mish_backward", "relu", "relu_backward", "sigmoid",
    "sigmoid_backward", "silu", "silu_backward", "softplus", "softplus_backward",
]  # fmt: skip


@op(node="Relu", kinks=(0.0,),
    refuse=either(booleans("Boolean inputs not supported for relu", "convert first: x.int()."), no_clamp))  # fmt: skip
def relu(xp, x):
    r"""Return what is above 0, and 0 elsewhere. At 0 the gradient is 0; nan stays nan.

    .. math:: y_i = \max(input_i, 0)

    Example::

        >>> import plugrad
        >>> plugrad.relu(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return xp.where(xp.less(x, 0), 0, x)


# The gradient at 0 is 0.
relu.vjp(x=lambda xp, g, y: xp.relu_backward(g, y))


@op(node="ThresholdBackward", kinks=(0.0,))
def relu_backward(xp, grad, result):
    """The gradient of relu: 0 where the result is 0, else ``grad`` (also where the result is nan)."""
    return xp.where(xp.less_equal(result, 0), 0, grad)


relu_backward.vjp(
    grad=lambda xp, g, result: xp.relu_backward(g, result),
    result=lambda xp, g: xp.zeros_like(g),
)


@op(node="Sigmoid", promote="float")
def sigmoid(xp, x):
    r"""Return the logistic function.

    .. math:: y_i = \frac{1}{1 + e^{-input_i}}

    Example::

        >>> import plugrad
        >>> plugrad.sigmoid(plugrad.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """
    return xp.reciprocal(1 + xp.exp(-x))


sigmoid.vjp(x=lambda xp, g, y: xp.sigmoid_backward(g, y))


@op(node="SigmoidBackward")
def sigmoid_backward(xp, grad, result):
    """The gradient of sigmoid, from its result."""
    return grad * ((1 - result) * result)


sigmoid_backward.vjp(
    grad=lambda xp, g, result: xp.sigmoid_backward(g, result),
    result=lambda xp, g, grad, result: g * grad * (1 - 2 * result),
)


@op(node="Silu", refuse=lacks("silu_cpu", BOOLEAN, INTEGER))
def silu(xp, x):
    """x * sigmoid(x)."""
    return xp.divide(x, 1 + xp.exp(-x))


silu.vjp(x=lambda xp, g, x: xp.silu_backward(g, x))


@op(node="SiluBackward")
def silu_backward(xp, grad, x):
    """The gradient of silu."""
    s = xp.sigmoid(x)
    return grad * (s * (1 + x * (1 - s)))


@op(node="Mish", refuse=lacks("mish_cpu", BOOLEAN, INTEGER))
def mish(xp, x):
    """x * tanh(log(1 + e**x))."""
    return x * xp.tanh(xp.softplus(x))


mish.vjp(x=lambda xp, g, x: xp.mish_backward(g, x))


@op(node="MishBackward")
def mish_backward(xp, grad, x):
    """The gradient of mish."""
    t = xp.tanh(xp.softplus(x))
    return grad * (t + x * xp.sigmoid(x) * (1 - t * t))


def _halves(x, axis):
    axis %= x.ndim
    n = x.shape[axis] // 2
    lead = (slice(None),) * axis
    return x[(*lead, slice(0, n), ...)], x[(*lead, slice(n, 2 * n), ...)]


@op(node="Glu", refuse=lacks("glu_cpu", BOOLEAN, INTEGER),
    samples=lambda: [case(real(3, 4), axis=-1), case(real(4, 3), axis=0)])  # fmt: skip
def glu(xp, x, *, axis=-1):
    """One half of x times the sigmoid of the other."""
    first, gate = _halves(x, axis)
    return first * xp.sigmoid(gate)


glu.vjp(x=lambda xp, g, x, axis: xp.glu_backward(g, x, axis=axis))


@op(node="GluBackward", samples=lambda: [case(real(3, 2), real(3, 4), axis=-1)])
def glu_backward(xp, grad, x, *, axis):
    """The gradient of glu."""
    first, gate = _halves(x, axis)
    s = xp.sigmoid(gate)
    gated = grad * s
    return xp.concat([gated, gated * first * (1 - s)], axis=axis)


_SQRT_HALF = math.sqrt(0.5)
_NORMAL_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBE = 0.044715


@op(elementwise=True, node="Gelu", refuse=lacks("GeluKernelImpl", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), approximate="tanh")])  # fmt: skip
def gelu(xp, x, *, approximate="none"):
    """x * Phi(x), Phi the cumulative normal distribution; with "tanh" its approximation.

    https://arxiv.org/abs/1606.08415
    """
    if approximate == "tanh":
        return (0.5 * x) * (1 + xp.tanh(_TANH_SCALE * (x + _TANH_CUBE * (x * x * x))))
    return (0.5 * x) * (1 + xp.erf(_SQRT_HALF * x))


gelu.vjp(x=lambda xp, g, x, approximate: xp.gelu_backward(g, x, approximate=approximate))


@op(elementwise=True, node="GeluBackward", samples=lambda: [
    case(real(3, 4), real(3, 4)), case(real(3, 4), real(3, 4), approximate="tanh")])  # fmt: skip
def gelu_backward(xp, grad, x, *, approximate="none"):
    """The gradient of gelu."""
    if approximate == "tanh":
        t = xp.tanh(_TANH_SCALE * (x + _TANH_CUBE * (x * x * x)))
        slope = _TANH_SCALE * (1 + (3 * _TANH_CUBE) * (x * x))
        return grad * (0.5 * (1 + t) + (0.5 * x) * ((1 - t * t) * slope))
    density = _NORMAL_DENSITY_AT_0 * xp.exp(-0.5 * (x * x))
    return grad * (0.5 * (1 + xp.erf(_SQRT_HALF * x)) + x * density)


@op(elementwise=True, node="Softplus", refuse=lacks("softplus_cpu", BOOLEAN, INTEGER, COMPLEX),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), beta=2.0, threshold=1.5)])  # fmt: skip
def softplus(xp, x, *, beta=1.0, threshold=20.0):
    """log(1 + e**(beta * x)) / beta; x itself where beta * x is above the threshold."""
    scaled = beta * x
    above = xp.greater(scaled, threshold)
    # What is above the threshold is not even computed from. No exponent is positive: in float16 e**12 is infinite.
    scaled = xp.drop_where(scaled, above)
    soft = xp.maximum(scaled, 0) + xp.log1p(xp.exp(-xp.abs(scaled)))
    return xp.where(above, x, xp.divide(soft, beta))


softplus.vjp(x=lambda xp, g, x, beta, threshold: xp.softplus_backward(g, x, beta=beta, threshold=threshold))


@op(elementwise=True, node="SoftplusBackward", samples=lambda: [
    case(real(3, 4), real(3, 4)), case(real(3, 4), real(3, 4), beta=2.0, threshold=1.5)])  # fmt: skip
def softplus_backward(xp, grad, x, *, beta=1.0, threshold=20.0):
    """The gradient of softplus."""
    scaled = beta * x
    above = xp.greater(scaled, threshold)
    return xp.where(above, grad, grad * xp.sigmoid(xp.drop_where(scaled, above)))


@op(node="LogSigmoid", refuse=lacks("log_sigmoid_cpu", BOOLEAN, INTEGER, COMPLEX))
def log_sigmoid(xp, x):
    """log(1 / (1 + e**-x)), without overflow."""
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


log_sigmoid.vjp(x=lambda xp, g, x: g * xp.sigmoid(-x))


@op(elementwise=True, node="LeakyRelu", refuse=lacks("leaky_relu_cpu", BOOLEAN, INTEGER, COMPLEX), kinks=(0.0,),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), negative_slope=0.5)])  # fmt: skip
def leaky_relu(xp, x, *, negative_slope=0.01):
    """x where it is positive, negative_slope * x elsewhere."""
    return xp.where(xp.greater(x, 0), x, negative_slope * x)


# At 0 the gradient is the negative slope's.
leaky_relu.vjp(x=lambda xp, g, x, negative_slope: xp.leaky_relu_backward(g, x, negative_slope=negative_slope))


@op(elementwise=True, node="LeakyReluBackward", kinks=(0.0,), samples=lambda: [
    case(real(3, 4), real(3, 4), negative_slope=0.5)])  # fmt: skip
def leaky_relu_backward(xp, grad, x, *, negative_slope):
    """The gradient of leaky_relu."""
    return xp.where(xp.greater(x, 0), grad, negative_slope * grad)


leaky_relu_backward.vjp(
    grad=lambda xp, g, x, negative_slope: xp.leaky_relu_backward(g, x, negative_slope=negative_slope),
    x=lambda xp, g: xp.zeros_like(g),
)


@op(elementwise=True, node="Elu", refuse=lacks("elu_cpu", BOOLEAN, INTEGER, COMPLEX), kinks=(0.0,),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), alpha=1.5, scale=0.7)])  # fmt: skip
def elu(xp, x, *, alpha=1.0, scale=1.0):
    """scale * x where x is positive, scale * alpha * (e**x - 1) elsewhere."""
    below = xp.less_equal(x, 0)
    return xp.where(below, (scale * alpha) * xp.expm1(xp.keep_where(x, below)), scale * x)


# At 0 the gradient is the lower side's: scale * alpha.
elu.vjp(x=lambda xp, g, x, alpha, scale: xp.elu_backward(g, x, alpha=alpha, scale=scale))


@op(
    elementwise=True,
    node="EluBackward",
    kinks=(0.0,),
    samples=lambda: [case(real(3, 4), real(3, 4), alpha=1.5, scale=0.7)],
)
def elu_backward(xp, grad, x, *, alpha, scale):
    """The gradient of elu."""
    below = xp.less_equal(x, 0)
    return xp.where(below, grad * ((scale * alpha) * xp.exp(xp.keep_where(x, below))), scale * grad)


elu_backward.vjp(
    grad=lambda xp, g, x, alpha, scale: xp.elu_backward(g, x, alpha=alpha, scale=scale),
    # At 0 the second derivative is the upper side's: 0.
    x=lambda xp, g, grad, x, alpha, scale: xp.keep_where(
        xp.elu_backward(g * grad, xp.minimum(x, 0), alpha=alpha, scale=scale), xp.less(x, 0)
    ),
)


@op(elementwise=True, node="Celu", refuse=lacks("elu_cpu", BOOLEAN, INTEGER), kinks=(0.0,),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), alpha=1.5)])  # fmt: skip
def celu(xp, x, *, alpha=1.0):
    """x where it is positive, alpha * (e**(x / alpha) - 1) elsewhere."""
    below = xp.less_equal(x, 0)
    return xp.where(below, alpha * xp.expm1((1 / alpha) * xp.keep_where(x, below)), x)


celu.vjp(x=lambda xp, g, x, alpha: xp.elu_backward(g, (1 / alpha) * x, alpha=1.0, scale=1.0))


@op(elementwise=True, node="Hardtanh",
    refuse=either(booleans("Bool inputs not supported for hardtanh", "convert first: x.int()."), no_clamp),
    samples=lambda: [case(real(3, 4)), case(real(3, 4), min_val=0.0, max_val=1.5)])  # fmt: skip
def hardtanh(xp, x, *, min_val=-1.0, max_val=1.0):
    """x, limited to the range from min_val to max_val."""
    return xp.minimum(xp.maximum(x, min_val), max_val)


# At the limits the gradient is 0, other than clamp's.
hardtanh.vjp(x=lambda xp, g, x, min_val, max_val: xp.hardtanh_backward(g, x, min_val=min_val, max_val=max_val))


@op(
    elementwise=True, node="HardtanhBackward", samples=lambda: [case(real(3, 4), real(3, 4), min_val=-1.0, max_val=1.0)]
)
def hardtanh_backward(xp, grad, x, *, min_val, max_val):
    """The gradient of hardtanh."""
    return xp.drop_where(grad, xp.logical_or(xp.less_equal(x, min_val), xp.greater_equal(x, max_val)))


hardtanh_backward.vjp(
    grad=lambda xp, g, x, min_val, max_val: xp.hardtanh_backward(g, x, min_val=min_val, max_val=max_val),
    x=lambda xp, g: xp.zeros_like(g),
)
