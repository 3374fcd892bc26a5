"""Padding layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class Pad(Module):
    """What the layers have in common: each names the mode, and how many ends of dimensions it pads."""

    padding: tuple[int, ...]
    _mode = "constant"
    _ends: int

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = (padding,) * self._ends if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.padding}"


class ReflectionPad1d(Pad):
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

    _mode, _ends = "reflect", 2


class ReflectionPad2d(Pad):
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

    _mode, _ends = "reflect", 4


class ReflectionPad3d(Pad):
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

    _mode, _ends = "reflect", 6


class ReplicationPad1d(Pad):
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

    _mode, _ends = "replicate", 2


class ReplicationPad2d(Pad):
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

    _mode, _ends = "replicate", 4


class ReplicationPad3d(Pad):
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

    _mode, _ends = "replicate", 6


class CircularPad1d(Pad):
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

    _mode, _ends = "circular", 2


class CircularPad2d(Pad):
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

    _mode, _ends = "circular", 4


class CircularPad3d(Pad):
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

    _mode, _ends = "circular", 6
