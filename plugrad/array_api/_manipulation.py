"""The standard's functions that move elements."""

from __future__ import annotations

from typing import Any

from plugrad.array_api._common import array, axis_of, together
from plugrad.array_api._common import indices as as_indices
from plugrad.core.errors import with_hint
from plugrad.core.namespace import FUNCTIONS

__all__ = [
    "concat", "expand_dims", "flip", "moveaxis", "permute_dims", "repeat", "reshape", "roll", "squeeze",
    "stack", "take", "take_along_axis", "tile", "unstack",
]  # fmt: skip


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Arrays one after the other.

    Args:
        arrays: A tuple or list of arrays, equal in size but along the axis.
        axis: The axis; None joins the flattened arrays.
    """
    arrays = together(*arrays)
    if axis is not None and arrays:
        axis = axis_of("concat", axis, array("concat", arrays[0]).ndim)
    return FUNCTIONS["concat"](arrays, axis=axis)


def expand_dims(x: Any, /, axis: int = 0) -> Any:
    """One more axis, of size 1.

    Args:
        x: An array.
        axis: Its place among the axes of the result.

    Raises:
        IndexError: if the axis is out of range.
    """
    return FUNCTIONS["expand_dims"](x, axis=axis_of("expand_dims", axis, array("expand_dims", x).ndim + 1))


def flip(x: Any, /, *, axis: Any = None) -> Any:
    """The elements in reverse order.

    Args:
        x: An array.
        axis: An axis or several; all by default.
    """
    return FUNCTIONS["flip"](x, axis=axis)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """Axes moved to other places; the others stay in order.

    Args:
        x: An array.
        source: An axis or several.
        destination: The place of each in the result.
    """
    return FUNCTIONS["moveaxis"](x, source, destination)


def permute_dims(x: Any, /, axes: tuple[int, ...]) -> Any:
    """The axes in another order.

    Args:
        x: An array.
        axes: For each axis of the result, which one of x it is.

    Raises:
        ValueError: if that is no permutation.
    """
    ndim = array("permute_dims", x).ndim
    order = tuple([axis_of("permute_dims", a, ndim) for a in axes])
    if sorted(order) != list(range(ndim)):
        raise ValueError(with_hint(f"{tuple(axes)} is no order of {ndim} axes", "name each axis once."))
    return FUNCTIONS["permute_dims"](x, axes=order)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Each element repeated in place.

    Args:
        x: An array.
        repeats: How often: a number, or an array of one number for each element along the axis.
        axis: The axis; None flattens x first.
    """
    return FUNCTIONS["repeat"](x, as_indices(repeats), axis=axis)


def reshape(x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Any:
    """The same elements in another shape.

    Args:
        x: An array.
        shape: The shape; one size may be -1 and follows from the others.
        copy: True: always copy. False: raise where a copy would be needed. None: copy where needed.

    Raises:
        ValueError: if ``copy=False`` and a copy is needed.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.reshape(xp.asarray([1, 2, 3, 4]), (2, -1))
        tensor([[1, 2],
                [3, 4]])
    """
    array("reshape", x)
    if copy is None:
        return x.reshape(shape)
    if copy:
        return FUNCTIONS["clone"](x).reshape(shape)
    try:
        return x.view(shape)
    except RuntimeError as error:
        raise ValueError(
            with_hint(f"reshape() needs a copy: {error}", "copy=None copies where it has to be.")
        ) from error


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """The elements moved along axes; what leaves at one end enters at the other.

    Args:
        x: An array.
        shift: How far, for all axes or for each.
        axis: An axis or several; None moves the flattened elements.
    """
    return FUNCTIONS["roll"](x, shift=shift, axis=axis)


def squeeze(x: Any, /, axis: Any) -> Any:
    """The array without these axes, whose size is 1.

    Args:
        x: An array.
        axis: An axis or several.

    Raises:
        ValueError: if the size of one is not 1.
    """
    shape = array("squeeze", x).raw.shape
    axes = tuple([axis_of("squeeze", a, len(shape)) for a in ((axis,) if isinstance(axis, int) else axis)])
    if any([shape[a] != 1 for a in axes]):
        raise ValueError(with_hint(f"squeeze() of axes {axes} of shape {tuple(shape)}", "their size is not 1."))
    return FUNCTIONS["squeeze"](x, axis=axes)


def stack(arrays: Any, /, *, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis.

    Args:
        arrays: A tuple or list of arrays.
        axis: The new axis.
    """
    return FUNCTIONS["stack"](together(*arrays), axis=axis)


def tile(x: Any, repetitions: tuple[int, ...], /) -> Any:
    """The array repeated as a whole.

    Args:
        x: An array.
        repetitions: How often, for each axis, the last ones where there are fewer numbers than axes.
    """
    return FUNCTIONS["tile"](x, repetitions=tuple(repetitions))


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along an axis, without that axis.

    Args:
        x: An array.
        axis: The axis.

    Returns:
        A tuple of arrays.
    """
    return tuple(FUNCTIONS["unstack"](x, axis=axis))


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The elements at places along an axis.

    Args:
        x: An array.
        indices: A one-dimensional array of integers.
        axis: The axis; it may be None where x has one only.

    Raises:
        ValueError: if x has several axes and ``axis`` is None.
    """
    if axis is None:
        if array("take", x).ndim != 1:
            raise ValueError(with_hint(f"take() of {x.ndim} dimensions needs an axis", "pass axis=."))
        axis = 0
    return FUNCTIONS["take"](x, as_indices(indices), axis=axis)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """For each place along the other axes, the elements at places of its own.

    Args:
        x: An array.
        indices: Integers; its other axes broadcast with those of x.
        axis: The axis.
    """
    array("take_along_axis", x)
    ndim = x.ndim
    axis = axis_of("take_along_axis", axis, ndim)
    first, second = tuple(x.raw.shape), tuple(array("take_along_axis", indices).raw.shape)
    if len(second) == ndim and first[:axis] + first[axis + 1 :] != second[:axis] + second[axis + 1 :]:
        shape = tuple([m if n == 1 else n for n, m in zip(first, second, strict=True)])
        x = FUNCTIONS["broadcast_to"](x, shape=(*shape[:axis], first[axis], *shape[axis + 1 :]))
        indices = FUNCTIONS["broadcast_to"](indices, shape=(*shape[:axis], second[axis], *shape[axis + 1 :]))
    return FUNCTIONS["take_along_axis"](x, as_indices(indices), axis=axis)
