"""Layers that pad with one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module
from plugrad.nn.padding import _widths

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class ConstantPad1d(Module):
    """Pad the last dimension with one number.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.
        value: The number.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConstantPad1d(1, 2.0)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 6])
    """

    padding: tuple[int, ...]
    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__()
        self.padding = _widths(padding, 2)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad1d(Module):
    """Pad the last dimension with zeros.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ZeroPad1d(1)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 2)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", 0.0)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ConstantPad2d(Module):
    """Pad the last two dimensions with one number.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.
        value: The number.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConstantPad2d(1, 2.0)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6])
    """

    padding: tuple[int, ...]
    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__()
        self.padding = _widths(padding, 4)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad2d(Module):
    """Pad the last two dimensions with zeros.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ZeroPad2d(1)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 4)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", 0.0)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ConstantPad3d(Module):
    """Pad the last three dimensions with one number.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.
        value: The number.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConstantPad3d(1, 2.0)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6, 6])
    """

    padding: tuple[int, ...]
    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__()
        self.padding = _widths(padding, 6)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad3d(Module):
    """Pad the last three dimensions with zeros.

    Args:
        padding: How many elements before and after, in pairs, those of the last dimension first; or one number.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ZeroPad3d(1)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 6, 6, 6])
    """

    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _widths(padding, 6)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", 0.0)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"
