"""What class numbers and bags of embeddings refuse, in PyTorch's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.core import dtypes
from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def check_one_hot(input: Tensor, num_classes: int) -> int:
    """Refuse what has no place in ``one_hot``; the number of classes. Without it, the input's values decide."""
    require_tensors("one_hot", tensor=input)
    if input.dtype is not dtypes.int64:
        raise RuntimeError(
            with_hint("one_hot is only applicable to index tensor of type LongTensor.", "convert it: input.long().")
        )
    if not input.numel():
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return num_classes
    if int(input.min().item()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = int(input.max().item())
    if num_classes == -1:
        return largest + 1
    if num_classes <= largest:
        hint = f"there is {largest} among {num_classes} classes."
        raise RuntimeError(with_hint("Class values must be smaller than num_classes.", hint))
    return num_classes


def check_bags(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None,
    scale_grad_by_freq: bool,
    mode: str,
    sparse: bool,
    per_sample_weights: Tensor | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> int | None:
    """Refuse what does not fit in ``embedding_bag``; the padding row, counted from the front."""
    if sparse:
        raise NotImplementedError("sparse gradients are not supported: use sparse=False")
    require_tensors("embedding_bag", weight=weight, indices=input)
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({_shown(per_sample_weights)}) is not None, then it must have the "
            f"same shape as the input ({_shown(input)})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    _check_values(input, weight, offsets, mode, per_sample_weights)
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, but got "
                f"{padding_idx}"
            )
        padding_idx %= rows
    return padding_idx


def _check_values(
    input: Tensor, weight: Tensor, offsets: Tensor | None, mode: str, per_sample_weights: Tensor | None
) -> None:
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )
    if input.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            with_hint(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but "
                f"got {input.type()} instead (while checking arguments for embedding_bag)",
                "convert it: input.long().",
            )
        )
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {weight.type()} does not equal {per_sample_weights.type()} (while "
            "checking arguments for embedding_bag)"
        )
    rows = weight.shape[0]
    wrong = ((input < 0) | (input >= rows)).reshape(-1)
    if input.numel() and bool(wrong.any().item()):
        i = wrong.tolist().index(True)
        raise RuntimeError(
            f"Index {i} of input takes value {input.reshape(-1)[i].item()} which is not in the valid range [0, {rows})"
        )
    if offsets is not None and offsets.numel():
        first, last, n = offsets[0].item(), offsets[-1].item(), input.shape[0]
        if first != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
                f"However, got {first}"
            )
        if last > n:
            raise RuntimeError(f"offsets[-1] can not be greater than input's length {n} but got offsets[-1] of {last}")


def _shown(x: Tensor) -> str:
    return f"plugrad.Size({list(x.shape)})"
