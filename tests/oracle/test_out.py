"""``out=``: what is put where, what is refused, and what is said, beside PyTorch."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from plugrad.core.methods import with_out
from tests.oracle.harness import Draw, Sample, _build, dtype_name, host, ours, real
from tests.oracle.test_ops import TABLE

NAMES = [
    name
    for listed in (with_out._CONVERTED, with_out._EXACT, with_out._ELEMENTWISE, with_out._SEVERAL)
    for name in listed.split()
    if hasattr(ours, name)
]
#: Draws random numbers, does not say what it makes, or has several right answers: see test_matrix_refusals.py.
WITHOUT_SAMPLES = {"lu_solve", "lu_unpack", "svd", "rand", "randint", "randn", "randperm", "normal", "empty"}
#: Other names of functions that are compared.
ALIASES = {
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "divide", "fix", "ger", "greater",
    "greater_equal", "less", "less_equal", "multiply", "negative", "not_equal", "subtract",
}  # fmt: skip
#: In the table, what is called otherwise.
FIXED: dict[str, list[Sample]] = {
    "arange": [Sample((3,)), Sample((1.0, 3.0))],
    "eye": [Sample((2,)), Sample((2, 3))],
    "full": [Sample(((2, 2), 1.5))],
    "linspace": [Sample((0.0, 1.0, 5))],
    "logspace": [Sample((0.0, 1.0, 5))],
    "ones": [Sample((2, 2)), Sample(((3,),))],
    "zeros": [Sample((2, 2)), Sample(((3,),))],
}

#: What PyTorch does on its own.
ELSEWHERE = {
    (name, "integer"): "PyTorch truncates floats silently; here it is refused"
    for name in ("cumprod", "cumsum", "nansum", "prod", "sum")
} | {
    ("nanmean", "integer"): "PyTorch's NotImplementedError; here a RuntimeError",
    ("addbmm", "integer"): "PyTorch truncates floats silently where the stacks are empty",
    ("addbmm", "other dtype"): "PyTorch converts where the stacks are empty",
    ("addbmm", "wrong shape"): "PyTorch resizes silently",
    ("chain_matmul", "integer"): "PyTorch truncates floats silently where there is one matrix",
    ("chain_matmul", "other dtype"): "PyTorch converts where there is one matrix",
    ("inner", "other dtype"): "PyTorch converts for some shapes",
    ("matmul", "right"): "PyTorch warns that vectors were resized",
    ("matmul", "wide"): "PyTorch warns that vectors were resized",
    ("matmul", "leaf under no_grad"): "PyTorch warns that vectors were resized",
    ("clamp_max", "other dtype"): "PyTorch converts where the bound is a tensor",
    ("clamp_min", "other dtype"): "PyTorch converts where the bound is a tensor",
    ("lerp", "other dtype"): "PyTorch converts where the weight is a number",
    ("histogram", "wrong shape"): "PyTorch resizes silently",
    ("mode", "wrong shape"): "PyTorch resizes on the way, and warns of that",
}

OUTS = ["right", "empty", "wide", "wrong shape", "other dtype", "integer", "leaf", "leaf under no_grad", "list"]


def _samples(name: str) -> Iterator[Sample]:
    if name in FIXED:
        yield from FIXED[name]
    elif name in TABLE and TABLE[name].function:
        yield from itertools.islice(TABLE[name].samples(Draw(TABLE[name].dtypes[0])), 4)


def _out(lib: Any, results: list[Any], how: str) -> Any:
    def one(result: Any) -> Any:
        shape = tuple(result.shape)
        dtype = getattr(lib, dtype_name(result))
        if how == "empty":
            return lib.zeros(0, dtype=dtype)
        if how == "wrong shape":
            return lib.zeros(*shape, 2, dtype=dtype)
        if how == "wide":
            return lib.zeros(2, *shape, dtype=dtype)[1]
        if how == "other dtype":
            return lib.zeros(shape, dtype=lib.float64 if dtype is lib.float32 else lib.float32)
        if how == "integer":
            return lib.zeros(shape, dtype=lib.int64)
        made = lib.zeros(shape, dtype=dtype)
        return made.requires_grad_() if how.startswith("leaf") and made.is_floating_point() else made

    if how == "list":
        return [1.0]
    return [one(result) for result in results]


def _told(lib: Any, name: str, given: Sample, how: str) -> Any:
    """What a call with ``out=`` does, in values that can be compared."""
    call = getattr(lib, name)
    args, kwargs = _build(lib, given.args, [], False), _build(lib, given.kwargs, [], False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = call(*args, **kwargs)
        except TypeError:
            return TypeError  # a form that only the method has
    several = isinstance(expected, tuple)
    results = list(expected) if several else [expected]
    if not all(hasattr(result, "dtype") for result in results):
        return None
    outs = _out(lib, results, how)
    out = tuple(outs) if several or how == "list" else outs[0]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            if how == "leaf under no_grad":
                with lib.no_grad():
                    back = call(*args, out=out, **kwargs)
            else:
                back = call(*args, out=out, **kwargs)
        except Exception as error:
            # Which words PyTorch has for a wrong dtype depends on the function: the type is what is promised.
            if lib is ours and how != "list":
                assert not any(host(o).any() for o in outs), "something was written"
            return type(error)
    assert all(a is b for a, b in zip(back if several else (back,), outs, strict=True))
    assert lib is real or all(o._version == 1 for o in outs)
    resized = [str(w.message)[:120] for w in seen if "was resized" in str(w.message)]
    return [(host(o), tuple(o.shape), dtype_name(o), o.requires_grad) for o in outs], resized


def _same(right: Any, got: Any) -> bool:
    if isinstance(right, np.ndarray) and isinstance(got, np.ndarray):
        return right.shape == got.shape and np.allclose(got, right, rtol=1e-4, atol=1e-5, equal_nan=True)
    if isinstance(right, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(right) == len(got) and all(map(_same, right, got))
    return bool(right == got)


@pytest.mark.parametrize("how", OUTS)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_SAMPLES])
def test_out(name: str, how: str) -> None:
    if (name, how) in ELSEWHERE:
        pytest.skip(ELSEWHERE[name, how])
    if how == "leaf under no_grad" and name in with_out._MAKES:
        pytest.skip("PyTorch makes it require no gradient any more")
    samples = list(_samples(name))
    if not samples:
        assert name in ALIASES
        assert getattr(ours, name).__doc__
        return
    compared = 0
    for given in samples:
        if _told(real, name, given, "right") is TypeError:
            continue  # a form of the function without out=
        right = _told(real, name, given, how)
        got = _told(ours, name, given, how)
        assert _same(right, got), f"{given}\nis       {got}\nexpected {right}"
        compared += 1
    assert compared
