"""Dropout by a seed."""

import numpy as np
import pytest

import plugrad
from plugrad.backends.cupy import launch
from plugrad.backends.cupy.kernels_dropout import KERNELS
from plugrad.core.ops.dropout import philox

from .compare import DTYPES, PLAIN, draw, expected, same, took

dropout = KERNELS["dropout_by_seed"]


# The authors' own known answers, https://github.com/DEShawResearch/random123/blob/main/tests/kat_vectors, as far as
# the last two words of the counter are 0; here the key is 0 and the counter too.
def test_the_generator_gives_its_authors_words(emulated):
    wanted = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    words = emulated.empty((4,), np.uint32)
    launch.function("random_words", 4)((1,), (256,), (words, np.uint64(0), np.uint64(0), np.int64(4)))
    assert words.tolist() == wanted
    assert [int(w[0]) for w in philox(PLAIN, np.zeros(1, np.int64), 0)] == wanted


@pytest.mark.parametrize("seed", [0, 1, 0x9E3779B97F4A7C15, 2**64 - 1])
@pytest.mark.parametrize("offset", [0, 5, 2**32 - 3, 2**40])
def test_definition_and_kernel_draw_the_same_words(emulated, seed, offset):
    words = emulated.empty((1003,), np.uint32)
    launch.function("random_words", 4)((2,), (256,), (words, np.uint64(seed), np.uint64(offset), np.int64(1003)))
    counter = np.arange(offset, offset + 251, dtype=np.int64)
    wanted = np.stack(philox(PLAIN, counter, seed), axis=1).reshape(-1)[:1003]
    assert np.array_equal(words, wanted)
    took()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (3,), (4,), (5, 7), (2, 3, 1000), ()])
@pytest.mark.parametrize("p", [0.1, 0.5, 1.0, 0.0])
def test_values(emulated, shape, p, dtype):
    x = draw(emulated, shape, dtype, 1)
    y = dropout(x, p=p, seed=12345)
    same(y, expected("dropout_by_seed", x, p=p, seed=12345), dtype)
    assert took("dropout")


def test_strides_and_unaligned_memory(emulated):
    for x in (draw(emulated, (6, 7), "float32").T, draw(emulated, (101,), "float16")[1:]):
        same(dropout(x, p=0.5, seed=3), expected("dropout_by_seed", x, p=0.5, seed=3), x.dtype.name)
    assert took("dropout", "dropout")


def test_nan_and_infinity_stay(emulated):
    x = emulated.array(np.full(64, np.nan, np.float32))
    assert np.isnan(dropout(x, p=0.5, seed=1)).all()
    x[:] = np.inf
    y = dropout(x, p=0.5, seed=1)
    assert 0 < np.isnan(y).sum() < 64


def test_so_many_are_kept(emulated):
    y = dropout(emulated.array(np.ones(100_000, np.float32)), p=0.3, seed=99)
    # Four standard deviations of a binomial distribution.
    assert abs((y != 0).mean() - 0.7) < 4 * (0.3 * 0.7 / 100_000) ** 0.5
    assert set(y.tolist()) == {0.0, float(np.float32(1 / 0.7))}


def test_what_goes_to_the_definition(emulated):
    assert dropout(draw(emulated, (0, 3), "float32"), p=0.5, seed=1).shape == (0, 3)
    assert dropout(draw(emulated, (3,), "complex64"), p=0.0, seed=1).dtype == np.complex64
    assert took()


def test_the_op_is_its_own_derivative():
    x = plugrad.ones(50, dtype=plugrad.float64, requires_grad=True)
    y = plugrad.core.ops.dropout_by_seed(x, p=0.4, seed=8)
    (g,) = plugrad.autograd.grad(y.sum(), x)
    assert plugrad.equal(g, y.detach())
    assert 0 < int((g == 0).sum()) < 50
