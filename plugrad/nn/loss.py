"""Loss functions as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.functional.loss import legacy_reduction
from plugrad.nn.module import Module

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class _Loss(Module):
    reduction: str

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = legacy_reduction(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The mean squared error: mean of (x - y)**2.

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Input and target: any, the same.
        - Output: scalar; with ``"none"`` that of the input.

    Example::

        >>> import plugrad
        >>> plugrad.nn.MSELoss()(plugrad.tensor([1.0, 2.0]), plugrad.zeros(2))
        tensor(2.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean absolute error: mean of abs(x - y).

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Input and target: any, the same.
        - Output: scalar; with ``"none"`` that of the input.

    Example::

        >>> import plugrad
        >>> plugrad.nn.L1Loss()(plugrad.tensor([1.0, 2.0]), plugrad.zeros(2))
        tensor(1.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class NLLLoss(_WeightedLoss):
    """The negative log likelihood: weighted mean of -x[class], for x that are log-probabilities.

    Args:
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        ignore_index: Targets of this value count for nothing.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"`` (divides by the sum of the weights), ``"sum"`` or ``"none"``.

    Shape:
        - Input: (C), (N, C) or (N, C, d1, ...), C the number of classes.
        - Target: (), (N) or (N, d1, ...), integers from 0 to C - 1.
        - Output: scalar; with ``"none"`` that of the target.

    Example::

        >>> import plugrad
        >>> log_probabilities = plugrad.tensor([[-0.5, -1.0], [-2.0, -0.1]])
        >>> plugrad.nn.NLLLoss()(log_probabilities, plugrad.tensor([0, 0]))
        tensor(1.2500)
    """

    ignore_index: int

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """The cross entropy of softmax(x) and the target: weighted mean of -log(softmax(x)[class]).

    Args:
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        ignore_index: Targets of this value count for nothing.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"`` (divides by the sum of the weights), ``"sum"`` or ``"none"``.
        label_smoothing: Share of the target that is spread evenly over the classes.

    Shape:
        - Input: (C), (N, C) or (N, C, d1, ...), C the number of classes: scores, not probabilities.
        - Target: (), (N) or (N, d1, ...), integers from 0 to C - 1; or probabilities, shaped as the input.
        - Output: scalar; with ``"none"`` that of a target of integers.

    Example::

        >>> import plugrad
        >>> scores = plugrad.zeros(3, 5, requires_grad=True)
        >>> loss = plugrad.nn.CrossEntropyLoss()(scores, plugrad.tensor([1, 0, 4]))
        >>> loss
        tensor(1.6094, grad_fn=<NllLossBackward0>)
        >>> loss.backward()
    """

    ignore_index: int
    label_smoothing: float

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class BCELoss(_WeightedLoss):
    """The binary cross entropy of probabilities: mean of -(y log(x) + (1 - y) log(1 - x)).

    The logarithms are bounded below by -100, so that the loss is finite.

    Args:
        weight: A factor for each element, broadcast to the target.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Input and target: any, the same; values from 0 to 1.
        - Output: scalar; with ``"none"`` that of the input.

    Example::

        >>> import plugrad
        >>> plugrad.nn.BCELoss()(plugrad.tensor([0.5, 0.5]), plugrad.tensor([0.0, 1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The binary cross entropy of sigmoid(x), computed stably: -(p y log s(x) + (1 - y) log(1 - s(x))).

    Args:
        weight: A factor for each element, broadcast to the target.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        pos_weight: The factor p of positive targets, broadcast to the target.

    Shape:
        - Input and target: any, the same; targets from 0 to 1.
        - Output: scalar; with ``"none"`` that of the input.

    Example::

        >>> import plugrad
        >>> plugrad.nn.BCEWithLogitsLoss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.6931)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )
