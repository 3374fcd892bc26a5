"""Which arrays share memory: arithmetic on addresses, shapes and strides, for libraries that tell these."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Place(NamedTuple):
    """Where an array is: the address of its first element; strides count elements."""

    pointer: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    itemsize: int

    @property
    def __array_interface__(self) -> dict[str, Any]:
        # NumPy computes with the addresses and reads nothing, so that they may be those of a GPU.
        return {
            "data": (self.pointer, True), "shape": self.shape, "typestr": f"|V{self.itemsize}", "version": 3,
            "strides": tuple([stride * self.itemsize for stride in self.strides]),
        }  # fmt: skip


def _extent(place: Place) -> tuple[int, int]:
    """The first address of an array and the first after it."""
    low = high = place.pointer
    for n, stride in zip(place.shape, place.strides, strict=True):
        if n == 0:
            return low, low
        reach = (n - 1) * stride * place.itemsize
        if reach < 0:
            low += reach
        else:
            high += reach
    return low, high + place.itemsize


def may_share(a: Place, b: Place) -> bool:
    """Whether the ranges of two arrays in memory overlap."""
    first, end = _extent(a)
    other, other_end = _extent(b)
    return first < other_end and other < end and first < end and other < other_end


def shares(a: Place, b: Place) -> bool:
    """Whether an element of one array lies in one of the other."""
    return may_share(a, b) and bool(np.shares_memory(np.asarray(a), np.asarray(b)))


def partly_same(target: Place, source: Place) -> bool:
    """Whether two arrays share memory but are not the very same elements in the same order, which is safe."""
    return target[:3] != source[:3] and shares(target, source)


def in_order(place: Place) -> bool:
    """Whether the elements lie one after the other, the last dimension closest."""
    expected = 1
    if 0 in place.shape:
        return True
    for n, stride in zip(reversed(place.shape), reversed(place.strides), strict=True):
        if n > 1 and stride != expected:
            return False
        expected *= n
    return True


def repeats(place: Place) -> bool:
    """Whether an element stands for several, as in a broadcast view."""
    pairs = zip(place.shape, place.strides, strict=True)
    return 0 not in place.shape and any([n > 1 and stride == 0 for n, stride in pairs])
