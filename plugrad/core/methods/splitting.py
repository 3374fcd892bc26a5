"""Taking tensors apart under PyTorch's names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from plugrad.core import arguments, dtypes, ops
from plugrad.core.arguments import mistyped
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, layout
from plugrad.core.value import Value

__all__ = ["chunk", "dsplit", "hsplit", "split", "split_with_sizes", "tensor_split", "unbind", "vsplit"]


def _splittable(name: str, x: Any, dim: Any) -> int:
    dimensions.tensor(name, x)
    if not x.raw.shape:
        raise RuntimeError(with_hint(f"{name} expects at least a 1-dimensional tensor", "it has no dimension."))
    return dimensions.one(name, dim, x.raw.ndim, 2)


def _even(n: int, size: int) -> tuple[int, ...]:
    """The sizes of parts of one size, the last perhaps smaller; one part of nothing."""
    if not n:
        return (0,)
    return (*[size] * (n // size), *([n % size] if n % size else []))


def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return parts along a dimension: views.

    Args:
        input: The tensor.
        split_size_or_sections: The size of each part, the last perhaps smaller; or the sizes of all.
        dim: The dimension.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if the sizes do not add up, or one is negative.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.split(plugrad.tensor([1, 2, 3, 4, 5]), 2)
        (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    size = split_size_or_sections
    if not dimensions.is_dim(size):
        return split_with_sizes(input, size, dim)
    axis = _splittable("split", input, dim)
    size = arguments.as_int("split", "split_size", 1, size)
    n = input.raw.shape[axis]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and n:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
    parts: tuple[Any, ...] = ops.split(input, sizes=_even(n, size), axis=axis)
    return parts


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return parts of given sizes along a dimension: views. See ``split``.

    Example::

        >>> import plugrad
        >>> plugrad.split_with_sizes(plugrad.tensor([1, 2, 3]), [1, 2])
        (tensor([1]), tensor([2, 3]))
    """
    if not isinstance(split_sizes, (tuple, list)):
        raise mistyped("split_with_sizes", "split_sizes", 2, "tuple of ints", split_sizes)
    axis = _splittable("split_with_sizes", input, dim)
    sizes = layout.sizes("split_with_sizes", (split_sizes,), "split_sizes", {})
    n = input.raw.shape[axis]
    if any([size < 0 for size in sizes]):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
        )
    if sum(sizes) != n:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension "
            f"{axis}), but got split_sizes={list(sizes)}"
        )
    if not sizes:
        return ()
    parts: tuple[Any, ...] = ops.split_with_sizes(input, sizes=sizes, axis=axis)
    return parts


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Return at most so many parts along a dimension, as even as parts of one size can be: views.

    Args:
        input: The tensor.
        chunks: How many parts are wanted; there may be fewer.
        dim: The dimension.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if ``chunks`` is not positive.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> [len(part) for part in plugrad.chunk(plugrad.arange(10), 3)]
        [4, 4, 2]
    """
    axis = _splittable("chunk", input, dim)
    chunks = arguments.as_int("chunk", "chunks", 1, chunks)
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input.raw.shape[axis]
    if not n:
        empty: tuple[Any, ...] = ops.split_with_sizes(input, sizes=(0,) * chunks, axis=axis)
        return empty
    parts: tuple[Any, ...] = ops.split(input, sizes=_even(n, -(-n // chunks)), axis=axis)
    return parts


def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Any, ...]:
    """Return so many parts along a dimension, or the parts between indices: views.

    Args:
        input: The tensor.
        indices_or_sections: How many parts, whose sizes differ by at most 1; or where they start.
        dim: The dimension.
        indices: Where they start, by name.
        sections: How many, by name.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if there would be no parts.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> [len(part) for part in plugrad.tensor_split(plugrad.arange(10), 3)]
        [4, 3, 3]
        >>> plugrad.tensor_split(plugrad.arange(5), (1, 3))
        (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    x = dimensions.tensor("tensor_split", input)
    ndim = x.raw.ndim
    if not ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    axis = dimensions.one("tensor_split", dim, ndim, 2)
    where = next((given for given in (indices_or_sections, indices, sections) if given is not None), None)
    if isinstance(where, Value):
        if where.dtype is not dtypes.int64:
            raise RuntimeError(
                with_hint(
                    "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                    f"{where.dtype.legacy_name}",
                    "use a list of integers.",
                )
            )
        if where.raw.ndim > 1:
            raise RuntimeError(
                with_hint(
                    "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional "
                    f"tensor, but got a tensor with {where.raw.ndim} dims",
                    "use a list of integers.",
                )
            )
        where = where.tolist()  # type: ignore[attr-defined]  # every Value is a Tensor here
    n = x.raw.shape[axis]
    if dimensions.is_dim(where):
        count = arguments.as_int("tensor_split", "sections", 1, where)
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        size, larger = divmod(n, count)
        ends = [i * size + min(i, larger) for i in range(count + 1)]
        spans = list(pairwise(ends))
    else:
        if not isinstance(where, (tuple, list)):
            raise mistyped("tensor_split", "indices", 1, "tuple of ints", where)
        inner = [arguments.as_int("tensor_split", "indices", 1, i) for i in where]
        spans = list(zip([0, *inner], [*inner, n], strict=True))
    lead = (slice(None),) * axis
    return tuple([ops.basic_slice(x, key=(*lead, slice(*slice(a, b).indices(n)), ...)) for a, b in spans])


def _split_along(name: str, input: Any, where: Any, names: dict[str, Any], axis: int, needed: int) -> tuple[Any, ...]:
    """hsplit, vsplit, dsplit: as tensor_split, but sections must be even."""
    x = dimensions.tensor(name, input)
    for key in ("indices", "sections"):
        where = names.pop(key, None) if where is None else where
    if names:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(names))}'")
    shape = x.raw.shape
    if len(shape) < needed:
        raise RuntimeError(
            with_hint(
                f"plugrad.{name} requires a tensor with at least {needed} dimension, but got a tensor with "
                f"{len(shape)} dimensions!",
                "unsqueeze() adds a dimension.",
            )
        )
    if dimensions.is_dim(where):
        count = arguments.as_int(name, "sections", 1, where)
        if count == 0 or (count > 0 and shape[axis] % count):
            raise RuntimeError(
                with_hint(
                    f"plugrad.{name} attempted to split along dimension {axis}, but the size of the dimension "
                    f"{shape[axis]} is not divisible by the split_size {count}!",
                    "tensor_split() makes parts of different sizes.",
                )
            )
    elif not isinstance(where, (tuple, list)):
        raise dimensions.refused(name, where)
    return tensor_split(x, where, axis)


def hsplit(input: Any, *indices: Any, **names: Any) -> tuple[Any, ...]:
    """Return parts side by side: along the second dimension, or the first of a vector. Views.

    Args:
        input: A tensor of at least one dimension.
        indices: How many even parts, or where parts start: as one sequence, or one by one.
        names: ``sections=`` or ``indices=``.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if the parts would be uneven, or dimensions are missing.

    Example::

        >>> import plugrad
        >>> plugrad.hsplit(plugrad.tensor([1, 2, 3, 4]), 2)
        (tensor([1, 2]), tensor([3, 4]))
    """
    axis = 0 if getattr(getattr(input, "raw", None), "ndim", 2) == 1 else 1
    return _split_along("hsplit", input, _one_sequence(indices), names, axis, 1)


def vsplit(input: Any, *indices: Any, **names: Any) -> tuple[Any, ...]:
    """Return parts below each other: along the first dimension. Views.

    Args:
        input: A tensor of at least two dimensions.
        indices: How many even parts, or where parts start: as one sequence, or one by one.
        names: ``sections=`` or ``indices=``.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if the parts would be uneven, or dimensions are missing.

    Example::

        >>> import plugrad
        >>> plugrad.vsplit(plugrad.tensor([[1, 2], [3, 4]]), 2)
        (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _split_along("vsplit", input, _one_sequence(indices), names, 0, 2)


def dsplit(input: Any, *indices: Any, **names: Any) -> tuple[Any, ...]:
    """Return parts behind each other: along the third dimension. Views.

    Args:
        input: A tensor of at least three dimensions.
        indices: How many even parts, or where parts start: as one sequence, or one by one.
        names: ``sections=`` or ``indices=``.

    Returns:
        A tuple of views.

    Raises:
        RuntimeError: if the parts would be uneven, or dimensions are missing.

    Example::

        >>> import plugrad
        >>> [tuple(part.shape) for part in plugrad.dsplit(plugrad.zeros(2, 2, 4), [1, 3])]
        [(2, 2, 1), (2, 2, 2), (2, 2, 1)]
    """
    return _split_along("dsplit", input, _one_sequence(indices), names, 2, 3)


def _one_sequence(indices: tuple[Any, ...]) -> Any:
    """The one argument, or several integers as a sequence."""
    return indices if len(indices) > 1 else (indices[0] if indices else None)


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return the slices along a dimension, without it: views.

    Args:
        input: The tensor.
        dim: The dimension.

    Returns:
        A tuple of views.

    Raises:
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.unbind(plugrad.tensor([[1, 2], [3, 4]]), 1)
        (tensor([1, 3]), tensor([2, 4]))
    """
    x = dimensions.tensor("unbind", input)
    shape = x.raw.shape
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = dimensions.one("unbind", dim, len(shape))
    if not shape[axis]:
        return ()
    parts: tuple[Any, ...] = ops.unstack(x, axis=axis)
    return parts


class SplittingMethods:
    """The methods of this chapter."""

    __slots__ = ()

    split = split
    split_with_sizes = split_with_sizes
    chunk = chunk
    tensor_split = tensor_split
    unbind = unbind
    hsplit = hsplit
    vsplit = vsplit
    dsplit = dsplit
