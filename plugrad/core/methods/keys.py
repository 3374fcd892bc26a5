"""What ``x[key]`` means: a basic key, which makes a view, then index arrays and masks on axes of that view.

PyTorch's rules, which differ from NumPy's in one point: an integer is no index array, so ``x[0, :, [1, 2]]``
keeps the order of its dimensions.
"""

from __future__ import annotations

import operator
import warnings
from numbers import Integral
from typing import Any, Final

from plugrad.core import data, dispatch, dtypes, ops
from plugrad.core.dispatch import broadcast_shapes
from plugrad.core.errors import with_hint
from plugrad.core.value import Value

#: How to make the view (an op and its key; None: there is nothing to do), its shape, the index arrays and
#: masks, and the first axis of the view that each stands for.
Plan = tuple[Any, tuple[Any, ...] | None, list[int], list[Any], list[int]]

_EVERYTHING: Final = slice(None)
_MASKS: Final = (dtypes.bool_, dtypes.uint8)
_INDICES: Final = (dtypes.int64, dtypes.int32)

NO_DIMENSION: Final = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
    "convert a 0-dim tensor to a number"
)


def parse(x: Any, key: Any) -> Plan:
    """Look at a key and at the shape of ``x``, and say what to do. Raises PyTorch's errors; reads no index
    arrays.
    """
    items, named = _items(x, key if key.__class__ is tuple else _as_tuple(key))
    shape = tuple(x.raw.shape)
    ndim = len(shape)
    if named > ndim:
        if not ndim and key.__class__ is int:
            raise IndexError(with_hint(NO_DIMENSION, "x[...] is a view of it, x[None] adds a dimension."))
        if not ndim and key.__class__ is slice:
            raise IndexError(with_hint("slice() cannot be applied to a 0-dim tensor.", "x[None] adds a dimension."))
        raise IndexError(
            with_hint(
                f"too many indices for tensor of dimension {ndim}",
                f"{named} were given for shape {list(shape)}.",
            )
        )
    view = None
    basic: list[Any] = []
    sizes: list[int] = []
    arrays: list[Any] = []
    axes: list[int] = []
    open_ = True
    axis = 0
    for item in items:
        kind = item.__class__
        if kind is int:
            n = shape[axis]
            if not -n <= item < n:
                raise _outside(item, axis, n)
            basic.append(item)
            axis += 1
            view = ops.basic_select
        elif kind is slice:
            n = shape[axis]
            axis += 1
            if item != _EVERYTHING:
                item, n = bounded(item, n)
                view = ops.basic_slice
            basic.append(item)
            sizes.append(n)
        elif item is None:
            basic.append(None)
            sizes.append(1)
            view = ops.basic_unsqueeze
        elif item is Ellipsis:
            # The first stands for all dimensions that are not named, others for none.
            if open_:
                for _ in range(ndim - named):
                    basic.append(_EVERYTHING)
                    sizes.append(shape[axis])
                    axis += 1
                open_ = False
        elif kind is bool:
            basic.append(None)
            arrays.append(_first(x.device, item))
            axes.append(len(sizes))
            sizes.append(1)
            view = ops.basic_unsqueeze
        else:
            arrays.append(item)
            axes.append(len(sizes))
            if item.dtype in _MASKS and not item.raw.shape:
                basic.append(None)
                sizes.append(1)
                view = ops.basic_unsqueeze
            else:
                for _ in range(item.raw.ndim if item.dtype in _MASKS else 1):
                    basic.append(_EVERYTHING)
                    sizes.append(shape[axis])
                    axis += 1
    sizes.extend(shape[axis:])
    if arrays:
        arrays = [_checked(a, sizes, at) for a, at in zip(arrays, axes, strict=True)]
    elif view is None:
        view = ops.basic_alias if key.__class__ is tuple or key is Ellipsis else ops.basic_slice
    # With an Ellipsis a library returns an array, which can be a view, also where no dimension is left.
    return view, None if view is None else (*basic, ...), sizes, arrays, axes


def bounded(item: slice, n: int) -> tuple[slice, int]:
    """A slice within a dimension of size ``n``, and how many elements it names."""
    try:
        start, stop, step = item.indices(n)
    except ValueError:
        raise ValueError(with_hint("slice step cannot be zero", "steps are positive.")) from None
    if step < 0:
        raise ValueError(with_hint("step must be greater than zero", "plugrad.flip(x, (dim,)) reverses a dimension."))
    if stop <= start:
        return slice(start, start, 1), 0
    return slice(start, stop, step), (stop - start + step - 1) // step


def _outside(index: int, dim: int, n: int) -> IndexError:
    hint = f"it has the indices {-n} to {n - 1}." if n else "it is empty."
    return IndexError(with_hint(f"index {index} is out of bounds for dimension {dim} with size {n}", hint))


def _as_tuple(key: Any) -> tuple[Any, ...]:
    """PyTorch 2.13 takes a list for a tuple if there is anything but numbers in it, and warns of it."""
    if isinstance(key, (list, range)) and len(key) < 32 and any([_is_structure(item) for item in key]):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
            "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as "
            "tensor index, x[torch.tensor(seq)], which will result either in an error or a different result",
            UserWarning,
            stacklevel=4,
        )
        return tuple(key)
    return (key,)


def _is_structure(item: Any) -> bool:
    """Whether it is anything that could not stand in a list of numbers; other libraries' scalars could."""
    if item is None or item is Ellipsis or isinstance(item, (Value, slice, list, tuple, range)):
        return True
    return hasattr(item, "ndim") and hasattr(item, "__setitem__")


def _items(x: Any, key: tuple[Any, ...]) -> tuple[list[Any], int]:
    """The key with integers as ints and everything that is array-like as Tensors; how many dimensions it
    names.
    """
    items = []
    named = 0
    for item in key:
        kind = item.__class__
        if kind is int or kind is slice:
            named += 1
        elif kind is not bool and item is not None and item is not Ellipsis:
            if not isinstance(item, Value):
                item = _converted(x.device, item)
            if isinstance(item, Value):
                if item.dtype in _MASKS:
                    named += item.raw.ndim
                elif item.raw.shape:
                    named += 1
                else:
                    item = _integer(item)
            if item.__class__ is int:
                named += 1
        items.append(item)
    return items, named


def _converted(device: Any, item: Any) -> Any:
    """An item that is no Tensor: an int, or a Tensor of a sequence's or a foreign array's numbers."""
    if isinstance(item, Integral):
        return int(item)
    if isinstance(item, (str, bytes)):
        raise TypeError(with_hint(f"new(): invalid data type '{type(item).__name__}'", "tensors have no named fields."))
    if not isinstance(item, (list, tuple, range)) and not (hasattr(item, "ndim") and hasattr(item, "__setitem__")):
        if hasattr(type(item), "__index__") and not hasattr(item, "dtype"):
            return operator.index(item)
        kind = type(item)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        raise IndexError(
            with_hint(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
                f"indices (got {name})",
                "indices must be whole numbers: int(i).",
            )
        )
    raw = data.read(item, None, device)
    dtype = device.backend.dtype_of(raw)
    if 0 in raw.shape and dtype.is_inexact and not hasattr(item, "dtype"):
        raw = device.xp.astype(raw, device.backend.dtypes[dtypes.int64])
        dtype = dtypes.int64
    elif dtype.category == 1 and dtype not in _INDICES and dtype is not dtypes.uint8:
        # Other integers are welcome in foreign arrays, though not in tensors.
        raw = device.xp.astype(raw, device.backend.dtypes[dtypes.int64])
        dtype = dtypes.int64
    return dispatch.Tensor(raw, device, dtype)


def _integer(item: Any) -> int:
    """A tensor of no dimension as the integer that it holds: PyTorch reads it too, so that the result is a
    view.
    """
    if item.dtype.category != 1:
        raise _wrong_dtype(item)
    return int(item.device.backend.to_host(item.raw))


def _wrong_dtype(item: Any) -> IndexError:
    return IndexError(
        with_hint(
            "tensors used as indices must be long, int, byte or bool tensors",
            f"this one is {item.dtype}; index.long() converts it.",
        )
    )


def _first(device: Any, there: bool) -> Any:
    """The index array of a bool: the one element of a new dimension, or none."""
    raw = device.backend.asarray([0] if there else [], dtypes.int64, device.index)
    return dispatch.Tensor(raw, device, dtypes.int64)


def _checked(item: Any, sizes: list[int], axis: int) -> Any:
    """An index array of a dtype that can be one; a mask of the right shape, as bool."""
    if item.dtype in _INDICES:
        return item
    if item.dtype not in _MASKS:
        raise _wrong_dtype(item)
    shape = list(item.raw.shape)
    for i, n in enumerate(shape):
        if n != sizes[axis + i]:
            raise IndexError(
                with_hint(
                    f"The shape of the mask {shape} at index {i} does not match the shape of the indexed "
                    f"tensor {sizes} at index {axis + i}",
                    "a mask has the sizes of the dimensions that it stands for.",
                )
            )
    if item.dtype is dtypes.uint8:
        if shape:
            text = "indexing with dtype plugrad.uint8 is now deprecated, "
            text += "please use a dtype plugrad.bool instead."
            warnings.warn(text, UserWarning, stacklevel=5)
        item = dispatch.cast(item, dtypes.bool_)
    return item if shape else ops.basic_unsqueeze(item, key=(None, ...))


def local(x: Any, arrays: list[Any]) -> list[Any]:
    """Index arrays on the device of ``x``: those in the host's memory are copied there."""
    device = x.device
    if len(arrays) == 1 and arrays[0].device is device:
        return arrays
    moved = []
    for array in arrays:
        # Of function transforms the op itself brings tensors together.
        if array.device is not device and array.device.root is not device.root:
            if array.device.type != "cpu":
                raise RuntimeError(
                    with_hint(
                        f"indices should be either on cpu or on the same device as the indexed tensor ({device})",
                        f"index.to('{device}') moves it.",
                    )
                )
            raw = data.carried(array.raw, array.dtype, array.device, device)
            array = dispatch.Tensor(raw, device, array.dtype)
        moved.append(array)
    return moved


def expanded(arrays: list[Any], axes: list[int]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Masks replaced by the index arrays of where they are true."""
    if len(arrays) == 1 and arrays[0].dtype is not dtypes.bool_:
        return tuple(arrays), tuple(axes)
    new: list[Any] = []
    places: list[int] = []
    for array, axis in zip(arrays, axes, strict=True):
        parts = ops.nonzero(array) if array.dtype is dtypes.bool_ else (array,)
        new.extend(parts)
        places.extend(range(axis, axis + len(parts)))
    return tuple(new), tuple(places)


def indexed_shape(sizes: list[int], arrays: tuple[Any, ...], axes: tuple[int, ...]) -> list[int]:
    """The shape of what these index arrays read.

    Raises:
        IndexError: with PyTorch's text, if they do not broadcast together.
    """
    shapes = [tuple(a.raw.shape) for a in arrays]
    try:
        common = shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast_shapes(*shapes)
    except RuntimeError:
        listed = ", ".join([str(list(s)) for s in shapes])
        raise IndexError(
            with_hint(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}",
                "index arrays name elements together, one from each; x[a][:, b] takes all of b for each of a.",
            )
        ) from None
    start = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    rest = [n for i, n in enumerate(sizes) if i not in axes]
    return [*rest[:start], *common, *rest[start:]]


def out_of_bounds(x: Any, arrays: tuple[Any, ...], axes: tuple[int, ...], lowest: bool = True) -> IndexError | None:
    """PyTorch's error for the first index that is out of bounds, looked for after a library said there is
    one.
    """
    for array, axis in zip(arrays, axes, strict=True):
        n = x.raw.shape[axis]
        for number in data.to_host(array).reshape(-1).tolist():
            if not (-n if lowest else 0) <= number < n:
                if not n:
                    return IndexError(with_hint("index is out of bounds for dimension with size 0", "it is empty."))
                return _outside(number, axis, n)
    return None
