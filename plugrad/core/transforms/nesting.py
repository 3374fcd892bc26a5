"""The backend of a level: raw arrays are Tensors of the level below. ``grad`` needs nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.backend import Backend, Capabilities
from plugrad.core.dtypes import dtype as DType
from plugrad.core.levels import below
from plugrad.core.modes import mode, set_mode


class LevelBackend(Backend):
    """What all levels have in common. Their arrays are never written: in-place changes put others in their place.

    Args:
        device: The level's device.
    """

    #: The name of the wrapper in printed tensors.
    shown: str

    def __init__(self, device: Any) -> None:
        self._device = device
        self.parent: Any = device.parent
        underneath = self.parent.backend
        self.name = underneath.name
        self.devices = underneath.devices
        self.dtypes = {dtype: dtype for dtype in underneath.dtypes}
        self.namespace = self.parent.ops
        known = underneath.capabilities
        self.capabilities = Capabilities(
            writable=False,
            views=False,
            data_dependent_shapes=known.data_dependent_shapes,
            boolean_indexing=known.boolean_indexing,
            stable_sort=known.stable_sort,
            several_devices=known.several_devices,
        )

    def completed(self, name: str) -> Any:
        """The function of this name on arrays of this level."""
        return below(name, self.parent)

    # -- what a raw array of the level is made of

    def constant(self, x: Any) -> Any:
        """A Tensor of the level below as an array of this level that does not vary."""
        return x

    def apply(self, function: Callable[..., Any], raw: Any) -> Any:
        """An array made of the Tensors of ``raw`` by a linear function that leaves their shapes as they are."""
        return function(raw)

    def varies(self, raw: Any) -> bool:
        """Whether levels below may take derivatives of it."""
        x = self.value(raw)
        return bool(x.tracked or x.device.depth)

    def detached(self, raw: Any) -> Any:
        """The same array without the histories that it has on the levels below."""
        return self.apply(lambda x: x.detach(), raw)

    def value(self, raw: Any) -> Any:
        """The Tensor below whose values are read where somebody asks for numbers."""
        return raw

    # -- the contract

    def dtype_of(self, array: Any) -> DType:
        found: DType = array.dtype
        return found

    def is_array(self, value: object) -> bool:
        return False

    def asarray(self, values: Any, dtype: DType | None, index: int | None, *, copy: bool | None = None) -> Any:
        where = self.parent
        raw = where.backend.asarray(values, dtype, index, copy=copy)
        return self.constant(dispatch.Tensor(raw, where, where.backend.dtype_of(raw)))

    def to_host(self, array: Any) -> Any:
        x = self.value(array)
        return x.device.backend.to_host(x.raw)

    def from_host(self, array: Any, index: int | None) -> Any:
        where = self.parent
        raw = where.backend.from_host(array, index)
        return self.constant(dispatch.Tensor(raw, where, where.backend.dtype_of(raw)))

    def transfer(self, array: Any, index: int | None) -> Any:
        raise NotImplementedError("tensors can't be moved to another device inside of a function transform")

    def write(self, target: Any, value: Any) -> Any:
        xp = self._device.xp
        if getattr(value, "dtype", None) is None:
            return xp.full_like(target, value)
        if value.dtype is not target.dtype:
            value = xp.astype(value, dtype=target.dtype)
        if tuple(value.shape) != tuple(target.shape):
            value = xp.broadcast_to(value, shape=tuple(target.shape))
        return value

    def copy(self, array: Any) -> Any:
        return self.apply(ops.clone, array)

    def owns_memory(self, array: Any) -> bool:
        x = self.value(array)
        owned: bool = x.device.backend.owns_memory(x.raw)
        return owned

    def silence(self) -> Any:
        # The walk of a level runs rules with operators on Tensors of the level below: in that level's mode.
        token = (mode(), self.parent.backend.silence())
        if self._device.outside is not None:
            set_mode(self._device.outside)
        return token

    def unsilence(self, token: Any) -> None:
        inside, beneath = token
        self.parent.backend.unsilence(beneath)
        set_mode(inside)

    def drawn(self, draw: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Random numbers for this level: ``draw(*args)`` makes raw arrays of the level below."""
        raw = draw(*args)
        where = self.parent
        return self.constant(dispatch.Tensor(raw, where, where.backend.dtype_of(raw)))

    def synchronize(self, index: int | None = None) -> None:
        self.parent.backend.synchronize(index)

    def memory_stats(self, index: int | None = None) -> dict[str, int]:
        found: dict[str, int] = self.parent.backend.memory_stats(index)
        return found

    def captured(self, name: str, bound: bool) -> str | None:
        """Why a tensor of a lower level can't be changed in place by one of this level; None where it can.

        Args:
            name: The op.
            bound: Whether the tensor has a history or views, which would have to follow.
        """
        return (
            "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation "
            f"(aten::{name}) that would mutate a captured Tensor. This is not supported; please rewrite the function "
            "being transformed to explicitly accept the mutated Tensor(s) as inputs."
        )

    def truth(self, raw: Any) -> bool:
        """An array of one element as a condition."""
        return bool(self.value(raw))

    def described(self, x: Any, depth: int) -> str:
        """A Tensor of this level as it is printed."""
        value = "    " + repr(self.value(x.raw)).replace("\n", "\n    ")
        return f"{self.shown}(lvl={depth}, value=\n{value}\n)"


class GradBackend(LevelBackend):
    """The level of ``func.grad``, ``func.vjp`` and their relatives: Tensors around Tensors, with their own graph."""

    shown = "GradTrackingTensor"
