"""PyTorch's names for tensors with a part replaced, and for parts named by strides."""

from __future__ import annotations

import operator
from typing import Any, Final

from plugrad.core import arguments, dispatch, ops
from plugrad.core.arguments import mistyped
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.inplace import check_writable, overlapping
from plugrad.core.methods import dimensions, layout, writing
from plugrad.core.methods.indexing import narrow, select
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = [
    "as_strided",
    "as_strided_scatter",
    "diagonal_scatter",
    "narrow_copy",
    "select_scatter",
    "slice_scatter",
]


def _source(name: str, x: Any, src: Any, shape: tuple[int, ...]) -> Any:
    """What is to be put into a slice of this shape, in the dtype of ``x``."""
    if not isinstance(src, Value):
        raise wrong_type(name, "src", 2, src)
    if tuple(src.raw.shape) != shape:
        raise RuntimeError(
            with_hint(
                "expected src to have a size equal to the slice of self. "
                f"src size = {list(src.raw.shape)}, slice size = {list(shape)}",
                "nothing is broadcast here; use src.expand(...).",
            )
        )
    return dispatch.cast(src, x.dtype)


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """Return ``input`` with the slice at one index of a dimension replaced by ``src``.

    Args:
        input: The tensor.
        src: What to put there.
        dim: The dimension.
        index: The index; negative ones count from the end.

    Returns:
        A new tensor.

    Shape:
        - src: that of ``input.select(dim, index)``.
        - Output: that of ``input``.

    Raises:
        IndexError: if the dimension or the index is out of range.
        RuntimeError: if the shapes don't match.

    Example::

        >>> import plugrad
        >>> plugrad.select_scatter(plugrad.zeros(2, 2), plugrad.tensor([1.0, 2.0]), 0, 1)
        tensor([[0., 0.],
                [1., 2.]])
    """
    x = dimensions.tensor("select_scatter", input)
    part = select(x.detach(), dim, index)
    src = _source("select_scatter", x, src, tuple(part.raw.shape))
    dim = normalized_dim(operator.index(dim), x.raw.ndim)
    return ops.select_scatter(x, src, key=(*[slice(None)] * dim, operator.index(index), ...))


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """Return ``input`` with a slice of a dimension replaced by ``src``.

    Args:
        input: The tensor.
        src: What to put there.
        dim: The dimension.
        start: Where the slice begins; negative ones count from the end.
        end: Where it ends.
        step: How far apart its elements are.

    Returns:
        A new tensor.

    Shape:
        - src: that of the slice.
        - Output: that of ``input``.

    Raises:
        IndexError: if the dimension is out of range.
        RuntimeError: if the shapes don't match, or the step is not positive.

    Example::

        >>> import plugrad
        >>> plugrad.slice_scatter(plugrad.zeros(4), plugrad.tensor([1.0, 2.0]), start=0, end=4, step=2)
        tensor([1., 0., 2., 0.])
    """
    x = dimensions.tensor("slice_scatter", input)
    shape = x.raw.shape
    if not shape:
        raise IndexError(with_hint("slice() cannot be applied to a 0-dim tensor.", "it has no dimension."))
    dim = normalized_dim(arguments.as_int("slice_scatter", "dim", 3, dim), len(shape))
    bounds = [None if n is None else arguments.as_int("slice_scatter", "start", 4, n) for n in (start, end)]
    step = arguments.as_int("slice_scatter", "step", 6, step)
    if step <= 0:
        raise RuntimeError(with_hint("slice step must be positive", "flip() reverses a dimension."))
    part = slice(*slice(bounds[0], bounds[1], step).indices(shape[dim]))
    if part.stop < part.start:
        part = slice(part.start, part.start, step)
    count = len(range(part.start, part.stop, step))
    src = _source("slice_scatter", x, src, (*shape[:dim], count, *shape[dim + 1 :]))
    return ops.slice_scatter(x, src, key=(*[slice(None)] * dim, part, ...))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return ``input`` with a diagonal replaced by ``src``.

    Args:
        input: A tensor of at least two dimensions.
        src: What to put there.
        offset: Which diagonal: 0 is the main one, positive ones are above it.
        dim1: The first dimension of the diagonal.
        dim2: The second.

    Returns:
        A new tensor.

    Shape:
        - src: that of ``input.diagonal(offset, dim1, dim2)``.
        - Output: that of ``input``.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if the shapes don't match.

    Example::

        >>> import plugrad
        >>> plugrad.diagonal_scatter(plugrad.zeros(2, 2), plugrad.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    x = dimensions.tensor("diagonal_scatter", input)
    part = x.detach().diagonal(offset, dim1, dim2)
    src = _source("diagonal_scatter", x, src, tuple(part.raw.shape))
    axis1, axis2 = normalized_dim(dim1, x.raw.ndim), normalized_dim(dim2, x.raw.ndim)
    return ops.diagonal_scatter(x, src, offset=offset, axis1=axis1, axis2=axis2)


def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """Return a copy of a part of a dimension: ``narrow``, without sharing memory.

    Args:
        input: The tensor.
        dim: The dimension.
        start: The first index; negative ones count from the end.
        length: How many.

    Returns:
        A new tensor.

    Raises:
        IndexError: if the dimension or the start is out of range.
        RuntimeError: if the part ends beyond the dimension.

    Example::

        >>> import plugrad
        >>> plugrad.narrow_copy(plugrad.tensor([1, 2, 3, 4]), 0, 1, 2)
        tensor([2, 3])
    """
    return ops.clone(narrow(input, dim, start, length))


# -- strides ---------------------------------------------------------------------------------------------------------


def _strided(name: str, input: Any, size: Any, stride: Any, offset: Any) -> tuple[Any, dict[str, Any]]:
    x = dimensions.tensor(name, input)
    size = layout.sizes(name, (size,), "size", {})
    stride = layout.sizes(name, (stride,), "stride", {})
    offset = 0 if offset is None else arguments.as_int(name, "storage_offset", 4, offset)
    if len(size) != len(stride):
        raise RuntimeError(with_hint("mismatch in length of strides and shape", f"{len(stride)} and {len(size)}."))
    if any([n < 0 for n in size]):
        raise RuntimeError(
            with_hint(
                f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}",
                "sizes are zero or more.",
            )
        )
    if any([step < 0 for step in stride]):
        raise RuntimeError(
            with_hint(
                f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}",
                "flip() reverses a dimension.",
            )
        )
    if offset < 0:
        raise RuntimeError(with_hint(f"Tensor: invalid storage offset {offset}", "it counts elements from the first."))
    _check_storage(x, size, stride, offset)
    return x, {"size": size, "stride": stride, "offset": offset}


#: Views with the elements of their base in the same order.
_IN_ORDER: Final = frozenset(("reshape", "basic_alias", "basic_unsqueeze", "expand_dims", "squeeze"))


def _is_whole(x: Any) -> bool:
    """Whether the elements of a tensor are all that its memory has, in order."""
    while x is not None:
        if not x.device.backend.in_order(x.raw) or any([name not in _IN_ORDER for name, _, _ in x.steps or ()]):
            return False
        x = x.base if x.base is not None else x.detached_from
    return True


def _check_storage(x: Any, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> None:
    if not _is_whole(x):
        raise RuntimeError(
            with_hint(
                "as_strided: this tensor is a view of a part, or its elements do not lie in order; plugrad reads no "
                "memory beside a tensor's own elements",
                "x.contiguous().clone().as_strided(...) reads its elements in order.",
            )
        )
    count = x.numel()
    needed = 0 if 0 in size else offset + 1 + sum([(n - 1) * step for n, step in zip(size, stride, strict=True)])
    if needed > count:
        width = x.dtype.itemsize
        raise RuntimeError(
            with_hint(
                f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
                f"{width} requiring a storage size of {needed * width} are out of bounds for storage of size "
                f"{count * width}",
                f"the tensor has {count} elements.",
            )
        )


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    r"""Return a view of elements that lie so far apart in memory.

    .. math:: y_{i_1 \ldots i_n} = \text{flat}(x)_{\text{offset} + \sum_k i_k\, \text{stride}_k}

    Args:
        input: A contiguous tensor.
        size: The shape of the result.
        stride: For each dimension, how many elements lie between neighbours.
        storage_offset: The place of the first element.

    Returns:
        A view. Where it names a place twice it can't be changed in place.

    Raises:
        RuntimeError: for places outside of the tensor, and for views of parts.

    Differs from PyTorch:
        A view of a part of a tensor, or one in another order, is refused: PyTorch reads the memory around it.

    Example::

        >>> import plugrad
        >>> plugrad.as_strided(plugrad.arange(4), (3, 2), (1, 1))
        tensor([[0, 1],
                [1, 2],
                [2, 3]])
    """
    x, options = _strided("as_strided", input, size, stride, storage_offset)
    return ops.as_strided(x, **options)


def as_strided_scatter(input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Return ``input`` with the elements that ``as_strided`` reads replaced by ``src``.

    Args:
        input: A contiguous tensor.
        src: What to put there.
        size: The shape of ``src``.
        stride: For each dimension, how many elements lie between neighbours.
        storage_offset: The place of the first element.

    Returns:
        A new tensor.

    Raises:
        RuntimeError: for places outside of the tensor or named twice, and for views of parts.

    Example::

        >>> import plugrad
        >>> plugrad.as_strided_scatter(plugrad.zeros(4), plugrad.tensor([1.0, 2.0]), (2,), (3,))
        tensor([1., 0., 0., 2.])
    """
    x, options = _strided("as_strided_scatter", input, size, stride, storage_offset)
    src = _source("as_strided_scatter", x, src, options["size"])
    if overlapping(options["size"], options["stride"]):
        raise RuntimeError(
            with_hint(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                "location. Please clone() the tensor before performing the operation.",
                "these strides name a place twice.",
            )
        )
    return ops.as_strided_scatter(x, src, **options)


# -- in place --------------------------------------------------------------------------------------------------------


def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Put a number on the main diagonal of this tensor.

    Args:
        self: A tensor of at least two dimensions, all of one size if there are more than two.
        fill_value: The number.
        wrap: Go on with the diagonal below a square, of a matrix that has more rows than columns.

    Returns:
        This tensor.

    Raises:
        RuntimeError: for other shapes.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 2).fill_diagonal_(5)
        tensor([[5., 0.],
                [0., 5.]])
    """
    shape = self.raw.shape
    if len(shape) < 2:
        raise RuntimeError(with_hint("dimensions must larger than 1", f"the tensor has shape {list(shape)}."))
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError(
            with_hint("all dimensions of input must be of equal length", f"the tensor has shape {list(shape)}.")
        )
    if wrap.__class__ is not bool:
        raise mistyped("fill_diagonal_", "wrap", 2, "bool", wrap)
    value = arguments.as_number("fill_diagonal_", "fill_value", 1, fill_value)
    if isinstance(value, float) and not self.dtype.is_inexact:
        value = int(value)  # cut, as PyTorch does here
    value = arguments.converted(value, self.dtype)
    check_writable(self)
    count = min(shape)
    ordinal = ops.arange(count, device=self.device)
    places = (ordinal,) * len(shape)
    if wrap and len(shape) == 2 and shape[0] > shape[1] > 0:
        rows, columns = shape
        # The flat positions are columns + 1 apart, so that a row without a diagonal follows each square.
        lines = [i for i in range(rows) if i % (columns + 1) < columns]
        ordinal = self.new_tensor(lines, dtype=ordinal.dtype)
        places = (ordinal, ordinal % (columns + 1))
    return writing.change(ops.index_put.op, self, (places, value), {"axes": tuple(range(len(shape)))})


class PatchingMethods:
    """The methods of this chapter."""

    __slots__ = ()

    select_scatter = select_scatter
    slice_scatter = slice_scatter
    diagonal_scatter = diagonal_scatter
    narrow_copy = narrow_copy
    as_strided = as_strided
    as_strided_scatter = as_strided_scatter
    fill_diagonal_ = fill_diagonal_
