"""Reductions, scans and sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import library

_FLOAT32: Final = np.dtype("f4")
_INT64: Final = np.dtype("i8")


def count_nonzero(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """CuPy's has no keepdims."""
    return library().not_equal(x, 0).sum(axis=axis, dtype=_INT64, keepdims=keepdims)


def _scan(name: str) -> Callable[..., Any]:
    """CuPy's, with half types summed in float32."""

    def kernel(x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
        half = x.itemsize == 2 and dtype is None and x.dtype.kind in "fV"
        source = x.astype(_FLOAT32) if half else x
        if axis is None and x.ndim == 1:
            axis = 0
        if axis is not None and axis < 0:
            axis += x.ndim
        y = getattr(library(), name)(source, axis=axis, dtype=dtype, include_initial=include_initial)
        return y.astype(x.dtype) if half else y

    return kernel


# -- sorting -----------------------------------------------------------------------------------------------------


def _turned(x: Any, axis: int) -> Any:
    return x[(*(slice(None),) * (axis % x.ndim), slice(None, None, -1))]


def argsort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """CuPy's sorts are stable. Descending is ascending on the array turned round, before and after."""
    if not x.ndim:
        return library().zeros((), _INT64)
    if not descending:
        return library().argsort(x, axis=axis)
    return library().subtract(x.shape[axis] - 1, _turned(library().argsort(_turned(x, axis), axis=axis), axis))


def sort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    if not x.ndim:
        return x.copy()
    y = library().sort(x, axis=axis)
    return library().ascontiguousarray(_turned(y, axis)) if descending else y


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "count_nonzero": count_nonzero,
    "cumulative_sum": _scan("cumulative_sum"),
    "cumulative_prod": _scan("cumulative_prod"),
    "argsort": argsort,
    "sort": sort,
}
