"""The functional face of dropout; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.nn.functional.checks import check_dropout

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: Any shape.
        p: Probability of an element to be zeroed.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.functional.dropout(plugrad.ones(100), p=0.5)
        >>> set(y.tolist()) <= {0.0, 2.0}
        True
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    check_dropout(input, p, training)
    if not training or p == 0:
        return input
    keep = creation.empty_like(input, dtype=dtypes.bool_).bernoulli_(1 - p)
    y = _ops.dropout_mask(input, keep, scale=1 / (1 - p) if p < 1 else 0.0)
    result: Tensor = input.copy_(y) if inplace else y
    return result
