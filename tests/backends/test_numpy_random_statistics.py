"""The host generator: how random the numbers are. That they are PyTorch's is test_numpy_random.py's part."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from plugrad.backends.numpy.random import HostGenerator


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_is_uniform(dtype: str) -> None:
    values = HostGenerator(20).uniform((200_000,), dtype).astype(np.float64)
    assert values.min() >= 0
    assert values.max() < 1
    # The mean of 200000 has a deviation of 0.00065; a bin of 50, one of 63.
    assert abs(values.mean() - 0.5) < 0.003
    assert np.abs(np.histogram(values, 50, (0, 1))[0] - 4000).max() < 300
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.01


@pytest.mark.parametrize("bounds", [(1.0, 1.000001), (100.0, 100.00005), (-0.3, 0.7)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_never_reaches_the_upper_bound(dtype: str, bounds: tuple[float, float]) -> None:
    values = HostGenerator(21).uniform((20_000,), dtype, *bounds)
    low, high = np.array(bounds, dtype)
    assert (values >= low).all()
    assert (values < high).all() or low == high


@pytest.mark.parametrize("size", [1, 15, 200_003])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_normal_is_normal(dtype: str, size: int) -> None:
    generator = HostGenerator(22)
    draws = [generator.normal((size,), dtype) for _ in range(max(1, 60_000 // size))]
    values = np.concatenate(draws).astype(np.float64)
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02
    assert abs((values**3).mean()) < 0.06
    assert abs((values**4).mean() - 3) < 0.2
    assert abs((np.abs(values) < 1).mean() - 0.6827) < 0.01


def test_complex_normal_has_variance_one() -> None:
    values = HostGenerator(23).normal((100_000,), "complex64")
    assert abs(np.abs(values).astype(np.float64) ** 2).mean() == pytest.approx(1, abs=0.02)
    assert values.real.var(dtype=np.float64) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("bounds", [(-3, 4), (0, 8), (10, 11)])
def test_integers_are_uniform(bounds: tuple[int, int]) -> None:
    values = HostGenerator(24).integers(*bounds, (70_000,), "int16")
    counts = np.bincount(values.astype(np.int64) - bounds[0])
    width = bounds[1] - bounds[0]
    assert len(counts) == width
    assert np.abs(counts - 70_000 / width).max() < 600


def test_integers_fill_64_bits() -> None:
    values = HostGenerator(25).integers(-(2**63), 2**63, (10_000,), "int64")
    assert values.min() < -(2**62)
    assert values.max() > 2**62
    unsigned = HostGenerator(25).integers(0, 2**64, (10_000,), "uint64")
    assert unsigned.max() > 2**63
    assert abs(np.unpackbits(unsigned.view(np.uint8)).mean() - 0.5) < 0.01


def test_permutations_are_equally_likely() -> None:
    generator = HostGenerator(26)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        order = tuple(generator.permutation(4).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24
    assert all(170 < count < 330 for count in counts.values())


@pytest.mark.parametrize("n", [401, 70_000])
def test_large_permutations_mix(n: int) -> None:
    values = HostGenerator(27).permutation(n)
    assert np.array_equal(np.sort(values), np.arange(n))
    assert abs(np.corrcoef(values, np.arange(n))[0, 1]) < 4 / math.sqrt(n)


@pytest.mark.parametrize("p", [0.0, 0.01, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("kind", [float, np.float32, np.float64])
def test_bernoulli_frequency(kind: Any, p: float) -> None:
    values = HostGenerator(28).bernoulli(kind(p), (100_000,), "bool")
    assert abs(values.mean() - p) <= 5 * math.sqrt(p * (1 - p) / 100_000)


def test_exponential_mean_and_tail() -> None:
    values = HostGenerator(29).exponential((200_000,), "float32", 2.0).astype(np.float64)
    assert values.min() >= 0
    assert abs(values.mean() - 0.5) < 0.006
    assert abs((values > 1).mean() - math.exp(-2)) < 0.004


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_multinomial_frequencies(dtype: str) -> None:
    weights = np.array([1, 0, 3, 4, 2], dtype)
    expected = weights.astype(np.float64) / 10
    generator = HostGenerator(30)
    drawn = generator.multinomial(weights, 50_000, True)
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / 50_000, expected, atol=0.01)
    single = generator.multinomial(np.tile(weights, (50_000, 1)), 1)[:, 0]
    np.testing.assert_allclose(np.bincount(single, minlength=5) / 50_000, expected, atol=0.01)


def test_multinomial_never_takes_a_weight_of_zero_in_float16() -> None:
    """A float16 exponential can be zero, and 0 / 0 is a NaN, which a plain argmax would choose."""

    class AllZero(HostGenerator):
        def exponential(self, shape: Any, dtype_name: str, lambd: float = 1.0) -> np.ndarray:
            return np.zeros(shape, dtype_name)

    weights = np.array([[0, 1, 0], [0, 0, 2]], np.float16)
    assert AllZero(0).multinomial(weights, 1).tolist() == [[1], [2]]


@pytest.mark.parametrize(("categories", "n"), [(5, 4), (300, 3)])
def test_multinomial_without_replacement_repeats_nothing(categories: int, n: int) -> None:
    weights = np.ones((2000, categories), np.float32)
    weights[:, 0] = 0
    drawn = HostGenerator(31).multinomial(weights, n)
    assert drawn.shape == (2000, n)
    assert (drawn > 0).all()
    assert all(len(set(row)) == n for row in drawn.tolist())
    counts = np.bincount(drawn[:, 0], minlength=categories)[1:]
    assert np.abs(counts - 2000 / (categories - 1)).max() < 6 * math.sqrt(2000 / (categories - 1)) + 1
