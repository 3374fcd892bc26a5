"""Layers that pool by the largest, and back."""

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


class MaxPool1d(Module):
    """Take the largest element of each window along one axis.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it.
        dilation: How far apart places in a window are.
        return_indices: Whether to return the places of the largest elements too.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, L), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MaxPool1d(2)(plugrad.ones(1, 1, 4)).shape
        plugrad.Size([1, 1, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    dilation: _Sizes
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        dilation: _Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxUnpool1d(Module):
    """Put the largest elements of windows along one axis where they were.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.

    Shape:
        - Input and indices: as they were pooled.
        - Output: as before pooling.

    Example::

        >>> import plugrad
        >>> pool = plugrad.nn.MaxPool1d(2, return_indices=True)
        >>> plugrad.nn.MaxUnpool1d(2)(*pool(plugrad.ones(1, 1, 4))).shape
        plugrad.Size([1, 1, 4])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes

    def __init__(self, kernel_size: _Sizes, stride: _Sizes | None = None, padding: _Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = _repeated(kernel_size, 1)
        self.stride = _repeated(stride if stride is not None else kernel_size, 1)
        self.padding = _repeated(padding, 1)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put them back."""
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(Module):
    """Take the largest element of each window along two axes.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it.
        dilation: How far apart places in a window are.
        return_indices: Whether to return the places of the largest elements too.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MaxPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    dilation: _Sizes
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        dilation: _Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxUnpool2d(Module):
    """Put the largest elements of windows along two axes where they were.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.

    Shape:
        - Input and indices: as they were pooled.
        - Output: as before pooling.

    Example::

        >>> import plugrad
        >>> pool = plugrad.nn.MaxPool2d(2, return_indices=True)
        >>> plugrad.nn.MaxUnpool2d(2)(*pool(plugrad.ones(1, 1, 4, 4))).shape
        plugrad.Size([1, 1, 4, 4])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes

    def __init__(self, kernel_size: _Sizes, stride: _Sizes | None = None, padding: _Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = _repeated(kernel_size, 2)
        self.stride = _repeated(stride if stride is not None else kernel_size, 2)
        self.padding = _repeated(padding, 2)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put them back."""
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool3d(Module):
    """Take the largest element of each window along three axes.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it.
        dilation: How far apart places in a window are.
        return_indices: Whether to return the places of the largest elements too.
        ceil_mode: Whether the last window may stick out.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MaxPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
        plugrad.Size([1, 1, 2, 2, 2])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes
    dilation: _Sizes
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: _Sizes,
        stride: _Sizes | None = None,
        padding: _Sizes = 0,
        dilation: _Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.max_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        """Show the options."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxUnpool3d(Module):
    """Put the largest elements of windows along three axes where they were.

    Args:
        kernel_size: The size of a window.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.

    Shape:
        - Input and indices: as they were pooled.
        - Output: as before pooling.

    Example::

        >>> import plugrad
        >>> pool = plugrad.nn.MaxPool3d(2, return_indices=True)
        >>> plugrad.nn.MaxUnpool3d(2)(*pool(plugrad.ones(1, 1, 4, 4, 4))).shape
        plugrad.Size([1, 1, 4, 4, 4])
    """

    kernel_size: _Sizes
    stride: _Sizes | None
    padding: _Sizes

    def __init__(self, kernel_size: _Sizes, stride: _Sizes | None = None, padding: _Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = _repeated(kernel_size, 3)
        self.stride = _repeated(stride if stride is not None else kernel_size, 3)
        self.padding = _repeated(padding, 3)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put them back."""
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
