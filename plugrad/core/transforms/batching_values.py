"""The standard's reductions, scans, reads by index and products, on batched arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.transforms import batching_shapes as shapes
from plugrad.core.transforms.batched import (
    RULES,
    Batched,
    aligned,
    common_level,
    on_axes,
    on_axis,
    rule,
    spread,
    wrapped,
)


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


def linear_map(x: Any, weight: Any) -> Any:
    if weight.level is None:
        return Batched(ops.linear_map(x.data, weight.data), x.level)
    return matmul(x, shapes.matrix_transpose(weight)) if weight.ndim > 1 else matmul(x, weight)


def affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight.level is None and bias.level is None:
        return Batched(ops.affine(x.data, weight.data, bias.data), x.level)
    return linear_map(x, weight) + bias
