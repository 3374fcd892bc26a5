"""Activation layers: elementwise nonlinearities, and softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class ReLU(Module):
    """Apply max(0, x) elementwise. At 0 the gradient is 0.

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReLU()(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Compute max(0, x)."""
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Whether the input is changed."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """Apply max(0, x) + negative_slope * min(0, x) elementwise. At 0 the gradient is negative_slope.

    Args:
        negative_slope: Slope for negative x.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LeakyReLU(0.5)(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.5000,  2.0000])
    """

    negative_slope: float
    inplace: bool

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Compute max(0, x) + negative_slope * min(0, x)."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope, and whether the input is changed."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    """Apply 1 / (1 + exp(-x)) elementwise.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Sigmoid()(plugrad.zeros(2))
        tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Compute the logistic function."""
        return F.sigmoid(input)


class Tanh(Module):
    """Apply tanh elementwise.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Tanh()(plugrad.zeros(2))
        tensor([0., 0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Compute tanh."""
        return F.tanh(input)


class SiLU(Module):
    """Apply x * sigmoid(x) elementwise (Elfwing et al., https://arxiv.org/abs/1702.03118).

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.SiLU()(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7311])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Compute x * sigmoid(x)."""
        return F.silu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Whether the input is changed."""
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """Apply x * Phi(x) elementwise, Phi the cumulative normal distribution (https://arxiv.org/abs/1606.08415).

    Args:
        approximate: ``"none"``, or ``"tanh"`` for 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.GELU()(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8413])
    """

    approximate: str

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Compute x * Phi(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Which form."""
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """Apply log(1 + exp(beta * x)) / beta elementwise, a smooth ReLU.

    Args:
        beta: Sharpness.
        threshold: Where beta * x is above it, the result is x itself, for numerical stability.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softplus()(plugrad.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """

    beta: float
    threshold: float

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Compute log(1 + exp(beta * x)) / beta."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The options."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softmax(Module):
    """Apply exp(x_i) / sum_j exp(x_j) along a dimension: positive values that sum to 1.

    Args:
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softmax(dim=0)(plugrad.zeros(4))
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Compute the softmax."""
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """Apply log(softmax(x)) along a dimension, computed stably.

    Args:
        dim: The dimension. None: one that depends on the number of dimensions, with a warning.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LogSoftmax(dim=0)(plugrad.zeros(2))
        tensor([-0.6931, -0.6931])
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Compute the logarithm of the softmax."""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"
