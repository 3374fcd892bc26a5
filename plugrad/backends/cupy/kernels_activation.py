"""Kernels of activation functions: one pass where their definitions take many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.cupy.launch import generic, library, over_all, takes


def _pointwise(name: str, *arrays: Any, parameters: tuple[Any, ...] = (), **options: Any) -> Any:
    x = arrays[-1]
    if not takes(*arrays) or arrays[0].shape != x.shape:
        return generic(name, *arrays, **options)
    cupy = library()
    out = cupy.empty(x.shape, x.dtype)
    over_all(name, (x.dtype, *parameters), x.size, *[cupy.ascontiguousarray(a) for a in arrays], out)
    return out


def gelu(x: Any, *, approximate: str = "none") -> Any:
    return _pointwise("gelu", x, parameters=(int(approximate == "tanh"),), approximate=approximate)


def gelu_backward(grad: Any, x: Any, *, approximate: str = "none") -> Any:
    return _pointwise("gelu_backward", grad, x, parameters=(int(approximate == "tanh"),), approximate=approximate)


def silu(x: Any) -> Any:
    return _pointwise("silu", x)


def silu_backward(grad: Any, x: Any) -> Any:
    return _pointwise("silu_backward", grad, x)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "gelu": gelu,
    "gelu_backward": gelu_backward,
    "silu": silu,
    "silu_backward": silu_backward,
}
