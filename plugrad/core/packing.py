"""Hooks on saved tensors: which are in force where an op saves a value, and what became of the value in their hands."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from plugrad.core import modes
from plugrad.core.anomaly import modified
from plugrad.core.value import Value

_PACK_CHANGES = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)

_TRANSFORMED = (
    "plugrad.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an issue with your "
    "use case.\nHint: plugrad.utils.checkpoint works within them."
)


class Pair(NamedTuple):
    """A pack hook and its unpack hook.

    Attributes:
        pack: Takes the tensor that is saved; what it returns is kept instead.
        unpack: Takes that, and returns the tensor.
        guarded: An in-place change of the tensor after it was saved is refused, as it is without hooks.
        computes: The hooks may do anything with the tensor. Within function transforms its values are a tensor of the
            level outside, whose history would be lost, for hooks do not record.
    """

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    guarded: bool = False
    computes: bool = True


_pairs: ContextVar[tuple[Pair, ...]] = ContextVar("plugrad_saved_tensors_hooks", default=())
_disabled: ContextVar[str | None] = ContextVar("plugrad_saved_tensors_hooks_disabled", default=None)

#: Why no hooks may be used here, or None.
disabled = _disabled.get


def current() -> Pair | None:
    """The innermost hooks of this context."""
    pairs = _pairs.get()
    return pairs[-1] if pairs else None


def push(pair: Pair) -> None:
    """Let hooks be in force in this context."""
    message = disabled()
    if message is not None:
        raise RuntimeError(message)
    for hook in pair[:2]:
        if not callable(hook):
            raise TypeError(f"hooks on saved tensors must be callable, but got {type(hook).__name__}")
    _pairs.set((*_pairs.get(), pair))


def pop() -> None:
    """Take the innermost hooks back."""
    _pairs.set(_pairs.get()[:-1])


def disable(message: str) -> None:
    """Refuse hooks in this context with this message."""
    _disabled.set(message)
    if _pairs.get():
        raise RuntimeError(message)


def allow(previous: str | None) -> None:
    """Go back to what was before ``disable``."""
    _disabled.set(previous)


class Packed:
    """What a node keeps in the place of a saved array that hooks were given."""

    __slots__ = ("count", "device", "dtype", "pair", "shape", "value", "version")

    def __init__(self, tensor: Any, pair: Pair, count: int | None = None) -> None:
        if pair.computes and tensor.device.depth:
            raise RuntimeError(_TRANSFORMED)
        version = tensor.version
        before: int = -1 if version is None else version[0]
        mode = modes.mode()
        modes.set_mode(min(mode, modes.NO_GRAD))
        try:
            self.value = pair.pack(tensor)
        finally:
            modes.set_mode(mode)
        if version is not None and version[0] != before:
            raise RuntimeError(_PACK_CHANGES)
        self.pair = pair
        self.shape = tuple(tensor.raw.shape)
        self.dtype = tensor.dtype
        self.device = tensor.device
        self.version = version
        self.count = before if count is None else count

    def unpack(self) -> Any:
        """The tensor that the unpack hook returns, of the shape, dtype and device of the one that was saved."""
        version = self.version
        count = self.count if version is None else version[0]
        if count != self.count and self.pair.guarded:
            raise modified(self.shape, self.dtype, count, self.count)
        tensor: Any = self.pair.unpack(self.value)
        if not isinstance(tensor, Value):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        if count != self.count and tensor.version is version:
            # The hooks kept the very memory: PyTorch computes with the changed values.
            raise modified(self.shape, self.dtype, count, self.count)
        shape = tuple(tensor.raw.shape)
        if shape != self.shape or tensor.device is not self.device:
            raise RuntimeError(
                f"Output of saved tensor unpack_hook has shape {list(shape)} on {tensor.device}, but the tensor that "
                f"was packed has shape {list(self.shape)} on {self.device}"
            )
        if tensor.dtype is not self.dtype:
            raw = self.device.xp.astype(tensor.raw, self.device.backend.dtypes[self.dtype])
            tensor = Value(raw, self.device, self.dtype)
        return tensor
