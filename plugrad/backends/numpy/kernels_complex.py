"""Kernels of complex numbers: views of their parts, and numbers made of parts without a product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy_dtypes import COMPLEX, isdtype


def conj(x: Any) -> Any:
    """Of real numbers these numbers: rules call it on both kinds."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def real(x: Any) -> Any:
    """A view; real numbers are their own."""
    return np.asarray(x).real if x.dtype.kind == "c" else x


def imag(x: Any) -> Any:
    """A view."""
    return np.asarray(x).imag


def complex_(x1: Any, x2: Any) -> Any:
    """The parts put side by side: a product with 1j would make a nan of infinity."""
    first: Any = x1 if hasattr(x1, "dtype") else x2
    y: Any = np.empty(np.broadcast_shapes(np.shape(x1), np.shape(x2)), COMPLEX[first.dtype])
    y.real = x1
    y.imag = x2
    return y


def view_as_real(x: Any) -> Any:
    """The same memory; the last axis is as long as a real number."""
    x = np.asarray(x)
    parts = x.real
    return np.lib.stride_tricks.as_strided(parts, (*x.shape, 2), (*x.strides, parts.itemsize))


def view_as_complex(x: Any) -> Any:
    """The same memory where the pairs lie side by side."""
    wide = COMPLEX[x.dtype]
    if x.strides[-1] == x.itemsize or not x.size:
        try:
            return x.view(wide)[..., 0]
        except ValueError:
            pass
    return np.ascontiguousarray(x).view(wide)[..., 0]


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "isdtype": isdtype,
    "conj": conj,
    "real": real,
    "imag": imag,
    "complex": complex_,
    "view_as_real": view_as_real,
    "view_as_complex": view_as_complex,
}
