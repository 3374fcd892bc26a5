"""Size: a shape, as PyTorch shows it."""

from __future__ import annotations

import math
from typing import Any


class Size(tuple[int, ...]):
    """The sizes of a Tensor's dimensions: a tuple that counts elements.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 3).shape
        plugrad.Size([2, 3])
        >>> plugrad.zeros(2, 3).shape.numel()
        6
    """

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"plugrad.Size({list(self)})"

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + tuple(other))

    def __mul__(self, count: Any) -> Size:
        return Size(tuple(self) * count)

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found
