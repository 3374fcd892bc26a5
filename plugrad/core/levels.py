"""Levels: how function transforms nest. A Tensor of a level has a Tensor of the level below as its raw array.

``func.grad``, ``func.vmap`` and dual numbers each compute on such Tensors. A level looks like a device, on which ops
compute with the ops of the level below, so that neither dispatch nor the engine knows of levels; where Tensors of
several levels meet, the lower ones are lifted, and derivatives of one level never mix with another's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from plugrad.core import record
from plugrad.core.device import device as Device
from plugrad.core.errors import with_hint
from plugrad.core.modes import GRAD, mode, set_mode
from plugrad.core.namespace import FUNCTIONS, WHOLE, Differentiable
from plugrad.core.value import Value


class LevelDevice(Device):
    """A level as ops see it: a device whose raw arrays are made of Tensors of the level below.

    It shows the type and index of the device at the bottom. There is one for each kind of level, parent and grad mode
    around it, as there is one object for each device string.

    Attributes:
        depth: How many levels lie below, with this one.
        parent: The device of the level below.
        outside: The grad mode around the transform: what the level below computes in. None: in the present one.
    """

    __slots__ = ("depth", "outside", "parent")

    depth: int
    parent: Any
    outside: int | None

    @property
    def root(self) -> Any:
        """The device at the bottom."""
        return self.parent.root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash(self.root)


_devices: dict[tuple[Any, Any, int | None], LevelDevice] = {}


def level_device(kind: Any, parent: Any, outside: int | None) -> LevelDevice:
    """The device of a kind of level over another device.

    Args:
        kind: The class of its backend, a LevelBackend.
        parent: The device below.
        outside: The grad mode that the level below computes in; None for the present one.
    """
    # By identity: a level is equal to the device at its bottom.
    key = (kind, id(parent), outside)
    found = _devices.get(key)
    if found is None:
        found = object.__new__(LevelDevice)
        found.type, found.index = parent.type, parent.index
        found.parent, found.outside, found.depth = parent, outside, parent.depth + 1
        backend: Any = kind(found)
        found.backend = backend
        found.xp = Guarded(backend.completed, outside)
        found.ops = Differentiable(found)
        found = _devices.setdefault(key, found)
    return found


class Guarded:
    """A namespace that computes in the grad mode around a transform, where that records less than the present one.

    As in PyTorch: a transform in a ``no_grad`` block records its own level only, and ``no_grad`` in the transformed
    function holds for all levels.

    Args:
        namespace: What looks up functions: an object with attributes, or a function of the name.
        outside: The mode; None leaves it as it is.
    """

    def __init__(self, namespace: Callable[[str], Any], outside: int | None) -> None:
        self._find = namespace
        self._outside = outside

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._find(name)
        if self._outside is not None and callable(found) and not isinstance(found, type):
            found = _guarded(found, self._outside)
        setattr(self, name, found)
        return found


def _guarded(function: Callable[..., Any], outside: int) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        inside = mode()
        if inside <= outside:
            return function(*args, **options)
        set_mode(outside)
        try:
            return function(*args, **options)
        finally:
            set_mode(inside)

    return call


def below(name: str, parent: Any) -> Any:
    """The function of this name on Tensors of a device; of ops with residuals, one that returns these too."""
    if name in WHOLE:
        return WHOLE[name]
    if name not in FUNCTIONS and name.endswith("_") and name[:-1] in FUNCTIONS:
        # What may change its first array on other libraries; the arrays of a level are never changed.
        return FUNCTIONS[name[:-1]]
    return getattr(parent.ops, name)


class Level:
    """One run of a transform: what is open between its entry and its end.

    Args:
        kind: The class of the backend.
        makes: Whether tensors made of nothing belong to it.
        size: For vmap, the number of batch elements.
        randomness: For vmap, what random functions do.
    """

    def __init__(self, kind: Any, makes: bool = True, size: int = 0, randomness: str = "error") -> None:
        self.kind = kind
        self.makes = makes
        self.size = size
        self.randomness = randomness
        self.outer: Level | None = None
        self.outside: int | None = GRAD
        self.open = False
        self._before: tuple[Any, int] | None = None

    def on(self, root: Any) -> LevelDevice:
        """This level's device over a device at the bottom."""
        parent = root if self.outer is None else self.outer.on(root)
        return level_device(self.kind, parent, self.outside)

    def entered(self, x: Any, target: Any) -> Any:
        """A Tensor of the level below, that gradients are wanted of, as one of this level's device."""
        return record.Tensor(target.backend.constant(x), target, x.dtype)

    def __enter__(self) -> Level:
        self.outer = _innermost.get()
        self._before = (self.outer, mode())
        self.outside = mode() if self.makes else None
        self.open = True
        _innermost.set(self)
        if self.makes:
            set_mode(GRAD)
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False
        assert self._before is not None
        outer, before = self._before
        _innermost.set(outer)
        if self.makes:
            set_mode(before)


_innermost: ContextVar[Level | None] = ContextVar("plugrad_level", default=None)

#: The innermost open level of this context, or None.
innermost = _innermost.get


@contextlib.contextmanager
def under(target: Any) -> Iterator[None]:
    """Compute below a level, in its mode: what is made belongs to the levels under it.

    Args:
        target: The level, as a device.
    """
    before, inside = innermost(), mode()
    level = before
    while level is not None and level.on(target.root) is not target:
        level = level.outer
    if level is not None:
        _innermost.set(level.outer)
    set_mode(inside if target.outside is None else min(inside, target.outside))
    try:
        yield
    finally:
        set_mode(inside)
        _innermost.set(before)


def here(where: Any) -> Any:
    """Where tensors made of nothing are: the innermost open level that makes them, over this device."""
    level = innermost()
    while level is not None:
        if level.makes:
            return level.on(where.root)
        level = level.outer
    return where


def lift(x: Any, target: Any) -> Any:
    """A Tensor of a lower level as a constant of a higher one.

    Raises:
        RuntimeError: if it is on another device at the bottom, or of a level that does not lie below.
    """
    if x.device is target:
        return x
    if not target.depth:
        raise _apart(x, target)
    return lifted(lift(x, target.parent), target)


def over(level: Any, root: Any) -> Any:
    """The device of the same levels over another device at the bottom."""
    if not level.depth:
        return root
    return level_device(level.backend.__class__, over(level.parent, root), level.outside)


def lifted(x: Any, target: Any) -> Any:
    """A Tensor of the level just below as a constant of ``target``."""
    if x.tracked and target.outside is None:
        # A level that users open and do backward in: gradients by what they have from outside must get there.
        level = innermost()
        while level is not None and level.on(target.root) is not target:
            level = level.outer
        if level is not None:
            return level.entered(x, target)
    return record.Tensor(target.backend.constant(x), target, x.dtype)


def _apart(x: Any, target: Any) -> RuntimeError:
    if x.device.depth:
        return RuntimeError(
            with_hint(
                "a tensor of another function transform was used, one that has ended or does not surround this one",
                "return it from the transformed function (has_aux=True) instead of keeping it.",
            )
        )
    return RuntimeError(
        with_hint(
            f"Expected all tensors to be on the same device, but found at least two devices, {x.device} and {target}!",
            f"move one with x.to('{target}').",
        )
    )


def for_writing(x: Any, operands: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """The operands of an in-place op on the level of the tensor that it changes.

    Raises:
        RuntimeError: if an operand is of a higher level, whose derivative or batch a captured tensor can't hold.
    """
    where: Any = x.device
    target = where
    for y in operands:
        if isinstance(y, Value) and y.device is not target:
            other: Any = y.device
            if other.depth > target.depth:
                target = other
    if target is not where and target.root is where.root:
        refusal = target.backend.captured(name, x.tracked or x.base is not None or bool(x.views))
        if refusal is not None:
            raise RuntimeError(with_hint(refusal, "return the new value instead of changing what was there."))
        # Tensors may be given a tangent in place: the values so far, in a Tensor of their own, are the primal.
        values = record.Tensor(x.raw, where, x.dtype)
        x.raw, x.device = lift(values, target).raw, target
    if not target.depth:
        return operands
    return tuple([lift(y, target) if isinstance(y, Value) and y.device.root is target.root else y for y in operands])


def together(operands: tuple[Any, ...] | list[Any]) -> list[Any]:
    """The operands with Tensors of lower levels lifted to the highest of them."""
    target: Any = None
    mixed = False
    for x in operands:
        if isinstance(x, Value):
            where: Any = x.device
            if target is None:
                target = where
            elif where is not target:
                mixed = True
                if where.depth > target.depth:
                    target = where
    if not mixed or not target.depth:
        return list(operands)
    return [lift(x, target) if isinstance(x, Value) else x for x in operands]
