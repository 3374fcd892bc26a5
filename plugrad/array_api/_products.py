"""The standard's products of matrices that stand in the main namespace."""

from __future__ import annotations

from typing import Any

from plugrad.array_api._common import array, together
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import refuse_matmul
from plugrad.core.namespace import FUNCTIONS

__all__ = [
    "matmul", "matrix_transpose", "tensordot", "vecdot",
]  # fmt: skip


def matmul(x1: Any, x2: Any, /) -> Any:
    """The product of matrices, or of stacks of them; a vector on the left is a row, on the right a column.

    Args:
        x1: An array of one dimension or more.
        x2: An array of one dimension or more.

    Shape:
        - Output: (..., n, m) of (..., n, k) and (..., k, m), where the first axes broadcast.

    Raises:
        RuntimeError: for an array without dimensions, and for sizes that do not fit.
    """
    if not (array("matmul", x1).ndim and array("matmul", x2).ndim):
        refuse_matmul(x1, x2)
    return FUNCTIONS["matmul"](*together(x1, x2))


def matrix_transpose(x: Any, /) -> Any:
    """Each matrix of a stack with rows and columns exchanged.

    Args:
        x: An array of two dimensions or more.

    Raises:
        ValueError: for fewer.
    """
    if array("matrix_transpose", x).ndim < 2:
        raise ValueError(with_hint(f"matrix_transpose() of {x.ndim} dimensions", "a matrix has two."))
    return FUNCTIONS["matrix_transpose"](x)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Products summed over axes of both arrays.

    Args:
        x1: An array.
        x2: An array.
        axes: How many, the last ones of x1 and the first ones of x2; or two sequences of axes.
    """
    return FUNCTIONS["tensordot"](*together(array("tensordot", x1), array("tensordot", x2)), axes=axes)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The inner products of vectors: of complex ones, the first is conjugated.

    Args:
        x1: An array of vectors.
        x2: An array of vectors; the other axes broadcast.
        axis: The axis along which a vector lies, counted from the end.
    """
    return FUNCTIONS["vecdot"](*together(array("vecdot", x1), array("vecdot", x2)), axis=axis)
