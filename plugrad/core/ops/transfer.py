"""Copies into another dtype or onto another device: PyTorch's ``to``."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import dispatch, dtypes
from plugrad.core.data import copied
from plugrad.core.modes import mode
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.node import Edge, Node
from plugrad.core.ops.shape import astype

__all__ = ["to_copy"]


class ToCopyBackward0(Node):
    """The gradient of a copy: the gradient, copied back to the source's device and dtype."""

    __slots__ = ()

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        (device, dtype) = self.check_saved()
        here: Any = self.device
        return (copied(g, here.backend.dtype_of(g), here, dtype, device),)

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        (device, dtype) = self.check_saved()
        return (_copied(g, dtype, device),)


ToCopyBackward0.__module__ = "plugrad.autograd"


def to_copy(x: Any, dtype: Any, device: Any) -> Any:
    """A recorded copy of a Tensor in a dtype, on a device. At integers, without gradients, the graph ends."""
    if x.dtype.is_complex and not dtype.is_complex and dtype is not dtypes.bool_:
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
    return _copied(x, dtype, device)


def _copied(x: Any, dtype: Any, device: Any) -> Any:
    if device is x.device and dtype.is_inexact:
        dispatch.raw_dtype(dtype, device)
        return astype(x, dtype=dtype)
    out = dispatch.Tensor(copied(x.raw, x.dtype, x.device, dtype, device), device, dtype)
    if x.tracked and dtype.is_inexact and mode() > 0:
        out.tracked = True
        out.edge = (ToCopyBackward0((x.edge or (x, None),), (x.device, x.dtype), (), None, device), 0)
    return out


# Function transforms move what their arrays are made of.
FUNCTIONS["to_copy"] = _copied
