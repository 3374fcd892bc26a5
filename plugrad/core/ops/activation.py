"""Activation functions."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["relu", "relu_backward"]


@op(node="Relu")
def relu(xp, x):
    """max(x, 0); nan stays nan."""
    return xp.where(x <= 0, xp.zeros_like(x), x)


# The gradient at 0 is 0.
relu.vjp(x=lambda xp, g, y: xp.relu_backward(g, y))


@op(node="ThresholdBackward")
def relu_backward(xp, grad, result):
    """The gradient of relu: 0 where the result is 0, else ``grad`` (also where the result is nan)."""
    return xp.where(result <= 0, xp.zeros_like(grad), grad)


relu_backward.vjp(
    grad=lambda xp, g, result: xp.relu_backward(g, result),
    result=lambda xp, g, result: xp.zeros_like(g),
)
