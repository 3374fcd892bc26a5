"""Layers that pad with one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.padding import Pad

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class _ConstantPad(Pad):
    """What the layers that pad with a number of the user's have in common."""

    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
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

    _ends = 2


class ZeroPad1d(Pad):
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

    _ends = 2


class ConstantPad2d(_ConstantPad):
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

    _ends = 4


class ZeroPad2d(Pad):
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

    _ends = 4


class ConstantPad3d(_ConstantPad):
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

    _ends = 6


class ZeroPad3d(Pad):
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

    _ends = 6
