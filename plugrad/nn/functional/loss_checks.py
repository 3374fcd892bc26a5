"""What losses refuse, in PyTorch's words: shapes, lengths and targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods.expansion import broadcast_tensors
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def broadcast(x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common shape."""
    first, second = broadcast_tensors(x1, x2)
    return first, second


def refusing(text: str, compute: Callable[[], Any]) -> Any:
    """What a function computes, or PyTorch's error where the library finds no such place."""
    try:
        return compute()
    except IndexError as error:
        raise RuntimeError(with_hint(text, "targets are class numbers, from 0 on.")) from error


def looks_at_values(x: Tensor) -> bool:
    """Whether values may be looked at: on devices that compute asynchronously that would wait for the device."""
    backend: Any = x.device.backend
    return not getattr(backend.capabilities, "asynchronous", False)


def checked_variance(input: Tensor, var: Tensor | float) -> Tensor:
    """The variances of ``gaussian_nll_loss``, in a shape that broadcasts with the input."""
    negative = "var has negative entry/entries"
    if isinstance(var, float):
        if var < 0:
            raise ValueError(negative)
        filled: Tensor = var * creation.ones_like(input)
        return filled
    if looks_at_values(var) and bool((var.detach() < 0).any()):
        raise ValueError(negative)
    if var.size() == input.size():
        return var
    if tuple(input.shape[:-1]) == tuple(var.shape):
        column: Tensor = var.unsqueeze(-1)
        return column
    if input.ndim == var.ndim:
        other = [m for n, m in zip(input.shape, var.shape, strict=True) if n != m]
        if sum(other) == 1:
            return var
    raise ValueError(with_hint("var is of incorrect size", "it is the input's, the last dimension 1 or missing."))


def check_cosine_embedding(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    """Refuse shapes that do not fit in ``cosine_embedding_loss``."""
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )


def check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    """Refuse numbers of dimensions that differ."""
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )


def _check_rows(input: Tensor) -> None:
    if input.ndim > 2 or (input.ndim and 0 in input.shape[-1:]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )


def check_multi_margin(input: Tensor, target: Tensor, p: int, weight: Tensor | None) -> tuple[Tensor, bool]:
    """Refuse what does not fit in ``multi_margin_loss``; the target, and whether it is one of one row."""
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    require_tensors("multi_margin_loss", input=input, target=target)
    _check_rows(input)
    rows = input.shape[0] if input.ndim == 2 else 1
    if target.ndim > 1 or target.numel() != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{rows}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    classes = input.shape[-1] if input.ndim else 1
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    _check_long(target)
    one_row = input.ndim == 1 and target.ndim == 1
    if input.ndim == 2:
        target = target.reshape(rows)
    return (target[0] if one_row else target), one_row


def _check_long(target: Tensor) -> None:
    if target.dtype is not dtypes.int64:
        raise RuntimeError(
            with_hint(
                f"expected scalar type Long but found {target.dtype.legacy_name}",
                "the target holds class numbers; convert it: target.long().",
            )
        )


def check_multilabel_margin(input: Tensor, target: Tensor) -> None:
    """Refuse what does not fit in ``multilabel_margin_loss``."""
    require_tensors("multilabel_margin_loss", input=input, target=target)
    _check_rows(input)
    if target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    _check_long(target)


def refuse_below(target: Tensor) -> Tensor:
    """The target, refused where it is below -1."""
    if looks_at_values(target) and bool((target < -1).any()):
        raise IndexError("a target is below -1")
    return target


# Sequences


def _lengths(name: str, given: Any, count: int, most: int) -> list[int]:
    if not isinstance(given, (list, tuple)):
        require_tensors("ctc_loss", **{name: given})
        if given.dtype.category != 1:
            raise RuntimeError(with_hint(f"{name} must be integral", f"convert it: {name}.long()."))
        given = given.reshape(-1).tolist()
    found = [int(n) for n in given]
    if len(found) != count:
        raise RuntimeError(with_hint(f"{name} must be of size batch_size", f"there are {count} sequences."))
    for n in found:
        for wrong, side, limit in ((n < 0, "least", 0), (n > most, "most", most)):
            if wrong:
                raise RuntimeError(
                    f"Expected {name} to have value at {side} {limit}, but got value {n} (while checking arguments "
                    "for ctc_loss_allocate_outputs)"
                )
    return found


def check_ctc(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Refuse what does not fit in ``ctc_loss``; lengths of inputs, targets as padded rows, and their lengths."""
    require_tensors("ctc_loss", log_probs=log_probs, targets=targets)
    if not log_probs.dtype.is_inexact:
        text = f"\"ctc_loss_cpu\" not implemented for '{log_probs.dtype.legacy_name}'"
        raise NotImplementedError(with_hint(text, "convert them: log_probs.float()."))
    times, count, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(with_hint("blank must be in label range", f"classes are 0 to {classes - 1}."))
    inputs = _lengths("input_lengths", input_lengths, count, times)
    lengths = _lengths("target_lengths", target_lengths, count, 1 << 62)
    longest = max(lengths, default=0)
    where = " for argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
    if targets.ndim not in (1, 2):
        raise RuntimeError(f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor{where}")
    if targets.ndim == 2:
        if targets.shape[0] != count:
            raise RuntimeError(
                f"Expected tensor to have size {count} at dimension 0, but got size {targets.shape[0]}{where}"
            )
        if targets.shape[1] < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size "
                f"{targets.shape[1]}{where}"
            )
        rows = targets[:, :longest]
    else:
        if targets.shape[0] != sum(lengths):
            raise RuntimeError(
                f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size {targets.shape[0]}{where}"
            )
        starts = [sum(lengths[:i]) for i in range(count)]
        places = [[start + k if k < n else 0 for k in range(longest)] for start, n in zip(starts, lengths, strict=True)]
        index = creation.tensor(places, dtype=dtypes.int64, device=log_probs.device).reshape(count, longest)
        rows = targets[index] if targets.shape[0] else index
    device = log_probs.device

    def vector(values: list[int]) -> Tensor:
        return creation.tensor(values, dtype=dtypes.int64, device=device)

    # What is beyond a target's end may be anything, also what is no class.
    inside = creation.arange(longest, device=device) < vector(lengths).unsqueeze(1)
    rows = _ops.where(inside, rows.long(), 0)
    return vector(inputs), rows, vector(lengths)
