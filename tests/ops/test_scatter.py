"""Gathering, scattering, filling and masks: values and gradients against loops, errors, in-place forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plugrad
from plugrad.testing import gradcheck, gradgradcheck

SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def host(x: Any) -> np.ndarray:
    return np.array(x.detach().tolist(), dtype=np.float64).reshape(tuple(x.shape))


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def message(info: pytest.ExceptionInfo[BaseException]) -> str:
    return str(info.value).partition("\nHint")[0]


@st.composite
def places(draw: st.DrawFn) -> tuple[np.ndarray, int, np.ndarray]:
    """An array, an axis of it, and an index that may be smaller elsewhere and repeats itself."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axis = draw(st.integers(0, len(shape) - 1))
    smaller = [draw(st.integers(0, n)) for n in shape]
    smaller[axis] = draw(st.integers(0, 6))
    count = int(np.prod(smaller))
    numbers = draw(st.lists(st.integers(0, shape[axis] - 1), min_size=count, max_size=count))
    return random(*shape), axis, np.array(numbers, dtype=np.int64).reshape(smaller)


def target(index: np.ndarray, axis: int) -> dict[tuple[int, ...], tuple[int, ...]]:
    """For every element of an index, the element of the array that it names."""
    return {k: (*k[:axis], int(index[k]), *k[axis + 1 :]) for k in np.ndindex(*index.shape)}


def gradients(y: Any, *leaves: Any) -> list[np.ndarray]:
    weights = np.sin(1 + np.arange(float(np.prod(y.shape)))).reshape(tuple(y.shape))
    (y * plugrad.tensor(weights, device=str(leaves[0].device))).sum().backward()
    return [weights, *[host(x.grad) for x in leaves]]


@SETTINGS
@given(data=places(), back=st.booleans())
def test_gather(device: str, data: Any, back: bool) -> None:
    values, axis, index = data
    x = plugrad.tensor(values, device=device, requires_grad=True)
    y = x.gather(axis - values.ndim * back, plugrad.tensor(index, device=device))
    wanted = np.zeros(index.shape)
    for k, t in target(index, axis).items():
        wanted[k] = values[t]
    np.testing.assert_array_equal(host(y), wanted)
    weights, grad = gradients(y, x)
    expected = np.zeros(values.shape)
    for k, t in target(index, axis).items():
        expected[t] += weights[k]
    np.testing.assert_allclose(grad, expected, rtol=1e-12, atol=1e-12)


@SETTINGS
@given(data=places(), larger=st.booleans(), how=st.sampled_from(["put", "add", "put in place", "add in place"]))
def test_scatter(device: str, data: Any, larger: bool, how: str) -> None:
    values, axis, index = data
    given_ = random(*(n + larger for n in index.shape), seed=1)
    x = plugrad.tensor(values, device=device, requires_grad=True)
    source = plugrad.tensor(given_, device=device, requires_grad=True)
    i = plugrad.tensor(index, device=device)
    if "in place" in how:
        y = x * 1
        same = y.scatter_(axis, i, source) if "put" in how else y.scatter_add_(axis, i, source)
        assert same is y
        assert y._version == 1
    else:
        y = x.scatter(axis, i, source) if how == "put" else x.scatter_add(axis, i, source)
    wanted = values.copy()
    kept = np.ones(values.shape)
    for k, t in target(index, axis).items():
        wanted[t] = given_[k] + (wanted[t] if "add" in how else 0)
        kept[t] = "add" in how
    np.testing.assert_allclose(host(y), wanted, rtol=1e-12)
    weights, x_grad, source_grad = gradients(y, x, source)
    np.testing.assert_allclose(x_grad, weights * kept, rtol=1e-12)
    expected = np.zeros(given_.shape)
    last = {t: k for k, t in target(index, axis).items()}
    for k, t in target(index, axis).items():
        expected[k] = weights[t] if "add" in how or last[t] == k else 0  # not where it was overwritten
    np.testing.assert_allclose(source_grad, expected, rtol=1e-12)


@SETTINGS
@given(data=st.data())
def test_slices(device: str, data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    numbers = data.draw(st.lists(st.integers(0, shape[axis] - 1), max_size=6))
    values = random(*shape)
    given_ = random(*shape[:axis], len(numbers), *shape[axis + 1 :], seed=1)
    x = plugrad.tensor(values, device=device, requires_grad=True)
    source = plugrad.tensor(given_, device=device, requires_grad=True)
    i = plugrad.tensor(numbers, dtype=plugrad.int64, device=device)
    before = (slice(None),) * axis

    np.testing.assert_array_equal(host(x.index_select(axis, i)), values.take(numbers, axis))
    added, copied, filled = values.copy(), values.copy(), values.copy()
    for k, n in enumerate(numbers):
        added[(*before, n)] += 0.5 * given_[(*before, k)]
        copied[(*before, n)] = given_[(*before, k)]
        filled[(*before, n)] = 7
    np.testing.assert_allclose(host(x.index_add(axis, i, source, alpha=0.5)), added, rtol=1e-12)
    np.testing.assert_array_equal(host(x.index_copy(axis, i, source)), copied)
    np.testing.assert_array_equal(host(x.index_fill(axis, i, 7)), filled)
    for name, expected in (("index_add_", added), ("index_copy_", copied), ("index_fill_", filled)):
        y = x * 1
        args = (axis, i, 7) if name == "index_fill_" else (axis, i, source)
        assert getattr(y, name)(*args, **({"alpha": 0.5} if name == "index_add_" else {})) is y
        np.testing.assert_allclose(host(y), expected, rtol=1e-12)

    selected = x.index_select(axis, i)
    weights, grad = gradients(selected, x)
    expected = np.zeros(values.shape)
    np.add.at(expected, (*before, numbers), weights)
    np.testing.assert_allclose(grad, expected, rtol=1e-12, atol=1e-12)


def float64(*numbers: Any) -> Any:
    return plugrad.tensor(np.array(numbers), requires_grad=True)


SECOND_ORDER = {
    "x[i]": lambda x, v: x[[0, 0, 2]] ** 2 * v,
    "x[i, j]": lambda x, v: x[[0, 0, 2], [1, 1, 0]] ** 2 * v[0],
    "x[0, 1:]": lambda x, v: x[0, 1:] ** 2 * v[0, 1:],
    "x[mask]": lambda x, v: x[plugrad.tensor([True, False, True])] ** 3 * v[:2],
    "gather": lambda x, v: x.gather(0, plugrad.tensor([[0, 1, 1], [0, 0, 2]])) ** 2 * v[:2],
    "scatter": lambda x, v: x.scatter(0, plugrad.tensor([[0, 1, 2]]), v) ** 2,
    "scatter_add": lambda x, v: x.scatter_add(1, plugrad.tensor([[0, 0], [1, 1], [2, 0]]), v) ** 2,
    "index_add": lambda x, v: x.index_add(0, plugrad.tensor([1, 1, 0]), v, alpha=2) ** 2,
    "index_copy": lambda x, v: x.index_copy(0, plugrad.tensor([1, 0]), v[:2]) ** 2,
    "index_fill": lambda x, v: x.index_fill(1, plugrad.tensor([1, 1]), v[0, 0]) ** 2,
    "index_put": lambda x, v: x.index_put((plugrad.tensor([0, 0]),), v[:2], accumulate=True) ** 2,
    "put": lambda x, v: x.put(plugrad.tensor([0, -1]), v[0, :2]) ** 2,
    "take": lambda x, v: x.take(plugrad.tensor([[0, 0, -1]])) ** 2 * v,
    "masked_fill": lambda x, v: x.masked_fill(plugrad.tensor([True, False, True]), v[0, 0]) ** 2,
    "masked_select": lambda x, v: x.masked_select(plugrad.tensor([True, False, True])) ** 2 * v[0, 0],
    "masked_scatter": lambda x, v: x.masked_scatter(plugrad.tensor([True, False, True]), v) ** 2,
    "take_along_dim": lambda x, v: plugrad.take_along_dim(x, plugrad.tensor([[0], [-1], [1]]), 1) ** 2 * v,
    "sort": lambda x, v: x.sort(0)[0] ** 2 * v,
    "topk": lambda x, v: x.topk(2, 1)[0] ** 2 * v[:, :2],
    "kthvalue": lambda x, v: x.kthvalue(2, 1)[0] ** 2 * v[0],
}


@pytest.mark.parametrize("name", SECOND_ORDER)
def test_gradients_of_any_order(name: str) -> None:
    x, v = (plugrad.tensor(random(3, 3, seed=s), requires_grad=True) for s in (2, 3))
    assert gradcheck(SECOND_ORDER[name], (x, v))
    assert gradgradcheck(SECOND_ORDER[name], (x, v))


def test_overwritten_values_get_no_gradient() -> None:
    index = plugrad.tensor([0, 0])
    for write in (
        lambda z, v: z.scatter(0, index, v),
        lambda z, v: z.index_put((index,), v),
        lambda z, v: z.index_copy(0, index, v),
    ):
        v = plugrad.tensor([1.0, 2.0], requires_grad=True)
        y = write(plugrad.tensor([0.0, 0.0]), v)
        assert y.tolist() == [2.0, 0.0]
        y.sum().backward()
        assert v.grad.tolist() == [0.0, 1.0]


def test_slice_that_is_filled_twice_gives_its_gradient_once() -> None:
    value = plugrad.tensor(3.0, requires_grad=True)
    plugrad.tensor([0.0, 0.0]).index_fill(0, plugrad.tensor([0, 0]), value).sum().backward()
    assert value.grad.item() == 1.0


def test_infinities_stay_where_they_are(device: str) -> None:
    zeros = plugrad.tensor(np.zeros((3, 2)), device=device)
    source = plugrad.tensor([[np.inf, np.nan], [1.0, 2.0]], dtype=plugrad.float64, device=device)
    index = plugrad.tensor([2, 0], device=device)
    np.testing.assert_array_equal(host(zeros.index_add(0, index, source)), [[1, 2], [0, 0], [np.inf, np.nan]])
    x = plugrad.tensor(np.ones((3, 2)), device=device, requires_grad=True)
    x[index].backward(source)
    np.testing.assert_array_equal(host(x.grad), [[1, 2], [0, 0], [np.inf, np.nan]])
    mask = plugrad.tensor([[True, False]], device=device)
    np.testing.assert_array_equal(host(source.masked_fill(mask, 0.0)), [[0, np.nan], [0, 2]])


@pytest.mark.parametrize("kind", ["scatter_", "scatter_add_", "index_add_", "index_copy_", "put_", "setitem"])
def test_source_that_shares_memory_is_read_before_it_is_written(device: str, kind: str) -> None:
    x = plugrad.tensor([1.0, 2.0, 3.0, 4.0], device=device)
    index = plugrad.tensor([1, 2, 3], device=device)
    if kind in ("scatter_", "scatter_add_", "index_add_", "index_copy_"):
        getattr(x, kind)(0, index, x[:3])
    elif kind == "put_":
        x.put_(index, x[:3])
    else:
        x[1:] = x[:-1]
    assert x.tolist() == ([1.0, 3.0, 5.0, 7.0] if "add" in kind else [1.0, 1.0, 2.0, 3.0])


def test_index_that_is_the_tensor_itself() -> None:
    x = plugrad.tensor([2, 0, 1])
    x[x] = plugrad.tensor([7, 8, 9])
    assert x.tolist() == [8, 9, 7]


def test_index_that_changes_before_backward_is_noticed() -> None:
    x = plugrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    reads = {
        "x[i]": lambda i: x[i],
        "gather": lambda i: x.gather(0, i),
        "index_select": lambda i: x.index_select(0, i),
        "take": lambda i: x.take(i),
        "scatter": lambda i: x.scatter(0, i, 0.0),
        "index_add": lambda i: x.index_add(0, i, plugrad.ones(2, requires_grad=True)),
        "index_put": lambda i: x.index_put((i,), plugrad.ones(2)),
    }
    for name, read in reads.items():
        i = plugrad.tensor([0, 1])
        y = read(i).sum()
        i.add_(1)
        with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
            y.backward()
        assert x.grad is None, name
    mask = plugrad.tensor([True, False, True])
    for y in (x[mask], x.masked_fill(mask, 0.0), x.masked_select(mask)):
        total = y.sum()
        mask[0] = False
        with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
            total.backward()
        mask[0] = True


def test_in_place_into_a_view_reaches_the_base_and_its_history() -> None:
    leaf = plugrad.tensor(np.ones((3, 2)), requires_grad=True)
    x = leaf * 1
    view = x[1:]
    view[:, 0] = 5.0
    assert x.tolist() == [[1.0, 1.0], [5.0, 1.0], [5.0, 1.0]]
    (x * x).sum().backward()
    assert leaf.grad.tolist() == [[2.0, 2.0], [0.0, 2.0], [0.0, 2.0]]
    plain = plugrad.tensor(np.zeros((3, 2)))
    plain[1:].index_fill_(0, plugrad.tensor([1]), 3.0)
    plain[:, 1].masked_fill_(plugrad.tensor([True, False, False]), 4.0)
    plain[0].scatter_(0, plugrad.tensor([0]), 2.0)
    assert plain.tolist() == [[2.0, 4.0], [0.0, 0.0], [3.0, 3.0]]


def test_scalars_and_tensors_without_dimensions(device: str) -> None:
    x = plugrad.tensor(5.0, device=device, requires_grad=True)
    zero = plugrad.tensor(0, device=device)
    for y in (x.gather(0, zero), x.index_select(0, zero), x.take(zero), x.masked_fill(zero == 1, 2.0)):
        assert tuple(y.shape) == ()
        assert y.item() == 5.0
    assert x.gather(0, plugrad.tensor([0, 0], device=device)).tolist() == [5.0, 5.0]
    assert x.scatter(0, zero, 2.0).item() == 2.0
    assert x.scatter_add(0, zero, x).item() == 10.0
    y = x * 1
    y.scatter_(0, zero, 3.0)
    assert y.item() == 3.0
    assert x.nonzero().shape == (1, 0)
    assert [t.tolist() for t in x.nonzero(as_tuple=True)] == [[0]]


def test_masks(device: str) -> None:
    values = random(3, 4)
    x = plugrad.tensor(values, device=device, requires_grad=True)
    mask = values > 0
    m = plugrad.tensor(mask, device=device)
    assert host(x.masked_select(m)).tolist() == values[mask].tolist()
    assert host(x.masked_select(m[0])).tolist() == values[:, mask[0]].ravel().tolist()
    source = random(20, seed=4)
    filled = values.copy()
    filled[mask] = source[: mask.sum()]
    np.testing.assert_array_equal(host(x.masked_scatter(m, plugrad.tensor(source, device=device))), filled)
    np.testing.assert_array_equal(host(x.masked_fill(m, -np.inf)), np.where(mask, -np.inf, values))
    wide = x.masked_fill(plugrad.tensor(np.ones((2, 3, 4), dtype=bool), device=device), 1.0)
    assert tuple(wide.shape) == (2, 3, 4)
    np.testing.assert_array_equal(host(plugrad.argwhere(m)), np.argwhere(mask))
    empty = plugrad.tensor(np.zeros((3, 4), dtype=bool), device=device)
    nothing = plugrad.tensor(np.zeros(0), device=device)
    np.testing.assert_array_equal(host(x.masked_scatter(empty, nothing)), values)
    assert tuple(x[empty].shape) == (0,)
    x[empty].sum().backward()
    assert not host(x.grad).any()
    with pytest.raises(RuntimeError) as info:
        x.masked_scatter(m, nothing)
    assert message(info) == "Number of elements of source < number of ones in mask"


def test_index_put(device: str) -> None:
    x = plugrad.tensor(np.zeros((2, 3)), device=device)
    i = plugrad.tensor([0, 0], device=device)
    one = plugrad.tensor(1.0, dtype=plugrad.float64, device=device)
    assert x.index_put((i,), one, accumulate=True).tolist() == [[2.0] * 3, [0.0] * 3]
    assert x.index_put((i, i), one, accumulate=True).tolist() == [[2.0, 0.0, 0.0], [0.0] * 3]
    assert x.index_put_([x == 0], one) is x
    assert x.tolist() == [[1.0] * 3] * 2


IN_PLACE_ERRORS = [
    "scatter_",
    "scatter_add_",
    "index_add_",
    "index_copy_",
    "index_fill_",
    "put_",
    "index_put_",
]


@pytest.mark.parametrize("name", IN_PLACE_ERRORS)
def test_nothing_is_written_where_an_index_is_out_of_bounds(device: str, name: str) -> None:
    values = np.arange(4.0)
    x = plugrad.tensor(values, device=device)
    index = plugrad.tensor([0, 9], device=device)
    source = plugrad.tensor([7.0, 8.0], dtype=plugrad.float64, device=device)
    args = {"index_fill_": (0, index, 7.0), "put_": (index, source), "index_put_": ((index,), source)}
    with pytest.raises((IndexError, RuntimeError)):
        getattr(x, name)(*args.get(name, (0, index, source)))
    assert x.tolist() == values.tolist()
    assert x._version == 0


def test_assignment_casts_to_a_region_and_through_one_mask(device: str) -> None:
    x = plugrad.tensor([1, 2, 3], device=device)
    x[0] = 5.7
    x[1:] = plugrad.tensor([8.9, 9.1], device=device)
    assert x.tolist() == [5, 8, 9]
    x[x > 8] = plugrad.tensor(1.5, device=device)
    assert x.tolist() == [5, 8, 1]
    wide = plugrad.tensor([1.0, 2.0], dtype=plugrad.float32, device=device, requires_grad=True)
    y = plugrad.tensor(np.zeros(2), device=device)
    y[...] = wide
    y.sum().backward()
    assert wide.grad.dtype is plugrad.float32


def test_leaves_that_require_gradients_are_refused() -> None:
    x = plugrad.tensor([1.0, 2.0], requires_grad=True)
    for key in (0, slice(1), (None, 0)):
        with pytest.raises(RuntimeError, match=r"^a view of a leaf Variable that requires grad"):
            x[key] = 0.0
    for key in ([0], x.detach() > 0):
        with pytest.raises(RuntimeError, match=r"^a leaf Variable that requires grad"):
            x[key] = 0.0
    with plugrad.no_grad():
        x[0] = 7.0
    assert x.tolist() == [7.0, 2.0]
    assert x.is_leaf


def test_scatter_that_combines(device: str) -> None:
    x = plugrad.tensor([1.0, 2.0, 3.0], device=device)
    i, v = plugrad.tensor([0, 0, 2], device=device), plugrad.tensor([2.0, 3.0, 4.0], device=device)
    with pytest.warns(UserWarning, match="The reduce argument of plugrad.scatter with Tensor src is deprecated"):
        assert x.scatter(0, i, v, reduce="multiply").tolist() == [6.0, 2.0, 12.0]
    assert x.scatter(0, i, 2.0, reduce="add").tolist() == [5.0, 2.0, 5.0]
    tracked = plugrad.tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    with pytest.raises(RuntimeError, match="is not implemented"):
        tracked.scatter(0, i, 2.0, reduce="add").sum().backward()
