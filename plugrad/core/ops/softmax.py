"""Softmax and its logarithm."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, either, lacks

__all__ = ["log_softmax", "log_softmax_backward", "softmax", "softmax_backward"]


def _samples():
    return [case(real(2, 3, 4), axis=1), case(real(2, 3), axis=-1), case(real(), axis=0)]


def _backward_samples():
    return [case(real(2, 3), real(2, 3), axis=1), case(real(), real(), axis=0)]


def largest(xp, x, axis):
    """What to subtract before exp, so that it does not overflow."""
    return xp.max(x, axis=axis, keepdims=True) if 0 not in x.shape else xp.sum(x, axis=axis, keepdims=True)


def along(x, axis):
    """The axes to reduce: a 0-d array has none, yet PyTorch counts one."""
    return axis if x.ndim else ()


@op(
    node="Softmax",
    refuse=either(lacks("softmax_lastdim_kernel_impl", BOOLEAN, INTEGER), lacks("softmax_kernel_impl", COMPLEX)),
    samples=_samples,
)
def softmax(xp, x, *, axis):
    """exp(x_i) / sum_j exp(x_j) along an axis."""
    axis = along(x, axis)
    e = xp.exp(x - largest(xp, x, axis))
    return e / xp.sum(e, axis=axis, keepdims=True)


softmax.vjp(x=lambda xp, g, y, axis: xp.softmax_backward(g, y, axis=axis))


@op(node="SoftmaxBackwardData", samples=_backward_samples)
def softmax_backward(xp, grad, result, *, axis):
    """The gradient of softmax from its result y: y (g - sum(g y))."""
    return result * (grad - xp.sum(grad * result, axis=along(grad, axis), keepdims=True))


@op(
    node="LogSoftmax",
    refuse=either(
        lacks("log_softmax_lastdim_kernel_impl", BOOLEAN, INTEGER), lacks("log_softmax_kernel_impl", COMPLEX)
    ),
    samples=_samples,
)
def log_softmax(xp, x, *, axis):
    """The logarithm of softmax, x - log(sum(exp(x))), without overflow."""
    axis = along(x, axis)
    z = x - largest(xp, x, axis)
    return z - xp.log(xp.sum(xp.exp(z), axis=axis, keepdims=True))


log_softmax.vjp(x=lambda xp, g, y, axis: xp.log_softmax_backward(g, y, axis=axis))


@op(node="LogSoftmaxBackwardData", samples=_backward_samples)
def log_softmax_backward(xp, grad, result, *, axis):
    """The gradient of log_softmax from its result y: g - exp(y) sum(g)."""
    return grad - xp.exp(result) * xp.sum(grad, axis=along(grad, axis), keepdims=True)
