"""New tensors that follow the dtype and device of another."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import data as reading
from plugrad.core import dispatch, ops
from plugrad.core.arguments import as_dtype, as_number, check_requires_grad, converted, shape_of, sizes
from plugrad.core.default_device import place
from plugrad.core.value import Value

__all__: list[str] = []

_COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than tensor.new_tensor(sourceTensor)."
)


def _new(name: str, self: Any, args: Any, size: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    shape = sizes(name, args if size is None else (size,))
    dtype = as_dtype(name, dtype) or self.dtype
    check_requires_grad(name, requires_grad, dtype)
    out = getattr(ops, name.removeprefix("new_"))(shape, dtype=dtype, device=device or self.device)
    out.tracked = requires_grad
    return out


class CreationMethods:
    """The methods of this chapter."""

    __slots__ = ()

    def new_zeros(
        self, *args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """Make a tensor of zeros with this one's dtype and device.

        Args:
            args: The sizes, one by one or as one sequence.
            size: The sizes as a sequence, by keyword.
            dtype: Another dtype.
            device: Another device.
            requires_grad: Whether gradients are wanted of it.

        Returns:
            A leaf.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([1, 2]).new_zeros(2)
            tensor([0, 0])
        """
        return _new("new_zeros", self, args, size, dtype, device, requires_grad)

    def new_ones(
        self, *args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """Make a tensor of ones with this one's dtype and device.

        Args:
            args: The sizes, one by one or as one sequence.
            size: The sizes as a sequence, by keyword.
            dtype: Another dtype.
            device: Another device.
            requires_grad: Whether gradients are wanted of it.

        Returns:
            A leaf.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([1, 2]).new_ones((2,))
            tensor([1, 1])
        """
        return _new("new_ones", self, args, size, dtype, device, requires_grad)

    def new_empty(
        self, *args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """Make a tensor with this one's dtype and device, whose values are whatever was in memory.

        Args:
            args: The sizes, one by one or as one sequence.
            size: The sizes as a sequence, by keyword.
            dtype: Another dtype.
            device: Another device.
            requires_grad: Whether gradients are wanted of it.

        Returns:
            A leaf.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([1, 2]).new_empty(3).dtype
            plugrad.int64
        """
        return _new("new_empty", self, args, size, dtype, device, requires_grad)

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Make a tensor of one value with this one's dtype and device.

        Args:
            size: The sizes, a sequence.
            fill_value: A number.
            dtype: Another dtype.
            device: Another device.
            requires_grad: Whether gradients are wanted of it.

        Returns:
            A leaf.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([1.0]).new_full((2,), 3)
            tensor([3., 3.])
        """
        x: Any = self
        shape = shape_of("new_full", size, 1)
        value = as_number("new_full", "fill_value", 2, fill_value)
        dtype = as_dtype("new_full", dtype) or x.dtype
        check_requires_grad("new_full", requires_grad, dtype)
        out = ops.full(shape, converted(value, dtype), dtype=dtype, device=device or x.device)
        out.tracked = requires_grad
        return out

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Make a tensor of a copy of ``data`` with this one's dtype and device.

        Args:
            data: What ``plugrad.tensor`` takes.
            dtype: Another dtype.
            device: Another device.
            requires_grad: Whether gradients are wanted of it.

        Returns:
            A leaf.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([1.0]).new_tensor([1, 2])
            tensor([1., 2.])
        """
        x: Any = self
        where = x.device if device is None else place(device)
        dtype = as_dtype("new_tensor", dtype) or x.dtype
        check_requires_grad("new_tensor", requires_grad, dtype)
        if isinstance(data, Value):
            warnings.warn(_COPY_CONSTRUCT, UserWarning, stacklevel=2)
            raw = reading.copied(data.raw, data.dtype, data.device, dtype, where)
        else:
            raw = reading.read(data, dtype, where)
        out = dispatch.Tensor(raw, where, dtype)
        out.tracked = requires_grad
        return out
