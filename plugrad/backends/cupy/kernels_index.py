"""Kernels that read by index. CuPy wraps an index out of bounds around silently; here the device notes it.

What it noted is raised when the host next waits for it, and after each op under the debug switch; see faults.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.cupy import faults
from plugrad.backends.cupy.launch import library


def basic(x: Any, *, key: Any) -> Any:
    return x[key]


def place(x: Any, *, shape: tuple[int, ...], key: Any) -> Any:
    out = library().zeros(shape, x.dtype)
    out[key] = x
    return out


def basic_put_(x: Any, value: Any, *, key: Any) -> Any:
    x[key] = value
    return x


def basic_put(x: Any, value: Any, *, key: Any) -> Any:
    return basic_put_(x.copy(), value, key=key)


def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    n = x.size if axis is None else x.shape[axis]
    faults.check(indices, -n, n)
    return library().take(x, indices, axis)


def take_along_axis(x: Any, indices: Any, *, axis: int = -1) -> Any:
    n = x.shape[axis]
    faults.check(indices, -n, n)
    return library().take_along_axis(x, indices, axis)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "basic_alias": basic,
    "basic_select": basic,
    "basic_slice": basic,
    "basic_unsqueeze": basic,
    "place": place,
    "basic_put": basic_put,
    "basic_put_": basic_put_,
    "take": take,
    "take_along_axis": take_along_axis,
}
