"""Kernels of pooling: one pass over the input for each place in a window, for all windows at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from plugrad.backends.numpy.parallel import in_parts

#: Windows along the last axis below which going through them row by row takes longer than turning the array.
SHORT: Final = 48

_Sizes = tuple[int, ...]

_sum = np.add.reduce
_FLOATS: Final = (np.dtype("f4"), np.dtype("f8"))


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


class _Plan(NamedTuple):
    """What depends on shapes alone."""

    counts: _Sizes
    #: The shape with padding, long enough for the last window; and where the input is in it.
    wide: _Sizes
    inside: tuple[slice, ...]
    #: For each place in a window: its key in the wide shape, and how far its flat index is from the first one's.
    keys: list[tuple[slice, ...]]
    shifts: Any
    #: The flat index of the first place of each window, were there no edges.
    base: Any
    #: The same with edges: which windows have a place inside, and what they read.
    places: list[tuple[tuple[slice, ...], tuple[slice, ...], int]]


@lru_cache(256)
def _plan(shape: _Sizes, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, ceil_mode: bool) -> _Plan:
    count = _count(shape, size, stride, padding, dilation, ceil_mode)
    wide = tuple(
        [
            max(n + 2 * p, (c - 1) * s + d * (k - 1) + 1)
            for n, p, c, s, d, k in zip(shape, padding, count, stride, dilation, size, strict=True)
        ]
    )
    inside = tuple([slice(p, p + n) for n, p in zip(shape, padding, strict=True)])
    steps = [prod(shape[i + 1 :]) for i in range(len(shape))]
    base = np.zeros(count, np.int64)
    for i, (c, s, step) in enumerate(zip(count, stride, steps, strict=True)):
        base += (np.arange(c) * (s * step)).reshape(-1, *[1] * (len(count) - 1 - i))
    keys, shifts = [], []
    for offset in product(*map(range, size)):
        start = [o * d for o, d in zip(offset, dilation, strict=True)]
        keys.append(tuple([slice(a, a + (c - 1) * s + 1, s) for a, c, s in zip(start, count, stride, strict=True)]))
        shifts.append(sum([(a - p) * step for a, p, step in zip(start, padding, steps, strict=True)]))
    axes = [_offsets(*item) for item in zip(shape, size, stride, padding, dilation, count, strict=True)]
    places = []
    for key in product(*axes):
        shift = sum([o * step for (_, _, o), step in zip(key, steps, strict=True)])
        places.append((tuple([windows for windows, _, _ in key]), tuple([read for _, read, _ in key]), shift))
    return _Plan(count, wide, inside, keys, np.array(shifts, np.int64), base, places)


def _carefully(part: Any, top: Any, index: Any, plan: _Plan) -> None:
    """One place after the other, where there are nans, or windows of nothing but the least."""
    floating = part.dtype.kind == "f"
    top.fill(-np.inf if floating else np.iinfo(part.dtype).min)
    won = np.zeros(top.shape, np.int64)
    # The first place inside, for windows of nothing but the least.
    for k in reversed(range(len(plan.places))):
        won[(slice(None), *plan.places[k][0])] = k
    for k, (windows, read, _) in enumerate(plan.places):
        key = (slice(None), *windows)
        value, now, code = part[(slice(None), *read)], top[key], won[key]
        better = value > now
        if floating:
            better |= value != value
        np.copyto(now, value, where=better)
        np.copyto(code, k, where=better)
    np.add(np.array([shift for _, _, shift in plan.places], np.int64)[won], plan.base, out=index)


def max_pool(
    x: Any, *, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, ceil_mode: bool
) -> tuple[Any, Any]:
    """Maxima of all places; and of each window how many places are before the first that has it."""
    shape = x.shape[2:]
    plan = _plan(shape, size, stride, padding, dilation, ceil_mode)
    planes = x.reshape(-1, *shape)
    best = np.empty((len(planes), *plan.counts), x.dtype)
    index = np.empty((len(planes), *plan.counts), np.int64)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    many = len(plan.keys) > 255

    def work(i: int, j: int) -> None:
        part, top = planes[i:j], best[i:j]
        if not top.size:
            return
        # Rows of few windows are slow to go through: then planes go innermost.
        turned = plan.counts[-1] < SHORT <= 2 * (j - i)
        given = np.ascontiguousarray(part.reshape(j - i, -1).T).reshape(*shape, j - i) if turned else part
        before, after = ((), (slice(None),)) if turned else ((slice(None),), ())
        if plan.wide == shape:
            whole = given
        else:
            sizes = (*plan.wide, j - i) if turned else (j - i, *plan.wide)
            whole = np.full(sizes, least, x.dtype)
            whole[(*before, *plan.inside, *after)] = given
        parts = [whole[(*before, *key, *after)] for key in plan.keys]
        most = np.maximum(parts[0], parts[1]) if len(parts) > 1 else parts[0].copy()
        for other in parts[2:]:
            np.maximum(most, other, out=most)
        if many or not most.min() > least:
            _carefully(part, top, index[i:j], plan)
            return
        missed = parts[0] != most
        code = missed.view(np.uint8).copy()
        for other in parts[1:-1]:
            missed &= other != most
            code += missed.view(np.uint8)
        top[...] = np.moveaxis(most, -1, 0) if turned else most
        np.add(plan.shifts.take(np.moveaxis(code, -1, 0) if turned else code), plan.base, out=index[i:j])

    in_parts(work, len(planes), 2 * prod(shape) * x.itemsize)
    return best.reshape(*x.shape[:2], *plan.counts), index.reshape(*x.shape[:2], *plan.counts)


def max_pool_backward(grad: Any, index: Any, *, shape: _Sizes, apart: bool, windows: Any = None) -> Any:
    n, channels = grad.shape[:2]
    # Where each gradient belongs is known; the windows are of use only to those who look for it.
    room, planes, windows = prod(shape), n * channels, prod(grad.shape[2:])
    if index.size and not (index.min() >= 0 and index.max() < room):
        raise IndexError("index out of range")
    out = np.empty((planes, room), grad.dtype)
    values = np.ascontiguousarray(grad).reshape(planes, windows)
    places = index.reshape(planes, windows)

    def work(i: int, j: int) -> None:
        flat = (places[i:j] + np.arange(0, (j - i) * room, room or 1).reshape(-1, 1)[: j - i]).reshape(-1)
        part, given = out[i:j].reshape(-1), values[i:j].reshape(-1)
        if not apart and grad.dtype.kind == "f":
            # Counted in float64: as exact as can be, and a few times as fast as np.add.at.
            part[...] = np.bincount(flat, given, part.size)
            return
        part.fill(0)
        if apart:
            part[flat] = given
        else:
            np.add.at(part, flat, given)

    in_parts(work, planes, 8 * room)
    return out.reshape(n, channels, *shape)


@lru_cache(256)
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


@lru_cache(256)
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
    if size == shape and not any(padding) and x.dtype in _FLOATS:
        # One window is a plane: a sum along contiguous memory.
        total = _sum(np.ascontiguousarray(x).reshape(*x.shape[:2], -1), axis=2)
        total /= divisor
        return total.reshape(*x.shape[:2], *count)
    planes = x.reshape(-1, *shape)
    y = np.empty((len(planes), *count), x.dtype)
    places = _places(shape, count, size, stride, padding)
    whole = not any(padding) and all(
        [(c - 1) * s + k <= n for n, c, k, s in zip(shape, count, size, stride, strict=True)]
    )

    def work_by_axes(i: int, j: int) -> None:
        # Where all windows are inside: sums along one axis after the other, the last, whose steps are short, on what
        # is left.
        part = planes[i:j]
        for axis, (c, k, s) in enumerate(zip(count, size, stride, strict=True), 1):
            lead = (slice(None),) * axis
            total: Any = part[(*lead, slice(0, (c - 1) * s + 1, s))]
            for a in range(1, k):
                line = part[(*lead, slice(a, a + (c - 1) * s + 1, s))]
                total = total + line if a == 1 else np.add(total, line, out=total)
            part = total
        np.divide(part, divisor, out=y[i:j], casting="same_kind")

    def work(i: int, j: int) -> None:
        part, total = planes[i:j], y[i:j]
        total.fill(0)
        for k, (windows, read) in enumerate(places):
            now = total[windows]
            if k:
                now += part[read]
            else:
                now[...] = part[read]
        np.divide(total, divisor, out=total, casting="same_kind")

    in_parts(work_by_axes if whole else work, len(planes), 2 * prod(shape) * x.itemsize)
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
    if size == shape and not any(padding) and grad.dtype in _FLOATS:
        share = np.divide(grad, divisor, dtype=grad.dtype, casting="same_kind")
        y = np.empty((*grad.shape[:2], *shape), grad.dtype)
        y[...] = share
        return y
    planes = grad.reshape(-1, *count)
    y = np.empty((len(planes), *shape), grad.dtype)
    places = _places(shape, count, size, stride, padding)
    apart = all([a >= k for a, k in zip(stride, size, strict=True)])

    def work(i: int, j: int) -> None:
        total = y[i:j]
        total.fill(0)
        share = np.divide(planes[i:j], divisor, dtype=grad.dtype, casting="same_kind")
        for windows, read in places:
            now = total[read]
            if apart:
                now[...] = share[windows]
            else:
                now += share[windows]

    in_parts(work, len(planes), 2 * prod(shape) * grad.itemsize)
    return y.reshape(*grad.shape[:2], *shape)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "max_pool": max_pool,
    "max_pool_backward": max_pool_backward,
    "avg_pool": avg_pool,
    "avg_pool_backward": avg_pool_backward,
}
