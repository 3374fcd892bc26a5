"""The functional face of losses with margins; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, ops
from plugrad.core.errors import with_hint
from plugrad.nn.functional.activation_pieces import logsigmoid
from plugrad.nn.functional.distance import pairwise_distance
from plugrad.nn.functional.loss import legacy_reduction, reduced, reduction_of
from plugrad.nn.functional.loss_checks import (
    check_cosine_embedding,
    check_multi_margin,
    check_multilabel_margin,
    check_triplet,
    refuse_below,
    refusing,
)

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The loss of a ranking: mean of max(0, -y (x1 - x2) + margin), y 1 where x1 should be larger, -1 where x2.

    Args:
        input1: Any shape.
        input2: The same shape.
        target: The same shape; 1 or -1.
        margin: By how much the one should be larger.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: The shapes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.margin_ranking_loss(plugrad.ones(1), plugrad.zeros(1), -plugrad.ones(1))
        tensor(1.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The loss of distances: mean of x where y is 1, of max(0, margin - x) where y is -1.

    Args:
        input: Any shape; distances.
        target: The same shape; 1 or -1.
        margin: How far apart unlike ones should be.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.

    Example::

        >>> import plugrad
        >>> y = plugrad.tensor([1.0, -1.0])
        >>> plugrad.nn.functional.hinge_embedding_loss(plugrad.tensor([0.2, 0.4]), y, reduction="none")
        tensor([0.2000, 0.6000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    zeros = creation.zeros_like(input)
    apart = _ops.where(target != 1, (margin - input).clamp_min(0), zeros)
    return reduced(apart + _ops.where(target != -1, input, zeros), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The loss of angles: mean of 1 - cos(x1, x2) where y is 1, of max(0, cos(x1, x2) - margin) where y is -1.

    Args:
        input1: (N, D) or (D).
        input2: The same shape.
        target: (N) or (); 1 or -1.
        margin: How large the cosine of unlike ones may be.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: The shapes do not fit.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1.0, 0.0]])
        >>> plugrad.nn.functional.cosine_embedding_loss(x, plugrad.tensor([[0.0, 1.0]]), plugrad.ones(1))
        tensor(1.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_cosine_embedding(input1, input2, target)
    dim = target.dim()
    # 1e-12 as in PyTorch, against division by zero.
    squares1, squares2 = (input1 * input1).sum(dim) + 1e-12, (input2 * input2).sum(dim) + 1e-12
    cosine = (input1 * input2).sum(dim) / (squares1 * squares2).sqrt()
    zeros = creation.zeros_like(cosine)
    like = _ops.where(target == 1, 1 - cosine, zeros)
    unlike = _ops.where(target == -1, (cosine - margin).clamp_min(0), zeros)
    return reduced(like + unlike, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The loss of triplets: mean of max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm.

    Args:
        anchor: (N, D) or (D).
        positive: The same shape.
        negative: The same shape.
        margin: How much farther the negative should be; positive.
        p: Which norm.
        eps: Added to each difference.
        swap: Whether the negative is also kept from the positive, where that is nearer.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: The margin is not positive, or there is no such reduction.
        RuntimeError: The numbers of dimensions differ.

    Example::

        >>> import plugrad
        >>> x, y = plugrad.zeros(1, 2), plugrad.tensor([[3.0, 4.0]])
        >>> plugrad.nn.functional.triplet_margin_loss(x, y, x, eps=0.0)
        tensor(6.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    check_triplet(anchor, positive, negative)
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return reduced((margin + near - far).clamp_min(0), reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The loss of triplets by any distance: mean of max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Args:
        anchor: What the distance takes.
        positive: The same.
        negative: The same.
        distance_function: Takes two Tensors; `pairwise_distance` by default.
        margin: How much farther the negative should be; positive.
        swap: Whether the negative is also kept from the positive, where that is nearer.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: The margin is not positive, or there is no such reduction.
        RuntimeError: The numbers of dimensions differ.

    Example::

        >>> import plugrad
        >>> x, y = plugrad.zeros(1, 2), plugrad.tensor([[3.0, 4.0]])
        >>> plugrad.nn.functional.triplet_margin_with_distance_loss(x, x, y)
        tensor(0.)
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    check_triplet(anchor, positive, negative)
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The hinge loss of classes: mean over others i of max(0, margin - x[class] + x[i])**p.

    Args:
        input: (N, C) or (C): scores.
        target: (N) or (): integers from 0 to C - 1.
        p: 1 or 2.
        margin: How much higher the score of the class should be.
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: ``p`` is neither, or there is no such reduction.
        RuntimeError: A shape or a target does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.multi_margin_loss(plugrad.tensor([[0.1, 0.2, 0.4]]), plugrad.tensor([2]))
        tensor(0.5000)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    target, one_row = check_multi_margin(input, target, p, weight)
    loss: Tensor = refusing(
        "target out of range",
        lambda: _ops.multi_margin_loss(input, target, weight, p=p, margin=margin, reduction=reduction),
    )
    return loss.reshape(1) if one_row and reduction == "none" else loss


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The hinge loss of several classes: sum over classes t and others i of max(0, 1 - (x[t] - x[i])), over C.

    Args:
        input: (N, C) or (C): scores.
        target: The same shape: class numbers, up to the first -1.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: A shape or a target does not fit.

    Example::

        >>> import plugrad
        >>> y = plugrad.tensor([[2, -1, 0]])
        >>> plugrad.nn.functional.multilabel_margin_loss(plugrad.tensor([[0.1, 0.2, 0.4]]), y)
        tensor(0.5000)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_multilabel_margin(input, target)
    x, y = (input.reshape(1), target.reshape(1)) if input.ndim == 0 else (input, target)
    loss: Tensor = refusing(
        "argument #2 'target' is out of range",
        lambda: _ops.multilabel_margin_loss(x, refuse_below(y), reduction=reduction),
    )
    return loss


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross entropy of sigmoid(x), averaged over the last dimension, then over the batch.

    Args:
        input: ``(*, C)``.
        target: The same shape; 0 or 1.
        weight: A factor for each class.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.multilabel_soft_margin_loss(plugrad.zeros(1, 2), plugrad.tensor([[0.0, 1.0]]))
        tensor(0.6931)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    last = input.dim() - 1
    losses = losses.sum(dim=last) / input.size(last)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not valid")
    return reduced(losses, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The logistic loss: mean of log(1 + exp(-y x)).

    Args:
        input: Any shape.
        target: The same shape; 1 or -1.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.soft_margin_loss(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not input.dtype.is_inexact:
        text = f"result type Float can't be cast to the desired output type {input.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "convert the input: input.float()."))
    result: Tensor = _ops.soft_margin_loss(input, target, reduction=reduction)
    return result
