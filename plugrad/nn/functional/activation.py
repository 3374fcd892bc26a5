"""The functional face of activations; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import ops

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply max(0, x) elementwise. At 0 the gradient is 0.

    Args:
        input: Any shape.
        inplace: Whether to change the input itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.relu(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    result: Tensor = input.relu_() if inplace else _ops.relu(input)
    return result


def relu_(input: Tensor) -> Tensor:
    """Apply `relu` in place.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.relu_(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    result: Tensor = input.relu_()
    return result


def sigmoid(input: Tensor) -> Tensor:
    """Apply 1 / (1 + exp(-x)) elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.sigmoid(plugrad.zeros(2))
        tensor([0.5000, 0.5000])
    """
    result: Tensor = _ops.sigmoid(input)
    return result


def tanh(input: Tensor) -> Tensor:
    """Apply tanh elementwise.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.tanh(plugrad.zeros(2))
        tensor([0., 0.])
    """
    result: Tensor = _ops.tanh(input)
    return result


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Apply x * Phi(x) elementwise, Phi the cumulative normal distribution.

    Args:
        input: Any shape.
        approximate: ``"none"``, or ``"tanh"`` for 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

    Raises:
        RuntimeError: ``approximate`` is neither.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.gelu(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    result: Tensor = _ops.gelu(input, approximate=approximate)
    return result


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Apply log(1 + exp(beta * x)) / beta elementwise.

    Args:
        input: Any shape.
        beta: Sharpness.
        threshold: Where beta * x is above it, the result is x itself.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softplus(plugrad.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    result: Tensor = _ops.softplus(input, beta=beta, threshold=threshold)
    return result
