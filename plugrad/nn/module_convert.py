"""Changing the dtype or the device of every tensor in a tree of modules."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

from plugrad.core import creation, dtypes
from plugrad.core.arguments import as_dtype
from plugrad.core.modes import no_grad
from plugrad.core.tensor import Tensor
from plugrad.nn.module_tree import ModuleTree

if TYPE_CHECKING:
    from collections.abc import Callable


class ModuleConversion(ModuleTree):
    """Conversions in place: parameters stay the same objects, so that an optimizer keeps knowing them."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace what every parameter, gradient and buffer holds by ``fn`` of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            gradient = parameter.grad
            with no_grad():
                converted = fn(parameter)
                converted_gradient = None if gradient is None else fn(gradient)
            parameter.data = converted
            if gradient is not None and converted_gradient is not None:
                gradient.data = converted_gradient
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move the tree to a device, a floating point dtype, or where another tensor is; in place.

        Integer parameters and buffers change device only.

        Args:
            *args: ``device``, ``dtype``, ``device, dtype`` or a tensor, as in ``Tensor.to``.
            **kwargs: The same by name, and ``non_blocking``, which changes nothing.

        Raises:
            TypeError: The dtype is neither floating point nor complex.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).to(plugrad.float64).weight.dtype
            plugrad.float64
        """
        device, dtype = _destination(args, kwargs)
        if dtype is not None and not dtype.is_inexact:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may change, and "
                "some modules might not work as expected when using complex tensors as parameters or "
                "buffers.",
                stacklevel=2,
            )

        def convert(tensor: Tensor) -> Tensor:
            result: Tensor = tensor.to(device=device, dtype=dtype if tensor.dtype.is_inexact else None)
            return result

        return self._apply(convert)

    def float(self) -> Self:
        """Convert floating point tensors of the tree to float32, in place.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).double().float().weight.dtype
            plugrad.float32
        """
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert floating point tensors of the tree to float64, in place.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).double().bias.dtype
            plugrad.float64
        """
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert floating point tensors of the tree to float16, in place.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).half().weight.dtype
            plugrad.float16
        """
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        """Convert floating point tensors of the tree to bfloat16, in place."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def type(self, dst_type: Any) -> Self:
        """Convert every tensor of the tree to ``dst_type``, in place.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).type(plugrad.float64).weight.dtype
            plugrad.float64
        """
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Self:
        """Move the tree to the CPU, in place.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 2).cpu().weight.device
            device(type='cpu')
        """
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Move the tree to a CUDA device, the current one by default, in place."""
        return self._apply(lambda t: t.cuda(device))

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move the tree to a device without copying: the tensors there hold whatever memory held.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Linear(2, 3).to_empty(device="cpu").weight.shape
            plugrad.Size([3, 2])
        """
        return self._apply(lambda t: creation.empty_like(t, device=device), recurse)

    def share_memory(self) -> Self:
        """Refuse: plugrad's tensors can't be moved into memory shared between processes.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "share_memory is not supported: send `state_dict()` to the other process and load it there."
        )


def _destination(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dtypes.dtype | None]:
    """The device and the dtype that the arguments of ``to`` name, None where they do not."""
    # Refuses, in Tensor.to's own words, what is no destination.
    creation.empty(0).to(*args, **kwargs)
    device = dtype = None
    for value in (*args, kwargs.get("device"), kwargs.get("dtype")):
        if isinstance(value, Tensor):
            return value.device, value.dtype
        if isinstance(value, (dtypes.dtype, type)):
            dtype = as_dtype("to", value)
        elif value is not None and not isinstance(value, bool):
            device = value
    return device, dtype
