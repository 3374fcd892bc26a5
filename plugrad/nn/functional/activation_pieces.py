"""The functional face of activations made of pieces and gates; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from typing import Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.generator import draw
from plugrad.core.inplace import in_place
from plugrad.core.methods.random import check_uniform
from plugrad.core.modes import no_grad
from plugrad.core.tensor import Tensor
from plugrad.nn.functional.checks import (
    check_floating,
    check_lambda,
    check_prelu,
    limits,
    require_tensors,
)

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def _apply(op: Any, input: Tensor, inplace: bool, **options: float) -> Tensor:
    """An op of one array, or its in-place form."""
    result: Tensor = in_place(op)(input, **options) if inplace else op(input, **options)
    return result


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply min(max(0, x), 6) elementwise. At 0 and at 6 the gradient is 0.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.relu6(plugrad.tensor([-1.0, 2.0, 7.0]))
        tensor([0., 2., 6.])
    """
    return _apply(_ops.hardtanh, input, inplace, min_val=0.0, max_val=6.0)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Limit x to the range from min_val to max_val. At the limits the gradient is 0.

    Args:
        input: Any shape.
        min_val: The lower limit.
        max_val: The upper limit.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: ``min_val`` is larger than ``max_val``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.hardtanh(plugrad.tensor([-2.0, 0.5]))
        tensor([-1.0000,  0.5000])
    """
    min_val, max_val = limits(input, min_val, max_val)
    return _apply(_ops.hardtanh, input, inplace, min_val=min_val, max_val=max_val)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Apply max(0, x) + min(0, alpha * (exp(x) - 1)) elementwise.

    Args:
        input: Any shape.
        alpha: Scale of the negative part.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.elu(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return _apply(_ops.elu, input, inplace, alpha=alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply scale * (max(0, x) + min(0, alpha * (exp(x) - 1))), with the constants of https://arxiv.org/abs/1706.02515.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.selu(plugrad.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return _apply(_ops.elu, input, inplace, alpha=_SELU_ALPHA, scale=_SELU_SCALE)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Apply max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) elementwise.

    Args:
        input: Any shape.
        alpha: Scale of the negative part.
        inplace: Whether to change the input itself.

    Raises:
        RuntimeError: ``alpha`` is 0.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.celu(plugrad.tensor([-1.0, 2.0]), alpha=2.0)
        tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _apply(_ops.celu, input, inplace, alpha=alpha)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Apply max(0, x) + negative_slope * min(0, x) elementwise. At 0 the gradient is negative_slope.

    Args:
        input: Any shape.
        negative_slope: Slope for negative x.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.leaky_relu(plugrad.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    return _apply(_ops.leaky_relu, input, inplace, negative_slope=negative_slope)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply x * min(max(x + 3, 0), 6) / 6 elementwise.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.hardswish(plugrad.tensor([-4.0, 1.0, 4.0]))
        tensor([-0.0000, 0.6667, 4.0000])
    """
    return _apply(_ops.hardswish, input, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply min(max(x + 3, 0), 6) / 6 elementwise. At the limits the gradient is 0.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.hardsigmoid(plugrad.tensor([-4.0, 0.0, 4.0]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return _apply(_ops.hardsigmoid, input, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return x where it is above a threshold, and one value elsewhere. At the threshold the gradient is 0.

    Args:
        input: Any shape.
        threshold: The threshold.
        value: What stands for x at and below it.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.threshold(plugrad.tensor([-1.0, 2.0]), 0.5, 20.0)
        tensor([20.,  2.])
    """
    return _apply(_ops.threshold, input, inplace, threshold=threshold, value=value)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply x * sigmoid(x) elementwise.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.silu(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7311])
    """
    return _apply(_ops.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply x * tanh(softplus(x)) elementwise (https://arxiv.org/abs/1908.08681).

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.mish(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8651])
    """
    return _apply(_ops.mish, input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return x where it is outside of [-lambd, lambd], and 0 elsewhere.

    Args:
        input: Any shape.
        lambd: The limit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.hardshrink(plugrad.tensor([-1.0, 0.3, 0.6]))
        tensor([-1.0000,  0.0000,  0.6000])
    """
    result: Tensor = _ops.hardshrink(input, lambd=lambd)
    return result


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Move x towards 0 by lambd; it stays 0 where it is nearer than that.

    Args:
        input: Any shape.
        lambd: How far; not negative.

    Raises:
        RuntimeError: ``lambd`` is negative.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softshrink(plugrad.tensor([-1.0, 0.3, 0.6]))
        tensor([-0.5000,  0.0000,  0.1000])
    """
    check_lambda(input, lambd)
    result: Tensor = _ops.softshrink(input, lambd=lambd)
    return result


def logsigmoid(input: Tensor) -> Tensor:
    """Apply log(1 / (1 + exp(-x))) elementwise, without overflow.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.logsigmoid(plugrad.tensor([0.0, -100.0]))
        tensor([  -0.6931, -100.0000])
    """
    result: Tensor = _ops.log_sigmoid(input)
    return result


def tanhshrink(input: Tensor) -> Tensor:
    """Apply x - tanh(x) elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.tanhshrink(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.2384])
    """
    result: Tensor = input - input.tanh()
    return result


def softsign(input: Tensor) -> Tensor:
    """Apply x / (1 + abs(x)) elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softsign(plugrad.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    result: Tensor = input / (input.abs() + 1)
    return result


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Apply max(0, x) + weight * min(0, x), a weight for each channel or one for all.

    Args:
        input: ``(N, C, *)``, or any shape with one weight.
        weight: (C), or one element.

    Raises:
        RuntimeError: The number of weights is not that of the channels, or the dtypes differ.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.prelu(plugrad.tensor([-2.0, 2.0]), plugrad.tensor([0.25]))
        tensor([-0.5000,  2.0000])
    """
    check_prelu(input, weight)
    if weight.numel() == 1:
        weight = weight.reshape((1,) * input.ndim)
    elif input.ndim > 2:
        weight = weight.reshape(-1, *[1] * (input.ndim - 2))
    result: Tensor = _ops.prelu(input, weight)
    return result


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Apply x where it is positive and slope * x elsewhere: a slope drawn from U(lower, upper), or their mean.

    Args:
        input: Any shape.
        lower: The lowest slope.
        upper: The highest slope.
        training: Whether slopes are drawn; PyTorch's for the same seed.
        inplace: Whether to change the input itself.

    Raises:
        RuntimeError: ``lower`` is larger than ``upper``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.rrelu(plugrad.tensor([-6.0, 2.0]), 0.5, 0.5)
        tensor([-3.,  2.])
    """
    if lower > upper:
        hint = f"they are {lower:g} and {upper:g}."
        raise RuntimeError(with_hint("Lower bound should be less than or equal to the upper bound", hint))
    if not training:
        return _apply(_ops.leaky_relu_of_mean, input, inplace, negative_slope=(lower + upper) / 2)
    noise = _slopes(input, lower, upper)
    result: Tensor = in_place(_ops.rrelu)(input, noise) if inplace else _ops.rrelu(input, noise)
    return result


def _slopes(input: Tensor, lower: float, upper: float) -> Tensor:
    """1 where the input is positive, elsewhere a number drawn: in order, of float64, as PyTorch draws."""
    require_tensors("rrelu", input=input)
    check_floating("rrelu_with_noise_out_cpu", input)
    with no_grad():
        below = input <= 0
        count = input.masked_select(below).numel()
        low, high, wide = float(lower), float(upper), dtypes.float64
        check_uniform(low, high, wide)
        drawn = draw("uniform", input.device, input.dtype, None, "rrelu", (count,), through=wide, low=low, high=high)
        slopes: Tensor = creation.ones_like(input).masked_scatter(below, Tensor(drawn, input.device, input.dtype))
    return slopes


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Split the input in two along a dimension: y = a * sigmoid(b).

    Args:
        input: Any shape; the size of the dimension is even.
        dim: The dimension.

    Raises:
        RuntimeError: The size of the dimension is odd.
        IndexError: There is no such dimension.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.glu(plugrad.tensor([3.0, 0.0]))
        tensor([1.5000])
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = normalized_dim(dim, input.ndim)
    if input.shape[axis] % 2:
        raise RuntimeError(
            with_hint(
                f"Halving dimension must be even, but dimension {axis} is size {input.shape[axis]}",
                "glu takes one half as values and the other as gates.",
            )
        )
    result: Tensor = _ops.glu(input, axis=axis)
    return result
