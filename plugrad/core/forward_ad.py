"""Forward mode by hand: tensors with a tangent, PyTorch's ``torch.autograd.forward_ad``."""

from __future__ import annotations

from types import TracebackType
from typing import Any, NamedTuple

from plugrad.core.errors import with_hint
from plugrad.core.func.gradients import dual, split
from plugrad.core.levels import Level, innermost
from plugrad.core.node import Edge, Node
from plugrad.core.transforms.dual import DualBackend
from plugrad.core.value import Value


class _DualLevel(Level):
    """A level that users open: new tensors do not belong to it, and grad mode is that around them.

    Attributes:
        made: The tensors from outside that gradients are wanted of, each with what stands for it here.
    """

    def __init__(self) -> None:
        super().__init__(DualBackend, makes=False)
        self.made: list[tuple[Any, Any]] = []

    def entered(self, x: Any, target: Any) -> Any:
        """A tensor from outside, without a tangent; its gradients leave the level here."""
        known = next((d for outside, d in self.made if outside is x and d.device is target), None)
        if known is None:
            known = super().entered(x, target)
            known.tracked = True
            known.edge = (LeaveLevelBackward((x.edge or (x, None),), (), (), None, target), 0)
            self.made.append((x, known))
        return known


class LeaveLevelBackward(Node):
    """Leads from a level to the history of a tensor outside: in walks on raw arrays without tangents."""

    __slots__ = ()

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        return (g.primal.raw,)

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        return (g,)


class MakeDualBackward(Node):
    """Leads from a dual tensor to its primal, within the level."""

    __slots__ = ()

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        return (g,)

    gradient_tensors = gradients


LeaveLevelBackward.__module__ = "plugrad.autograd"
MakeDualBackward.__module__ = "plugrad.autograd"


class UnpackedDualTensor(NamedTuple):
    """What ``unpack_dual`` returns: the value and its tangent, None where there is none."""

    primal: Any
    tangent: Any


def _current() -> _DualLevel | None:
    level = innermost()
    while level is not None and not isinstance(level, _DualLevel):
        level = level.outer
    return level


def enter_dual_level() -> int:
    """Open a level of forward mode: tensors can be given tangents until it is closed.

    Returns:
        Its number, 0: there is one level at a time; ``func.jvp`` nests.

    Raises:
        RuntimeError: if one is open.

    Example::

        >>> import plugrad.autograd.forward_ad as fwAD
        >>> level = fwAD.enter_dual_level()
        >>> fwAD.exit_dual_level()
    """
    if _current() is not None:
        raise RuntimeError(
            with_hint("Nested forward mode AD is not supported at the moment", "plugrad.func.jvp can be nested.")
        )
    _DualLevel().__enter__()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level of forward mode: all tangents are gone.

    Args:
        level: Its number.

    Raises:
        RuntimeError: if none is open, or a function transform was opened after it and is not done.
    """
    current = innermost()
    if not isinstance(current, _DualLevel) or level not in (None, 0):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    current.made.clear()
    current.__exit__()


class dual_level:  # noqa: N801 - PyTorch's name
    """Open a level of forward mode for a ``with`` block.

    Example::

        >>> import plugrad
        >>> import plugrad.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(plugrad.tensor(3.0), plugrad.tensor(1.0))
        ...     fwAD.unpack_dual(x**2).tangent
        tensor(6.)
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        exit_dual_level()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """Give a tensor a tangent: what is computed of it has one too.

    Args:
        tensor: The value, the primal.
        tangent: The direction, of the same shape.
        level: The number of the open level.

    Returns:
        A tensor with the same values. Gradients flow through it to ``tensor``.

    Raises:
        RuntimeError: if no level is open, or the shapes differ.
        ValueError: if a dtype is neither floating point nor complex.

    Example::

        >>> import plugrad
        >>> import plugrad.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 0.0]))
        ...     fwAD.unpack_dual(x.exp()).tangent
        tensor([2.7183, 0.0000])
    """
    current = _current()
    if current is None:
        raise RuntimeError(
            with_hint(
                "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() "
                "first.",
                "`with plugrad.autograd.forward_ad.dual_level():`.",
            )
        )
    for name, x in (("primal", tensor), ("tangent", tangent)):
        if not x.dtype.is_inexact:
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {x.dtype}")
    out = dual(tensor, tangent, current)
    if tensor.tracked:
        inside = current.entered(tensor, out.device)
        out.tracked = True
        out.edge = (MakeDualBackward((inside.edge,), (), (), None, out.device), 0)
    return out


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """Return a tensor's value and its tangent.

    Args:
        tensor: Any tensor.
        level: The number of the open level.

    Returns:
        A named tuple ``(primal, tangent)``; the tangent is None for a tensor that has none, and outside of a level.
    """
    current = _current()
    if current is None or not isinstance(tensor, Value):
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(*split(tensor, current))


__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]
