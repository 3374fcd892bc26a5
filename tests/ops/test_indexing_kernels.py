"""The NumPy backend's faster ways through large arrays, against loops and NumPy's own slow ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad
from plugrad.backends.numpy import kernels_index, kernels_scatter

TABLES = {
    "every row once": (500, 40, lambda r: r.permutation(500)[:300]),
    "few repeat": (2000, 32, lambda r: r.integers(0, 2000, 400)),
    "few rows, often": (7, 48, lambda r: r.integers(0, 7, 900)),
    "most on one row": (300, 64, lambda r: np.where(r.random(600) < 0.7, 5, r.integers(0, 300, 600))),
    "one column": (50, 1, lambda r: r.integers(0, 50, 9000)),
    "wider than a chunk": (5, 1 << 17, lambda r: r.integers(0, 5, 6)),
    "small": (4, 3, lambda r: r.integers(0, 4, 5)),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_sum_of_rows_by_index(name: str, fresh: bool, dtype: str) -> None:
    height, width, make = TABLES[name]
    rng = np.random.default_rng(1)
    index = make(rng)
    values = (100 * rng.standard_normal((len(index), width))).astype(dtype)
    out = np.zeros((height, width), dtype)
    if not fresh:
        out += np.arange(height, dtype=dtype)[:, None]
    expected = out.astype(np.float64)
    for i, row in zip(index.tolist(), values, strict=True):
        expected[i] += row
    kernels_scatter.add_rows(out, index, values, fresh)
    np.testing.assert_allclose(out, expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-2)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32", "bool"])
@pytest.mark.parametrize("value", [0, 1, -np.inf, np.nan])
@pytest.mark.parametrize("shape", [(3, 4), (80, 90)])
def test_masked_fill(dtype: str, value: float, shape: tuple[int, ...]) -> None:
    if not np.isfinite(value) and not dtype.startswith("float"):
        value = 5
    rng = np.random.default_rng(2)
    x = (10 * rng.standard_normal(shape)).astype(dtype)
    if dtype.startswith("float"):
        x.flat[::5] = np.nan
        x.flat[1::5] = -np.inf
    value = np.dtype(dtype).type(value).item()
    for mask in (
        rng.random(shape) < 0.5,
        rng.random(shape[-1]) < 0.5,
        np.ones(shape, bool),
        np.zeros(shape, bool),
    ):
        wide = np.broadcast_to(mask, shape)
        expected = x.copy()
        expected[wide] = value
        for array in (x, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]):
            got = kernels_index.masked_fill(array, mask, value)
            assert got.dtype == x.dtype
            np.testing.assert_array_equal(got, expected)
            np.testing.assert_array_equal(kernels_index.masked_fill_(array.copy("K"), mask, value), expected)


@pytest.mark.parametrize("density", [0.0, 0.1, 0.5, 1.0])
def test_large_masks(density: float) -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_normal((70, 80))
    mask = rng.random((70, 80)) < density
    for array in (values, np.asfortranarray(values)):
        x = plugrad.from_numpy(array).requires_grad_()
        y = x[plugrad.from_numpy(mask)]
        np.testing.assert_array_equal(y.detach().numpy(), values[mask])
        (y * 3).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), 3.0 * mask)


@pytest.mark.parametrize("layout", ["plain", "transposed", "strided"])
def test_layouts_of_what_is_read_and_written(layout: str) -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal((5, 6))

    def laid() -> np.ndarray:
        if layout == "transposed":
            return values.T.copy().T
        return np.repeat(values, 2, axis=1)[:, ::2] if layout == "strided" else values.copy()

    index = rng.integers(0, 5, (4, 6))
    rows = rng.integers(0, 5, 3)
    source = rng.standard_normal((4, 6))
    t = plugrad.tensor
    x = plugrad.from_numpy(laid())
    np.testing.assert_array_equal(x.gather(0, t(index)).numpy(), np.take_along_axis(values, index, 0))
    np.testing.assert_array_equal(plugrad.take_along_dim(x, t(index), 0).numpy(), np.take_along_axis(values, index, 0))
    np.testing.assert_array_equal(x[t(rows)].numpy(), values[rows])
    np.testing.assert_array_equal(x[:, t(rows)].numpy(), values[:, rows])
    added = values.copy()
    np.add.at(added, (index, np.arange(6)), source)
    for how in ("out of place", "in place"):
        array = laid()
        y = plugrad.from_numpy(array)
        z = y.scatter_add(0, t(index), t(source)) if how == "out of place" else y.scatter_add_(0, t(index), t(source))
        np.testing.assert_allclose(z.numpy(), added, rtol=1e-12)
        if how == "in place":
            np.testing.assert_array_equal(array, z.numpy())
    more = values.copy()
    np.add.at(more, rows, source[:3])
    array = laid()
    plugrad.from_numpy(array).index_add_(0, t(rows), t(source[:3]))
    np.testing.assert_allclose(array, more, rtol=1e-12)
    array = laid()
    plugrad.from_numpy(array).index_put_((t(rows),), t(source[:3]), accumulate=True)
    np.testing.assert_allclose(array, more, rtol=1e-12)
    array = laid()
    across = values.copy()
    np.add.at(across, (slice(None), rows), source[:5, :3] if len(source) >= 5 else values[:, :3])
    plugrad.from_numpy(array).index_add_(1, t(rows), t(values[:, :3]))
    np.testing.assert_allclose(array, across, rtol=1e-12)


def test_index_dtypes_and_bounds() -> None:
    for dtype in ("int32", "int64"):
        index = np.array([0, 3], dtype)
        kernels_scatter.check(index, 4)
        for wrong in ([0, 4], [-1, 0], [np.iinfo(dtype).min, 0], [np.iinfo(dtype).max, 0]):
            with pytest.raises(IndexError):
                kernels_scatter.check(np.array(wrong, dtype), 4)
    kernels_scatter.check(np.zeros(0, np.int64), 0)
    with pytest.raises(IndexError):
        kernels_scatter.check(np.int64(2), 2)


def test_warnings_of_a_writing_kernel_do_not_write_twice() -> None:
    """A kernel that warns where warnings are errors must not be run again on what it has changed."""
    x: Any = plugrad.tensor([np.inf, 1.0])
    x.scatter_add_(0, plugrad.tensor([0, 1]), plugrad.tensor([-np.inf, 2.0]))
    assert str(x.tolist()) == "[nan, 3.0]"
    y: Any = plugrad.tensor([3e38, 1.0])
    y.index_add_(0, plugrad.tensor([0, 1]), plugrad.tensor([3e38, 2.0]))
    assert y.tolist() == [np.inf, 3.0]
