"""The device: streams, events, memory, kernels, and cuBLAS's product of batches."""

from __future__ import annotations

import builtins
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.support import cuda_on_cpu
from tests.support.cupy_stand_in.arrays import ndarray
from tests.support.cupy_stand_in.state import (
    TOTAL,
    CUDARuntimeError,
    OutOfMemoryError,
    _alive,
    _malloc,
    _state,
    _streams,
    counts,
)


class Device:
    def __init__(self, device: int | None = None) -> None:
        self.id = _state["device"] if device is None else device
        self._before: list[int] = []

    def __enter__(self) -> Any:
        if self.id >= _state["devices"]:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        self._before.append(_state["device"])
        _state["device"] = self.id
        return self

    def __exit__(self, *_: object) -> None:
        _state["device"] = self._before.pop()

    def use(self) -> None:
        _state["device"] = self.id

    def synchronize(self) -> None:
        counts.wait("Device.synchronize")


def _synchronize() -> None:
    counts.wait("deviceSynchronize")


class Event:
    def __init__(self, block=False, disable_timing=False, interprocess=False) -> None:
        self.when: float | None = None
        self.disable_timing = disable_timing

    done = property(lambda self: True)

    def record(self, stream=None) -> None:
        self.when = counts.allocated

    def synchronize(self) -> None:
        counts.wait("Event.synchronize")


class Stream:
    null: Any = None

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None) -> None:
        self.ptr = 0 if null else id(self)
        self.non_blocking = non_blocking
        self.device_id = _state["device"]

    done = property(lambda self: True)

    def __enter__(self) -> Any:
        _streams.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _streams.pop()

    def use(self) -> Any:
        _streams[:] = [self]
        return self

    def synchronize(self) -> None:
        counts.wait("Stream.synchronize")

    def record(self, event=None) -> Any:
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event) -> None:
        assert event.when is not None, "an event that was never recorded"


Stream.null = Stream(null=True)


class _Pool:
    """Counts bytes by the arrays that are alive."""

    def used_bytes(self) -> int:
        return builtins.sum(nbytes for nbytes in _alive.values())

    def total_bytes(self) -> int:
        return _state["most"]

    def free_all_blocks(self) -> None:
        counts.log.append("free_all_blocks")


_pool = _Pool()


def get_default_memory_pool():
    return _pool


def is_available():
    return True


def _set_allocator(allocator=None):
    _state["allocator"] = _malloc if allocator is None else allocator


class RawModule:
    """Of the kernels the check of indices runs here; the others on the processor, if that is asked for."""

    def __init__(self, *, code, options=(), name_expressions=None) -> None:
        self._made = {"code": code, "options": options, "name_expressions": name_expressions}
        self._module: Any = None

    def get_function(self, name):
        if name.startswith("check_range<"):
            return _check_range
        assert _state["emulate"], f"{name} was launched, where only definitions should compute"
        if self._module is None:
            self._module = cuda_on_cpu.RawModule(**self._made)
        kernel = self._module.get_function(name)

        def launch(grid, block, args):
            kernel(grid, block, tuple(_emulated(a) for a in args))

        return launch


def _check_range(grid, block, args):
    index, flag, low, high, code, n = args
    assert index.flags.c_contiguous
    assert index.size == n
    if ((index._h < low) | (index._h >= high)).any():
        flag._h[0] = code


def _emulated(a):
    if not isinstance(a, ndarray):
        return a
    assert a.flags.c_contiguous
    return a._h.view(cuda_on_cpu.Array)


def _device_name(index):
    return {"name": b"Stand-in", "major": 9, "minor": 0, "totalGlobalMem": TOTAL, "multiProcessorCount": 1}


cuda = SimpleNamespace(
    Device=Device,
    Event=Event,
    Stream=Stream,
    get_current_stream=lambda: _streams[-1] if _streams else Stream.null,
    get_elapsed_time=lambda start, end: float(end.when - start.when),
    get_cublas_handle=lambda: 1,
    get_allocator=lambda: _state["allocator"],
    set_allocator=_set_allocator,
    memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    is_available=is_available,
    cublas=SimpleNamespace(),
    nvrtc=SimpleNamespace(getVersion=lambda: (12, 9)),
    runtime=SimpleNamespace(
        getDevice=lambda: _state["device"],
        setDevice=lambda index: _state.update(device=index),
        getDeviceCount=lambda: _state["devices"],
        deviceSynchronize=_synchronize,
        memGetInfo=lambda: (TOTAL - 4000, TOTAL),
        driverGetVersion=lambda: 12080,
        getDeviceProperties=_device_name,
        CUDARuntimeError=CUDARuntimeError,
    ),
)


_TYPES = {0: "f4", 1: "f8", 2: "f2", 4: "c8", 5: "c16"}


def _gemm(
    handle, ta, tb, m, n, k, alpha, a, a_type, lda, step_a, b, b_type, ldb, step_b, beta, c, c_type, ldc, step_c,
    count, compute, algorithm,
):  # fmt: skip
    """cuBLAS's gemmStridedBatchedEx: reads and writes memory by address, leading dimension and step alone."""
    assert lda >= builtins.max(1, k if ta else m), "CUBLAS_STATUS_INVALID_VALUE: lda"
    assert ldb >= builtins.max(1, n if tb else k), "CUBLAS_STATUS_INVALID_VALUE: ldb"
    assert ldc >= builtins.max(1, m), "CUBLAS_STATUS_INVALID_VALUE: ldc"
    assert builtins.min(step_a, step_b, step_c) >= 0
    assert a_type == b_type == c_type
    assert (compute == 70) == (a_type in (1, 5))
    dtype = np.dtype("V2" if a_type == 14 else _TYPES[a_type])
    if a_type == 14:
        import ml_dtypes

        dtype = np.dtype(ml_dtypes.bfloat16)
    wide = np.dtype("f4") if dtype.itemsize == 2 else dtype
    scale = [_read(p, (1,), (1,), wide)[0] for p in (alpha, beta)]
    counts.products.append((ta, tb, m, n, k, count, compute))
    for i in range(count):
        x = _read(a + i * step_a * dtype.itemsize, (k, m) if ta else (m, k), (1, lda), dtype)
        y = _read(b + i * step_b * dtype.itemsize, (n, k) if tb else (k, n), (1, ldb), dtype)
        z = _read(c + i * step_c * dtype.itemsize, (m, n), (1, ldc), dtype)
        left, right = [v.T if turned else v for v, turned in ((x, ta), (y, tb))]
        found = scale[0] * (left.astype(wide) @ right.astype(wide))
        z[...] = found if scale[1] == 0 else found + scale[1] * z


def _read(address: int, shape: Any, steps: Any, dtype: Any) -> Any:
    """The host's memory from an address on."""
    strides = tuple(s * dtype.itemsize for s in steps)
    typestr = dtype.str if dtype.kind != "V" else f"|V{dtype.itemsize}"
    interface = {"shape": shape, "typestr": typestr, "data": (address, False), "version": 3, "strides": strides}
    return np.asarray(SimpleNamespace(__array_interface__=interface)).view(dtype)
