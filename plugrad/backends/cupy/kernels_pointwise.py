"""Elementwise kernels: what CuPy spells differently, or would do to other dtypes than PyTorch does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import library, strided
from plugrad.backends.numpy_dtypes import COMPLEX, isdtype


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """Of complex numbers made real the real part is kept."""
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    return x.astype(dtype, copy=copy)


# -- parts of complex numbers ------------------------------------------------------------------------------------


def conj(x: Any) -> Any:
    """Of real numbers these numbers: rules call it on both kinds."""
    return library().conjugate(x) if x.dtype.kind == "c" else x


def real(x: Any) -> Any:
    """A view; real numbers are their own."""
    return x.real if x.dtype.kind == "c" else x


def imag(x: Any) -> Any:
    """A view."""
    return x.imag


def complex_(x1: Any, x2: Any) -> Any:
    """The parts put side by side: a product with 1j would make a nan of infinity."""
    first = x1 if hasattr(x1, "dtype") else x2
    shape = np.broadcast_shapes(getattr(x1, "shape", ()), getattr(x2, "shape", ()))
    y = library().empty(shape, COMPLEX[first.dtype])
    y.real[...] = x1
    y.imag[...] = x2
    return y


def view_as_real(x: Any) -> Any:
    """The same memory; the last axis is as long as a real number."""
    parts = x.real
    return strided(parts, (*x.shape, 2), (*x.strides, parts.itemsize))


def view_as_complex(x: Any) -> Any:
    """The same memory where the pairs lie side by side."""
    wide = COMPLEX[x.dtype]
    if not (x.strides[-1] == x.itemsize and all([stride % wide.itemsize == 0 for stride in x.strides[:-1]])):
        x = library().ascontiguousarray(x)
    return x.view(wide)[..., 0] if x.size else library().empty(x.shape[:-1], wide)


# -- rounding and division ---------------------------------------------------------------------------------------


def round_(x: Any) -> Any:
    """Half to even; integers are their own."""
    return library().rint(x) if x.dtype.kind in "fV" else x.copy()


def _of_floats(name: str) -> Callable[[Any], Any]:
    """CuPy makes float64 of integers, whose floor is themselves."""

    def kernel(x: Any) -> Any:
        return getattr(library(), name)(x) if x.dtype.kind in "fV" else x.copy()

    return kernel


def pow_(x1: Any, x2: Any) -> Any:
    """Powers of booleans are computed as integers by whoever asks; CuPy would make int8 of them."""
    if any([getattr(x, "dtype", None) == np.bool_ for x in (x1, x2)]):
        raise TypeError("a power of booleans would be int8 here")
    return library().power(x1, x2)


def where(condition: Any, x1: Any, x2: Any) -> Any:
    return library().where(condition, x1, x2)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "isdtype": isdtype,
    "astype": astype,
    "conj": conj,
    "real": real,
    "imag": imag,
    "complex": complex_,
    "view_as_real": view_as_real,
    "view_as_complex": view_as_complex,
    "round": round_,
    "floor": _of_floats("floor"),
    "ceil": _of_floats("ceil"),
    "trunc": _of_floats("trunc"),
    "pow": pow_,
    "where": where,
}
