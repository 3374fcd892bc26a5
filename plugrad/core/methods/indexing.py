"""PyTorch's names for ops: indexing."""

from __future__ import annotations

__all__: list[str] = []


class IndexingMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()
