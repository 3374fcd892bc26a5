"""PyTorch's names for ops: neural."""

from __future__ import annotations

__all__: list[str] = []


class NeuralMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()
