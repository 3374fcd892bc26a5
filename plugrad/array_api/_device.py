"""The namespace of tensors on one device."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any, Final

from plugrad.array_api._info import NamespaceInfo
from plugrad.core.default_device import get_default_device
from plugrad.core.namespace import CREATORS
from plugrad.core.tensor import bind_namespace

_namespaces: Final[dict[Any, OnDevice]] = {}


class OnDevice:
    """``plugrad.array_api``, whose functions that make arrays of nothing make them on one device.

    Args:
        device: The device.
    """

    def __init__(self, device: Any) -> None:
        self._device = device

    def __getattr__(self, name: str) -> Any:
        found = getattr(sys.modules[__package__], name)
        if name in CREATORS:
            found = partial(found, device=self._device)
        setattr(self, name, found)
        return found

    def __array_namespace_info__(self) -> NamespaceInfo:
        """Return what the namespace says of itself."""
        return NamespaceInfo(self._device)

    def __dir__(self) -> list[str]:
        return dir(sys.modules[__package__])

    def __repr__(self) -> str:
        return f"<plugrad.array_api on {self._device}>"


def namespace_of(device: Any) -> Any:
    """What ``x.__array_namespace__()`` returns: the module, where arrays are made on this device by default."""
    if device is get_default_device():
        return sys.modules[__package__]
    return _namespaces.setdefault(device, OnDevice(device))


bind_namespace(namespace_of)
