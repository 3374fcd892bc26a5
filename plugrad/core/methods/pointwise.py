"""PyTorch's names for ops: pointwise."""

from __future__ import annotations

from plugrad.core import dispatch, ops
from plugrad.core.inplace import in_place

__all__ = ["relu", "sin"]

sin = ops.sin
relu = ops.relu


class PointwiseMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    __add__ = dispatch.operator(ops.add)
    __radd__ = dispatch.reflected(ops.add)
    __iadd__ = add_ = in_place(ops.add)
    __sub__ = dispatch.operator(ops.subtract)
    __rsub__ = dispatch.reflected(ops.subtract)
    __mul__ = dispatch.operator(ops.multiply)
    __rmul__ = dispatch.reflected(ops.multiply)
    __truediv__ = dispatch.operator(ops.divide)
    __rtruediv__ = dispatch.reflected(ops.divide)
    __neg__ = ops.negative
    sin = sin
    relu = relu
