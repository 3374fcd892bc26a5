"""Padding layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def _widths(padding: int | Sequence[int], count: int) -> tuple[int, ...]:
    return (padding,) * count if isinstance(padding, int) else tuple(padding)


class ReflectionPad1d(Module):
    """Pad the last dimension with what is mirrored at the edges.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReflectionPad1d(1)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 2)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReflectionPad2d(Module):
    """Pad the last two dimensions with what is mirrored at the edges.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReflectionPad2d(1)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 4)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReflectionPad3d(Module):
    """Pad the last three dimensions with what is mirrored at the edges.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReflectionPad3d(1)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 6)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReplicationPad1d(Module):
    """Pad the last dimension with the edges repeated.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReplicationPad1d(1)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 2)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReplicationPad2d(Module):
    """Pad the last two dimensions with the edges repeated.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReplicationPad2d(1)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 4)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReplicationPad3d(Module):
    """Pad the last three dimensions with the edges repeated.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReplicationPad3d(1)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 6)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class CircularPad1d(Module):
    """Pad the last dimension with what is on the other side.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CircularPad1d(1)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 2)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class CircularPad2d(Module):
    """Pad the last two dimensions with what is on the other side.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CircularPad2d(1)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 4)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class CircularPad3d(Module):
    """Pad the last three dimensions with what is on the other side.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CircularPad3d(1)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 6)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"
