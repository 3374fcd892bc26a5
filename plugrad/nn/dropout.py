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


class AlphaDropout(Dropout):
    """In training, set elements to SELU's lower limit with probability p.

    Args:
        p: Probability.
        inplace: Whether to change the input itself.

    Shape:
        - Input: any.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.AlphaDropout(0.0)(plugrad.ones(1, 1, 1)).shape
        plugrad.Size([1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, in training."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(Dropout):
    """In training, set whole channels to SELU's lower limit with probability p.

    Args:
        p: Probability.
        inplace: Whether to change the input itself.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.FeatureAlphaDropout(0.0)(plugrad.ones(1, 1, 1)).shape
        plugrad.Size([1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, in training."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)


class Dropout1d(Dropout):
    """In training, set whole channels of sequences to zero with probability p.

    Args:
        p: Probability.
        inplace: Whether to change the input itself.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Dropout1d(0.0)(plugrad.ones(1, 1, 1)).shape
        plugrad.Size([1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, in training."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(Dropout):
    """In training, set whole channels of images to zero with probability p.

    Args:
        p: Probability.
        inplace: Whether to change the input itself.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Dropout2d(0.0)(plugrad.ones(1, 1, 1, 1)).shape
        plugrad.Size([1, 1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, in training."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(Dropout):
    """In training, set whole channels of volumes to zero with probability p.

    Args:
        p: Probability.
        inplace: Whether to change the input itself.

    Shape:
        - Input: ``(N, C, *)``.
        - Output: the same.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Dropout3d(0.0)(plugrad.ones(1, 1, 1, 1, 1)).shape
        plugrad.Size([1, 1, 1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop, in training."""
        return F.dropout3d(input, self.p, self.training, self.inplace)
