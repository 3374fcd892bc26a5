"""Kernels that count, by NumPy's count of small integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np


def bincount(x: Any, weights: Any = None, *, length: int) -> Any:
    """How often each integer below ``length`` comes, or the sums of its weights."""
    counts = np.bincount(x, weights, length)[:length]
    return counts if weights is None else counts.astype(weights.dtype, copy=False)


def histc(x: Any, low: Any, high: Any, *, bins: int) -> Any:
    """The definition's places of those that are inside, counted."""
    x = x.ravel()
    inside = (x >= low) & (x <= high)
    if not inside.all():
        x = x[inside]
    part = ((x - low) * bins / (high - low)).astype(np.int64)
    counts = np.bincount(part, minlength=bins + 1)
    # The end of the range belongs to the last part.
    counts[bins - 1] += counts[bins]
    return counts[:bins].astype(x.dtype)


def unique_sorted(x: Any, *, consecutive: bool = False) -> tuple[Any, Any, Any]:
    """The definition's way, with one sort of whole rows."""
    n = x.shape[0]
    if not n:
        return x.copy(), np.zeros(0, np.int64), np.zeros(0, np.int64)
    flat = x.ndim == 1
    rows = x if flat else x.reshape(n, x[0].size)
    starts = np.ones(n, np.bool_)
    if consecutive:
        order = None
    elif flat:
        order = x.argsort(kind="stable")
        rows = rows.take(order)
    else:
        order = np.lexsort(rows.T[::-1]) if rows.size else np.arange(n)
        rows = rows.take(order, 0)
    different = rows[1:] != rows[:-1]
    starts[1:] = different if flat else different.any(1)
    first = starts.nonzero()[0]
    which = np.add.accumulate(starts, 0, np.int64)
    which -= 1
    if order is not None:
        placed = np.empty(n, np.int64)
        placed[order] = which
        which = placed
    counts = np.empty(len(first), np.int64)
    np.subtract(first[1:], first[:-1], out=counts[:-1])
    counts[-1] = n - first[-1]
    return rows.take(first, 0).reshape(len(first), *x.shape[1:]), which, counts


def isin(x1: Any, x2: Any, *, invert: bool = False) -> Any:
    """Few are all compared with each other; many are sought in order."""
    x2 = x2.reshape(-1)
    if x1.size * x2.size <= 1024:
        found = np.logical_or.reduce(x1[..., None] == x2, -1)
    elif not x2.size:
        found = np.zeros(x1.shape, np.bool_)
    else:
        x2 = np.sort(x2)
        place = np.searchsorted(x2, x1)
        found = x2.take(np.minimum(place, x2.size - 1, out=place)) == x1
    return ~found if invert else found


def nanmedian(x: Any) -> Any:
    """A partition of what is no nan, not a sort."""
    flat = x.reshape(-1)
    missing = np.isnan(flat) if x.dtype.kind == "f" else None
    if missing is not None and missing.any():
        flat = flat[~missing]
    if not flat.size:
        return x.dtype.type(np.nan)
    middle = (flat.size - 1) // 2
    return np.partition(flat, middle)[middle]


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "bincount": bincount, "histc": histc, "unique_sorted": unique_sorted, "isin": isin, "nanmedian": nanmedian,
}  # fmt: skip
