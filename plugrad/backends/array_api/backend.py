"""The backend of any Array API namespace."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from plugrad.backends.array_api import memory, probes, standins
from plugrad.core import dtypes
from plugrad.core.backend import Backend, Capabilities
from plugrad.core.errors import BackendError, missing_dtype


class ArrayAPIBackend(Backend):
    """A backend of any Array API namespace: its functions, or generic definitions, run every op.

    Args:
        name: The backend's name, equal to its entry point's.
        namespace: The namespace, or the name of the module that is it (imported now).
        devices: The device types it serves.
        capabilities: What its arrays can do beyond the standard. What is not said is found out with arrays of a few
            elements, but for two things. Arrays are never written unless ``views`` is said to be true or false: the
            standard does not say which arrays share memory, so an in-place op makes a new array, and plugrad keeps
            views alike itself. A subclass for a library that knows (``views=True``) tells ``data_pointer`` and
            ``strides`` of an array; the rest follows from these. And unless ``checks_indices`` is said to be true,
            plugrad looks at every index before the library does: what an index out of bounds does can't be tried.
        raw_devices: The library's own device objects, by index. None: arrays are made on its default device.
        dtypes: The names of the dtypes that its arrays can have. None: it is found out.

    A dtype that the library lacks raises when it is asked for: ``backend 'mylib' has no plugrad.float64``. float32
    alone is enough for layers, losses, optimizers and random numbers.

    Arrays come from NumPy's, and become NumPy's, by whatever of ``asarray``, DLPack and nested lists the
    library takes first. A library that has a faster way overrides ``from_host`` and ``to_host``.

    Raises:
        BackendError: if the namespace has neither float32 nor float64; if there are views and no ``strides``.

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
        dtypes: Iterable[str] | None = None,
    ) -> None:
        self.name = name
        self.devices = devices
        self.namespace = importlib.import_module(namespace) if isinstance(namespace, str) else namespace
        self.raw_devices = raw_devices
        self._way_in: Callable[[Any, Any, dict[str, Any]], Any] | None = None
        xp, where = self.namespace, self._on(0)
        found = probes.dtypes_of(xp, where, None if dtypes is None else frozenset(dtypes))
        self.dtypes: Mapping[Any, Any] = _Dtypes(name, found)
        self._of_raw: dict[Any, Any] = {}
        if not any(d.name in ("float32", "float64") for d in found):
            raise BackendError(f"namespace {namespace!r} has neither float32 nor float64")
        self._array_type = type(self.asarray(0.0, None, None))
        self.capabilities = probes.capabilities_of(self, capabilities or Capabilities())
        kind = type(self)
        if self.capabilities.views and kind.strides is Backend.strides:
            raise BackendError(
                f"backend '{name}' declares views=True and does not say which arrays share memory\n"
                f"Hint: override strides() and data_pointer() in a subclass of ArrayAPIBackend, or leave views out."
            )

    def device_count(self, device_type: str) -> int:
        return len(self.raw_devices) if self.raw_devices is not None else 1

    def kernels(self) -> Mapping[str, Any]:
        return standins.standing_in(self)

    def dtype_of(self, array: Any) -> dtypes.dtype:
        raw = array.dtype
        try:
            return self._of_raw[raw]  # type: ignore[no-any-return]  # a table of dtypes
        except (KeyError, TypeError):  # not met before, or a library whose dtypes have no hash
            pass
        for d, known in self.dtypes.items():
            if known == raw:
                if getattr(raw, "__hash__", None) is not None:
                    self._of_raw[raw] = d
                return d  # type: ignore[no-any-return]  # likewise
        raise TypeError(f"backend '{self.name}' has an array of dtype {raw}, for which plugrad has no dtype")

    def _on(self, index: int | None) -> dict[str, Any]:
        return {} if self.raw_devices is None else {"device": self.raw_devices[index or 0]}

    def asarray(self, values: Any, dtype: dtypes.dtype | None, index: int | None, *, copy: bool | None = None) -> Any:
        raw = None if dtype is None else self.dtypes[dtype]
        return self.namespace.asarray(values, dtype=raw, copy=copy, **self._on(index))

    def is_array(self, value: object) -> bool:
        return isinstance(value, self._array_type)

    # -- memory: of libraries that have views

    def _place(self, array: Any) -> memory.Place | None:
        strides = self.strides(array)
        if strides is None:
            return None
        return memory.Place(self.data_pointer(array), tuple(array.shape), strides, self.dtype_of(array).itemsize)

    def shares_memory(self, a: Any, b: Any) -> bool:
        if not self.capabilities.views:
            return False
        first, second = self._place(a), self._place(b)
        return first is None or second is None or memory.may_share(first, second)

    def in_order(self, array: Any) -> bool:
        place = self._place(array)
        return place is None or memory.in_order(place)

    def overlaps_itself(self, array: Any) -> bool:
        place = self._place(array)
        return place is not None and memory.repeats(place)

    def partial_overlap(self, target: Any, source: Any) -> bool:
        first, second = self._place(target), self._place(source)
        return first is not None and second is not None and memory.partly_same(first, second)

    # -- devices and the host

    def on_device(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        return partial(function, **self._on(index)) if self.raw_devices is not None else function

    def to_host(self, array: Any) -> Any:
        causes = []
        for way in (np.asarray, np.from_dlpack, partial(np.from_dlpack, device="cpu")):
            try:
                host = way(array)
            except Exception as error:
                causes.append(error)
                continue
            if host.dtype.name == self.dtype_of(array).name:
                return host
            if self.dtype_of(array) is dtypes.bfloat16:
                return host.astype("float32")
            causes.append(TypeError(f"NumPy made {host.dtype} of {array.dtype}"))
        raise BackendError(
            f"backend '{self.name}' can't bring an array to the host: {causes[0]}\n"
            f"Hint: override to_host() in a subclass of ArrayAPIBackend."
        ) from causes[0]

    def from_host(self, array: Any, index: int | None) -> Any:
        raw_dtype = self.dtypes[dtypes.NAMES[array.dtype.name]]
        if self._way_in is not None:
            return self._way_in(array, raw_dtype, self._on(index))
        causes = []
        for way in (self._in_by_asarray, self._in_by_dlpack, self._in_by_lists):
            try:
                raw = way(array, raw_dtype, self._on(index))
            except Exception as error:
                causes.append(error)
                continue
            if not self.is_array(raw) or tuple(raw.shape) != array.shape or raw.dtype != raw_dtype:
                causes.append(TypeError(f"the library made {getattr(raw, 'dtype', type(raw))} of {array.dtype}"))
                continue
            self._way_in = way
            return raw
        raise BackendError(
            f"backend '{self.name}' can't take an array from the host: {causes[-1]}\n"
            f"Hint: override from_host() in a subclass of ArrayAPIBackend."
        ) from causes[-1]

    def _in_by_asarray(self, array: Any, raw_dtype: Any, device: dict[str, Any]) -> Any:
        return self.namespace.asarray(array, dtype=raw_dtype, **device)

    def _in_by_dlpack(self, array: Any, raw_dtype: Any, device: dict[str, Any]) -> Any:
        return self.namespace.from_dlpack(array, **device)

    def _in_by_lists(self, array: Any, raw_dtype: Any, device: dict[str, Any]) -> Any:
        # The one way that every library has.
        flat = self.namespace.asarray(array.reshape(-1).tolist(), dtype=raw_dtype, **device)
        return self.namespace.reshape(flat, array.shape)


class _Dtypes(dict[dtypes.dtype, Any]):
    """A library's dtypes by plugrad's; asking for one that it lacks says so."""

    def __init__(self, backend: str, found: Mapping[dtypes.dtype, Any]) -> None:
        super().__init__(found)
        self._backend = backend

    def __missing__(self, key: dtypes.dtype) -> Any:
        raise missing_dtype(self._backend, key, self)
