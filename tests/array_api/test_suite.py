"""What the public suite expects of arrays, and the list of what Tensors do otherwise on purpose."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import array_api as hypothesis_array_api

import plugrad.array_api as xp

XFAILS = [
    line for line in (Path(__file__).parent / "suite_xfails.txt").read_text().splitlines() if line and line[0] != "#"
]
LIMIT = 33  # what the list for NumPy has in array-api-compat

OPERATORS = {
    line.rpartition("__(")[0].rpartition("[__")[2] for line in XFAILS if "operators_and_elementwise" in line
}  # fmt: skip


def test_the_list_of_failures_is_short():
    assert len(XFAILS) == len(set(XFAILS)) < LIMIT


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operators_pass_over_the_dtype_of_zero_dimensions(name):
    function = getattr(operator, name + "_" if name in ("and", "or") else name)
    if name == "truediv":
        y = function(xp.ones(2, dtype=xp.float32), xp.asarray(2.0, dtype=xp.float64))
        assert y.dtype is xp.float32
    elif name in ("eq", "ne", "lt", "le", "gt", "ge"):
        # 257 in int8 is 1, as in PyTorch.
        x, y = xp.ones(2, dtype=xp.int8), xp.asarray(257, dtype=xp.int64)
        assert function(x, y).tolist() == [function(1, 1)] * 2
    else:
        assert function(xp.ones(2, dtype=xp.int8), xp.asarray(2, dtype=xp.int64)).dtype is xp.int8


def test_operators_round_quotients_of_infinities_as_pytorch():
    special = {line.partition("(")[0].rpartition("[")[2] for line in XFAILS if "special_cases" in line}
    assert special == {"__floordiv__", "__ifloordiv__"}
    x1, x2 = (
        xp.asarray([xp.inf, xp.inf, -xp.inf, -xp.inf, 1.0, -1.0]),
        xp.asarray([2.0, -2.0, 2.0, -2.0, -xp.inf, xp.inf]),
    )
    expected = [True] * 4 + [False] * 2
    assert xp.isnan(x1 // x2).tolist() == expected
    assert (x1 // x2)[4:].tolist() == [-1.0, -1.0]
    x1 //= x2
    assert xp.isnan(x1).tolist() == expected


def test_slices_and_masks_are_pytorchs():
    x = xp.ones((2, 3))
    with pytest.raises(ValueError, match="step must be greater than zero"):
        x[::-1]
    with pytest.raises(IndexError, match="The shape of the mask"):
        x[xp.zeros((2, 0), dtype=xp.bool)]


xps = hypothesis_array_api.make_strategies_namespace(xp, api_version="2024.12")


def positive_steps(key):
    return all(not (isinstance(k, slice) and (k.step or 1) < 0) for k in (key if isinstance(key, tuple) else (key,)))


@given(data=st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_hypothesis_draws_tensors(data):
    """Hypothesis' own strategies for arrays of the standard, which the suite uses, make Tensors and index them."""
    dtype = data.draw(xps.scalar_dtypes())
    x = data.draw(xps.arrays(dtype, xps.array_shapes(min_dims=0, min_side=0)))
    assert x.dtype is dtype
    key = data.draw(xps.indices(x.shape, allow_newaxis=True).filter(positive_steps))
    expected = x.numpy().copy()[key]
    np.testing.assert_array_equal(x[key].numpy(), expected)


@given(shapes=xps.mutually_broadcastable_shapes(3))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_shapes_broadcast(shapes):
    arrays = xp.broadcast_arrays(*[xp.ones(shape) for shape in shapes.input_shapes])
    assert all(x.shape == shapes.result_shape for x in arrays)


def test_iteration():
    assert list(xp.arange(3)) == [0, 1, 2]
    assert [row.tolist() for row in xp.ones((2, 1))] == [[1.0], [1.0]]


SUITE = {
    "pytest.ini": "[pytest]\nmarkers = here\n",
    "conftest.py": """
import pytest
def pytest_addoption(parser):
    parser.addoption("--xfails-file")
    parser.addoption("--disable-deadline", action="store_true")
def pytest_collection_modifyitems(config, items):
    listed = open(config.getoption("--xfails-file")).read()
    for item in items:
        if "test_setitem" in item.nodeid and "::test_setitem" in listed:
            item.add_marker(pytest.mark.xfail(reason="listed"))
""",
    "array_api_tests/test_all.py": """
import os, pathlib, warnings, pytest
def test_settings(request):
    assert os.environ["ARRAY_API_TESTS_MODULE"] == "plugrad.array_api"
    assert request.config.rootpath == pathlib.Path(__file__).parent.parent
    warnings.warn("no error here")
def test_setitem():
    pass
@pytest.mark.skipif("FAIL" not in os.environ, reason="not asked for")
def test_failure():
    assert False
""",
}


@pytest.mark.parametrize("fails", [True, False])
def test_the_runner_says_what_passes_unexpectedly(tmp_path, fails):
    for name, text in SUITE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    settings = {"ARRAY_API_TESTS": str(tmp_path), **({"FAIL": "1"} if fails else {})}
    command = [sys.executable, str(Path(__file__).parent / "run_suite.py"), "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True)
    assert "XPASS array_api_tests/test_all.py::test_setitem" in done.stdout
    assert ("FAILED array_api_tests/test_all.py::test_failure" in done.stdout) == fails
    assert ("1 passed" in done.stdout, done.returncode) == (True, int(fails)), done.stdout


def test_the_runner_without_a_suite(tmp_path):
    command = [sys.executable, str(Path(__file__).parent / "run_suite.py")]
    for named, code, text in (("", 0, "the suite is not run"), (str(tmp_path), 2, "is no clone")):
        settings = {**os.environ, "ARRAY_API_TESTS": named}
        done = subprocess.run(command, env=settings, capture_output=True, text=True)
        assert done.returncode == code
        assert text in done.stdout
