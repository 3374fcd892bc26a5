"""PyTorch's names for ops: comparison."""

from __future__ import annotations

__all__: list[str] = []


class ComparisonMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()
