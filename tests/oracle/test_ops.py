"""Every op, as function, method, operator and in place: values and derivatives are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle import (
    complex_numbers,
    counts,
    fourier,
    indexing,
    linalg,
    matrices,
    more_numbers,
    more_shapes,
    neural,
    patches,
    pointwise,
    reductions,
    shapes,
    signals,
    special,
)
from tests.oracle.harness import Draw, Row, assert_no_difference, difference, forms, real

TABLE: dict[str, Row] = (
    pointwise.ROWS
    | reductions.ROWS
    | shapes.ROWS
    | indexing.ROWS
    | linalg.ROWS
    | matrices.ROWS
    | fourier.ROWS
    | signals.ROWS
    | neural.ROWS
    | more_numbers.ROWS
    | more_shapes.ROWS
    | patches.ROWS
    | counts.ROWS
    | complex_numbers.ROWS
    | special.ROWS
)

CASES = [
    pytest.param(name, form, dtype, id=f"{name}-{form}-{dtype}")
    for name, row in TABLE.items()
    for form in forms(name, row)
    for dtype in row.dtypes
]
# Rows with a sample that PyTorch refuses; in any other row such a sample would test nothing.
SOME_REFUSED = {"argmax", "argmin", "reshape", "imag", "view_as_real", *special.SOME_REFUSED}
WARNINGS = (
    pytest.mark.filterwarnings("ignore:torch.[a-z_]+ is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:Using torch.cross without specifying the dim arg:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning"),
    pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors:UserWarning"),
    pytest.mark.filterwarnings("ignore:index_reduce\\(\\) is in beta:UserWarning"),
    pytest.mark.filterwarnings("ignore:Tensor.T is deprecated on 0-D tensors:UserWarning"),
)


def quiet(test: Callable[..., None]) -> Callable[..., None]:
    for mark in WARNINGS:
        test = mark(test)
    return test


@quiet
@pytest.mark.parametrize(("name", "form", "dtype"), CASES)
def test_op(name: str, form: str, dtype: str) -> None:
    row = TABLE[name]
    call = forms(name, row)[form]
    second = row.second and dtype in ("float64", "complex128")
    samples = row.samples(Draw(dtype))
    refused = name in SOME_REFUSED
    assert_no_difference(call, samples, dtype, second=second, refused=refused, tolerance=row.tolerance)


# PyTorch differentiates x.cumprod(dim, dtype=real) as if x had not been made real.
WRONG_THERE = {"cumprod"}
# PyTorch sorts complex numbers nowhere, plugrad here.
SORTED_HERE = {"unique", "unique_consecutive"}
COMPLEX = [
    pytest.param(name, form, id=f"{name}-{form}")
    for name, row in TABLE.items()
    if "float64" in row.dtypes and name not in SORTED_HERE
    for form in forms(name, row)
]


@quiet
@pytest.mark.filterwarnings("ignore:Casting complex values to real discards")
@pytest.mark.parametrize(("name", "form"), COMPLEX)
def test_op_of_complex_numbers(name: str, form: str) -> None:
    """Values, gradients and second derivatives, or a refusal of PyTorch's type."""
    row = TABLE[name]
    for given in row.samples(Draw("complex128")):
        if name in WRONG_THERE and "dtype" in given.kwargs:
            continue
        options: dict[str, Any] = {"second": row.second, "tolerance": row.tolerance}
        words = difference(forms(name, row)[form], given, "complex128", **options)
        if words is not None and "does not support automatic differentiation" in words:
            # PyTorch computes these, but has no derivative.
            words = difference(forms(name, row)[form], given, "complex128", grad=False, tolerance=row.tolerance)
        assert words is None, f"{given}: {words}"


IN_PLACE = [name for name, row in TABLE.items() if row.method and hasattr(real.Tensor, name + "_")]


@quiet
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_method(name: str) -> None:
    """On a copy, so that gradients of the input itself are compared too; errors included."""

    def edit(lib: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        y = x.clone()
        result = getattr(y, name + "_")(*args, **kwargs)
        assert result is y
        return y

    # PyTorch's logical_not_ and its like keep the history of the values that they replaced: a wrong gradient.
    grad = not name.startswith("logical_")
    dtype = "float64" if "float64" in TABLE[name].dtypes else "complex128"
    row = TABLE[name]
    assert_no_difference(edit, row.samples(Draw(dtype)), dtype, grad=grad, tolerance=row.tolerance)
