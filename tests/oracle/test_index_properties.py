"""Random keys, indices and shapes, right and wrong ones: plugrad reads, writes, differentiates and refuses as PyTorch."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.harness import flat, host, ours, real

SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
REFUSALS = (IndexError, RuntimeError, TypeError, ValueError, NotImplementedError)


# -- what both libraries do ------------------------------------------------------------------------------------------


def run(lib: Any, function: Any, arrays: list[np.ndarray]) -> tuple[Any, Any, Any]:
    """The exception, or the results and the gradients by all floating point arrays."""
    leaves = [tensor(lib, a).requires_grad_() for a in arrays]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = [y for y in flat(function(lib, *leaves)) if hasattr(y, "requires_grad")]
        if any(n < 0 for y in results for n in y.shape):
            raise RuntimeError("PyTorch expands nothing to a negative size")
    except Exception as error:
        return error, None, None
    recorded = [y for y in results if y.requires_grad]
    gradients: list[Any] = []
    if recorded:
        seeds = [tensor(lib, np.cos(1.3 * np.arange(y.numel()) + 1).reshape(tuple(y.shape))) for y in recorded]
        gradients = list(lib.autograd.grad(recorded, leaves, seeds, allow_unused=True))
    return None, [host(y) for y in results], [np.zeros(()) if g is None else host(g) for g in gradients]


def tensor(lib: Any, array: np.ndarray) -> Any:
    if not array.size:
        return lib.zeros(array.shape, dtype=getattr(lib, array.dtype.name))
    return lib.tensor(array.tolist(), dtype=getattr(lib, array.dtype.name))


def same(function: Any, *arrays: np.ndarray) -> None:
    """Both libraries give the same values and gradients, or both refuse.

    What is wrong in two ways may be refused for either, so that types are compared elsewhere, in test_refusals.py.
    """
    refused, values, gradients = run(real, function, list(arrays))
    error, mine, my_gradients = run(ours, function, list(arrays))
    if refused is not None:
        assert error is not None, f"PyTorch raises {refused!r}; plugrad returns {mine}"
        assert type(error) in REFUSALS, f"PyTorch raises {refused!r}; plugrad {error!r}"
        return
    if isinstance(error, IndexError) and all(not v.size or np.array_equal(v, arrays[0]) for v in values):
        return  # where nothing is read or written PyTorch does not look at the index
    assert error is None, f"plugrad raises {error!r}; PyTorch returns {values}"
    for what, theirs, own in (("result", values, mine), ("gradient", gradients, my_gradients)):
        assert len(theirs) == len(own)
        for expected, got in zip(theirs, own, strict=True):
            assert got.shape == expected.shape, f"{what} has shape {got.shape}, expected {expected.shape}"
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12, err_msg=what)


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers that are all different."""
    return np.arange(1.0, math.prod(shape) + 1).reshape(shape)


# -- keys ------------------------------------------------------------------------------------------------------------

SHAPES = st.lists(st.integers(0, 4), min_size=0, max_size=4).map(tuple)
SMALL = st.integers(-5, 5)


@st.composite
def items(draw: st.DrawFn) -> Any:
    """One item of a key, of any kind, that fits or does not."""
    kind = draw(st.sampled_from(["integer", "slice", "None", "Ellipsis", "array", "list", "mask", "0-d", "bool"]))
    if kind == "integer":
        return draw(SMALL)
    if kind == "slice":
        ends = st.none() | SMALL
        return slice(draw(ends), draw(ends), draw(st.none() | st.integers(-1, 3)))
    if kind == "None":
        return None
    if kind == "Ellipsis":
        return ...
    if kind == "0-d":
        return np.array(draw(st.integers(-3, 3)))
    if kind == "bool":
        return draw(st.booleans())
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=2)))
    count = math.prod(shape)
    if kind == "mask":
        return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=bool).reshape(shape)
    numbers = draw(st.lists(st.integers(-3, 3), min_size=count, max_size=count))
    if kind == "list":
        return numbers
    return np.array(numbers, dtype=np.int64).reshape(shape)


KEYS = st.lists(items(), min_size=1, max_size=3).filter(lambda key: sum(i is ... for i in key) < 2).map(tuple)


def in_library(lib: Any, key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(in_library(lib, item) for item in key)
    return tensor(lib, key) if isinstance(key, np.ndarray) else key


@SETTINGS
@given(SHAPES, KEYS)
def test_reading(shape: tuple[int, ...], key: Any) -> None:
    same(lambda lib, x: x[in_library(lib, key)], numbered(shape))


def edited(lib: Any, x: Any, key: Any, value: Any) -> Any:
    y = x.clone()
    y[in_library(lib, key)] = value
    return y


@SETTINGS
@given(SHAPES, KEYS)
def test_assigning_a_number(shape: tuple[int, ...], key: Any) -> None:
    same(lambda lib, x: edited(lib, x, key, 7.5), numbered(shape))


@SETTINGS
@given(SHAPES, KEYS, st.data())
def test_assigning_a_tensor(shape: tuple[int, ...], key: Any, data: st.DataObject) -> None:
    """Of one number, so that it does not matter which of several values for one place wins."""
    x = numbered(shape)
    repeated = False
    try:
        read = tensor(real, x)[in_library(real, key)]
        region = tuple(read.shape)
        repeated = len(set(read.reshape(-1).tolist())) < read.numel()
    except Exception:
        region = (2,)
    # A shape that broadcasts to the region, or nearly.
    wanted = [1 if data.draw(st.booleans()) else n for n in region[data.draw(st.integers(0, len(region))) :]]
    if data.draw(st.integers(0, 9)) == 0:
        wanted.insert(0, data.draw(st.integers(1, 3)))
    value = np.full(tuple(wanted), 7.5)
    if repeated:
        # PyTorch gives the value a gradient for every time that a place is named, plugrad for what stayed there.
        same(lambda lib, a: edited(lib, a, key, tensor(lib, value)), x)
    else:
        same(lambda lib, a, v: edited(lib, a, key, v), x, value)


@SETTINGS
@given(SHAPES.filter(len), st.data())
def test_adding_at_indices(shape: tuple[int, ...], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 4))
    axes = data.draw(st.integers(1, len(shape)))
    keys = tuple(
        np.array(data.draw(st.lists(st.integers(-n, max(n - 1, 0)), min_size=count, max_size=count)), dtype=np.int64)
        for n in shape[:axes]
    )
    value = numbered((count, *shape[axes:]))
    same(lambda lib, x, v: x.index_put(in_library(lib, keys), v, accumulate=True), numbered(shape), value)


# -- one dimension ---------------------------------------------------------------------------------------------------


@st.composite
def along(draw: st.DrawFn) -> tuple[tuple[int, ...], int, np.ndarray]:
    """A shape, a dimension, and an index for each of some elements; now and then out of bounds."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    sizes = [n + draw(st.integers(-1, 0)) for n in shape]
    sizes[dim] = draw(st.integers(0, 4))
    count = math.prod(sizes)
    high = shape[dim] - 1 + (draw(st.integers(0, 20)) == 0)
    numbers = draw(st.lists(st.integers(0, high), min_size=count, max_size=count))
    return shape, dim, np.array(numbers, dtype=np.int64).reshape(sizes)


@SETTINGS
@given(along())
def test_gather(case: Any) -> None:
    shape, dim, index = case
    same(lambda lib, x: x.gather(dim, tensor(lib, index)), numbered(shape))


@SETTINGS
@given(along())
def test_scatter_add(case: Any) -> None:
    shape, dim, index = case
    same(lambda lib, x, s: x.scatter_add(dim, tensor(lib, index), s), numbered(shape), numbered(index.shape))


@SETTINGS
@given(along(), st.sampled_from(["sum", "prod", "mean", "amax", "amin"]), st.booleans())
def test_scatter_reduce(case: Any, reduce: str, include_self: bool) -> None:
    shape, dim, index = case
    # All different: at ties without include_self PyTorch loses gradients.
    source = numbered(index.shape) / 7 - 1.05
    same(
        lambda lib, x, s: x.scatter_reduce(dim, tensor(lib, index), s, reduce, include_self=include_self),
        numbered(shape) / 5,
        source,
    )


@SETTINGS
@given(along())
def test_take_along_dim(case: Any) -> None:
    shape, dim, index = case
    # PyTorch reads beyond a dimension of size 1 here.
    index = index % shape[dim]
    same(lambda lib, x: lib.take_along_dim(x, tensor(lib, index), dim), numbered(shape))


@st.composite
def slices(draw: st.DrawFn) -> tuple[tuple[int, ...], int, np.ndarray]:
    """A shape, a dimension, and a vector of indices; now and then out of bounds."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    high = shape[dim] - 1 + (draw(st.integers(0, 20)) == 0)
    return shape, dim, np.array(draw(st.lists(st.integers(0, high), max_size=5)), dtype=np.int64)


@SETTINGS
@given(slices())
def test_index_select(case: Any) -> None:
    shape, dim, index = case
    same(lambda lib, x: x.index_select(dim, tensor(lib, index)), numbered(shape))


@SETTINGS
@given(slices(), st.sampled_from(["add", "fill", "mean", "prod", "amax"]))
def test_index_add_fill_and_reduce(case: Any, how: str) -> None:
    shape, dim, index = case
    source = np.moveaxis(np.moveaxis(numbered(shape), dim, 0)[np.zeros(len(index), int)], 0, dim)
    source = source + numbered(source.shape) / 9

    def call(lib: Any, x: Any, s: Any) -> Any:
        if how == "add":
            return x.index_add(dim, tensor(lib, index), s, alpha=2)
        if how == "fill":
            return x.index_fill(dim, tensor(lib, index), 7.5)
        return x.index_reduce(dim, tensor(lib, index), s, how)

    same(call, numbered(shape), source)


@SETTINGS
@given(SHAPES, st.lists(st.integers(-9, 9), max_size=4))
def test_take_and_put(shape: tuple[int, ...], numbers: list[int]) -> None:
    index = np.array(numbers, dtype=np.int64)
    same(lambda lib, x: x.take(tensor(lib, index)), numbered(shape))
    same(lambda lib, x, s: x.put(tensor(lib, index), s, accumulate=True), numbered(shape), numbered(index.shape))


# -- shapes ----------------------------------------------------------------------------------------------------------

DIM = st.integers(-4, 4)
SIZES = st.lists(st.integers(-1, 4), min_size=0, max_size=4)
DIMS = st.lists(DIM, min_size=0, max_size=3)

CALLS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "reshape": st.tuples(SIZES),
    "flatten": st.tuples(DIM, DIM),
    "unflatten": st.tuples(DIM, SIZES.filter(len)),
    "permute": st.tuples(DIMS),
    "transpose": st.tuples(DIM, DIM),
    "movedim": st.tuples(DIMS, DIMS),
    "expand": st.tuples(SIZES),
    "squeeze": st.tuples(DIMS) | st.just(()),
    "unsqueeze": st.tuples(DIM),
    "flip": st.tuples(DIMS),
    "roll": st.tuples(st.lists(SMALL, min_size=1, max_size=2), st.lists(DIM, min_size=1, max_size=2)),
    "rot90": st.tuples(SMALL, st.lists(DIM, min_size=2, max_size=2)),
    "repeat": st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=4)),
    "tile": st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=4)),
    "repeat_interleave": st.tuples(st.integers(0, 3), st.none() | DIM),
    "split": st.tuples(st.integers(-1, 4) | st.lists(st.integers(0, 3), max_size=3), DIM),
    "chunk": st.tuples(st.integers(-1, 5), DIM),
    "tensor_split": st.tuples(st.integers(-1, 5) | st.lists(SMALL, max_size=3), DIM),
    "hsplit": st.tuples(st.integers(-1, 4) | st.lists(SMALL, max_size=3)),
    "unbind": st.tuples(DIM),
    "select": st.tuples(DIM, SMALL),
    "narrow": st.tuples(DIM, SMALL, st.integers(0, 4)),
    "diagonal": st.tuples(SMALL, DIM, DIM),
    "diag_embed": st.tuples(SMALL, DIM, DIM),
    "unfold": st.tuples(DIM, st.integers(0, 3), st.integers(0, 2)),
    "tril": st.tuples(SMALL),
    "triu": st.tuples(SMALL),
    "sum_to_size": st.tuples(SIZES),
}


@SETTINGS
@given(SHAPES, st.sampled_from(sorted(CALLS)), st.data())
def test_shape(shape: tuple[int, ...], name: str, data: st.DataObject) -> None:
    args = data.draw(CALLS[name])
    same(lambda lib, x: getattr(x, name)(*args), numbered(shape))
