"""CuPy's devices, streams and events, as plugrad.cuda asks for them."""

from __future__ import annotations

from typing import Any

from plugrad.backends.cupy import memory
from plugrad.backends.cupy.launch import library
from plugrad.core.accelerator import Accelerator


class CuPyAccelerator(Accelerator):
    """The current device is CUDA's, of this thread; the current stream is CuPy's, of this thread."""

    def current_device(self) -> int:
        return int(library().cuda.runtime.getDevice())

    def set_device(self, index: int) -> None:
        library().cuda.runtime.setDevice(index)

    def device_name(self, index: int) -> str:
        name = library().cuda.runtime.getDeviceProperties(index)["name"]
        return name.decode() if isinstance(name, bytes) else str(name)

    def new_stream(self, index: int, priority: int) -> Any:
        with library().cuda.Device(index):
            # It does not wait for the default stream, as PyTorch's do not.
            return library().cuda.Stream(non_blocking=True, priority=priority or None)

    def current_stream(self, index: int) -> Any:
        with library().cuda.Device(index):
            return library().cuda.get_current_stream()

    def using(self, stream: Any) -> Any:
        return stream

    def new_event(self, timing: bool, blocking: bool) -> Any:
        return library().cuda.Event(block=blocking, disable_timing=not timing)

    def elapsed(self, start: Any, end: Any) -> float:
        return float(library().cuda.get_elapsed_time(start, end))

    def free_unused(self) -> None:
        library().get_default_memory_pool().free_all_blocks()

    def reset_peak(self, index: int) -> None:
        memory.reset_peak(index)
