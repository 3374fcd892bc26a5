"""Tensors print as PyTorch's: digits, columns, dtypes, history, and what is left out of large ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import ours, real
from tests.support.library import NAME

Make = Callable[[Any], Any]
RANDOM = np.random.default_rng(11).normal(size=(30, 40)).tolist()

TENSORS: dict[str, Make] = {
    "whole floats": lambda t: t.tensor([1.0, 2.0, 3.0]),
    "fractions": lambda t: t.tensor([0.5, 1.25, -3.0]),
    "thirds": lambda t: t.tensor([1 / 3, 2 / 3]),
    "float64": lambda t: t.tensor([1.0, 0.1], dtype=t.float64),
    "float16": lambda t: t.tensor([1.0, 0.1], dtype=t.float16),
    "integers": lambda t: t.tensor([1, -20, 300]),
    "int32": lambda t: t.tensor([1, 2], dtype=t.int32),
    "uint8": lambda t: t.tensor([1, 255], dtype=t.uint8),
    "booleans": lambda t: t.tensor([True, False]),
    "number": lambda t: t.tensor(2.5),
    "whole number": lambda t: t.tensor(3.0),
    "integer number": lambda t: t.tensor(7),
    "boolean number": lambda t: t.tensor(True),
    "float64 number": lambda t: t.tensor(2.5, dtype=t.float64),
    "negative zero": lambda t: t.tensor([-0.0, 0.0]),
    "nan": lambda t: t.tensor([float("nan"), 1.0]),
    "infinities": lambda t: t.tensor([float("inf"), -float("inf"), 1.5]),
    "only nan": lambda t: t.tensor([float("nan")]),
    "nan number": lambda t: t.tensor(float("nan")),
    "scientific small": lambda t: t.tensor([1e-5, 1.0]),
    "scientific large": lambda t: t.tensor([1e9, 1.0]),
    "scientific number": lambda t: t.tensor(1e-10),
    "large whole": lambda t: t.tensor([123456.0, 1.0]),
    "large number": lambda t: t.tensor(1e8),
    "larger whole": lambda t: t.tensor([1e8, 2e8]),
    "huge": lambda t: t.tensor([1e38, 1e-38]),
    "mixed size": lambda t: t.tensor([0.001, 1.0, 999.0]),
    "wide range": lambda t: t.tensor([0.0001, 1000.0]),
    "just over the ratio": lambda t: t.tensor([0.001, 1.0001]),
    "zero and small": lambda t: t.tensor([0.0, 1e-6]),
    "matrix": lambda t: t.tensor([[1.0, 2.0], [3.0, 4.0]]),
    "matrix of fractions": lambda t: t.tensor([[0.1, -12.5], [100.25, 4.0]]),
    "three dimensions": lambda t: t.arange(12.0).reshape(2, 2, 3),
    "four dimensions": lambda t: t.arange(16).reshape(2, 2, 2, 2),
    "random matrix": lambda t: t.tensor(RANDOM[:5])[:, :6],
    "wide row": lambda t: t.tensor(RANDOM[0]),
    "many rows": lambda t: t.tensor(RANDOM)[:, :20],
    "summarised vector": lambda t: t.arange(2000),
    "summarised floats": lambda t: t.arange(2000.0),
    "summarised matrix": lambda t: t.arange(4000.0).reshape(40, 100),
    "summarised three dimensions": lambda t: t.arange(8000).reshape(20, 20, 20),
    "summarised random": lambda t: t.tensor(RANDOM).reshape(1200),
    "exactly a thousand": lambda t: t.arange(1000),
    "empty": lambda t: t.tensor([]),
    "empty integers": lambda t: t.tensor([], dtype=t.int64),
    "empty matrix": lambda t: t.zeros(0, 3),
    "empty other way": lambda t: t.zeros(3, 0),
    "empty boolean": lambda t: t.zeros(0, dtype=t.bool),
    "empty float64 matrix": lambda t: t.zeros(2, 0, dtype=t.float64),
    "requires grad": lambda t: t.tensor([1.0], requires_grad=True),
    "number that requires grad": lambda t: t.tensor(1.5, requires_grad=True),
    "empty that requires grad": lambda t: t.zeros(0, 3, requires_grad=True),
    "computed": lambda t: t.tensor([1.0], requires_grad=True) + 1,
    "computed float64": lambda t: t.tensor([1.0], dtype=t.float64, requires_grad=True).exp(),
    "computed matrix": lambda t: t.ones(2, 2, requires_grad=True) @ t.ones(2, 2),
    "long computed row": lambda t: t.tensor(RANDOM[0][:9], requires_grad=True) * 1,
    "view": lambda t: t.ones(2, 3, requires_grad=True).t(),
    "sliced": lambda t: t.arange(10)[::3],
    "expanded": lambda t: t.tensor([1.5]).expand(3),
    "parameter": lambda t: t.nn.Parameter(t.ones(2)),
    "numbers of one sign": lambda t: t.tensor([-1.5, -2.25]),
    "columns of integers": lambda t: t.tensor([[1, -1], [100, 10000]]),
    "size": lambda t: t.ones(2, 3).shape,
    "maximum along": lambda t: t.tensor([[1.0, 5.0], [3.0, 2.0]]).max(1),
    "sorted": lambda t: t.tensor([3.0, 1.0]).sort(),
    "dtype": lambda t: t.float32,
    "device": lambda t: t.ones(1).device,
    "list of tensors": lambda t: [t.ones(1), t.tensor(2)],
}


def text(value: Any) -> str:
    return re.sub(r"\b(torch|plugrad)\.", "", repr(value))


@pytest.mark.parametrize("name", TENSORS)
def test_repr(name: str) -> None:
    make = TENSORS[name]
    assert text(make(ours)) == text(make(real))
    assert str(make(ours)).replace(NAME + ".", "") == str(make(real)).replace("torch.", "")


OPTIONS: dict[str, dict[str, Any]] = {
    "precision": {"precision": 2},
    "more digits": {"precision": 8},
    "threshold": {"threshold": 5},
    "edges": {"threshold": 5, "edgeitems": 1},
    "width": {"linewidth": 40},
    "scientific": {"sci_mode": True},
    "never scientific": {"sci_mode": False},
    "short": {"profile": "short"},
    "full": {"profile": "full"},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_print_options(name: str) -> None:
    def shown(lib: Any) -> str:
        lib.set_printoptions(**OPTIONS[name])
        try:
            return repr([lib.tensor(RANDOM[0][:12]), lib.tensor([1e-5, 1.0]), lib.arange(30).reshape(5, 6)])
        finally:
            lib.set_printoptions(profile="default")

    assert shown(ours) == shown(real)


@pytest.mark.parametrize("value", [2.5, 3, True, 1e-10, float("nan")], ids=str)
def test_format_of_a_number(value: float) -> None:
    for spec in ("", ".3f", "8.2f", "e") if not isinstance(value, bool) else ("",):
        assert format(ours.tensor(value), spec) == format(real.tensor(value), spec)
