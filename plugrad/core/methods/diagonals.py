"""Triangles, diagonals and windows, under PyTorch's names."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.inplace import update
from plugrad.core.methods import dimensions

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "trace", "tril", "triu"]


def _triangle(name: str, input: Any, diagonal: Any) -> tuple[Any, int]:
    x = dimensions.tensor(name, input)
    diagonal = arguments.as_int(name, "diagonal", 1, diagonal)
    if x.raw.ndim < 2:
        raise RuntimeError(
            with_hint(f"{name}: input tensor must have at least 2 dimensions", f"it has shape {list(x.raw.shape)}.")
        )
    return x, diagonal


def tril(input: Any, diagonal: int = 0) -> Any:
    """Return the lower triangle of a matrix, or of each of a batch; 0 above it.

    Args:
        input: A tensor of at least two dimensions.
        diagonal: The last diagonal that belongs to it: 0 is the main one, positive ones are above it.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: for fewer dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.tril(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[1, 0],
                [3, 4]])
    """
    x, diagonal = _triangle("tril", input, diagonal)
    return ops.tril(x, k=diagonal)


def tril_(input: Any, diagonal: int = 0) -> Any:
    """In-place form of ``tril``.

    Returns:
        This tensor.
    """
    x, diagonal = _triangle("tril_", input, diagonal)
    return update(ops.tril.op, x, (), {"k": diagonal})


def triu(input: Any, diagonal: int = 0) -> Any:
    """Return the upper triangle of a matrix, or of each of a batch; 0 below it.

    Args:
        input: A tensor of at least two dimensions.
        diagonal: The first diagonal that belongs to it: 0 is the main one, positive ones are above it.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: for fewer dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.triu(plugrad.tensor([[1, 2], [3, 4]]), 1)
        tensor([[0, 2],
                [0, 0]])
    """
    x, diagonal = _triangle("triu", input, diagonal)
    return ops.triu(x, k=diagonal)


def triu_(input: Any, diagonal: int = 0) -> Any:
    """In-place form of ``triu``.

    Returns:
        This tensor.
    """
    x, diagonal = _triangle("triu_", input, diagonal)
    return update(ops.triu.op, x, (), {"k": diagonal})


def _planes(name: str, ndim: int, dim1: Any, dim2: Any) -> tuple[int, int]:
    """The two dimensions of a diagonal."""
    axis1 = normalized_dim(arguments.as_int(name, "dim1", 2, dim1), ndim)
    axis2 = normalized_dim(arguments.as_int(name, "dim2", 3, dim2), ndim)
    if axis1 == axis2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return axis1, axis2


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return a diagonal of two dimensions as the last dimension of a view.

    Args:
        input: A tensor of at least two dimensions.
        offset: Which: 0 is the main one, positive ones are above it.
        dim1: The first dimension.
        dim2: The second.

    Returns:
        A view.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if both are the same.

    Example::

        >>> import plugrad
        >>> plugrad.diagonal(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([1, 4])
    """
    x = dimensions.tensor("diagonal", input)
    offset = arguments.as_int("diagonal", "offset", 1, offset)
    axis1, axis2 = _planes("diagonal", x.raw.ndim, dim1, dim2)
    return ops.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Return a tensor with the last dimension of another on a diagonal of two dimensions, and 0 elsewhere.

    Args:
        input: A tensor of at least one dimension.
        offset: Which diagonal: 0 is the main one, positive ones are above it.
        dim1: The first dimension of the result.
        dim2: The second.

    Returns:
        A tensor with one dimension more.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if both are the same.

    Example::

        >>> import plugrad
        >>> plugrad.diag_embed(plugrad.tensor([1, 2]), 1)
        tensor([[0, 1, 0],
                [0, 0, 2],
                [0, 0, 0]])
    """
    x = dimensions.tensor("diag_embed", input)
    offset = arguments.as_int("diag_embed", "offset", 1, offset)
    ndim = x.raw.ndim
    axis1, axis2 = _planes("diag_embed", ndim + 1, dim1, dim2)
    size = x.raw.shape[-1] + abs(offset)
    lead = list(x.raw.shape[:-1])
    for axis in sorted((axis1, axis2)):
        lead.insert(axis, size)
    return ops.embed_diagonal(x, shape=tuple(lead), offset=offset, axis1=axis1, axis2=axis2)


def diag(input: Any, diagonal: int = 0) -> Any:
    """Return a matrix with a vector on a diagonal, or a copy of a diagonal of a matrix.

    Args:
        input: A vector or a matrix.
        diagonal: Which: 0 is the main one, positive ones are above it.

    Returns:
        A matrix or a vector.

    Raises:
        RuntimeError: for other tensors.

    Example::

        >>> import plugrad
        >>> plugrad.diag(plugrad.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    x = dimensions.tensor("diag", input)
    offset = arguments.as_int("diag", "diagonal", 1, diagonal)
    ndim = x.raw.ndim
    if ndim == 1:
        return diag_embed(x, offset)
    if ndim == 2:
        return ops.clone(ops.diagonal(x, offset=offset))
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")


def diagflat(input: Any, offset: int = 0) -> Any:
    """Return a matrix with the elements of a tensor, flattened, on a diagonal.

    Args:
        input: The tensor.
        offset: Which diagonal: 0 is the main one, positive ones are above it.

    Returns:
        A matrix.

    Example::

        >>> import plugrad
        >>> plugrad.diagflat(plugrad.tensor([[1], [2]]))
        tensor([[1, 0],
                [0, 2]])
    """
    return diag_embed(ops.reshape(dimensions.tensor("diagflat", input), shape=(-1,)), offset)


def trace(input: Any) -> Any:
    """Return the sum of the main diagonal of a matrix.

    Args:
        input: A matrix.

    Returns:
        A tensor without dimensions.

    Raises:
        RuntimeError: for other tensors.

    Example::

        >>> import plugrad
        >>> plugrad.trace(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(5.)
    """
    x = dimensions.tensor("trace", input)
    if x.raw.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {x.raw.ndim}")
    if x.dtype is dtypes.bool_:
        raise NotImplementedError(with_hint("\"trace\" not implemented for 'Bool'", "convert first: x.int()."))
    if not x.dtype.is_inexact:
        x = x.to(dtypes.int64)
    return ops.trace(x)


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Return a view of all windows of a size along a dimension; the inside of a window is the last one.

    Args:
        input: The tensor.
        dimension: The dimension.
        size: The size of a window.
        step: How far apart windows start.

    Returns:
        A view whose windows may share memory.

    Raises:
        IndexError: if the dimension is out of range.
        RuntimeError: if a window is larger than the dimension, or the step is not positive.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1, 2, 3, 4]).unfold(0, 2, 1)
        tensor([[1, 2],
                [2, 3],
                [3, 4]])
    """
    x = dimensions.tensor("unfold", input)
    axis = normalized_dim(arguments.as_int("unfold", "dimension", 1, dimension), x.raw.ndim)
    size = arguments.as_int("unfold", "size", 2, size)
    step = arguments.as_int("unfold", "step", 3, step)
    n = x.raw.shape[axis] if x.raw.shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not x.raw.shape:
        return (
            ops.reshape(x, shape=(1,)) if size else ops.basic_slice(ops.reshape(x, shape=(1,)), key=(slice(0, 0, 1),))
        )
    return ops.unfold(x, axis=axis, size=size, step=step)


class DiagonalMethods:
    """The methods of this chapter."""

    __slots__ = ()

    tril = tril
    tril_ = tril_
    triu = triu
    triu_ = triu_
    diagonal = diagonal
    diag = diag
    diag_embed = diag_embed
    diagflat = diagflat
    trace = trace
    unfold = unfold
