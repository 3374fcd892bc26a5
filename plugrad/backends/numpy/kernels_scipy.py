"""Kernels that are SciPy's functions. SciPy is imported when one of them is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.core.errors import KernelNotFoundError


def _scipy(name: str) -> Any:
    """scipy.special, for the op of this name."""
    try:
        return importlib.import_module("scipy.special")
    except ImportError as error:
        raise KernelNotFoundError(
            f"'{name}' is SciPy's on the host, and SciPy can't be imported: {error}\n"
            'Hint: pip install "plugrad[scipy]".'
        ) from error


def _wide(x: Any) -> Any:
    """SciPy computes in float32 and float64."""
    return x.astype(np.float32) if getattr(x, "dtype", None) == np.float16 else x


def _function(name: str, theirs: str) -> Callable[..., Any]:
    """A kernel of one or two arrays."""

    def kernel(x1: Any, x2: Any = None) -> Any:
        function = getattr(_scipy(name), theirs)
        dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
        y = function(_wide(x1)) if x2 is None else function(_wide(x1), _wide(x2))
        return y.astype(dtype, copy=False)

    return kernel


def _airy(x: Any) -> Any:
    y, *_ = _scipy("airy_ai").airy(_wide(x))
    return y.astype(x.dtype, copy=False)


def _spherical(x: Any) -> Any:
    return _scipy("spherical_bessel_j0").spherical_jn(0, _wide(x)).astype(x.dtype, copy=False)


def _polynomial(name: str, evaluate: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """A kernel of polynomials by their degree, which is cut to an integer; 0 for negative degrees."""

    def kernel(x1: Any, x2: Any) -> Any:
        dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
        degree = np.asarray(x2).astype(np.int64)
        special = _scipy(name)
        y = np.asarray(evaluate(special, np.maximum(degree, 0), np.asarray(_wide(x1), np.float64)))
        return np.where(degree < 0, 0, y).astype(dtype)

    return kernel


def _third(special: Any, n: Any, x: Any) -> Any:
    """V of degree n is U of n less U of n - 1, which is 0 for n = 0."""
    return special.eval_chebyu(n, x) - np.where(n > 0, special.eval_chebyu(np.maximum(n - 1, 0), x), 0)


def _fourth(special: Any, n: Any, x: Any) -> Any:
    return special.eval_chebyu(n, x) + np.where(n > 0, special.eval_chebyu(np.maximum(n - 1, 0), x), 0)


_EVALUATED: Final[dict[str, Callable[[Any, Any, Any], Any]]] = {
    "chebyshev_polynomial_t": lambda s, n, x: s.eval_chebyt(n, x),
    "chebyshev_polynomial_u": lambda s, n, x: s.eval_chebyu(n, x),
    "chebyshev_polynomial_v": _third,
    "chebyshev_polynomial_w": _fourth,
    "shifted_chebyshev_polynomial_t": lambda s, n, x: s.eval_chebyt(n, 2 * x - 1),
    "shifted_chebyshev_polynomial_u": lambda s, n, x: s.eval_chebyu(n, 2 * x - 1),
    "shifted_chebyshev_polynomial_v": lambda s, n, x: _third(s, n, 2 * x - 1),
    "shifted_chebyshev_polynomial_w": lambda s, n, x: _fourth(s, n, 2 * x - 1),
    "hermite_polynomial_h": lambda s, n, x: s.eval_hermite(n, x),
    "hermite_polynomial_he": lambda s, n, x: s.eval_hermitenorm(n, x),
    "laguerre_polynomial_l": lambda s, n, x: s.eval_laguerre(n, x),
    "legendre_polynomial_p": lambda s, n, x: s.eval_legendre(n, x),
}

_THEIRS: Final = {
    "ndtri": "ndtri", "igamma": "gammainc",
    "igammac": "gammaincc", "bessel_j0": "j0", "bessel_j1": "j1", "bessel_y0": "y0", "bessel_y1": "y1",
    "modified_bessel_k0": "k0", "modified_bessel_k1": "k1", "scaled_modified_bessel_k0": "k0e",
    "scaled_modified_bessel_k1": "k1e",
}  # fmt: skip

KERNELS: Final[dict[str, Callable[..., Any]]] = {
    **{name: _function(name, theirs) for name, theirs in _THEIRS.items()},
    **{name: _polynomial(name, evaluate) for name, evaluate in _EVALUATED.items()},
    "airy_ai": _airy,
    "spherical_bessel_j0": _spherical,
}
