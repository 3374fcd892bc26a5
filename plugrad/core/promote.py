"""PyTorch's type promotion, decided before a kernel is called: every backend then sees equal dtypes.

Backends' own rules differ (float32 * int64 is float64 in NumPy), so they are never asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Complex, Integral, Real
from typing import TYPE_CHECKING, Any, Final

from plugrad.core import dtypes
from plugrad.core.dtypes import combine, of_scalar, promote_types
from plugrad.core.levels import together
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

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
    """The one device of all values; 0-d tensors do not travel. Mixed devices raise PyTorch's error.

    Of Tensors of several function transforms it is the innermost one's, to which ``together`` lifts the others.
    """
    first = values[0].device
    for value in values:
        where: Any = value.device
        if where is not first:
            if where.root is first.root:
                first = where if where.depth > first.depth else first
                continue
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


def promoted(op: Op, *operands: Any) -> list[Any]:
    """The operands on one device and in their common dtype: tensors cast (recorded), numbers as they are."""
    operands = tuple(together(operands))
    values = [x for x in operands if isinstance(x, Value)]
    common_device(op.name, values)
    if op.promote == "equal":
        if len({x.dtype for x in values}) == 1 and len(values) == len(operands):
            return list(operands)
        raise unequal(op.name, operands)
    numbers = [x if isinstance(x, Value) else plain(x) for x in operands]
    for i, x in enumerate(numbers):
        if x is None:
            raise wrong_type(op.called, "other" if i else "input", i + 1, operands[i])
    dtype = common_dtype(numbers, op.promote == "float")
    if op.refuse is not None:
        op.refuse(dtype, operands)
    return [cast(x, dtype) if isinstance(x, Value) else of_kind(dtype, x) for x in numbers]


def unequal(name: str, operands: tuple[Any, ...]) -> Exception:
    """PyTorch's error for an op that does not promote."""
    for i, x in enumerate(operands):
        if not isinstance(x, Value):
            return wrong_type(name, ("input", "other")[min(i, 1)], i + 1, x)
    kinds = [_C_NAMES.get(x.dtype.name, x.dtype.name) for x in operands]
    return RuntimeError(
        f"expected m1 and m2 to have the same dtype, but got: {kinds[0]} != {kinds[1]}\n"
        f"Hint: {name} does not promote; convert one of them: x.to({operands[0].dtype})."
    )


_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long long",
    "int32": "int", "int16": "short", "int8": "signed char", "uint8": "unsigned char",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def cast(x: Any, dtype: dtypes.dtype) -> Any:
    """``x`` in another dtype, recorded."""
    return x if x.dtype is dtype else FUNCTIONS["astype"](x, dtype=dtype)


def promoted_inputs(op: Op, flat: tuple[Any, ...], args: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
    """The flat arguments with those that take part in promotion in one dtype. ``args`` has them nested."""
    args = flat if args is None else args
    exempt: set[int] = set()
    if op.exempt:
        position = 0
        for name, arg in zip(op.inputs, args, strict=True):
            width = len(arg) if op.variadic is not None and name == op.inputs[op.variadic] else 1
            if name in op.exempt:
                exempt.update(range(position, position + width))
            position += width
    chosen = [i for i, x in enumerate(flat) if x is not None and i not in exempt]
    if not chosen:
        return flat
    first = flat[chosen[0]]
    to_float = op.promote == "float"
    if isinstance(first, Value) and (first.dtype.is_inexact or not to_float):
        dtype = first.dtype
        device = first.device
        if all([isinstance(x := flat[i], Value) and x.dtype is dtype and x.device is device for i in chosen]):
            if op.refuse is not None and not dtype.is_floating_point:
                op.refuse(dtype, flat)
            return flat
    new = list(flat)
    for i, x in zip(chosen, promoted(op, *[flat[i] for i in chosen]), strict=True):
        new[i] = x
    return tuple(new)
