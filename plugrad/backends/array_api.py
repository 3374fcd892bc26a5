"""ArrayAPIBackend: any namespace of the Array API standard becomes a backend."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from plugrad.core import dtypes
from plugrad.core.backend import Backend, Capabilities
from plugrad.core.errors import BackendError


class ArrayAPIBackend(Backend):
    """A backend of any Array API namespace: every op runs, by the library's function or the generic definition.

    Args:
        name: The backend's name, equal to its entry point's.
        namespace: The namespace, or the name of the module that is it (imported now).
        devices: The device types it serves.
        capabilities: What its arrays can do beyond the standard; writable arrays that share no memory by default.
        raw_devices: The library's own device objects, by index. None: arrays are made on its default device.
        from_dlpack: Unused by default; ``to_host`` goes through the array's own ``__dlpack__`` or ``__array__``.

    Example::

        from plugrad.backends.array_api import ArrayAPIBackend

        ArrayAPIBackend(name="mylib", namespace="mylib.array_api", devices=("mylib",))
    """

    def __init__(
        self,
        name: str,
        namespace: Any,
        devices: tuple[str, ...],
        capabilities: Capabilities | None = None,
        raw_devices: tuple[Any, ...] | None = None,
    ) -> None:
        self.name = name
        self.devices = devices
        self.namespace = importlib.import_module(namespace) if isinstance(namespace, str) else namespace
        self.capabilities = capabilities or Capabilities()
        self._raw_devices = raw_devices
        xp = self.namespace
        found = {}
        for d in dtypes.ALL:
            raw = getattr(xp, d.name, None) or (getattr(xp, "bool_", None) if d.name == "bool" else None)
            if raw is not None:
                found[d] = raw
        if dtypes.float32 not in found and dtypes.float64 not in found:
            raise BackendError(f"namespace {namespace!r} has neither float32 nor float64")
        self.dtypes = found
        self._array_type = type(self.asarray(0.0, None, None))

    def device_count(self, device_type: str) -> int:
        return len(self._raw_devices) if self._raw_devices is not None else 1

    def dtype_of(self, array: Any) -> dtypes.dtype:
        raw = array.dtype
        for d, known in self.dtypes.items():
            if known == raw:
                return d
        raise TypeError(f"backend '{self.name}' has an array of dtype {raw}, for which plugrad has no dtype")

    def _on(self, index: int | None) -> dict[str, Any]:
        return {} if self._raw_devices is None else {"device": self._raw_devices[index or 0]}

    def asarray(self, values: Any, dtype: dtypes.dtype | None, index: int | None, *, copy: bool | None = None) -> Any:
        raw = None if dtype is None else self.dtypes[dtype]
        return self.namespace.asarray(values, dtype=raw, copy=copy, **self._on(index))

    def is_array(self, value: object) -> bool:
        return isinstance(value, self._array_type)

    def to_host(self, array: Any) -> Any:
        return _host_asarray()(array)

    def from_host(self, array: Any, index: int | None) -> Any:
        dtype = dtypes.NAMES[array.dtype.name]
        # Through Python lists: the one way that every library has; libraries with a faster one override this.
        return self.namespace.reshape(
            self.namespace.asarray(array.tolist() if array.size else [], dtype=self.dtypes[dtype], **self._on(index)),
            array.shape,
        )

    def owns_memory(self, array: Any) -> bool:
        return not self.capabilities.writable


def _host_asarray() -> Callable[[Any], Any]:
    import numpy as np

    return np.asarray
