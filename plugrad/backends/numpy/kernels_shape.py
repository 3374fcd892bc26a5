"""Kernels of reductions, of shapes and of creation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

_add_reduce = np.add.reduce


def sum_(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """np.sum is a Python function around this."""
    return _add_reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """np.broadcast_to takes 3 us; the usual source is 0-d, for which strides of 0 say it all."""
    if x.ndim == 0:
        x = np.asarray(x)
        return np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
    return np.broadcast_to(x, shape)


def ones_like(x: Any, *, dtype: Any = None) -> Any:
    """np.ones_like takes 3 us; a 0-d one is the seed of every backward."""
    dtype = dtype or x.dtype
    return dtype.type(1) if x.ndim == 0 else np.ones(x.shape, dtype)


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """The method: np.astype takes no NumPy scalars."""
    return x.astype(dtype, copy=copy)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "sum": sum_,
    "broadcast_to": broadcast_to,
    "ones_like": ones_like,
    "astype": astype,
}
