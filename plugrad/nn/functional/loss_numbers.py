"""The functional face of more losses of numbers; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.nn.functional.loss import reduced, reduction_of, warn_of_other_size
from plugrad.nn.functional.loss_checks import broadcast, checked_variance

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_MEAN_OF_KL = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by "
    "the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as "
    "'batchmean' in the next major release."
)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The error, squared where it is small: mean of d**2 / (2 beta) for d = abs(x - y) below beta, d - beta / 2 above.

    Args:
        input: Any shape.
        target: The same shape; another is broadcast, with a warning.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        beta: Where the two meet; 0 for the absolute error.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: ``beta`` is negative, or the shapes do not broadcast.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.smooth_l1_loss(plugrad.tensor([0.5, 3.0]), plugrad.zeros(2), reduction="none")
        tensor([0.1250, 2.5000])
    """
    warn_of_other_size(input, target)
    reduction = reduction_of(size_average, reduce, reduction)
    input, target = broadcast(input, target)
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    result: Tensor = _ops.smooth_l1_loss(input, target, reduction=reduction, beta=beta)
    return result


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """The error, squared where it is small: mean of d**2 / 2 for d = abs(x - y) up to delta, a line above.

    Args:
        input: Any shape.
        target: The same shape; another is broadcast, with a warning.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        delta: Where the two meet.
        weight: A factor for each element.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: ``delta`` is not positive, or the shapes do not broadcast.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.huber_loss(plugrad.tensor([0.5, 3.0]), plugrad.zeros(2), reduction="none")
        tensor([0.1250, 2.5000])
    """
    warn_of_other_size(input, target)
    x, y = broadcast(input, target)
    if weight is None:
        reduction = reduction_of(None, None, reduction)
        if delta <= 0:
            raise RuntimeError("huber_loss does not support non-positive values for delta.")
        result: Tensor = _ops.huber_loss(x, y, reduction=reduction, delta=delta)
        return result
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return reduced(_ops.huber_loss(x, y, reduction="none", delta=delta) * weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence of log-probabilities x from probabilities y: mean of y (log(y) - x).

    Args:
        input: Any shape; log-probabilities.
        target: The same shape; probabilities, or their logarithms.
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"batchmean"`` (the sum, by the size of the first dimension), ``"mean"``, ``"sum"`` or ``"none"``.
        log_target: Whether the target holds logarithms.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: The inputs are integers, or the shapes do not broadcast.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[-0.5, -1.0]])
        >>> plugrad.nn.functional.kl_div(x, plugrad.tensor([[0.5, 0.5]]), reduction="batchmean")
        tensor(0.0569)
    """
    by_batch = False
    if size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    else:
        if reduction == "mean":
            warnings.warn(_MEAN_OF_KL, stacklevel=2)
        by_batch = reduction == "batchmean"
        reduction = "sum" if by_batch else reduction_of(None, None, reduction)
    if not (input.dtype.is_inexact and target.dtype.is_inexact):
        raise RuntimeError(with_hint("kl_div: Integral inputs not supported.", "convert them: input.float()."))
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = target.xlogy(target) - target * input
    loss = reduced(losses, reduction)
    return loss / input.shape[0] if by_batch and input.ndim else loss


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log likelihood of counts under Poisson distributions: mean of exp(x) - y x.

    Args:
        input: Any shape; logarithms of expected counts.
        target: The same shape; counts.
        log_input: Whether the input holds logarithms. If not: mean of x - y log(x + eps).
        full: Whether to add the constant by Stirling: y log(y) - y + log(2 pi y) / 2 where y is above 1.
        size_average: Deprecated, see ``reduction``.
        eps: Keeps the logarithm finite.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: There is no such reduction.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.poisson_nll_loss(plugrad.zeros(2), plugrad.tensor([1.0, 2.0]))
        tensor(1.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The negative log likelihood of numbers under normal distributions: mean of (log(var) + (x - y)**2 / var) / 2.

    Args:
        input: Any shape; expected values.
        target: The same shape, or one that broadcasts.
        var: The variances: a number, or of the shape of the input, its last dimension 1 or missing.
        full: Whether to add the constant, log(2 pi) / 2.
        eps: The smallest variance; its limit has no part in the gradient.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Raises:
        ValueError: A variance is negative or of another size, or there is no such reduction.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.gaussian_nll_loss(plugrad.ones(2), plugrad.zeros(2), plugrad.ones(2))
        tensor(0.5000)
    """
    variance = checked_variance(input, var)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not valid")
    variance = variance.clone()
    with no_grad():
        variance.clamp_(min=eps)
    losses: Tensor = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)
