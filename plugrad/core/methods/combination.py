"""PyTorch's weighted combinations of three tensors: lerp, addcmul, addcdiv."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops
from plugrad.core.arguments import mistyped
from plugrad.core.errors import with_hint
from plugrad.core.inplace import update
from plugrad.core.promote import plain, wrong_type
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks
from plugrad.core.value import Value

__all__ = ["addcdiv", "addcmul", "lerp"]

_C_NAMES = {
    "int64": "long int", "int32": "int", "int16": "short int", "int8": "signed char",
    "uint8": "unsigned char", "float32": "float", "float64": "double", "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
}  # fmt: skip


def _check_lerp(input: Any, end: Any, weight: Any) -> None:
    if not isinstance(input, Value):
        raise wrong_type("lerp", "input", 1, input)
    if not isinstance(end, Value):
        raise wrong_type("lerp", "end", 2, end)
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, Value) and x.dtype is not input.dtype and not (name == "weight" and not x.raw.shape):
            expected, found = (_C_NAMES.get(d.name, d.name) for d in (input.dtype, x.dtype))
            raise RuntimeError(
                with_hint(f"expected dtype {expected} for `{name}` but got dtype {found}", "lerp does not promote.")
            )
    lacks("lerp_kernel_scalar", BOOLEAN, INTEGER)(input.dtype, ())


def lerp(input: Any, end: Any, weight: Any) -> Any:
    r"""Interpolate linearly.

    .. math:: y_i = input_i + weight_i \cdot (end_i - input_i)

    Args:
        input: Where weight 0 is.
        end: Where weight 1 is.
        weight: A tensor or a number.

    Returns:
        The points between.

    Shape:
        - Output: what all three broadcast to.

    Raises:
        RuntimeError: if the dtypes differ.

    Example::

        >>> import plugrad
        >>> plugrad.lerp(plugrad.tensor([0.0, 1.0]), plugrad.tensor([10.0, 11.0]), 0.25)
        tensor([2.5000, 3.5000])
    """
    _check_lerp(input, end, weight)
    return ops.lerp(input, end, weight)


def lerp_(input: Any, end: Any, weight: Any) -> Any:
    """In-place form of ``lerp``."""
    _check_lerp(input, end, weight)
    return update(ops.lerp.op, input, (end, weight), {})


def _value(name: str, value: Any, *operands: Any) -> Any:
    """The factor of addcmul and addcdiv: cut to an integer where all else is."""
    number = plain(value)
    if number is None:
        raise mistyped(name, "value", None, "Number", value)
    integral = all(x.dtype.category < 2 for x in operands if isinstance(x, Value))
    return int(number) if integral and not isinstance(number, complex) else number


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    r"""Add a scaled product.

    .. math:: y_i = input_i + value \cdot tensor1_i \cdot tensor2_i

    Args:
        input: A tensor.
        tensor1: A tensor.
        tensor2: A tensor.
        value: The factor of the product.

    Shape:
        - Output: what all three broadcast to.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0])
        >>> plugrad.addcmul(plugrad.ones(2), x, plugrad.tensor([3.0, 4.0]), value=0.5)
        tensor([2.5000, 5.0000])
    """
    return ops.addcmul(input, tensor1, tensor2, value=_value("addcmul", value, input, tensor1, tensor2))


def addcmul_(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """In-place form of ``addcmul``."""
    value = _value("addcmul", value, input, tensor1, tensor2)
    return update(ops.addcmul.op, input, (tensor1, tensor2), {"value": value})


_INTEGER_DIVISION = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
    "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as "
    "(input + value * plugrad.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as "
    "(input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter "
    "implementation: (input + value * tensor1 / tensor2), for all dtypes."
)


def _check_addcdiv(tensor1: Any, tensor2: Any) -> None:
    if all(isinstance(x, Value) and x.dtype.category < 2 for x in (tensor1, tensor2)):
        raise RuntimeError(_INTEGER_DIVISION)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    r"""Add a scaled quotient.

    .. math:: y_i = input_i + value \cdot \frac{tensor1_i}{tensor2_i}

    Args:
        input: A tensor.
        tensor1: A tensor.
        tensor2: A tensor.
        value: The factor of the quotient.

    Shape:
        - Output: what all three broadcast to.

    Raises:
        RuntimeError: if both other tensors are integers.

    Example::

        >>> import plugrad
        >>> plugrad.addcdiv(plugrad.ones(2), plugrad.tensor([1.0, 2.0]), plugrad.tensor([4.0, 4.0]))
        tensor([1.2500, 1.5000])
    """
    _check_addcdiv(tensor1, tensor2)
    return ops.addcdiv(input, tensor1, tensor2, value=value)


def addcdiv_(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """In-place form of ``addcdiv``."""
    _check_addcdiv(tensor1, tensor2)
    return update(ops.addcdiv.op, input, (tensor1, tensor2), {"value": value})


class CombinationMethods:
    """Weighted combinations as methods."""

    __slots__ = ()

    addcdiv = addcdiv
    addcdiv_ = addcdiv_
    addcmul = addcmul
    addcmul_ = addcmul_
    lerp = lerp
    lerp_ = lerp_
