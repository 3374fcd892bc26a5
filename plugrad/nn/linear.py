"""Linear layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plugrad.core import creation
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class Identity(Module):
    """Return the input unchanged, whatever the arguments of the constructor.

    Args:
        *args: Ignored.
        **kwargs: Ignored.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Identity(54, unused=True)(plugrad.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Linear(Module):
    """Apply an affine map to the last dimension: y = x A^T + b.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(in_features).

    Args:
        in_features: Size of the last dimension of the input.
        out_features: Size of the last dimension of the output.
        bias: Whether to add b.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Input: ``(*, in_features)``.
        - Output: ``(*, out_features)``.
        - weight: (out_features, in_features); bias: (out_features).

    Example::

        >>> import plugrad
        >>> layer = plugrad.nn.Linear(20, 30)
        >>> layer(plugrad.randn(128, 20)).shape
        plugrad.Size([128, 30])
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(creation.empty((out_features, in_features), device=device, dtype=dtype))
        bias_value = Parameter(creation.empty(out_features, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", bias_value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        # With a = sqrt(5), kaiming_uniform_ is U(-k, k) with k = 1 / sqrt(in_features).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Compute x A^T + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes, and whether there is a bias."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """Apply a bilinear map to two inputs: y_k = x1^T A_k x2 + b_k.

    Weight and bias start from U(-k, k) with k = 1 / sqrt(in1_features).

    Args:
        in1_features: Size of the last dimension of the first input.
        in2_features: Size of the last dimension of the second input.
        out_features: Size of the last dimension of the output.
        bias: Whether to add b.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - Inputs: ``(*, in1_features)`` and ``(*, in2_features)``.
        - Output: ``(*, out_features)``.
        - weight: (out_features, in1_features, in2_features); bias: (out_features).

    Example::

        >>> import plugrad
        >>> layer = plugrad.nn.Bilinear(2, 3, 4)
        >>> layer(plugrad.randn(5, 2), plugrad.randn(5, 3)).shape
        plugrad.Size([5, 4])
    """

    in1_features: int
    in2_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(creation.empty(shape, device=device, dtype=dtype))
        bias_value = Parameter(creation.empty(out_features, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", bias_value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Compute x1^T A x2 + b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes, and whether there is a bias."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
