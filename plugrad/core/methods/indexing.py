"""``x[key]``, what else reads a part of a tensor by its place, and Python's protocols for sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import keys
from plugrad.core.methods.assignment import index_put, index_put_, setitem
from plugrad.core.promote import plain, wrong_type
from plugrad.core.value import Value

__all__ = ["index_put", "index_put_", "narrow", "select"]


# -- reading -------------------------------------------------------------------------------------------------


def getitem(input: Any, key: Any) -> Any:
    """Return the elements that a key names.

    Integers, slices with positive steps, None and ``...`` make a view; integer and boolean tensors (or lists)
    copy.

    Args:
        input: The tensor.
        key: One index, or a tuple of them. A list or a foreign array stands for a tensor.

    Returns:
        A view of this tensor, or, where there are index tensors, a tensor of its own. The dimensions of the
        index tensors stand at the place of the first one where these are adjacent, else in front.

    Raises:
        IndexError: if an index is out of bounds, there are too many, or one is of no integer or bool dtype.
        ValueError: for slices with steps that are not positive.

    Differs from PyTorch:
        A list or a foreign array of floats is refused, where PyTorch cuts off their fractions.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1, 2, 3], [4, 5, 6]])
        >>> x[1, :2]
        tensor([4, 5])
        >>> x[:, [2, 0]]
        tensor([[3, 1],
                [6, 4]])
        >>> x[x > 2]
        tensor([3, 4, 5, 6])
    """
    if key.__class__ is int:
        shape = input.raw.shape
        if shape and -shape[0] <= key < shape[0]:
            return ops.basic_select(input, key=(key, ...))
    elif key.__class__ is slice:
        shape = input.raw.shape
        if shape:
            return ops.basic_slice(input, key=(keys.bounded(key, shape[0])[0], ...))
    elif key.__class__ is dispatch.Tensor and key.device is input.device:
        # The usual cases of one tensor: a vector of indices, a mask of everything.
        shape = key.raw.shape
        if key.dtype is dtypes.int64 and shape and input.raw.shape:
            return _read(input, (key,), (0,))
        if key.dtype is dtypes.bool_ and shape and shape == input.raw.shape:
            return ops.masked_read(input, key, axis=0)
    view, basic, sizes, arrays, axes = keys.parse(input, key)
    x = input if view is None else view(input, key=basic)
    if not arrays:
        return x
    arrays = keys.local(x, arrays)
    if len(arrays) == 1 and arrays[0].dtype.category == 0:
        return ops.masked_read(x, arrays[0], axis=axes[0])
    indices, places = keys.expanded(arrays, axes)
    if len(indices) > 1:
        keys.indexed_shape(sizes, indices, places)
    return _read(x, indices, places)


def _read(x: Any, indices: tuple[Any, ...], axes: tuple[int, ...]) -> Any:
    try:
        return ops.index(x, indices, axes=axes)
    except IndexError as error:
        raise keys.out_of_bounds(x, indices, axes) or error from None


def select(input: Any, dim: int, index: int) -> Any:
    """Return the slice at one index of a dimension, without that dimension: a view.

    Args:
        input: The tensor.
        dim: The dimension.
        index: The index; negative ones count from the end.

    Returns:
        A view with one dimension less.

    Raises:
        IndexError: if the dimension or the index is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.select(plugrad.tensor([[1, 2], [3, 4]]), 1, 0)
        tensor([1, 3])
    """
    if not isinstance(input, Value):
        raise wrong_type("select", "input", 1, input)
    shape = input.raw.shape
    if not shape:
        raise IndexError(with_hint("select() cannot be applied to a 0-dim tensor.", "it has no dimension."))
    dim = normalized_dim(arguments.as_int("select", "dim", 2, dim), len(shape))
    index = arguments.as_int("select", "index", 3, index)
    n = shape[dim]
    if not -n <= index < n:
        raise IndexError(
            with_hint(
                f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}",
                f"that dimension has the indices {-n} to {n - 1}.",
            )
        )
    return ops.basic_select(input, key=(*[slice(None)] * dim, index, ...))


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """Return a part of a dimension: a view.

    Args:
        input: The tensor.
        dim: The dimension.
        start: The first index, an integer or a 0-d tensor of one; negative ones count from the end.
        length: How many.

    Returns:
        A view of size ``length`` in that dimension.

    Raises:
        IndexError: if the dimension or the start is out of range.
        RuntimeError: if the part ends beyond the dimension.

    Example::

        >>> import plugrad
        >>> plugrad.narrow(plugrad.tensor([1, 2, 3, 4]), 0, 1, 2)
        tensor([2, 3])
    """
    if not isinstance(input, Value):
        raise wrong_type("narrow", "input", 1, input)
    shape = input.raw.shape
    if not shape:
        raise RuntimeError(with_hint("narrow() cannot be applied to a 0-dim tensor.", "it has no dimension."))
    dim = normalized_dim(arguments.as_int("narrow", "dim", 2, dim), len(shape))
    start = arguments.as_int("narrow", "start", 3, start)
    length = arguments.as_int("narrow", "length", 4, length)
    n = shape[dim]
    hint = f"that dimension has size {n}."
    if length < 0:
        raise RuntimeError(with_hint("narrow(): length must be non-negative.", hint))
    if not -n <= start <= n:
        raise IndexError(
            with_hint(f"start out of range (expected to be in range of [{-n}, {n}], but got {start})", hint)
        )
    if start < 0:
        start += n
    if start + length > n:
        raise RuntimeError(with_hint(f"start ({start}) + length ({length}) exceeds dimension size ({n}).", hint))
    return ops.basic_slice(input, key=(*[slice(None)] * dim, slice(start, start + length, 1), ...))


# -- Python's protocols --------------------------------------------------------------------------------------


def length(self: Any) -> int:
    """Return the size of the first dimension.

    Raises:
        TypeError: for tensors of no dimension.
    """
    shape = self.raw.shape
    if not shape:
        raise TypeError(with_hint("len() of a 0-d tensor", "x.numel() is the number of its elements, 1."))
    return int(shape[0])


def iterate(self: Any) -> Iterator[Any]:
    """Go through the slices of the first dimension, which are views.

    Raises:
        TypeError: for tensors of no dimension.
    """
    if not self.raw.shape:
        raise TypeError(with_hint("iteration over a 0-d tensor", "x.item() is its number."))
    return iter(self.unbind(0))


def contains(self: Any, element: Any) -> bool:
    """Return whether any element equals a number, or a tensor that broadcasts.

    Raises:
        RuntimeError: for what is neither.
    """
    if not isinstance(element, Value) and plain(element) is None:
        raise RuntimeError(
            with_hint(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.",
                "x.tolist() is a list of its numbers.",
            )
        )
    return bool((self == element).any())


class IndexingMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    __getitem__ = getitem
    __setitem__ = setitem
    __len__ = length
    __iter__ = iterate
    __contains__ = contains
    select = select
    narrow = narrow
    index_put = index_put
    index_put_ = index_put_
