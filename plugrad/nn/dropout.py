"""Dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class Dropout(Module):
    """In training, set elements to zero with probability p and scale the others by 1 / (1 - p).

    In evaluation mode the input is returned unchanged (Hinton et al., https://arxiv.org/abs/1207.0580).

    Args:
        p: Probability of an element to be zeroed.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.Dropout(p=0.5)(plugrad.ones(100))
        >>> set(y.tolist()) <= {0.0, 2.0}
        True
    """

    p: float
    inplace: bool

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements, in training."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability, and whether the input is changed."""
        return f"p={self.p}, inplace={self.inplace}"
