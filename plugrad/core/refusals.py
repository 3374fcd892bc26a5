"""What PyTorch refuses: functions for ``@op(refuse=...)`` that raise its errors.

They are asked before anything is computed, with the dtype that the op would compute in and its operands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core.dtypes import bool_, dtype
from plugrad.core.errors import with_hint
from plugrad.core.value import Value

BOOLEAN, INTEGER, FLOATING, COMPLEX = 0, 1, 2, 3

Refusal = Callable[[dtype, tuple[Any, ...]], None]


def lacks(kernel: str, *categories: int) -> Refusal:
    """PyTorch has no kernel of this name for dtypes of these categories."""

    def refuse(d: dtype, operands: tuple[Any, ...]) -> None:
        if d.category in categories:
            text = f"\"{kernel}\" not implemented for '{d.legacy_name}'"
            raise NotImplementedError(with_hint(text, _other(d, categories)))

    return refuse


def _other(d: dtype, categories: tuple[int, ...]) -> str:
    if d.is_complex:
        return "take x.real, x.imag or x.abs() first."
    if FLOATING in categories:
        return "convert to integers or booleans first: x.long(), x.bool()."
    return "convert first: x.float()." if INTEGER in categories else "convert first: x.int()."


def booleans(text: str, hint: str) -> Refusal:
    """PyTorch refuses to compute in booleans, with a RuntimeError of this text."""

    def refuse(d: dtype, operands: tuple[Any, ...]) -> None:
        if d is bool_:
            raise RuntimeError(with_hint(text, hint))

    return refuse


def unsigned(d: dtype, operands: tuple[Any, ...]) -> None:
    """Complex numbers have no sign."""
    if d.is_complex:
        raise NotImplementedError(
            "Unlike NumPy, plugrad.sign is not intended to support complex numbers. Please use plugrad.sgn instead."
        )


def either(*refusals: Refusal) -> Refusal:
    """What any of these refuses."""

    def refuse(d: dtype, operands: tuple[Any, ...]) -> None:
        for one in refusals:
            one(d, operands)

    return refuse


def no_complex(text: str, error: type[Exception]) -> Refusal:
    """PyTorch refuses complex numbers, with an error of this text."""

    def refuse(d: dtype, operands: tuple[Any, ...]) -> None:
        if d.is_complex:
            raise error(with_hint(text, _other(d, ())))

    return refuse


no_clamp = no_complex("clamp is not supported for complex types", NotImplementedError)


def boolean_operands(d: dtype, operands: tuple[Any, ...]) -> None:
    """Subtraction refuses boolean operands, whatever the other is."""
    boolean = [x is True or x is False or (isinstance(x, Value) and x.dtype is bool_) for x in operands]
    if all(boolean):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if any(boolean):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


def powers(d: dtype, operands: tuple[Any, ...]) -> None:
    """Integers have no negative integer powers; booleans none but those that are Python booleans."""
    if d is bool_ and not isinstance(operands[1], bool):
        raise NotImplementedError(with_hint("\"pow\" not implemented for 'Bool'", "convert first: x.int()."))
    exponent = operands[1]
    if d.category == INTEGER and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError(
            with_hint("Integers to negative integer powers are not allowed.", f"use a float exponent: {exponent}.0.")
        )
