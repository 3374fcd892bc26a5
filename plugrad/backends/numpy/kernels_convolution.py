"""Kernels of sliding windows and of convolution: columns of windows, a few samples at a time, and one GEMM.

The columns of a part stay in the cache between being gathered and being multiplied, and need no memory for all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.parallel import in_parts

#: Windows along the last axis below which adding them row by row takes longer than turning the array.
SHORT: Final = 32

_Sizes = tuple[int, ...]


def _count(shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> _Sizes:
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True)
        ]
    )


def _with_zeros(x: Any, padding: _Sizes) -> Any:
    if not any(padding):
        return x
    y: Any = np.zeros((*x.shape[:2], *[n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]), x.dtype)
    y[(..., *[slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True)])] = x
    return y


def _windows(x: Any, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> tuple[Any, _Sizes]:
    """A view (N, C, places in a window..., windows...) of x with zeros around, and the numbers of windows."""
    count = _count(x.shape[2:], size, stride, padding, dilation)
    x = _with_zeros(x, padding)
    if not x.size or not prod(count):
        return np.zeros((*x.shape[:2], *size, *count), x.dtype), count
    steps = x.strides[2:]
    inside = [a * d for a, d in zip(steps, dilation, strict=True)]
    between = [a * s for a, s in zip(steps, stride, strict=True)]
    view = np.lib.stride_tricks.as_strided(
        x, (*x.shape[:2], *size, *count), (*x.strides[:2], *inside, *between), writeable=False
    )
    return view, count


def _keys(size: _Sizes, count: _Sizes, stride: _Sizes, dilation: _Sizes) -> list[tuple[Any, ...]]:
    axes = [
        [slice(o * d, o * d + (n - 1) * s + 1, s) for o in range(k)]
        for k, n, s, d in zip(size, count, stride, dilation, strict=True)
    ]
    return [(..., *key) for key in product(*axes)]


def im2col(x: Any, *, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> Any:
    view, count = _windows(x, size, stride, padding, dilation)
    return view.reshape(x.shape[0], x.shape[1] * prod(size), prod(count)).copy()


def _added(columns: Any, y: Any, keys: list[tuple[Any, ...]]) -> None:
    """Add columns (N, C, places, windows...) to y, each at its place."""
    for i, key in enumerate(keys):
        part = y[key]
        part += columns[:, :, i]


def col2im(x: Any, *, shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes) -> Any:
    places = prod(size)
    count = _count(shape, size, stride, padding, dilation)
    n, channels = x.shape[0], x.shape[1] // places
    y: Any = np.zeros((n, channels, *[m + 2 * p for m, p in zip(shape, padding, strict=True)]), x.dtype)
    _added(x.reshape(n, channels, places, *count), y, _keys(size, count, stride, dilation))
    if not any(padding):
        return y
    return y[(..., *[slice(p, p + m) for m, p in zip(shape, padding, strict=True)])].copy()


def _is_pointwise(size: _Sizes, stride: _Sizes, padding: _Sizes) -> bool:
    """Whether each window is one place, and all are taken: the columns are the input itself."""
    return all([k == 1 for k in size]) and all([s == 1 for s in stride]) and not any(padding)


def convolution(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: _Sizes,
    padding: _Sizes,
    dilation: _Sizes,
    groups: int,
) -> Any:
    size, out = weight.shape[2:], weight.shape[0]
    n, channels = x.shape[:2]
    rows = weight.reshape(groups, out // groups, -1)
    view, count = _windows(x, size, stride, padding, dilation)
    windows = prod(count)
    y = np.empty((n, out, *count), np.result_type(x, weight))
    ys = y.reshape(n, groups, out // groups, windows)
    added = None if bias is None else bias.reshape(groups, out // groups, 1)
    pointwise = _is_pointwise(size, stride, padding)

    def work(i: int, j: int) -> None:
        # The copy of the windows in the order of rows and columns.
        columns = view[i:j].reshape(j - i, groups, rows.shape[2], windows)
        part = ys[i:j]
        if groups == 1:
            np.matmul(rows[0], columns[:, 0], out=part[:, 0])
        else:
            np.matmul(rows, columns, out=part)
        if added is not None:
            part += added

    in_parts(work, n, (1 if pointwise else prod(size)) * channels * windows * x.itemsize)
    return y


def _product(a: Any, b: Any) -> Any:
    """A matrix product; where nothing is summed, by broadcasting, which BLAS is slow at."""
    return a * b if a.shape[-1] == 1 else np.matmul(a, b)


def convolution_input(
    grad: Any, weight: Any, *, shape: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, groups: int
) -> Any:
    size = weight.shape[2:]
    n, out = grad.shape[:2]
    count = grad.shape[2:]
    windows, places, channels = prod(count), prod(size), weight.shape[1] * groups
    rows = weight.reshape(groups, out // groups, -1).transpose(0, 2, 1)
    grads = grad.reshape(n, groups, out // groups, windows)
    dtype = np.result_type(grad, weight)
    if _is_pointwise(size, stride, padding):
        return np.matmul(rows, grads).reshape(n, channels, *shape)
    keys = _keys(size, count, stride, dilation)
    y = np.empty((n, channels, *shape), dtype)
    inside = (..., *[slice(p, p + m) for m, p in zip(shape, padding, strict=True)])
    wide = [m + 2 * p for m, p in zip(shape, padding, strict=True)]

    def work(i: int, j: int) -> None:
        columns = _product(rows, grads[i:j])
        total: Any = np.zeros((j - i, channels, *wide), dtype)
        _added(columns.reshape(j - i, channels, places, *count), total, keys)
        y[i:j] = total[inside]

    def work_on_short_rows(i: int, j: int) -> None:
        # Samples go innermost, so that what is added at once is a row of windows times all samples.
        g = grads[i:j].transpose(1, 2, 3, 0).reshape(groups, out // groups, windows * (j - i))
        columns = _product(rows, g).reshape(channels, places, *count, j - i)
        total: Any = np.zeros((channels, *wide, j - i), dtype)
        for k, (_, *key) in enumerate(keys):
            part = total[(slice(None), *key)]
            part += columns[:, k]
        y[i:j] = np.moveaxis(total[(slice(None), *inside[1:])], -1, 0)

    short = count[-1] < SHORT and n > 1
    row_bytes = places * channels * windows * dtype.itemsize
    in_parts(work_on_short_rows if short else work, n, row_bytes // 2 if short else row_bytes)
    return y


def convolution_weight(
    grad: Any, x: Any, *, shape: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, groups: int
) -> Any:
    n, out = grad.shape[:2]
    channels, places = x.shape[1], prod(shape)
    view, count = _windows(x, shape, stride, padding, dilation)
    windows = prod(count)
    # Samples stand beside windows, so that one product sums over both.
    turned = view.reshape(n, groups, channels // groups, *shape, *count) if groups > 1 else view[:, None]
    axes = (*range(1, 3 + len(shape)), 0, *range(3 + len(shape), turned.ndim))
    turned = turned.transpose(axes)
    grads = grad.reshape(n, groups, out // groups, windows).transpose(1, 2, 0, 3)
    sums: list[Any] = []

    def work(i: int, j: int) -> None:
        key = (*[slice(None)] * (2 + len(shape)), slice(i, j))
        columns = turned[key].reshape(groups, channels // groups * places, (j - i) * windows)
        g = grads[:, :, i:j].reshape(groups, out // groups, (j - i) * windows)
        sums.append(np.matmul(g, columns.transpose(0, 2, 1)))

    in_parts(work, n, places * channels * windows * x.itemsize)
    if not sums:
        return np.zeros((out, channels // groups, *shape), np.result_type(grad, x))
    total = sums[0]
    for other in sums[1:]:
        total += other
    return total.reshape(out, channels // groups, *shape)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "im2col": im2col,
    "col2im": col2im,
    "convolution": convolution,
    "convolution_input": convolution_input,
    "convolution_weight": convolution_weight,
}
