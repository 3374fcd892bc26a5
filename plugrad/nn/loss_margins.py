"""Loss functions with margins as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.distance import PairwiseDistance
from plugrad.nn.loss import _Loss, _WeightedLoss

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class MarginRankingLoss(_Loss):
    """The loss of a ranking: max(0, -y (x1 - x2) + margin).

    Args:
        margin: By how much the one should be larger.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MarginRankingLoss()(plugrad.zeros(2), plugrad.ones(2), plugrad.ones(2))
        tensor(1.)
    """

    margin: float

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """The loss of distances: x where y is 1, max(0, margin - x) where y is -1.

    Args:
        margin: How far apart unlike ones should be.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.HingeEmbeddingLoss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.)
    """

    margin: float

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """The loss of angles between like and unlike ones.

    Args:
        margin: How large the cosine of unlike ones may be.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1.0, 0.0]])
        >>> plugrad.nn.CosineEmbeddingLoss()(x, plugrad.tensor([[0.0, 1.0]]), plugrad.ones(1))
        tensor(1.)
    """

    margin: float

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """The loss of triplets: max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Args:
        margin: How much farther the negative should be.
        p: Which norm.
        eps: Added to each difference.
        swap: Whether the negative is also kept from the positive.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> x, y = plugrad.zeros(1, 2), plugrad.ones(1, 2)
        >>> plugrad.nn.TripletMarginLoss()(x, x, y)
        tensor(0.)
    """

    margin: float
    p: float
    eps: float
    swap: bool

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(_WeightedLoss):
    """The hinge loss of classes.

    Args:
        p: 1 or 2.
        margin: How much higher the score of the class should be.
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MultiMarginLoss()(plugrad.zeros(1, 3), plugrad.tensor([2]))
        tensor(0.6667)
    """

    p: int
    margin: float

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """The hinge loss of several classes.

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MultiLabelMarginLoss()(plugrad.zeros(1, 3), plugrad.tensor([[2, -1, 0]]))
        tensor(0.6667)
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The binary cross entropy of sigmoid(x), averaged over the last dimension.

    Args:
        weight: A factor for each class.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MultiLabelSoftMarginLoss()(plugrad.zeros(1, 2), plugrad.tensor([[0.0, 1.0]]))
        tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """The logistic loss: log(1 + exp(-y x)).

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.SoftMarginLoss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.6931)
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class TripletMarginWithDistanceLoss(_Loss):
    """The loss of triplets by any distance.

    Args:
        distance_function: Takes two Tensors; the pairwise distance by default.
        margin: How much farther the negative should be.
        swap: Whether the negative is also kept from the positive.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: what the distance takes.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> x, y = plugrad.zeros(1, 2), plugrad.ones(1, 2)
        >>> plugrad.nn.TripletMarginWithDistanceLoss()(x, x, y)
        tensor(0.)
    """

    distance_function: Callable[[Tensor, Tensor], Tensor]
    margin: float
    swap: bool

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(None, None, reduction)
        if margin <= 0:
            text = f"expected margin to be greater than 0, got {margin} instead"
            raise ValueError(f"TripletMarginWithDistanceLoss: {text}")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
