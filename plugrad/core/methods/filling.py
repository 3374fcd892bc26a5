"""In-place: fill_, zero_, copy_."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import arguments, dispatch, inplace, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.modes import mode
from plugrad.core.promote import plain
from plugrad.core.value import Value

__all__: list[str] = []


def _overwritten(op: Any, x: Any, *args: Any) -> Any:
    """Let ``x`` become ``op(x, *args)``, where nothing of its old values counts."""
    if mode() > 0 and (x.tracked or any([isinstance(a, Value) and a.tracked for a in args])):
        return inplace.update(op.op, x, args, {})
    inplace.check_writable(x, args)
    backend = x.device.backend
    token = backend.silence()
    try:
        raws = [a.raw if isinstance(a, Value) else a for a in args]
        x.raw = backend.write(x.raw, getattr(x.device.xp, op.op.name)(x.raw, *raws))
    finally:
        backend.unsilence(token)
    inplace.bump(x)
    return x


def zero_(self: Any) -> Any:
    """Set all elements to 0.

    Returns:
        This tensor.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1.0, 2.0]).zero_()
        tensor([0., 0.])
    """
    return _overwritten(ops.zero, self)


def fill_(self: Any, value: Any) -> Any:
    """Set all elements to a value.

    Args:
        self: The tensor.
        value: A number, or a tensor without dimensions, which then gets the sum of the gradient.

    Returns:
        This tensor.

    Raises:
        RuntimeError: if a tensor has dimensions, or a number does not fit the dtype.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1.0, 2.0]).fill_(3)
        tensor([3., 3.])
    """
    if isinstance(value, Value):
        if value.raw.shape:
            raise RuntimeError(
                with_hint(
                    f"fill_ only supports 0-dimension value tensor but got tensor with {value.raw.ndim} dimensions.",
                    "x.copy_(value) broadcasts.",
                )
            )
        return _overwritten(ops.fill_with, self, _here(value, self))
    if not isinstance(value, (bool, int, float, complex)):
        number = plain(value)
        if number is None:
            raise dimensions.refused("fill_", value)
        value = number
    return _overwritten(ops.fill, self, arguments.converted(value, self.dtype))


def copy_(self: Any, other: Any, non_blocking: bool = False) -> Any:
    """Set all elements to those of another tensor, broadcast, converted and moved as needed.

    Args:
        self: The tensor.
        other: The other tensor, or a number. Gradients flow to it.
        non_blocking: Accepted for PyTorch's sake.

    Returns:
        This tensor.

    Raises:
        RuntimeError: if the other does not broadcast to this tensor's shape.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 2).copy_(plugrad.tensor([1, 2]))
        tensor([[1., 2.],
                [1., 2.]])
    """
    if not isinstance(other, Value):
        if isinstance(other, (bool, int, float, complex)):
            return fill_(self, other)
        raise arguments.mistyped("copy_", "other", 1, "Tensor", other)
    inplace.check_shape(self, dispatch.broadcast_shapes(tuple(self.raw.shape), tuple(other.raw.shape)))
    if other.dtype.is_complex and not self.dtype.is_complex:
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        other = ops.real_part(other)
    return _overwritten(ops.copy, self, _here(other, self))


def _here(other: Any, self: Any) -> Any:
    """The other tensor on this one's device."""
    return other if other.device is self.device else other.to(self.device)


class FillingMethods:
    """The methods of this chapter."""

    __slots__ = ()

    zero_ = zero_
    fill_ = fill_
    copy_ = copy_
