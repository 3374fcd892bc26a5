"""Linear algebra, which returns nonsense where nobody looks, and Fourier transforms."""

from __future__ import annotations

import builtins
import contextlib
from types import SimpleNamespace

import numpy as np

from tests.support.cupy_stand_in.arrays import _open, _wrap, ndarray
from tests.support.cupy_stand_in.state import counts

_looking = False


def _solver(function):
    """A function of cupy.linalg: nan where there is no solution, or an error for those who look."""

    def call(*args, **options):
        arrays = [_open(a, scalars=False) for a in args if isinstance(a, ndarray)]
        if builtins.any([a.dtype.char not in "fdFD" for a in arrays]):
            raise TypeError(f"Unsupported dtype {arrays[0].dtype}")
        if _looking:
            counts.wait("linalg looks")
        rest = [a for a in args if not isinstance(a, ndarray)]
        with np.errstate(all="ignore"):
            try:
                return _wrap(_plain(function(*arrays, *rest, **options)))
            except np.linalg.LinAlgError:
                if _looking:
                    raise
                raise AssertionError("CuPy would have returned nonsense, and nobody looked") from None

    return call


def _plain(value):
    return tuple(np.asarray(v) for v in value) if isinstance(value, tuple) else np.asarray(value)


def _solve(a, b):
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")
    return np.linalg.solve(a, b)


def _cholesky(a):
    y = np.linalg.cholesky(a)
    if np.isnan(np.diagonal(y, axis1=-2, axis2=-1)).any():
        raise np.linalg.LinAlgError("the leading minor is not positive definite")
    return y


linalg = SimpleNamespace(
    cholesky=_solver(_cholesky),
    cross=_solver(lambda x1, x2, /, *, axis=-1: np.linalg.cross(x1, x2, axis=axis)),
    det=_solver(np.linalg.det),
    eig=_solver(np.linalg.eig),
    eigh=_solver(lambda a, UPLO="L": np.linalg.eigh(a, UPLO)),
    eigvals=_solver(np.linalg.eigvals),
    eigvalsh=_solver(lambda a, UPLO="L": np.linalg.eigvalsh(a, UPLO)),
    inv=_solver(np.linalg.inv),
    qr=_solver(lambda a, mode="reduced": np.linalg.qr(a, mode)),
    slogdet=_solver(np.linalg.slogdet),
    solve=_solver(_solve),
    svd=_solver(lambda a, full_matrices=True, compute_uv=True: np.linalg.svd(a, full_matrices, compute_uv)),
)
fft = SimpleNamespace(
    **{
        name: (lambda f: lambda *args, **options: _wrap(f(*[_open(args[0]), *args[1:]], **options)))(
            getattr(np.fft, name)
        )
        for name in [
            "fft",
            "fftn",
            "fftshift",
            "hfft",
            "ifft",
            "ifftn",
            "ifftshift",
            "ihfft",
            "irfft",
            "irfftn",
            "rfft",
            "rfftn",
        ]
    },
    fftfreq=lambda n, d=1.0: _wrap(np.fft.fftfreq(n, d)),
    rfftfreq=lambda n, d=1.0: _wrap(np.fft.rfftfreq(n, d)),
)


@contextlib.contextmanager
def _errstate(*, linalg=None, divide=None, fallback_mode=None):
    global _looking
    before, _looking = _looking, linalg == "raise"
    try:
        yield
    finally:
        _looking = before
