"""The harness itself notices every kind of difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import Draw, assert_no_difference, difference, sample

X = sample(np.array([1.0, -2.0, 3.0]))


def one_then_the_other(first: Callable[..., Any], second: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch is asked first, plugrad second."""
    calls = iter((first, second))
    return lambda lib, *args: next(calls)(lib, *args)


def fails(lib: Any, x: Any) -> Any:
    raise ValueError("no")


DIFFERENT: dict[str, tuple[Callable[..., Any], Callable[..., Any], str]] = {
    "value": (lambda lib, x: x * 2, lambda lib, x: x * 2.001, "output 0 is"),
    "gradient": (lambda lib, x: x * 2, lambda lib, x: x.detach() + x, "gradient 0 is"),
    "missing history": (lambda lib, x: x * 2, lambda lib, x: x.detach() * 2, "requires_grad"),
    "shape": (lambda lib, x: x * 2, lambda lib, x: (x * 2).reshape(3, 1), "shape"),
    "dtype": (lambda lib, x: x > 0, lambda lib, x: (x > 0).long(), "dtypes"),
    "error": (fails, lambda lib, x: x, "PyTorch raises ValueError"),
    "no error": (lambda lib, x: x, fails, "plugrad raises ValueError"),
    "second derivative": (
        lambda lib, x: x**3,
        lambda lib, x: x.detach() ** 3 + 3 * x.detach() ** 2 * (x - x.detach()),
        "second derivative 0 is",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_difference_is_noticed(name: str) -> None:
    first, second, words = DIFFERENT[name]
    found = difference(one_then_the_other(first, second), X, "float64", second=True)
    assert found is not None
    assert words in found


def test_no_difference() -> None:
    assert difference(lambda lib, x: x.exp(), X, "float64", second=True) is None


def test_no_sample_is_a_failure() -> None:
    with pytest.raises(AssertionError):
        assert_no_difference(lambda lib, x: x, iter(()), "float64")


def test_layouts_are_what_they_say() -> None:
    x = Draw("float64")(3, 4)
    for laid in Draw("float64").layouts(x):
        assert difference(lambda lib, t: t + 0, sample(laid), "float64") is None
        assert difference(lambda lib, t: lib.tensor(t.is_contiguous()), sample(laid), "float64") is None
