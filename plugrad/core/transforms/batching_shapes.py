"""The standard's functions that move elements, on batched arrays."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final

from plugrad.core import ops
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.transforms.batched import (
    RULES,
    Batched,
    common_level,
    on_axes,
    on_axis,
    plain,
    rule,
    shaped,
    spread,
    wrapped,
)


@rule
def reshape(x: Any, shape: Any, **options: Any) -> Any:
    """The hidden axis stays; one size may be -1."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if x.level is None:
        return Batched(ops.reshape(x.data, shape=shape), None)
    if -1 in shape:
        known = -math.prod(shape)
        shape = tuple([math.prod(x.shape) // known if n == -1 and known else n for n in shape])
    return Batched(ops.reshape(x.data, shape=(x.data.raw.shape[0], *shape)), x.level)


@rule
def broadcast_to(x: Any, shape: Any) -> Any:
    """New axes come after the hidden one."""
    shape = tuple(shape)
    if x.level is None:
        return Batched(ops.broadcast_to(x.data, shape=shape), None)
    data = x.data
    size = data.raw.shape[0]
    if x.ndim < len(shape):
        data = ops.reshape(data, shape=(size, *[1] * (len(shape) - x.ndim), *x.shape))
    return Batched(ops.broadcast_to(data, shape=(size, *shape)), x.level)


@rule
def broadcast_arrays(*arrays: Any) -> Any:
    """To their common shape."""
    shape = _broadcast_shape(arrays)
    return [broadcast_to(x, shape) for x in arrays]


def _broadcast_shape(arrays: Any) -> tuple[int, ...]:
    ndim = max([x.ndim for x in arrays], default=0)
    sizes = [1] * ndim
    for x in arrays:
        for i, n in enumerate(x.shape, ndim - x.ndim):
            sizes[i] = n if n != 1 else sizes[i]
    return tuple(sizes)


@rule
def expand_dims(x: Any, *, axis: int = 0) -> Any:
    """Axes are counted in the result."""
    if x.level is None:
        return shaped(ops.expand_dims, x, axis=axis)
    return shaped(ops.expand_dims, x, axis=on_axis(axis, x.ndim + 1))


@rule
def squeeze(x: Any, axis: Any) -> Any:
    """Never the hidden axis, which may have size 1."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return shaped(ops.squeeze, x, axis=tuple(axes) if x.level is None else on_axes(tuple(axes), x.ndim))


@rule
def permute_dims(x: Any, axes: Any) -> Any:
    """The hidden axis stays in front."""
    if x.level is None:
        return shaped(ops.permute_dims, x, axes=tuple(axes))
    return shaped(ops.permute_dims, x, axes=(0, *on_axes(tuple(axes), x.ndim)))


@rule
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Both counted on."""
    if x.level is None:
        return Batched(FUNCTIONS["moveaxis"](x.data, source, destination), None)
    return Batched(FUNCTIONS["moveaxis"](x.data, on_axes(source, x.ndim), on_axes(destination, x.ndim)), x.level)


@rule
def matrix_transpose(x: Any) -> Any:
    """The last two axes are the same ones."""
    return shaped(ops.matrix_transpose, x)


@rule
def flip(x: Any, *, axis: Any = None) -> Any:
    """All axes but the hidden one, where none is named."""
    if x.level is None:
        return shaped(ops.flip, x, axis=axis)
    return shaped(ops.flip, x, axis=on_axes(axis, x.ndim)) if x.ndim else x


@rule
def roll(x: Any, shift: Any, *, axis: Any = None) -> Any:
    """Over the flattened array, where no axis is named."""
    if x.level is None:
        return shaped(ops.roll, x, shift=shift, axis=axis)
    if axis is None:
        size = x.data.raw.shape[0]
        flat = ops.roll(ops.reshape(x.data, shape=(size, -1)), shift=shift, axis=1)
        return Batched(ops.reshape(flat, shape=(size, *x.shape)), x.level)
    if isinstance(axis, (tuple, list)):
        return shaped(ops.roll, x, shift=shift, axis=on_axes(axis, x.ndim))
    return shaped(ops.roll, x, shift=shift, axis=on_axis(axis, x.ndim))


@rule
def tile(x: Any, repetitions: Any) -> Any:
    """Once along the hidden axis."""
    repetitions = tuple(repetitions)
    if x.level is None:
        return shaped(ops.tile, x, repetitions=repetitions)
    ndim = max(x.ndim, len(repetitions))
    size = x.data.raw.shape[0]
    data = ops.reshape(x.data, shape=(size, *[1] * (ndim - x.ndim), *x.shape))
    repetitions = (1, *[1] * (ndim - len(repetitions)), *repetitions)
    return Batched(ops.tile(data, repetitions=repetitions), x.level)


@rule
def repeat(x: Any, repeats: Any, *, axis: int | None = None) -> Any:
    """The number of repetitions must not vary: it decides the shape."""
    if isinstance(repeats, Batched):
        repeats = plain(repeats)
    if x.level is None:
        return Batched(FUNCTIONS["repeat"](x.data, repeats, axis=axis), None)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return Batched(FUNCTIONS["repeat"](x.data, repeats, axis=on_axis(axis, x.ndim)), x.level)


for _name in ("tril", "triu", "astype"):
    RULES[_name] = partial(lambda name, x, *args, **options: _named(name, x, args, options), _name)

_OPTION: Final = {"tril": "k", "triu": "k", "astype": "dtype"}


def _named(name: str, x: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if args:
        options = {**options, _OPTION[name]: args[0]}
    options.pop("copy", None)
    return shaped(FUNCTIONS[name], x, **options)


def _list(arrays: Any) -> tuple[list[Any], Any]:
    level = common_level(arrays)
    return [x.data if level is None else spread(x, level) for x in arrays], level


@rule
def concat(arrays: Any, *, axis: int | None = 0) -> Any:
    """Every array gets the hidden axis."""
    arrays = list(arrays)
    if axis is None:
        arrays, axis = [reshape(x, (-1,)) for x in arrays], 0
    data, level = _list(arrays)
    return Batched(ops.concat(data, axis=axis if level is None else on_axis(axis, arrays[0].ndim)), level)


@rule
def stack(arrays: Any, *, axis: int = 0) -> Any:
    """The new axis is counted in the result."""
    arrays = list(arrays)
    data, level = _list(arrays)
    return Batched(ops.stack(data, axis=axis if level is None else on_axis(axis, arrays[0].ndim + 1)), level)


@rule
def unstack(x: Any, *, axis: int = 0) -> Any:
    """One array for each index."""
    return wrapped(ops.unstack(x.data, axis=axis if x.level is None else on_axis(axis, x.ndim)), x.level)
