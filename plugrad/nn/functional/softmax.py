"""The functional face of softmax and its kin; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import ops

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
