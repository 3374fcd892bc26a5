"""The functional face of the losses; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional import checks

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_OTHER_SIZE = (
    "Using a target size ({target}) that is different to the input size ({input}). This will likely lead to "
    "incorrect results due to broadcasting. Please ensure they have the same size."
)


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str, stacklevel: int = 3) -> str:
    """The reduction that a loss's arguments ask for: two deprecated flags win over the new one."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        reduction = "none"
    else:
        reduction = "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        stacklevel=stacklevel,
    )
    return reduction


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The same, and refused where it is no reduction."""
    reduction = legacy_reduction(size_average, reduce, reduction, stacklevel=4)
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


# Losses of numbers


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared error: mean of (x - y)**2.

    Args:
        input: Any shape.
        target: The same shape; another is broadcast, with a warning.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        weight: A factor for each element; the mean then divides by their sum.

    Raises:
        ValueError: No such reduction, or the weights have another shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.mse_loss(plugrad.tensor([1.0, 2.0]), plugrad.zeros(2))
        tensor(2.5000)
    """
    warn_of_other_size(input, target)
    if weight is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
        return _weighted((input - target) ** 2, input, weight, reduction)
    result: Tensor = _ops.mse_loss(input, target, reduction=reduction_of(size_average, reduce, reduction))
    return result


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute error: mean of abs(x - y). Where x = y the gradient is 0.

    Args:
        input: Any shape.
        target: The same shape; another is broadcast, with a warning.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        weight: A factor for each element; the mean then divides by their sum.

    Raises:
        ValueError: No such reduction, or the weights have another shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.l1_loss(plugrad.tensor([1.0, 2.0]), plugrad.zeros(2))
        tensor(1.5000)
    """
    warn_of_other_size(input, target)
    if weight is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
        return _weighted((input - target).abs(), input, weight, reduction)
    reduction = reduction_of(size_average, reduce, reduction)
    losses: Tensor = (input - target).abs()
    return reduced(losses, reduction)


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses, their sum or their mean."""
    if reduction == "none":
        return losses
    total: Tensor = losses.mean() if reduction == "mean" else losses.sum()
    return total


def warn_of_other_size(input: Tensor, target: Tensor) -> None:
    """Warn of shapes that broadcast, as PyTorch does."""
    try:
        if input.raw.shape == target.raw.shape:
            return
    except AttributeError:
        # No tensors: `size` raises what PyTorch raises.
        pass
    text = _OTHER_SIZE.format(target=target.size(), input=input.size())
    warnings.warn(text, stacklevel=3)


def _weighted(losses: Tensor, input: Tensor, weight: Tensor, reduction: str) -> Tensor:
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    losses = losses * weight
    if reduction != "none":
        losses = losses.sum() / weight.sum() if reduction == "mean" else losses.sum()
    return losses


# Losses of classes


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log likelihood: weighted mean of -x[class], for x that are log-probabilities.

    Args:
        input: (C), (N, C) or (N, C, d1, ...), C the number of classes.
        target: (), (N) or (N, d1, ...): integers from 0 to C - 1.
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        ignore_index: Targets of this value count for nothing.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"`` (divides by the sum of the weights), ``"sum"`` or ``"none"``.

    Raises:
        ValueError: The batch sizes differ, or there is no such reduction.
        RuntimeError: Other shapes or the dtypes do not fit.
        IndexError: A target is no class.

    Example::

        >>> import plugrad
        >>> log_probabilities = plugrad.tensor([[-0.5, -1.0], [-2.0, -0.1]])
        >>> plugrad.nn.functional.nll_loss(log_probabilities, plugrad.tensor([0, 0]))
        tensor(1.2500)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    checks.check_classes("nll_loss_nd", input, target, weight)
    checks.check_real("nll_loss_out_frame" if input.ndim < 3 else "nll_loss2d_forward_out_frame", input)
    one_row = input.ndim == 1 and target.ndim == 1
    if one_row:
        target = target[0]
    loss = _ops.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)
    result: Tensor = loss.reshape(1) if one_row and reduction == "none" else loss
    return result


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross entropy of softmax(x) and the target: weighted mean of -log(softmax(x)[class]).

    Args:
        input: (C), (N, C) or (N, C, d1, ...), C the number of classes: scores, not probabilities.
        target: (), (N) or (N, d1, ...): integers from 0 to C - 1; or probabilities, shaped as the input.
        weight: A weight for each class.
        size_average: Deprecated, see ``reduction``.
        ignore_index: Targets of this value count for nothing.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"`` (divides by the sum of the weights), ``"sum"`` or ``"none"``.
        label_smoothing: Share of the target that is spread evenly over the classes.

    Raises:
        ValueError: The batch sizes differ, or there is no such reduction.
        RuntimeError: Other shapes or the dtypes do not fit, or ``label_smoothing`` is not from 0 to 1.
        IndexError: A target is no class.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.cross_entropy(plugrad.zeros(3, 5), plugrad.tensor([1, 0, 4]))
        tensor(1.6094)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    one_row = False
    if not checks.is_usual_batch(input, target, weight):
        checks.check_cross_entropy(input, target, weight, ignore_index)
        one_row = input.ndim == 1 and target.ndim == 1 and target.shape != input.shape
        if one_row:
            target = target[0]
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    loss = _ops.cross_entropy(
        input,
        target,
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )
    result: Tensor = loss.reshape(1) if one_row and reduction == "none" else loss
    return result


# Losses of two classes


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross entropy of probabilities: mean of -(y log(x) + (1 - y) log(1 - x)).

    The logarithms are bounded below by -100, so that the loss is finite.

    Args:
        input: Any shape; values from 0 to 1.
        target: The same shape and dtype; values from 0 to 1.
        weight: A factor for each element, broadcast to the target.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: The shapes differ, or there is no such reduction.
        RuntimeError: A value is not from 0 to 1, or the dtypes differ. (On a device that computes
            asynchronously, values are not looked at: the loss is then nan.)

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.binary_cross_entropy(plugrad.tensor([0.5, 0.5]), plugrad.tensor([0.0, 1.0]))
        tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    checks.check_binary(input, target, weight)
    loss = _ops.binary_cross_entropy(input, target, weight, reduction=reduction)
    checks.check_no_probability_missed(loss, input, target)
    result: Tensor = loss
    return result


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The binary cross entropy of sigmoid(x), computed stably.

    Args:
        input: Any shape.
        target: The same shape; values from 0 to 1.
        weight: A factor for each element, broadcast to the target.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        pos_weight: The factor of positive targets, broadcast to the target.

    Raises:
        ValueError: The shapes differ, or there is no such reduction.
        RuntimeError: The weights do not broadcast to the target, or the target is of integers.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.binary_cross_entropy_with_logits(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.6931)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    checks.check_binary_logits(input, target, weight, pos_weight)
    factors: Any = (weight, pos_weight)
    result: Tensor = _ops.binary_cross_entropy_with_logits(input, target, *factors, reduction=reduction)
    return result
