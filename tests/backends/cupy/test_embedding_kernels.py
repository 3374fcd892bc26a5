"""The gradient of embedding."""

import itertools

import numpy as np
import pytest

import plugrad
from plugrad.backends.cupy import faults
from plugrad.backends.cupy.kernels_embedding import KERNELS, add_rows

from .compare import DTYPES, draw, expected, same, took

backward = KERNELS["embedding_backward"]


@pytest.fixture(params=[False, True], ids=["atomics", "sorted"])
def deterministic(request):
    plugrad.use_deterministic_algorithms(request.param)
    yield request.param
    plugrad.use_deterministic_algorithms(False)


def indices(library, shape, rows, seed=0):
    return library.array(np.random.default_rng(seed).integers(0, rows, shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n", "rows"), [(1, 3), (5, 3), (31, 4), (32, 4), (33, 4), (64, 1), (65, 2), (200, 7), (500, 300)]
)
@pytest.mark.parametrize("width", [1, 5, 70])
def test_sizes(emulated, deterministic, n, rows, width, dtype):
    grad, index = draw(emulated, (n, width), dtype, n), indices(emulated, n, rows, width)
    options = {"rows": rows, "padding_idx": None, "scale_grad_by_freq": False}
    found = backward(grad, index, **options)
    same(found, expected("embedding_backward", grad, index, **options), dtype, factor=2, scale=(n / rows) ** 0.5 + 1)
    join = ["embedding_join"] if n > 32 else []
    assert took(*(["embedding_sum", *join] if deterministic else ["embedding_add"]))
    faults.raise_if_any()


@pytest.mark.parametrize(("padding", "by_frequency"), list(itertools.product((None, 0, 2), (False, True))))
@pytest.mark.parametrize("shape", [(3, 4), (2, 50), (150,), ()])
def test_options(emulated, deterministic, shape, padding, by_frequency):
    grad, index = draw(emulated, (*shape, 6), "float32", 1), indices(emulated, shape, 4, 2)
    options = {"rows": 5, "padding_idx": padding, "scale_grad_by_freq": by_frequency}
    found = backward(grad, index, **options)
    same(found, expected("embedding_backward", grad, index, **options), "float32", factor=2, scale=5)
    assert not took()


def test_runs_that_end_and_begin_at_the_bounds_of_parts(emulated):
    # Each list: how often each row comes, in order; a warp adds up 32.
    plugrad.use_deterministic_algorithms(True)
    try:
        for counts in (
            [32, 32],
            [31, 1, 32],
            [33, 31],
            [1, 63, 1],
            [96],
            [16, 48, 32, 1],
            [5, 91, 32],
            [64, 64, 64],
            [40, 100, 3],
        ):
            index = np.repeat(np.arange(len(counts)), counts)
            order = np.random.default_rng(0).permutation(index.size)
            grad, index = draw(emulated, (index.size, 3), "float64"), emulated.array(index[order])
            for by_frequency in (False, True):
                options = {"rows": len(counts), "padding_idx": None, "scale_grad_by_freq": by_frequency}
                found = backward(grad, index, **options)
                same(found, expected("embedding_backward", grad, index, **options), "float64", factor=10)
    finally:
        plugrad.use_deterministic_algorithms(False)


@pytest.mark.parametrize("wrong", [-1, 5, 1 << 33])
@pytest.mark.parametrize("n", [6, 90])
def test_an_index_out_of_range_sets_the_flag_and_spoils_no_other_row(emulated, deterministic, n, wrong):
    grad, index = draw(emulated, (n, 3), "float32"), indices(emulated, n, 5)
    index[n // 2] = wrong
    options = {"rows": 5, "padding_idx": None, "scale_grad_by_freq": False}
    found = backward(grad, index, **options)
    kept = [i for i in range(n) if i != n // 2]
    same(found, expected("embedding_backward", grad[kept], index[kept], **options), "float32", factor=2, scale=5)
    with pytest.raises(IndexError, match="an index of embedding is out of range"):
        faults.raise_if_any()


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_narrow_indices_and_strides(emulated, deterministic, dtype):
    grad = draw(emulated, (7, 40), "float32").T
    index = emulated.array(np.random.default_rng(3).integers(0, 9, (2, 40)).astype(dtype)).T[:, 1]
    options = {"rows": 9, "padding_idx": 3, "scale_grad_by_freq": False}
    same(backward(grad, index, **options), expected("embedding_backward", grad, index, **options), "float32", factor=2)


def test_a_sorted_sum_is_the_same_in_every_order_of_threads(emulated):
    # The stand-in compares both orders of all kernels but the one with atomics.
    grad, index = draw(emulated, (300, 33), "float32"), indices(emulated, 300, 3)
    plugrad.use_deterministic_algorithms(True)
    try:
        one, other = (add_rows(grad, index, 3) for _ in range(2))
    finally:
        plugrad.use_deterministic_algorithms(False)
    assert one.tobytes() == other.tobytes()


def test_what_goes_to_the_definition(emulated):
    options = {"rows": 5, "padding_idx": None, "scale_grad_by_freq": False}
    assert backward(draw(emulated, (0, 3), "float32"), indices(emulated, 0, 5), **options).shape == (5, 3)
    assert took()
