"""PyTorch's arithmetic of two and more tensors: names, signatures, operators and in-place forms."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, dtypes, ops
from plugrad.core.arguments import type_name
from plugrad.core.errors import with_hint
from plugrad.core.inplace import in_place, update
from plugrad.core.promote import result_type, wrong_type
from plugrad.core.refusals import boolean_operands
from plugrad.core.value import Value

__all__ = [
    "add", "arctan2", "atan2", "copysign", "div", "divide", "float_power",
    "floor_divide", "fmod", "hypot", "logaddexp", "mul", "multiply", "nextafter", "pow", "remainder", "rsub",
    "sub", "subtract", "true_divide", "xlogy", "xlogy_",
]  # fmt: skip


def tensors_only(function: Any) -> Any:
    """A binary op that, other than the standard's, takes no Python numbers."""
    op = function.op

    def binary(input: Any, other: Any) -> Any:
        if not isinstance(input, Value):
            raise wrong_type(op.called, "input", 1, input)
        if not isinstance(other, Value):
            raise wrong_type(op.called, "other", 2, other)
        return function(input, other)

    binary.__name__ = binary.__qualname__ = op.called
    binary.__doc__ = function.__doc__.replace(" or a number", "")
    return binary


def tensor_first(function: Any) -> Any:
    """A binary op that, other than the standard's, takes a Python number as its second operand only."""
    op = function.op

    def binary(input: Any, other: Any) -> Any:
        if not isinstance(input, Value):
            raise TypeError(
                f"{op.called}() received an invalid combination of arguments - got ({type_name(input)}, "
                f"{type_name(other)}), but expected one of:\n * (Tensor input, Tensor other)\n"
                " * (Tensor input, Number other)\n"
            )
        return function(input, other)

    binary.__name__ = binary.__qualname__ = op.called
    binary.__doc__ = function.__doc__
    return binary


def _times_alpha(input: Any, other: Any, alpha: Any) -> Any:
    """``alpha * other``, in the dtype in which it is added to the input."""
    dtype = result_type([input, other])
    if alpha.__class__ is bool and dtype is not dtypes.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if dtype.category < 2 and isinstance(alpha, float):
        raise RuntimeError(
            with_hint(
                "For integral input tensors, argument alpha must not be a floating point number.",
                "convert the tensor: x.float().",
            )
        )
    if dtype is dtypes.bool_:
        alpha = bool(alpha)
    return ops.multiply(dispatch.cast(other, dtype), alpha) if isinstance(other, Value) else other * alpha


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    r"""Add ``other``, scaled by ``alpha``.

    .. math:: y_i = input_i + alpha \cdot other_i

    Args:
        input: A tensor or a number.
        other: A tensor or a number.
        alpha: The factor of ``other``.

    Returns:
        The sum.

    Shape:
        - Output: what input and other broadcast to.

    Raises:
        RuntimeError: if ``alpha`` is no integer where the tensors are.

    Example::

        >>> import plugrad
        >>> plugrad.add(plugrad.tensor([1.0, 2.0]), plugrad.tensor([10.0, 20.0]), alpha=2)
        tensor([21., 42.])
    """
    if alpha.__class__ is not int or alpha != 1:
        other = _times_alpha(input, other, alpha)
    return ops.add(input, other)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    r"""Subtract ``other``, scaled by ``alpha``.

    .. math:: y_i = input_i - alpha \cdot other_i

    Args:
        input: A tensor or a number.
        other: A tensor or a number.
        alpha: The factor of ``other``.

    Returns:
        The difference.

    Shape:
        - Output: what input and other broadcast to.

    Raises:
        RuntimeError: for booleans; if ``alpha`` is no integer where the tensors are.

    Example::

        >>> import plugrad
        >>> plugrad.sub(plugrad.tensor([1.0, 2.0]), 1)
        tensor([0., 1.])
    """
    if alpha.__class__ is not int or alpha != 1:
        boolean_operands(dtypes.bool_, (input, other))
        other = _times_alpha(input, other, alpha)
    return ops.subtract(input, other)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Subtract ``input``, scaled by ``alpha``, from ``other``.

    Args:
        input: A tensor.
        other: A tensor or a number.
        alpha: The factor of ``input``.

    Example::

        >>> import plugrad
        >>> plugrad.rsub(plugrad.tensor([1.0, 2.0]), 3)
        tensor([2., 1.])
    """
    return sub(other, input, alpha=alpha)


def mul(input: Any, other: Any) -> Any:
    r"""Multiply.

    .. math:: y_i = input_i \cdot other_i

    Args:
        input: A tensor or a number.
        other: A tensor or a number.

    Returns:
        The product.

    Shape:
        - Output: what input and other broadcast to.

    Example::

        >>> import plugrad
        >>> plugrad.mul(plugrad.tensor([1.0, 2.0]), plugrad.tensor([[3.0], [4.0]]))
        tensor([[3., 6.],
                [4., 8.]])
    """
    return ops.multiply(input, other)


_DIVISIONS = {None: ops.divide, "floor": ops.divide_floor, "trunc": ops.divide_trunc}


def _division(rounding_mode: Any) -> Any:
    division = _DIVISIONS.get(rounding_mode)
    if division is None:
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return division


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    r"""Divide.

    .. math:: y_i = \frac{input_i}{other_i}

    Args:
        input: A tensor or a number.
        other: A tensor or a number.
        rounding_mode: None divides truly: integers give floating point. ``"floor"`` rounds down, ``"trunc"``
            towards 0; integers stay integers, and the gradient is 0.

    Returns:
        The quotient.

    Shape:
        - Output: what input and other broadcast to.

    Raises:
        RuntimeError: for another rounding mode; where integers are divided by 0 and rounded, if the backend
            tells.

    Example::

        >>> import plugrad
        >>> plugrad.div(plugrad.tensor([7, -7]), 2)
        tensor([ 3.5000, -3.5000])
        >>> plugrad.div(plugrad.tensor([7, -7]), 2, rounding_mode="trunc")
        tensor([ 3, -3])
    """
    return _division(rounding_mode)(input, other)


def true_divide(input: Any, other: Any) -> Any:
    """Divide: ``div`` without rounding.

    Args:
        input: A tensor or a number.
        other: A tensor or a number.

    Example::

        >>> import plugrad
        >>> plugrad.true_divide(plugrad.tensor([1, 2]), 2)
        tensor([0.5000, 1.0000])
    """
    return ops.divide(input, other)


def pow(input: Any, exponent: Any) -> Any:
    r"""Raise to a power.

    .. math:: y_i = input_i^{exponent_i}

    Args:
        input: A tensor or a number.
        exponent: A tensor or a number.

    Returns:
        The power.

    Shape:
        - Output: what input and exponent broadcast to.

    Raises:
        RuntimeError: for integers with a negative integer as the exponent.

    Example::

        >>> import plugrad
        >>> plugrad.pow(plugrad.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])
        >>> plugrad.pow(2, plugrad.tensor([1, 2, 3]))
        tensor([2, 4, 8])
    """
    return ops.pow(input, exponent)


def _as_double(input: Any, exponent: Any) -> list[Any]:
    """Both operands in float64, or complex128 where one is complex."""
    pair = (input, exponent)
    of_complex = any([x.dtype.is_complex if isinstance(x, Value) else isinstance(x, complex) for x in pair])
    dtype = dtypes.complex128 if of_complex else dtypes.float64
    return [dispatch.cast(x, dtype) if isinstance(x, Value) else x for x in pair]


def float_power(input: Any, exponent: Any) -> Any:
    """Raise to a power in float64, whatever the dtypes are; complex numbers in complex128.

    Args:
        input: A tensor or a number.
        exponent: A tensor or a number.

    Example::

        >>> import plugrad
        >>> plugrad.float_power(plugrad.tensor([4]), 0.5)
        tensor([2.], dtype=plugrad.float64)
    """
    return ops.pow(*_as_double(input, exponent))


def add_(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """In-place form of ``add``."""
    if alpha.__class__ is not int or alpha != 1:
        other = _times_alpha(input, other, alpha)
    return update(ops.add.op, input, (other,), {})


def sub_(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """In-place form of ``sub``."""
    boolean_operands(dtypes.bool_, (input, other))
    if alpha.__class__ is not int or alpha != 1:
        other = _times_alpha(input, other, alpha)
    return update(ops.subtract.op, input, (other,), {})


def div_(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """In-place form of ``div``."""
    return update(_division(rounding_mode).op, input, (other,), {})


def pow_(input: Any, exponent: Any) -> Any:
    """In-place form of ``pow``."""
    return update(ops.pow.op, input, (exponent,), {})


def float_power_(input: Any, exponent: Any) -> Any:
    """In-place form of ``float_power``."""
    base, exponent = _as_double(input, exponent)
    if base.dtype is not input.dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype.legacy_name} but the operation's result "
            f"requires dtype {base.dtype.legacy_name}"
        )
    return update(ops.pow.op, input, (exponent,), {})


multiply = mul
divide = div
subtract = sub
floor_divide = ops.floor_divide
remainder = ops.remainder
fmod = tensor_first(ops.fmod)
copysign = tensor_first(ops.copysign)
xlogy = ops.xlogy
atan2 = arctan2 = tensors_only(ops.atan2)
hypot = tensors_only(ops.hypot)
logaddexp = tensors_only(ops.logaddexp)
nextafter = tensors_only(ops.nextafter)
xlogy_ = in_place(ops.xlogy)


class ArithmeticMethods:
    """Arithmetic as methods and operators."""

    __slots__ = ()

    __add__ = dispatch.operator(ops.add)
    __radd__ = dispatch.reflected(ops.add)
    __iadd__ = in_place(ops.add)
    __sub__ = dispatch.operator(ops.subtract)
    __rsub__ = dispatch.reflected(ops.subtract)
    __isub__ = sub_
    __mul__ = dispatch.operator(ops.multiply)
    __rmul__ = dispatch.reflected(ops.multiply)
    __imul__ = mul_ = multiply_ = in_place(ops.multiply)
    __truediv__ = dispatch.operator(ops.divide)
    __rtruediv__ = dispatch.reflected(ops.divide)
    __itruediv__ = in_place(ops.divide)
    __floordiv__ = dispatch.operator(ops.floor_divide)
    __rfloordiv__ = dispatch.reflected(ops.floor_divide)
    __ifloordiv__ = floor_divide_ = in_place(ops.floor_divide)
    __mod__ = dispatch.operator(ops.remainder)
    __rmod__ = dispatch.reflected(ops.remainder)
    __imod__ = remainder_ = in_place(ops.remainder)
    __pow__ = dispatch.operator(ops.pow)
    __rpow__ = dispatch.reflected(ops.pow)
    __ipow__ = pow_

    add = add
    add_ = add_
    atan2 = arctan2 = atan2
    atan2_ = arctan2_ = in_place(ops.atan2)
    copysign = copysign
    copysign_ = in_place(ops.copysign)
    div = divide = div
    div_ = divide_ = div_
    float_power = float_power
    float_power_ = float_power_
    floor_divide = floor_divide
    fmod = fmod
    fmod_ = in_place(ops.fmod)
    hypot = hypot
    hypot_ = in_place(ops.hypot)
    logaddexp = logaddexp
    mul = multiply = mul
    nextafter = nextafter
    nextafter_ = in_place(ops.nextafter)
    pow = pow
    pow_ = pow_
    remainder = remainder
    sub = subtract = sub
    sub_ = subtract_ = sub_
    true_divide = true_divide
    true_divide_ = in_place(ops.divide)
    xlogy = xlogy
    xlogy_ = xlogy_
