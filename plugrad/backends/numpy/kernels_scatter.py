"""Kernels that gather and scatter along an axis, and the sum of rows by index that all accumulation ends
in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

_add_at = np.add.at
_UNSIGNED = {np.dtype("i8"): np.dtype("u8"), np.dtype("i4"): np.dtype("u4")}

# Rows of one index are summed by a reduction where they have at least this many numbers: 3 us a call, and
# then 0.3 ns a number where ufunc.at takes 2.
_HEAVY = 2048
#: Below, one call of ufunc.at on whatever there is costs less than what prepares better ones.
SMALL = 1024
#: Numbers per call of ufunc.at, so that its flat indices stay in the cache.
_CHUNK = 1 << 16


def check(index: Any, n: int) -> None:
    """An IndexError unless 0 <= index < n everywhere. One pass: a negative number is a huge unsigned one."""
    index = np.asarray(index)
    unsigned = _UNSIGNED.get(index.dtype)
    if unsigned is None:
        index = index.astype(np.int64)
        unsigned = _UNSIGNED[index.dtype]
    # argmax takes a fifth of the time of a reduction of few numbers.
    if index.size and (index := index.view(unsigned)).item(index.argmax()) >= n:
        raise IndexError(f"index is out of bounds for a dimension with size {n}")


def from_front(index: Any, n: int) -> Any:
    """An index without negative numbers, from one that was checked by a read."""
    if index.size and index.min() < 0:
        return np.where(index < 0, index + n, index)
    return index


def add_rows(out: Any, index: Any, values: Any, fresh: bool) -> None:
    """``out[index[i]] += values[i]``; ``fresh``: out is all zeros. ``out`` is a contiguous matrix.

    ufunc.at is fast (2 ns a number) on one-dimensional arrays only, so rows are spelled out as flat
    positions. Rows whose index comes once are written, and those of an index that comes often are summed by a
    reduction. Measured on (10000, 256) with 4096 indices, Zipf distributed: 9.2 ms by ufunc.at on rows, 2.1
    flat, 1.0 so.
    """
    width = out.shape[1]
    if width == 1 or values.size < 4096:
        _add_flat(out, index, values)
        return
    # Once: every take from an array that is not contiguous would copy all of it.
    values = np.ascontiguousarray(values)
    counts = np.bincount(index, minlength=out.shape[0])
    heavy = counts >= max(8, _HEAVY // width)
    numbers = np.flatnonzero(heavy)
    if len(numbers):
        often = heavy[index]
        positions = np.flatnonzero(often)
        positions = positions[np.argsort(index[positions], kind="stable")]
        start = 0
        for number, end in zip(numbers.tolist(), np.cumsum(counts[numbers]).tolist(), strict=True):
            out[number] += np.add.reduce(values.take(positions[start:end], 0), axis=0)
            start = end
        rest = np.flatnonzero(~often)
        index, values = index[rest], values.take(rest, 0)
    once = counts[index] == 1
    if once.all():
        _write(out, index, values, fresh)
        return
    single = np.flatnonzero(once)
    _write(out, index[single], values.take(single, 0), fresh)
    rest = np.flatnonzero(~once)
    _add_flat(out, index[rest], values.take(rest, 0))


def _write(out: Any, index: Any, values: Any, fresh: bool) -> None:
    if fresh:
        out[index] = values
    else:
        out[index] += values


def _add_flat(out: Any, index: Any, values: Any) -> None:
    width = out.shape[1]
    flat = out.reshape(-1)
    if width == 1:
        _add_at(flat, index, values.reshape(-1))
        return
    columns = np.arange(width)
    rows = max(1, _CHUNK // width) if width else 1
    for start in range(0, len(index), rows):
        part = index[start : start + rows]
        _add_at(flat, (part[:, None] * width + columns).reshape(-1), values[start : start + rows].reshape(-1))


# -- one index per element -----------------------------------------------------------------------------------


def _flat(index: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Flat positions in a contiguous array of this shape of what ``index`` names along an axis."""
    if not index.size:
        return index
    stride, offset = (_known_lines if index.size <= _CHUNK else _lines)(index.shape, shape, axis)
    if stride is not None:
        index = index * stride
    return index if offset is None else index + offset


def _lines(sizes: tuple[int, ...], shape: tuple[int, ...], axis: int) -> tuple[Any, Any]:
    """What an index of these sizes is to be multiplied with, and what is to be added, None for nothing."""
    offset: Any = None
    stride = own = 1
    ndim = len(shape)
    for i in range(ndim - 1, -1, -1):
        n = sizes[i]
        if i == axis:
            own = stride
        elif n > 1:
            line = np.arange(0, n * stride, stride).reshape((n,) + (1,) * (ndim - 1 - i))
            offset = line if offset is None else offset + line
        stride *= shape[i]
    return None if own == 1 else np.array(own), offset


#: Of few numbers this costs more than the rest, and the same shapes come again.
_known_lines = functools.lru_cache(maxsize=64)(_lines)


def _grid(index: Any, axis: int) -> tuple[Any, ...]:
    """The same as one index array for every axis, for arrays that are not contiguous."""
    ndim = index.ndim
    return tuple(
        index if i == axis else np.arange(n).reshape((n,) + (1,) * (ndim - 1 - i)) for i, n in enumerate(index.shape)
    )


def gather(x: Any, index: Any, *, axis: int) -> Any:
    """One flat take: half the time of np.take_along_axis."""
    axis %= x.ndim
    check(index, x.shape[axis])
    if x.flags.c_contiguous:
        return x.take(_flat(index, x.shape, axis))
    return x[_grid(index, axis)]


def take_along_axis(x: Any, indices: Any, *, axis: int = -1) -> Any:
    """np.take_along_axis is a Python function; the usual case is one flat take."""
    axis %= x.ndim
    same = indices.shape[:axis] == x.shape[:axis] and indices.shape[axis + 1 :] == x.shape[axis + 1 :]
    if not same or not x.flags.c_contiguous:
        return np.take_along_axis(x, indices, axis=axis)
    n = x.shape[axis]
    if indices.size and not (-n <= indices.min() and indices.max() < n):
        raise IndexError(f"index is out of bounds for a dimension with size {n}")
    return x.reshape(-1).take(_flat(from_front(indices, n), x.shape, axis))


def read_along(x: Any, indices: Any, axis: int) -> Any:
    """take_along_axis with indices that are known to be right."""
    if x.flags.c_contiguous:
        return x.take(_flat(indices, x.shape, axis))
    return x[_grid(indices, axis)]


def scatter_zeros(x: Any, index: Any, *, axis: int, shape: tuple[int, ...], distinct: bool = False) -> Any:
    """Into memory of our own, so always contiguous. The index was checked when ``gather`` read with it."""
    axis %= len(shape)
    out = np.zeros(shape, x.dtype)
    places = _flat(index, shape, axis)
    if distinct:
        out.reshape(-1)[places] = x
    else:
        _add_at(out.reshape(-1), places.reshape(-1), x.reshape(-1))
    return out


def _source(source: Any, index: Any) -> Any:
    """The part of a source that the index uses; numbers and 0-d arrays as they are."""
    shape = getattr(source, "shape", ())
    if shape == index.shape or not shape:
        return source
    return source[tuple(slice(0, n) for n in index.shape)]


def scatter_(x: Any, index: Any, source: Any, *, axis: int) -> Any:
    axis %= x.ndim
    check(index, x.shape[axis])
    source = _source(source, index)
    if x.flags.c_contiguous:
        x.reshape(-1)[_flat(index, x.shape, axis)] = source
    else:
        x[_grid(index, axis)] = source
    return x


def _combine_at(at: Any, x: Any, index: Any, source: Any, axis: int) -> Any:
    axis %= x.ndim
    check(index, x.shape[axis])
    source = _source(source, index)
    if x.flags.c_contiguous:
        values = source.reshape(-1) if getattr(source, "shape", ()) else x.dtype.type(source)
        at(x.reshape(-1), _flat(index, x.shape, axis).reshape(-1), values)
    else:
        at(x, _grid(index, axis), source)
    return x


def scatter_add_(x: Any, index: Any, source: Any, *, axis: int) -> Any:
    return _combine_at(_add_at, x, index, source, axis)


def scatter_combine_(x: Any, index: Any, source: Any, *, axis: int, how: str) -> Any:
    return _combine_at(_add_at if how == "add" else np.multiply.at, x, index, source, axis)


_REDUCE_AT: Final = {
    "sum": _add_at, "mean": _add_at, "prod": np.multiply.at, "amax": np.maximum.at, "amin": np.minimum.at
}  # fmt: skip


def _neutral(reduce: str, dtype: Any) -> Any:
    """What changes nothing in a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    if dtype.kind == "b":
        return reduce == "amin"
    return np.iinfo(dtype).min if reduce == "amax" else np.iinfo(dtype).max


def scatter_reduce(x: Any, index: Any, source: Any, *, axis: int, reduce: str, include_self: bool = True) -> Any:
    axis %= x.ndim
    check(index, x.shape[axis])
    y = np.array(x, order="C")
    flat = y.reshape(-1)
    places = _flat(index, x.shape, axis).reshape(-1)
    if not include_self:
        flat[places] = _neutral(reduce, y.dtype)
    _REDUCE_AT[reduce](flat, places, _source(source, index).reshape(-1))
    if reduce == "mean":
        counts = np.bincount(places, minlength=flat.size)
        counts = np.maximum(counts, 1) if not include_self else counts + 1
        if y.dtype.kind in "iu":
            flat //= counts.astype(y.dtype)
        else:
            flat /= counts.astype(flat.real.dtype)
    return y


# -- one index per slice -------------------------------------------------------------------------------------


def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """The method: np.take is a Python function around it, at 0.8 us."""
    return x.take(indices, axis)


def index_select(x: Any, index: Any, *, axis: int) -> Any:
    check(index, x.shape[axis])
    return x.take(index, axis)


def index_add_(x: Any, index: Any, source: Any, *, axis: int, alpha: Any = 1) -> Any:
    axis %= x.ndim
    check(index, x.shape[axis])
    if alpha != 1:
        source = alpha * source
    turned = x.swapaxes(0, axis)
    if x.size < SMALL:
        _add_at(turned, index, source.swapaxes(0, axis) if source.ndim else source)
        return x
    rows = np.ascontiguousarray(turned)
    width = rows[:1].size
    values = source.swapaxes(0, axis).reshape(len(index), width)
    add_rows(rows.reshape(x.shape[axis], width), index, values, fresh=False)
    if not np.may_share_memory(rows, x):
        turned[...] = rows
    return x


def _slices(x: Any, index: Any, axis: int) -> Any:
    return (slice(None),) * (axis % x.ndim) + (index,)


def index_copy_(x: Any, index: Any, source: Any, *, axis: int) -> Any:
    check(index, x.shape[axis])
    x[_slices(x, index, axis)] = source
    return x


def index_fill_(x: Any, index: Any, value: Any, *, axis: int) -> Any:
    x[_slices(x, index, axis)] = value
    return x


def copying(write: Callable[..., Any]) -> Callable[..., Any]:
    """The op of a writing kernel: the same on a copy."""

    def on_copy(x: Any, *args: Any, **options: Any) -> Any:
        return write(np.array(x), *args, **options)

    return on_copy


_WRITES: Final[dict[str, Callable[..., Any]]] = {
    "scatter_": scatter_,
    "scatter_add_": scatter_add_,
    "scatter_combine_": scatter_combine_,
    "index_add_": index_add_,
    "index_copy_": index_copy_,
    "index_fill_": index_fill_,
}

KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "gather": gather,
    "take_along_axis": take_along_axis,
    "scatter_zeros": scatter_zeros,
    "scatter_reduce": scatter_reduce,
    "take": take,
    "index_select": index_select,
    **_WRITES,
    **{name[:-1]: copying(write) for name, write in _WRITES.items()},
}
