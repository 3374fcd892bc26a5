"""Activation layers that are made of pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class ReLU6(Module):
    """Apply min(max(0, x), 6) elementwise.

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ReLU6()(plugrad.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return "inplace=True" if self.inplace else ""


class Hardtanh(Module):
    """Limit x to the range from min_val to max_val.

    Args:
        min_val: The lower limit.
        max_val: The upper limit.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Hardtanh()(plugrad.tensor([-1.0, 2.0]))
        tensor([-1.,  1.])
    """

    min_val: float
    max_val: float
    inplace: bool

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """Apply max(0, x) + min(0, alpha * (exp(x) - 1)) elementwise (https://arxiv.org/abs/1511.07289).

    Args:
        alpha: Scale of the negative part.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.ELU()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """

    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SELU(Module):
    """Apply scale * (max(0, x) + min(0, alpha * (exp(x) - 1))) (https://arxiv.org/abs/1706.02515).

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.SELU()(plugrad.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return "inplace=True" if self.inplace else ""


class CELU(Module):
    """Apply max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) (https://arxiv.org/abs/1704.07483).

    Args:
        alpha: Scale of the negative part.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CELU()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """

    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Hardshrink(Module):
    """Return x where it is outside of [-lambd, lambd], and 0 elsewhere.

    Args:
        lambd: The limit.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Hardshrink()(plugrad.tensor([-1.0, 2.0]))
        tensor([-1.,  2.])
    """

    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.lambd}"


class Softshrink(Module):
    """Move x towards 0 by lambd.

    Args:
        lambd: How far.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Softshrink()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.5000,  1.5000])
    """

    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Show the options."""
        return str(self.lambd)


class Hardsigmoid(Module):
    """Apply min(max(x + 3, 0), 6) / 6 elementwise.

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Hardsigmoid()(plugrad.tensor([-1.0, 2.0]))
        tensor([0.3333, 0.8333])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """Apply x * min(max(x + 3, 0), 6) / 6 elementwise (https://arxiv.org/abs/1905.02244).

    Args:
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Hardswish()(plugrad.tensor([-1.0, 2.0]))
        tensor([-0.3333,  1.6667])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.hardswish(input, self.inplace)


class Threshold(Module):
    """Return x where it is above a threshold, and one value elsewhere.

    Args:
        threshold: The threshold.
        value: What stands for x at and below it.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Threshold(0.5, 20.0)(plugrad.tensor([-1.0, 2.0]))
        tensor([20.,  2.])
    """

    threshold: float
    value: float
    inplace: bool

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply it."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")
