"""Normalization over batches and samples."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from plugrad.core import creation, dtypes
from plugrad.core.errors import with_hint
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class _Norm(Module):
    """Weights, biases and running statistics of channels."""

    num_features: int
    eps: float
    momentum: float | None
    affine: bool
    track_running_stats: bool
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        dims: tuple[int, ...],
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: device | str | None,
        dtype: dtype | None,
        bias: bool,
    ) -> None:
        super().__init__()
        self._dims = dims
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(creation.empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        tracked = track_running_stats
        self.register_buffer(
            "running_mean", creation.zeros(num_features, device=device, dtype=dtype) if tracked else None
        )
        self.register_buffer(
            "running_var", creation.ones(num_features, device=device, dtype=dtype) if tracked else None
        )
        counter = creation.tensor(0, dtype=dtypes.int64, device=device) if tracked else None
        self.register_buffer("num_batches_tracked", counter)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget what was seen: means 0, variances 1."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weights to 1, biases to 0, and forget what was seen."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in self._dims:
            kinds = " or ".join([f"{n}D" for n in self._dims])
            raise ValueError(
                with_hint(f"expected {kinds} input (got {input.dim()}D input)", "channels are dimension 1 of a batch.")
            )

    def extra_repr(self) -> str:
        """Channels and options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Norm):
    """What batch normalizations have in common."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalize; in training, follow the statistics."""
        self._check_input_dim(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                # The mean of all batches. The count is a Python number only here, where it has to be.
                factor = 1.0 / float(self.num_batches_tracked)
        by_batch = self.training or (self.running_mean is None and self.running_var is None)
        used = not self.training or self.track_running_stats
        mean, variance = (self.running_mean, self.running_var) if used else (None, None)
        return F.batch_norm(input, mean, variance, self.weight, self.bias, by_batch, factor, self.eps)


class _InstanceNorm(_Norm):
    """What instance normalizations have in common."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalize; in training, follow the statistics."""
        self._check_input_dim(input)
        single = input.dim() == self._dims[0]
        axis = 0 if single else 1
        if input.size(axis) != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={axis} to match num_features ({self.num_features}), but got: "
                    f"{input.size(axis)}."
                )
            warnings.warn(
                f"input's size at dim={axis} does not match num_features. You can silence this warning by not passing "
                "in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        y = F.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y.squeeze(0) if single else y


class BatchNorm1d(_BatchNorm):
    """Normalize each channel over the batch: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow; None for the mean of all batches.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C) or (N, C, L).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.BatchNorm1d(3)(plugrad.randn(4, 3)).shape
        plugrad.Size([4, 3])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((2, 3), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)


class BatchNorm2d(_BatchNorm):
    """Normalize each channel over the batch: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow; None for the mean of all batches.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C, H, W).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.BatchNorm2d(3)(plugrad.randn(4, 3, 5, 5)).shape
        plugrad.Size([4, 3, 5, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((4,), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)


class BatchNorm3d(_BatchNorm):
    """Normalize each channel over the batch: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow; None for the mean of all batches.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C, D, H, W).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.BatchNorm3d(3)(plugrad.randn(4, 3, 5, 5, 5)).shape
        plugrad.Size([4, 3, 5, 5, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((5,), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)


class InstanceNorm1d(_InstanceNorm):
    """Normalize each channel of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C, L) or (C, L).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.InstanceNorm1d(3)(plugrad.randn(4, 3, 5)).shape
        plugrad.Size([4, 3, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((2, 3), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)


class InstanceNorm2d(_InstanceNorm):
    """Normalize each channel of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C, H, W) or (C, H, W).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.InstanceNorm2d(3)(plugrad.randn(4, 3, 5, 5)).shape
        plugrad.Size([4, 3, 5, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((3, 4), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)


class InstanceNorm3d(_InstanceNorm):
    """Normalize each channel of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Weights start at 1, biases at 0, running means at 0, running variances at 1.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: How fast running statistics follow.
        affine: Whether there are weights and biases.
        track_running_stats: Whether there are running statistics, which are used outside of training.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there are biases, where there are weights.

    Shape:
        - Input: (N, C, D, H, W) or (C, D, H, W).
        - Output: the same.

    Raises:
        ValueError: The input has another number of dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.InstanceNorm3d(3)(plugrad.randn(4, 3, 5, 5, 5)).shape
        plugrad.Size([4, 3, 5, 5, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((4, 5), num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)
