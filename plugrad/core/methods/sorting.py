"""PyTorch's names for sorting, selecting and searching.

Sorts are stable also where PyTorch promises nothing, and of equal elements ``topk`` takes the first.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops, return_types
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods.along import line, tensor
from plugrad.core.promote import plain
from plugrad.core.value import Value

__all__ = [
    "argsort", "bucketize", "kthvalue", "msort", "searchsorted", "sort", "topk", "unique",
    "unique_consecutive",
]  # fmt: skip


def _sortable(name: str, x: Any, dim: Any) -> int:
    tensor(name, "input", 1, x)
    if x.dtype.is_complex:
        if name == "kthvalue":
            text = f"\"kthvalue_cpu\" not implemented for '{x.dtype.legacy_name}'"
            raise NotImplementedError(with_hint(text, "take it of x.abs()."))
        shown = "topk" if name == "topk" else "Sort"
        raise RuntimeError(with_hint(f" {shown} does not support complex dtypes on CPU", "sort by x.abs()."))
    return normalized_dim(arguments.as_int(name, "dim", 2, dim), x.raw.ndim)


def _shaped(x: Any, results: Any) -> Any:
    """Results that were computed along a new dimension, without it if ``x`` has none."""
    return results if x.raw.shape else [ops.clone(ops.reshape(y, shape=())) for y in results]


def sort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> Any:
    """Return the elements sorted along a dimension, and the index that each had.

    The gradient of each sorted element goes to the element that it was. NaN counts as the largest.

    Args:
        input: The tensor.
        dim: The dimension.
        descending: The largest first.
        stable: Taken for PyTorch's sake: sorts are stable anyway.

    Returns:
        (values, indices), a named tuple.

    Raises:
        IndexError: if the dimension is out of range.
        RuntimeError: for complex numbers.

    Example::

        >>> import plugrad
        >>> plugrad.sort(plugrad.tensor([3, 1, 2]), descending=True)
        plugrad.return_types.sort(
        values=tensor([3, 2, 1]),
        indices=tensor([0, 2, 1]))
    """
    dim = _sortable("sort", input, dim)
    function = ops.sort_indexed if stable is None else ops.sort_stable
    return return_types.sort(_shaped(input, function(line(input), axis=dim, descending=bool(descending))))


def argsort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """Return the indices that sort a tensor along a dimension.

    Args:
        input: The tensor.
        dim: The dimension.
        descending: The largest first.
        stable: Taken for PyTorch's sake: sorts are stable anyway.

    Returns:
        An int64 tensor of the shape of ``input``.

    Raises:
        IndexError: if the dimension is out of range.
        RuntimeError: for complex numbers.

    Example::

        >>> import plugrad
        >>> plugrad.argsort(plugrad.tensor([3, 1, 2]))
        tensor([1, 2, 0])
    """
    dim = _sortable("argsort", input, dim)
    return _shaped(input, [ops.order(line(input), axis=dim, descending=bool(descending))])[0]


def msort(input: Any) -> Any:
    """Return the elements sorted along the first dimension.

    Args:
        input: The tensor.

    Returns:
        A tensor of the same shape.

    Example::

        >>> import plugrad
        >>> plugrad.msort(plugrad.tensor([[3, 1], [2, 4]]))
        tensor([[2, 1],
                [3, 4]])
    """
    return sort(input, 0)[0]


def topk(input: Any, k: int, dim: int | None = None, largest: bool = True, sorted: bool = True) -> Any:
    """Return the largest (or smallest) elements along a dimension, and the index that each has.

    Args:
        input: The tensor.
        k: How many.
        dim: The dimension; the last by default.
        largest: The largest rather than the smallest.
        sorted: Taken for PyTorch's sake: they are sorted anyway.

    Returns:
        (values, indices), a named tuple.

    Raises:
        RuntimeError: if ``k`` is larger than the dimension, or negative.

    Differs from PyTorch:
        Of equal elements the first are taken, and in their order; PyTorch promises nothing.

    Example::

        >>> import plugrad
        >>> plugrad.topk(plugrad.tensor([3, 1, 4, 2]), 2)
        plugrad.return_types.topk(
        values=tensor([4, 3]),
        indices=tensor([2, 0]))
    """
    dim = _sortable("topk", input, -1 if dim is None else dim)
    k = arguments.as_int("topk", "k", 2, k)
    n = line(input).raw.shape[dim]
    if not 0 <= k <= n:
        raise RuntimeError(with_hint("selected index k out of range", f"k is {k}, the dimension has size {n}."))
    if not input.raw.shape:
        k = 1  # PyTorch returns the one element for k = 0 too
    return return_types.topk(_shaped(input, ops.topk(line(input), k=k, axis=dim, largest=bool(largest))))


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """Return the k-th smallest element along a dimension, counted from 1, and its index.

    Args:
        input: The tensor.
        k: Which.
        dim: The dimension.
        keepdim: Keep the dimension, with size 1.

    Returns:
        (values, indices), a named tuple.

    Raises:
        RuntimeError: if ``k`` is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.kthvalue(plugrad.tensor([3, 1, 2]), 2)
        plugrad.return_types.kthvalue(
        values=tensor(2),
        indices=tensor(2))
    """
    dim = _sortable("kthvalue", input, dim)
    if input.dtype is dtypes.bool_:
        raise NotImplementedError(with_hint("\"kthvalue_cpu\" not implemented for 'Bool'", "convert first: x.int()."))
    k = arguments.as_int("kthvalue", "k", 2, k)
    n = line(input).raw.shape[dim]
    if not 1 <= k <= n:
        raise RuntimeError(
            with_hint(
                f"kthvalue(): selected number k out of range for dimension {dim}",
                f"k is {k}, counted from 1; the dimension has size {n}.",
            )
        )
    results = ops.kthvalue(line(input), k=k, axis=dim)
    if keepdim and input.raw.shape:
        shape = tuple(input.raw.shape)
        results = [ops.reshape(y, shape=(*shape[:dim], 1, *shape[dim + 1 :])) for y in results]
    return return_types.kthvalue(results)


# -- searching -----------------------------------------------------------------------------------------------


def _side(right: Any, side: Any) -> str:
    if side is None:
        return "right" if right else "left"
    if side not in ("left", "right"):
        raise RuntimeError(
            with_hint(
                f"plugrad.searchsorted(): side can only be 'left' or 'right' but got {side}",
                "left: before elements that are equal.",
            )
        )
    if right and side == "left":
        raise RuntimeError(
            with_hint(
                "plugrad.searchsorted(): side and right can't be set to opposites, got side of left while "
                "right was True",
                "set one of them.",
            )
        )
    return str(side)


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Return where to insert elements into sorted rows so that these stay sorted.

    Args:
        sorted_sequence: Rows sorted along the last dimension, or one vector.
        input: A tensor: any, for one vector; else with a row for every row. Or a number, for one vector.
        out_int32: Return int32 rather than int64.
        right: Behind elements that are equal, rather than before them.
        side: The same as "left" or "right".
        sorter: Indices that sort ``sorted_sequence``, if it is not sorted.

    Returns:
        A tensor of the shape of ``input``.

    Raises:
        RuntimeError: if shapes don't match or ``side`` contradicts ``right``.

    Example::

        >>> import plugrad
        >>> plugrad.searchsorted(plugrad.tensor([1, 3, 5]), plugrad.tensor([0, 3, 9]))
        tensor([0, 1, 3])
    """
    tensor("searchsorted", "sorted_sequence", 1, sorted_sequence)
    side = _side(right, side)
    rows = list(sorted_sequence.raw.shape)
    if not rows:
        raise RuntimeError(
            with_hint(
                "plugrad.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension",
                "a vector has one dimension.",
            )
        )
    if not isinstance(input, Value):
        number = plain(input)
        if number is None:
            raise arguments.mistyped("searchsorted", "input", 2, "Tensor", input)
        dtype = dtypes.float64 if sorted_sequence.dtype is dtypes.float64 else dtypes.get_default_dtype()
        dtype = dtypes.int64 if number.__class__ is int else dtype
        device = sorted_sequence.device
        input = dispatch.Tensor(device.backend.asarray(number, dtype, device.index), device, dtype)
    shape = list(input.raw.shape)
    if len(rows) > 1 and not shape:
        raise RuntimeError(
            with_hint(
                "plugrad.searchsorted(): input value can be a scalar only when boundaries tensor dimension "
                f"is 1, but we got boundaries tensor dim({len(rows)}) and input value's dim(0) numel(1)",
                "give one value for every row.",
            )
        )
    if len(rows) > 1 and rows[:-1] != shape[:-1]:
        raise RuntimeError(
            with_hint(
                "plugrad.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
                "dimensions of boundaries tensor and input value tensor must match, but we got boundaries "
                f"tensor {rows} and input value tensor {shape}",
                "every row needs a row of values.",
            )
        )
    if sorter is not None:
        tensor("searchsorted", "sorter", 3, sorter)
        if list(sorter.raw.shape) != rows:
            raise RuntimeError(
                with_hint(
                    "plugrad.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                    f"{rows}and got sorter tensor {list(sorter.raw.shape)}",
                    "argsort() returns one.",
                )
            )
        if sorter.dtype is not dtypes.int64:
            raise RuntimeError(
                with_hint(
                    "plugrad.searchsorted(): sorter must be a tensor of long dtype but got dtype "
                    f"{sorter.dtype.legacy_name}",
                    "argsort() returns one.",
                )
            )
        try:
            sorted_sequence = ops.take_along_axis(sorted_sequence, sorter, axis=-1)
        except IndexError as error:
            raise RuntimeError(
                with_hint("plugrad.searchsorted(): sorter index out of range", "argsort() returns the right ones.")
            ) from error
    common = dtypes.promote_types(sorted_sequence.dtype, input.dtype)
    found = ops.searchsorted_rows(
        dispatch.cast(sorted_sequence.detach(), common), dispatch.cast(input.detach(), common), side=side
    )
    return dispatch.cast(found, dtypes.int32 if out_int32 else dtypes.int64)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """Return the number of the bucket that each element falls into.

    Args:
        input: A tensor or a number.
        boundaries: A sorted vector.
        out_int32: Return int32 rather than int64.
        right: An element that equals a boundary belongs to the bucket behind it, rather than before.

    Returns:
        A tensor of the shape of ``input``.

    Raises:
        RuntimeError: if ``boundaries`` is no vector.

    Example::

        >>> import plugrad
        >>> plugrad.bucketize(plugrad.tensor([0, 3, 9]), plugrad.tensor([1, 3, 5]))
        tensor([0, 1, 3])
    """
    tensor("bucketize", "boundaries", 2, boundaries)
    if boundaries.raw.ndim != 1:
        raise RuntimeError(
            with_hint(
                f"boundaries tensor must be 1 dimension, but got dim({boundaries.raw.ndim})",
                "searchsorted takes rows.",
            )
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def _unique(x: Any, dim: Any, consecutive: bool, inverse: bool, counts: bool) -> Any:
    if x.dtype.is_complex:
        kernel = "unique" if consecutive or dim is None else "unique_dim"
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'", "complex numbers have no order.")
        )
    if dim is None:
        shape = tuple(x.raw.shape)
        values, which, times = ops.unique_sorted(ops.reshape(x, shape=(-1,)), consecutive=consecutive)
        which = ops.reshape(which, shape=shape)
    else:
        if not x.raw.shape:
            raise IndexError(
                with_hint(f"Dimension specified as {dim} but tensor has no dimensions", "leave dim out for elements.")
            )
        dim = normalized_dim(dim, x.raw.ndim)
        if 0 in [n for i, n in enumerate(x.raw.shape) if i != dim]:
            raise RuntimeError(
                with_hint(
                    "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied",
                    f"the tensor has shape {list(x.raw.shape)}.",
                )
            )
        order = (dim, *[i for i in range(x.raw.ndim) if i != dim])
        back = tuple([order.index(i) for i in range(len(order))])
        values, which, times = ops.unique_sorted(ops.permute_dims(x, axes=order), consecutive=consecutive)
        values = ops.permute_dims(values, axes=back)
    results = [values, *[which] * bool(inverse), *[times] * bool(counts)]
    return values if len(results) == 1 else tuple(results)


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return each different element once, sorted.

    Args:
        input: The tensor.
        sorted: Taken for PyTorch's sake: they are sorted anyway.
        return_inverse: Also return, for every element, the index of its value.
        return_counts: Also return how often each comes.
        dim: Compare the slices of a dimension rather than the elements.

    Returns:
        A tensor, or a tuple of it and what else was asked for. It has no derivative, as in PyTorch.

    Example::

        >>> import plugrad
        >>> plugrad.unique(plugrad.tensor([3, 1, 3, 2]), return_counts=True)
        (tensor([1, 2, 3]), tensor([1, 1, 2]))
    """
    tensor("unique", "input", 1, input)
    return _unique(input, dim, False, return_inverse, return_counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return each element that differs from the one before it.

    Args:
        input: The tensor.
        return_inverse: Also return, for every element, the index of its value.
        return_counts: Also return how long each run is.
        dim: Compare the slices of a dimension rather than the elements.

    Returns:
        A tensor, or a tuple of it and what else was asked for. It has no derivative, as in PyTorch.

    Example::

        >>> import plugrad
        >>> plugrad.unique_consecutive(plugrad.tensor([1, 1, 2, 1]))
        tensor([1, 2, 1])
    """
    tensor("unique_consecutive", "input", 1, input)
    return _unique(input, dim, True, return_inverse, return_counts)


class SortingMethods:
    """The methods of this chapter."""

    __slots__ = ()

    sort = sort
    argsort = argsort
    msort = msort
    topk = topk
    kthvalue = kthvalue
    unique = unique
    unique_consecutive = unique_consecutive
