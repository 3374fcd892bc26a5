"""Kernels of pooling: one pass over the input for each place in a window, for all windows at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.parallel import in_parts

_Sizes = tuple[int, ...]


def _count(shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, ceil: bool) -> _Sizes:
    found = []
    for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True):
        count = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil else 0)) // s + 1
        found.append(count - 1 if ceil and (count - 1) * s >= n + p else count)
    return tuple(found)


def _offsets(n: int, size: int, stride: int, padding: int, dilation: int, count: int) -> list[tuple[slice, slice, int]]:
    """Along one axis, for each place in a window: which windows have it inside, what they read, and its offset."""
    found = []
    for j in range(size):
        shift = j * dilation - padding
        first = max(0, -(shift // stride))
        last = min(count, (n - 1 - shift) // stride + 1)
        if first < last:
            start = first * stride + shift
            read = slice(start, start + (last - first - 1) * stride + 1, stride)
            found.append((slice(first, last), read, shift))
    return found


def max_pool(
    x: Any, *, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, ceil_mode: bool
) -> tuple[Any, Any]:
    shape = x.shape[2:]
    count = _count(shape, size, stride, padding, dilation, ceil_mode)
    planes = x.reshape(-1, *shape)
    best = np.empty((len(planes), *count), x.dtype)
    index = np.empty((len(planes), *count), np.int64)
    steps = [prod(shape[i + 1 :]) for i in range(len(shape))]
    # The flat index of the first place of each window, were there no edges.
    base = np.zeros(count, np.int64)
    for i, (c, s, step) in enumerate(zip(count, stride, steps, strict=True)):
        base += (np.arange(c) * (s * step)).reshape(-1, *[1] * (len(count) - 1 - i))
    axes = [_offsets(*item) for item in zip(shape, size, stride, padding, dilation, count, strict=True)]
    places = []
    for key in product(*axes):
        shift = sum([o * step for (_, _, o), step in zip(key, steps, strict=True)])
        places.append((tuple([windows for windows, _, _ in key]), tuple([read for _, read, _ in key]), shift))
    whole = tuple([slice(0, c) for c in count])
    floating = x.dtype.kind == "f"
    # Which place won, as a small number while there are few: cheaper to move than an index.
    shifts = np.array([shift for _, _, shift in places], np.int64)
    small = np.uint8 if len(places) < 256 else np.int64
    from_first = bool(places) and places[0][0] == whole

    def work(i: int, j: int) -> None:
        part, top = planes[i:j], best[i:j]
        won = np.zeros(top.shape, small)
        largest = part.max() if floating and part.size else 0
        has_nan = largest != largest
        if from_first:
            top[...] = part[(slice(None), *places[0][1])]
        else:
            top.fill(-np.inf if floating else np.iinfo(x.dtype).min)
            # The first place inside, for windows of nothing but the least.
            for k in reversed(range(len(places))):
                won[(slice(None), *places[k][0])] = k
        for k in range(1 if from_first else 0, len(places)):
            windows, read, _ = places[k]
            key = (slice(None), *windows)
            value, now, code = part[(slice(None), *read)], top[key], won[key]
            better = value > now
            if has_nan:
                better |= value != value
            np.copyto(now, value, where=better)
            np.copyto(code, k, where=better, casting="unsafe")
        np.add(shifts[won], base, out=index[i:j])

    in_parts(work, len(planes), 4 * prod(shape) * x.itemsize)
    return best.reshape(*x.shape[:2], *count), index.reshape(*x.shape[:2], *count)


def max_pool_backward(grad: Any, index: Any, *, shape: _Sizes, apart: bool) -> Any:
    n, channels = grad.shape[:2]
    room = prod(shape)
    planes, windows = n * channels, prod(grad.shape[2:])
    places = index.reshape(planes, windows) + np.arange(0, planes * room, room or 1).reshape(-1, 1)[:planes]
    places = places.reshape(-1)
    values = np.ascontiguousarray(grad).reshape(-1)
    if index.size and not (index.min() >= 0 and index.max() < room):
        raise IndexError("index out of range")
    if apart:
        out = np.zeros(planes * room, grad.dtype)
        out[places] = values
    elif grad.dtype.kind == "f":
        out = np.bincount(places, values, planes * room).astype(grad.dtype, copy=False)
    else:
        out = np.zeros(planes * room, grad.dtype)
        np.add.at(out, places, values)
    return out.reshape(n, channels, *shape)


def _divisor(
    shape: _Sizes, count: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, include: bool, given: int | None
) -> Any:
    if given is not None:
        return given
    total: Any = 1
    for i, (n, c, k, s, p) in enumerate(zip(shape, count, size, stride, padding, strict=True)):
        reach = p if include else 0
        start = np.arange(c) * s - p
        length = np.minimum(start + k, n + reach) - np.maximum(start, -reach)
        total = total * length.reshape(-1, *[1] * (len(shape) - 1 - i))
    return int(total.flat[0]) if total.size and (total == total.flat[0]).all() else total


def _places(shape: _Sizes, count: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes) -> list[Any]:
    axes = [_offsets(n, k, s, p, 1, c) for n, k, s, p, c in zip(shape, size, stride, padding, count, strict=True)]
    return [((slice(None), *[w for w, _, _ in key]), (slice(None), *[r for _, r, _ in key])) for key in product(*axes)]


def avg_pool(
    x: Any,
    *,
    size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    shape = x.shape[2:]
    count = _count(shape, size, stride, padding, (1,) * len(size), ceil_mode)
    divisor = _divisor(shape, count, size, stride, padding, count_include_pad, divisor_override)
    planes = x.reshape(-1, *shape)
    y = np.empty((len(planes), *count), x.dtype)
    places = _places(shape, count, size, stride, padding)

    def work(i: int, j: int) -> None:
        part, total = planes[i:j], y[i:j]
        total.fill(0)
        for windows, read in places:
            now = total[windows]
            now += part[read]
        np.divide(total, divisor, out=total, casting="same_kind")

    in_parts(work, len(planes), 2 * prod(shape) * x.itemsize)
    return y.reshape(*x.shape[:2], *count)


def avg_pool_backward(
    grad: Any,
    *,
    shape: _Sizes,
    size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    count = grad.shape[2:]
    divisor = _divisor(shape, count, size, stride, padding, count_include_pad, divisor_override)
    planes = grad.reshape(-1, *count)
    y = np.empty((len(planes), *shape), grad.dtype)
    places = _places(shape, count, size, stride, padding)

    def work(i: int, j: int) -> None:
        total = y[i:j]
        total.fill(0)
        share = np.divide(planes[i:j], divisor, dtype=grad.dtype, casting="same_kind")
        for windows, read in places:
            now = total[read]
            now += share[windows]

    in_parts(work, len(planes), 2 * prod(shape) * grad.itemsize)
    return y.reshape(*grad.shape[:2], *shape)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "max_pool": max_pool,
    "max_pool_backward": max_pool_backward,
    "avg_pool": avg_pool,
    "avg_pool_backward": avg_pool_backward,
}
