"""More activation layers: smooth, gated, random and learned."""

from __future__ import annotations

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


class GLU(Module):
    """Split the input in two along a dimension: a * sigmoid(b) (https://arxiv.org/abs/1612.08083).

    Args:
        dim: The dimension.

    Shape:
        - Input: any; the size of the dimension is even.
        - Output: half of that size.

    Example::

        >>> import plugrad
        >>> plugrad.nn.GLU()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.8808])
    """

    dim: int

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"dim={self.dim}"


class LogSigmoid(Module):
    """Apply log(1 / (1 + exp(-x))) elementwise.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.LogSigmoid()(plugrad.tensor([-1.0, 2.0]))
        tensor([-1.3133, -0.1269])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.logsigmoid(input)


class Mish(Module):
    """Apply x * tanh(softplus(x)) elementwise (https://arxiv.org/abs/1908.08681).

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Mish()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.mish(input, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return "inplace=True" if self.inplace else ""


class RReLU(Module):
    """Apply x where it is positive and slope * x elsewhere, in training with slopes drawn (https://arxiv.org/abs/1505.00853).

    Args:
        lower: The lowest slope.
        upper: The highest slope.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.RReLU(0.5, 0.5)(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.5000,  2.0000])
    """

    lower: float
    upper: float
    inplace: bool

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Softsign(Module):
    """Apply x / (1 + abs(x)) elementwise.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softsign()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.5000,  0.6667])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.softsign(input)


class Tanhshrink(Module):
    """Apply x - tanh(x) elementwise.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Tanhshrink()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.2384,  1.0360])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.tanhshrink(input)


class Softmin(Module):
    """Apply softmax to the negated input.

    Args:
        dim: The dimension.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softmin(dim=0)(plugrad.tensor([-1.0, 2.0]))
        tensor([0.9526, 0.0474])
    """

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Apply softmax over the channels at each place.

    Shape:
        - Input: (N, C, H, W) or (C, H, W).
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softmax2d()(plugrad.zeros(2, 1, 1)).flatten()
        tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)


class PReLU(Module):
    """Apply max(0, x) + weight * min(0, x), with weights that are learned (https://arxiv.org/abs/1502.01852).

    Args:
        num_parameters: One weight for all, or one for each channel.
        init: Where the weights start.
        device: Where the weights live.
        dtype: The weights' dtype.

    Shape:
        - Input: ``(N, C, *)``, or any with one weight.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.PReLU()(plugrad.tensor([-4.0, 2.0])).tolist()
        [-1.0, 2.0]
    """

    num_parameters: int
    init: float
    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(creation.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to where they start."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"num_parameters={self.num_parameters}"
