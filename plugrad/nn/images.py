"""Layers of images: resampling, sliding windows, channels as space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_Sizes = int | Sequence[int]


def _shown(layer: Upsample) -> str:
    what = f"size={layer.size}" if layer.scale_factor is None else f"scale_factor={layer.scale_factor}"
    return f"{what}, mode={layer.mode!r}"


class PixelShuffle(Module):
    """Move channels into space (https://arxiv.org/abs/1609.05158).

    Args:
        upscale_factor: By how much.

    Shape:
        - Input: ``(*, C * r**2, H, W)``.
        - Output: ``(*, C, H * r, W * r)``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.PixelShuffle(2)(plugrad.ones(1, 4, 2, 2)).shape
        plugrad.Size([1, 1, 4, 4])
    """

    upscale_factor: int

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Move them."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Move space into channels.

    Args:
        downscale_factor: By how much.

    Shape:
        - Input: ``(*, C, H * r, W * r)``.
        - Output: ``(*, C * r**2, H, W)``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.PixelUnshuffle(2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 4, 2, 2])
    """

    downscale_factor: int

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Move it."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Take channels of all groups in turn (https://arxiv.org/abs/1707.01083).

    Args:
        groups: How many groups the channels fall into.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ChannelShuffle(2)(plugrad.ones(1, 4, 2)).shape
        plugrad.Size([1, 4, 2])
    """

    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Take them."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"groups={self.groups}"


class Upsample(Module):
    """Resample to another size.

    Args:
        size: The new size.
        scale_factor: By how much axes are stretched.
        mode: As `functional.interpolate` has them.
        align_corners: Whether the outer elements' centres stay where they are.
        recompute_scale_factor: Whether the factor is worked out from the sizes.

    Shape:
        - Input: (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        - Output: of the new size.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Upsample(scale_factor=2)(plugrad.ones(1, 1, 2, 2)).shape
        plugrad.Size([1, 1, 4, 4])
    """

    size: Any
    scale_factor: Any
    mode: str
    align_corners: bool | None
    recompute_scale_factor: bool | None

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        several = isinstance(scale_factor, tuple)
        if several:
            self.scale_factor = tuple([float(s) for s in scale_factor])
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Resample."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return _shown(self)


class UpsamplingNearest2d(Upsample):
    """Resample images to another size, mode ``"nearest"``.

    Args:
        size: The new size.
        scale_factor: By how much axes are stretched.

    Shape:
        - Input: (N, C, H, W).
        - Output: of the new size.

    Example::

        >>> import plugrad
        >>> plugrad.nn.UpsamplingNearest2d(scale_factor=2)(plugrad.ones(1, 1, 2, 2)).shape
        plugrad.Size([1, 1, 4, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")

    def forward(self, input: Tensor) -> Tensor:
        """Resample."""
        return super().forward(input)


class UpsamplingBilinear2d(Upsample):
    """Resample images to another size, mode ``"bilinear"``.

    Args:
        size: The new size.
        scale_factor: By how much axes are stretched.

    Shape:
        - Input: (N, C, H, W).
        - Output: of the new size.

    Example::

        >>> import plugrad
        >>> plugrad.nn.UpsamplingBilinear2d(scale_factor=2)(plugrad.ones(1, 1, 2, 2)).shape
        plugrad.Size([1, 1, 4, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)

    def forward(self, input: Tensor) -> Tensor:
        """Resample."""
        return super().forward(input)


class Unfold(Module):
    """Gather sliding windows into columns.

    Args:
        kernel_size: The size of a window.
        dilation: How far apart places in a window are.
        padding: How many zeros are at both ends.
        stride: How far apart windows are.

    Shape:
        - Input: (N, C, H, W).
        - Output: (N, C * places in a window, number of windows).

    Example::

        >>> import plugrad
        >>> plugrad.nn.Unfold(2)(plugrad.ones(1, 1, 3, 3)).shape
        plugrad.Size([1, 4, 4])
    """

    kernel_size: _Sizes
    dilation: _Sizes
    padding: _Sizes
    stride: _Sizes

    def __init__(self, kernel_size: _Sizes, dilation: _Sizes = 1, padding: _Sizes = 0, stride: _Sizes = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Gather them."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Add columns up as sliding windows.

    Args:
        output_size: H and W.
        kernel_size: The size of a window.
        dilation: How far apart places in a window are.
        padding: How many zeros are at both ends.
        stride: How far apart windows are.

    Shape:
        - Input: (N, C * places in a window, number of windows).
        - Output: (N, C, H, W).

    Example::

        >>> import plugrad
        >>> plugrad.nn.Fold((3, 3), 2)(plugrad.ones(1, 4, 4)).shape
        plugrad.Size([1, 1, 3, 3])
    """

    output_size: _Sizes
    kernel_size: _Sizes
    dilation: _Sizes
    padding: _Sizes
    stride: _Sizes

    def __init__(
        self, output_size: _Sizes, kernel_size: _Sizes, dilation: _Sizes = 1, padding: _Sizes = 0, stride: _Sizes = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Add them up."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
