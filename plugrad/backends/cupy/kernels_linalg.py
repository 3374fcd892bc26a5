"""Decompositions. CuPy lets what has no solution pass as nan unless it is told to look, which PyTorch does too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import companion, library


def _looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Raise numpy.linalg.LinAlgError for what has no solution. The host waits for the device to know it."""

    def kernel(*args: Any, **options: Any) -> Any:
        with companion("cupyx").errstate(linalg="raise"):
            return function(*args, **options)

    return kernel


def cholesky(x: Any, *, upper: bool = False) -> Any:
    """CuPy's is the lower one, of the lower triangle."""
    cupy = library()
    y = cupy.linalg.cholesky(cupy.conjugate(x.swapaxes(-1, -2)) if upper else x)
    return cupy.conjugate(y.swapaxes(-1, -2)) if upper else y


def inv(x: Any) -> Any:
    return library().linalg.inv(x)


def solve(x1: Any, x2: Any) -> Any:
    """CuPy does not broadcast stacks."""
    cupy = library()
    if x2.ndim > 1 and x1.shape[:-2] != x2.shape[:-2]:
        stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        x1 = cupy.broadcast_to(x1, (*stack, *x1.shape[-2:]))
        x2 = cupy.broadcast_to(x2, (*stack, *x2.shape[-2:]))
    return cupy.linalg.solve(x1, x2)


def eigh_triangle(x: Any, *, upper: bool = False) -> Any:
    return tuple(library().linalg.eigh(x, "U" if upper else "L"))


def eigvalsh_triangle(x: Any, *, upper: bool = False) -> Any:
    return library().linalg.eigvalsh(x, "U" if upper else "L")


def _complex(x: Any) -> Any:
    return x if x.dtype.kind == "c" else x.astype(np.dtype("c8" if x.dtype.itemsize == 4 else "c16"))


def eig(x: Any) -> Any:
    values, vectors = library().linalg.eig(x)
    return _complex(values), _complex(vectors)


def eigvals(x: Any) -> Any:
    return _complex(library().linalg.eigvals(x))


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "linalg_cholesky": _looking(cholesky),
    "linalg_inv": _looking(inv),
    "linalg_solve": _looking(solve),
    "eigh_triangle": _looking(eigh_triangle),
    "eigvalsh_triangle": _looking(eigvalsh_triangle),
    "linalg_eig": _looking(eig),
    "linalg_eigvals": _looking(eigvals),
}
