"""The functional face of softmax and its kin; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, ops

if TYPE_CHECKING:
    from plugrad.core import dtypes
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Apply exp(x_i) / sum_j exp(x_j) along a dimension.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softmax(plugrad.zeros(4), dim=0)
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    if dim is None:
        dim = _implicit_dim("softmax", input.ndim, _stacklevel)
    result: Tensor = _ops.softmax(input if dtype is None else input.to(dtype), axis=dim)
    return result


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Apply softmax to the negated input.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.softmin(plugrad.zeros(2), dim=0)
        tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmin", input.ndim, _stacklevel)
    return softmax(-input, dim, dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Apply log(softmax(x)) along a dimension, computed stably.

    Args:
        input: Any shape.
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.
        dtype: Convert to this dtype first.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.log_softmax(plugrad.zeros(2), dim=0)
        tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", input.ndim, _stacklevel)
    result: Tensor = _ops.log_softmax(input if dtype is None else input.to(dtype), axis=dim)
    return result


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draw from the Gumbel-softmax distribution: softmax((x + noise) / tau) along a dimension.

    The noise is Gumbel distributed (https://arxiv.org/abs/1611.01144), and PyTorch's for the same seed.

    Args:
        logits: Any shape: logarithms of probabilities, up to a constant.
        tau: The temperature.
        hard: Whether to return one-hot vectors, whose gradient is that of the soft ones.
        eps: Deprecated, without effect.
        dim: The dimension.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.functional.gumbel_softmax(plugrad.zeros(3), hard=True)
        >>> sorted(y.tolist())
        [0.0, 0.0, 1.0]
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -creation.empty_like(logits).exponential_().log()
    soft: Tensor = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = creation.zeros_like(logits).scatter_(dim, index, 1.0)
    result: Tensor = one_hot - soft.detach() + soft
    return result
