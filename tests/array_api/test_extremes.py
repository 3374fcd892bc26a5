"""The whole range of each dtype, as Hypothesis draws it for the standard: what goes in comes out."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import array_api as hypothesis_array_api

import plugrad.array_api as xp

xps = hypothesis_array_api.make_strategies_namespace(xp, api_version="2024.12")
DTYPES = xps.scalar_dtypes()
often = settings(max_examples=100, deadline=None, derandomize=True)


def drawn(data, dtypes=DTYPES, min_dims=0, min_side=0, **elements):
    dtype = data.draw(dtypes)
    return data.draw(
        xps.arrays(dtype, xps.array_shapes(min_dims=min_dims, min_side=min_side), elements=elements or None)
    )


def same(found, expected):
    expected = np.asarray(expected)
    assert found.dtype.name == expected.dtype.name
    np.testing.assert_array_equal(found.numpy(), expected)


@often
@given(data=st.data())
def test_asarray(data):
    dtype = data.draw(DTYPES)
    shape = data.draw(xps.array_shapes(min_dims=0, max_dims=3, max_side=3))
    size = math.prod(shape)
    values = data.draw(st.lists(xps.from_dtype(dtype), min_size=size, max_size=size))
    nested = np.asarray(values, dtype=object).reshape(shape).tolist()
    same(xp.asarray(nested, dtype=dtype), np.asarray(nested, dtype=dtype.name))


@often
@given(data=st.data())
def test_full(data):
    dtype = data.draw(DTYPES)
    shape, value = data.draw(xps.array_shapes(min_dims=0, min_side=0)), data.draw(xps.from_dtype(dtype))
    x = xp.full(shape, value, dtype=dtype)
    same(x, np.full(shape, value, dtype.name))
    same(xp.full_like(x, value), x.numpy())


@often
@given(data=st.data(), endpoint=st.booleans(), num=st.integers(0, 10))
def test_linspace_hits_its_ends(data, endpoint, num):
    dtype = data.draw(st.sampled_from([xp.float32, xp.float64]))
    ends = xps.from_dtype(dtype, allow_nan=False, allow_infinity=False, min_value=-(2.0**60), max_value=2.0**60)
    start, stop = data.draw(ends), data.draw(ends)
    x = xp.linspace(start, stop, num, dtype=dtype, endpoint=endpoint)
    assert (x.shape, x.dtype) == ((num,), dtype)
    if num:
        assert x[0] == xp.asarray(start, dtype=dtype)
    if num > 1 and endpoint:
        assert x[-1] == xp.asarray(stop, dtype=dtype)
    if num and not endpoint:
        same(xp.linspace(start, stop, num + 1, dtype=dtype)[:-1], x.numpy())


@often
@given(data=st.data())
def test_setitem(data):
    x = drawn(data, min_side=1)
    key, value = data.draw(xps.indices(x.shape, max_dims=0)), data.draw(xps.from_dtype(x.dtype))
    expected = x.numpy().copy()
    expected[key] = value
    for given_as in (value, xp.asarray(value, dtype=x.dtype)):
        y = xp.asarray(x, copy=True)
        y[key] = given_as
        same(y, expected)


@often
@given(data=st.data())
def test_masks(data):
    x = drawn(data)
    mask, value = data.draw(xps.arrays(xp.bool, x.shape)), data.draw(xps.from_dtype(x.dtype))
    expected = x.numpy().copy()
    same(x[mask], expected[mask.numpy()])
    expected[mask.numpy()] = value
    x[mask] = value
    same(x, expected)


@often
@given(data=st.data())
def test_python_numbers(data):
    x = data.draw(xps.arrays(data.draw(DTYPES), ()))
    value = x.numpy().item()
    np.testing.assert_equal(complex(x), complex(value))
    assert bool(x) is bool(value)
    if not x.dtype.is_complex:
        np.testing.assert_equal(float(x), float(value))
    if xp.isdtype(x.dtype, "integral"):
        assert int(x) == x.__index__() == value


@often
@given(data=st.data())
def test_astype(data):
    to = data.draw(DTYPES)
    if to.is_complex:
        x = drawn(data)
    elif to.is_floating_point or to is xp.bool:
        x = drawn(data, xps.boolean_dtypes() | xps.real_dtypes())
    else:
        x = drawn(data, xps.boolean_dtypes() | xps.integer_dtypes() | xps.unsigned_integer_dtypes())
    with np.errstate(all="ignore"):
        expected = x.numpy().astype(to.name)
    same(xp.astype(x, to), expected)


@often
@given(data=st.data())
def test_unique(data):
    x = drawn(data)
    values, indices, inverse, counts = xp.unique_all(x)
    flat = x.numpy().reshape(-1)
    assert counts.numpy().sum() == flat.size
    np.testing.assert_array_equal(flat[indices.numpy()], values.numpy())
    np.testing.assert_array_equal(values.numpy()[inverse.numpy()], x.numpy())
    # Every nan is one of its own; of the others none comes twice.
    known = values.numpy()[~np.isnan(values.numpy())]
    assert len(set(known.tolist())) == known.size
    assert (counts.numpy()[np.isnan(values.numpy())] == 1).all()


@often
@given(data=st.data(), descending=st.booleans())
def test_sort(data, descending):
    x = drawn(data, xps.real_dtypes(), min_dims=1, min_side=1)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    x = xp.where(xp.isnan(x), xp.zeros_like(x), x) if x.dtype.is_inexact else x
    expected = np.sort(x.numpy(), axis=axis)
    expected = np.flip(expected, axis) if descending else expected
    same(xp.sort(x, axis=axis, descending=descending), expected)
    order = xp.argsort(x, axis=axis, descending=descending)
    same(xp.take_along_axis(x, order, axis=axis), expected)


@often
@given(data=st.data())
def test_dlpack(data):
    x = drawn(data, min_dims=1)
    options = {"copy": st.booleans() | st.none(), "max_version": st.tuples(st.integers(0, 2), st.just(0))}
    assert x.__dlpack__(**data.draw(st.fixed_dictionaries({}, optional={**options, "dl_device": st.just((1, 0))})))
    y = xp.from_dlpack(x, copy=data.draw(options["copy"]))
    assert y.device is x.device
    same(y, x.numpy())
