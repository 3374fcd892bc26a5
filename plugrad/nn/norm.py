"""Normalization layers."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plugrad.core import creation
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class LayerNorm(Module):
    """Normalize over the last dimensions: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Mean and (biased) variance are taken over the last dimensions, those of ``normalized_shape``
    (Ba et al., https://arxiv.org/abs/1607.06450). The weight starts at 1, the bias at 0.

    Args:
        normalized_shape: The shape of the last dimensions; an int for the last one alone.
        eps: Added to the variance.
        elementwise_affine: Whether there are a weight and a bias.
        bias: Whether there is a bias, where there is a weight.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: ``(*, normalized_shape)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.LayerNorm(4)(plugrad.randn(2, 3, 4))
        >>> bool(y.mean(-1).abs().max() < 1e-6)
        True
    """

    normalized_shape: tuple[int, ...]
    eps: float
    elementwise_affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Iterable[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(normalized_shape, Iterable):
            normalized_shape = (operator.index(normalized_shape),)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine

        def parameter(wanted: bool) -> Parameter | None:
            shape = self.normalized_shape
            return Parameter(creation.empty(shape, device=device, dtype=dtype)) if wanted else None

        self.register_parameter("weight", parameter(elementwise_affine))
        self.register_parameter("bias", parameter(elementwise_affine and bias))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Shape and options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """Normalize groups of channels of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    https://arxiv.org/abs/1803.08494. The weight starts at 1, the bias at 0.

    Args:
        num_groups: How many groups the channels fall into.
        num_channels: How many channels there are.
        eps: Added to the variance.
        affine: Whether there are a weight and a bias.
        device: Where the parameters live.
        dtype: The parameters' dtype.
        bias: Whether there is a bias, where there is a weight.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Raises:
        ValueError: The groups do not divide the channels.

    Example::

        >>> import plugrad
        >>> plugrad.nn.GroupNorm(2, 4)(plugrad.randn(3, 4, 5)).shape
        plugrad.Size([3, 4, 5])
    """

    num_groups: int
    num_channels: int
    eps: float
    affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(creation.empty(num_channels, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Groups, channels and options."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divide by the root of the mean square of the last dimensions: y = x / sqrt(mean(x**2) + eps) * weight.

    https://arxiv.org/abs/1910.07467. The weight starts at 1.

    Args:
        normalized_shape: The shape of the last dimensions; an int for the last one alone.
        eps: Added to the mean square; the dtype's smallest relative step by default.
        elementwise_affine: Whether there is a weight.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: ``(*, normalized_shape)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.RMSNorm(4)(plugrad.randn(2, 4)).shape
        plugrad.Size([2, 4])
    """

    normalized_shape: tuple[int, ...]
    eps: float | None
    elementwise_affine: bool
    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Iterable[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(normalized_shape, Iterable):
            normalized_shape = (operator.index(normalized_shape),)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        value = creation.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if value is None else Parameter(value))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Shape and options."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Module):
    """Divide by what neighbouring channels amount to: y = x / (k + alpha * mean of squares)**beta.

    Args:
        size: Over how many channels the mean is taken.
        alpha: A factor.
        beta: An exponent.
        k: A summand.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LocalResponseNorm(2)(plugrad.randn(3, 4, 5)).shape
        plugrad.Size([3, 4, 5])
    """

    size: int
    alpha: float
    beta: float
    k: float

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
