"""Kernels that are functions of cupyx.scipy.special, of what plugrad has no definition for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import companion
from plugrad.core.errors import KernelNotFoundError, with_hint


def _wide(x: Any) -> Any:
    return x.astype(np.dtype("f4")) if getattr(x, "itemsize", 0) == 2 else x


def _function(name: str, theirs: str) -> Callable[..., Any]:
    """A kernel of one or two arrays."""

    def kernel(x1: Any, x2: Any = None) -> Any:
        function = getattr(companion("cupyx.scipy.special"), theirs, None)
        if function is None:
            raise KernelNotFoundError(
                with_hint(f"backend 'cupy' has no '{name}': this CuPy has no {theirs}", "x.cpu() has it.")
            )
        dtype = x1.dtype if hasattr(x1, "dtype") else x2.dtype
        y = function(_wide(x1)) if x2 is None else function(_wide(x1), _wide(x2))
        return y.astype(dtype, copy=False)

    return kernel


_THEIRS: Final = {
    "ndtri": "ndtri", "igamma": "gammainc", "igammac": "gammaincc", "bessel_j0": "j0", "bessel_j1": "j1",
    "bessel_y0": "y0", "bessel_y1": "y1", "modified_bessel_k0": "k0", "modified_bessel_k1": "k1",
    "scaled_modified_bessel_k0": "k0e", "scaled_modified_bessel_k1": "k1e",
}  # fmt: skip

KERNELS: Final[dict[str, Callable[..., Any]]] = {name: _function(name, theirs) for name, theirs in _THEIRS.items()}
