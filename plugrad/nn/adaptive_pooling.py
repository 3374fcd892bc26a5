"""Layers that pool into so many parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class AdaptiveAvgPool1d(Module):
    """Take the means of so many parts along one axis.

    Args:
        output_size: How many parts.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveAvgPool1d(2)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 2])
    """

    output_size: Any

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.adaptive_avg_pool1d(input, self.output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(Module):
    """Take the largest elements of so many parts along one axis.

    Args:
        output_size: How many parts.
        return_indices: Whether to return the places of the largest elements too.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveMaxPool1d(2)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 2])
    """

    output_size: Any
    return_indices: bool

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(Module):
    """Take the means of so many parts along two axes.

    Args:
        output_size: How many parts.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveAvgPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2])
    """

    output_size: Any

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool2d(Module):
    """Take the largest elements of so many parts along two axes.

    Args:
        output_size: How many parts.
        return_indices: Whether to return the places of the largest elements too.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveMaxPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2])
    """

    output_size: Any
    return_indices: bool

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool3d(Module):
    """Take the means of so many parts along three axes.

    Args:
        output_size: How many parts.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveAvgPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2, 2])
    """

    output_size: Any

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.adaptive_avg_pool3d(input, self.output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool3d(Module):
    """Take the largest elements of so many parts along three axes.

    Args:
        output_size: How many parts.
        return_indices: Whether to return the places of the largest elements too.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AdaptiveMaxPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2, 2])
    """

    output_size: Any
    return_indices: bool

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"output_size={self.output_size}"
