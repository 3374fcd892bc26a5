"""``x[key]`` and ``x[key] = value`` for random keys, against NumPy on the numbers of the elements."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plugrad

SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def is_mask(item: Any) -> bool:
    return isinstance(item, np.ndarray) and item.dtype == bool


def expected(x: np.ndarray, key: tuple[Any, ...]) -> np.ndarray:
    """PyTorch's reading of a key: integers, slices and None first, then arrays on the axes of that.

    (For NumPy an integer next to an array is an array.)
    """
    named = sum(i.ndim if is_mask(i) else i is not None and i is not ... for i in key)
    basic: list[Any] = []
    advanced: list[Any] = []
    for item in key:
        if item is ...:
            rest = x.ndim - named
            basic += [slice(None)] * rest
            advanced += [slice(None)] * rest
        elif isinstance(item, np.ndarray):
            basic += [slice(None)] * (item.ndim if is_mask(item) else 1)
            advanced.append(item)
        else:
            basic.append(item)
            advanced += [] if isinstance(item, int) else [slice(None)]
    return x[tuple(basic)][tuple(advanced)]


@st.composite
def keys(draw: st.DrawFn, arrays: bool) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """A shape and a valid key for it; index arrays, if any, broadcast together."""
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=0, max_size=4)))
    common = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)))
    key: list[Any] = []
    axis = 0
    one_mask = False
    while axis < len(shape) and draw(st.integers(0, 5)):
        n = shape[axis]
        kinds = ["slice", "None"] + ["integer"] * (n > 0) + ["array"] * (2 * arrays * (n > 0)) + ["mask"] * arrays
        kind = draw(st.sampled_from(kinds))
        if kind == "None":
            key.append(None)
            continue
        if kind == "integer":
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            bound = st.none() | st.integers(-6, 6)
            key.append(slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3))))
        elif kind == "array":
            dims = common[draw(st.integers(0, len(common) - 1)) :]
            dims = tuple(draw(st.sampled_from([1, d])) for d in dims)
            numbers = draw(st.lists(st.integers(-n, n - 1), min_size=int(np.prod(dims)), max_size=int(np.prod(dims))))
            key.append(np.array(numbers, dtype=np.int64).reshape(dims))
        elif not one_mask and not any(isinstance(item, np.ndarray) for item in key):
            # One mask, alone: how often it is true would have to fit the other arrays.
            many = draw(st.integers(1, min(2, len(shape) - axis)))
            sizes = shape[axis : axis + many]
            flags = draw(st.lists(st.booleans(), min_size=int(np.prod(sizes)), max_size=int(np.prod(sizes))))
            key.append(np.array(flags, dtype=bool).reshape(sizes))
            one_mask, arrays = True, False
            axis += many - 1
        else:
            continue
        axis += 1
    if draw(st.booleans()):
        place = draw(st.integers(0, len(key)))
        # In front of items the Ellipsis would move them to other axes.
        place = len(key) if place < len(key) else place
        key.insert(place, ...)
    return shape, tuple(key)


def on_device(key: tuple[Any, ...], device: str) -> tuple[Any, ...]:
    return tuple(plugrad.tensor(k, device=device) if isinstance(k, np.ndarray) else k for k in key)


def host(x: Any) -> np.ndarray:
    return np.array(x.detach().tolist(), dtype=np.float64).reshape(tuple(x.shape))


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(float(np.prod(shape))).reshape(shape)


@SETTINGS
@given(data=st.data(), arrays=st.booleans())
def test_reading(device: str, data: st.DataObject, arrays: bool) -> None:
    shape, key = data.draw(keys(arrays))
    values = numbered(shape) * 1.5 - 3
    x = plugrad.tensor(values, device=device, requires_grad=True)
    y = x[on_device(key, device)]
    np.testing.assert_array_equal(host(y), expected(values, key))
    assert tuple(y.shape) == expected(values, key).shape
    weights = np.cos(numbered(tuple(y.shape)))
    (y * plugrad.tensor(weights, device=device)).sum().backward()
    gradient = np.zeros(values.size)
    np.add.at(gradient, expected(numbered(shape).astype(int), key), weights)
    np.testing.assert_allclose(host(x.grad), gradient.reshape(shape), rtol=1e-12, atol=1e-12)


@SETTINGS
@given(data=st.data(), arrays=st.booleans(), single=st.booleans())
def test_writing(device: str, data: st.DataObject, arrays: bool, single: bool) -> None:
    shape, key = data.draw(keys(arrays))
    old = numbered(shape) * 1.5 - 3
    places = expected(numbered(shape).astype(int), key)
    new = np.array(100.0) if single else 100 + numbered(places.shape)
    x = plugrad.tensor(old, device=device, requires_grad=True)
    value = plugrad.tensor(new, device=device, requires_grad=True)
    y = x * 1
    y[on_device(key, device)] = value
    changed = old.ravel().copy()
    changed[places] = new
    np.testing.assert_array_equal(host(y), changed.reshape(shape))
    weights = np.cos(numbered(shape))
    (y * plugrad.tensor(weights, device=device)).sum().backward()
    kept = weights.ravel().copy()
    kept[places] = 0
    np.testing.assert_allclose(host(x.grad), kept.reshape(shape), rtol=1e-12, atol=1e-12)
    # Each number gets the gradient of its place, unless another was written over it.
    numbers = np.full(old.size, -1)
    numbers[places] = np.arange(places.size).reshape(places.shape)
    received = weights.ravel()[places] * (numbers[places] == np.arange(places.size).reshape(places.shape))
    received = received.sum() if single else received
    np.testing.assert_allclose(host(value.grad), received, rtol=1e-12, atol=1e-12)


@SETTINGS
@given(data=st.data())
def test_basic_keys_make_views(data: st.DataObject) -> None:
    shape, key = data.draw(keys(False))
    x = plugrad.tensor(numbered(shape))
    y = x[key]
    assert y._version == x._version == 0
    x += 1
    np.testing.assert_array_equal(host(y), expected(numbered(shape) + 1, key))
    if 0 not in y.shape:  # nothing can be changed through a view without elements
        assert y._base is x
        assert y._version == 1


@SETTINGS
@given(data=st.data())
def test_index_arrays_copy(data: st.DataObject) -> None:
    shape, key = data.draw(keys(True))
    if not any(isinstance(item, np.ndarray) for item in key):
        return
    x = plugrad.tensor(numbered(shape))
    y = x[on_device(key, "cpu")]
    x += 1
    np.testing.assert_array_equal(host(y), expected(numbered(shape), key))


@SETTINGS
@given(data=st.data())
def test_lists_and_foreign_arrays_are_index_tensors(data: st.DataObject) -> None:
    shape, key = data.draw(keys(True))
    x = plugrad.tensor(numbered(shape))
    y = x[on_device(key, "cpu")]
    np.testing.assert_array_equal(host(x[key]), host(y))
    listed = tuple(k.tolist() if isinstance(k, np.ndarray) and 0 not in k.shape else k for k in key)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(host(x[listed]), host(y))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ((0, slice(None), [0, 1]), (3, 2)),  # NumPy says (2, 3)
        ((slice(None), 0, [0, 1]), (2, 2)),
        (([0, 1], 0, [0, 1]), (2,)),
        (([0, 1], slice(None), [0, 1]), (2, 3)),
        (([0, 1], None, [0, 1]), (2, 1, 4)),
        (([0, 1], None), (2, 1, 3, 4)),
        ((..., [0, 1]), (2, 3, 2)),
        (([0, 1], ..., [0, 1]), (2, 3)),
        ((..., 0, ...), (2, 3)),
        (True, (1, 2, 3, 4)),
        (False, (0, 2, 3, 4)),
        ((0, True), (1, 3, 4)),
        ((..., True), (2, 3, 4, 1)),
        ((True, [0, 1]), (2, 3, 4)),
        (([0, 1], True, [0, 1]), (2, 4)),
        ([True, False], (1, 3, 4)),
        ([], (0, 3, 4)),
        ((), (2, 3, 4)),
        (range(2), (2, 3, 4)),
        ([[0]] * 40, (40, 1, 3, 4)),
        ((0, (0, 1)), (2, 4)),
        (np.int64(1), (3, 4)),
        (np.array(1), (3, 4)),
        (np.array([1, 0], dtype=np.int16), (2, 3, 4)),
        ([np.int64(1), np.int64(0)], (2, 3, 4)),
    ],
    ids=str,
)
def test_shapes_that_pytorch_gives(device: str, key: Any, shape: tuple[int, ...]) -> None:
    x = plugrad.tensor(numbered((2, 3, 4)), device=device)
    assert tuple(x[key].shape) == shape


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_tensor_of_no_dimension_is_an_integer_and_makes_a_view(device: str, dtype: str) -> None:
    x = plugrad.tensor(numbered((2, 3)), device=device, requires_grad=True)
    y = x[plugrad.tensor(1, dtype=getattr(plugrad, dtype), device=device)]
    assert type(y.grad_fn).__name__ == "SelectBackward0"
    assert y.tolist() == [3.0, 4.0, 5.0]


@pytest.mark.parametrize("flag", [True, False])
def test_bool_tensor_of_no_dimension_is_a_mask(device: str, flag: bool) -> None:
    x = plugrad.tensor(numbered((2, 3)), device=device)
    assert tuple(x[plugrad.tensor(flag, device=device)].shape) == (int(flag), 2, 3)
    zero = plugrad.tensor(5.0, device=device)
    assert zero[plugrad.tensor(flag, device=device)].tolist() == [5.0] * flag


def test_names_of_nodes(device: str) -> None:
    x = plugrad.tensor(numbered((2, 3, 4)), device=device, requires_grad=True)
    names = {
        "SelectBackward0": [0, (slice(None), 0), (slice(1, None), 0)],
        "SliceBackward0": [slice(None), slice(1, None), (0, slice(1, None))],
        "UnsqueezeBackward0": [None, (..., None), (0, None)],
        "AliasBackward0": [..., (), (slice(None), slice(None))],
        "IndexBackward0": [[0, 1], [True, False], True, (0, [0, 1])],
    }
    for name, some in names.items():
        for key in some:
            assert type(x[key].grad_fn).__name__ == name, key


def test_list_with_more_than_numbers_is_a_tuple_with_a_warning() -> None:
    x = plugrad.tensor(numbered((2, 3, 4)))
    with pytest.warns(UserWarning, match="Using a non-tuple sequence for multidimensional indexing is deprecated"):
        y = x[[[0, 1], [1, 0]]]
    assert tuple(y.shape) == (2, 4)


def test_uint8_mask_warns() -> None:
    x = plugrad.tensor(numbered((2, 3)))
    with pytest.warns(UserWarning, match="indexing with dtype plugrad.uint8 is now deprecated"):
        y = x[plugrad.tensor([0, 1], dtype=plugrad.uint8)]
    assert y.tolist() == [[3.0, 4.0, 5.0]]


OUT_OF_BOUNDS = [
    (2, "index 2 is out of bounds for dimension 0 with size 2"),
    (-3, "index -3 is out of bounds for dimension 0 with size 2"),
    ((0, 0, 4), "index 4 is out of bounds for dimension 2 with size 4"),
    ((slice(None), 5), "index 5 is out of bounds for dimension 1 with size 3"),
    ([0, 2], "index 2 is out of bounds for dimension 0 with size 2"),
    ([-3], "index -3 is out of bounds for dimension 0 with size 2"),
    (([0], [5]), "index 5 is out of bounds for dimension 1 with size 3"),
    ((0, 0, 0, 0), "too many indices for tensor of dimension 3"),
    ([True, False, True],
     "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3, 4] "
     "at index 0"),
    ([[True, False], [False, True]],
     "The shape of the mask [2, 2] at index 1 does not match the shape of the indexed tensor [2, 3, 4] "
     "at index 1"),
    (([0, 1], [0, 1, 2]),
     "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]"),
    ([0.5], "tensors used as indices must be long, int, byte or bool tensors"),
    (1.0, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
     "(got float)"),
    ({1}, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
     "(got set)"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text"), OUT_OF_BOUNDS, ids=str)
def test_bad_keys(device: str, key: Any, text: str) -> None:
    values = numbered((2, 3, 4))
    x = plugrad.tensor(values, device=device)
    if isinstance(key, list) and isinstance(key[0], list):
        key = (key,)

    def assign() -> None:
        x[key] = 7.0

    for use in (lambda: x[key], assign):
        with pytest.raises(IndexError) as info:
            use()
        assert str(info.value).partition("\nHint")[0] == text
    np.testing.assert_array_equal(host(x), values)


def test_bad_keys_of_tensors(device: str) -> None:
    x = plugrad.tensor(numbered((2, 3)), device=device)
    for bad in (plugrad.tensor([0.0]), plugrad.tensor(1.0), plugrad.tensor([0], dtype=plugrad.int16)):
        with pytest.raises(IndexError, match="tensors used as indices must be long, int, byte or bool tensors"):
            x[bad.to(device)]
    with pytest.raises(IndexError, match="index is out of bounds for dimension with size 0"):
        plugrad.tensor(np.zeros((0, 3)), device=device)[plugrad.tensor([0], device=device)]
    with pytest.raises(ValueError, match="step must be greater than zero"):
        x[::-1]
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        x[::0]
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        x[0, 0][0]
    with pytest.raises(IndexError, match=r"slice\(\) cannot be applied to a 0-dim tensor"):
        x[0, 0][:]
    with pytest.raises(TypeError, match="new\\(\\): invalid data type 'str'"):
        x["a"]


def test_python_protocols(device: str) -> None:
    x = plugrad.tensor(numbered((3, 2)), device=device, requires_grad=True)
    assert len(x) == 3
    rows = list(x)
    assert [r.tolist() for r in rows] == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    (rows[1] * 3).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [3.0, 3.0], [0.0, 0.0]]
    assert 3.0 in x
    assert 7 not in x
    assert plugrad.tensor([4.0, 5.0], dtype=plugrad.float64, device=device) in x
    zero = plugrad.tensor(1.0, device=device)
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
        len(zero)
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        list(zero)
    with pytest.raises(RuntimeError, match=r"Tensor\.__contains__ only supports Tensor or scalar, but you passed in a"):
        "a" in x  # noqa: B015 - the comparison itself raises
