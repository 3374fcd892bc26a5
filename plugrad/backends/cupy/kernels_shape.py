"""Kernels of shapes and of creation, and views, which share memory as NumPy's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import library, strided
from plugrad.core.inplace import overlapping


def asarray(values: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """A number is an argument of the kernel that fills the array with it; nothing is copied from the host."""
    if isinstance(values, (bool, int, float, complex)):
        return library().full((), values, np.asarray(values).dtype if dtype is None else dtype)
    return library().asarray(values, dtype=dtype, copy=copy)


def full(shape: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """As the standard's; of an array on the GPU, its value there."""
    if dtype is None:
        dtype = getattr(fill_value, "dtype", None) or np.asarray(fill_value).dtype
    y = library().empty(shape, dtype)
    y[...] = fill_value
    return y


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    return library().broadcast_to(x, shape)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    return x.reshape(shape)


def permute_dims(x: Any, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


def expand_dims(x: Any, *, axis: int = 0) -> Any:
    if axis < 0:
        axis += x.ndim + 1
    return x[(*(slice(None),) * axis, None)]


def squeeze(x: Any, axis: Any) -> Any:
    return x.squeeze(axis)


def matrix_transpose(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def flip(x: Any, *, axis: Any = None) -> Any:
    """A view with negative strides."""
    if not x.ndim:
        return x
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)]
    return x[tuple([slice(None, None, -1) if a in axes else slice(None) for a in range(x.ndim)])]


def reverse(x: Any, *, axis: Any) -> Any:
    """A copy of that."""
    return flip(x, axis=axis).copy()


def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return x.diagonal(offset, axis1, axis2)


def as_strided(x: Any, *, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> Any:
    """A view of a contiguous array; the method checked that it is inside."""
    flat = library().ascontiguousarray(x).reshape(-1)[offset:]
    return strided(flat, size, [step * x.itemsize for step in stride])


def unfold(x: Any, *, axis: int, size: int, step: int) -> Any:
    """Windows that overlap in memory."""
    axis %= x.ndim
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    strides = (*x.strides[:axis], x.strides[axis] * step, *x.strides[axis + 1 :], x.strides[axis])
    return strided(x, shape, strides)


def clone(x: Any) -> Any:
    """Keeps the order of the axes in memory, as PyTorch does, but not the overlaps of a broadcast array."""
    if x.ndim > 1 and 0 not in x.strides and not overlapping(x.shape, tuple([s // x.itemsize for s in x.strides])):
        return x.copy("K")
    return x.copy()


def contiguous(x: Any) -> Any:
    return x.copy()


def concat(arrays: Any, *, axis: int | None = 0) -> Any:
    """Side by side in C's order."""
    if axis is None:
        arrays, axis = [a.reshape(-1) for a in arrays], 0
    return library().concatenate(arrays, axis)


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """Views, one for each index of an axis."""
    lead = (slice(None),) * (axis % x.ndim)
    return tuple([x[(*lead, i)] for i in range(x.shape[axis])])


def ones_like(x: Any, *, dtype: Any = None) -> Any:
    return library().ones(x.shape, dtype or x.dtype)


def zeros_like(x: Any, *, dtype: Any = None) -> Any:
    return library().zeros(x.shape, dtype or x.dtype)


def repeat(x: Any, repeats: Any, *, axis: int | None = None) -> Any:
    return library().repeat(x, repeats, axis)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "asarray": asarray,
    "full": full,
    "broadcast_to": broadcast_to,
    "reshape": reshape,
    "permute_dims": permute_dims,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "matrix_transpose": matrix_transpose,
    "flip": flip,
    "reverse": reverse,
    "diagonal": diagonal,
    "as_strided": as_strided,
    "unfold": unfold,
    "clone": clone,
    "contiguous": contiguous,
    "concat": concat,
    "unstack": unstack,
    "ones_like": ones_like,
    "zeros_like": zeros_like,
    "repeat": repeat,
}
