"""PyTorch's names for reading and writing elements by their number in the flattened tensor."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import writing
from plugrad.core.methods.along import tensor

__all__ = ["put", "take"]


def _flat_index(name: str, index: Any) -> None:
    tensor(name, "index", 2, index)
    if index.dtype is not dtypes.int64:
        raise RuntimeError(
            with_hint(
                f"{name}(): Expected a long tensor for index, but got {index.dtype.legacy_name}",
                "index.long() converts it.",
            )
        )


def _outside(error: IndexError, x: Any, index: Any) -> IndexError:
    n = x.numel()
    for number in index.reshape(-1).tolist():
        if not -n <= number < n:
            return IndexError(
                with_hint(
                    f"out of range: tried to access index {number} on a tensor of {n} elements.",
                    f"its elements are numbered from {-n} to {n - 1}.",
                )
            )
    return error


def take(input: Any, index: Any) -> Any:
    """Return the elements that an index names in the flattened tensor.

    Args:
        input: The tensor.
        index: int64, of any shape; negative ones count from the end.

    Returns:
        A tensor of the shape of ``index``.

    Raises:
        IndexError: if an index is out of range.
        RuntimeError: if it has another dtype.

    Example::

        >>> import plugrad
        >>> plugrad.take(plugrad.tensor([[1, 2], [3, 4]]), plugrad.tensor([0, -1]))
        tensor([1, 4])
    """
    tensor("take", "input", 1, input)
    _flat_index("take", index)
    try:
        return ops.take_flat(input, index)
    except IndexError as error:
        raise _outside(error, input, index) from None


def _put(name: str, x: Any, index: Any, source: Any, accumulate: bool, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    _flat_index("put_", index)
    tensor(name, "source", 3, source)
    if source.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                "put_(): self and source expected to have the same dtype, but got self.dtype = "
                f"{x.dtype.legacy_name} and source.dtype = {source.dtype.legacy_name}",
                f"use source.to({x.dtype}).",
            )
        )
    if index.numel() != source.numel():
        raise IndexError(
            with_hint(
                "put_(): Expected source and index to have the same number of elements, but got "
                f"source.numel() = {source.numel()}, index.numel() = {index.numel()}",
                "every element of the source needs its index.",
            )
        )
    try:
        if in_place:
            return writing.change(ops.put_flat.op, x, (index, source), {"accumulate": accumulate})
        return ops.put_flat(x, index, source, accumulate=accumulate)
    except IndexError as error:
        raise _outside(error, x, index) from None


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Return ``input`` with values put at, or added to, the elements that an index names in the flattened
    tensor.

    Args:
        input: The tensor.
        index: int64, of any shape; negative ones count from the end.
        source: A tensor of the same dtype with as many elements.
        accumulate: Add to what is there.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        IndexError: if an index is out of range or the numbers of elements differ.
        RuntimeError: if dtypes don't match.

    Example::

        >>> import plugrad
        >>> plugrad.put(plugrad.zeros(2, 2), plugrad.tensor([0, 3]), plugrad.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    return _put("put", input, index, source, accumulate, False)


def put_(self: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """In-place form of ``put``.

    Returns:
        This tensor.
    """
    return _put("put_", self, index, source, accumulate, True)
