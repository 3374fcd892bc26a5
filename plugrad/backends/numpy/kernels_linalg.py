"""Kernels of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final


def matmul(x1: Any, x2: Any) -> Any:
    """ndarray.dot reaches the same BLAS call in a third of the time of the matmul ufunc, for two matrices."""
    if x1.ndim == 2 and x2.ndim == 2:
        return x1.dot(x2)
    return x1 @ x2


def matrix_transpose(x: Any) -> Any:
    """The attribute; NumPy's function of this name is a Python one."""
    return x.mT


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "matmul": matmul,
    "matrix_transpose": matrix_transpose,
}
