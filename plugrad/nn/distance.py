"""Distances as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class PairwiseDistance(Module):
    """Compute the p-norm of x1 - x2 + eps along the last dimension.

    Args:
        p: Which norm.
        eps: Added to each difference.
        keepdim: Whether the dimension stays.

    Shape:
        - Inputs: ``(*, D)``.
        - Output: ``(*)``.

    Example::

        >>> import plugrad
        >>> plugrad.nn.PairwiseDistance()(plugrad.tensor([[3.0, 4.0]]), plugrad.zeros(1, 2))
        tensor([5.0000])
    """

    norm: float
    eps: float
    keepdim: bool

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Compute the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """Compute the cosine of the angle between x1 and x2 along a dimension.

    Args:
        dim: The dimension.
        eps: The smallest norm.

    Shape:
        - Inputs: any.
        - Output: without the dimension.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CosineSimilarity()(plugrad.tensor([[3.0, 4.0]]), plugrad.tensor([[1.0, 0.0]]))
        tensor([0.6000])
    """

    dim: int
    eps: float

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Compute the cosines."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
