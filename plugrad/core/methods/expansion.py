"""Broadcasting under PyTorch's names: expand, broadcast_to, broadcast_tensors."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, joining, layout
from plugrad.core.promote import wrong_type
from plugrad.core.size import Size
from plugrad.core.value import Value

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "broadcast_tensors", "broadcast_to"]


def expand(input: Any, *size: Any, **names: Any) -> Any:
    """Return a view with dimensions of size 1 made larger, and new ones in front, without a copy.

    Args:
        input: The tensor.
        size: The sizes, one by one or as one sequence. -1 keeps a size.
        names: ``size=`` by name.

    Returns:
        A view whose elements share memory, so that it can't be changed in place.

    Raises:
        RuntimeError: if a dimension that is not 1 would change.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([[1], [2]]).expand(-1, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    names.pop("implicit", None)
    return _expanded(input, layout.sizes("expand", size, "size", names))


def _expanded(x: Any, size: tuple[int, ...]) -> Any:
    shape = x.raw.shape
    extra = len(size) - len(shape)
    if extra < 0:
        raise RuntimeError(
            f"expand(plugrad.{x.dtype.legacy_name}Tensor{{{list(shape)}}}, size={list(size)}): the number "
            f"of sizes provided ({len(size)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(shape)})"
        )
    wanted = []
    for i, n in enumerate(size):
        if i < extra:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
                )
        else:
            old = shape[i - extra]
            if n == -1:
                n = old
            elif n != old and (old != 1 or n < 0):
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) must match the existing size ({old}) at "
                    f"non-singleton dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
                )
        wanted.append(n)
    return ops.broadcast_to(x, shape=tuple(wanted))


def expand_as(input: Any, other: Any) -> Any:
    """Return a view expanded to the shape of another tensor; see ``expand``."""
    if not isinstance(other, Value):
        raise wrong_type("expand_as", "other", 1, other)
    return _expanded(input, tuple(other.raw.shape))


def broadcast_to(input: Any, *size: Any, **names: Any) -> Any:
    """Return a view broadcast to a shape; see ``expand``.

    Args:
        input: The tensor.
        size: The shape.
        names: ``size=`` by name.

    Returns:
        A view.

    Raises:
        RuntimeError: if a dimension that is not 1 would change.

    Example::

        >>> import plugrad
        >>> plugrad.broadcast_to(plugrad.tensor([1, 2]), (2, 2))
        tensor([[1, 2],
                [1, 2]])
    """
    return _expanded(dimensions.tensor("broadcast_to", input), layout.sizes("broadcast_to", size, "size", names))


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that all of these broadcast to.

    Args:
        shapes: Shapes, or sizes of one dimension.

    Returns:
        A shape.

    Raises:
        RuntimeError: if there is none.

    Example::

        >>> import plugrad
        >>> plugrad.broadcast_shapes((2, 1), (3,))
        plugrad.Size([2, 3])
    """
    found: list[int] = []
    for i, shape in enumerate(shapes):
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        found = [1] * (len(shape) - len(found)) + found
        for k in range(-1, -1 - len(shape), -1):
            if shape[k] not in (1, found[k]):
                if found[k] != 1:
                    raise RuntimeError(
                        f"Attempting to broadcast a dimension of length {shape[k]} at {k}! Mismatching "
                        f"argument at index {i} had {shape}; but expected shape should be broadcastable to "
                        f"{found}"
                    )
                found[k] = shape[k]
    return Size(found)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Return views of tensors, all broadcast to one shape.

    Args:
        tensors: The tensors.

    Returns:
        A tuple of them; what has the shape already is returned itself.

    Raises:
        RuntimeError: if they do not broadcast together.

    Example::

        >>> import plugrad
        >>> a, b = plugrad.broadcast_tensors(plugrad.tensor([[1], [2]]), plugrad.tensor([3, 4]))
        >>> a.shape == b.shape
        True
    """
    for i, x in enumerate(tensors):
        if not isinstance(x, Value):
            raise joining.no_tensor(x, i)
    return tuple(dispatch.FUNCTIONS["broadcast_arrays"](*tensors))


def _at_least(name: str, tensors: tuple[Any, ...], ndim: int) -> Any:
    sequence = tensors
    if len(tensors) == 1:
        if isinstance(tensors[0], Value):
            return joining.at_least(tensors[0], ndim)
        if not isinstance(tensors[0], (tuple, list)):
            raise dimensions.refused(name, tensors[0])
        sequence = tuple(tensors[0])
    for i, x in enumerate(sequence):
        if not isinstance(x, Value):
            raise joining.no_tensor(x, i)
    return tuple([joining.at_least(x, ndim) for x in sequence])


def atleast_1d(*tensors: Any) -> Any:
    """Return tensors with one dimension at least: views of those that have none.

    Args:
        tensors: The tensors, one by one or as one sequence.

    Returns:
        A tensor for one tensor, else a tuple.

    Example::

        >>> import plugrad
        >>> plugrad.atleast_1d(plugrad.tensor(1))
        tensor([1])
    """
    return _at_least("atleast_1d", tensors, 1)


def atleast_2d(*tensors: Any) -> Any:
    """Return tensors with two dimensions at least, vectors as rows: views of those that have fewer.

    Args:
        tensors: The tensors, one by one or as one sequence.

    Returns:
        A tensor for one tensor, else a tuple.

    Example::

        >>> import plugrad
        >>> plugrad.atleast_2d(plugrad.tensor([1, 2]))
        tensor([[1, 2]])
    """
    return _at_least("atleast_2d", tensors, 2)


def atleast_3d(*tensors: Any) -> Any:
    """Return tensors with three dimensions at least: views of those that have fewer.

    Args:
        tensors: The tensors, one by one or as one sequence.

    Returns:
        A tensor for one tensor, else a tuple.

    Shape:
        - Output: (1, n, 1) of a vector of n elements, (n, m, 1) of a matrix.

    Example::

        >>> import plugrad
        >>> plugrad.atleast_3d(plugrad.tensor([1, 2])).shape
        plugrad.Size([1, 2, 1])
    """
    return _at_least("atleast_3d", tensors, 3)


def sum_to_size(input: Any, *size: Any, **names: Any) -> Any:
    """Return sums over dimensions so that a shape is left that broadcasts to this one.

    Args:
        input: The tensor.
        size: The shape, one by one or as one sequence.
        names: ``size=`` by name.

    Returns:
        A tensor of that shape.

    Raises:
        RuntimeError: if the shape does not broadcast to that of the tensor.

    Example::

        >>> import plugrad
        >>> plugrad.ones(2, 3).sum_to_size(2, 1)
        tensor([[3.],
                [3.]])
    """
    x = dimensions.tensor("sum_to_size", input)
    shape = layout.sizes("sum_to_size", size, "size", names)
    old = tuple(x.raw.shape)
    extra = len(old) - len(shape)
    if extra < 0 or any([n not in (1, old[extra + i]) for i, n in enumerate(shape)]):
        raise RuntimeError(
            with_hint(
                f"size {{{list(shape)}}} is not expandable to size {{{list(old)}}}.",
                "each size is 1 or stays, counted from the last.",
            )
        )
    if shape == old:
        return x
    axis = tuple([i for i in range(len(old)) if i < extra or (shape[i - extra] == 1 and old[i] != 1)])
    return ops.reshape(x.sum(axis, keepdim=True), shape=shape)


def ndimension(self: Any) -> int:
    """Return the number of dimensions: another name of ``dim``.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 3).ndimension()
        2
    """
    return len(self.raw.shape)


class ExpansionMethods:
    """The methods of this chapter."""

    __slots__ = ()

    expand = expand
    expand_as = expand_as
    broadcast_to = broadcast_to
    sum_to_size = sum_to_size
    ndimension = ndimension
