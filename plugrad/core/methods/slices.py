"""PyTorch's names for reading and writing whole slices along one dimension."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import keys
from plugrad.core.methods.along import INDICES, applied, dimension, explained, line, tensor
from plugrad.core.methods.flat import put, put_, take
from plugrad.core.promote import plain
from plugrad.core.value import Value

__all__ = ["index_add", "index_copy", "index_fill", "index_select", "put", "take"]


def index_select(input: Any, dim: int, index: Any) -> Any:
    """Return the slices that a vector of indices names along a dimension.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of one dimension or none; not negative.

    Returns:
        A new tensor, of the size of ``index`` in ``dim``.

    Raises:
        IndexError: if an index is out of range, or ``index`` is no vector.
        RuntimeError: if it has another dtype.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1, 2], [3, 4], [5, 6]])
        >>> plugrad.index_select(x, 0, plugrad.tensor([2, 0]))
        tensor([[5, 6],
                [1, 2]])
    """
    tensor("index_select", "input", 1, input)
    dim = dimension("index_select", input, dim)
    tensor("index_select", "index", 3, index)
    if index.raw.ndim > 1:
        raise IndexError(
            with_hint("index_select(): Index is supposed to be a vector", f"it has shape {list(index.raw.shape)}.")
        )
    if index.dtype not in INDICES:
        raise RuntimeError(
            with_hint(
                "index_select(): Expected dtype int32 or int64 for index",
                f"this one is {index.dtype}; use index.long().",
            )
        )
    at = line(index)
    if not input.raw.shape and at.raw.shape[0] != 1:
        raise RuntimeError(
            with_hint(
                f"index_select(): Index to scalar can have only 1 value, got {at.raw.shape[0]} value(s)",
                "x[None] adds a dimension.",
            )
        )
    if at.raw.shape[0] and input.raw.ndim > 1 and not input.raw.shape[dim]:
        raise RuntimeError(
            with_hint("index_select(): self indexing axis dim should be positive", f"dimension {dim} is empty.")
        )
    try:
        y = ops.index_select(line(input), at, axis=dim)
    except IndexError as error:
        found = keys.out_of_bounds(line(input), (at,), (dim,), lowest=False)
        if found is None:
            raise
        raise IndexError(with_hint("index out of range in self", str(found).partition("\n")[0] + ".")) from error
    return y if input.raw.shape else ops.clone(ops.reshape(y, shape=()))


def _index_add(name: str, x: Any, dim: Any, index: Any, source: Any, alpha: Any, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 3, index)
    tensor(name, "source", 4, source)
    if plain(alpha) is None:
        raise arguments.mistyped(name, "alpha", None, "Number", alpha)
    if index.raw.ndim > 1:
        raise IndexError(
            with_hint(
                f"index_add_(): Index is supposed to be a vector, but got dim: {index.raw.ndim} with type: "
                f"{index.dtype.legacy_name} and size: {list(index.raw.shape)}",
                "scatter_add() takes an index for every element.",
            )
        )
    if index.dtype not in INDICES:
        raise RuntimeError(
            with_hint(
                f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.legacy_name}",
                "index.long() converts it.",
            )
        )
    if source.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                f"index_add_(): self ({x.dtype.legacy_name}) and source ({source.dtype.legacy_name}) must "
                "have the same scalar type",
                f"use source.to({x.dtype}).",
            )
        )
    target, at, values = line(x), line(index), line(source)
    shape, got = list(target.raw.shape), list(values.raw.shape)
    if source.raw.ndim != x.raw.ndim and not (source.raw.ndim <= 1 and x.raw.ndim <= 1):
        if dim < len(got) and source.raw.shape and at.raw.shape[0] != got[dim]:
            raise _wrong_count(at, got[dim], dim)
        raise _wrong_slices(x, source)
    if at.raw.shape[0] != got[dim]:
        raise _wrong_count(at, got[dim], dim)
    if [*shape[:dim], *shape[dim + 1 :]] != [*got[:dim], *got[dim + 1 :]]:
        raise _wrong_slices(x, source)
    options = {"axis": dim, "alpha": arguments.converted(plain(alpha), x.dtype)}
    try:
        return applied(ops.index_add, in_place, x, (at, values), options)
    except IndexError as error:
        if x.raw.ndim > 1:
            raise explained(error, target, at, dim) from None
        found = keys.out_of_bounds(target, (at,), (dim,), lowest=False)
        if found is None:
            raise
        raise IndexError(with_hint("index out of range in self", str(found).partition("\n")[0] + ".")) from error


def _wrong_count(index: Any, n: int, dim: int) -> RuntimeError:
    return RuntimeError(
        with_hint(
            f"index_add_(): Number of indices ({index.raw.shape[0]}) should be equal to source.size(dim): "
            f"({n}), for dim: {dim}",
            "every slice of the source needs its index.",
        )
    )


def _wrong_slices(x: Any, source: Any) -> RuntimeError:
    return RuntimeError(
        with_hint(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            f"self.shape = {list(x.raw.shape)} source.shape = {list(source.raw.shape)}",
            "nothing is broadcast here.",
        )
    )


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """Return ``input`` with ``alpha`` times each slice of ``source`` added to the slice that an index names.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of one dimension or none; not negative.
        source: A tensor of the same dtype, of the shape of ``input`` but for ``dim``, where it has that of
            ``index``.
        alpha: A factor.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        IndexError, RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> i = plugrad.tensor([0, 0])
        >>> plugrad.index_add(plugrad.zeros(2, 2), 0, i, plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[4., 6.],
                [0., 0.]])
    """
    return _index_add("index_add", input, dim, index, source, alpha, False)


def index_add_(self: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """In-place form of ``index_add``.

    Returns:
        This tensor.
    """
    return _index_add("index_add_", self, dim, index, source, alpha, True)


def _index_copy(name: str, x: Any, dim: Any, index: Any, source: Any, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 3, index)
    tensor(name, "source", 4, source)
    if index.raw.ndim > 1:
        raise IndexError(
            with_hint(
                f"index_copy_(): Index should have dimension 1 or 0 (got {index.raw.ndim})",
                "scatter() takes an index for every element.",
            )
        )
    if index.dtype is not dtypes.int64:
        raise RuntimeError(
            with_hint(
                f"index_copy_(): Expected a long tensor for index, but got {index.dtype.legacy_name}",
                "index.long() converts it.",
            )
        )
    if source.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                "index_copy_(): self and source expected to have the same dtype, but got (self) "
                f"{x.dtype.legacy_name} and (source) {source.dtype.legacy_name}",
                f"use source.to({x.dtype}).",
            )
        )
    target, at, values = line(x), line(index), line(source)
    shape, got = list(target.raw.shape), list(values.raw.shape)
    if x.raw.ndim and source.raw.ndim and x.raw.ndim != source.raw.ndim:
        raise IndexError(
            with_hint(
                "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
                f"dimensionality ({source.raw.ndim}), destination dimensionality ({x.raw.ndim})",
                f"shapes are {got} and {shape}.",
            )
        )
    here, there = [*shape[:dim], *shape[dim + 1 :]], [*got[:dim], *got[dim + 1 :]]
    if here != there:
        slices = f"Destination slice shape: {' '.join(map(str, here))} at dimension {dim} and source slice shape: "
        slices += f"{' '.join(map(str, there))} at dimension 0."
        raise RuntimeError(
            with_hint(
                f"index_copy_(): Source/destination tensor must have same slice shapes. {slices}",
                f"shapes are {shape} and {got}.",
            )
        )
    if at.raw.shape[0] != got[dim]:
        raise IndexError(
            with_hint(
                f"index_copy_(): Number of indices ({at.raw.shape[0]}) should be equal to source.size(dim) "
                f"({got[dim]})",
                "every slice of the source needs its index.",
            )
        )
    try:
        return applied(ops.index_copy, in_place, x, (at, values), {"axis": dim})
    except IndexError as error:
        raise explained(error, target, at, dim, IndexError, "index_copy_(): ") from None


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """Return ``input`` with the slices of ``source`` where an index says.

    Where a slice is named twice, one of them wins, and the gradient goes to both, as in PyTorch.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64, of one dimension or none; not negative.
        source: A tensor of the same dtype, of the shape of ``input`` but for ``dim``, where it has that of
            ``index``.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        IndexError, RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> plugrad.index_copy(plugrad.zeros(3), 0, plugrad.tensor([2, 0]), plugrad.tensor([1.0, 2.0]))
        tensor([2., 0., 1.])
    """
    return _index_copy("index_copy", input, dim, index, source, False)


def index_copy_(self: Any, dim: int, index: Any, source: Any) -> Any:
    """In-place form of ``index_copy``.

    Returns:
        This tensor.
    """
    return _index_copy("index_copy_", self, dim, index, source, True)


def _index_fill(name: str, x: Any, dim: Any, index: Any, value: Any, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 3, index)
    if index.dtype is not dtypes.int64:
        raise IndexError(
            with_hint(
                "index_fill_(): Expected dtype int64 for index.",
                f"this one is {index.dtype}; use index.long().",
            )
        )
    if index.raw.ndim > 1:
        raise RuntimeError(with_hint("Index has to be a vector/scalar", f"this one has shape {list(index.raw.shape)}."))
    value = fill_value("index_fill_", x, value)
    function = ops.index_fill_tensor if isinstance(value, Value) else ops.index_fill
    target, at = line(x), line(index)
    try:
        return applied(function, in_place, x, (at, value), {"axis": dim})
    except IndexError as error:
        raise keys.out_of_bounds(target, (at,), (dim,)) or error from None


def fill_value(name: str, x: Any, value: Any) -> Any:
    """The one value to fill with: a number that the dtype holds, or a tensor of no dimension, cast to it.

    Raises:
        RuntimeError: if it has dimensions or does not fit, with PyTorch's texts.
    """
    if isinstance(value, Value):
        if value.raw.shape:
            raise RuntimeError(
                with_hint(
                    f"{name} only supports a 0-dimensional value tensor, but got tensor with "
                    f"{value.raw.ndim} dimension(s).",
                    "use a number, or plugrad.where for many values.",
                )
            )
        return dispatch.cast(value, x.dtype)
    return arguments.converted(arguments.as_number(name.rstrip("_"), "value", 3, value), x.dtype)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """Return ``input`` with one value in the slices that an index names.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64, of one dimension or none; negative ones count from the end.
        value: A number or a tensor of no dimension.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        IndexError: if an index is out of bounds or the dtype of ``index`` is wrong.
        RuntimeError: if ``value`` has dimensions, or does not fit the dtype.

    Example::

        >>> import plugrad
        >>> plugrad.index_fill(plugrad.zeros(2, 3), 1, plugrad.tensor([0, 2]), 5)
        tensor([[5., 0., 5.],
                [5., 0., 5.]])
    """
    return _index_fill("index_fill", input, dim, index, value, False)


def index_fill_(self: Any, dim: int, index: Any, value: Any) -> Any:
    """In-place form of ``index_fill``.

    Returns:
        This tensor.
    """
    return _index_fill("index_fill_", self, dim, index, value, True)


class SliceMethods:
    """The methods of this chapter."""

    __slots__ = ()

    index_select = index_select
    index_add = index_add
    index_add_ = index_add_
    index_copy = index_copy
    index_copy_ = index_copy_
    index_fill = index_fill
    index_fill_ = index_fill_
    take = take
    put = put
    put_ = put_
