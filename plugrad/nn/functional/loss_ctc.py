"""The functional face of connectionist temporal classification; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional.loss import reduced, reduction_of
from plugrad.nn.functional.loss_checks import check_ctc

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """The negative log-probability of sequences under all of their alignments: connectionist temporal classification.

    https://www.cs.toronto.edu/~graves/icml_2006.pdf. The gradient is PyTorch's, that through a log_softmax.

    Args:
        log_probs: (T, N, C), or (T, C) of one sequence: log-probabilities, as `log_softmax` makes them.
        targets: (N, S), or all one after the other: integers from 0 to C - 1, none of them ``blank``.
        input_lengths: (N) or (): how many times count, T at most.
        target_lengths: (N) or (): how long each target is.
        blank: The class that stands for nothing.
        reduction: ``"mean"`` (each divided by the length of its target), ``"sum"`` or ``"none"``.
        zero_infinity: Whether losses that are infinite, and their gradients, become 0.

    Raises:
        ValueError: There is no such reduction.
        RuntimeError: A shape, a length or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> x = plugrad.zeros(3, 1, 2).log_softmax(2)
        >>> plugrad.nn.functional.ctc_loss(x, plugrad.tensor([[1]]), [3], [1])
        tensor(0.2877)
    """
    reduction = reduction_of(None, None, reduction)
    batched = log_probs.ndim == 3
    x = log_probs if batched else log_probs.unsqueeze(1)
    inputs, labels, lengths = check_ctc(x, targets, input_lengths, target_lengths, blank)
    losses: Tensor = _ops.ctc_loss(x, labels, inputs, lengths, blank=blank, zero_infinity=zero_infinity)
    if reduction == "mean":
        result: Tensor = (losses / lengths.clamp_min(1).to(losses.dtype)).mean()
        return result
    if reduction == "sum":
        return reduced(losses, "sum")
    return losses if batched else losses.reshape(())
