"""CuPy as a plugrad backend: NVIDIA GPUs, devices ``"cuda"``, ``"cuda:1"`` and so on.

CuPy is imported when the device is first used. Everything reaches it through ``launch.library()``, so that tests can
put a stand-in in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import wraps
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import diagnose, faults, layout, memory
from plugrad.backends.cupy.launch import companion, library
from plugrad.backends.cupy.namespace import KERNELS, Library
from plugrad.backends.cupy.streams import CuPyAccelerator
from plugrad.backends.numpy_dtypes import OF_RAW, RAW
from plugrad.core.backend import Backend, Capabilities
from plugrad.core.dtypes import dtype as DType
from plugrad.core.namespace import Namespace

_ANYWHERE: Final = nullcontext()

#: DLPack's numbers of CUDA's memory, its own and managed.
_DLPACK_CUDA: Final = (2, 13)

_namespace: Namespace | None = None


def namespace() -> Namespace:
    """The completed namespace that kernels compute with where they leave something to an op's definition."""
    global _namespace
    if _namespace is None:
        _namespace = Namespace("cupy", Library(), KERNELS, dtypes=RAW)
    return _namespace


def forget() -> None:
    """Drop what was resolved of one library, before another takes its place."""
    global _namespace
    _namespace = None


class CuPyBackend(Backend):
    """Arrays are ``cupy.ndarray``, 0-d ones too. Work is queued on the current stream; nothing here waits for it."""

    name = "cupy"
    devices = ("cuda",)
    # Indices are checked on the device, and what was wrong is raised when the host next waits for it.
    capabilities = Capabilities(views=True, several_devices=True)
    dtypes = RAW

    def __init__(self) -> None:
        self.namespace = Library()
        self.accelerator = CuPyAccelerator()

    def unavailable_reason(self) -> str | None:
        return diagnose.reason()

    def device_count(self, device_type: str) -> int:
        # Asked first of all when the device is first used.
        memory.install()
        return int(library().cuda.runtime.getDeviceCount())

    def kernels(self) -> Mapping[str, Any]:
        return KERNELS

    # -- devices ------------------------------------------------------------------------------------------------

    def _several(self) -> bool:
        return self.device_count("cuda") > 1

    def _on(self, index: int | None) -> Any:
        """A context in which CuPy computes on this device."""
        return library().cuda.Device(index or 0)

    def guarded(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        if not self._several():
            return function
        runtime, wanted = library().cuda.runtime, index or 0

        @wraps(function)
        def on_its_device(*args: Any, **options: Any) -> Any:
            if runtime.getDevice() == wanted:
                return function(*args, **options)
            with self._on(wanted):
                return function(*args, **options)

        return on_its_device

    def synchronize(self, index: int | None = None) -> None:
        with self._on(index):
            library().cuda.runtime.deviceSynchronize()
        faults.raise_if_any()

    def memory_stats(self, index: int | None = None) -> dict[str, int]:
        return memory.stats(index or 0)

    def _at_home(self, array: Any) -> Any:
        """A context in which CuPy computes where an array is. Outside of it, a copy would go to the current device."""
        return array.device if self._several() else _ANYWHERE

    # -- arrays -------------------------------------------------------------------------------------------------

    def dtype_of(self, array: Any) -> DType:
        return OF_RAW[array.dtype]

    def asarray(self, values: Any, dtype: DType | None, index: int | None, *, copy: bool | None = None) -> Any:
        with self._on(index):
            return library().asarray(values, None if dtype is None else RAW[dtype], copy=copy)

    def adopt(self, value: Any, share: bool) -> Any:
        """Arrays of other libraries on a GPU, by CUDA's array interface or DLPack, without a copy."""
        if hasattr(value, "__cuda_array_interface__"):
            return library().asarray(value)
        if hasattr(value, "__dlpack_device__") and int(value.__dlpack_device__()[0]) in _DLPACK_CUDA:
            return library().from_dlpack(value)
        return None

    def is_array(self, value: object) -> bool:
        return isinstance(value, library().ndarray)

    def to_host(self, array: Any) -> Any:
        # get() waits for the device, so that what kernels found by now is known.
        with self._at_home(array):
            host = array.get()
        faults.raise_if_any()
        # NumPy knows bfloat16 only with ml_dtypes.
        return host.astype(np.float32) if host.dtype.kind == "V" else host

    def to_host_later(self, array: Any) -> Any:
        """Into page-locked memory, which the GPU writes to by itself."""
        with self._at_home(array):
            host = companion("cupyx").empty_pinned(array.shape, array.dtype)
            array.get(out=host, blocking=False)
        return host

    def from_host(self, array: Any, index: int | None) -> Any:
        with self._on(index):
            return library().asarray(array)

    def transfer(self, array: Any, index: int | None) -> Any:
        """From GPU to GPU, without the host."""
        with self._on(index):
            return library().array(array)

    def data_pointer(self, array: Any) -> int:
        return int(array.data.ptr)

    def write(self, target: Any, value: Any) -> Any:
        if value is target:
            return target
        with self._at_home(target):
            if getattr(value, "dtype", target.dtype) != target.dtype:
                value = namespace().astype(value, target.dtype)
            target[...] = value
        return target

    def copy(self, array: Any) -> Any:
        with self._at_home(array):
            return array.copy()

    def owns_memory(self, array: Any) -> bool:
        return array.base is None

    def shares_memory(self, a: Any, b: Any) -> bool:
        return a.base is b or layout.bounds_overlap(a, b)

    def in_order(self, array: Any) -> bool:
        return bool(array.flags.c_contiguous)

    def strides(self, array: Any) -> tuple[int, ...] | None:
        return tuple([stride // array.itemsize for stride in array.strides])

    def overlaps_itself(self, array: Any) -> bool:
        return layout.overlaps_itself(array)

    def partial_overlap(self, target: Any, source: Any) -> bool:
        return layout.partial_overlap(target, source)
