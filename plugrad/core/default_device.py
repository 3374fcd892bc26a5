"""The default device, where new tensors are made, and devices by the names that users give them."""

from __future__ import annotations

from typing import Any

from plugrad.core.device import default, device
from plugrad.core.levels import LevelDevice, here, innermost
from plugrad.core.registry import resolve


def get_default_device() -> device:
    """Return the device on which tensors are made where none is named.

    Returns:
        ``device(type='cpu')`` unless ``set_default_device`` changed it in this context.

    Example::

        >>> import plugrad
        >>> plugrad.get_default_device()
        device(type='cpu')
    """
    return default.get() or device("cpu")


def set_default_device(device: str | device | None) -> None:
    """Set the device on which tensors are made where none is named, for this thread or task.

    Args:
        device: A device or its name; None for ``"cpu"``.

    Raises:
        RuntimeError: if no installed backend has such a device.

    Example::

        >>> import plugrad
        >>> plugrad.set_default_device("cpu")
        >>> plugrad.zeros(2).device
        device(type='cpu')
    """
    default.set(None if device is None else place(device))


# Devices by the names that they were asked for, once their backend is loaded.
_places: dict[Any, device] = {}


def place(where: Any) -> Any:
    """The device, its backend loaded, that ``device=`` names; None is the default device, a number a GPU.

    Inside of a function transform it is the transform's, but for a device in a tuple, which is meant exactly.
    """
    if where.__class__ is LevelDevice:
        return where
    if where.__class__ is tuple:
        return where[0]
    if where is None:
        where = default.get() or "cpu"
    found = _places.get(where)
    if found is None:
        found = resolve(device("cuda", where) if isinstance(where, int) else where)
        # Which of several devices a type alone means may change.
        if isinstance(where, int) or ":" in str(where) or found.backend.device_count(found.type) == 1:
            _places[where] = found
    return found if innermost() is None else here(found)


def beneath(where: str | device) -> Any:
    """The device of this name itself, below all function transforms: where raw arrays of the host belong."""
    return place(where).root
