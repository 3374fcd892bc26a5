"""The pieces of the host generator: the fused multiply-add, the shuffle, the C library's logarithms."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from plugrad.backends.numpy import random, random_kernels
from plugrad.backends.numpy.random import HostGenerator


@pytest.mark.parametrize(("scale", "shift"), [(0.3, 1.7), (-2.5, 1e-3), (1e-9, 3.0), (1e5, -7.0), (4.0, 0.1)])
def test_multiply_add_rounds_once(scale: float, shift: float) -> None:
    x = HostGenerator(0).normal((500,), "float64")
    exact = [float(Fraction(v) * Fraction(scale) + Fraction(shift)) for v in x.tolist()]
    assert random_kernels.multiply_add(x, scale, shift).tolist() == exact


def test_multiply_add_is_not_multiply_then_add() -> None:
    x = HostGenerator(0).normal((500,), "float64")
    assert (random_kernels.multiply_add(x, 0.3, 1.7) != x * 0.3 + 1.7).any()
    assert random_kernels.multiply_add(0.1, 10.0, -1.0) == 2.0**-54


@pytest.mark.parametrize("n", [2, 3, 50, 400, 401, 5000, 65536, 65537, 70000])
def test_shuffle_is_fisher_and_yates(n: int) -> None:
    words = np.random.RandomState(n).randint(0, 2**32, n - 1, dtype=np.uint32)
    expected = list(range(n))
    for i, word in enumerate(words.tolist()):
        j = i + word % (n - i)
        expected[i], expected[j] = expected[j], expected[i]
    assert random_kernels.shuffle(words).tolist() == expected


@pytest.mark.parametrize("word", [0, 2**32 - 1])
def test_shuffle_of_swaps_that_all_agree(word: int) -> None:
    """One long path: nothing is swapped, or everything goes through few places."""
    n = 3000
    words = np.full(n - 1, word, np.uint32)
    expected = list(range(n))
    for i in range(n - 1):
        j = i + word % (n - i)
        expected[i], expected[j] = expected[j], expected[i]
    assert random_kernels.shuffle(words).tolist() == expected


def test_shuffle_along_the_longest_path() -> None:
    """Each swap is with the next element, so that the first wanders through all places."""
    n = 3000
    assert random_kernels.shuffle(np.ones(n - 1, np.uint32)).tolist() == [*range(1, n), 0]


def test_large_permutations_go_on_with_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "_LARGE_PERMUTATION", 1000)
    generator = HostGenerator(0)
    generator.uniform((10,), "float32")
    drawn = generator.permutation(5000, "int32")
    assert drawn.dtype == np.int32
    assert sorted(drawn.tolist()) == list(range(5000))
    other = HostGenerator(1)
    other.set_state(generator.get_state())
    assert other.uniform((2000,), "float32").tolist() == generator.uniform((2000,), "float32").tolist()


def test_logarithms_are_the_c_librarys() -> None:
    x = HostGenerator(0).uniform((3000,), "float64") + 2.0**-53
    assert random_kernels.log(x).tolist() == [math.log(v) for v in x.tolist()]
    assert random_kernels.log1p(-x).tolist() == [math.log1p(-v) for v in x.tolist()]


# -- randomness --------------------------------------------------------------------------------------------
