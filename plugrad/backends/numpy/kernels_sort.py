"""Kernels of sorting and searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.kernels_scatter import read_along


def order(x: Any, *, axis: int = -1, descending: bool = False) -> Any:
    """Descending is ascending on the array turned round, before and after: stable, and a nan comes first."""
    if x.size >= 4096 and x.dtype in (np.float32, np.int32) and x.shape[axis] < 1 << 31:
        return _order_packed(x, axis, descending)
    if not descending:
        return x.argsort(axis, kind="stable")
    round_ = (slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)
    return x.shape[axis] - 1 - x[round_].argsort(axis, kind="stable")[round_]


def _order_packed(x: Any, axis: int, descending: bool) -> Any:
    """The order of 32-bit numbers by one sort of 64-bit integers: the number above, its index below.

    Stable by construction, and NumPy sorts integers with vector instructions: (4096, 64) in 0.6 ms, where a
    stable argsort takes 6.7.
    """
    if x.dtype == np.float32:
        # Adding 0 makes 0 of -0. Then the bits, those below the sign inverted for negative numbers, are in
        # order.
        bits = (x + np.float32(0)).view(np.int32)
        bits = np.where(np.isnan(x), np.int32(0x7FFFFFFF), bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF)))
    else:
        bits = x
    keys = np.moveaxis(~bits if descending else bits, axis, -1).astype(np.int64)
    keys <<= 32
    keys |= np.arange(x.shape[axis])
    keys.sort(-1)
    keys &= 0xFFFFFFFF
    return np.moveaxis(keys, -1, axis)


def argsort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return order(x, axis=axis, descending=descending)


def sort_indexed(x: Any, *, axis: int = -1, descending: bool = False) -> tuple[Any, Any]:
    indices = order(x, axis=axis, descending=descending)
    return read_along(x, indices, axis % x.ndim), indices


def sort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Without indices; equal numbers look the same, so it need not be stable."""
    y = np.sort(x, axis)
    return np.flip(y, axis) if descending else y


def topk(x: Any, *, k: int, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """Of a large dimension only what may be among the ``k`` is sorted."""
    axis %= x.ndim
    n = x.shape[axis]
    if n < 512 or 8 * k > n or k == 0 or (x.dtype.kind == "f" and np.isnan(np.maximum.reduce(x, axis=None))):
        first = (slice(None),) * axis + (slice(0, k),)
        indices = np.ascontiguousarray(order(x, axis=axis, descending=largest)[first])
        return read_along(x, indices, axis), indices
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    shape = (*rows.shape[:-1], k)
    found = [_top_of_row(row, k, largest) for row in rows.reshape(-1, n)]
    values = np.array([f[0] for f in found], x.dtype).reshape(shape)
    indices = np.array([f[1] for f in found], np.int64).reshape(shape)
    return np.moveaxis(values, -1, axis), np.moveaxis(indices, -1, axis)


def _top_of_row(row: Any, k: int, largest: bool) -> tuple[Any, Any]:
    """Without nans. All that is not beyond a bound, in order; of equal ones the first.

    For a small ``k`` the k-th best of the extremes of blocks is such a bound: 0.07 ms on 100000 numbers,
    where a partition takes 0.7.
    """
    n = len(row)
    blocks = n // 64
    rest = row
    if 2 * k <= blocks:
        head = row[: 64 * blocks].reshape(blocks, 64)
        rest = np.maximum.reduce(head, axis=1) if largest else np.minimum.reduce(head, axis=1)
    place = len(rest) - k if largest else k - 1
    bound = np.partition(rest, place)[place]
    candidates = np.flatnonzero(row >= bound if largest else row <= bound)
    values = row[candidates]
    by_size = order(values, axis=0, descending=largest)[:k]
    return values[by_size], candidates[by_size]


def kthvalue(x: Any, *, k: int, axis: int = -1) -> tuple[Any, Any]:
    values, indices = topk(x, k=k, axis=axis, largest=False)
    last = (slice(None),) * (axis % x.ndim) + (k - 1,)
    return values[last], indices[last]


def searchsorted_rows(x1: Any, x2: Any, *, side: Any = "left") -> Any:
    if x1.ndim == 1:
        return np.searchsorted(x1, x2, side=side)
    rows = np.ascontiguousarray(x1).reshape(-1, x1.shape[-1])
    wanted = np.ascontiguousarray(x2).reshape(-1, x2.shape[-1]) if x2.size else x2.reshape(len(rows), 0)
    found = [np.searchsorted(row, values, side=side) for row, values in zip(rows, wanted, strict=True)]
    return np.stack(found).reshape(x2.shape) if found else np.zeros(x2.shape, np.int64)


def searchsorted(x1: Any, x2: Any, *, side: Any = "left", sorter: Any = None) -> Any:
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
