"""Indices that are out of bounds, found by kernels. They set a flag on the device, and nobody waits for it.

CuPy itself wraps such indices around silently. ``raise_if_any`` reads the flag; it is called where the host waits for
the device anyway, or after every check under a debug switch.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import blocks_for, function, library
from plugrad.core.errors import with_hint

#: What the flag says of who was wrong; 0 is nobody.
TARGET: Final = 1
EMBEDDING: Final = 2
INDEX: Final = 3

_TEXTS: Final = {
    TARGET: "a target of cross_entropy is out of bounds",
    EMBEDDING: "an index of embedding is out of range",
    INDEX: "index is out of bounds",
}

_flags: dict[int, Any] = {}


def flag() -> Any:
    """The flag of the current device: one int32."""
    cupy = library()
    device = cupy.cuda.runtime.getDevice()
    found = _flags.get(device)
    if found is None:
        found = _flags[device] = cupy.zeros((1,), np.dtype("i4"))
    return found


def check(index: Any, low: int, high: int, code: int = INDEX) -> None:
    """Set the flag unless low <= index < high everywhere. Does not wait."""
    if not index.size:
        return
    cupy = library()
    if index.dtype.name not in ("int32", "int64"):
        index = index.astype(np.dtype("i8"))
    index = cupy.ascontiguousarray(index)
    function("check_range", index.dtype)(
        (blocks_for(index.size),),
        (256,),
        (index, flag(), np.int64(low), np.int64(high), np.int32(code), np.int64(index.size)),
    )


def raise_if_any() -> None:
    """Raise what kernels found on any device since the last call. Waits for the devices that ran such kernels.

    Raises:
        IndexError: An index was out of bounds.
    """
    for found in _flags.values():
        code = int(found.get()[0])
        if code:
            found.fill(0)
            hint = "the device found it after the call that was wrong; check the indices, or the number of classes."
            raise IndexError(with_hint(_TEXTS.get(code, _TEXTS[INDEX]), hint))


def forget() -> None:
    """Drop the flags, which belong to one library's memory."""
    _flags.clear()
