"""Infinities, nans, zeros of both signs: functions, operators and in-place operators, every pair, beside array-api-strict."""

from __future__ import annotations

import itertools
import operator

import array_api_strict as strict
import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp

INF, NAN = float("inf"), float("nan")
VALUES = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e30, -1e30]
PAIRS = np.asarray(list(itertools.product(VALUES, VALUES)))

UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "exp", "expm1", "floor", "isfinite",
    "isinf", "isnan", "log", "log10", "log1p", "log2", "negative", "positive", "reciprocal", "round", "sign", "signbit",
    "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
]  # fmt: skip
BINARY = [
    "add", "atan2", "copysign", "divide", "equal", "greater", "greater_equal", "hypot", "less",
    "less_equal", "logaddexp", "maximum", "minimum", "multiply", "nextafter", "not_equal", "pow", "remainder",
    "subtract",
]  # fmt: skip
OPERATORS = [
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge",
    "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow",
]  # fmt: skip
REDUCTIONS = ["max", "min", "sum", "prod", "mean", "var", "std", "cumulative_sum", "cumulative_prod", "any", "all"]


def same(found, expected):
    a, b = found.numpy(), np.asarray(expected)
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a, b, rtol=1e-6 if a.dtype == np.float32 else 1e-14)
    if a.dtype.kind == "f":
        zero = b == 0
        assert np.array_equal(np.signbit(a)[zero], np.signbit(b)[zero]), "the signs of zeros differ"


def both(array, dtype):
    return plugrad.tensor(array.astype(dtype)), strict.asarray(array.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype):
    ours, theirs = both(np.asarray(VALUES), dtype)
    with np.errstate(all="ignore"):
        same(getattr(xp, name)(ours), getattr(strict, name)(theirs))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, dtype):
    (a, c), (b, d) = both(PAIRS[:, 0], dtype), both(PAIRS[:, 1], dtype)
    with np.errstate(all="ignore"):
        same(getattr(xp, name)(a, b), getattr(strict, name)(c, d))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floor_divide_of_infinities(dtype):
    """The standard's values, and not Python's, which NumPy and array-api-strict have."""
    a, b = (plugrad.tensor(PAIRS[:, i].astype(dtype)) for i in (0, 1))
    with np.errstate(all="ignore"):
        x1, x2 = PAIRS[:, 0].astype(dtype), PAIRS[:, 1].astype(dtype)
        expected = np.where(np.isinf(x1) | np.isinf(x2), x1 / x2, np.floor_divide(x1, x2))
        same(xp.floor_divide(a, b), expected)
        # Numbers are operands like others.
        for number in VALUES:
            some = np.asarray(VALUES, dtype)
            for left in (True, False):
                ours = (number, plugrad.tensor(some)) if left else (plugrad.tensor(some), number)
                x1, x2 = np.broadcast_arrays(
                    *((np.asarray(number, dtype), some) if left else (some, np.asarray(number, dtype)))
                )
                expected = np.where(np.isinf(x1) | np.isinf(x2), x1 / x2, np.floor_divide(x1, x2))
                same(xp.floor_divide(*ours), expected)


def test_floor_divide_has_no_derivative():
    for other in (2.0, INF, xp.asarray([2.0, INF])):
        x = xp.asarray([1.0, INF]).requires_grad_()
        with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
            xp.sum(xp.floor_divide(x, other)).backward()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name, dtype):
    (a, c), (b, d) = both(PAIRS[:, 0], dtype), both(PAIRS[:, 1], dtype)
    with np.errstate(all="ignore"):
        same(getattr(operator, name)(a, b), getattr(operator, name)(c, d))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, dtype):
    (a, c), (b, d) = both(PAIRS[:, 0], dtype), both(PAIRS[:, 1], dtype)
    with np.errstate(all="ignore"):
        same(getattr(xp, name)(xp.stack([a, b]), axis=0), getattr(strict, name)(strict.stack([c, d]), axis=0))


PARTS = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -3.0, 1e30]
COMPLEX = np.asarray([complex(a, b) for a, b in itertools.product(PARTS, PARTS)])
COMPLEX_UNARY = [
    *(n for n in UNARY if n not in ("ceil", "expm1", "floor", "signbit", "tanh", "trunc")), "conj", "imag", "real",
]  # fmt: skip


def same_parts(found, expected, zeros):
    a, b = found.numpy(), np.asarray(expected)
    assert a.dtype == b.dtype
    for x, y in ((a.real, b.real), (a.imag, b.imag)) if np.iscomplexobj(b) else ((a, b),):
        np.testing.assert_allclose(x, y, rtol=1e-5)
        if zeros and x.dtype.kind == "f":
            assert np.array_equal(np.signbit(x)[y == 0], np.signbit(y)[y == 0]), "the signs of zeros differ"


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", COMPLEX_UNARY)
def test_complex_unary(name, dtype):
    ours, theirs = both(COMPLEX, dtype)
    with np.errstate(all="ignore"):
        # The sign of 0 is 0, without a sign of its own.
        same_parts(getattr(xp, name)(ours), getattr(strict, name)(theirs), zeros=name != "sign")


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "pow", "equal", "not_equal"])
def test_complex_binary(name, dtype):
    (a, c), (b, d) = both(np.repeat(COMPLEX, len(COMPLEX)), dtype), both(np.tile(COMPLEX, len(COMPLEX)), dtype)
    with np.errstate(all="ignore"):
        same_parts(getattr(xp, name)(a, b), getattr(strict, name)(c, d), zeros=True)


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex64"])
@pytest.mark.parametrize("shape", [(), (2,)])
@pytest.mark.parametrize("name", [*BINARY, "where", "bitwise_and", "bitwise_left_shift", "logical_xor"])
def test_numbers_take_the_dtype_of_the_array(name, shape, dtype):
    """In either place, also beside arrays without dimensions: what the tensor says is what its array is."""
    kind = {"i": int, "f": float, "c": complex}[np.dtype(dtype).kind]
    x = xp.ones(shape, dtype=getattr(xp, dtype))
    lead = (xp.asarray(True),) if name == "where" else ()
    for args in ((x, kind(1)), (kind(1), x)):
        try:
            y = getattr(xp, name)(*lead, *args)
        except (NotImplementedError, RuntimeError, TypeError):
            continue  # not for this dtype
        assert y.dtype.name == y.numpy().dtype.name
        assert y.dtype in (x.dtype, xp.bool) or dtype == "int8"
