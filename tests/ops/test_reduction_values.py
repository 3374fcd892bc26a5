"""Reductions and scans: dimensions, dtypes, nothing to reduce, and what kernels may do with the order of additions."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal

X = np.arange(24.0).reshape(2, 3, 4) / 7 - 1.3
DIMS = [None, 0, 1, -1, (0,), (0, 2), (1, 2), (0, 1, 2), [0, 1]]


def axis_of(dim):
    return tuple(dim) if isinstance(dim, list) else dim


def tensor(values, device, dtype=plugrad.float64):
    return plugrad.tensor(np.asarray(values).tolist(), dtype=dtype, device=device)


def euclidean(x, axis, keepdims):
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


REDUCTIONS = {
    "sum": (plugrad.sum, np.sum),
    "mean": (plugrad.mean, np.mean),
    "amax": (plugrad.amax, np.max),
    "amin": (plugrad.amin, np.min),
    "var": (partial(plugrad.var, correction=1), partial(np.var, ddof=1)),
    "std": (partial(plugrad.std, unbiased=False), np.std),
    "norm": (lambda x, dim, keepdim: x.norm(2, dim=dim, keepdim=keepdim), euclidean),
    "all": (lambda x, *args, **kwargs: (x > 0).all(*args, **kwargs), lambda x, **kwargs: np.all(x > 0, **kwargs)),
    "any": (lambda x, *args, **kwargs: (x > 0).any(*args, **kwargs), lambda x, **kwargs: np.any(x > 0, **kwargs)),
}


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_dimensions(name, dim, keepdim, device):
    ours, numpys = REDUCTIONS[name]
    expected = numpys(X, axis=axis_of(dim), keepdims=keepdim)
    if dim is None and name in ("amax", "amin"):
        dim = ()
    assert_close(ours(tensor(X, device), dim=dim, keepdim=keepdim), expected, 1e-12)


def test_no_dimensions_mean_all_of_them(device):
    x = tensor(X, device)
    assert_close(x.sum(()), X.sum())
    assert_close(x.mean(dim=()), X.mean())
    assert (x > 0).all(()).shape == x.shape


def test_numpys_names_are_understood(device):
    x = tensor(X, device)
    assert_close(x.sum(axis=1, keepdims=True), X.sum(1, keepdims=True))
    assert_close(plugrad.mean(x, axis=(0, 1)), X.mean((0, 1)))
    assert_close(x.amax(axis=0), X.max(0))
    assert_equal(x.argmax(axis=2), X.argmax(2))
    assert_equal(x.max(axis=2).indices, X.argmax(2))
    assert_close(x.prod(axis=0, keepdims=True), X.prod(0, keepdims=True))
    assert_close(x.cumsum(axis=1), X.cumsum(1))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
def test_integers_add_and_multiply_in_int64(dtype, device):
    x = plugrad.tensor([[100, 100], [100, 3]], dtype=getattr(plugrad, dtype), device=device)
    for y, expected in [
        (x.sum(), 303),
        (x.sum(0), [200, 103]),
        (x.prod(), 3_000_000),
        (x.prod(1), [10_000, 300]),
        (x.cumsum(1), [[100, 200], [100, 103]]),
        (x.cumprod(0), [[100, 100], [10_000, 300]]),
    ]:
        assert y.dtype is plugrad.int64
        assert_equal(y, expected)
    assert x.amax().dtype is x.dtype
    assert x.argmax().dtype is plugrad.int64


def test_booleans_count(device):
    x = plugrad.tensor([[True, False], [True, True]], device=device)
    for y, expected in [(x.sum(), 3), (x.sum(1), [1, 2]), (x.prod(), 0), (x.cumsum(0), [[1, 0], [2, 1]])]:
        assert y.dtype is plugrad.int64
        assert_equal(y, expected)
    assert_equal(x.max(), True)
    assert_equal(x.min(), False)
    assert_equal(x.amax(1), [True, True])
    values, indices = x.min(1)
    assert values.dtype is plugrad.bool
    assert_equal(values, [False, True])
    assert_equal(indices, [1, 0])
    assert_equal(x.cummax(1).values, [[True, True], [True, True]])


def test_dtype_converts_the_elements_first(device):
    x = plugrad.tensor([1.7, 2.7], dtype=plugrad.float32, device=device, requires_grad=True)
    assert_equal(x.sum(dtype=plugrad.int64), 3)
    y = x.sum(dtype=plugrad.float64)
    assert y.dtype is plugrad.float64
    y.backward()
    assert x.grad.dtype is plugrad.float32
    assert_equal(plugrad.tensor([1, 2], device=device).mean(dtype=plugrad.float64), 1.5)


def test_masks_of_uint8_stay_uint8(device):
    x = plugrad.tensor([[1, 0], [1, 1]], dtype=plugrad.uint8, device=device)
    assert x.all().dtype is plugrad.uint8
    assert_equal(x.any(0), [1, 1])


def test_nothing_to_reduce(device):
    x = plugrad.zeros(0, 3, device=device)
    assert_equal(x.sum(), 0)
    assert_equal(x.sum(0), [0, 0, 0])
    assert_equal(x.sum(1), np.zeros(0))
    assert_equal(x.prod(0), [1, 1, 1])
    assert_equal(x.mean(0), [math.nan] * 3)
    assert_equal(x.logsumexp(0), [-math.inf] * 3)
    assert_equal(x.all(), True)
    assert_equal(x.any(0), [False] * 3)
    assert_equal(x.count_nonzero(), 0)
    assert_equal(x.norm(), 0)
    assert_equal(x.amax(1), np.zeros(0))
    assert_equal(x.max(1).indices, np.zeros(0))
    assert_equal(x.cumsum(0), np.zeros((0, 3)))
    assert_equal(plugrad.zeros(0, device=device).median(), math.nan)


def test_a_number_has_the_dimensions_0_and_minus_1(device):
    x = plugrad.tensor(2.0, device=device)
    for y in (
        x.sum(0), x.mean(-1), x.prod(0), x.amax(0), x.max(0).values, x.min(-1).values, x.cumsum(0), x.cumprod(-1),
        x.logsumexp(0), x.median(0).values, x.cummax(0).values, x.cummin(0).values, x.logcumsumexp(0), x.norm(dim=0),
    ):  # fmt: skip
        assert_equal(y, 2.0)
    assert_equal(x.argmax(0), 0)
    assert_equal(x.max(-1, keepdim=True).indices, 0)


def test_extrema_and_where_they_are(device):
    x = tensor([[1.0, 5.0, 5.0], [7.0, 3.0, 7.0]], device)
    assert repr(plugrad.tensor([1.0, 2.0]).max(0)) == (
        "plugrad.return_types.max(\nvalues=tensor(2.),\nindices=tensor(1))"
    )
    values, indices = x.max(1)
    assert_equal(values, [5.0, 7.0])
    assert_equal(indices, [1, 0])
    assert indices.dtype is plugrad.int64
    low = x.min(0, keepdim=True)
    assert isinstance(low, tuple)
    assert_equal(low.values, [[1.0, 3.0, 5.0]])
    assert_equal(low[1], [[0, 1, 0]])
    assert_equal(plugrad.max(x, tensor(6.0, device)), [[6, 6, 6], [7, 6, 7]])
    assert_equal(plugrad.min(x, other=tensor([2.0, 2.0, 9.0], device)), [[1, 2, 5], [2, 2, 7]])
    low, high = plugrad.aminmax(x, dim=1)
    assert_equal(low, [1, 3])
    assert_equal(high, [5, 7])
    assert_equal(x.argmax(), 3)
    assert_equal(x.argmin(keepdim=True), [[0]])


def test_nan_is_the_extremum(device):
    x = tensor([[1.0, math.nan, 3.0], [0.0, 1.0, 2.0]], device)
    assert_equal(x.max(), math.nan)
    assert_equal(x.amin(1), [math.nan, 0.0])
    values, indices = x.max(1)
    assert_equal(values, [math.nan, 2.0])
    assert_equal(indices, [1, 2])
    assert_equal(x.argmin(1), [1, 0])
    assert_equal(x.median(), math.nan)
    assert_equal(x.median(1).values, [math.nan, 1.0])
    assert_equal(x.nansum(), 7.0)
    assert_close(x.nanmean(1), [2.0, 1.0])
    assert_equal(x[0].cummax(0).indices, [0, 1, 1])
    assert_equal(x[0].cummin(0).values, [1.0, math.nan, math.nan])


def test_medians_are_the_lower_ones(device):
    x = tensor([[4.0, 1.0, 3.0, 2.0], [8.0, 7.0, 6.0, 5.0]], device)
    assert_equal(x.median(), 4.0)
    values, indices = x.median(1, keepdim=True)
    assert_equal(values, [[2.0], [6.0]])
    assert_equal(indices, [[3], [2]])


def test_norms(device):
    x = tensor([[3.0, -4.0], [0.0, 2.0]], device)
    for p, expected in [
        (0, [2, 1]), (1, [7, 2]), (2, [5, 2]), ("fro", [5, 2]), (math.inf, [4, 2]), (-math.inf, [3, 0]),
        (3, [91 ** (1 / 3), 2]), (0.5, [(3**0.5 + 2) ** 2, 2]), (-1, [1 / (1 / 3 + 1 / 4), 0]),
    ]:  # fmt: skip
        assert_close(x.norm(p, dim=1), expected, 1e-12)
    assert_close(x.norm(dim=(0, 1)), math.sqrt(29))
    assert x.norm(dtype=plugrad.float32).dtype is plugrad.float32


def test_running_extrema_name_the_last_place(device):
    values, indices = tensor([1.0, 3.0, 2.0, 3.0, 0.0], device).cummax(0)
    assert_equal(values, [1, 3, 3, 3, 3])
    assert_equal(indices, [0, 1, 1, 3, 3])
    values, indices = tensor([[2.0, 2.0], [2.0, 1.0]], device).cummin(0)
    assert_equal(values, [[2, 2], [2, 1]])
    assert_equal(indices, [[0, 0], [1, 1]])


def test_log_sums_do_not_overflow(device):
    x = tensor([[1000.0, 1000.0], [-1000.0, -1001.0], [math.inf, 0.0], [-math.inf, -math.inf]], device)
    expected = [1000 + math.log(2), -1000 + math.log1p(math.exp(-1)), math.inf, -math.inf]
    assert_close(x.logsumexp(1), expected, 1e-12)
    assert_close(x.logcumsumexp(1)[:, 1], expected, 1e-12)
    assert plugrad.tensor([1, 2], device=device).logsumexp(0).dtype is plugrad.float32


def test_differences(device):
    x = tensor([[1.0, 4.0, 9.0], [1.0, 8.0, 27.0]], device)
    assert_equal(x.diff(), [[3, 5], [7, 19]])
    assert_equal(x.diff(n=2), [[2], [12]])
    assert_equal(x.diff(dim=0, prepend=tensor([[0.0, 0.0, 0.0]], device)), [[1, 4, 9], [0, 4, 18]])
    assert_equal(x.diff(5), np.zeros((2, 0)))
    assert_equal((x > 5).diff(), [[False, True], [True, False]])


@pytest.mark.parametrize("order", ["C", "F", "stepped"])
@pytest.mark.parametrize(
    "shape", [(9000,), (3, 9000), (9000, 3), (700, 40), (5, 4096), (3, 10_001), (20_000, 1), (2, 3, 40, 50), (7, 4099)]
)
def test_large_sums_are_as_good_as_float64(shape, order):
    values = np.random.default_rng(0).uniform(0.5, 1.5, shape).astype("float32")
    if order == "F":
        values = np.asfortranarray(values)
    elif order == "stepped":
        values = np.repeat(values, 2, -1)[..., ::2]
    x = plugrad.from_numpy(values)
    axes = [None, 0, len(shape) - 1, tuple(range(len(shape)))]
    if len(shape) == 4:
        axes += [(0, 2, 3), (1, 3), (0, 1), 1, (1, 2)]
    for axis in axes:
        for keepdim in (False, True):
            y = x.sum(dim=axis, keepdim=keepdim).numpy()
            expected = values.sum(axis, dtype="float64", keepdims=keepdim)
            assert y.shape == expected.shape
            assert y.dtype == np.float32
            np.testing.assert_allclose(
                y, expected, rtol=5e-6 if order == "stepped" else 1e-6 if len(shape) == 4 else 4e-7
            )


def test_running_sums_do_not_lose_digits():
    x = plugrad.full((200_000,), 0.1)
    assert abs(x.cumsum(0)[-1].item() - 20_000) < 0.01
    assert abs(plugrad.full((5000,), 0.1, dtype=plugrad.float16).sum().item() - 500) < 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [(40, 100), (3, 40, 50), (100, 40), (33, 2), (2, 5000)])
def test_long_scans_in_any_layout(shape, dtype):
    random = np.random.default_rng(0)
    array = random.integers(-3, 4, shape) if dtype == "int64" else random.uniform(0.9, 1.1, shape)
    array = array.astype(dtype)
    for values in (array, np.asfortranarray(array)):
        for axis in range(len(shape)):
            for name, numpys in (("cumsum", np.cumsum), ("cumprod", np.cumprod)):
                y = getattr(plugrad.from_numpy(values), name)(axis).numpy()
                wide = values.astype("int64" if dtype == "int64" else "float64")
                assert y.dtype == dtype
                np.testing.assert_allclose(y, numpys(wide, axis), rtol=1e-6 if dtype == "float32" else 1e-12)
