"""What the stand-in knows: counts, settings, the memory in use, and its errors."""

from __future__ import annotations

import builtins
import collections
import itertools
from typing import Any


class Counts:
    """What happened since ``reset``."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.to_host = self.to_device = self.waits = self.allocated = 0
        self.slow: collections.Counter[str] = collections.Counter()
        self.log: list[str] = []
        self.products: list[Any] = []

    def wait(self, why: str) -> None:
        self.waits += 1
        self.log.append(why)


counts = Counts()
#: Bytes that the device has; and those that may be in use at once.
TOTAL = 1 << 34
_state = {"limit": TOTAL, "device": 0, "devices": 1, "emulate": False, "most": 0}
#: The streams that were entered.
_streams: list[Any] = []


class OutOfMemoryError(MemoryError):
    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes).")


class CUDARuntimeError(RuntimeError):
    pass


def configure(*, devices: int = 1, limit: int = TOTAL, emulate: bool = False) -> None:
    """How many GPUs there are, how much one allocation may take, and whether CUDA kernels run on the processor."""
    _state.update(limit=limit, device=0, devices=devices, emulate=emulate)
    counts.reset()
    _streams.clear()


#: Number of each array with memory of its own -> its bytes, until it is freed.
_alive: dict[int, int] = {}
_numbers = itertools.count()


def _malloc(size: int) -> Any:
    if size + builtins.sum(_alive.values()) > _state["limit"]:
        raise OutOfMemoryError(size, builtins.sum(_alive.values()))
    return size


#: What is asked before memory is taken.
_state["allocator"] = _malloc
