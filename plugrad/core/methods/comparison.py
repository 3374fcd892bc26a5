"""PyTorch's comparisons, logic, bits and questions: names, operators and in-place forms.

Nothing here has a gradient.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.inplace import assign, check_writable, in_place
from plugrad.core.methods.arithmetic import tensor_first
from plugrad.core.promote import common_device, wrong_type
from plugrad.core.value import Value

__all__ = [
    "allclose", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isinf",
    "isnan", "isneginf", "isposinf", "le", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "logical_xor", "lt", "ne", "not_equal", "signbit",
]  # fmt: skip


def _truth(name: str, argument: str, position: int, x: Any) -> Any:
    """Whether elements are not 0. PyTorch asks it of any dtype, the standard's logic of booleans only."""
    if not isinstance(x, Value):
        raise wrong_type(name, argument, position, x)
    return x if x.dtype is dtypes.bool_ else ops.not_equal(x, 0)


def logical_and(input: Any, other: Any) -> Any:
    """Return whether both are true, elementwise: what is not 0 is true.

    Args:
        input: A tensor of any dtype.
        other: A tensor of any dtype.

    Shape:
        - Output: what input and other broadcast to; booleans.

    Example::

        >>> import plugrad
        >>> plugrad.logical_and(plugrad.tensor([0, 1, 2]), plugrad.tensor([1, 1, 0]))
        tensor([False,  True, False])
    """
    return ops.logical_and(_truth("logical_and", "input", 1, input), _truth("logical_and", "other", 2, other))


def logical_or(input: Any, other: Any) -> Any:
    """Return whether either is true, elementwise: what is not 0 is true.

    Args:
        input: A tensor of any dtype.
        other: A tensor of any dtype.

    Shape:
        - Output: what input and other broadcast to; booleans.

    Example::

        >>> import plugrad
        >>> plugrad.logical_or(plugrad.tensor([0, 1, 0]), plugrad.tensor([1, 1, 0]))
        tensor([ True,  True, False])
    """
    return ops.logical_or(_truth("logical_or", "input", 1, input), _truth("logical_or", "other", 2, other))


def logical_xor(input: Any, other: Any) -> Any:
    """Return whether one is true and the other is not, elementwise: what is not 0 is true.

    Args:
        input: A tensor of any dtype.
        other: A tensor of any dtype.

    Shape:
        - Output: what input and other broadcast to; booleans.

    Example::

        >>> import plugrad
        >>> plugrad.logical_xor(plugrad.tensor([0, 1, 0]), plugrad.tensor([1, 1, 0]))
        tensor([ True, False, False])
    """
    return ops.logical_xor(_truth("logical_xor", "input", 1, input), _truth("logical_xor", "other", 2, other))


def logical_not(input: Any) -> Any:
    """Return whether elements are 0.

    Args:
        input: A tensor of any dtype.

    Shape:
        - Output: the input's; booleans.

    Example::

        >>> import plugrad
        >>> plugrad.logical_not(plugrad.tensor([0.0, 1.5]))
        tensor([ True, False])
    """
    return ops.logical_not(_truth("logical_not", "input", 1, input))


def isposinf(input: Any) -> Any:
    """Return whether elements are infinity.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.isposinf(plugrad.tensor([float("-inf"), float("inf"), 0.0]))
        tensor([False,  True, False])
    """
    return ops.logical_and(ops.isinf(input), ops.greater(input, 0))


def isneginf(input: Any) -> Any:
    """Return whether elements are minus infinity.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.isneginf(plugrad.tensor([float("-inf"), float("inf"), 0.0]))
        tensor([ True, False, False])
    """
    return ops.logical_and(ops.isinf(input), ops.less(input, 0))


def _close(name: str, input: Any, other: Any, rtol: Any, atol: Any, equal_nan: Any) -> Any:
    for i, (argument, x) in enumerate((("input", input), ("other", other))):
        if not isinstance(x, Value):
            raise wrong_type(name, argument, i + 1, x)
    if input.dtype is not other.dtype:
        raise RuntimeError(
            with_hint(
                f"{input.dtype.legacy_name} did not match {other.dtype.legacy_name}",
                f"convert one of them: other.to({input.dtype}).",
            )
        )
    for argument, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{argument} must be greater than or equal to zero, but got {tolerance}")
    dispatch.broadcast_shapes(tuple(input.raw.shape), tuple(other.raw.shape))
    if not input.dtype.is_inexact:
        # As PyTorch: integers are compared as floating point numbers.
        wide = dtypes.get_default_dtype()
        input, other = dispatch.cast(input, wide), dispatch.cast(other, wide)
    return ops.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    r"""Return whether elements are close to each other.

    .. math:: |input_i - other_i| \le atol + rtol \cdot |other_i|

    Args:
        input: A tensor.
        other: A tensor of the same dtype.
        rtol: The tolerance relative to ``other``.
        atol: The absolute tolerance.
        equal_nan: Whether nan is close to nan.

    Shape:
        - Output: what input and other broadcast to; booleans.

    Raises:
        RuntimeError: if the dtypes differ or a tolerance is negative.

    Example::

        >>> import plugrad
        >>> plugrad.isclose(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 2.1]))
        tensor([ True, False])
    """
    return _close("isclose", input, other, rtol, atol, equal_nan)


def _all(x: Any) -> bool:
    """Whether all elements of a boolean tensor are true. It waits for the device."""
    return bool(x.device.backend.to_host(x.device.xp.all(x.raw)))


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Return whether all elements are close to each other, in the sense of ``isclose``.

    Args:
        input: A tensor.
        other: A tensor of the same dtype.
        rtol: The tolerance relative to ``other``.
        atol: The absolute tolerance.
        equal_nan: Whether nan is close to nan.

    Raises:
        RuntimeError: if the dtypes differ or a tolerance is negative.

    Example::

        >>> import plugrad
        >>> plugrad.allclose(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 2.0000001]))
        True
    """
    return _all(_close("allclose", input, other, rtol, atol, equal_nan))


def equal(input: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape and elements.

    Args:
        input: A tensor.
        other: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.equal(plugrad.tensor([1, 2]), plugrad.tensor([1, 2]))
        True
    """
    for i, (name, x) in enumerate((("input", input), ("other", other))):
        if not isinstance(x, Value):
            raise wrong_type("equal", name, i + 1, x)
    common_device("equal", (input, other))
    if tuple(input.raw.shape) != tuple(other.raw.shape):
        return False
    return _all(ops.equal(input, other))


def _stored(function: Any) -> Any:
    """The in-place form of a comparison: its truth values become numbers of the tensor's dtype."""

    def changed(self: Any, *args: Any) -> Any:
        check_writable(self, args)
        y = function(self, *args)
        for x in (self, *args):
            # As in PyTorch the result requires a gradient where an operand does: one of 0, as that of the sign.
            if isinstance(x, Value) and x.tracked:
                y = dispatch.cast(y, self.dtype) + 0 * ops.sign_or_zero(ops.real_part(x))
        return assign(self, y)

    changed.__name__ = changed.__qualname__ = function.__name__ + "_"
    changed.__doc__ = f"In-place form of ``{function.__name__}``: 1 where it holds, 0 elsewhere."
    return changed


def _invert(self: Any) -> Any:
    """All bits the other way; of booleans: not."""
    if self.dtype.category > 1:
        raise TypeError(
            with_hint(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
                "compare first: ~(x > 0).",
            )
        )
    return ops.bitwise_invert(self)


eq = tensor_first(ops.equal)
ne = not_equal = tensor_first(ops.not_equal)
lt = less = tensor_first(ops.less)
le = less_equal = tensor_first(ops.less_equal)
gt = greater = tensor_first(ops.greater)
ge = greater_equal = tensor_first(ops.greater_equal)
bitwise_and = ops.bitwise_and
bitwise_or = ops.bitwise_or
bitwise_xor = ops.bitwise_xor
bitwise_not = ops.bitwise_invert
bitwise_left_shift = ops.bitwise_left_shift
bitwise_right_shift = ops.bitwise_right_shift
isnan = ops.isnan
isinf = ops.isinf
isfinite = ops.isfinite
signbit = ops.signbit


class ComparisonMethods:
    """Comparisons, logic and bits as methods and operators."""

    __slots__ = ()

    __eq__ = dispatch.operator(ops.equal)
    __ne__ = dispatch.operator(ops.not_equal)
    __lt__ = dispatch.operator(ops.less)
    __le__ = dispatch.operator(ops.less_equal)
    __gt__ = dispatch.operator(ops.greater)
    __ge__ = dispatch.operator(ops.greater_equal)
    # Tensors are keys by identity, although == compares elements.
    __hash__ = object.__hash__
    __and__ = dispatch.operator(ops.bitwise_and)
    __rand__ = dispatch.reflected(ops.bitwise_and)
    __iand__ = bitwise_and_ = in_place(ops.bitwise_and)
    __or__ = dispatch.operator(ops.bitwise_or)
    __ror__ = dispatch.reflected(ops.bitwise_or)
    __ior__ = bitwise_or_ = in_place(ops.bitwise_or)
    __xor__ = dispatch.operator(ops.bitwise_xor)
    __rxor__ = dispatch.reflected(ops.bitwise_xor)
    __ixor__ = bitwise_xor_ = in_place(ops.bitwise_xor)
    __lshift__ = dispatch.operator(ops.bitwise_left_shift)
    __rlshift__ = dispatch.reflected(ops.bitwise_left_shift)
    __ilshift__ = bitwise_left_shift_ = in_place(ops.bitwise_left_shift)
    __rshift__ = dispatch.operator(ops.bitwise_right_shift)
    __rrshift__ = dispatch.reflected(ops.bitwise_right_shift)
    __irshift__ = bitwise_right_shift_ = in_place(ops.bitwise_right_shift)
    __invert__ = _invert

    allclose = allclose
    bitwise_and = bitwise_and
    bitwise_left_shift = bitwise_left_shift
    bitwise_not = bitwise_not
    bitwise_not_ = in_place(ops.bitwise_invert)
    bitwise_or = bitwise_or
    bitwise_right_shift = bitwise_right_shift
    bitwise_xor = bitwise_xor
    eq = eq
    eq_ = _stored(ops.equal)
    equal = equal
    ge = greater_equal = ge
    ge_ = greater_equal_ = _stored(ops.greater_equal)
    gt = greater = gt
    gt_ = greater_ = _stored(ops.greater)
    isclose = isclose
    isfinite = isfinite
    isinf = isinf
    isnan = isnan
    isneginf = isneginf
    isposinf = isposinf
    le = less_equal = le
    le_ = less_equal_ = _stored(ops.less_equal)
    logical_and = logical_and
    logical_and_ = _stored(logical_and)
    logical_not = logical_not
    logical_not_ = _stored(logical_not)
    logical_or = logical_or
    logical_or_ = _stored(logical_or)
    logical_xor = logical_xor
    logical_xor_ = _stored(logical_xor)
    lt = less = lt
    lt_ = less_ = _stored(ops.less)
    ne = not_equal = ne
    ne_ = not_equal_ = _stored(ops.not_equal)
    signbit = signbit
