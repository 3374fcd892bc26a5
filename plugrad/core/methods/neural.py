"""PyTorch's names for ops: neural."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = ["log_softmax", "softmax"]


def softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    r"""Turn scores into probabilities along a dimension.

    .. math:: y_i = \frac{\exp(x_i)}{\sum_j \exp(x_j)}

    Args:
        input: The scores.
        dim: The dimension along which the results sum to 1.
        dtype: Convert to this dtype first.

    Returns:
        The probabilities.

    Shape:
        - input: any
        - Output: the same

    Raises:
        IndexError: There is no such dimension.
        NotImplementedError: The scores are integers and ``dtype`` is not given.

    Example::

        >>> import plugrad
        >>> plugrad.softmax(plugrad.zeros(4), dim=0)
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    x, axis = _checked("softmax", input, dim, dtype)
    return ops.softmax(x, axis=axis)


def log_softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    r"""Compute the logarithm of softmax along a dimension, without overflow.

    .. math:: y_i = x_i - \log \sum_j \exp(x_j)

    Args:
        input: The scores.
        dim: The dimension along which the probabilities sum to 1.
        dtype: Convert to this dtype first.

    Returns:
        The logarithms of the probabilities.

    Shape:
        - input: any
        - Output: the same

    Raises:
        IndexError: There is no such dimension.
        NotImplementedError: The scores are integers and ``dtype`` is not given.

    Example::

        >>> import plugrad
        >>> plugrad.log_softmax(plugrad.zeros(2), dim=0)
        tensor([-0.6931, -0.6931])
    """
    x, axis = _checked("log_softmax", input, dim, dtype)
    return ops.log_softmax(x, axis=axis)


def _checked(name: str, x: Any, dim: Any, dtype: Any) -> tuple[Any, int]:
    """The tensor in its dtype, and the dimension counted from the front."""
    if not isinstance(x, Value):
        raise wrong_type(name, "input", 1, x)
    if not isinstance(dim, int):
        raise TypeError(
            f"{name}(): argument 'dim' (position 2) must be int, not {type(dim).__name__}\n"
            f"Hint: {name} runs along one dimension."
        )
    axis = dispatch.normalized_dim(dim, x.raw.ndim)
    if dtype is None and x.dtype.category < 2 and axis < x.raw.ndim - 1:
        raise NotImplementedError(
            with_hint(
                f"\"{name}_kernel_impl\" not implemented for '{x.dtype.legacy_name}'", "convert first: x.float()."
            )
        )
    return x if dtype is None else dispatch.cast(x, dtype), axis


class NeuralMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    log_softmax = log_softmax
    softmax = softmax
