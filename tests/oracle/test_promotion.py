"""Result dtypes, and errors, of every pair of dtypes, dimensions and Python numbers."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import Sample, assert_no_difference, forms, sample
from tests.oracle.pointwise import OPERATORS, ROWS
from tests.oracle.reductions import ROWS as REDUCTIONS

REAL = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
# The extra of the host that has bfloat16.
HALVES = ("bfloat16",) if importlib.util.find_spec("ml_dtypes") else ()
DTYPES = (*REAL, *HALVES, "complex64", "complex128")
SCALARS = (True, 2, 1.5, 1 - 2j)
TOLERANCE = {"any": 1e-2 if HALVES else 2e-3}  # float16 is among them


if HALVES:
    importlib.import_module("ml_dtypes")  # NumPy knows the name from then on


def some(dtype: str, *shape: int) -> np.ndarray:
    return np.resize(np.array([1, 3, 2, 0, 5]), shape or ()).astype(dtype)


def together(first: str, second: object) -> bool:
    """Not float16 with complex numbers: PyTorch's result is complex32, which few of its ops take, and plugrad has not."""
    kinds = [x if isinstance(x, str) else type(x).__name__ for x in (first, second)]
    return not ("float16" in kinds and any(k.startswith("complex") for k in kinds))


def pairs() -> Iterator[Sample]:
    """Tensors with dimensions and without, and Python numbers on either side."""
    for first in DTYPES:
        for second in filter(partial(together, first), DTYPES):
            yield sample(some(first, 2, 3), some(second, 3) + np.ones((), second))
            yield sample(some(first, 3), np.ones((), second))
            yield sample(np.ones((), first), some(second, 3) + np.ones((), second))
            yield sample(np.ones((), first), np.ones((), second))
        for scalar in filter(partial(together, first), SCALARS):
            yield sample(some(first, 3), scalar)
            yield sample(np.ones((), first), scalar)


BINARY = [
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
    "lt",
    "logical_and",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_left_shift",
    "bitwise_right_shift",
]
UNARY = [
    "neg",
    "abs",
    "sign",
    "exp",
    "expm1",
    "log1p",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "sin",
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
    "bitwise_not",
]


@pytest.mark.parametrize("name", BINARY)
def test_function_of_two(name: str) -> None:
    call = forms(name, ROWS[name])["function"]
    assert_no_difference(call, pairs(), "any", grad=False, tolerance=TOLERANCE)


@pytest.mark.parametrize("text", OPERATORS)
def test_operator(text: str) -> None:
    operator = OPERATORS[text]
    given = [*pairs(), *(Sample(tuple(reversed(one.args))) for one in pairs())]
    assert_no_difference(lambda lib, a, b: operator(a, b), iter(given), "any", grad=False, tolerance=TOLERANCE)


@pytest.mark.parametrize("name", UNARY)
def test_function_of_one(name: str) -> None:
    given = [sample(some(dtype, 2, 3)) for dtype in DTYPES] + [sample(some(dtype)) for dtype in DTYPES]
    call = forms(name, ROWS[name])["function"]
    assert_no_difference(call, iter(given), "any", grad=False, tolerance=TOLERANCE)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduction(name: str) -> None:
    every = [some(dtype, 2, 3) for dtype in DTYPES]
    given = [sample(x, 1) for x in every]
    if name not in ("logsumexp", "cumsum", "cumprod"):
        given += [sample(x) for x in every]
    call = forms(name, REDUCTIONS[name])["function"]
    if name == "norm":
        given = [sample(x) for x in every]
    if name in ("var", "std"):
        given = [one for one in given if one.args[0].dtype.kind in "fcV"]
    assert_no_difference(call, iter(given), "any", grad=False, tolerance=TOLERANCE)


OTHERS: dict[str, Any] = {
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False, True]), a, b),
    "cat": lambda lib, a, b: lib.cat([a.reshape(-1), b.reshape(-1)]),
    "stack": lambda lib, a, b: lib.stack([a.reshape(-1)[0], b.reshape(-1)[0]]),
    "clamp": lambda lib, a, b: lib.clamp(a, b),
    "lerp": lambda lib, a, b: lib.lerp(a, b, 0.5),
    "matmul": lambda lib, a, b: lib.matmul(a.reshape(1, -1), b.reshape(-1, 1)),
    "index_add": lambda lib, a, b: a.reshape(-1).index_add(0, lib.tensor([0]), b.reshape(-1)[:1]),
    "masked_fill": lambda lib, a, b: a.masked_fill(lib.tensor([True, False, True]), b.reshape(-1)[0]),
    "add_": lambda lib, a, b: a.clone().add_(b),
    "mul_": lambda lib, a, b: a.clone().mul_(b),
    "div_": lambda lib, a, b: a.clone().div_(b),
    "pow_": lambda lib, a, b: a.clone().pow_(b),
    "copy_": lambda lib, a, b: a.clone().copy_(b),
    "floor_divide": lambda lib, a, b: lib.div(a, b, rounding_mode="floor"),
    "trunc_divide": lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"),
}


def tensors() -> Iterator[Sample]:
    for first in DTYPES:
        for second in filter(partial(together, first), DTYPES):
            yield sample(some(first, 3), some(second, 3) + np.ones((), second))
            yield sample(some(first, 3), np.ones((), second))


@pytest.mark.filterwarnings("ignore:Casting complex values to real discards")
@pytest.mark.parametrize("name", OTHERS)
def test_other_functions_of_two_tensors(name: str) -> None:
    assert_no_difference(OTHERS[name], tensors(), "any", grad=False, tolerance=TOLERANCE)


@pytest.mark.parametrize("first", DTYPES)
def test_promotion_functions(first: str) -> None:
    def named(lib: Any, *names: str) -> Any:
        return lib.zeros((), dtype=lib.promote_types(*(getattr(lib, name) for name in names)))

    given = [sample(first, second) for second in DTYPES]
    assert_no_difference(named, iter(given), "any", grad=False)


@pytest.mark.filterwarnings("ignore:Casting complex values to real discards")
@pytest.mark.parametrize("first", DTYPES)
def test_casts(first: str) -> None:
    def cast(lib: Any, x: Any, name: str) -> Any:
        return x.to(getattr(lib, name))

    given = [sample(some(first, 3), second) for second in DTYPES]
    given += [sample(np.array([-1.5, 2.7, 0.0]).astype(first), second) for second in REAL[3:]]
    if first.startswith("float"):
        assert_no_difference(cast, iter(given), "any", tolerance=TOLERANCE)
    else:
        assert_no_difference(cast, iter(given[: len(DTYPES)]), "any", grad=False)


CASTS = ["float", "double", "half", "long", "int", "short", "char", "byte", "bool", "cfloat", "cdouble"]


@pytest.mark.filterwarnings("ignore:Casting complex values to real discards")
@pytest.mark.parametrize("name", [*CASTS, *HALVES])
def test_cast_methods(name: str) -> None:
    given = [sample(some(dtype, 3)) for dtype in DTYPES]
    assert_no_difference(lambda lib, x: getattr(x, name)(), iter(given), "any", grad=False)
