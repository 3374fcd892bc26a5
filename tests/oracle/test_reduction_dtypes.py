"""Sums and products in every dtype that is asked for: the results have it, also where libraries widen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.harness import dtype_name, host, ours, real

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
CALLS = {
    "sum": lambda x, dtype: x.sum(dtype=dtype),
    "sum over a dimension": lambda x, dtype: x.sum(1, dtype=dtype),
    "nansum": lambda x, dtype: x.nansum(0, dtype=dtype),
    "prod": lambda x, dtype: x.prod(dtype=dtype),
    "prod over a dimension": lambda x, dtype: x.prod(0, keepdim=True, dtype=dtype),
    "cumsum": lambda x, dtype: x.cumsum(1, dtype=dtype),
    "cumprod": lambda x, dtype: x.cumprod(0, dtype=dtype),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("wanted", [None, *DTYPES])
def test_dtype(name: str, source: str, wanted: str | None) -> None:
    def call(lib: Any) -> Any:
        x = lib.tensor([[3, 0, 1, 2], [100, 1, 2, 90]], dtype=getattr(lib, source))
        return CALLS[name](x, None if wanted is None else getattr(lib, wanted))

    try:
        expected = call(real)
    except RuntimeError as refused:
        with pytest.raises(type(refused)):
            call(ours)
        return
    got = call(ours)
    assert dtype_name(got) == dtype_name(expected)
    assert host(got).tolist() == host(expected).tolist()
