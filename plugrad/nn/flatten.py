"""Flatten and Unflatten: several dimensions into one, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class Flatten(Module):
    """Flatten a range of dimensions into one; by default all but the first, the batch.

    Args:
        start_dim: First dimension to flatten.
        end_dim: Last dimension to flatten.

    Shape:
        - Input: ``(*, S_start, ..., S_end, *)``.
        - Output: ``(*, product of the S_i, *)``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Flatten()(plugrad.zeros(32, 1, 5, 5)).shape
        plugrad.Size([32, 25])
    """

    start_dim: int
    end_dim: int

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Flatten the dimensions."""
        result: Tensor = input.flatten(self.start_dim, self.end_dim)
        return result

    def extra_repr(self) -> str:
        """The range of dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Give one dimension the shape of several.

    Args:
        dim: The dimension.
        unflattened_size: The shape it gets; one size may be -1.

    Shape:
        - Input: ``(*, S_dim, *)``.
        - Output: ``(*, U_1, ..., U_n, *)`` with the U_i of ``unflattened_size``, whose product is S_dim.

    Raises:
        TypeError: ``unflattened_size`` is no tuple of ints.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Unflatten(1, (2, 5))(plugrad.zeros(3, 10)).shape
        plugrad.Size([3, 2, 5])
    """

    dim: int
    unflattened_size: tuple[int, ...]

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        _require_ints(unflattened_size)
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Unflatten the dimension."""
        result: Tensor = input.unflatten(self.dim, self.unflattened_size)
        return result

    def extra_repr(self) -> str:
        """The dimension and its shape."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _require_ints(size: Any) -> None:
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"unflattened_size must be a tuple of ints, but found type {type(size).__name__}")
    for i, element in enumerate(size):
        if not isinstance(element, int):
            raise TypeError(
                f"unflattened_size must be tuple of ints, but found element of type {type(element).__name__} at pos {i}"
            )
