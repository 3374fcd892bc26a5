"""PyTorch's names for ops: reduction."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops

__all__ = ["sum"]


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum over dimensions, all by default."""
    return ops.sum(input, axis=dim, keepdims=keepdim, dtype=dtype)


class ReductionMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    sum = sum
