"""The GPU's memory: CuPy's pool asked, its peak measured where somebody wants it, and what to say when it is full."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.cupy.launch import library
from plugrad.core.errors import OutOfMemoryError, with_hint

_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")

#: Device -> the most bytes in use at once, where that is measured.
_peaks: dict[int, int] = {}


def in_units(count: float) -> str:
    """A number of bytes as PyTorch writes it."""
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            break
        count /= 1024
    return f"{int(count)} bytes" if unit == "bytes" else f"{count:.2f} {unit}"


@functools.cache
def _error_class(theirs: type[Exception]) -> type[Exception]:
    """plugrad's error that is CuPy's too, for those who wait for that one."""
    members = {"__init__": Exception.__init__, "__module__": "plugrad"}
    return type("OutOfMemoryError", (OutOfMemoryError, theirs), members)


class Allocator:
    """CuPy's allocator of the moment, with an error that says what is full, and the peak, where it is measured."""

    def __init__(self, inner: Callable[[int], Any]) -> None:
        self.inner = inner

    def __call__(self, size: int) -> Any:
        try:
            found = self.inner(size)
        except MemoryError as error:
            raise _out_of_memory(size, error) from error
        if _peaks:
            _measure()
        return found


def install() -> None:
    """Put the allocator in front of CuPy's, once."""
    cupy = library()
    present = cupy.cuda.get_allocator()
    if not isinstance(present, Allocator):
        cupy.cuda.set_allocator(Allocator(present))


def _out_of_memory(size: int, error: MemoryError) -> Exception:
    index = library().cuda.runtime.getDevice()
    try:
        found = stats(index)
        text = (
            f"CUDA out of memory. Tried to allocate {in_units(size)}. GPU {index} has a total capacity of "
            f"{in_units(found['total'])} of which {in_units(found['free'])} is free. Arrays use "
            f"{in_units(found['used'])}, and {in_units(found['reserved'] - found['used'])} is reserved by CuPy but "
            "unallocated."
        )
    except Exception:  # a GPU in such a state may answer nothing
        text = f"CUDA out of memory. Tried to allocate {in_units(size)}."
    hint = (
        "try a smaller batch, plugrad.no_grad() where no gradient is needed, plugrad.utils.checkpoint, `del` of what "
        "is not needed, or plugrad.cuda.empty_cache() where other programs share the GPU."
    )
    return _error_class(library().cuda.memory.OutOfMemoryError)(with_hint(text, hint))


def _measure() -> None:
    index = library().cuda.runtime.getDevice()
    if index in _peaks:
        _peaks[index] = max(_peaks[index], library().get_default_memory_pool().used_bytes())


def reset_peak(index: int) -> None:
    """Measure the peak from now on: each allocation is followed by a count of what is in use, on the host."""
    with library().cuda.Device(index):
        _peaks[index] = library().get_default_memory_pool().used_bytes()


def stats(index: int) -> dict[str, int]:
    """Bytes of arrays, of the pool, and of the device; and the peak, which is the pool's size where not measured."""
    cupy = library()
    with cupy.cuda.Device(index):
        pool = cupy.get_default_memory_pool()
        free, total = cupy.cuda.runtime.memGetInfo()
        used, reserved = pool.used_bytes(), pool.total_bytes()
    return {"used": used, "reserved": reserved, "free": free, "total": total, "peak": _peaks.get(index, reserved)}


def forget() -> None:
    """Drop what was measured, before another library takes CuPy's place."""
    _peaks.clear()
