"""Arguments as users write them, checked in PyTorch's words: sizes, numbers, dtypes, flags."""

from __future__ import annotations

import math
import operator
from typing import Any, Final

from plugrad.core import dtypes
from plugrad.core.errors import with_hint
from plugrad.core.promote import plain
from plugrad.core.value import Value

_PYTHON_TYPES: Final = {
    float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128
}  # fmt: skip

# C++'s names of the types, in which PyTorch says that a number does not fit.
_C_TYPES: Final = {
    "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t",
    "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t", "float16": "at::Half",
    "bfloat16": "at::BFloat16", "float32": "float", "float64": "double",
}  # fmt: skip

LARGEST: Final = {
    "float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}  # fmt: skip


def type_name(value: object) -> str:
    """How PyTorch names the type of an argument."""
    kind = type(value)
    if isinstance(value, Value):
        return "Tensor"
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def mistyped(name: str, argument: str, position: int | None, expected: str, value: object) -> TypeError:
    """PyTorch's error for an argument of the wrong type."""
    place = "" if position is None else f" (position {position})"
    return TypeError(f"{name}(): argument '{argument}'{place} must be {expected}, not {type_name(value)}")


def as_dtype(name: str, value: Any, argument: str = "dtype") -> Any:
    """A dtype argument: None, a dtype, or one of Python's number types."""
    if value is None or value.__class__ is dtypes.dtype:
        return value
    known = _PYTHON_TYPES.get(value) if isinstance(value, type) else None
    if known is None:
        raise TypeError(
            with_hint(
                f"{name}(): argument '{argument}' must be plugrad.dtype, not {type_name(value)}",
                "dtypes are plugrad.float32, plugrad.int64 and so on.",
            )
        )
    return known


def as_flag(name: str, argument: str, value: Any) -> bool:
    """A truth value, nothing that merely has one."""
    if value.__class__ is not bool:
        raise mistyped(name, argument, None, "bool", value)
    return bool(value)


def _is_integer(value: Any) -> bool:
    """Whether it can be a size or a count: an int, NumPy's, or a 0-d tensor of integers; not a bool."""
    if value.__class__ is int:
        return True
    if isinstance(value, Value):
        return not value.raw.shape and value.dtype.category == 1
    return hasattr(value, "__index__") and not isinstance(value, bool) and type(value).__name__ != "bool_"


def as_int(name: str, argument: str, position: int, value: Any) -> int:
    """An integer argument."""
    if value.__class__ is not int:
        if not _is_integer(value):
            raise mistyped(name, argument, position, "int", value)
        value = operator.index(value)
    number: int = value
    return number


def as_number(name: str, argument: str, position: int, value: Any) -> Any:
    """A number argument as a Python number: also other libraries' scalars and tensors of no dimension."""
    if isinstance(value, Value):
        if value.raw.shape:
            raise mistyped(name, argument, position, "Number", value)
        return value.item()  # type: ignore[attr-defined]  # every Value is a Tensor here
    number = plain(value)
    if number is None:
        if type(value).__name__ not in ("bool", "bool_"):
            raise mistyped(name, argument, position, "Number", value)
        return bool(value)
    return number


def sizes(name: str, size: tuple[Any, ...], argument: str = "size") -> tuple[int, ...]:
    """The shape that sizes one by one, or one sequence of them, say; checked as PyTorch does.

    Raises:
        TypeError: if they are no integers.
        RuntimeError: if one is negative.
    """
    if len(size) == 1 and not _is_integer(size[0]):
        return shape_of(name, size[0], 1, argument)
    if not size:
        raise TypeError(f'{name}() missing 1 required positional arguments: "{argument}"')
    if not _is_integer(size[0]):
        raise TypeError(f"{name}() takes 1 positional argument but {len(size)} were given")
    return _checked(name, size, argument, 1)


def shape_of(name: str, size: Any, position: int, argument: str = "size") -> tuple[int, ...]:
    """The shape that one sequence of sizes says."""
    if size.__class__ is not tuple and not isinstance(size, (tuple, list)):
        raise mistyped(name, argument, position, "tuple of ints", size)
    return _checked(name, size, argument, position)


def _checked(name: str, size: Any, argument: str, position: int) -> tuple[int, ...]:
    for i, n in enumerate(size):
        if n.__class__ is int:
            if n < 0:
                raise RuntimeError(
                    with_hint(
                        "zeros: Dimension size must be non-negative."
                        if name == "zeros"
                        else f"Trying to create tensor with negative dimension {n}: {list(size)}",
                        "sizes are zero or more; nothing is inferred from -1 here.",
                    )
                )
        elif not _is_integer(n):
            if i == 0:
                raise TypeError(
                    f"{name}(): argument '{argument}' (position {position}) must be tuple of ints, but "
                    "found element "
                    f"of type {type_name(n)} at pos 0"
                )
            raise TypeError(
                f"{name}(): argument '{argument}' failed to unpack the object at pos {i + 1} with error "
                f'"type must be tuple of ints,but got {type_name(n)}"'
            )
        else:
            return _checked(name, [operator.index(n) if _is_integer(n) else n for n in size], argument, position)
    if math.prod(size) >= 1 << 60:
        raise RuntimeError(
            with_hint(
                f"Storage size calculation overflowed with sizes={list(size)}",
                "no memory has room for so much.",
            )
        )
    return tuple(size)


def check_requires_grad(name: str, requires_grad: Any, dtype: dtypes.dtype) -> None:
    """Refuse ``requires_grad=True`` for dtypes without gradients, and what is no bool."""
    if requires_grad is False:
        return
    as_flag(name, "requires_grad", requires_grad)
    if not dtype.is_inexact:
        raise RuntimeError(
            with_hint(
                "Only Tensors of floating point and complex dtype can require gradients",
                f"this one would be {dtype}; pass a floating dtype.",
            )
        )


def limits(dtype: dtypes.dtype) -> tuple[int, int]:
    """The smallest and the largest integer of an integer dtype."""
    bits = 8 * dtype.itemsize
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if dtype.is_signed else (0, (1 << bits) - 1)


def converted(number: Any, dtype: dtypes.dtype) -> Any:
    """A Python number as one that a dtype holds: truncated for integers, negative ones wrapped for unsigned.

    Raises:
        RuntimeError: if it does not fit, with PyTorch's text.
    """
    if dtype.category == 0:
        return bool(number)
    if dtype.is_complex:
        return complex(number)
    if isinstance(number, complex):
        if number.imag != 0:
            raise _overflow(number, dtype)
        number = number.real
    if dtype.is_floating_point:
        try:
            number = float(number)
        except OverflowError:
            raise _overflow(number, dtype) from None
        if math.isfinite(number) and abs(number) > LARGEST[dtype.name]:
            raise _overflow(number, dtype)
        return number
    if not math.isfinite(number):
        raise _overflow(number, dtype)
    low, high = limits(dtype)
    number = int(number)
    if number < 0 and not dtype.is_signed:
        if -number > high:
            raise _overflow(number, dtype)
        return number + high + 1
    if not low <= number <= high:
        raise _overflow(number, dtype)
    return number


def _overflow(number: Any, dtype: dtypes.dtype) -> RuntimeError:
    return RuntimeError(
        with_hint(
            f"value cannot be converted to type {_C_TYPES.get(dtype.name, dtype.name)} without overflow",
            f"{number!r} does not fit {dtype}.",
        )
    )
