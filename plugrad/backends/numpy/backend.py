"""NumPy as a plugrad backend: device ``"cpu"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from plugrad.backends.numpy import interchange, namespace, quiet
from plugrad.backends.numpy.random import HostGenerator
from plugrad.backends.numpy_dtypes import OF_RAW, RAW
from plugrad.core.backend import Backend, Capabilities
from plugrad.core.dtypes import dtype as DType


class NumPyBackend(Backend):
    """Arrays are ``numpy.ndarray``; a 0-d value may also be a NumPy scalar, which nothing can write to."""

    name = "numpy"
    devices = ("cpu",)
    capabilities = Capabilities(views=True)
    namespace = np
    dtypes = RAW

    def kernels(self) -> Mapping[str, Any]:
        return namespace.KERNELS

    def dtype_of(self, array: Any) -> DType:
        return OF_RAW[array.dtype]

    def asarray(self, values: Any, dtype: DType | None, index: int | None, *, copy: bool | None = None) -> Any:
        return np.array(values, None if dtype is None else RAW[dtype], copy=copy)

    def is_array(self, value: object) -> bool:
        return isinstance(value, (np.ndarray, np.generic))

    def adopt(self, value: Any, share: bool) -> Any:
        return interchange.adopt(value, share)

    def watch(self, array: Any) -> Callable[[], bytes]:
        return interchange.watch(array)

    def generator(self, seed: int) -> HostGenerator:
        return HostGenerator(seed)

    def data_pointer(self, array: Any) -> int:
        return int(np.asarray(array).__array_interface__["data"][0])

    def to_host(self, array: Any) -> Any:
        return np.asarray(array)

    def from_host(self, array: Any, index: int | None) -> Any:
        return array

    def write(self, target: Any, value: Any) -> Any:
        if value is target:
            return target
        if not isinstance(target, np.ndarray):
            return np.array(value, target.dtype)
        target[...] = value
        return target

    def copy(self, array: Any) -> Any:
        return array.copy()

    def owns_memory(self, array: Any) -> bool:
        return array.base is None

    def aliasable(self, array: Any) -> Any:
        return np.asarray(array)

    def is_writable(self, array: Any) -> bool:
        return not isinstance(array, np.ndarray) or array.flags.writeable

    def shares_memory(self, a: Any, b: Any) -> bool:
        # The usual view shows in its base, for a quarter of the time.
        return a.base is b or np.may_share_memory(a, b)

    def silence(self) -> Any:
        return quiet.begin()

    def unsilence(self, token: Any) -> None:
        quiet.end(token)

    def in_order(self, array: Any) -> bool:
        return bool(array.flags.c_contiguous)

    def strides(self, array: Any) -> tuple[int, ...] | None:
        return tuple([stride // array.itemsize for stride in array.strides])

    def overlaps_itself(self, array: Any) -> bool:
        return (
            0 in array.strides
            and array.size > 0
            and any([stride == 0 and n > 1 for stride, n in zip(array.strides, array.shape, strict=True)])
        )

    def partial_overlap(self, target: Any, source: Any) -> bool:
        if not np.may_share_memory(target, source) or not isinstance(source, np.ndarray):
            return False
        # The very same elements in the same order are safe: each is read before it is written.
        same = (
            target.__array_interface__["data"] == source.__array_interface__["data"]
            and target.strides == source.strides
            and target.shape == source.shape
        )
        return not same and bool(np.shares_memory(target, source))
