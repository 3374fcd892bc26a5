"""The CUDA sources and what of their templates is compiled. Imports no CuPy, so that any machine can check them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from itertools import product
from typing import Final

#: What all kernels are compiled with.
OPTIONS: Final = ("--std=c++17",)

#: CUDA's names of the dtypes that kernels take, by NumPy's.
TYPES: Final = {"float32": "float", "float64": "double", "float16": "__half", "bfloat16": "__nv_bfloat16"}

INTEGERS: Final = {"int32": "int", "int64": "int64"}

#: Threads that share a row: a warp for short rows, a block for long ones.
THREADS: Final = (32, 256)


def _of(kernels: str, *parameters: Iterable[object]) -> tuple[str, ...]:
    """Every kernel with every choice of its template's parameters."""
    choices = [", ".join(map(str, chosen)) for chosen in product(*parameters)]
    return tuple(f"{kernel}<{chosen}>" for kernel in kernels.split() for chosen in choices)


_TYPES = tuple(TYPES.values())

#: Kernel file -> the instantiations that its module is compiled with, and so the only ones that can be launched.
INSTANTIATIONS: Final[dict[str, tuple[str, ...]]] = {
    "softmax": _of("softmax log_softmax softmax_backward log_softmax_backward", _TYPES, THREADS),
    "activation": (*_of("gelu gelu_backward", _TYPES, (0, 1)), *_of("silu silu_backward", _TYPES)),
    "layer_norm": (
        *_of("layer_norm layer_norm_statistics layer_norm_backward", _TYPES, THREADS),
        *_of("layer_norm_parts layer_norm_total", _TYPES),
    ),
    "cross_entropy": (
        *_of("cross_entropy cross_entropy_backward", _TYPES, THREADS),
        *_of("cross_entropy_total", _TYPES),
    ),
    "indices": _of("check_range", INTEGERS.values()),
    "windows": _of("im2col col2im", _TYPES, INTEGERS.values()),
    "pooling": (
        *_of("max_pool max_pool_backward avg_pool avg_pool_backward", _TYPES, INTEGERS.values()),
        *_of("unpool unpool_add", _TYPES),
    ),
    "embedding": _of("embedding_add embedding_sum embedding_join", _TYPES),
    "dropout": (*_of("dropout", _TYPES), *_of("random_words", (4,))),
    # Moments are of the parameters' type, as in PyTorch, or float32 beside parameters of half types.
    "optimizer": tuple(
        f"{kernel}<{parameter}, {state}>"
        for kernel in ("sgd", "adam")
        for parameter in _TYPES
        for state in dict.fromkeys((parameter, "double" if parameter == "double" else "float"))
    ),
}


def source(name: str) -> str:
    """The text of a kernel file, with what all of them begin with in front. Lines are counted as in the files."""
    folder = files(__package__) / "kernels"
    parts = [f'#line 1 "{part}"\n{(folder / part).read_text("utf-8")}' for part in ("common.cuh", f"{name}.cu")]
    return "\n".join(parts)
