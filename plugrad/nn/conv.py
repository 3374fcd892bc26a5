"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import creation
from plugrad.core.errors import with_hint
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor

_Sizes = int | Sequence[int]
_MODES = ("zeros", "reflect", "replicate", "circular")


def _repeated(value: Any, count: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,) * count


class _Convolution(Module):
    """What convolutions and transposed ones have in common."""

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int
    padding_mode: str
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        count: int,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        transposed: bool,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: device | str | None,
        dtype: dtype | None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(with_hint(f"{name} must be divisible by groups", f"{channels} and {groups}."))
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
            if padding == "same" and any([s != 1 for s in _repeated(stride, count)]):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {set(_MODES)}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _repeated(kernel_size, count)
        self.stride = _repeated(stride, count)
        self.padding = padding if isinstance(padding, str) else _repeated(padding, count)
        self.dilation = _repeated(dilation, count)
        self.transposed = transposed
        self.output_padding = _repeated(output_padding, count)
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(creation.empty(shape, device=device, dtype=dtype))
        value = Parameter(creation.empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        # With a = sqrt(5), kaiming_uniform_ is U(-k, k) with k = 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = self.weight[0].numel()
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _padded(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input with what is around it, and how many zeros are still to come."""
        if self.padding_mode == "zeros":
            return input, self.padding
        widths: list[int] = []
        for k, d, i in zip(self.kernel_size, self.dilation, range(len(self.kernel_size)), strict=True):
            if self.padding == "same":
                total = d * (k - 1)
                widths = [total // 2, total - total // 2, *widths]
            else:
                p = 0 if isinstance(self.padding, str) else self.padding[i]
                widths = [p, p, *widths]
        return F.pad(input, widths, self.padding_mode), (0,) * len(self.kernel_size)

    def extra_repr(self) -> str:
        """Sizes, and the options that are set."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        count = len(self.kernel_size)
        if self.padding != (0,) * count:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * count:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * count:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _ConvTransposed(_Convolution):
    """What transposed convolutions have in common."""

    def __init__(self, count: int, *args: Any) -> None:
        mode = args[-3]
        if mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(count, *args)

    @property
    def _cut(self) -> tuple[int, ...]:
        assert not isinstance(self.padding, str)
        return self.padding

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """How many elements are added at one end, so that the output has the size that is asked for."""
        if output_size is None:
            return self.output_padding
        count = len(self.kernel_size)
        lead = 2 if input.dim() == count + 2 else 1
        size = output_size[lead:] if len(output_size) == lead + count else output_size
        if len(size) != count:
            raise ValueError(
                f"ConvTranspose{count}D: for {input.dim()}D input, output_size must have {count} or {lead + count} "
                f"elements (got {len(output_size)})"
            )
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[lead:], self.stride, self._cut, self.dilation, self.kernel_size, strict=True
            )
        ]
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if any([not low <= n <= high for n, low, high in zip(size, least, most, strict=True)]):
            shown = f"plugrad.Size({list(input.shape[2:])})"
            raise ValueError(
                f"requested an output size of {size}, but valid sizes range from {least} to {most} (for an input of "
                f"{shown})"
            )
        return tuple([n - low for n, low in zip(size, least, strict=True)])


class Conv1d(_Convolution):
    """Convolve along one axis: each channel out is the sum over windows of channels in times its weight.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many zeros at both ends; "same" keeps the size, "valid" means none.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, L), or a single sample without N.
        - Output: (N, channels out, L), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Conv1d(2, 3, 3)(plugrad.ones(1, 2, 5)).shape
        plugrad.Size([1, 3, 3])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes | str = 0,
        dilation: _Sizes = 1,
        groups: int = 1,
        bias: bool = True,
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
            False,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Convolve."""
        x, padding = self._padded(input)
        return F.conv1d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_Convolution):
    """Convolve along two axes: each channel out is the sum over windows of channels in times its weight.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many zeros at both ends; "same" keeps the size, "valid" means none.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, H, W), or a single sample without N.
        - Output: (N, channels out, H, W), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Conv2d(2, 3, 3)(plugrad.ones(1, 2, 5, 5)).shape
        plugrad.Size([1, 3, 3, 3])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes | str = 0,
        dilation: _Sizes = 1,
        groups: int = 1,
        bias: bool = True,
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
            False,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Convolve."""
        x, padding = self._padded(input)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_Convolution):
    """Convolve along three axes: each channel out is the sum over windows of channels in times its weight.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(elements of a weight's window).

    Args:
        in_channels: How many channels the input has.
        out_channels: How many channels the output has.
        kernel_size: The size of a window.
        stride: How far apart windows are.
        padding: How many zeros at both ends; "same" keeps the size, "valid" means none.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels.
        bias: Whether to add b.
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: (N, channels in, D, H, W), or a single sample without N.
        - Output: (N, channels out, D, H, W), of other sizes.

    Raises:
        ValueError: The groups do not divide the channels, or there is no such mode.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Conv3d(2, 3, 3)(plugrad.ones(1, 2, 5, 5, 5)).shape
        plugrad.Size([1, 3, 3, 3, 3])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes | str = 0,
        dilation: _Sizes = 1,
        groups: int = 1,
        bias: bool = True,
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
            False,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Convolve."""
        x, padding = self._padded(input)
        return F.conv3d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
