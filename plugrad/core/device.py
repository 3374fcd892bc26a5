"""Devices: where a Tensor's array lives, and the namespace that computes on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugrad.core.backend import Backend


class device:  # noqa: N801 - PyTorch's name
    """A place where tensors live: ``"cpu"``, ``"cuda:1"``, or a backend's own device type.

    There is one object for each name, so devices are compared by identity. In a ``with`` statement it is the
    default device of new tensors.

    Args:
        type: A device string, a device, or a device type followed by ``index``.
        index: The number of the device, where a type has several.

    Raises:
        RuntimeError: if the string is no device string.

    Example::

        >>> import plugrad
        >>> plugrad.device("cpu")
        device(type='cpu')
        >>> plugrad.device("cuda:1").index
        1
    """

    __slots__ = ("backend", "index", "ops", "type", "xp")

    #: The backend, its completed namespace and the differentiable one; set by the registry at first use.
    backend: Backend
    xp: Any
    ops: Any
    type: str
    index: int | None
    #: How many function transforms compute on it: more than 0 for the devices of core/levels.py.
    depth: int = 0

    @property
    def root(self) -> device:
        """The device itself, or what lies below all function transforms."""
        return self

    def __new__(cls, type: str | device, index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}")
        name, colon, number = type.partition(":")
        if colon:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            if not number.isdecimal():
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(number)
        elif not name:
            raise RuntimeError("Device string must not be empty")
        key = (name, index)
        found = _interned.get(key)
        if found is None:
            found = object.__new__(cls)
            found.type, found.index = key
            found.backend = found.xp = found.ops = None  # type: ignore[assignment]  # until the registry resolves it
            # setdefault, so that two threads agree on one object.
            found = _interned.setdefault(key, found)
        return found

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)

    def __deepcopy__(self, memo: Any) -> device:
        return self

    def __enter__(self) -> device:
        _outer.set((*_outer.get(), default.get()))
        default.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        *outer, previous = _outer.get()
        default.set(previous)
        _outer.set(tuple(outer))


_interned: dict[tuple[str, int | None], device] = {}


#: Makes a device its library's current one, once a library has several in use; the walk backward asks it for each node.
switch: Callable[[device], None] | None = None

#: A context after which the current devices are again what they were.
kept: Callable[[], AbstractContextManager[None]]


def known() -> list[device]:
    """Every device that was named so far."""
    return list(_interned.values())


#: Where tensors are made that are made of nothing else; None is "cpu". A context variable, as grad mode is.
default: ContextVar[device | None] = ContextVar("plugrad_default_device", default=None)

# What was the default around each `with` statement that is open.
_outer: ContextVar[tuple[device | None, ...]] = ContextVar("plugrad_outer_devices", default=())
