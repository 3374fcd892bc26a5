"""Products of matrices. Two matrices CuPy multiplies well; stacks of them go to cuBLAS without copies.

cupy.matmul copies what is transposed in a stack, computes float16 in float32 and refuses bfloat16. So stacks go
through ``gemmStridedBatchedEx``, which CuPy has for its own use: where it is not found, cupy.matmul computes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import products
from plugrad.backends.cupy.launch import companion, library
from plugrad.core import precision

#: Let cuBLAS choose how.
_ALGORITHM: Final = -1


@functools.cache
def _scales(dtype: str) -> tuple[Any, Any]:
    """1 and 0 on the host, where cuBLAS reads them."""
    return np.ones(1, dtype), np.zeros(1, dtype)


def _cublas() -> Any:
    """CuPy's binding of cuBLAS, or None where it is not where it was."""
    try:
        found = companion("cupy_backends.cuda.libs.cublas")
        return found if hasattr(found, "gemmStridedBatchedEx") else None
    except (ImportError, KeyError):
        return None


def compute_type(dtype: Any) -> int:
    """What cuBLAS sums products of this dtype in, by the precision that the user asked for."""
    found = products.KINDS[dtype.name][1]
    if dtype.name in ("float32", "complex64") and precision.get_float32_matmul_precision() != "highest":
        return products.COMPUTE_32F_FAST_TF32
    return found


def _elements(array: Any) -> tuple[int, ...]:
    size = array.itemsize
    return tuple([stride // size for stride in array.strides])


def _two(x1: Any, x2: Any) -> Any:
    """Two matrices, as CuPy multiplies them unless TF32 is asked for."""
    if x1.dtype.name in ("float32", "complex64") and precision.get_float32_matmul_precision() != "highest":
        return stacked(x1, x2)
    return library().matmul(x1, x2)


def stacked(x1: Any, x2: Any) -> Any:
    """A product of stacks of matrices (or of two matrices) by cuBLAS, transposed and broadcast operands in place."""
    cupy, cublas = library(), _cublas()
    if cublas is None:
        return _by_cupy(x1, x2)
    stack = products.stack_of(x1.shape, x2.shape)
    out = cupy.empty((*stack, x1.shape[-2], x2.shape[-1]), x1.dtype)
    if not out.size:
        return out
    if not x1.shape[-1]:
        out.fill(0)
        return out
    planned = products.calls(x1.shape, _elements(x1), x2.shape, _elements(x2))
    if planned is None:
        x1, x2 = [x if products.readable(x.shape, _elements(x)) else cupy.ascontiguousarray(x) for x in (x1, x2)]
        planned = products.calls(x1.shape, _elements(x1), x2.shape, _elements(x2))
    kind = products.KINDS[x1.dtype.name][0]
    one, zero = _scales(products.SCALES[kind])
    handle, computed, size = cupy.cuda.get_cublas_handle(), compute_type(x1.dtype), x1.itemsize
    assert planned is not None, "what was copied is readable"
    for call in planned:
        b, a, c = [array.data.ptr + size * offset for array, offset in zip((x2, x1, out), call.offsets, strict=True)]
        ldb, lda, ldc = call.leading
        step_b, step_a, step_c = call.strides
        cublas.gemmStridedBatchedEx(
            handle, *call.transposed, call.m, call.n, call.k, one.ctypes.data,
            b, kind, ldb, step_b, a, kind, lda, step_a, zero.ctypes.data, c, kind, ldc, step_c,
            call.matrices, computed, _ALGORITHM,
        )  # fmt: skip
    return out


def _by_cupy(x1: Any, x2: Any) -> Any:
    """cupy.matmul, which takes stacks of half types in float32 only."""
    if x1.itemsize == 2 and x1.dtype.kind in "fV":
        wide = np.dtype("f4")
        return library().matmul(x1.astype(wide), x2.astype(wide)).astype(x1.dtype)
    return library().matmul(x1, x2)


def matmul(x1: Any, x2: Any) -> Any:
    """The standard's: vectors are matrices of one row or column, stacks are broadcast."""
    if x1.ndim == 2 and x2.ndim == 2:
        return _two(x1, x2) if x1.size and x2.size else stacked_or_zeros(x1, x2)
    if x1.dtype.name not in products.KINDS or x1.ndim < 2 or x2.ndim < 2:
        return library().matmul(x1, x2) if x1.size and x2.size else stacked_or_zeros(x1, x2)
    if x2.ndim == 2 and x1.size and products.is_one_matrix(x1.shape, _elements(x1)):
        # One tall product is faster than a stack of small ones.
        tall = _two(x1.reshape(-1, x1.shape[-1]), x2)
        return tall.reshape(*x1.shape[:-1], x2.shape[-1])
    return stacked(x1, x2)


def stacked_or_zeros(x1: Any, x2: Any) -> Any:
    """A product with nothing in it, or of vectors of nothing: zeros of its shape."""
    shape = np.matmul(np.empty(x1.shape, np.bool_), np.empty(x2.shape, np.bool_)).shape
    return library().zeros(shape, x1.dtype)


def linear_map(x: Any, weight: Any) -> Any:
    return matmul(x, weight.T)


def affine(x: Any, weight: Any, bias: Any) -> Any:
    """The bias is added into the product's own memory."""
    y = matmul(x, weight.T)
    if y.dtype == bias.dtype:
        y += bias
        return y
    return library().add(y, bias)


def transposed_product(x1: Any, x2: Any) -> Any:
    return matmul(x1.T, x2)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "matmul": matmul,
    "mm": matmul,
    "bmm": matmul,
    "linear_map": linear_map,
    "affine": affine,
    "transposed_product": transposed_product,
}
