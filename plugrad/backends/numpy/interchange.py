"""Other libraries' arrays as NumPy's, with PyTorch's refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.core.errors import with_hint

_SUPPORTED: Final = (
    "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, "
    "uint8, and bool"
)
_NAMES: Final = frozenset(_SUPPORTED.replace("and ", "").split(", "))
_NATIVE: Final = frozenset([np.dtype(name) for name in _NAMES])

# Copying 32 KiB takes about as long as one small op; of larger arrays, so many elements are looked at.
_WHOLE: Final = 1 << 15
_SAMPLES: Final = 256


def adopt(value: Any, share: bool) -> Any:
    """A plain NumPy array that shares the memory of anything that is an array, or None.

    Args:
        value: An ndarray or NumPy scalar, or an object with ``__array__``, ``__array_interface__`` or
            ``__dlpack__``.
        share: The memory will be used as it is; otherwise it is about to be copied, and its layout does not
            matter.

    Raises:
        TypeError: for dtypes that tensors don't have.
        ValueError: for layouts that tensors don't have, with ``share``.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        # asarray: subclasses have arithmetic of their own.
        array = np.asarray(value)
    elif hasattr(type(value), "__array__") or hasattr(value, "__array_interface__"):
        array = np.asarray(value)
    elif hasattr(value, "__dlpack__"):
        array = np.from_dlpack(value)
    else:
        return None
    if array.dtype not in _NATIVE:
        array = _native(array, share)
    if share:
        _check_layout(array)
    return array


def _native(array: Any, share: bool) -> Any:
    """The array in the machine's byte order, or an error that says what is wrong with its dtype."""
    dtype = array.dtype
    if dtype.name not in _NAMES:
        raise TypeError(
            with_hint(
                f"can't convert np.ndarray of type {dtype.type.__module__}.{dtype.type.__name__}. The only "
                f"supported types are: {_SUPPORTED}.",
                f"array.astype('float32') converts; this one's dtype is {dtype}.",
            )
        )
    if share:
        raise ValueError(
            with_hint(
                "given numpy array has byte order different from the native byte order. Conversion between byte "
                "orders is currently not supported.",
                "array.astype(array.dtype.newbyteorder('=')) converts.",
            )
        )
    return array.astype(dtype.newbyteorder("="))


def _check_layout(array: Any) -> None:
    if min(array.strides, default=0) < 0:
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides "
            "are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    if any([stride % array.itemsize for stride in array.strides]):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
            "reallocate the "
            "memory."
        )


def watch(array: Any) -> Callable[[], bytes]:
    """A function that returns other bytes once the array was changed; it looks at a sample of large ones."""
    if array.nbytes <= _WHOLE:
        whole: Callable[[], bytes] = array.tobytes
        return whole
    # Spread over all axes; counted from the end, because what fills a buffer mostly ends there.
    room = _SAMPLES
    picks = []
    for axis, n in enumerate(array.shape):
        count = max(1, min(n, round(room ** (1 / (array.ndim - axis)))))
        step = -(-n // count)
        picks.append(slice((n - 1) % step, None, step))
        room = max(1, room // count)
    sample: Callable[[], bytes] = array[tuple(picks)].tobytes
    return sample
