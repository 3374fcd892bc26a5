"""Batched arrays: a Tensor with a hidden first axis, which vmap maps over. Ops see the shape without it.

Whatever has a generic definition over the standard's functions is batched through it; this file and
``batching.py`` give these functions for batched arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.levels import Level
from plugrad.core.namespace import FUNCTIONS

_ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, "
    "please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch "
    "internals, please file a bug report."
)


class Batched:
    """An array with a hidden axis.

    Args:
        data: A Tensor of the level below, the hidden axis first; or any Tensor, where ``level`` is None.
        level: The run of vmap that the hidden axis belongs to; None where nothing varies along it.
    """

    __slots__ = ("data", "level")

    def __init__(self, data: Any, level: Level | None) -> None:
        self.data = data
        self.level = level

    @property
    def shape(self) -> tuple[int, ...]:
        shape = tuple(self.data.raw.shape)
        return shape if self.level is None else shape[1:]

    @property
    def ndim(self) -> int:
        return len(self.data.raw.shape) - (self.level is not None)

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    def __getitem__(self, key: Any) -> Any:
        key = key if key.__class__ is tuple else (key,)
        if any([isinstance(k, Batched) for k in key]):
            raise NotImplementedError("basic keys only: arrays go through take or index")
        return Batched(self.data[key if self.level is None else (slice(None), *key)], self.level)

    def __bool__(self) -> bool:
        return bool(plain(self))

    def __repr__(self) -> str:
        return f"Batched({self.data!r}, batched={self.level is not None})"


def plain(x: Batched) -> Any:
    """The data of an array that does not vary along the hidden axis."""
    if x.level is not None:
        raise RuntimeError(_ITEM)
    return x.data


def common_level(arrays: Any) -> Level | None:
    """The run of vmap that these arrays belong to; None where none of them varies.

    Raises:
        RuntimeError: if they belong to different runs: a tensor escaped from one that has ended.
    """
    level = None
    for x in arrays:
        if isinstance(x, Batched) and x.level is not None:
            if level is None:
                level = x.level
            elif level is not x.level:
                raise RuntimeError(
                    with_hint(
                        "a batched tensor was used in another vmap than the one that made it",
                        "return it from the function that is mapped over.",
                    )
                )
    return level


def aligned(arrays: Any) -> tuple[list[Any], Level | None]:
    """The data of arrays so that they broadcast as the arrays do: hidden axis first, size-1 axes after it."""
    level = common_level(arrays)
    ndim = max([x.ndim for x in arrays if isinstance(x, Batched)], default=0)
    found = []
    for x in arrays:
        if not isinstance(x, Batched):
            found.append(x)
        elif x.level is None or x.ndim == ndim:
            found.append(x.data)
        else:
            shape = x.data.raw.shape
            found.append(ops.reshape(x.data, shape=(shape[0], *[1] * (ndim - len(shape) + 1), *shape[1:])))
    return found, level


def wrapped(y: Any, level: Level | None) -> Any:
    """Results with their hidden axis."""
    if y.__class__ is tuple or y.__class__ is list:
        return tuple([Batched(z, level) for z in y])
    return Batched(y, level)


def elementwise(function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """An elementwise function of arrays and numbers."""
    data, level = aligned(arrays)
    return wrapped(function(*data, **options), level)


def spread(x: Batched, level: Level) -> Any:
    """The data with the hidden axis, along which ``x`` may not vary."""
    if x.level is not None:
        return x.data
    return ops.broadcast_to(x.data, shape=(level.size, *x.data.raw.shape))


def _operator(name: str, reflected: bool = False) -> Any:
    if reflected:
        return lambda self, other: elementwise(FUNCTIONS[name], other, self)
    return lambda self, other: elementwise(FUNCTIONS[name], self, other)


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
for _name, _op in OPERATORS.items():
    setattr(Batched, f"__{_name}__", _operator(_op))
    setattr(Batched, f"__r{_name}__", _operator(_op, reflected=True))
COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
for _name, _op in COMPARISONS.items():
    setattr(Batched, f"__{_name}__", _operator(_op))
UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}
for _name, _op in UNARY.items():
    setattr(Batched, f"__{_name}__", (lambda op: lambda self: elementwise(FUNCTIONS[op], self))(_op))
Batched.__hash__ = object.__hash__  # type: ignore[method-assign]  # __eq__ compares elements


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


def shaped(function: Callable[..., Any], x: Any, **options: Any) -> Any:
    """A function of the data that leaves the hidden axis where it is."""
    return Batched(function(x.data, **options), x.level)
