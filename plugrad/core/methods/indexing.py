"""``x[key]``, ``x[key] = value``, and what else reads or writes a tensor at indices into whole dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.inplace import check_writable
from plugrad.core.methods import keys, writing
from plugrad.core.modes import mode
from plugrad.core.promote import common_device, plain, wrong_type
from plugrad.core.value import Value

__all__ = ["index_put", "narrow", "select"]

_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."


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
        raise RuntimeError(
            with_hint(f"start ({start}) + length ({length}) exceeds dimension size ({n}).", hint)
        )
    return ops.basic_slice(input, key=(*[slice(None)] * dim, slice(start, start + length, 1), ...))


# -- writing -------------------------------------------------------------------------------------------------


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
            with_hint(
                _VIEW_OF_LEAF, "change it under `with plugrad.no_grad():`, or change a copy: x = x.clone()."
            )
        )
    if not isinstance(value, Value):
        number = plain(value)
        if number is None:
            kind = type(value)
            name = (
                kind.__qualname__
                if kind.__module__ == "builtins"
                else f"{kind.__module__}.{kind.__qualname__}"
            )
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
        raise RuntimeError(
            with_hint(f"{name}(): indices must not be empty", "x.copy_(value) changes everything.")
        )
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
