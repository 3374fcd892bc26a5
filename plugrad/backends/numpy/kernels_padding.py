"""Kernels of padding with what is inside: the middle is copied at once, then each axis fills its own edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import kernels_index
from plugrad.core.namespace import DEFINITIONS, Namespace

_PLAIN: Final = Namespace("numpy", np, kernels_index.KERNELS)
_Widths = tuple[tuple[int, int], ...]


def _edges(n: int, before: int, after: int, mode: str) -> list[tuple[slice, slice]]:
    """Of an axis of n elements with edges around: each edge, and the elements inside that it repeats."""
    stop = before + n
    if mode == "circular":
        found = [(slice(0, before), slice(n, stop)), (slice(stop, stop + after), slice(before, before + after))]
    elif mode == "replicate":
        found = [(slice(0, before), slice(before, before + 1)), (slice(stop, stop + after), slice(stop - 1, stop))]
    else:
        # Mirrored, without the edge itself: from the farthest to the nearest.
        last = stop - 2 - after
        found = [
            (slice(0, before), slice(2 * before, before, -1)),
            (slice(stop, stop + after), slice(stop - 2, last if last >= 0 else None, -1)),
        ]
    return [pair for pair, width in zip(found, (before, after), strict=True) if width]


def _keys(ndim: int, axis: int, *parts: slice) -> list[tuple[slice, ...]]:
    return [(*[slice(None)] * axis, part, *[slice(None)] * (ndim - axis - 1)) for part in parts]


def _has_cuts(shape: tuple[int, ...], widths: _Widths) -> bool:
    return 0 in shape or any([min(pair) < 0 for pair in widths])


def pad_with_inside(x: Any, *, widths: _Widths, mode: str) -> Any:
    lead = x.ndim - len(widths)
    if _has_cuts(x.shape, widths):
        return DEFINITIONS["pad_with_inside"](_PLAIN, x, widths=widths, mode=mode)
    sizes = [n + a + b for n, (a, b) in zip(x.shape[lead:], widths, strict=True)]
    y: Any = np.empty((*x.shape[:lead], *sizes), x.dtype)
    inside = [slice(a, a + n) for n, (a, _) in zip(x.shape[lead:], widths, strict=True)]
    y[(..., *inside)] = x
    for i, (before, after) in enumerate(widths):
        axis = lead + i
        # Axes that come later have no edges yet.
        middle = y[(*[slice(None)] * (axis + 1), *inside[i + 1 :])]
        for edge, source in _edges(x.shape[axis], before, after, mode):
            target, given = _keys(y.ndim, axis, edge, source)
            middle[target] = middle[given]
    return y


def pad_with_inside_backward(grad: Any, *, shape: tuple[int, ...], widths: _Widths, mode: str) -> Any:
    lead = len(shape) - len(widths)
    if _has_cuts(shape, widths):
        return DEFINITIONS["pad_with_inside_backward"](_PLAIN, grad, shape=shape, widths=widths, mode=mode)
    total = grad
    for i, (before, after) in reversed(list(enumerate(widths))):
        axis = lead + i
        n = shape[axis]
        edges = _edges(n, before, after, mode)
        if not edges:
            continue
        (inside,) = _keys(grad.ndim, axis, slice(before, before + n))
        folded = total[inside].copy()
        for edge, source in edges:
            given = total[_keys(grad.ndim, axis, edge)[0]]
            if mode == "replicate":
                given = given.sum(axis=axis, keepdims=True)
            start = source.start - before
            stop = None if source.stop is None or source.stop - before < 0 else source.stop - before
            (place,) = _keys(grad.ndim, axis, slice(start, stop, source.step))
            folded[place] += given
        total = folded
    return total.copy() if total is grad else total


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "pad_with_inside": pad_with_inside,
    "pad_with_inside_backward": pad_with_inside_backward,
}
