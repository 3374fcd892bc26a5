"""The standard's functions on batched arrays: for each, how the hidden first axis is kept out of sight.

All else is made of these by the generic definitions, unless an op says in its block how it is batched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from plugrad.core import dtypes, ops
from plugrad.core.dtypes import NAMES
from plugrad.core.errors import with_hint
from plugrad.core.levels import below
from plugrad.core.namespace import CONSTANTS, CREATORS, DEFINITIONS, FUNCTIONS, Namespace
from plugrad.core.op import OPS
from plugrad.core.transforms.batched import Batched, aligned, common_level, elementwise, plain, spread, wrapped

#: The standard's names -> functions of batched arrays.
RULES: Final[dict[str, Callable[..., Any]]] = {}


def rule(function: Callable[..., Any]) -> Callable[..., Any]:
    """Note a function under its name."""
    RULES[function.__name__.rstrip("_")] = function
    return function


def on_axis(axis: int, ndim: int) -> int:
    """An axis of an array as one of the data with the hidden axis."""
    return axis % max(ndim, 1) + 1


def on_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The same for several axes; None is all of them."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    return tuple([on_axis(a, ndim) for a in (axis if isinstance(axis, (tuple, list)) else (axis,))])


# -- reductions and scans
# ------------------------------------------------------------------------------------------------------


def _reduction(name: str) -> Callable[..., Any]:
    def reduce(x: Any, *, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
        function = FUNCTIONS[name]
        if x.level is None:
            return Batched(function(x.data, axis=axis, keepdims=keepdims, **options), None)
        if not x.ndim:
            # Over no axis: what the reduction of a single element is, found with one more axis.
            y = function(ops.reshape(x.data, shape=(-1, 1)), axis=1, **options)
            return Batched(y, x.level)
        axes = on_axes(axis, x.ndim)
        return Batched(function(x.data, axis=axes, keepdims=keepdims, **options), x.level)

    return reduce


for _name in ("sum", "prod", "max", "min", "mean", "var", "std", "all", "any", "count_nonzero"):
    RULES[_name] = _reduction(_name)


def _selection(name: str) -> Callable[..., Any]:
    def select(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        function = FUNCTIONS[name]
        if x.level is None:
            return Batched(function(x.data, axis=axis, keepdims=keepdims), None)
        data = x.data
        if axis is None or not x.ndim:
            y = function(ops.reshape(data, shape=(data.raw.shape[0], -1)), axis=1)
            return Batched(ops.reshape(y, shape=(-1, *[1] * x.ndim)) if keepdims else y, x.level)
        return Batched(function(data, axis=on_axis(axis, x.ndim), keepdims=keepdims), x.level)

    return select


RULES["argmax"] = _selection("argmax")
RULES["argmin"] = _selection("argmin")


def _along(name: str, default: int | None) -> Callable[..., Any]:
    """A function along one axis that leaves the shape as it is, or almost."""

    def apply(x: Any, *, axis: int | None = default, **options: Any) -> Any:
        function = FUNCTIONS[name]
        if x.level is None:
            return wrapped(function(x.data, **({} if axis is None else {"axis": axis}), **options), None)
        if axis is None:
            axis = 0
        if not x.ndim:
            y = function(ops.reshape(x.data, shape=(-1, 1)), axis=1, **options)
            several = y if y.__class__ is tuple else (y,)
            found = tuple([Batched(ops.reshape(z, shape=(-1,)), x.level) for z in several])
            return found if y.__class__ is tuple else found[0]
        return wrapped(function(x.data, axis=on_axis(axis, x.ndim), **options), x.level)

    return apply


for _name, _default in (
    ("cumulative_sum", None),
    ("cumulative_prod", None),
    ("sort", -1),
    ("argsort", -1),
    ("diff", -1),
):
    RULES[_name] = _along(_name, _default)


# -- shapes
# ------------------------------------------------------------------------------------------------------


def _shaped(function: Callable[..., Any], x: Any, **options: Any) -> Any:
    return Batched(function(x.data, **options), x.level)


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
    shape = RULES["__broadcast_shape"](arrays)
    return [broadcast_to(x, shape) for x in arrays]


def _broadcast_shape(arrays: Any) -> tuple[int, ...]:
    ndim = max([x.ndim for x in arrays], default=0)
    sizes = [1] * ndim
    for x in arrays:
        for i, n in enumerate(x.shape, ndim - x.ndim):
            sizes[i] = n if n != 1 else sizes[i]
    return tuple(sizes)


RULES["__broadcast_shape"] = _broadcast_shape


@rule
def expand_dims(x: Any, *, axis: int = 0) -> Any:
    """Axes are counted in the result."""
    if x.level is None:
        return _shaped(ops.expand_dims, x, axis=axis)
    return _shaped(ops.expand_dims, x, axis=on_axis(axis, x.ndim + 1))


@rule
def squeeze(x: Any, axis: Any) -> Any:
    """Never the hidden axis, which may have size 1."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return _shaped(ops.squeeze, x, axis=tuple(axes) if x.level is None else on_axes(tuple(axes), x.ndim))


@rule
def permute_dims(x: Any, axes: Any) -> Any:
    """The hidden axis stays in front."""
    if x.level is None:
        return _shaped(ops.permute_dims, x, axes=tuple(axes))
    return _shaped(ops.permute_dims, x, axes=(0, *on_axes(tuple(axes), x.ndim)))


@rule
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Both counted on."""
    if x.level is None:
        return Batched(FUNCTIONS["moveaxis"](x.data, source, destination), None)
    return Batched(FUNCTIONS["moveaxis"](x.data, on_axes(source, x.ndim), on_axes(destination, x.ndim)), x.level)


@rule
def matrix_transpose(x: Any) -> Any:
    """The last two axes are the same ones."""
    return _shaped(ops.matrix_transpose, x)


@rule
def flip(x: Any, *, axis: Any = None) -> Any:
    """All axes but the hidden one, where none is named."""
    if x.level is None:
        return _shaped(ops.flip, x, axis=axis)
    return _shaped(ops.flip, x, axis=on_axes(axis, x.ndim)) if x.ndim else x


@rule
def roll(x: Any, shift: Any, *, axis: Any = None) -> Any:
    """Over the flattened array, where no axis is named."""
    if x.level is None:
        return _shaped(ops.roll, x, shift=shift, axis=axis)
    if axis is None:
        size = x.data.raw.shape[0]
        flat = ops.roll(ops.reshape(x.data, shape=(size, -1)), shift=shift, axis=1)
        return Batched(ops.reshape(flat, shape=(size, *x.shape)), x.level)
    if isinstance(axis, (tuple, list)):
        return _shaped(ops.roll, x, shift=shift, axis=on_axes(axis, x.ndim))
    return _shaped(ops.roll, x, shift=shift, axis=on_axis(axis, x.ndim))


@rule
def tile(x: Any, repetitions: Any) -> Any:
    """Once along the hidden axis."""
    repetitions = tuple(repetitions)
    if x.level is None:
        return _shaped(ops.tile, x, repetitions=repetitions)
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
    return _shaped(FUNCTIONS[name], x, **options)


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


# -- indices
# ------------------------------------------------------------------------------------------------------


@rule
def take(x: Any, indices: Any, *, axis: int = 0) -> Any:
    """Whole rows where the indices are the same for all; otherwise element by element."""
    axis = axis % max(x.ndim, 1)
    level = common_level((x, indices))
    if indices.level is None:
        return Batched(ops.take(x.data, indices.data, axis=axis + (level is not None)), level)
    if x.level is None:
        # The hidden axis becomes one of the index, and then the first.
        size, count = indices.data.raw.shape
        y = ops.take(x.data, ops.reshape(indices.data, shape=(size * count,)), axis=axis)
        y = ops.reshape(y, shape=(*x.shape[:axis], size, count, *x.shape[axis + 1 :]))
        return Batched(FUNCTIONS["moveaxis"](y, axis, 0), level)
    size, count = indices.data.raw.shape
    index = ops.reshape(indices.data, shape=(size, *[1] * axis, count, *[1] * (x.ndim - axis - 1)))
    index = ops.broadcast_to(index, shape=(size, *x.shape[:axis], count, *x.shape[axis + 1 :]))
    return Batched(ops.take_along_axis(x.data, index, axis=axis + 1), level)


@rule
def take_along_axis(x: Any, indices: Any, *, axis: int = -1) -> Any:
    """Both with the hidden axis."""
    level = common_level((x, indices))
    if level is None:
        return Batched(ops.take_along_axis(x.data, indices.data, axis=axis), None)
    return Batched(ops.take_along_axis(spread(x, level), spread(indices, level), axis=on_axis(axis, x.ndim)), level)


@rule
def searchsorted(x1: Any, x2: Any, *, side: str = "left", sorter: Any = None) -> Any:
    """Row by row where what is sorted differs."""
    if x1.level is None and (sorter is None or sorter.level is None):
        chosen = None if sorter is None else sorter.data
        return Batched(ops.searchsorted(x1.data, x2.data, side=side, sorter=chosen), x2.level)
    if sorter is not None:
        x1 = take_along_axis(x1, sorter, axis=-1)
    level: Any = common_level((x1, x2))
    rows, values = spread(x1, level), spread(x2, level)
    found = ops.searchsorted_rows(rows, ops.reshape(values, shape=(level.size, -1)), side=side)
    return Batched(ops.reshape(found, shape=tuple(values.raw.shape)), level)


def _dynamic(name: str) -> Callable[..., Any]:
    def refuse(x: Any, *args: Any, **options: Any) -> Any:
        if x.level is not None:
            raise RuntimeError(
                with_hint(
                    "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over "
                    f"aten::{name}. Please file an issue at https://github.com/pytorch/pytorch/issues if you need this "
                    "feature.",
                    "plugrad.where keeps the shape.",
                )
            )
        return wrapped(FUNCTIONS[name](x.data, *args, **options), None)

    return refuse


for _name in ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"):
    RULES[_name] = _dynamic(_name)


# -- products
# ------------------------------------------------------------------------------------------------------


@rule
def matmul(x1: Any, x2: Any) -> Any:
    """One product of matrices where one side is the same for all, else a stack of products."""
    level = common_level((x1, x2))
    if level is None:
        return Batched(ops.matmul(x1.data, x2.data), None)
    a, b = x1.data, x2.data
    n1, n2 = x1.ndim, x2.ndim
    if x2.level is None and n2 <= 2:
        if n1 == 1 or n2 == 1:
            return Batched(ops.matmul(a, b), level)
        # Rows of all batch elements below each other.
        rows = ops.reshape(a, shape=(-1, a.raw.shape[-1])) if a.raw.shape[-1] else a
        if rows is a:
            return Batched(ops.matmul(a, b), level)
        return Batched(ops.reshape(ops.mm(rows, b), shape=(*a.raw.shape[:-1], b.raw.shape[-1])), level)
    if x1.level is None and n1 <= 2 and n2 == 1:
        # x1 @ x2 of vectors: the hidden axis of x2 takes the part of the rows.
        return Batched(ops.matmul(b, ops.matrix_transpose(a) if n1 == 2 else a), level)
    a = ops.expand_dims(a, axis=-2) if n1 == 1 else a
    b = ops.expand_dims(b, axis=-1) if n2 == 1 else b
    (a, b), _ = aligned([Batched(a, x1.level), Batched(b, x2.level)])
    y = ops.matmul(a, b)
    if n1 == 1:
        y = ops.squeeze(y, axis=-1 if n2 == 1 else -2)
    return Batched(ops.squeeze(y, axis=-1) if n2 == 1 else y, level)


def _linear_map(x: Any, weight: Any) -> Any:
    if weight.level is None:
        return Batched(ops.linear_map(x.data, weight.data), x.level)
    return matmul(x, matrix_transpose(weight)) if weight.ndim > 1 else matmul(x, weight)


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight.level is None and bias.level is None:
        return Batched(ops.affine(x.data, weight.data, bias.data), x.level)
    return _linear_map(x, weight) + bias


# -- what is made of nothing, and of a shape
# ------------------------------------------------------------------------------------------------------


def _like(name: str) -> Callable[..., Any]:
    def make(x: Any, *args: Any, dtype: Any = None, **options: Any) -> Any:
        data = x.data if x.level is None else x.data.__class__.__getitem__(x.data, 0) if x.data.raw.shape[0] else None
        if data is None:
            function = getattr(x.data.device.ops, name.removesuffix("_like"))
            return Batched(function(x.shape, *args, dtype=dtype or x.dtype, **options), None)
        return Batched(FUNCTIONS[name](data.detach(), *args, dtype=dtype, **options), None)

    return make


for _name in ("zeros_like", "ones_like", "empty_like", "full_like"):
    RULES[_name] = _like(_name)

_ELEMENTWISE: Final = (
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_left_shift",
    "bitwise_invert", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "ceil", "clip", "conj", "copysign", "cos",
    "cosh", "divide", "equal", "exp", "expm1", "floor", "floor_divide", "greater", "greater_equal", "hypot", "imag",
    "isfinite", "isinf", "isnan", "less", "less_equal", "log", "log1p", "log2", "log10", "logaddexp", "logical_and",
    "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "multiply", "negative", "nextafter",
    "not_equal", "positive", "pow", "real", "reciprocal", "remainder", "round", "sign", "signbit", "sin", "sinh",
    "square", "sqrt", "subtract", "tan", "tanh", "trunc", "where",
)  # fmt: skip


def _elementwise(name: str) -> Callable[..., Any]:
    return lambda *arrays, **options: elementwise(FUNCTIONS[name], *arrays, **options)


def _batched_axis(name: str) -> Callable[..., Any]:
    """For ops whose block says that only their axis counts on."""

    def apply(*arrays: Any, axis: Any, **options: Any) -> Any:
        level = common_level(arrays)
        function = FUNCTIONS[name]
        if level is None:
            return wrapped(function(*[x.data for x in arrays], axis=axis, **options), None)
        ndim = max([x.ndim for x in arrays])
        if not ndim:
            data = [ops.reshape(spread(x, level), shape=(-1, 1)) for x in arrays]
            return wrapped(ops.reshape(function(*data, axis=1, **options), shape=(-1,)), level)
        axis = on_axes(axis, ndim) if axis is None or isinstance(axis, (tuple, list)) else on_axis(axis, ndim)
        return wrapped(function(*[spread(x, level) for x in arrays], axis=axis, **options), level)

    return apply


class _Library:
    """What the standard's names are looked up in."""

    def __init__(self, parent: Any) -> None:
        self.__dict__.update(CONSTANTS)
        self.__dict__.update(NAMES)
        self.bool = dtypes.bool_
        for name in _ELEMENTWISE:
            if name in FUNCTIONS:
                self.__dict__[name] = _elementwise(name)
        self.__dict__.update(RULES)
        for name in CREATORS:
            self.__dict__[name] = partial(_created, getattr(parent.ops, name))
        for name in ("isdtype", "result_type", "finfo", "iinfo", "can_cast"):
            if name in FUNCTIONS:
                self.__dict__[name] = FUNCTIONS[name]
        self.asarray = partial(_asarray, parent.ops.asarray)


def _created(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return Batched(function(*args, **options), None)


def _asarray(make: Callable[..., Any], x: Any, *, dtype: Any = None, copy: bool | None = None, **options: Any) -> Any:
    if not isinstance(x, Batched):
        # Numbers: a constant, the same for all.
        return Batched(make(x, dtype=dtype, copy=copy, **options), None)
    data = x.data if dtype is None else FUNCTIONS["astype"](x.data, dtype=dtype)
    return Batched(ops.clone(data) if copy and data is x.data else data, x.level)


def _from_block(name: str, batch: Callable[..., Any], parent: Any) -> Callable[..., Any]:
    return partial(batch, below(name, parent))


def namespace_over(parent: Any) -> Namespace:
    """The completed namespace of batched arrays over the Tensors of a device."""
    kernels: dict[str, Callable[..., Any]] = {"linear_map": _linear_map, "affine": _affine}
    for name, info in OPS.items():
        if callable(info.batch):
            kernels[name] = _from_block(name, info.batch, parent)
        elif info.batch == "axis":
            kernels[name] = _batched_axis(name)
        elif info.batch == "stack" or name.startswith("linalg_") or (info.elementwise and name not in RULES):
            # The standard's linear algebra is of stacks of matrices: the hidden axis is one more of the stack.
            kernels[name] = _elementwise(name)
    assert DEFINITIONS
    return Namespace("vmap", _Library(parent), kernels)
