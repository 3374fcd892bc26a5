"""Pointwise ops at NaN, infinities, zeros of both signs, the smallest and the largest numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import assert_no_difference, forms, ours, outcome, real, sample
from tests.oracle.pointwise import ROWS

NUMBERS = (
    math.nan,
    math.inf,
    -math.inf,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.5,
    1e-30,
    -1e-30,
    1e30,
    -1e30,
    100.0,
    -100.0,
)
ONE = [
    "neg",
    "abs",
    "sign",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "relu",
    "erf",
    "floor",
    "ceil",
    "trunc",
    "round",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "nn.functional.gelu",
    "nn.functional.silu",
    "nn.functional.softplus",
]
TWO = [
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "fmod",
    "remainder",
    "atan2",
    "minimum",
    "maximum",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_xor",
]
SCALARS = (0, 1, -1, 2, 0.5, -0.5, math.inf, -math.inf, math.nan)
# Where the two part ways, and neither is more right: an angle far larger than the precision.
TOO_LARGE = {"sin": 1e5, "cos": 1e5, "tan": 1e5}
# Where PyTorch's float32 kernels say NaN: a quotient overflows on the way, an infinity meets a zero.
FINITE_QUOTIENT = {"fmod", "remainder"}
FINITE = {"nn.functional.gelu"}


def numbers(name: str, dtype: str) -> np.ndarray:
    limit = TOO_LARGE.get(name, math.inf)
    chosen = [n for n in NUMBERS if not limit < abs(n) < math.inf]
    if dtype == "float32" and name in FINITE_QUOTIENT:
        chosen = [n for n in chosen if abs(n) != 1e-30]
    if dtype == "float32" and name in FINITE:
        chosen = [n for n in chosen if not math.isinf(n)]
    return np.array(chosen).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ONE)
def test_one_input(name: str, dtype: str) -> None:
    call = forms(name, ROWS[name])["function"]
    given = sample(numbers(name, dtype))
    assert_no_difference(call, iter([given]), dtype)

    mine, right = (outcome(lib, call, given, False, False).values[0][1] for lib in (ours, real))
    if right.dtype.kind == "f":
        zero = right == 0
        np.testing.assert_array_equal(np.signbit(mine[zero]), np.signbit(right[zero]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TWO)
def test_two_inputs(name: str, dtype: str) -> None:
    a = numbers(name, dtype)
    left, right = (grid.ravel() for grid in np.meshgrid(a, a))
    assert_no_difference(forms(name, ROWS[name])["function"], iter([sample(left, right)]), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "remainder", "fmod"])
def test_input_and_number(name: str, dtype: str) -> None:
    given = [sample(numbers(name, dtype), scalar) for scalar in SCALARS]
    assert_no_difference(forms(name, ROWS[name])["function"], iter(given), dtype)


@pytest.mark.parametrize("scalar", [0.0, 1.0, 2.0, -1.0, 0.5, math.inf, math.nan], ids=str)
def test_number_to_the_power_of_an_input(scalar: float) -> None:
    def power(lib: Any, x: Any) -> Any:
        return scalar**x

    assert_no_difference(power, iter([sample(numbers("pow", "float64"))]), "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exponent", [[0.5], 0.5, [[0.5], [3.0], [-0.5]]], ids=str)
def test_powers_with_few_exponents_are_those_with_many(exponent: Any, dtype: str) -> None:
    """NumPy takes the root for an exponent of 0.5 that it broadcasts: nan of -inf, and -0 of -0."""
    x, y = numbers("pow", dtype), np.array(exponent, dtype)
    call = forms("pow", ROWS["pow"])["function"]
    given = [sample(x, y), sample(x[:, None, None], y), *(sample(np.array(v, dtype), y) for v in (-math.inf, -0.0))]
    assert_no_difference(call, iter(given), dtype)
    for one in given:
        mine, right = (outcome(lib, call, one, False, False).values[0][1] for lib in (ours, real))
        np.testing.assert_array_equal(np.signbit(mine[right == 0]), np.signbit(right[right == 0]))
    for base in (-math.inf, -0.0, 4.0):
        found = [lib.pow(base, lib.tensor(exponent, dtype=getattr(lib, dtype))).numpy() for lib in (ours, real)]
        np.testing.assert_array_equal(*found)
        np.testing.assert_array_equal(*(np.signbit(y) for y in found))


@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-math.inf, 0.0)], ids=str)
def test_clamp(bounds: tuple[float, float]) -> None:
    call = forms("clamp", ROWS["clamp"])["function"]
    assert_no_difference(call, iter([sample(numbers("clamp", "float64"), *bounds)]), "float64")


@pytest.mark.parametrize(
    "name", ["sum", "mean", "prod", "max", "min", "amax", "amin", "logsumexp", "cumsum", "cumprod"]
)
@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf, 0.0], ids=str)
def test_reductions(name: str, special: float) -> None:
    def reduce(lib: Any, x: Any) -> Any:
        return getattr(lib, name)(x, 1)

    x = np.array([[1.0, special, 2.0], [special, special, 0.5], [1.0, 2.0, 4.0], [math.inf, -math.inf, special]])
    # Without a zero among them, PyTorch divides the product by each factor: NaN at an infinity. plugrad
    # does not.
    assert_no_difference(reduce, iter([sample(x)]), "float64", grad=name not in ("prod", "cumprod"))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name: str) -> None:
    def normalise(lib: Any, x: Any) -> Any:
        return getattr(lib, name)(x, 1)

    inf, nan = math.inf, math.nan
    x = np.array([[0.0, -inf, 1.0], [-inf, -inf, -inf], [inf, 0.0, 1.0], [nan, 0.0, 1.0], [800.0, -800.0, 0.0]])
    assert_no_difference(normalise, iter([sample(x)]), "float64")
