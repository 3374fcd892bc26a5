"""The standard's elementwise functions."""

from __future__ import annotations

import math
from typing import Any, Final

from plugrad.array_api._common import array, together
from plugrad.core.dispatch import cast
from plugrad.core.dtypes import bool_, uint64
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

__all__ = [
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "ceil", "clip", "conj", "copysign", "cos",
    "cosh", "divide", "equal", "exp", "expm1", "floor", "floor_divide", "greater", "greater_equal", "hypot", "imag",
    "isfinite", "isinf", "isnan", "less", "less_equal", "log", "log10", "log1p", "log2", "logaddexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "multiply", "negative",
    "nextafter", "not_equal", "positive", "pow", "real", "reciprocal", "remainder", "round", "sign", "signbit", "sin",
    "sinh", "sqrt", "square", "subtract", "tan", "tanh", "trunc",
]  # fmt: skip

_ONE: Final = """{}

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """

_TWO: Final = """{}

    Args:
        x1: An array or a number.
        x2: An array or a number; one of the two is an array.

    Shape:
        - Output: what x1 and x2 broadcast to.
    """


def _unary(name: str, text: str) -> Any:
    function = FUNCTIONS[name]

    def unary(x: Any, /) -> Any:
        return function(x)

    return _named(unary, name, _ONE.format(text))


def _binary(name: str, text: str) -> Any:
    function = FUNCTIONS[name]

    def binary(x1: Any, x2: Any, /) -> Any:
        if isinstance(x1, Value) and isinstance(x2, Value) and x1.dtype is not x2.dtype:
            x1, x2 = together(x1, x2)
        return function(x1, x2)

    return _named(binary, name, _TWO.format(text))


def _comparison(name: str, text: str) -> Any:
    function = FUNCTIONS[name]
    # What a negative number is to every unsigned one, on either side.
    left = name in ("less", "less_equal", "not_equal")
    right = name in ("greater", "greater_equal", "not_equal")

    def comparison(x1: Any, x2: Any, /) -> Any:
        if not (isinstance(x1, Value) and isinstance(x2, Value)) or x1.dtype is x2.dtype:
            return function(x1, x2)
        if x1.dtype is uint64 and x2.dtype.kind == "signed integer":
            signed, negatives = x2, right
        elif x2.dtype is uint64 and x1.dtype.kind == "signed integer":
            signed, negatives = x1, left
        else:
            return function(*together(x1, x2))
        # No integer holds both, but they can be compared.
        found = function(cast(x1, uint64), cast(x2, uint64))
        negative = FUNCTIONS["less"](signed, 0)
        if negatives:
            return FUNCTIONS["logical_or"](negative, found)
        return FUNCTIONS["logical_and"](FUNCTIONS["logical_not"](negative), found)

    return _named(comparison, name, _TWO.format(text))


def _named(function: Any, name: str, text: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


# -- of one array ------------------------------------------------------------------------------------------------------

abs = _unary("abs", "Absolute value.")
acos = _unary("acos", "Inverse cosine.")
acosh = _unary("acosh", "Inverse hyperbolic cosine.")
asin = _unary("asin", "Inverse sine.")
asinh = _unary("asinh", "Inverse hyperbolic sine.")
atan = _unary("atan", "Inverse tangent.")
atanh = _unary("atanh", "Inverse hyperbolic tangent.")
bitwise_invert = _unary("bitwise_invert", "Every bit inverted.")
ceil = _unary("ceil", "Rounded up.")
cos = _unary("cos", "Cosine.")
cosh = _unary("cosh", "Hyperbolic cosine.")
exp = _unary("exp", "e to the power of x.")
floor = _unary("floor", "Rounded down.")
isfinite = _unary("isfinite", "Whether neither infinite nor nan.")
isinf = _unary("isinf", "Whether infinite.")
isnan = _unary("isnan", "Whether nan.")
log = _unary("log", "Natural logarithm.")
log1p = _unary("log1p", "Natural logarithm of 1 + x, accurate for small x.")
log2 = _unary("log2", "Logarithm to base 2.")
log10 = _unary("log10", "Logarithm to base 10.")
logical_not = _unary("logical_not", "Whether not true.")
negative = _unary("negative", "The opposite number.")
positive = _unary("positive", "The number itself.")
reciprocal = _unary("reciprocal", "1 divided by x.")
signbit = _unary("signbit", "Whether the sign bit is set: of -0.0 too.")
sin = _unary("sin", "Sine.")
sinh = _unary("sinh", "Hyperbolic sine.")
square = _unary("square", "x times x.")
sqrt = _unary("sqrt", "Square root.")
tan = _unary("tan", "Tangent.")
trunc = _unary("trunc", "Rounded towards 0.")


# -- of two arrays -----------------------------------------------------------------------------------------------------

add = _binary("add", "Sum.")
atan2 = _binary("atan2", "Angle of the point (x2, x1), from -pi to pi.")
bitwise_and = _binary("bitwise_and", "Bits that are set in both.")
bitwise_left_shift = _binary("bitwise_left_shift", "Bits moved x2 places up.")
bitwise_or = _binary("bitwise_or", "Bits that are set in one or both.")
bitwise_right_shift = _binary("bitwise_right_shift", "Bits moved x2 places down.")
bitwise_xor = _binary("bitwise_xor", "Bits that are set in one only.")
copysign = _binary("copysign", "The size of x1 with the sign of x2.")
divide = _binary("divide", "Quotient.")
equal = _comparison("equal", "Whether equal.")
greater = _comparison("greater", "Whether x1 is above x2.")
greater_equal = _comparison("greater_equal", "Whether x1 is not below x2.")
hypot = _binary("hypot", "Square root of the sum of squares.")
less = _comparison("less", "Whether x1 is below x2.")
less_equal = _comparison("less_equal", "Whether x1 is not above x2.")
logaddexp = _binary("logaddexp", "Logarithm of the sum of exponentials.")
logical_and = _binary("logical_and", "Whether both are true.")
logical_or = _binary("logical_or", "Whether one or both are true.")
logical_xor = _binary("logical_xor", "Whether one only is true.")
maximum = _binary("maximum", "The larger of the two; nan if one is.")
minimum = _binary("minimum", "The smaller of the two; nan if one is.")
multiply = _binary("multiply", "Product.")
nextafter = _binary("nextafter", "The next floating point number after x1 towards x2.")
not_equal = _comparison("not_equal", "Whether different.")
pow = _binary("pow", "x1 to the power of x2.")
remainder = _binary("remainder", "What the quotient rounded down leaves, with the sign of x2.")
subtract = _binary("subtract", "Difference.")


# -- others than PyTorch's, and with options ---------------------------------------------------------------------------


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Bring what is below ``min`` or above ``max`` to that bound.

    Args:
        x: An array.
        min: The lower bound, a number or an array; None for none.
        max: The upper bound, likewise.

    Returns:
        An array of the dtype of x.

    Shape:
        - Output: what x and the bounds broadcast to.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.clip(xp.asarray([1.0, 2.0, 3.0]), 1.5, 2.5)
        tensor([1.5000, 2.0000, 2.5000])
    """
    array("clip", x)
    if min is None and max is None:
        return FUNCTIONS["clone"](x)
    bounds = [cast(b, x.dtype) if isinstance(b, Value) else b for b in (min, max)]
    return FUNCTIONS["clip"](x, *bounds)


def conj(x: Any, /) -> Any:
    """The complex conjugate; a real number itself.

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """
    return FUNCTIONS["conj"](x) if array("conj", x).dtype.is_complex else x


def expm1(x: Any, /) -> Any:
    """e to the power of x, minus 1, accurate for small x.

    Args:
        x: An array.

    Shape:
        - Output: that of x.

    Differs from ``plugrad.expm1``: of a complex number with an infinite or nan part it has the standard's value,
    where NumPy and PyTorch have nan.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.expm1(xp.asarray([1e-9, 1.0]))
        tensor([1.0000e-09, 1.7183e+00])
        >>> xp.expm1(xp.asarray(complex(-xp.inf, xp.inf)))
        tensor(-1.+0.j)
    """
    if not array("expm1", x).dtype.is_complex:
        return FUNCTIONS["expm1"](x)
    # Each formula sees only what it is right for, so that neither makes nan of the other's derivative.
    finite = FUNCTIONS["logical_and"](FUNCTIONS["isfinite"](x), FUNCTIONS["not_equal"](x, 0))
    close = FUNCTIONS["expm1"](FUNCTIONS["keep_where"](x, finite))
    return FUNCTIONS["where"](finite, close, FUNCTIONS["exp"](FUNCTIONS["drop_where"](x, finite)) - 1)


def floor_divide(x1: Any, x2: Any, /) -> Any:
    """Quotient rounded down; where one of the two is infinite, the quotient.

    Args:
        x1: An array or a number.
        x2: An array or a number; one of the two is an array.

    Shape:
        - Output: what x1 and x2 broadcast to.

    Differs from ``//``: PyTorch and Python say that inf // 2 is nan, and 1 // -inf is -1.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.floor_divide(xp.asarray([7.0, xp.inf, 1.0]), xp.asarray([2.0, 2.0, -xp.inf]))
        tensor([3., inf, -0.])
    """
    x1, x2 = together(x1, x2)
    rounded = FUNCTIONS["floor_divide"](x1, x2)
    if not rounded.dtype.is_floating_point:
        return rounded
    # Detached: the way to a derivative, which PyTorch refuses, goes through the rounded one.
    quotient = FUNCTIONS["divide"](*(x if isinstance(x, (int, float)) else x.detach() for x in (x1, x2)))
    for x in (x1, x2):
        if isinstance(x, Value):
            rounded = FUNCTIONS["where"](FUNCTIONS["isinf"](x), quotient, rounded)
        elif math.isinf(x):
            rounded = FUNCTIONS["where"](FUNCTIONS["ones_like"](rounded, dtype=bool_), quotient, rounded)
    return rounded


def imag(x: Any, /) -> Any:
    """The imaginary part; of a real number, 0.

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """
    return FUNCTIONS["imag"](x) if array("imag", x).dtype.is_complex else FUNCTIONS["zeros_like"](x)


def real(x: Any, /) -> Any:
    """The real part; a real number itself.

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """
    return FUNCTIONS["real"](x) if array("real", x).dtype.is_complex else x


def round(x: Any, /) -> Any:
    """Rounded to the nearest integer, to the even one in the middle; each part of a complex number on its own.

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """
    function = FUNCTIONS["round"]
    if array("round", x).dtype.is_complex:
        parts = FUNCTIONS["view_as_real"](x)
        return FUNCTIONS["view_as_complex"](function(parts))
    return function(x)


def sign(x: Any, /) -> Any:
    """-1, 0 or 1; of a complex number, the number divided by its absolute value; of nan, nan.

    Args:
        x: An array.

    Shape:
        - Output: that of x.
    """
    if array("sign", x).dtype.is_complex:
        return FUNCTIONS["sgn"](x)
    y = FUNCTIONS["sign"](x)
    # PyTorch's sign of nan is 0.
    return FUNCTIONS["where"](FUNCTIONS["isnan"](x), math.nan, y) if x.dtype.is_floating_point else y


def tanh(x: Any, /) -> Any:
    """Hyperbolic tangent.

    Args:
        x: An array.

    Shape:
        - Output: that of x.

    Differs from ``plugrad.tanh``: of a complex number with an infinite real part, the imaginary part of the result, a
    zero, has the sign of that of x, as the standard says, and not the sign of sin(2 imag(x)).

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.tanh(xp.asarray([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    y = FUNCTIONS["tanh"](x)
    if not array("tanh", x).dtype.is_complex:
        return y
    a, b = FUNCTIONS["real"](x.detach()), FUNCTIONS["imag"](x.detach())
    infinite = FUNCTIONS["logical_and"](FUNCTIONS["isinf"](a), FUNCTIONS["isfinite"](b))
    # sin(2) is positive. Detached: the derivative is 0 there, which y has too.
    limit = FUNCTIONS["tanh"](FUNCTIONS["complex"](a, FUNCTIONS["copysign"](FUNCTIONS["ones_like"](b), b)))
    return FUNCTIONS["where"](infinite, limit, y)
