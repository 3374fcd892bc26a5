"""The contract between plugrad and an array library: what a plugin subclasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from plugrad.core.accelerator import Accelerator
from plugrad.core.dtypes import dtype as DType

#: The version of this contract. A plugin made for another major version, or a newer minor one, is refused.
API_VERSION: Final = (1, 0)


class Capabilities:
    """What a backend's arrays can do beyond the Array API standard. The core asks these, never a backend's name.

    Args:
        writable: ``array[...] = value`` changes the array, and in-place ops may do that.
        views: Slicing, reshaping and transposing may return arrays that share memory with their source.
        data_dependent_shapes: ``nonzero``, ``unique`` and the like work.
        boolean_indexing: ``array[mask]`` works. plugrad's ops don't need it: they use ``nonzero``.
        stable_sort: ``sort`` and ``argsort`` keep the order of equal elements.
        checks_indices: ``take`` and ``take_along_axis`` raise IndexError for an index that is out of bounds.
        several_devices: There can be more than one device.

    Attributes:
        declared: The names of those that were given. What was not is as the defaults of this class say, or what
            ``ArrayAPIBackend`` finds out.
    """

    __slots__ = (
        "boolean_indexing",
        "checks_indices",
        "data_dependent_shapes",
        "declared",
        "several_devices",
        "stable_sort",
        "views",
        "writable",
    )

    def __init__(
        self,
        *,
        writable: bool | None = None,
        views: bool | None = None,
        data_dependent_shapes: bool | None = None,
        boolean_indexing: bool | None = None,
        stable_sort: bool | None = None,
        checks_indices: bool | None = None,
        several_devices: bool | None = None,
    ) -> None:
        given = {
            "writable": writable, "views": views, "data_dependent_shapes": data_dependent_shapes,
            "boolean_indexing": boolean_indexing, "stable_sort": stable_sort, "checks_indices": checks_indices,
            "several_devices": several_devices,
        }  # fmt: skip
        self.declared: Final = frozenset([name for name, value in given.items() if value is not None])
        self.writable = writable is not False
        self.views = views is True
        self.data_dependent_shapes = data_dependent_shapes is not False
        self.boolean_indexing = boolean_indexing is not False
        self.stable_sort = stable_sort is not False
        self.checks_indices = checks_indices is not False
        self.several_devices = several_devices is True


class Backend:
    """An array library as plugrad sees it. Subclass it, or use ``plugrad.backends.array_api.ArrayAPIBackend``.

    Attributes:
        name: The backend's name, equal to its entry point's.
        devices: The device types it serves, the first being its own.
        capabilities: What its arrays can do.
        namespace: The library's Array API namespace. Only names of the standard are taken from it.
        dtypes: plugrad's dtypes that it has, each with the library's own. One that it lacks can't be asked for, and
            nothing else is used instead; plugrad itself needs float32, int64, uint8 and bool.
        accelerator: Streams, events and the current device, for ``plugrad.cuda``; None where there are none.
    """

    name: str
    devices: tuple[str, ...]
    capabilities: Capabilities = Capabilities()
    namespace: Any
    dtypes: Mapping[DType, Any]
    accelerator: Accelerator | None = None

    def unavailable_reason(self) -> str | None:
        """Why the backend can't be used on this machine, or None where it can. Must not raise."""
        return None

    def device_count(self, device_type: str) -> int:
        """How many devices of this type there are."""
        return 1

    def kernels(self) -> Mapping[str, Any]:
        """Op name -> callable on raw arrays, for every op that is faster than the library's or the generic one."""
        return {}

    def dtype_of(self, array: Any) -> DType:
        """plugrad's dtype of a raw array."""
        raise NotImplementedError

    def asarray(self, values: Any, dtype: DType | None, index: int | None, *, copy: bool | None = None) -> Any:
        """A raw array on device ``index`` from nested lists, scalars, host arrays or the library's own arrays."""
        raise NotImplementedError

    def is_array(self, value: object) -> bool:
        """Whether ``value`` is an array of this library."""
        raise NotImplementedError

    def on_device(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        """A creation function of the library (``zeros``, ``arange`` ...) that makes its arrays on device ``index``."""
        return function

    def guarded(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        """A function of the namespace that computes on device ``index``: for libraries that have a current device.

        Asked once for each op and device, of backends with several devices only.
        """
        return function

    def adopt(self, value: object, share: bool) -> Any:
        """A raw array that shares the memory of another library's array, or None where ``value`` is no array.

        Asked of the backend of the device that the data goes to, then of the host's, which reads all else. ``share``
        says that the memory will be used as it is; otherwise it is about to be copied.
        """
        return None

    def watch(self, array: Any) -> Callable[[], bytes] | None:
        """A function that returns other bytes once somebody wrote to ``array`` (or likely so), or None.

        It is asked whenever an op saves, or uses, a tensor that shares memory with an array of the user's.
        """
        return None

    def to_host(self, array: Any) -> Any:
        """A NumPy array of the same values. It may share memory with ``array``.

        Values of a dtype that NumPy lacks (bfloat16) come as float32.
        """
        raise NotImplementedError

    def to_host_later(self, array: Any) -> Any:
        """A NumPy array with memory of its own, whose values may come only when the device is synchronized."""
        host = self.to_host(array)
        return host.copy() if self.capabilities.views else host

    def from_host(self, array: Any, index: int | None) -> Any:
        """A raw array on device ``index`` from a NumPy array of a dtype that the backend has. It may share memory."""
        raise NotImplementedError

    def transfer(self, array: Any, index: int | None) -> Any:
        """A copy of a raw array of this backend on another of its devices. Through the host, unless overridden."""
        return self.from_host(self.to_host(array), index)

    def data_pointer(self, array: Any) -> int:
        """The address of the first element."""
        raise NotImplementedError(f"backend '{self.name}' does not say where its arrays are in memory")

    def write(self, target: Any, value: Any) -> Any:
        """Put ``value`` into ``target`` (broadcasting, casting) and return the array that now holds it.

        Arrays that can't be written are replaced: the caller uses what is returned.
        """
        if self.capabilities.writable:
            if getattr(value, "dtype", target.dtype) != target.dtype:
                value = self.namespace.astype(value, target.dtype)
            target[...] = value
            return target
        xp = self.namespace
        return xp.asarray(xp.broadcast_to(xp.astype(value, target.dtype), target.shape), copy=True)

    def copy(self, array: Any) -> Any:
        """A copy that shares nothing with ``array``."""
        return self.namespace.asarray(array, copy=True)

    def owns_memory(self, array: Any) -> bool:
        """Whether ``array`` surely is no view of another array. False where that can't be told."""
        return not self.capabilities.writable

    def aliasable(self, array: Any) -> Any:
        """A 0-d ``array`` in a form that views can share: for libraries whose 0-d values may be immutable scalars."""
        return array

    def shares_memory(self, a: Any, b: Any) -> bool:
        """Whether writing one of two arrays could change the other."""
        return self.capabilities.views

    def is_writable(self, array: Any) -> bool:
        """Whether this very array can be written, as all can whose library has writable ones, unless protected."""
        return self.capabilities.writable

    def in_order(self, array: Any) -> bool:
        """Whether the elements lie in memory one after the other, the last dimension closest. True where unknown."""
        return True

    def strides(self, array: Any) -> tuple[int, ...] | None:
        """For each dimension, how many elements lie between neighbours in memory; None where that can't be told."""
        return None

    def overlaps_itself(self, array: Any) -> bool:
        """Whether two elements of ``array`` are one memory location (a broadcast view), so that it can't be written."""
        return False

    def partial_overlap(self, target: Any, source: Any) -> bool:
        """Whether writing ``target`` element by element could change elements of ``source`` that are read later."""
        return False

    def silence(self) -> Any:
        """Stop the library from warning of infinities and nans in this context; returns a token for ``unsilence``."""
        return None

    def unsilence(self, token: Any) -> None:
        """Undo ``silence``."""

    def generator(self, seed: int) -> Any:
        """A random generator on this backend's device. None: numbers are drawn on the host and copied.

        It has the methods of plugrad.backends.numpy.random.HostGenerator, which take and return raw arrays.
        """
        return None

    def synchronize(self, index: int | None = None) -> None:
        """Wait until the device has finished all work."""

    def memory_stats(self, index: int | None = None) -> dict[str, int]:
        """Bytes, where the library can tell: ``used``, ``peak``, ``reserved``, ``free`` and ``total``."""
        return {}
