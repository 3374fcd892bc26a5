"""PyTorch's ways to select: where, the larger and the smaller of two, clamping, rounding, nan to numbers."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import dispatch, dtypes, ops
from plugrad.core.arguments import LARGEST, as_int, mistyped, type_name
from plugrad.core.errors import with_hint
from plugrad.core.inplace import assign, check_writable, in_place, update
from plugrad.core.methods.arithmetic import tensors_only
from plugrad.core.promote import plain, result_type, wrong_type
from plugrad.core.value import Value

__all__ = [
    "clamp", "clamp_", "clamp_max", "clamp_max_", "clamp_min", "clamp_min_", "clip", "clip_", "fmax",
    "fmin", "maximum", "minimum", "nan_to_num", "nan_to_num_", "round", "round_", "where",
]  # fmt: skip

_USUAL = (Value, float, int)

_BYTE_CONDITION = (
    "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
    "version of PyTorch. Use a boolean condition instead."
)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    r"""Select from two tensors.

    .. math:: y_i = input_i \text{ if } condition_i \text{ else } other_i

    The gradient of what was not taken is 0. A rule before it may still turn that 0 into nan (0 times
    infinity), as in PyTorch: keep what is not taken finite, by a ``where`` of its own, before a function with
    a pole.

    Args:
        condition: Booleans.
        input: A tensor or a number, taken where the condition holds.
        other: A tensor or a number, taken elsewhere.

    Returns:
        The selection. With a condition alone, the indices where it holds, as ``nonzero(as_tuple=True)``.

    Shape:
        - Output: what all three broadcast to.

    Raises:
        RuntimeError: if the condition is not boolean.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([-1.0, 2.0])
        >>> plugrad.where(x > 0, x, 0.0)
        tensor([0., 2.])
    """
    if not isinstance(condition, Value):
        raise _no_such_call("where", (condition, input, other), {})
    if condition.dtype is dtypes.bool_ and isinstance(input, Value) and isinstance(other, _USUAL):
        return ops.where(condition, input, other)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)  # type: ignore[attr-defined]  # every Value is a Tensor here
    branches = [x if isinstance(x, Value) else plain(x) for x in (input, other)]
    if None in [x for x in branches if not isinstance(x, Value)]:
        raise _no_such_call("where", (condition, input, other), {})
    if condition.dtype is dtypes.uint8:
        warnings.warn(_BYTE_CONDITION, UserWarning, stacklevel=2)
        condition = dispatch.cast(condition, dtypes.bool_)
    if condition.dtype is not dtypes.bool_:
        raise RuntimeError(
            with_hint(
                "where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{condition.dtype.legacy_name}",
                "say which elements are meant: x != 0.",
            )
        )
    if not any(isinstance(x, Value) for x in branches):
        # One of two numbers has to be a tensor of their common dtype.
        device = condition.device
        dtype = result_type(branches)
        branches[0] = dispatch.Tensor(device.backend.asarray(branches[0], dtype, device.index), device, dtype)
    return ops.where(condition, *branches)


def _where_method(self: Any, condition: Any, other: Any) -> Any:
    """Take this tensor's elements where the condition holds, those of ``other`` elsewhere."""
    return where(condition, self, other)


def _no_such_call(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> TypeError:
    given = [type_name(x) for x in args if x is not None]
    given += [f"{key}={type_name(x)}" for key, x in sorted(options.items()) if x is not None]
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({', '.join(given)}), "
        f"but expected one of:\n{_SIGNATURES[name]}"
    )


_SIGNATURES = {
    "where": " * (Tensor condition)\n * (Tensor condition, Tensor input, Tensor other)\n"
    " * (Tensor condition, Number self, Tensor other)\n * (Tensor condition, Tensor input, Number other)\n"
    " * (Tensor condition, Number self, Number other)\n",
    "clamp": " * (Tensor input, Tensor min = None, Tensor max = None)\n"
    " * (Tensor input, Number min = None, Number max = None)\n",
}


_NUMBERS = (float, int, type(None))


def _bounds(input: Any, min: Any, max: Any) -> tuple[Any, Any]:
    if not isinstance(input, Value):
        raise wrong_type("clamp", "input", 1, input)
    if min.__class__ in _NUMBERS and max.__class__ in _NUMBERS and input.dtype.is_inexact and min is not max:
        return min, max
    if min is None and max is None:
        raise RuntimeError("plugrad.clamp: At least one of 'min' or 'max' must not be None")
    given = {"max": max, "min": min}
    numbers = {key: plain(x) for key, x in given.items() if x is not None and not isinstance(x, Value)}
    dimensioned = any(isinstance(x, Value) and x.raw.shape for x in given.values())
    if None in numbers.values() or (numbers and dimensioned):
        raise _no_such_call("clamp", (input,), given)
    for number in numbers.values():
        _check_fits(input.dtype, number)
    return numbers.get("min", min), numbers.get("max", max)


def _are_plain(dtype: Any, *bounds: Any) -> bool:
    """Whether the bounds are numbers that leave the dtype as it is."""
    wanted = 1 if dtype.category == 1 else 2
    return all([x is None or x.__class__ is int or (x.__class__ is float and wanted == 2) for x in bounds])


def _check_fits(dtype: Any, number: Any) -> None:
    if dtype.category == 1 and isinstance(number, int):
        bits = 8 * dtype.itemsize - dtype.is_signed
        if not -(1 << bits) * dtype.is_signed <= number < 1 << bits:
            raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    r"""Limit to a range.

    .. math:: y_i = \min(\max(input_i, min_i), max_i)

    Where ``min`` is above ``max``, the result is ``max``. At a bound the gradient of ``input`` is 1, as in
    PyTorch 2.13.

    Args:
        input: A tensor.
        min: The lower bound, a tensor or a number. None: no bound.
        max: The upper bound. Numbers and tensors with dimensions do not mix.

    Returns:
        The input with what lies outside replaced by the bound.

    Shape:
        - Output: what all broadcast to.

    Raises:
        RuntimeError: without any bound.

    Example::

        >>> import plugrad
        >>> plugrad.clamp(plugrad.tensor([-2.0, 0.5, 3.0]), -1, 1)
        tensor([-1.0000,  0.5000,  1.0000])
        >>> plugrad.clamp(plugrad.tensor([-2.0, 0.5, 3.0]), min=0)
        tensor([0.0000, 0.5000, 3.0000])
    """
    bounds = _bounds(input, min, max)
    if input.dtype.category and _are_plain(input.dtype, *bounds):
        return ops.clamp(input, min=bounds[0], max=bounds[1])
    return ops.clamp_between(input, *bounds)


def clamp_(input: Any, min: Any = None, max: Any = None) -> Any:
    """In-place form of ``clamp``."""
    bounds = _bounds(input, min, max)
    if input.dtype.category and _are_plain(input.dtype, *bounds):
        return update(ops.clamp.op, input, (), {"min": bounds[0], "max": bounds[1]})
    return update(ops.clamp_between.op, input, bounds, {})


def clamp_min(input: Any, min: Any) -> Any:
    """Limit from below: ``clamp`` with a lower bound.

    Args:
        input: A tensor.
        min: A tensor or a number.

    Example::

        >>> import plugrad
        >>> plugrad.clamp_min(plugrad.tensor([-2.0, 3.0]), 0)
        tensor([0., 3.])
    """
    return ops.clamp_min(input, min)


def clamp_min_(input: Any, min: Any) -> Any:
    """In-place form of ``clamp_min``."""
    return update(ops.clamp_min.op, input, (min,), {})


def clamp_max(input: Any, max: Any) -> Any:
    """Limit from above: ``clamp`` with an upper bound.

    Args:
        input: A tensor.
        max: A tensor or a number.

    Example::

        >>> import plugrad
        >>> plugrad.clamp_max(plugrad.tensor([-2.0, 3.0]), 0)
        tensor([-2.,  0.])
    """
    return ops.clamp_max(input, max)


def clamp_max_(input: Any, max: Any) -> Any:
    """In-place form of ``clamp_max``."""
    return update(ops.clamp_max.op, input, (max,), {})


def round(input: Any, *, decimals: int = 0) -> Any:
    """Round to the nearest integer, the even one of two, or to a number of decimals. The gradient is 0.

    Args:
        input: A tensor.
        decimals: How many digits after the point stay; negative: how many before it become 0.

    Shape:
        - Output: the input's.

    Raises:
        NotImplementedError: for integers with ``decimals``.

    Example::

        >>> import plugrad
        >>> plugrad.round(plugrad.tensor([0.5, 1.5, -2.5]))
        tensor([ 0.,  2., -2.])
        >>> plugrad.round(plugrad.tensor([1.234]), decimals=2)
        tensor([1.2300])
    """
    decimals = as_int("round", "decimals", 2, decimals)
    return ops.round_decimals(input, decimals=decimals) if decimals else ops.round(input)


def round_(input: Any, *, decimals: int = 0) -> Any:
    """In-place form of ``round``."""
    decimals = as_int("round", "decimals", 2, decimals)
    return update(ops.round_decimals.op, input, (), {"decimals": decimals}) if decimals else _round_(input)


_round_ = in_place(ops.round)


def _replacements(input: Any, nan: Any, posinf: Any, neginf: Any) -> dict[str, Any]:
    largest = LARGEST[input.dtype.name]
    for name, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None and not isinstance(plain(value), (int, float)) and not isinstance(value, bool):
            raise mistyped("nan_to_num", name, None, "float", value)
    return {
        "nan": 0.0 if nan is None else nan,
        "posinf": largest if posinf is None else posinf,
        "neginf": -largest if neginf is None else neginf,
    }


def nan_to_num(input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace nan and infinities by numbers. The gradient of what was replaced is 0.

    Args:
        input: A tensor.
        nan: What replaces nan. Default: 0.
        posinf: What replaces infinity. Default: the dtype's largest number.
        neginf: What replaces minus infinity. Default: the dtype's smallest number.

    Shape:
        - Output: the input's.

    Example::

        >>> import plugrad
        >>> plugrad.nan_to_num(plugrad.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
        tensor([0., 9., 1.])
    """
    if not isinstance(input, Value):
        raise wrong_type("nan_to_num", "input", 1, input)
    if not input.dtype.is_inexact:
        return dispatch.Tensor(input.device.backend.copy(input.raw), input.device, input.dtype)
    if input.dtype.is_complex:
        parts = ops.view_as_real(input)
        return ops.view_as_complex(ops.nan_to_num(parts, **_replacements(parts, nan, posinf, neginf)))
    return ops.nan_to_num(input, **_replacements(input, nan, posinf, neginf))


def nan_to_num_(input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    """In-place form of ``nan_to_num``."""
    if not input.dtype.is_inexact:
        return input
    if input.dtype.is_complex:
        check_writable(input)
        return assign(input, nan_to_num(input, nan, posinf, neginf))
    return update(ops.nan_to_num.op, input, (), _replacements(input, nan, posinf, neginf))


clip = clamp
clip_ = clamp_
maximum = tensors_only(ops.maximum)
minimum = tensors_only(ops.minimum)
fmax = tensors_only(ops.fmax)
fmin = tensors_only(ops.fmin)


class SelectionMethods:
    """Selection as methods."""

    __slots__ = ()

    clamp = clip = clamp
    clamp_ = clip_ = clamp_
    clamp_max = clamp_max
    clamp_max_ = clamp_max_
    clamp_min = clamp_min
    clamp_min_ = clamp_min_
    fmax = fmax
    fmin = fmin
    maximum = maximum
    minimum = minimum
    nan_to_num = nan_to_num
    nan_to_num_ = nan_to_num_
    round = round
    round_ = round_
    where = _where_method
