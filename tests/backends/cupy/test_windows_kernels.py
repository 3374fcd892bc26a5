"""Windows gathered into columns and added back, and pooling."""

import itertools

import numpy as np
import pytest

import plugrad
from plugrad.backends.cupy import faults, kernels_pooling, kernels_windows, launch
from plugrad.core.ops.pooling import pooled_shape

from .compare import DTYPES, draw, expected, same, took

KERNELS = {**kernels_windows.KERNELS, **kernels_pooling.KERNELS}


def windows(size, stride=None, padding=None, dilation=None):
    ones = (1,) * len(size)
    return {
        "size": size,
        "stride": stride or ones,
        "padding": padding or (0,) * len(size),
        "dilation": dilation or ones,
    }


#: Shapes of inputs, and windows that fit: overlapping, apart, with gaps, wider than padding, along 1 to 3 axes.
WINDOWS = [
    ((2, 3, 7), windows((3,), (2,), (1,))),
    ((1, 2, 9), windows((2,), (3,), (0,), (4,))),
    ((2, 3, 6, 7), windows((3, 3), (1, 1), (1, 1))),
    ((2, 1, 8, 9), windows((2, 3), (2, 3))),
    ((1, 2, 9, 5), windows((3, 2), (2, 1), (1, 0), (2, 3))),
    ((1, 1, 4, 4), windows((1, 1))),
    ((1, 1, 5, 6), windows((2, 2), (3, 4), (1, 1))),
    ((2, 2, 4, 5, 6), windows((2, 3, 2), (1, 2, 2), (1, 0, 1), (2, 1, 1))),
    ((1, 3, 40, 33), windows((5, 4), (2, 2), (2, 1))),
]


@pytest.fixture(params=["int32", "int64"])
def any_index(request, monkeypatch):
    """Kernels that count in 32 bits, and those that large arrays take."""
    monkeypatch.setattr(kernels_windows, "_LIMIT", 1 if request.param == "int64" else 1 << 30)
    return request.param


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "options"), WINDOWS)
def test_columns_and_back(emulated, any_index, shape, options, dtype):
    x = draw(emulated, shape, dtype, 1)
    columns = KERNELS["im2col"](x, **options)
    wanted = expected("im2col", x, **options)
    same(columns, wanted, dtype)
    # Copies are exact.
    assert np.array_equal(columns.astype("f8"), wanted)
    assert took("im2col")
    grad = draw(emulated, columns.shape, dtype, 2)
    back = KERNELS["col2im"](grad, shape=shape[2:], **options)
    same(back, expected("col2im", grad, shape=shape[2:], **options), dtype, factor=2)
    assert took("col2im")


def test_strides(emulated):
    options = windows((2, 3), (1, 2), (1, 1))
    x = draw(emulated, (5, 6, 3, 2), "float32").T
    columns = KERNELS["im2col"](x, **options)
    same(columns, expected("im2col", x, **options), "float32")
    turned = emulated.array(columns.transpose(2, 1, 0)).T
    same(
        KERNELS["col2im"](turned, shape=(6, 5), **options),
        expected("col2im", turned, shape=(6, 5), **options),
        "float32",
    )
    assert took("im2col", "col2im")


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "options"), WINDOWS)
def test_the_largest(emulated, any_index, shape, options, dtype, ceil_mode):
    if any(2 * p > k for p, k in zip(options["padding"], options["size"], strict=True)):
        pytest.skip("padding is at most half of a window")
    x = draw(emulated, shape, dtype, 3)
    y, index = KERNELS["max_pool"](x, **options, ceil_mode=ceil_mode)
    right, right_index = expected("max_pool", x, **options, ceil_mode=ceil_mode)
    same(y, right, dtype)
    assert index.dtype == np.int64
    assert np.array_equal(index, right_index)
    assert took("max_pool")
    grad = draw(emulated, y.shape, dtype, 4)
    given = (options["size"], options["stride"], options["padding"], options["dilation"])
    wanted = expected("max_pool_backward", grad, index, shape=shape[2:], apart=False)
    found = KERNELS["max_pool_backward"](grad, index, shape=shape[2:], apart=False, windows=given)
    same(found, wanted, dtype, factor=2)
    assert took("max_pool_backward")
    found = KERNELS["max_pool_backward"](grad, index, shape=shape[2:], apart=False)
    same(found, wanted, dtype, factor=2)
    assert took("unpool_add")


@pytest.mark.parametrize("dtype", DTYPES)
def test_largest_put_back_where_they_are_apart(emulated, dtype):
    options = windows((2, 2), (2, 2))
    x = draw(emulated, (2, 3, 6, 8), dtype)
    y, index = KERNELS["max_pool"](x, **options, ceil_mode=False)
    took()
    found = KERNELS["max_pool_backward"](y, index, shape=(6, 8), apart=True)
    same(found, expected("max_pool_backward", y, index, shape=(6, 8), apart=True), dtype)
    assert took("unpool")


@pytest.mark.parametrize("dtype", DTYPES)
def test_deterministic_sums_where_the_windows_are_not_known(emulated, dtype):
    grad = draw(emulated, (3, 2, 5, 7), dtype)
    index = emulated.array(np.random.default_rng(0).integers(0, 6, grad.shape))
    plugrad.use_deterministic_algorithms(True)
    try:
        found = KERNELS["max_pool_backward"](grad, index, shape=(2, 4), apart=False)
    finally:
        plugrad.use_deterministic_algorithms(False)
    same(found, expected("max_pool_backward", grad, index, shape=(2, 4), apart=False), dtype, factor=4)
    assert took("check_range", "embedding_sum", "embedding_join")
    faults.raise_if_any()


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("wrong", [-1, 8])
def test_an_index_out_of_bounds_sets_the_flag(emulated, apart, wrong):
    grad = draw(emulated, (1, 2, 3), "float32")
    index = emulated.array(np.array([[[0, 1, 2], [3, wrong, 5]]]))
    found = KERNELS["max_pool_backward"](grad, index, shape=(8,), apart=apart)
    assert np.count_nonzero(found) == 5
    with pytest.raises(IndexError, match="index is out of bounds"):
        faults.raise_if_any()


def test_ties_nans_and_infinities(emulated):
    x = emulated.array(np.random.default_rng(1).choice([1.0, 2.0, np.nan, -np.inf, np.inf], (4, 3, 6, 7)).astype("f4"))
    x[0, 0] = -np.inf
    for options in (windows((3, 3), (1, 1), (1, 1)), windows((2, 3), (2, 3))):
        y, index = KERNELS["max_pool"](x, **options, ceil_mode=False)
        right, right_index = expected("max_pool", x, **options, ceil_mode=False)
        same(y, right, "float32")
        assert np.array_equal(index, right_index)


@pytest.mark.parametrize(
    ("ceil_mode", "include", "divisor"), list(itertools.product((False, True), (False, True), (None, 3, -2)))
)
@pytest.mark.parametrize(("shape", "options"), [w for w in WINDOWS if set(w[1]["dilation"]) == {1}])
def test_means(emulated, any_index, shape, options, ceil_mode, include, divisor):
    if any(2 * p > k for p, k in zip(options["padding"], options["size"], strict=True)):
        pytest.skip("padding is at most half of a window")
    rest = {"ceil_mode": ceil_mode, "count_include_pad": include, "divisor_override": divisor}
    options = {n: v for n, v in options.items() if n != "dilation"} | rest
    x = draw(emulated, shape, "float32", 5)
    y = KERNELS["avg_pool"](x, **options)
    same(y, expected("avg_pool", x, **options), "float32")
    assert took("avg_pool")
    grad = draw(emulated, y.shape, "float32", 6)
    found = KERNELS["avg_pool_backward"](grad, shape=shape[2:], **options)
    same(found, expected("avg_pool_backward", grad, shape=shape[2:], **options), "float32", factor=2)
    assert took("avg_pool_backward")


@pytest.mark.parametrize("dtype", DTYPES)
def test_means_of_every_dtype(emulated, dtype):
    options = {"size": (2, 3), "stride": (2, 2), "padding": (1, 1), "ceil_mode": True, "count_include_pad": False}
    options["divisor_override"] = None
    x = draw(emulated, (2, 2, 5, 6), dtype)
    y = KERNELS["avg_pool"](x, **options)
    same(y, expected("avg_pool", x, **options), dtype)
    same(
        KERNELS["avg_pool_backward"](y, shape=(5, 6), **options),
        expected("avg_pool_backward", y, shape=(5, 6), **options), dtype, factor=2,
    )  # fmt: skip


def test_what_goes_to_the_definition(emulated):
    square = windows((2, 2), (2, 2))
    for x in (draw(emulated, (0, 2, 4, 4), "float32"), emulated.array(np.arange(32).reshape(1, 2, 4, 4))):
        y, index = KERNELS["max_pool"](x, **square, ceil_mode=False)
        assert y.shape == (
            x.shape[0],
            2,
            *pooled_shape((4, 4), *[square[n] for n in ("size", "stride", "padding", "dilation")], False),
        )
        assert KERNELS["max_pool_backward"](y, index, shape=(4, 4), apart=True).shape == x.shape
        assert KERNELS["col2im"](KERNELS["im2col"](x, **square), shape=(4, 4), **square).shape == x.shape
    four = windows((1, 1, 1, 1))
    x = draw(emulated, (1, 1, 2, 2, 2, 2), "float32")
    assert KERNELS["im2col"](x, **four).shape == (1, 1, 16)
    options = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
    square.pop("dilation")
    y = KERNELS["avg_pool"](draw(emulated, (0, 2, 4, 4), "float32"), **square, **options)
    assert KERNELS["avg_pool_backward"](y, shape=(4, 4), **square, **options).shape == (0, 2, 4, 4)
    assert took()


def test_positions_take_64_bits_where_they_must():
    assert kernels_windows.index_type(5, (1 << 30) - 1) == np.int32
    assert kernels_windows.index_type(5, 1 << 30) == np.int64
    # A stride of the grid beyond the last position must not overflow.
    assert (1 << 30) + launch.MOST_BLOCKS * launch.BLOCK < 1 << 31
