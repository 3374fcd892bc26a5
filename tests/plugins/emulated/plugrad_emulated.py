"""A backend with CUDA kernels and no GPU: NumPy's arrays, CUDA's kernels run on the processor (tests/support).

So the kernels are tested as ops are, through Tensors: derivatives of any order, transforms, whole training runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import plugrad
from plugrad.backends.cupy import (
    faults,
    kernels_activation,
    kernels_dropout,
    kernels_embedding,
    kernels_loss,
    kernels_norm,
    kernels_optimizer,
    kernels_pooling,
    kernels_softmax,
    kernels_windows,
    launch,
)
from plugrad.backends.numpy import namespace
from plugrad.backends.numpy.backend import NumPyBackend
from plugrad.core.namespace import Namespace
from tests.support import cuda_on_cpu
from tests.support.cuda_on_cpu import Array, Library

CUDA = {
    **kernels_activation.KERNELS,
    **kernels_dropout.KERNELS,
    **kernels_embedding.KERNELS,
    **kernels_loss.KERNELS,
    **kernels_norm.KERNELS,
    **kernels_optimizer.KERNELS,
    **kernels_pooling.KERNELS,
    **kernels_softmax.KERNELS,
    **kernels_windows.KERNELS,
}
_definitions = Namespace("emulated", np, namespace.KERNELS)


def _inward(x: Any) -> Any:
    """An array as the stand-in for CuPy has it, of the same memory."""
    if isinstance(x, (list, tuple)):
        return type(x)([_inward(part) for part in x])
    return np.asarray(x).view(Array) if isinstance(x, (np.ndarray, np.generic)) else x


def _outward(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)([_outward(part) for part in x])
    return x.view(np.ndarray) if isinstance(x, Array) else x


def _emulated(kernel: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(kernel)
    def call(*args: Any, **options: Any) -> Any:
        if not launch.uses(Library):
            # Another test put what it wanted in its place.
            launch.use(Library, _definitions)
        y = kernel(*_inward(args), **options)
        cuda_on_cpu.forget()
        # As under the debug switch: at once.
        faults.raise_if_any()
        return _outward(y)

    return call


class EmulatedBackend(NumPyBackend):
    name = "emulated"
    devices = ("emulated",)

    def __init__(self) -> None:
        launch.use(Library, _definitions)

    def kernels(self) -> dict[str, Callable[..., Any]]:
        return {**namespace.KERNELS, **{name: _emulated(kernel) for name, kernel in CUDA.items()}}

    def generator(self, seed: int) -> None:
        """As on CUDA, there is none: numbers come from the host's."""


@plugrad.hookimpl
def plugrad_backend() -> EmulatedBackend:
    return EmulatedBackend()
