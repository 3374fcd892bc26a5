"""PyTorch's type promotion, decided before a kernel is called: every backend then sees equal dtypes.

Backends' own rules differ (float32 * int64 is float64 in NumPy), so they are never asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Complex, Integral, Real
from typing import Any, Final

from plugrad.core import dtypes
from plugrad.core.dtypes import combine, of_scalar, promote_types
from plugrad.core.value import Value

SCALARS: Final = (bool, int, float, complex)


def result_type(operands: Iterable[Any]) -> dtypes.dtype:
    """The dtype of an elementwise result: tensors with dimensions decide, then 0-d tensors, then Python numbers.

    A lower class only counts where its category is higher (a float scalar makes an int tensor float).
    """
    dimensioned = zero_dim = number = None
    for x in operands:
        if isinstance(x, Value):
            if x.raw.ndim:
                dimensioned = x.dtype if dimensioned is None else promote_types(dimensioned, x.dtype)
            else:
                zero_dim = x.dtype if zero_dim is None else promote_types(zero_dim, x.dtype)
        else:
            kind = of_scalar(x)
            number = kind if number is None else promote_types(number, kind)
    found = combine(dimensioned, combine(zero_dim, number))
    if found is None:
        raise RuntimeError("result_type needs at least one operand")
    return found


def fits(dtype: dtypes.dtype, scalar: Any) -> bool:
    """Whether a Python number leaves a tensor of this dtype as it is."""
    return of_scalar(scalar).category <= dtype.category


def plain(x: Any) -> Any:
    """``x`` as a Python number: other libraries' scalars are numbers too. None where it is no number."""
    if x.__class__ in SCALARS:
        return x
    if isinstance(x, Integral):
        return int(x)
    if isinstance(x, Real):
        return float(x)
    return complex(x) if isinstance(x, Complex) else None


def of_kind(dtype: dtypes.dtype, number: Any) -> Any:
    """A Python number as the kind of number that a dtype holds."""
    kind = SCALARS[dtype.category]
    return number if number.__class__ is kind else kind(number)


def wrapped(number: int, dtype: dtypes.dtype) -> int:
    """An integer modulo what an integer dtype can hold, as PyTorch converts it."""
    bits = 8 * dtype.itemsize
    number &= (1 << bits) - 1
    return number - (1 << bits) if dtype.is_signed and number >> (bits - 1) else number


def wrong_type(name: str, argument: str, position: int, value: object) -> TypeError:
    """PyTorch's error for an argument that is no Tensor."""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    hint = "plugrad.as_tensor(value) makes a Tensor of it." if kind.__module__ != "builtins" else "pass a Tensor."
    return TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {module}{kind.__qualname__}\n"
        f"Hint: {hint}"
    )


def common_device(name: str, values: Sequence[Value]) -> Any:
    """The one device of all values; 0-d tensors do not travel. Mixed devices raise PyTorch's error."""
    first = values[0].device
    for value in values:
        if value.device is not first:
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {first} and "
                f"{value.device}!\nHint: {name}() needs its tensors on one device; move one with x.to('{first}')."
            )
    return first


def common_dtype(operands: Sequence[Any], to_float: bool) -> dtypes.dtype:
    """The dtype an op computes in: the promoted one, or the default dtype where an op needs floats of integers."""
    dtype = result_type(operands)
    if to_float and not dtype.is_inexact:
        return dtypes.get_default_dtype()
    return dtype
