"""The functional face of embedding; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.nn.functional.checks import check_embedding
from plugrad.nn.functional.sparse_checks import check_bags, check_one_hot

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up rows of a table: y = weight[x].

    Args:
        input: Integers, of any shape.
        weight: The table: (num_embeddings, embedding_dim).
        padding_idx: A row that gets no gradient.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it is looked up.
        sparse: Sparse gradients; plugrad has none, so True raises.

    Raises:
        IndexError: An index is no row.
        RuntimeError: The input is not int64 or int32, or the table no matrix.
        AssertionError: ``padding_idx`` is no row.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.embedding(plugrad.tensor([2, 0]), plugrad.eye(3))
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """
    if sparse:
        raise NotImplementedError("sparse gradients are not supported: use sparse=False")
    check_embedding(input, weight, padding_idx)
    if padding_idx is not None:
        padding_idx %= weight.shape[0]
    try:
        if max_norm is not None:
            # Looked up once before: a wrong index must be refused before rows are changed.
            _ops.embedding(weight.detach(), input)
            _renormalize(weight, input, max_norm, norm_type)
        result: Tensor = _ops.embedding(weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
        return result
    except IndexError as error:
        raise IndexError(with_hint("index out of range in self", f"the table has {weight.shape[0]} rows.")) from error


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up and longer than ``max_norm`` to that length, in place."""
    with no_grad():
        norms = weight.norm(p=norm_type, dim=1, keepdim=True)
        # 1e-7 as in PyTorch, against division by zero.
        scaled = weight * (max_norm / (norms + 1e-7))
        used = creation.zeros(weight.shape[0], dtype=dtypes.bool_, device=weight.device)
        used[indices.reshape(-1).long()] = True
        weight.copy_(ops.where(used.unsqueeze(1) & (norms > max_norm), scaled, weight))


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """Turn class numbers into vectors that are 1 at the class and 0 elsewhere.

    Args:
        input: Integers, of any shape ``(*)``.
        num_classes: How many classes there are; -1 for one more than the largest.

    Returns:
        int64, ``(*, num_classes)``.

    Raises:
        RuntimeError: The input is not int64, or a class is out of bounds.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.one_hot(plugrad.tensor([0, 2]), num_classes=3)
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    count = check_one_hot(input, num_classes)
    classes = creation.arange(count, device=input.device)
    result: Tensor = (input.unsqueeze(-1) == classes).long()
    return result


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Look up rows of a table and take the sum, mean or maximum of each bag of them.

    Args:
        input: (B, N): bags of N indices, or (N): all bags one after the other.
        weight: The table: (num_embeddings, embedding_dim).
        offsets: (B): where each bag begins, where the input has one dimension.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it is looked up.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: Sparse gradients; plugrad has none, so True raises.
        per_sample_weights: A factor for each index, with ``"sum"``.
        include_last_offset: Whether the offsets end with the end of the last bag.
        padding_idx: A row that counts for nothing and gets no gradient.

    Raises:
        ValueError: Shapes or options do not fit.
        RuntimeError: An index is no row, or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.embedding_bag(plugrad.tensor([[0, 2]]), plugrad.eye(3), mode="sum")
        tensor([[1., 0., 1.]])
    """
    padding_idx = check_bags(
        input, weight, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx
    )
    indices = input.reshape(-1)
    if max_norm is not None:
        _renormalize(weight, indices, max_norm, norm_type)
    rows = _ops.embedding(weight, indices, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    bags, count = _bags(input, offsets, include_last_offset)
    kept = None if padding_idx is None else indices != padding_idx
    if mode == "max":
        return _largest(rows, bags, count, kept)
    if kept is not None:
        rows = _ops.where(kept.unsqueeze(1), rows, 0)
    # One more, for what is after the last bag.
    total = creation.zeros(count + 1, weight.shape[1], dtype=rows.dtype, device=rows.device)
    result: Tensor = total.index_add(0, bags, rows)[:count]
    if mode == "mean":
        ones = creation.ones_like(indices, dtype=rows.dtype) if kept is None else kept.to(rows.dtype)
        sizes = creation.zeros(count + 1, dtype=rows.dtype, device=rows.device).index_add(0, bags, ones)[:count]
        result = result / sizes.clamp_min(1).unsqueeze(1)
    return result


def _bags(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> tuple[Tensor, int]:
    """The number of each index's bag, and how many bags there are."""
    if offsets is None:
        rows, columns = input.shape
        numbers = creation.arange(rows, device=input.device).unsqueeze(1).expand(rows, columns)
        return numbers.reshape(-1), rows
    n = input.shape[0]
    # One more where a bag begins, and added up.
    marks = creation.zeros(n + 1, dtype=dtypes.int64, device=input.device)
    marks = marks.index_add(0, offsets.long(), creation.ones_like(offsets, dtype=dtypes.int64))
    count = offsets.shape[0] - include_last_offset
    return (marks.cumsum(0)[:n] - 1).clamp(0, count), count


def _largest(rows: Tensor, bags: Tensor, count: int, kept: Tensor | None) -> Tensor:
    """The maximum of each bag: bags as rows of one length, filled up with less than anything; 0 of empty ones."""
    n, width = rows.shape
    numbers = bags.tolist()
    sizes = [0] * (count + 1)
    places = []
    for bag in numbers:
        places.append(sizes[bag])
        sizes[bag] += 1
    longest = max(sizes[:count], default=0)
    if not longest:
        return creation.zeros(count, width, dtype=rows.dtype, device=rows.device)
    index = [[n] * longest for _ in range(count)]
    for i, (bag, place) in enumerate(zip(numbers, places, strict=True)):
        if bag < count:
            index[bag][place] = i
    if kept is not None:
        rows = _ops.where(kept.unsqueeze(1), rows, -math.inf)
    filling = creation.full((1, width), -math.inf, dtype=rows.dtype, device=rows.device)
    rows = _ops.concat([rows, filling], axis=0)
    found: Tensor = rows[creation.tensor(index, device=rows.device)].max(1)[0]
    result: Tensor = _ops.where(found == -math.inf, 0, found)
    return result
