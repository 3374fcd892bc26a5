"""Repeating, rolling and reversing, under PyTorch's names."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, layout
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

__all__ = ["flip", "fliplr", "flipud", "repeat_interleave", "roll", "rot90", "tile"]


def flip(input: Any, *dims: Any, **names: Any) -> Any:
    """Return a copy in reverse order along dimensions.

    Args:
        input: The tensor.
        dims: The dimensions, one by one or as one sequence.
        names: ``dims=`` by name.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if one is named twice.

    Example::

        >>> import plugrad
        >>> plugrad.flip(plugrad.tensor([1, 2, 3]), (0,))
        tensor([3, 2, 1])
    """
    x = dimensions.tensor("flip", input)
    wanted = layout.sizes("flip", dims, "dims", names)
    axes = dimensions.several("flip", wanted, x.raw.ndim) or ()
    return ops.reverse(x, axis=axes if x.raw.ndim else ())


def fliplr(input: Any) -> Any:
    """Return a copy of a matrix with its columns in reverse order.

    Args:
        input: A tensor of at least two dimensions.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: for fewer dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.fliplr(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[2, 1],
                [4, 3]])
    """
    x = dimensions.tensor("fliplr", input)
    if x.raw.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return ops.reverse(x, axis=(1,))


def flipud(input: Any) -> Any:
    """Return a copy with its rows in reverse order.

    Args:
        input: A tensor of at least one dimension.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: for a tensor without dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.flipud(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[3, 4],
                [1, 2]])
    """
    x = dimensions.tensor("flipud", input)
    if x.raw.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return ops.reverse(x, axis=(0,))


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Return a copy turned by so many quarters, from the first of two dimensions to the second.

    Args:
        input: A tensor of at least two dimensions.
        k: How many quarters; negative ones turn back.
        dims: The two dimensions.

    Returns:
        A new tensor.

    Raises:
        RuntimeError: if there are not two different dimensions.
        IndexError: if one is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.rot90(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[2, 4],
                [1, 3]])
    """
    x = dimensions.tensor("rot90", input)
    k = arguments.as_int("rot90", "k", 2, k)
    given = layout.sizes("rot90", (dims,), "dims", {})
    ndim = x.raw.ndim
    if len(given) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(given)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = given
    axes = tuple([dimensions.one("rot90", d, ndim) for d in given])
    if axes[0] == axes[1]:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {first} and dim1 = {second}")
    return ops.rot90(x, turns=k % 4, axes=axes)


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Return the elements moved along dimensions; what leaves at one end enters at the other.

    Args:
        input: The tensor.
        shifts: How far, for each dimension.
        dims: The dimension or dimensions; the flattened tensor by default.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: if there are not as many shifts as dimensions.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.roll(plugrad.tensor([1, 2, 3]), 1)
        tensor([3, 1, 2])
    """
    x = dimensions.tensor("roll", input)
    by = layout.sizes("roll", (shifts,), "shifts", {})
    along = () if dims is None else layout.sizes("roll", (dims,), "dims", {})
    if not along and len(by) == 1:
        return ops.roll(x, shift=by[0])
    if len(by) != len(along):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(along)}")
    if not x.raw.ndim:
        raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
    return ops.roll(x, shift=by, axis=tuple([dimensions.one("roll", d, x.raw.ndim) for d in along]))


def _repeated(x: Any, times: tuple[int, ...]) -> Any:
    """The tensor repeated as a whole; ``times`` has an entry for every dimension of the result."""
    shape = (1,) * (len(times) - x.raw.ndim) + tuple(x.raw.shape)
    sizes = [n * t for n, t in zip(shape, times, strict=True)]
    for n in sizes:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {sizes}")
    if any([t < 0 for t in times]):
        times = tuple([max(t, 0) for t in times])
    return ops.tile(x, repetitions=times)


def repeat(input: Any, *repeats: Any, **names: Any) -> Any:
    """Return the tensor repeated as a whole along each dimension.

    Args:
        input: The tensor.
        repeats: How often along each dimension of the result, one by one or as one sequence; more than the tensor
            has dimensions means new ones in front.
        names: ``repeats=`` by name.

    Returns:
        A tensor, a copy.

    Raises:
        RuntimeError: if there are fewer repeats than dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    times = layout.sizes("repeat", repeats, "repeats", names)
    if len(times) < input.raw.ndim:
        raise RuntimeError(
            with_hint(
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
                f"it has {input.raw.ndim}; tile takes fewer.",
            )
        )
    return _repeated(input, times)


def tile(input: Any, *dims: Any, **names: Any) -> Any:
    """Return the tensor repeated as a whole along its last dimensions.

    Args:
        input: The tensor.
        dims: How often along each of the last dimensions, one by one or as one sequence.
        names: ``dims=`` by name.

    Returns:
        A tensor, a copy.

    Raises:
        RuntimeError: if a number is negative.

    Example::

        >>> import plugrad
        >>> plugrad.tile(plugrad.tensor([1, 2]), (2,))
        tensor([1, 2, 1, 2])
    """
    x = dimensions.tensor("tile", input)
    times = layout.sizes("tile", dims, "dims", names)
    return _repeated(x, (1,) * (x.raw.ndim - len(times)) + times)


def repeat_interleave(input: Any, repeats: Any = None, dim: Any = None, *, output_size: int | None = None) -> Any:
    """Return the tensor with each element, or each slice along a dimension, repeated in place.

    Args:
        input: The tensor. Alone: a tensor of counts, and the result names each index as often as it says.
        repeats: How often, for all or for each.
        dim: The dimension; the flattened tensor by default.
        output_size: The size of the result in that dimension, if it is known.

    Returns:
        A tensor, a copy.

    Raises:
        RuntimeError: if a number is negative, or there are not as many as elements.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.repeat_interleave(plugrad.tensor([1, 2]), 2)
        tensor([1, 1, 2, 2])
        >>> plugrad.repeat_interleave(plugrad.tensor([[1, 2], [3, 4]]), plugrad.tensor([1, 2]), dim=0)
        tensor([[1, 2],
                [3, 4],
                [3, 4]])
    """
    x = dimensions.tensor("repeat_interleave", input)
    if repeats is None:
        return _numbers(x, output_size)
    if not isinstance(repeats, Value) and not dimensions.is_dim(repeats):
        raise dimensions.refused("repeat_interleave", repeats, *([] if dim is None else [dim]))
    if dim is None:
        x = ops.reshape(x, shape=(-1,))
        dim = 0
    elif not x.raw.shape:
        dim = dimensions.one("repeat_interleave", dim, 0)
        raise IndexError(
            with_hint(f"Dimension specified as {dim} but tensor has no dimensions", "leave dim out to repeat it.")
        )
    axis = dimensions.one("repeat_interleave", dim, x.raw.ndim)
    n = x.raw.shape[axis]
    if isinstance(repeats, Value):
        if repeats.raw.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if repeats.raw.ndim and repeats.raw.shape[0] not in (1, n):
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{repeats.raw.shape[0]} and input.size({axis}) = {n}"
            )
        return ops.index_select(x, _numbers(ops.broadcast_to(repeats, shape=(n,)), output_size), axis=axis)
    times = arguments.as_int("repeat_interleave", "repeats", 1, repeats)
    if times < 0:
        raise RuntimeError("Repeats must be non-negative")
    return ops.repeat_each(x, repeats=times, axis=axis)


def _numbers(repeats: Any, output_size: int | None) -> Any:
    """0, 1, ... each as often as a tensor says."""
    if repeats.dtype not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(
            with_hint(
                f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy_name}'",
                "use x.long().",
            )
        )
    counts = [int(n) for n in repeats.tolist()]
    if any([n < 0 for n in counts]):
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != sum(counts):
        raise RuntimeError("allocated size does not match required size")
    backend, device = repeats.device.backend, repeats.device
    numbers = [i for i, n in enumerate(counts) for _ in range(n)]
    return dispatch.Tensor(backend.asarray(numbers, dtypes.int64, device.index), device, dtypes.int64)


def _repeat(x: Any, repeats: Any, *, axis: Any = None) -> Any:
    """Each element along an axis repeated in place (the standard's function)."""
    return repeat_interleave(x, repeats, axis)


FUNCTIONS["repeat"] = _repeat


class RepetitionMethods:
    """The methods of this chapter."""

    __slots__ = ()

    flip = flip
    fliplr = fliplr
    flipud = flipud
    roll = roll
    rot90 = rot90
    repeat = repeat
    tile = tile
    repeat_interleave = repeat_interleave
