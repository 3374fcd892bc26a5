"""Kernels of linear algebra."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.kernels_softmax import ones


def matmul(x1: Any, x2: Any) -> Any:
    """ndarray.dot reaches the same BLAS call in a third of the time of the matmul ufunc, for two matrices.

    Of a stack and a matrix, one large product is faster than one for each matrix of the stack.
    """
    if x2.ndim == 2:
        if x1.ndim == 2:
            return x1.dot(x2)
        if x1.ndim > 2 and x1.size and x2.size:
            # Into memory that the result owns: a gradient can then be kept as it is.
            y = np.empty((*x1.shape[:-1], x2.shape[1]), x1.dtype)
            np.dot(x1.reshape(-1, x1.shape[-1]), x2, out=y.reshape(-1, x2.shape[1]))
            return y
    return x1 @ x2


def linear_map(x: Any, weight: Any) -> Any:
    """A transposed matrix is no copy: BLAS takes it as it is."""
    return x.dot(weight.T) if x.ndim == 2 else matmul(x, weight.T)


def transposed_product(x1: Any, x2: Any) -> Any:
    """BLAS reads the first matrix transposed."""
    return x1.T.dot(x2)


def affine(x: Any, weight: Any, bias: Any) -> Any:
    """The bias is added into the product's own buffer."""
    y = x.dot(weight.T) if x.ndim == 2 else matmul(x, weight.T)
    y += bias
    return y


def column_sums(x: Any) -> Any:
    """As a product with a vector of ones: BLAS sums in a third of NumPy's time."""
    return ones(x.shape[0], x.dtype).dot(x)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "affine": affine,
    "column_sums": column_sums,
    "linear_map": linear_map,
    "matmul": matmul,
    "matrix_transpose": operator.attrgetter("mT"),
    "mm": np.ndarray.dot,
    "transposed_product": transposed_product,
}
