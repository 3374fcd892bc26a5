"""Every op, as function, method and operator: values, gradients and second derivatives are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle import indexing, linalg, neural, pointwise, reductions, shapes
from tests.oracle.harness import Draw, Row, assert_no_difference, forms

TABLE: dict[str, Row] = (
    pointwise.ROWS | reductions.ROWS | shapes.ROWS | indexing.ROWS | linalg.ROWS | neural.ROWS
)

CASES = [
    pytest.param(name, form, dtype, id=f"{name}-{form}-{dtype}")
    for name, row in TABLE.items()
    for form in forms(name, row)
    for dtype in row.dtypes
]


@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")
@pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors:UserWarning")
@pytest.mark.parametrize(("name", "form", "dtype"), CASES)
def test_op(name: str, form: str, dtype: str) -> None:
    row = TABLE[name]
    call: Callable[..., Any] = forms(name, row)[form]
    second = row.second and dtype == "float64"
    samples = row.samples(Draw(dtype))
    assert_no_difference(call, samples, dtype, second=second, tolerance=row.tolerance)
