"""Sorting, selecting, searching and unique elements, against NumPy's stable sort."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import plugrad

SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAN, INF = np.nan, np.inf

#: Few different numbers, so that there are ties, and what sorts get wrong.
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, INF, -INF, NAN])
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=6), elements=NUMBERS)


def host(x: Any) -> np.ndarray:
    return np.array(x.detach().tolist()).reshape(tuple(x.shape))


def stable(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    """The order that Python's stable sort gives, a nan being the largest."""
    order = np.empty(x.shape, dtype=np.int64)
    lines = np.moveaxis(x, axis, -1)
    for k in np.ndindex(lines.shape[:-1]):
        line = lines[k].tolist()
        key = [(v != v, 0.0 if v != v else v) for v in line]
        np.moveaxis(order, axis, -1)[k] = sorted(range(len(line)), key=lambda i: key[i], reverse=False)
        if descending:
            # Largest first, equal ones in their order.
            by = sorted(range(len(line)), key=lambda i: (-key[i][0], -key[i][1]))
            np.moveaxis(order, axis, -1)[k] = by
    return order


@SETTINGS
@given(data=st.data(), x=ARRAYS, descending=st.booleans())
def test_sort(device: str, data: st.DataObject, x: np.ndarray, descending: bool) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    t = plugrad.tensor(x, device=device)
    values, indices = t.sort(axis, descending)
    order = stable(x, axis % x.ndim, descending)
    np.testing.assert_array_equal(host(indices), order)
    np.testing.assert_array_equal(host(values), np.take_along_axis(x, order, axis))
    np.testing.assert_array_equal(host(t.argsort(axis, descending)), order)
    np.testing.assert_array_equal(host(plugrad.sort(t, stable=True, dim=axis, descending=descending)[1]), order)
    k = data.draw(st.integers(0, x.shape[axis]))
    top = t.topk(k, axis, largest=descending)
    np.testing.assert_array_equal(host(top.indices), order.take(range(k), axis))
    if k:
        kth = t.kthvalue(k, axis)
        np.testing.assert_array_equal(host(kth.indices), stable(x, axis % x.ndim, False).take(k - 1, axis))


LARGE = [
    ("float32", lambda r: r.standard_normal((40, 300))),
    ("float32", lambda r: r.integers(-3, 3, (40, 300))),
    ("float64", lambda r: r.integers(-3, 3, (7, 900))),
    ("int32", lambda r: r.integers(-(2**31), 2**31, (5, 1000))),
    ("int64", lambda r: r.integers(0, 4, (5, 1000))),
    ("float32", lambda r: np.where(r.random((20, 600)) < 0.1, NAN, r.standard_normal((20, 600)))),
    ("float32", lambda r: np.where(r.random((20, 600)) < 0.5, 0.0, -0.0)),
    ("float32", lambda r: r.choice([INF, -INF, 1.0, NAN], (20, 600))),
]


@pytest.mark.parametrize("number", range(len(LARGE)))
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_large_arrays_take_the_fast_paths_to_the_same_order(number: int, descending: bool, axis: int) -> None:
    dtype, make = LARGE[number]
    x = make(np.random.default_rng(number)).astype(dtype)
    x = np.ascontiguousarray(x.T) if axis == 0 else x
    t = plugrad.tensor(x)
    order = stable(x, axis, descending)
    values, indices = t.sort(axis, descending)
    np.testing.assert_array_equal(indices.numpy(), order)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, order, axis))
    if dtype.startswith("float"):
        np.testing.assert_array_equal(np.signbit(values.numpy()), np.signbit(np.take_along_axis(x, order, axis)))
    for k in (1, 5, 60):
        top = t.topk(k, axis, largest=descending)
        np.testing.assert_array_equal(top.indices.numpy(), order.take(range(k), axis))
        np.testing.assert_array_equal(top.values.numpy(), values.numpy().take(range(k), axis))


def test_gradients_go_to_the_elements_that_were_sorted(device: str) -> None:
    x = plugrad.tensor([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], device=device, requires_grad=True)
    weights = plugrad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device=device)
    (x.sort(1)[0] * weights).sum().backward()
    assert x.grad.tolist() == [[3.0, 1.0, 2.0], [5.0, 6.0, 4.0]]
    x.grad = None
    (x.topk(2, 1)[0] * weights[:, :2]).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 2.0], [4.0, 5.0, 0.0]]
    x.grad = None
    (x.kthvalue(2, 1)[0] * weights[:, 0]).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 1.0], [4.0, 0.0, 0.0]]
    assert not x.sort()[1].requires_grad
    assert not x.argsort().requires_grad


def test_named_results() -> None:
    result = plugrad.tensor([3.0, 1.0, 2.0]).sort()
    assert repr(result) == "plugrad.return_types.sort(\nvalues=tensor([1., 2., 3.]),\nindices=tensor([1, 2, 0]))"
    values, indices = result
    assert values is result.values is result[0]
    assert indices is result.indices is result[1]
    assert type(result).__name__ == "sort"
    again = pickle.loads(pickle.dumps(copy.copy(result)))
    assert again.indices.tolist() == [1, 2, 0]
    top = plugrad.tensor([3.0, 1.0, 2.0]).topk(1)
    assert repr(top) == "plugrad.return_types.topk(\nvalues=tensor([3.]),\nindices=tensor([0]))"


def test_booleans_scalars_and_nothing(device: str) -> None:
    flags = plugrad.tensor([True, False, True], device=device)
    assert flags.sort()[0].tolist() == [False, True, True]
    assert flags.sort(descending=True)[1].tolist() == [0, 2, 1]
    one = plugrad.tensor(3.0, device=device)
    assert [t.item() for t in one.sort()] == [3.0, 0]
    assert one.argsort().item() == 0
    assert [t.item() for t in one.topk(1)] == [3.0, 0]
    assert [t.item() for t in one.kthvalue(1)] == [3.0, 0]
    for shape, axis in (((0, 3), 0), ((3, 0), 1), ((3, 0), 0)):
        empty = plugrad.tensor(np.zeros(shape), device=device)
        assert [tuple(t.shape) for t in empty.sort(axis)] == [shape, shape]
    assert tuple(plugrad.tensor(np.zeros((2, 3)), device=device).topk(0)[0].shape) == (2, 0)


def test_msort_sorts_the_first_dimension(device: str) -> None:
    assert plugrad.msort(plugrad.tensor([[3, 1], [2, 4]], device=device)).tolist() == [[2, 1], [3, 4]]


def test_errors() -> None:
    x = plugrad.tensor([[1.0, 2.0, 3.0]])
    for k in (-1, 4):
        with pytest.raises(RuntimeError, match=r"^selected index k out of range"):
            x.topk(k)
    for k in (0, 4):
        with pytest.raises(RuntimeError, match=r"^kthvalue\(\): selected number k out of range for dimension 1"):
            x.kthvalue(k)
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.sort(2)
    with pytest.raises(RuntimeError, match=r"Sort does not support complex dtypes on CPU"):
        plugrad.tensor([1j]).sort()


@SETTINGS
@given(
    rows=hnp.arrays(np.float64, (2, 5), elements=st.integers(-3, 3)),
    wanted=hnp.arrays(np.float64, (2, 4), elements=st.one_of(st.integers(-4, 4).map(float), st.just(NAN))),
    right=st.booleans(),
)
def test_searchsorted(device: str, rows: np.ndarray, wanted: np.ndarray, right: bool) -> None:
    side: Any = "right" if right else "left"
    expected = [np.searchsorted(np.sort(r), w, side=side).tolist() for r, w in zip(rows, wanted, strict=True)]
    t, w = plugrad.tensor(rows, device=device), plugrad.tensor(wanted, device=device)
    ordered, sorter = t.sort(1)
    assert plugrad.searchsorted(ordered, w, right=right).tolist() == expected
    assert plugrad.searchsorted(t, w, side=side, sorter=sorter).tolist() == expected
    vector = plugrad.searchsorted(ordered[0], w, right=right)
    assert vector.tolist() == np.searchsorted(np.sort(rows[0]), wanted, side=side).tolist()
    assert plugrad.bucketize(w, ordered[0], right=right).tolist() == vector.tolist()
    assert plugrad.searchsorted(ordered, w, out_int32=True).dtype is plugrad.int32
    assert plugrad.searchsorted(ordered[0], 0, right=right).item() == np.searchsorted(np.sort(rows[0]), 0, side=side)


def test_searchsorted_errors() -> None:
    vector, rows = plugrad.tensor([1.0, 2.0]), plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    mistakes: list[tuple[str, Any]] = [
        (
            "plugrad.searchsorted(): side can only be 'left' or 'right' but got up",
            lambda: plugrad.searchsorted(vector, vector, side="up"),
        ),
        (
            "plugrad.searchsorted(): side and right can't be set to opposites, got side of left while right was True",
            lambda: plugrad.searchsorted(vector, vector, side="left", right=True),
        ),
        (
            "plugrad.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension",
            lambda: plugrad.searchsorted(vector[0], vector),
        ),
        (
            "plugrad.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor [2, 2] and "
            "input value tensor [2]",
            lambda: plugrad.searchsorted(rows, vector),
        ),
        ("boundaries tensor must be 1 dimension, but got dim(2)", lambda: plugrad.bucketize(vector, rows)),
    ]
    for text, mistake in mistakes:
        with pytest.raises(RuntimeError) as info:
            mistake()
        assert str(info.value).partition("\nHint")[0] == text


@SETTINGS
@given(x=hnp.arrays(np.int64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.integers(0, 2)))
def test_unique(device: str, x: np.ndarray) -> None:
    t = plugrad.tensor(x, device=device)
    values, inverse, counts = t.unique(return_inverse=True, return_counts=True)
    expected, expected_counts = np.unique(x, return_counts=True)
    assert values.tolist() == expected.tolist()
    assert counts.tolist() == expected_counts.tolist()
    np.testing.assert_array_equal(expected[host(inverse)], x)
    for dim in range(x.ndim):
        rows, which, times = plugrad.unique(t, return_inverse=True, return_counts=True, dim=dim)
        np.testing.assert_array_equal(host(rows), np.unique(x, axis=dim))
        np.testing.assert_array_equal(host(rows).take(host(which), dim), x)
        assert int(host(times).sum()) == x.shape[dim]
    runs, which, times = t.unique_consecutive(return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(np.repeat(host(runs), host(times)), x.ravel())
    np.testing.assert_array_equal(host(runs)[host(which)], x)
    assert all(a != b for a, b in zip(runs.tolist(), runs.tolist()[1:], strict=False))


def test_unique_of_nothing(device: str) -> None:
    nothing = plugrad.tensor(np.zeros(0, dtype=np.int64), device=device)
    assert [t.tolist() for t in nothing.unique(return_inverse=True, return_counts=True)] == [[], [], []]


def test_unique_has_no_derivative(device: str) -> None:
    x = plugrad.tensor([2.0, 1.0, 2.0], device=device, requires_grad=True)
    values, inverse = x.unique(return_inverse=True)
    assert values.requires_grad
    assert not inverse.requires_grad
    with pytest.raises(NotImplementedError, match=r"^the derivative for '_unique2' is not implemented\.(\n|$)"):
        values.sum().backward()
