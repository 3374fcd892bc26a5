"""``x[key] = value`` and ``index_put``: values put at, or added to, the elements that a key names."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.inplace import check_writable
from plugrad.core.levels import for_writing
from plugrad.core.methods import keys, writing
from plugrad.core.modes import mode
from plugrad.core.promote import common_device, plain, wrong_type
from plugrad.core.value import Value

__all__ = ["index_put", "index_put_"]

_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."


def setitem(input: Any, key: Any, value: Any) -> None:
    """Put a value at the elements that a key names, in place.

    Gradients flow to the value, and to what this tensor was outside of the region.

    Args:
        input: The tensor.
        key: As for reading.
        value: A number, or a tensor that broadcasts to the shape of the region. Index tensors want one of
            this tensor's dtype; otherwise it is cast.

    Raises:
        IndexError: as for reading.
        RuntimeError: if the shapes don't match, or if this tensor must not be changed in place.
        TypeError: for a value that is no number and no tensor.

    Differs from PyTorch:
        A value that overlaps with the region (``x[1:] = x[:-1]``) is read before anything is written, where PyTorch
        raises. Nothing is written if an index is out of bounds.

    Example::

        >>> import plugrad
        >>> x = plugrad.zeros(2, 3)
        >>> x[0, 1:] = 5
        >>> x[:, 0] = plugrad.tensor([1.0, 2.0])
        >>> x
        tensor([[1., 5., 5.],
                [2., 0., 0.]])
    """
    view, basic, sizes, arrays, axes = keys.parse(input, key)
    if (
        mode() > 0
        and input.tracked
        and input.edge is None
        and input.base is None
        and view is not None
        and key is not ...
    ):
        raise RuntimeError(
            with_hint(_VIEW_OF_LEAF, "change it under `with plugrad.no_grad():`, or change a copy: x = x.clone().")
        )
    if not isinstance(value, Value):
        number = plain(value)
        if number is None:
            kind = type(value)
            name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
            raise TypeError(
                with_hint(
                    f"can't assign a {name} to a plugrad.{input.dtype.legacy_name}Tensor",
                    "assign a number or a tensor: plugrad.as_tensor(value).",
                )
            )
        value = arguments.converted(number, input.dtype)
    if not arrays:
        _put_basic(input, basic, sizes, value)
        return
    arrays = keys.local(input, arrays)
    # Through the view on all libraries: not all have views that can be written to.
    x = input if view is None else view(input, key=basic)
    if len(arrays) == 1 and arrays[0].dtype.category == 0 and _is_single(value):
        result = _fill_mask(x, arrays[0], axes[0], value, in_place=view is None)
    else:
        result = _put_indices(x, arrays, axes, sizes, value, accumulate=False, in_place=view is None)
    if view is not None:
        _put_basic(input, basic, sizes, result)


def _is_single(value: Any) -> bool:
    """Whether it is a number, or a tensor of one element."""
    return not isinstance(value, Value) or all([n == 1 for n in value.raw.shape])


def _without_ones(value: Any, ndim: int) -> Any:
    """A value without the leading dimensions of size 1 that the region does not have."""
    if isinstance(value, Value):
        shape = tuple(value.raw.shape)
        extra = len(shape) - ndim
        if extra > 0 and shape[:extra].count(1) == extra:
            return ops.reshape(value, shape=shape[extra:])
    return value


def _put_basic(x: Any, basic: Any, sizes: list[int], value: Any) -> None:
    """Assignment to a region that is a view."""
    value = writing.own(x, _without_ones(value, len(sizes)))
    (value,) = for_writing(x, (value,), "copy_")
    check_writable(x, (value,))
    number = value
    if isinstance(value, Value):
        common_device("setitem", (x, value))
        _check_expands(value, sizes)
        if None in basic:
            value = _without_new(value, basic, len(sizes))
        if value.dtype is not x.dtype:
            value = dispatch.cast(value, x.dtype)
        number = value.raw
    writing.check_recordable(ops.basic_put.op, (x, value))
    # The standard has no None in keys that are assigned to.
    basic = tuple([item for item in basic if item is not None])
    backend = x.device.backend
    raw = backend.aliasable(x.raw)
    if backend.capabilities.writable:
        raw[basic] = number
    else:
        raw = x.device.xp.basic_put(raw, number, key=basic)
    args = (x, value)
    writing.changed(ops.basic_put.op, x, raw, args, args, {"key": basic})


def _without_new(value: Any, basic: Any, ndim: int) -> Any:
    """A value without the dimensions that None adds to the region."""
    shape = (1,) * (ndim - value.raw.ndim) + tuple(value.raw.shape)
    kept = []
    axis = 0
    for item in basic:
        if item is Ellipsis:
            kept += shape[axis:]
        elif item is None:
            axis += 1
        elif item.__class__ is slice:
            kept.append(shape[axis])
            axis += 1
    return ops.reshape(value, shape=tuple(kept))


def _check_expands(value: Any, sizes: list[int]) -> None:
    """Raise PyTorch's error unless a value can be expanded to the region."""
    shape = list(value.raw.shape)
    offset = len(sizes) - len(shape)
    if offset < 0:
        raise RuntimeError(
            with_hint(
                f"expand(plugrad.{value.dtype.legacy_name}Tensor{{{shape}}}, size={sizes}): the number of "
                f"sizes provided ({len(sizes)}) must be greater or equal to the number of dimensions in the "
                f"tensor ({len(shape)})",
                f"the region has shape {sizes}, the value {shape}.",
            )
        )
    for i in reversed(range(len(shape))):
        if shape[i] not in (1, sizes[offset + i]):
            raise RuntimeError(
                with_hint(
                    f"The expanded size of the tensor ({sizes[offset + i]}) must match the existing size "
                    f"({shape[i]}) at non-singleton dimension {offset + i}.  Target sizes: {sizes}.  Tensor "
                    f"sizes: {shape}",
                    f"the region has shape {sizes}, the value {shape}.",
                )
            )


def _fill_mask(x: Any, mask: Any, axis: int, value: Any, in_place: bool) -> Any:
    """One value where a mask of some dimensions of ``x`` is true."""
    if isinstance(value, Value):
        value = dispatch.cast(ops.reshape(value, shape=()), x.dtype)
    after = x.raw.ndim - axis - mask.raw.ndim
    if after:
        mask = ops.basic_unsqueeze(mask, key=(..., *[None] * after))
    if in_place:
        return writing.change(ops.index_put_mask.op, x, (mask, value), {})
    return ops.index_put_mask(x, mask, value)


def _put_indices(
    x: Any, arrays: list[Any], axes: list[int], sizes: list[int], value: Any, accumulate: bool, in_place: bool
) -> Any:
    """Values at, or added to, what index arrays and masks name."""
    indices, places = keys.expanded(arrays, axes)
    region = keys.indexed_shape(sizes, indices, places)
    value = _without_ones(value, len(region))
    if isinstance(value, Value):
        if value.dtype is not x.dtype:
            raise RuntimeError(
                with_hint(
                    f"Index put requires the source and destination dtypes match, got {x.dtype.legacy_name} "
                    f"for the destination and {value.dtype.legacy_name} for the source.",
                    f"convert the value: value.to({x.dtype}).",
                )
            )
        shape = list(value.raw.shape)
        offset = len(region) - len(shape)
        if offset < 0 or any([n not in (1, region[offset + i]) for i, n in enumerate(shape)]):
            raise RuntimeError(
                with_hint(
                    f"shape mismatch: value tensor of shape {shape} cannot be broadcast to indexing result "
                    f"of shape {region}",
                    "the value needs the shape of what x[key] reads.",
                )
            )
    options = {"axes": places, "accumulate": accumulate}
    try:
        if in_place:
            return writing.change(ops.index_put.op, x, (indices, value), options)
        return ops.index_put(x, indices, value, **options)
    except IndexError as error:
        raise keys.out_of_bounds(x, indices, places) or error from None


def _index_put(name: str, x: Any, indices: Any, values: Any, accumulate: bool, in_place: bool) -> Any:
    if not isinstance(x, Value):
        raise wrong_type(name, "input", 1, x)
    if not isinstance(indices, (tuple, list)):
        raise arguments.mistyped(name, "indices", 1, "tuple of Tensors", indices)
    if not isinstance(values, Value):
        raise wrong_type(name, "values", 2, values)
    for i, index in enumerate(indices):
        if not isinstance(index, Value):
            raise TypeError(
                with_hint(
                    f"expected Tensor as element {i} in argument 0, but got {type(index).__name__}",
                    "x[key] = value takes slices and integers too.",
                )
            )
    if not indices:
        raise RuntimeError(with_hint(f"{name}(): indices must not be empty", "x.copy_(value) changes everything."))
    named = sum([i.raw.ndim if i.dtype.category == 0 else 1 for i in indices])
    if named > x.raw.ndim:
        raise IndexError(
            with_hint(
                f"too many indices for tensor of dimension {x.raw.ndim} (got {named})",
                f"it has shape {list(x.raw.shape)}.",
            )
        )
    # Tensors of no dimension are index arrays here, not integers.
    arrays = [i if i.raw.shape or i.dtype.category == 0 else ops.reshape(i, shape=(1,)) for i in indices]
    _, _, sizes, arrays, axes = keys.parse(x, tuple(arrays))
    return _put_indices(x, keys.local(x, arrays), axes, sizes, values, accumulate, in_place)


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Return ``input`` with values put at, or added to, the elements that index tensors name.

    Args:
        input: The tensor.
        indices: A tuple of index tensors, for the first dimensions.
        values: A tensor of the same dtype that broadcasts to the shape of ``input[indices]``.
        accumulate: Add to what is there; an element that is named twice gets both. Otherwise one of them
            wins.

    Returns:
        A new tensor.

    Raises:
        IndexError: if an index is out of bounds.
        RuntimeError: if shapes or dtypes don't match.

    Example::

        >>> import plugrad
        >>> i = plugrad.tensor([0, 0, 2])
        >>> plugrad.index_put(plugrad.zeros(3), (i,), plugrad.ones(3), accumulate=True)
        tensor([2., 0., 1.])
    """
    return _index_put("index_put", input, indices, values, accumulate, in_place=False)


def index_put_(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """In-place form of ``index_put``.

    Returns:
        This tensor.
    """
    return _index_put("index_put_", self, indices, values, accumulate, in_place=True)
