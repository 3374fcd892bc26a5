"""Layers that pool windows which are placed at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_Sizes = int | Sequence[int]


class _FractionalMaxPool(Module):
    """What both have in common."""

    kernel_size: tuple[int, ...]
    output_size: tuple[int, ...] | None
    output_ratio: tuple[float, ...] | None
    return_indices: bool

    def __init__(
        self,
        count: int,
        kernel_size: Any,
        output_size: Any,
        output_ratio: Any,
        return_indices: bool,
        samples: Tensor | None,
    ) -> None:
        super().__init__()

        def repeated(value: Any) -> Any:
            return value if value is None else tuple(value) if isinstance(value, Sequence) else (value,) * count

        self.kernel_size = repeated(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", samples)
        self.output_size = repeated(output_size)
        self.output_ratio = repeated(output_ratio)
        name = type(self).__name__
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all([0 < ratio < 1 for ratio in self.output_ratio]):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


class FractionalMaxPool2d(_FractionalMaxPool):
    """Take the largest element of each of so many windows, placed at random (https://arxiv.org/abs/1412.6071).

    Args:
        kernel_size: The size of a window.
        output_size: How many windows.
        output_ratio: The same as a part of the size of the input.
        return_indices: Whether to return the places of the largest elements too.
        _random_samples: What windows are placed by; drawn by default.

    Shape:
        - Input: (N, C, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Raises:
        ValueError: Neither a size nor a ratio is given, or both are.

    Example::

        >>> import plugrad
        >>> plugrad.nn.FractionalMaxPool2d(2, output_size=3)(plugrad.zeros(1, 1, 6, 6)).shape
        plugrad.Size([1, 1, 3, 3])
    """

    def __init__(
        self,
        kernel_size: _Sizes,
        output_size: _Sizes | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__(2, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.fractional_max_pool2d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class FractionalMaxPool3d(_FractionalMaxPool):
    """Take the largest element of each of so many windows, placed at random (https://arxiv.org/abs/1412.6071).

    Args:
        kernel_size: The size of a window.
        output_size: How many windows.
        output_ratio: The same as a part of the size of the input.
        return_indices: Whether to return the places of the largest elements too.
        _random_samples: What windows are placed by; drawn by default.

    Shape:
        - Input: (N, C, D, H, W), or a single sample without N.
        - Output: of the same number of dimensions.

    Raises:
        ValueError: Neither a size nor a ratio is given, or both are.

    Example::

        >>> import plugrad
        >>> plugrad.nn.FractionalMaxPool3d(2, output_size=3)(plugrad.zeros(1, 1, 6, 6, 6)).shape
        plugrad.Size([1, 1, 3, 3, 3])
    """

    def __init__(
        self,
        kernel_size: _Sizes,
        output_size: _Sizes | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__(3, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Tensor) -> Any:
        """Pool."""
        return F.fractional_max_pool3d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )
