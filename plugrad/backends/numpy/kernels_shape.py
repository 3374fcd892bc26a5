"""Kernels of shapes and of creation: NumPy's methods where its functions are written in Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.core.inplace import overlapping


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """np.broadcast_to takes 3 us; strides of 0 say the same."""
    ndim = x.ndim
    if ndim == 0:
        x = np.asarray(x)
        return np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
    extra = len(shape) - ndim
    if extra >= 0 and x.size and x.flags.c_contiguous:
        strides = [0] * extra
        for n, m, stride in zip(x.shape, shape[extra:], x.strides, strict=True):
            if n == m:
                strides.append(stride)
            elif n == 1:
                strides.append(0)
            else:
                return np.broadcast_to(x, shape)
        return np.ndarray(shape, x.dtype, x, 0, strides)
    y = np.broadcast_to(x, shape)
    if x.flags.writeable:
        # Which views overlap with themselves and must not be written is asked of their strides.
        y.flags.writeable = True
    return y


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """The method."""
    return x.reshape(shape)


def permute_dims(x: Any, axes: tuple[int, ...]) -> Any:
    """The method."""
    return x.transpose(axes)


def expand_dims(x: Any, *, axis: int = 0) -> Any:
    """An index with None."""
    if axis < 0:
        axis += x.ndim + 1
    return x[(*(slice(None),) * axis, None)]


def squeeze(x: Any, axis: Any) -> Any:
    """The method."""
    return x.squeeze(axis)


def _reversing(ndim: int, axis: Any) -> tuple[slice, ...]:
    if axis is None:
        return (slice(None, None, -1),) * ndim
    key = [slice(None)] * ndim
    for a in (axis,) if isinstance(axis, int) else axis:
        key[a] = slice(None, None, -1)
    return tuple(key)


def flip(x: Any, *, axis: Any = None) -> Any:
    """A view with negative strides."""
    return x[_reversing(x.ndim, axis)] if x.ndim else x


def reverse(x: Any, *, axis: Any) -> Any:
    """A copy of that."""
    return flip(x, axis=axis).copy()


def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A view that can be written, unlike np.diagonal's."""
    y = x.diagonal(offset, axis1, axis2)
    y.flags.writeable = x.flags.writeable
    return y


def embed_diagonal(x: Any, *, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Zeros, and one assignment to the diagonal of them."""
    y = np.zeros(shape, x.dtype)
    diagonal(y, offset=offset, axis1=axis1, axis2=axis2)[...] = x
    return y


def unfold(x: Any, *, axis: int, size: int, step: int) -> Any:
    """Windows that overlap in memory."""
    axis %= x.ndim
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    strides = (*x.strides[:axis], x.strides[axis] * step, *x.strides[axis + 1 :], x.strides[axis])
    if x.flags.c_contiguous and x.size:
        # What as_strided does in 3 us.
        y = np.ndarray(shape, x.dtype, x, 0, strides)
        y.flags.writeable = x.flags.writeable
        return y
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def unfold_backward(x: Any, *, shape: tuple[int, ...], axis: int, size: int, step: int) -> Any:
    """Windows are added one place after the other: within one place no two overlap."""
    axis %= len(shape)
    y = np.zeros(shape, x.dtype)
    lead = (slice(None),) * axis
    for j in range(size):
        y[(*lead, slice(j, j + (x.shape[axis] - 1) * step + 1, step))] += x[..., j]
    return y


def clone(x: Any) -> Any:
    """Keeps the order of the axes in memory, as PyTorch does, but not the overlaps of a broadcast array."""
    if x.ndim > 1 and 0 not in x.strides:
        return x.copy("K")
    return x.copy()


def contiguous(x: Any) -> Any:
    """A copy with the last axis closest in memory."""
    return x.copy()


def roll(x: Any, shift: Any, *, axis: Any = None) -> Any:
    """Two block copies; np.roll takes 10 us and more."""
    if axis is None:
        return (
            roll(x.ravel(), shift if isinstance(shift, int) else sum(shift), axis=0).reshape(x.shape) if x.ndim else x
        )
    if not isinstance(axis, int):
        shifts = (shift,) * len(axis) if isinstance(shift, int) else shift
        y = x
        for s, a in zip(shifts, axis, strict=True):
            y = roll(y, s, axis=a)
        return x.copy() if y is x else y
    axis %= x.ndim
    n = x.shape[axis]
    y = np.empty(x.shape, x.dtype)
    if n:
        shift %= n
        lead: Any = (slice(None),) * axis
        y[(*lead, slice(shift, None))] = x[(*lead, slice(0, n - shift))]
        y[(*lead, slice(0, shift))] = x[(*lead, slice(n - shift, None))]
    return y


@functools.lru_cache(maxsize=64)
def _lower(n: int, m: int, k: int) -> Any:
    """True in the lower triangle up to the k-th diagonal."""
    return np.greater_equal.outer(np.arange(n), np.arange(-k, m - k))


@functools.lru_cache(maxsize=64)
def _upper(n: int, m: int, k: int) -> Any:
    """True in the upper triangle down to the k-th diagonal."""
    return ~_lower(n, m, k - 1)


def _without(x: Any, mask: Any) -> Any:
    """A copy with 0 where the mask is true."""
    y = x.copy()
    np.copyto(y, _zero(x.dtype), where=mask)
    return y


def diagonal_scatter(x: Any, value: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A copy, and one assignment to its diagonal."""
    y = x.copy()
    diagonal(y, offset=offset, axis1=axis1, axis2=axis2)[...] = value
    return y


def concat(arrays: Any, *, axis: int | None = 0) -> Any:
    """NumPy's keeps the order of memory of its operands; PyTorch's result can be viewed in another shape."""
    return np.ascontiguousarray(np.concatenate(arrays, axis))


def tril(x: Any, *, k: int = 0) -> Any:
    """np.tril makes the mask anew at every call."""
    return _without(x, _upper(*x.shape[-2:], k + 1))


def triu(x: Any, *, k: int = 0) -> Any:
    """The same for np.triu."""
    return _without(x, _lower(*x.shape[-2:], k - 1))


def stack(arrays: Any, *, axis: int = 0) -> Any:
    """np.stack takes 3 us for views that np.concatenate then copies."""
    if axis == 0:
        return np.array(arrays)
    first = arrays[0]
    axis %= first.ndim + 1
    y = np.empty((*first.shape[:axis], len(arrays), *first.shape[axis:]), first.dtype)
    lead: Any = (slice(None),) * axis
    for i, x in enumerate(arrays):
        y[(*lead, i)] = x
    return y


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """Views, also of single elements: x[i] of a vector would be an immutable scalar."""
    lead = (slice(None),) * (axis % x.ndim)
    return tuple([x[(*lead, i, ...)] for i in range(x.shape[axis])])


@functools.cache
def _zero(dtype: Any) -> Any:
    found = np.zeros((), dtype)
    found.flags.writeable = False
    return found


def zero(x: Any) -> Any:
    """One zero, seen everywhere: what is written from."""
    return np.ndarray(x.shape, x.dtype, _zero(x.dtype), 0, (0,) * x.ndim)


def fill(x: Any, value: Any) -> Any:
    """One value, seen everywhere: what is written from."""
    return broadcast_to(value if isinstance(value, (np.ndarray, np.generic)) else np.array(value, x.dtype), x.shape)


def copy(x: Any, source: Any) -> Any:
    """The source in the target's shape: what is written from."""
    return source if source.shape == x.shape else broadcast_to(source, x.shape)


def ones_like(x: Any, *, dtype: Any = None) -> Any:
    """np.ones_like takes 3 us; a 0-d one is the seed of every backward."""
    dtype = dtype or x.dtype
    return dtype.type(1) if x.ndim == 0 else np.ones(x.shape, dtype)


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """The method: np.astype takes no NumPy scalars. Of complex numbers made real the real part is kept, silently."""
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    return x.astype(dtype, copy=copy)


def as_strided(x: Any, *, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> Any:
    """A view of a contiguous array; the method checked that it is inside. Where places overlap, it can't be written."""
    flat = np.ascontiguousarray(x).reshape(-1)[offset:]
    steps = [step * x.itemsize for step in stride]
    written = not overlapping(size, stride)
    return np.lib.stride_tricks.as_strided(flat, size, steps, writeable=written and flat.flags.writeable)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "broadcast_to": broadcast_to,
    "reshape": reshape,
    "permute_dims": permute_dims,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "flip": flip,
    "reverse": reverse,
    "diagonal": diagonal,
    "embed_diagonal": embed_diagonal,
    "diagonal_scatter": diagonal_scatter,
    "as_strided": as_strided,
    "unfold": unfold,
    "unfold_backward": unfold_backward,
    "clone": clone,
    "contiguous": contiguous,
    "roll": roll,
    "concat": concat,
    "tril": tril,
    "triu": triu,
    "stack": stack,
    "unstack": unstack,
    "zero": zero,
    "fill": fill,
    "copy": copy,
    "ones_like": ones_like,
    "astype": astype,
}
