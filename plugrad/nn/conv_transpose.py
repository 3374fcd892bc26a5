"""Transposed convolution layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.conv import _ConvTransposed, _Sizes

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class ConvTranspose1d(_ConvTransposed):
    """Apply the transposed convolution along one axis: the gradient of a convolution by its input.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many elements are cut off at both ends.
        output_padding: How many are added at one end.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        dilation: How far apart places in a window are.
        padding_mode: ``"zeros"`` alone.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, L), or a single sample without N.
        - Output: (N, channels out, L), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConvTranspose1d(2, 3, 3)(plugrad.ones(1, 2, 5)).shape
        plugrad.Size([1, 3, 7])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes = 0,
        output_padding: _Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _Sizes = 1,
        padding_mode: str = "zeros",
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            1,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            True,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Convolve; ``output_size`` says which of several sizes."""
        padding = self._output_padding(input, output_size)
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self._cut, padding, self.groups, self.dilation
        )


class ConvTranspose2d(_ConvTransposed):
    """Apply the transposed convolution along two axes: the gradient of a convolution by its input.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many elements are cut off at both ends.
        output_padding: How many are added at one end.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        dilation: How far apart places in a window are.
        padding_mode: ``"zeros"`` alone.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, H, W), or a single sample without N.
        - Output: (N, channels out, H, W), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConvTranspose2d(2, 3, 3)(plugrad.ones(1, 2, 5, 5)).shape
        plugrad.Size([1, 3, 7, 7])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes = 0,
        output_padding: _Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _Sizes = 1,
        padding_mode: str = "zeros",
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            2,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            True,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Convolve; ``output_size`` says which of several sizes."""
        padding = self._output_padding(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self._cut, padding, self.groups, self.dilation
        )


class ConvTranspose3d(_ConvTransposed):
    """Apply the transposed convolution along three axes: the gradient of a convolution by its input.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many elements are cut off at both ends.
        output_padding: How many are added at one end.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        dilation: How far apart places in a window are.
        padding_mode: ``"zeros"`` alone.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, D, H, W), or a single sample without N.
        - Output: (N, channels out, D, H, W), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ConvTranspose3d(2, 3, 3)(plugrad.ones(1, 2, 5, 5, 5)).shape
        plugrad.Size([1, 3, 7, 7, 7])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes = 0,
        output_padding: _Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _Sizes = 1,
        padding_mode: str = "zeros",
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            3,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            True,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Convolve; ``output_size`` says which of several sizes."""
        padding = self._output_padding(input, output_size)
        return F.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self._cut, padding, self.groups, self.dilation
        )
