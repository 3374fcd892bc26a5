"""What the public suite expects of arrays, and the list of what Tensors do otherwise on purpose."""

from __future__ import annotations

import operator
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
def test_operators_refuse_what_pytorch_refuses(name):
    function = getattr(operator, name + "_" if name in ("and", "or") else name)
    if name == "truediv":
        y = function(xp.ones(2, dtype=xp.float32), xp.asarray(2.0, dtype=xp.float64))
        assert y.dtype is xp.float32
        return
    with pytest.raises(RuntimeError, match="Promotion for uint16, uint32, uint64 types is not supported"):
        function(xp.ones(2, dtype=xp.int32), xp.ones(2, dtype=xp.uint16))


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
