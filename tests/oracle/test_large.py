"""Arrays large enough for the kernels that small ones never meet: blocks, threads, masks, sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import Draw, Laid, Sample, assert_no_difference, forms, sample
from tests.oracle.test_ops import TABLE, quiet

MIDDLE = (96, 130)  # over the thresholds of the sorting, masking and reducing kernels
HUGE = (1050, 1001)  # over a million: split among threads
Call = Callable[..., Any]

UNARY: dict[str, tuple[float, float]] = {
    **dict.fromkeys(["neg", "abs", "sign", "square", "relu", "floor", "ceil", "trunc", "round", "isnan"], (-4, 4)),
    **dict.fromkeys(["exp", "expm1", "sinh", "cosh", "tanh", "sigmoid", "erf", "sin", "cos", "atan"], (-6, 6)),
    **dict.fromkeys(["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"], (0.1, 9)),
    **dict.fromkeys(["asin", "acos", "tan"], (-0.95, 0.95)),
    **dict.fromkeys(["nn.functional.gelu", "nn.functional.silu", "nn.functional.softplus"], (-9, 9)),
}
BINARY = ["add", "sub", "mul", "div", "fmod", "remainder", "atan2", "minimum", "maximum", "lt", "eq", "pow"]
REDUCED = ["sum", "mean", "var", "std", "amax", "amin", "max", "min", "argmax", "argmin", "logsumexp", "norm"]


def function(name: str) -> Call:
    return forms(name, TABLE[name])["function"]


def alike(call: Call, given: list[Sample], dtype: str) -> None:
    assert_no_difference(call, iter(given), dtype, refused=False, scaled=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_one_input(name: str, dtype: str) -> None:
    draw = Draw(dtype)
    low, high = UNARY[name]
    x = draw(*MIDDLE, low=low, high=high)
    alike(function(name), [sample(x), *(sample(laid) for laid in draw.layouts(x))], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_two_inputs(name: str, dtype: str) -> None:
    draw = Draw(dtype)
    a, b = draw(*MIDDLE, low=0.5), draw(*MIDDLE, low=0.6, high=3.0)
    given = [sample(a, b), sample(a, b[0]), sample(a[:, :1].copy(), b), sample(a, draw(low=1.0))]
    if name not in ("atan2", "minimum", "maximum"):  # of two tensors only
        given.append(sample(a, 2.0))
    alike(function(name), [*given, sample(Laid(a, "transposed"), b), sample(a, Laid(b, "stepped"))], dtype)


@quiet
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REDUCED)
def test_reduction(name: str, dtype: str) -> None:
    draw = Draw(dtype)
    x = draw(*MIDDLE)
    dims: list[dict[str, Any]] = [{"dim": 0}, {"dim": 1}, {"dim": 1, "keepdim": True}]
    if name != "logsumexp":
        dims.append({})
    given = [sample(y, **dim) for dim in dims for y in (x, Laid(x, "transposed"), Laid(x, "stepped"))]
    given.append(sample(draw(7, 64, 65), dim=1))
    alike(function(name), given, dtype)


INTEGERS = [
    (name, dtype)
    for name in ("sum", "any", "all", "argmax", "cumsum", "prod", "amax")
    for dtype in ("bool", "uint8", "int32", "int64")
    if (name, dtype) != ("argmax", "bool")  # PyTorch has none
]


@pytest.mark.parametrize(("name", "dtype"), INTEGERS)
def test_reduction_of_integers(name: str, dtype: str) -> None:
    x = Draw("float64").ints(*MIDDLE, low=0, high=2, dtype=dtype)
    given = [sample(x, 1), sample(x, 0)]
    if name not in ("cumsum", "amax"):
        given.append(sample(x))
    alike(function(name), given, "int64")


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("name", ["max", "min", "amax", "sum", "argmax", "argmin"])
def test_reduction_with_one_special_number(name: str, special: float) -> None:
    x = Draw("float32")(*MIDDLE)
    x[41, 77] = special
    given = [sample(x), sample(x, 0), sample(x, 1)]
    assert_no_difference(function(name), iter(given), "float32", scaled=True)


OTHERS: dict[str, Callable[[Draw], list[Sample]]] = {
    "cumsum": lambda d: [sample(d(*MIDDLE), 0), sample(d(*MIDDLE), 1)],
    "cumprod": lambda d: [sample(d(*MIDDLE, low=0.95, high=1.05), 1)],
    "softmax": lambda d: [sample(d(*MIDDLE), 0), sample(d(*MIDDLE) * 30, 1), sample(d(9, 40, 41), 1)],
    "log_softmax": lambda d: [sample(d(*MIDDLE), 0), sample(d(*MIDDLE) * 30, 1), sample(d(9, 40, 41), 1)],
    "nn.functional.layer_norm": lambda d: [
        sample(d(*MIDDLE), (130,), d(130), d(130)),
        sample(Laid(d(*MIDDLE), "stepped"), (130,)),
        sample(d(64, 30, 7), (30, 7), d(30, 7), d(30, 7)),
    ],
    "nn.functional.cross_entropy": lambda d: [
        sample(d(*MIDDLE), d.ints(96, low=0, high=130)),
        sample(d(*MIDDLE), d.ints(96, low=0, high=130), label_smoothing=0.1),
        sample(d(20, 10, 60), d.ints(20, 60, low=0, high=10), reduction="sum"),
    ],
    "nn.functional.mse_loss": lambda d: [sample(d(*MIDDLE), d(*MIDDLE))],
    "nn.functional.l1_loss": lambda d: [sample(d(*MIDDLE), d(*MIDDLE), reduction="sum")],
    "nn.functional.binary_cross_entropy_with_logits": lambda d: [sample(d(*MIDDLE), d(*MIDDLE, low=0.0, high=1.0))],
    "nn.functional.binary_cross_entropy": lambda d: [
        sample(d(*MIDDLE, low=0.05, high=0.95), d(*MIDDLE, low=0.0, high=1.0))
    ],
    "nn.functional.embedding": lambda d: [
        sample(d.ints(60, 80, low=0, high=50), d(50, 7)),
        sample(d.ints(4000, low=0, high=3), d(50, 16), padding_idx=1),
    ],
    "where": lambda d: [
        sample(d.bools(*MIDDLE), d(*MIDDLE), d(*MIDDLE)),
        sample(d.bools(*MIDDLE), d(*MIDDLE), 0.0),
    ],
    "clamp": lambda d: [sample(d(*MIDDLE), -0.5, 0.5), sample(d(*MIDDLE), min=d(130))],
    "masked_fill": lambda d: [
        sample(d(*MIDDLE), d.bools(*MIDDLE), 2.0),
        sample(d(*MIDDLE), d.bools(130), -1.0),
    ],
    "masked_select": lambda d: [sample(d(*MIDDLE), d.bools(*MIDDLE)), sample(d(*MIDDLE), d.bools(96, 1))],
    "x[i]": lambda d: [
        sample(d(*MIDDLE), d.bools(*MIDDLE)),
        sample(d(*MIDDLE), d.ints(500, low=0, high=96)),
        sample(d(*MIDDLE), (d.ints(9000, low=0, high=96), d.ints(9000, low=0, high=130))),
    ],
    "x[i] = v": lambda d: [
        sample(d(*MIDDLE), d.bools(*MIDDLE), 3.0),
        sample(d(*MIDDLE), (slice(None), d.bools(130)), 3.0),
    ],
    "gather": lambda d: [sample(d(*MIDDLE), 1, d.ints(96, 100, low=0, high=130))],
    "scatter_add": lambda d: [
        sample(d(*MIDDLE), 1, d.ints(96, 100, low=0, high=130), d(96, 100)),
        sample(d(*MIDDLE), 0, d.ints(90, 130, low=0, high=96), d(90, 130)),
    ],
    "index_add": lambda d: [sample(d(*MIDDLE), 0, d.ints(400, low=0, high=96), d(400, 130))],
    "index_select": lambda d: [sample(d(*MIDDLE), 1, d.ints(400, low=0, high=130))],
    "sort": lambda d: [
        sample(d.distinct(*MIDDLE), 1),
        sample(d.distinct(*MIDDLE), 0, True),
        sample(d.ints(*MIDDLE, low=0, high=9).astype(d.dtype), stable=True),
        sample(d.ints(*MIDDLE, low=0, high=9).astype(d.dtype), stable=True, dim=0, descending=True),
    ],
    "argsort": lambda d: [sample(d.distinct(*MIDDLE)), sample(d.ints(9000, low=0, high=9), stable=True)],
    "topk": lambda d: [sample(d.distinct(*MIDDLE), 9), sample(d.distinct(*MIDDLE), 5, 0, False)],
    "matmul": lambda d: [sample(d(*MIDDLE), d(130, 70)), sample(d(6, 50, 40), d(6, 40, 30))],
    "nn.functional.linear": lambda d: [
        sample(d(*MIDDLE), d(64, 130), d(64)),
        sample(d(8, 30, 130), d(64, 130)),
    ],
    "einsum": lambda d: [sample("bhqd,bhkd->bhqk", d(4, 3, 20, 16), d(4, 3, 24, 16))],
    "cat": lambda d: [sample([d(*MIDDLE), d(*MIDDLE)], 1)],
    "flip": lambda d: [sample(d(*MIDDLE), (0, 1))],
    "roll": lambda d: [sample(d(*MIDDLE), (5, -7), (0, 1))],
    "tril": lambda d: [sample(d(*MIDDLE), 3)],
    "repeat": lambda d: [sample(d(50, 40), (3, 2))],
    "nonzero": lambda d: [sample(d.bools(*MIDDLE))],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_ops(name: str, dtype: str) -> None:
    call = next(iter(forms(name, TABLE[name]).values()))
    alike(call, OTHERS[name](Draw(dtype)), dtype)


SPLIT: dict[str, Call] = {
    "mul and add": lambda lib, x: x * x + x,
    "exp": lambda lib, x: x.exp(),
    "tanh": lambda lib, x: x.tanh(),
    "relu": lambda lib, x: x.relu(),
    "gelu": lambda lib, x: lib.nn.functional.gelu(x),
    "sigmoid": lambda lib, x: x.sigmoid(),
    "where": lambda lib, x: lib.where(x > 0, x, -x),
    "sum": lambda lib, x: x.sum(),
    "sum rows": lambda lib, x: x.sum(1),
    "sum columns": lambda lib, x: x.sum(0),
    "mean": lambda lib, x: x.mean(),
    "var rows": lambda lib, x: x.var(1),
    "max": lambda lib, x: x.max(),
    "max rows": lambda lib, x: x.max(1),
    "softmax rows": lambda lib, x: x.softmax(1),
    "softmax columns": lambda lib, x: x.softmax(0),
    "log_softmax rows": lambda lib, x: x.log_softmax(1),
    "logsumexp rows": lambda lib, x: x.logsumexp(1),
    "layer_norm": lambda lib, x: lib.nn.functional.layer_norm(x, (1001,)),
    "transposed product": lambda lib, x: x.t() * 2,
    "strided sum": lambda lib, x: x[::2, ::3].sum(1),
    "cumsum": lambda lib, x: x.cumsum(1),
    "in place": lambda lib, x: x.clone().mul_(2).add_(1).relu_(),
}


@pytest.mark.parametrize("name", SPLIT)
def test_a_million_numbers(name: str) -> None:
    alike(SPLIT[name], [sample(Draw("float32")(*HUGE))], "float32")
