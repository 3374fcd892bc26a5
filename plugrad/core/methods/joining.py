"""Joining tensors under PyTorch's names."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.core import arguments, dispatch, ops
from plugrad.core.arguments import mistyped, type_name
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.promote import common_device, result_type
from plugrad.core.value import Value

__all__ = [
    "cat",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "row_stack",
    "stack",
    "vstack",
]


def no_tensor(value: Any, i: int) -> TypeError:
    """PyTorch's error for an element of a sequence of tensors that is none."""
    return TypeError(
        with_hint(
            f"expected Tensor as element {i} in argument 0, but got {type_name(value)}",
            "make tensors of all.",
        )
    )


def _tensors(name: str, tensors: Any) -> Any:
    """A sequence of tensors on one device, or PyTorch's error."""
    if not isinstance(tensors, (tuple, list)):
        raise mistyped(name, "tensors", 1, "tuple of Tensors", tensors)
    for i, x in enumerate(tensors):
        if not isinstance(x, Value):
            raise no_tensor(x, i)
    return tensors


def cat(tensors: Any, dim: int = 0, *, axis: Any = None) -> Any:
    """Return tensors one after the other along a dimension.

    Args:
        tensors: A sequence of tensors that agree in all other dimensions. Vectors without elements fit
            everything.
        dim: The dimension.
        axis: NumPy's name of ``dim``.

    Returns:
        A tensor, in the dtype that all promote to.

    Raises:
        RuntimeError: if the shapes do not fit.
        ValueError: if there are no tensors.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.cat([plugrad.tensor([1, 2]), plugrad.tensor([3])])
        tensor([1, 2, 3])
    """
    return _cat("cat", tensors, dim if axis is None else axis)


def _cat(name: str, tensors: Any, dim: Any) -> Any:
    given = _tensors(name, tensors)
    if not given:
        raise ValueError(with_hint("plugrad.cat(): expected a non-empty list of Tensors", "there is nothing to join."))
    if dim.__class__ is not int:
        dim = arguments.as_int(name, "dim", 2, dim)
    first = given[0].raw.shape
    axis = dim if dim >= 0 else dim + len(first)
    fits = 0 <= axis < len(first)
    if fits and len(first) > 0:
        # The usual case, checked in one look per tensor.
        before, after = first[:axis], first[axis + 1 :]
        for x in given:
            shape = x.raw.shape
            if len(shape) != len(first) or shape[:axis] != before or shape[axis + 1 :] != after:
                fits = False
                break
    if not fits or (first == (0,) and len(given) > 1):
        return _joined(given, dim)
    return ops.concat(given, axis=axis)


def _joined(given: Any, dim: int) -> Any:
    """Join what does not fit at first sight: with vectors of no elements among them, or PyTorch's error."""
    common_device("cat", given)
    for i, x in enumerate(given):
        if not x.raw.shape:
            raise RuntimeError(
                with_hint(
                    f"zero-dimensional tensor (at position {i}) cannot be concatenated",
                    "stack joins them along a new dimension.",
                )
            )
    kept = [(i, x) for i, x in enumerate(given) if tuple(x.raw.shape) != (0,)]
    if not kept:
        return ops.concat(given, axis=0)
    shape = kept[0][1].raw.shape
    axis = normalized_dim(dim, len(shape))
    for i, x in kept:
        other = x.raw.shape
        if len(other) != len(shape):
            raise RuntimeError(
                with_hint(
                    f"Tensors must have same number of dimensions: got {len(shape)} and {len(other)}",
                    f"tensor {kept[0][0]} has shape {list(shape)}, tensor {i} has {list(other)}.",
                )
            )
        for k, (n, m) in enumerate(zip(shape, other, strict=True)):
            if n != m and k != axis:
                raise RuntimeError(
                    with_hint(
                        f"Sizes of tensors must match except in dimension {axis}. Expected size {n} but got "
                        f"size {m} for tensor number {i} in the list.",
                        f"tensor {kept[0][0]} has shape {list(shape)}, tensor {i} has {list(other)}.",
                    )
                )
    return dispatch.cast(ops.concat([x for _, x in kept], axis=axis), result_type(given))


def concat(tensors: Any, dim: int = 0, *, axis: Any = None) -> Any:
    """Return tensors one after the other along a dimension: another name of ``cat``.

    Example::

        >>> import plugrad
        >>> plugrad.concat([plugrad.tensor([1]), plugrad.tensor([2])])
        tensor([1, 2])
    """
    return _cat("concat", tensors, dim if axis is None else axis)


def concatenate(tensors: Any, dim: int = 0, *, axis: Any = None) -> Any:
    """Return tensors one after the other along a dimension: another name of ``cat``.

    Example::

        >>> import plugrad
        >>> plugrad.concatenate([plugrad.tensor([1]), plugrad.tensor([2])], axis=0)
        tensor([1, 2])
    """
    return _cat("concatenate", tensors, dim if axis is None else axis)


def stack(tensors: Any, dim: int = 0, *, axis: Any = None) -> Any:
    """Return tensors of one shape along a new dimension.

    Args:
        tensors: A sequence of tensors.
        dim: The new dimension.
        axis: NumPy's name of ``dim``.

    Returns:
        A tensor with one dimension more, in the dtype that all promote to.

    Raises:
        RuntimeError: if the shapes differ, or there are no tensors.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.stack([plugrad.tensor([1, 2]), plugrad.tensor([3, 4])], 1)
        tensor([[1, 3],
                [2, 4]])
    """
    given = _tensors("stack", tensors)
    if not given:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = given[0].raw.shape
    found = dimensions.one("stack", dim if axis is None else axis, len(shape) + 1, 2)
    for i, x in enumerate(given):
        if x.raw.shape != shape:
            raise RuntimeError(
                with_hint(
                    f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                    f"{list(x.raw.shape)} at entry {i}",
                    "cat joins along a dimension that is there already.",
                )
            )
    return ops.stack(given, axis=found)


def at_least(x: Any, ndim: int) -> Any:
    """A number as a vector, a vector as a row, a matrix with a last dimension of 1: ``ndim`` dimensions."""
    shape = tuple(x.raw.shape)
    if len(shape) >= ndim:
        return x
    shape = shape or (1,)
    if ndim >= 2 and len(shape) == 1:
        shape = (1, *shape)
    return ops.reshape(x, shape=(*shape, 1) if ndim == 3 else shape)


def _several(name: str, tensors: Any) -> Any:
    given = _tensors(name, tensors)
    if not given:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return given


def hstack(tensors: Any) -> Any:
    """Return tensors side by side: along the second dimension, vectors and numbers along the first.

    Args:
        tensors: A sequence of tensors.

    Returns:
        A tensor.

    Raises:
        RuntimeError: if the shapes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.hstack([plugrad.tensor([1, 2]), plugrad.tensor([3])])
        tensor([1, 2, 3])
    """
    given = [at_least(x, 1) for x in _several("hstack", tensors)]
    return _cat("cat", given, 0 if given[0].raw.ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Return tensors below each other: along the first dimension, vectors as rows.

    Args:
        tensors: A sequence of tensors.

    Returns:
        A tensor.

    Raises:
        RuntimeError: if the shapes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.vstack([plugrad.tensor([1, 2]), plugrad.tensor([3, 4])])
        tensor([[1, 2],
                [3, 4]])
    """
    return _cat("cat", [at_least(x, 2) for x in _several("vstack", tensors)], 0)


def row_stack(tensors: Any) -> Any:
    """Return tensors below each other: another name of ``vstack``.

    Example::

        >>> import plugrad
        >>> plugrad.row_stack([plugrad.tensor([1, 2]), plugrad.tensor([3, 4])])
        tensor([[1, 2],
                [3, 4]])
    """
    return vstack(tensors)


def dstack(tensors: Any) -> Any:
    """Return tensors behind each other: along the third dimension.

    Args:
        tensors: A sequence of tensors.

    Returns:
        A tensor.

    Raises:
        RuntimeError: if the shapes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.dstack([plugrad.tensor([1, 2]), plugrad.tensor([3, 4])]).shape
        plugrad.Size([1, 2, 2])
    """
    return _cat("cat", [at_least(x, 3) for x in _several("dstack", tensors)], 2)


def column_stack(tensors: Any) -> Any:
    """Return tensors side by side, vectors as columns.

    Args:
        tensors: A sequence of tensors.

    Returns:
        A tensor.

    Raises:
        RuntimeError: if the shapes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.column_stack([plugrad.tensor([1, 2]), plugrad.tensor([3, 4])])
        tensor([[1, 3],
                [2, 4]])
    """
    given = _several("column_stack", tensors)
    columns = [x if x.raw.ndim > 1 else ops.reshape(x, shape=(math.prod(x.raw.shape), 1)) for x in given]
    return _cat("cat", columns, 1)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Return the coordinates of a grid whose axes are given by vectors: views.

    Args:
        tensors: Vectors or numbers, or one sequence of them.
        indexing: ``"ij"``: dimension i belongs to vector i; ``"xy"``: the first two exchanged. ``"ij"`` by default,
            with a warning.

    Returns:
        A tuple of expanded tensors, all of the grid's shape.

    Raises:
        RuntimeError: for matrices, and for different dtypes.

    Example::

        >>> import plugrad
        >>> x, y = plugrad.meshgrid(plugrad.tensor([1, 2]), plugrad.tensor([3, 4, 5]), indexing="ij")
        >>> x
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing is None:
        warnings.warn(
            "plugrad.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=2,
        )
        indexing = "ij"
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'plugrad.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for i, x in enumerate(_tensors("meshgrid", tensors)):
        if x.raw.ndim > 1:
            raise RuntimeError(
                with_hint(
                    "plugrad.meshgrid: Expected 0D or 1D tensor in the tensor list but got: " + repr(x),
                    f"tensor {i} has shape {list(x.raw.shape)}.",
                )
            )
        if x.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    vectors = [at_least(x, 1) for x in tensors]
    return tuple(dispatch.FUNCTIONS["meshgrid"](*vectors, indexing=indexing))
