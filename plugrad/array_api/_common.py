"""What the chapters share: operands in the standard's common dtype, and its refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugrad.core import dtypes
from plugrad.core.dispatch import cast
from plugrad.core.dtypes import dtype
from plugrad.core.errors import with_hint
from plugrad.core.value import Value


def common_dtype(operands: Iterable[Any]) -> dtype:
    """The dtype of a result: arrays and dtypes decide, whatever their dimensions; numbers only raise the kind."""
    found: dtype | None = None
    numbers: dtype | None = None
    for x in operands:
        if isinstance(x, (Value, dtype)):
            kind = x if isinstance(x, dtype) else x.dtype
            found = kind if found is None else dtypes.promote_types(found, kind)
        elif isinstance(x, (bool, int, float, complex)):
            kind = dtypes.of_scalar(x)
            numbers = kind if numbers is None else dtypes.promote_types(numbers, kind)
        else:
            raise TypeError(
                with_hint(
                    f"result_type() takes arrays, dtypes and numbers, not {type(x).__name__}",
                    "plugrad.array_api.asarray(value) makes an array.",
                )
            )
    if found is None:
        raise ValueError(with_hint("result_type() needs an array or a dtype", "numbers alone have no dtype."))
    combined = dtypes.combine(found, numbers)
    assert combined is not None
    return combined


def together(*operands: Any) -> list[Any]:
    """The operands with all arrays among them in their common dtype. Numbers stay as they are.

    A zero-dimensional array counts like any other: the standard knows no difference, PyTorch's operators do.
    """
    arrays = [x for x in operands if isinstance(x, Value)]
    if len({x.dtype for x in arrays}) < 2:
        return list(operands)
    dtype = common_dtype(operands)
    return [cast(x, dtype) if isinstance(x, Value) else x for x in operands]


def array(name: str, x: Any) -> Any:
    """``x``, if it is an array; otherwise the error that says what to do."""
    if not isinstance(x, Value):
        raise TypeError(
            with_hint(f"{name}() takes an array, not {type(x).__name__}", "plugrad.array_api.asarray(value) makes one.")
        )
    return x


def axis_of(name: str, axis: int, ndim: int) -> int:
    """An axis counted from the front, or IndexError."""
    if not -ndim <= axis < ndim:
        raise IndexError(
            with_hint(f"{name}(): no axis {axis} in {ndim} dimensions", f"it is from {-ndim} to {ndim - 1}.")
        )
    return axis % ndim


def accumulated(x: Any, dtype: Any) -> Any:
    """``x`` in the dtype in which the standard adds up: the one asked for; of integers, the default one."""
    if dtype is not None:
        return cast(x, dtype)
    if x.dtype.category < 2:
        return cast(x, dtypes.uint64 if x.dtype.kind == "unsigned integer" else dtypes.int64)
    return x


def in_dtype(x: Any, dtype: Any) -> Any:
    """``x`` in the dtype asked for, if any: libraries add small integers up in larger ones."""
    return x if dtype is None else cast(x, dtype)


def indices(x: Any) -> Any:
    """Integers in the dtype of indices: the standard takes any, PyTorch's functions do not."""
    return cast(x, dtypes.int64) if isinstance(x, Value) and x.dtype.category == 1 else x
