"""Kernels of decompositions and transforms: numpy.linalg's and numpy.fft's, and LAPACK's through SciPy if there."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.quiet import quiet, quiet_unary
from plugrad.core.errors import with_hint
from plugrad.core.namespace import DEFINITIONS, EXTENSIONS, Namespace
from plugrad.core.ops.matrices import PADE_NORM, pade

#: The standard's names over NumPy, for what is computed as the op's definition does.
_PLAIN: Final = Namespace("numpy", np, {})


def cholesky(x: Any, *, upper: bool = False) -> Any:
    """NumPy lets nan pass, which is no positive number either."""
    y = np.linalg.cholesky(x, upper=upper)
    if np.isnan(np.diagonal(y, axis1=-2, axis2=-1)).any():
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return y


def eigh_triangle(x: Any, *, upper: bool = False) -> Any:
    """LAPACK reads one triangle as it is; a hermitian matrix need not be made."""
    return tuple(np.linalg.eigh(x, "U" if upper else "L"))


def eigvalsh_triangle(x: Any, *, upper: bool = False) -> Any:
    """As above, without the vectors."""
    return np.linalg.eigvalsh(x, "U" if upper else "L")


def _complex(x: Any) -> Any:
    """NumPy returns real arrays where no eigenvalue is complex."""
    return x if x.dtype.kind == "c" else x.astype("c8" if x.dtype == "f4" else "c16")


def eig(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    return _complex(values), _complex(vectors)


def eigvals(x: Any) -> Any:
    return _complex(np.linalg.eigvals(x))


def cofactors(x: Any) -> Any:
    """By the inverse, which is a tenth of the work of singular values; by these where a matrix is singular."""
    try:
        inverse = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return DEFINITIONS["linalg_cofactors"](_PLAIN, x)
    return np.linalg.det(x)[..., None, None] * inverse.mT


@functools.cache
def _scipy(module: str, name: str, kind: str) -> Any:
    """A routine of BLAS or LAPACK for a dtype; None without SciPy."""
    try:
        library = importlib.import_module(f"scipy.linalg.{module}")
    except ImportError:
        return None
    return getattr(library, f"get_{module}_funcs")(name, dtype=np.dtype(kind))


# Up to this size the loop over a stack costs more than LU of all its matrices does.
_SMALL: Final = 16


@quiet
def solve_triangular(x1: Any, x2: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """BLAS's trsm for each matrix, without SciPy by LU; singular matrices lead to infinities and nans."""
    trsm = _scipy("blas", "trsm", x1.dtype.str)
    if trsm is None or (x1.ndim + x2.ndim > 4 and x1.shape[-1] <= _SMALL) or 0 in x1.shape or 0 in x2.shape:
        return _by_substitution(x1, x2, upper, left, unitriangular)
    lead = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    y = np.empty((*lead, *x2.shape[-2:]), x2.dtype)
    a = np.broadcast_to(x1, (*lead, *x1.shape[-2:]))
    b = np.broadcast_to(x2, y.shape)
    for place in np.ndindex(lead):
        # Transposed, an array in C's order is one in Fortran's, which need not be copied.
        y[place] = trsm(1.0, a[place].T, b[place], side=not left, lower=upper, trans_a=1, diag=unitriangular)
    return y


def _by_substitution(x1: Any, x2: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """By LU, or row by row where a diagonal element is 0."""
    try:
        return DEFINITIONS["solve_triangular"](_PLAIN, x1, x2, upper=upper, left=left, unitriangular=unitriangular)
    except np.linalg.LinAlgError:
        pass
    if not left:
        return _by_substitution(x1.mT, x2.mT, not upper, True, unitriangular).mT
    n = x1.shape[-1]
    y = np.array(np.broadcast_to(x2, (*np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2]), *x2.shape[-2:])))
    for i in reversed(range(n)) if upper else range(n):
        if not unitriangular:
            y[..., i, :] /= x1[..., i, i, None]
        others = slice(0, i) if upper else slice(i + 1, n)
        y[..., others, :] -= x1[..., others, i, None] * y[..., i, None, :]
    return y


def phase_free(x: Any, dependence: Any, *, function: str, of: str) -> Any:
    """Numbers on the host can be looked at: PyTorch's error instead of nan."""
    if not (np.abs(dependence) <= 0.01).all():
        text = (
            f"{function}: The {of} in the complex case are specified up to multiplication by e^{{i phi}}. "
            "The specified loss function depends on this "
        )
        text += "phase term, making it ill-defined." if of == "singular vectors" else "quantity, so it is ill-defined."
        raise RuntimeError(with_hint(text, "use what does not change with the phase, such as abs() of the vectors."))
    return x


def matrix_exp(x: Any) -> Any:
    """As the definition, with as many squarings as the norms ask for."""
    if x.size == 0:
        return x.copy()
    norm = np.abs(x).sum(axis=-2).max(axis=-1)
    with np.errstate(all="ignore"):
        times = np.ceil(np.log2(np.maximum(norm / PADE_NORM, 1)))
        times = np.where(np.isfinite(times), times, 0).astype(int)[..., None, None]
        y = pade(_PLAIN, np.ldexp(x, -times) if x.dtype.kind == "f" else x * (0.5**times).astype(norm.dtype))
        for i in range(int(times.max(initial=0))):
            y = np.where(times > i, y @ y, y)
    return y


def lu_packed(x: Any) -> Any:
    """LAPACK's getrf for each matrix, or Gauss's elimination in place."""
    *lead, m, n = x.shape
    k = min(m, n)
    y = np.array(x.reshape(math.prod(lead), m, n))
    pivots = np.empty((len(y), k), "i4")
    info = np.zeros(len(y), "i4")
    getrf = _scipy("lapack", "getrf", x.dtype.str)
    for j, a in enumerate(y if k else ()):
        if getrf is None:
            info[j] = _eliminate(a, pivots[j])
        else:
            y[j], pivots[j], info[j] = getrf(a)
            pivots[j] += 1
    return y.reshape(x.shape), pivots.reshape(*lead, k), info.reshape(lead)


def _eliminate(a: Any, pivots: Any) -> int:
    """LU of one matrix, in place; the first pivot that is 0, counted from 1."""
    info = 0
    with np.errstate(all="ignore"):
        for i in range(len(pivots)):
            # LAPACK's measure of complex numbers.
            row = i + int(np.argmax(np.abs(a[i:, i].real) + np.abs(a[i:, i].imag)))
            pivots[i] = row + 1
            if row != i:
                a[[i, row]] = a[[row, i]]
            if a[i, i] == 0:
                info = info or i + 1
                continue
            a[i + 1 :, i] /= a[i, i]
            a[i + 1 :, i + 1 :] -= np.multiply.outer(a[i + 1 :, i], a[i, i + 1 :])
    return info


@quiet
def slogdet(x: Any) -> Any:
    return tuple(np.linalg.slogdet(x))


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    # NumPy warns of what infinities come to in these.
    **{f"fft_{name}": quiet(getattr(np.fft, name)) for name in EXTENSIONS["fft"]},
    "linalg_det": quiet_unary(np.linalg.det),
    "linalg_slogdet": slogdet,
    "eigh_triangle": eigh_triangle,
    "eigvalsh_triangle": eigvalsh_triangle,
    "linalg_cholesky": cholesky,
    "linalg_cofactors": cofactors,
    "linalg_eig": eig,
    "linalg_eigvals": eigvals,
    "linalg_matrix_exp": matrix_exp,
    "lu_packed": lu_packed,
    "phase_free": phase_free,
    "solve_triangular": solve_triangular,
}
