"""PyTorch's names for reading and writing where a mask is true, and for where that is."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.dispatch import broadcast_shapes
from plugrad.core.errors import with_hint
from plugrad.core.inplace import check_shape
from plugrad.core.methods import writing
from plugrad.core.methods.along import tensor
from plugrad.core.methods.slices import fill_value
from plugrad.core.value import Value

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero"]

# C++'s names of dtypes, as PyTorch's message has them.
_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64":
    "long int",
    "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def _masked_fill(name: str, x: Any, mask: Any, value: Any, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    tensor(name, "mask", 2, mask)
    value = fill_value("masked_fill_", x, value)
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            with_hint(
                "masked_fill_ only supports boolean masks, but got mask with dtype "
                f"{_C_NAMES.get(mask.dtype.name, mask.dtype.name)}",
                "mask.bool(), or a comparison such as mask != 0, makes one.",
            )
        )
    shape = tuple(x.raw.shape)
    function = ops.masked_fill_tensor if isinstance(value, Value) else ops.masked_fill
    if in_place:
        check_shape(x, broadcast_shapes(shape, tuple(mask.raw.shape)))
        return writing.change(function.op, x, (mask, value), {})
    broadcast_shapes(tuple(mask.raw.shape), shape)
    return function(x, mask, value)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """Return ``input`` with one value where a mask is true.

    Args:
        input: The tensor.
        mask: A bool tensor that broadcasts with ``input``.
        value: A number or a tensor of no dimension.

    Returns:
        A new tensor of the broadcast shape.

    Raises:
        RuntimeError: if the mask is not bool, the shapes don't match, or the value has dimensions or does not
            fit.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, -2.0, 3.0])
        >>> plugrad.masked_fill(x, x < 0, 0)
        tensor([1., 0., 3.])
    """
    return _masked_fill("masked_fill", input, mask, value, False)


def masked_fill_(self: Any, mask: Any, value: Any) -> Any:
    """In-place form of ``masked_fill``: the mask must broadcast to this tensor's shape.

    Returns:
        This tensor.
    """
    return _masked_fill("masked_fill_", self, mask, value, True)


def masked_select(input: Any, mask: Any) -> Any:
    """Return the elements where a mask is true, in one dimension.

    Args:
        input: The tensor.
        mask: A bool tensor that broadcasts with ``input``.

    Returns:
        A new tensor of one dimension, as long as the mask is often true.

    Raises:
        RuntimeError: if the mask is not bool or the shapes don't match.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1, 2], [3, 4]])
        >>> plugrad.masked_select(x, x > 2)
        tensor([3, 4])
    """
    tensor("masked_select", "input", 1, input)
    tensor("masked_select", "mask", 2, mask)
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(with_hint("masked_select: expected BoolTensor for mask", f"this one is {mask.dtype}."))
    shape = broadcast_shapes(tuple(mask.raw.shape), tuple(input.raw.shape))
    if not shape:
        mask = ops.reshape(mask, shape=(1,))
    return ops.masked_select(input, mask)


def _masked_scatter(name: str, x: Any, mask: Any, source: Any, in_place: bool) -> Any:
    tensor(name, "input", 1, x)
    tensor(name, "mask", 2, mask)
    tensor(name, "source", 3, source)
    if source.dtype is not x.dtype:
        # Without a space: PyTorch's own words.
        raise RuntimeError(
            with_hint(
                f"{name.rstrip('_')}: expected self and source to have same dtypes but "
                f"got{x.dtype.legacy_name} and {source.dtype.legacy_name}",
                f"use source.to({x.dtype}).",
            )
        )
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            with_hint(
                f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.legacy_name}",
                "mask.bool(), or a comparison such as mask != 0, makes one.",
            )
        )
    shape = tuple(x.raw.shape)
    common = broadcast_shapes(shape, tuple(mask.raw.shape))
    try:
        if in_place:
            check_shape(x, common)
            return writing.change(ops.masked_scatter.op, x, (mask, source), {})
        return ops.masked_scatter(x, mask, source)
    except IndexError:
        raise RuntimeError(
            with_hint(
                "Number of elements of source < number of ones in mask",
                f"the source has {source.numel()} elements.",
            )
        ) from None


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """Return ``input`` with the elements of ``source``, in order, where a mask is true.

    Args:
        input: The tensor.
        mask: A bool tensor that broadcasts with ``input``.
        source: A tensor of the same dtype with at least as many elements as the mask is often true.

    Returns:
        A new tensor of the broadcast shape.

    Raises:
        RuntimeError: if dtypes or shapes don't match or the source has too few elements.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1, 2, 3, 4])
        >>> plugrad.masked_scatter(x, x > 2, plugrad.tensor([10, 20, 30]))
        tensor([ 1,  2, 10, 20])
    """
    return _masked_scatter("masked_scatter", input, mask, source, False)


def masked_scatter_(self: Any, mask: Any, source: Any) -> Any:
    """In-place form of ``masked_scatter``.

    Returns:
        This tensor.
    """
    return _masked_scatter("masked_scatter_", self, mask, source, True)


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the indices of all elements that are not zero.

    Args:
        input: The tensor.
        as_tuple: Return a tuple of vectors, one for each dimension, with which ``input`` can be indexed.

    Returns:
        An int64 tensor of shape (number of elements, number of dimensions), or the tuple of its columns.

    Example::

        >>> import plugrad
        >>> plugrad.nonzero(plugrad.tensor([[0, 1], [2, 0]]))
        tensor([[0, 1],
                [1, 0]])
    """
    tensor("nonzero", "input", 1, input)
    if as_tuple:
        return ops.nonzero(input if input.raw.shape else ops.reshape(input, shape=(1,)))
    if not input.raw.shape:
        found = ops.argwhere(ops.reshape(input, shape=(1,)))
        return ops.basic_slice(found, key=(slice(None), slice(0, 0, 1)))
    return ops.argwhere(input)


def argwhere(input: Any) -> Any:
    """Return the indices of all elements that are not zero, one row each.

    Args:
        input: The tensor.

    Returns:
        An int64 tensor of shape (number of elements, number of dimensions).

    Example::

        >>> import plugrad
        >>> plugrad.argwhere(plugrad.tensor([0, 3, 4]))
        tensor([[1],
                [2]])
    """
    return nonzero(input)


class MaskMethods:
    """The methods of this chapter."""

    __slots__ = ()

    masked_fill = masked_fill
    masked_fill_ = masked_fill_
    masked_select = masked_select
    masked_scatter = masked_scatter
    masked_scatter_ = masked_scatter_
    nonzero = nonzero
    argwhere = argwhere
