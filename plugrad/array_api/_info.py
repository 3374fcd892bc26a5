"""What the namespace says of itself."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import dtypes, registry
from plugrad.core.default_device import get_default_device, place
from plugrad.core.namespace import FUNCTIONS

__all__ = ["__array_namespace_info__"]

# Of plugrad's dtypes these are the standard's; float16 and bfloat16 are not.
_STANDARD: Final = tuple([d for d in dtypes.ALL if d not in (dtypes.float16, dtypes.bfloat16)])


class NamespaceInfo:
    """What ``__array_namespace_info__`` returns: answers about devices, dtypes and capabilities.

    Args:
        device: Where the namespace makes arrays; the default device by default.
    """

    __slots__ = ("_device",)

    def __init__(self, device: Any = None) -> None:
        self._device = device

    def capabilities(self) -> dict[str, Any]:
        """What arrays on the namespace's device can do.

        Returns:
            ``"boolean indexing"``, ``"data-dependent shapes"``, and ``"max dimensions"``, what the backend's library
            says of it (None: no limit that is known).
        """
        backend = place(self._device).backend
        of_library = getattr(backend.namespace, "__array_namespace_info__", None)
        return {
            "boolean indexing": backend.capabilities.boolean_indexing,
            "data-dependent shapes": backend.capabilities.data_dependent_shapes,
            "max dimensions": None if of_library is None else of_library().capabilities().get("max dimensions"),
        }

    def default_device(self) -> Any:
        """The device on which arrays are made where none is named."""
        return get_default_device() if self._device is None else self._device

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes of arrays made of Python numbers.

        Args:
            device: A device; they are the same on all.
        """
        real = dtypes.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": real.to_complex(),
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """The standard's dtypes that a device has, by name.

        Args:
            device: The device; the namespace's by default.
            kind: Only dtypes of this kind, as for ``isdtype``.
        """
        has = place(self._device if device is None else device).backend.dtypes
        return {d.name: d for d in _STANDARD if d in has and (kind is None or FUNCTIONS["isdtype"](d, kind))}

    def devices(self) -> list[Any]:
        """The devices of all backends that are installed and can be used here."""
        return registry.devices()


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """Return what the namespace says of itself: devices, dtypes and capabilities."""
    return NamespaceInfo()
