"""The namespace of batched arrays: the standard's functions, each of which keeps the hidden first axis out of sight.

All else is made of these by the generic definitions, unless an op says in its block how it is batched.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from plugrad.core import dtypes, ops
from plugrad.core.dtypes import NAMES
from plugrad.core.levels import below
from plugrad.core.namespace import CONSTANTS, CREATORS, FUNCTIONS, Namespace
from plugrad.core.op import OPS
from plugrad.core.transforms.batched import RULES, Batched, common_level, elementwise, on_axes, on_axis, spread, wrapped
from plugrad.core.transforms.batching_values import affine, linear_map


def _like(name: str) -> Callable[..., Any]:
    def make(x: Any, *args: Any, dtype: Any = None, **options: Any) -> Any:
        # The same for all elements, so that no hidden axis is needed.
        function = getattr(x.data.device.ops, name.removesuffix("_like"))
        return Batched(function(x.shape, *args, dtype=dtype or x.dtype, **options), None)

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


def namespace_over(parent: Any) -> Namespace:
    """The completed namespace of batched arrays over the Tensors of a device."""
    kernels: dict[str, Callable[..., Any]] = {"linear_map": linear_map, "affine": affine}
    for name, info in OPS.items():
        if callable(info.batch):
            kernels[name] = partial(info.batch, below(name, parent))
        elif info.batch == "axis":
            kernels[name] = _batched_axis(name)
        elif info.batch == "stack" or name.startswith("linalg_") or (info.elementwise and name not in RULES):
            # The standard's linear algebra is of stacks of matrices: the hidden axis is one more of the stack.
            kernels[name] = _elementwise(name)
    return Namespace("vmap", _Library(parent), kernels)
