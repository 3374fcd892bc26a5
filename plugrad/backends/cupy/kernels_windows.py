"""Kernels that gather windows into columns, and add columns back."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import BLOCK, blocks_for, function, generic, library, takes

_Sizes = tuple[int, ...]

#: The struct of that name in the kernels.
WINDOWS: Final = np.dtype([(name, np.int32, 3) for name in ("shape", "size", "stride", "padding", "dilation", "count")])
#: What the positions of larger arrays are counted in, and those of others.
_LIMIT: Final = 1 << 30
_INDEX: Final = {False: np.dtype("i4"), True: np.dtype("i8")}


def windows(shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, count: _Sizes) -> Any:
    """How windows lie, for the kernels: one axis or two become three."""
    missing = 3 - len(shape)
    found = np.zeros((1,), WINDOWS)
    for name, values, filler in zip(
        WINDOWS.names or (), (shape, size, stride, padding, dilation, count), (1, 1, 1, 0, 1, 1), strict=True
    ):
        found[name] = (filler,) * missing + tuple(values)
    return found


def index_type(*counts: int) -> Any:
    """The type that positions in arrays of so many elements are computed in."""
    return _INDEX[max(counts) >= _LIMIT]


def counts(shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> _Sizes:
    """How many windows there are along each axis."""
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True)
        ]
    )


def covers(*arrays: Any, axes: int) -> bool:
    """Whether windows along so many axes of such arrays are for the kernels here."""
    return takes(*arrays) and 1 <= axes <= 3


def launch(kernel: str, threads: int, index: Any, dtype: Any, *arguments: Any) -> None:
    """Launch a kernel of ``<T, I>`` with so many threads; its last parameter, the planes, is of I."""
    *rest, planes = arguments
    function(kernel, dtype, index)((blocks_for(threads),), (BLOCK,), (*rest, index.type(planes)))


def im2col(x: Any, *, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> Any:
    shape = x.shape[2:]
    count = counts(shape, size, stride, padding, dilation)
    planes, places, number = prod(x.shape[:2]), prod(size), prod(count)
    if not covers(x, axes=len(size)) or number <= 0:
        return generic("im2col", x, size=size, stride=stride, padding=padding, dilation=dilation)
    cupy = library()
    columns = cupy.empty((x.shape[0], x.shape[1] * places, number), x.dtype)
    index = index_type(x.size, columns.size)
    where = windows(shape, size, stride, padding, dilation, count)
    launch("im2col", planes * number, index, x.dtype, cupy.ascontiguousarray(x), columns, where, planes)
    return columns


def col2im(x: Any, *, shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> Any:
    count = counts(shape, size, stride, padding, dilation)
    places = prod(size)
    if not covers(x, axes=len(size)) or not prod(shape):
        return generic("col2im", x, shape=shape, size=size, stride=stride, padding=padding, dilation=dilation)
    cupy = library()
    n, channels = x.shape[0], x.shape[1] // places
    out = cupy.empty((n, channels, *shape), x.dtype)
    index = index_type(x.size, out.size)
    where = windows(shape, size, stride, padding, dilation, count)
    launch("col2im", out.size, index, x.dtype, cupy.ascontiguousarray(x), out, where, n * channels)
    return out


KERNELS: Final[dict[str, Callable[..., Any]]] = {"im2col": im2col, "col2im": col2im}
