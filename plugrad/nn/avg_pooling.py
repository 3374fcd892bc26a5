"""Layers that pool by means and norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_Sizes = int | Sequence[int]


def _repeated(value: Any, count: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,) * count


class AvgPool1d(Module):
    """Take the mean of each window along one axis.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AvgPool1d(2)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    ceil_mode: bool
    count_include_pad: bool

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = _repeated(kernel_size, 1)
        self.stride = _repeated(stride, 1) if stride is not None else self.kernel_size
        self.padding = _repeated(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class LPPool1d(Module):
    """Take the p-norm of each window along one axis.

    Args:
        norm_type: The power p.
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LPPool1d(2, 2)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 2])
    """

    norm_type: float
    kernel_size: _Sizes
    stride: _Sizes | None
    ceil_mode: bool

    def __init__(
        self, norm_type: float, kernel_size: _Sizes, stride: _Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """Take the mean of each window along two axes.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.
        divisor_override: What sums are divided by.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AvgPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    ceil_mode: bool
    count_include_pad: bool
    divisor_override: int | None

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class LPPool2d(Module):
    """Take the p-norm of each window along two axes.

    Args:
        norm_type: The power p.
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LPPool2d(2, 2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2])
    """

    norm_type: float
    kernel_size: _Sizes
    stride: _Sizes | None
    ceil_mode: bool

    def __init__(
        self, norm_type: float, kernel_size: _Sizes, stride: _Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class AvgPool3d(Module):
    """Take the mean of each window along three axes.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.
        divisor_override: What sums are divided by.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AvgPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    ceil_mode: bool
    count_include_pad: bool
    divisor_override: int | None

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class LPPool3d(Module):
    """Take the p-norm of each window along three axes.

    Args:
        norm_type: The power p.
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LPPool3d(2, 2)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2, 2])
    """

    norm_type: float
    kernel_size: _Sizes
    stride: _Sizes | None
    ceil_mode: bool

    def __init__(
        self, norm_type: float, kernel_size: _Sizes, stride: _Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """Pool."""
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )
