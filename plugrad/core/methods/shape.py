"""PyTorch's names for ops: shape."""

from __future__ import annotations

__all__: list[str] = []


class ShapeMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()
