"""Which elements of two arrays are the same memory, told from addresses, shapes and strides alone: no GPU is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def bounds(array: Any) -> tuple[int, int]:
    """The first address that an array uses, and the first one after it."""
    low = high = int(array.data.ptr)
    for n, stride in zip(array.shape, array.strides, strict=True):
        if n == 0:
            return low, low
        if stride < 0:
            low += (n - 1) * stride
        else:
            high += (n - 1) * stride
    return low, high + int(array.itemsize)


def bounds_overlap(a: Any, b: Any) -> bool:
    """Whether two arrays use some memory between each other's bounds."""
    (low, high), (other_low, other_high) = bounds(a), bounds(b)
    return low < other_high and other_low < high


def overlaps_itself(array: Any) -> bool:
    """Whether a dimension of several elements has a stride of 0."""
    return (
        0 in array.strides
        and array.size > 0
        and any([stride == 0 and n > 1 for stride, n in zip(array.strides, array.shape, strict=True)])
    )


def _described(array: Any) -> Any:
    """A NumPy array with the same addresses, none of which is ever read."""
    description = {
        "shape": tuple(array.shape),
        "strides": tuple(array.strides),
        "typestr": f"|V{array.itemsize}",
        "data": (int(array.data.ptr), False),
        "version": 3,
    }
    return np.asarray(SimpleNamespace(__array_interface__=description))


def partial_overlap(target: Any, source: Any) -> bool:
    """Whether writing ``target`` element by element could change elements of ``source`` that are read later."""
    if not hasattr(source, "strides") or not bounds_overlap(target, source):
        return False
    same = target.data.ptr == source.data.ptr and target.strides == source.strides and target.shape == source.shape
    # NumPy solves for common addresses, and knows nothing of what is there.
    return not same and bool(np.shares_memory(_described(target), _described(source)))
