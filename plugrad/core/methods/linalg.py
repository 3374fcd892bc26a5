"""PyTorch's names for ops: linalg."""

from __future__ import annotations

from plugrad.core import dispatch, ops

__all__ = ["matmul"]

matmul = ops.matmul


class LinalgMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    __matmul__ = dispatch.operator(ops.matmul)
    matmul = matmul
