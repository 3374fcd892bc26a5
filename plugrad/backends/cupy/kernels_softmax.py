"""Kernels of softmax and its logarithm, along the last axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.cupy.launch import generic, library, over_rows, takes


def _along_rows(name: str) -> Callable[..., Any]:
    """The op of this name, by the kernel of this name."""

    def kernel(*arrays: Any, axis: int) -> Any:
        x = arrays[0]
        if not x.ndim or axis not in (-1, x.ndim - 1) or not takes(*arrays) or arrays[-1].shape != x.shape:
            return generic(name, *arrays, axis=axis)
        cupy = library()
        out = cupy.empty(x.shape, x.dtype)
        n = x.shape[-1]
        over_rows(name, x.size // n, n, x.dtype, *[cupy.ascontiguousarray(a) for a in arrays], out)
        return out

    return kernel


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    name: _along_rows(name) for name in ("softmax", "softmax_backward", "log_softmax", "log_softmax_backward")
}
