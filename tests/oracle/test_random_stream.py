"""The host generator gives PyTorch's numbers, over many seeds, sizes, dtypes and interleaved calls."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from plugrad.backends.numpy.random import HostGenerator

torch = pytest.importorskip("torch")

SEEDS = (0, 1, 42, 1234567, 2**32 - 1, 2**32 + 5, 2**63 - 1, 2**64 - 1, -1, -(2**63))
SIZES = (0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 311, 312, 313, 623, 624, 625, 1000, 32768, 32769, 32784, 70001)
REAL = ("float16", "float32", "float64")
FLOATING = (*REAL, "complex64", "complex128")


def pair(seed: int) -> tuple[HostGenerator, Any]:
    return HostGenerator(seed), torch.Generator().manual_seed(seed)


def assert_same(ours: np.ndarray, theirs: Any) -> None:
    """The same dtype, shape and bits."""
    expected = theirs.numpy()
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    np.testing.assert_array_equal(ours, expected)
    assert ours.tobytes() == expected.tobytes()


def assert_same_state(ours: HostGenerator, theirs: Any) -> None:
    np.testing.assert_array_equal(ours.get_state(), theirs.get_state().numpy())


def mkl_streams() -> bool:
    """Whether PyTorch draws bernoulli(p) and exponential from MKL here, whose stream one word starts."""
    ours, theirs = pair(0)
    torch.empty(8).bernoulli_(0.5, generator=theirs)
    torch.empty(8).exponential_(generator=theirs)
    ours.uniform(32, "float32")
    return not np.array_equal(ours.get_state(), theirs.get_state().numpy())


without_mkl_streams = pytest.mark.skipif(mkl_streams(), reason="PyTorch draws these from MKL on this processor")


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds(seed: int) -> None:
    ours, theirs = pair(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    assert_same_state(ours, theirs)
    assert_same(ours.uniform((5,), "float32"), torch.rand(5, generator=theirs))
    assert_same_state(ours, theirs)


def test_default_seed() -> None:
    assert_same_state(HostGenerator(), torch.Generator())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", FLOATING)
def test_uniform(dtype: str, size: int) -> None:
    ours, theirs = pair(size + 1)
    assert_same(ours.uniform((size,), dtype), torch.rand(size, dtype=getattr(torch, dtype), generator=theirs))
    assert_same_state(ours, theirs)


@pytest.mark.parametrize(
    "bounds",
    [
        (-1.0, 1.0),
        (0.0, 0.3),
        (-0.3, 0.7),
        (2.3, 9.1),
        (0.001, 5.77),
        (-0.0361, 0.0361),
        (1.0, 1.000001),
        (100.0, 100.00005),
        (-100.00005, -100.0),
        (5.0, 5.0),
        (0.0, 1e-07),
        (-1e-09, 1e-09),
        (0.0, 1e-35),
        (0.0, 3.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", REAL)
def test_uniform_scaled(dtype: str, bounds: tuple[float, float]) -> None:
    ours, theirs = pair(11)
    expected = torch.empty(40000, dtype=getattr(torch, dtype)).uniform_(*bounds, generator=theirs)
    assert_same(ours.uniform((40000,), dtype, *bounds), expected)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", FLOATING)
def test_normal(dtype: str, size: int) -> None:
    ours, theirs = pair(size + 2)
    assert_same(ours.normal((size,), dtype), torch.randn(size, dtype=getattr(torch, dtype), generator=theirs))
    assert_same_state(ours, theirs)


def test_normal_float32_over_many_blocks() -> None:
    ours, theirs = pair(3)
    assert_same(ours.normal((1_000_003,), "float32"), torch.randn(1_000_003, generator=theirs))


@pytest.mark.parametrize("size", [1, 2, 7, 15, 16, 17, 40, 5000])
@pytest.mark.parametrize("scaling", [(0.0, 0.3), (1.3, 0.7), (2.0, 1.0), (-1e3, 0.01), (0.5, 0.0)], ids=str)
@pytest.mark.parametrize("dtype", FLOATING)
def test_normal_scaled(dtype: str, scaling: tuple[float, float], size: int) -> None:
    ours, theirs = pair(size + 3)
    for _ in range(3):
        expected = torch.empty(size, dtype=getattr(torch, dtype)).normal_(*scaling, generator=theirs)
        assert_same(ours.normal((size,), dtype, *scaling), expected)
        assert_same_state(ours, theirs)


RANGES = [(0, 1), (0, 2), (0, 10), (-5, 5), (0, 64), (7, 1007), (0, 2**28 - 1), (0, 2**28), (-(2**28), 2**28)]
WIDE = [(0, 2**31), (0, 2**32), (-(2**40), 3), (0, 2**63 - 1), (-(2**63), 2**63 - 1), (5, 2**62 + 7)]


@pytest.mark.parametrize("size", [1, 5, 624, 40001])
@pytest.mark.parametrize("bounds", RANGES + WIDE, ids=str)
def test_integers_int64(bounds: tuple[int, int], size: int) -> None:
    ours, theirs = pair(size + 4)
    assert_same(ours.integers(*bounds, (size,), "int64"), torch.randint(*bounds, (size,), generator=theirs))
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("bounds", [(0, 2), (0, 100), (1, 50)], ids=str)
@pytest.mark.parametrize(
    "dtype",
    [
        "uint8",
        "int8",
        "int16",
        "int32",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "bool",
    ],
)
def test_integers_of_other_dtypes(dtype: str, bounds: tuple[int, int]) -> None:
    if dtype == "bool":
        bounds = (0, 2)
    ours, theirs = pair(5)
    expected = torch.randint(*bounds, (100,), dtype=getattr(torch, dtype), generator=theirs)
    assert_same(ours.integers(*bounds, (100,), dtype), expected)
    assert_same_state(ours, theirs)


def test_integers_of_a_wide_range_in_narrow_dtypes() -> None:
    ours, theirs = pair(6)
    expected = torch.randint(-(2**31), 2**31 - 1, (100,), dtype=torch.int32, generator=theirs)
    assert_same(ours.integers(-(2**31), 2**31 - 1, (100,), "int32"), expected)
    expected = torch.randint(0, 2**40, (100,), dtype=torch.float64, generator=theirs)
    assert_same(ours.integers(0, 2**40, (100,), "float64"), expected)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 399, 400, 401, 402, 1000, 65535, 65536, 65537, 65538, 300_001])
def test_permutation(n: int) -> None:
    ours, theirs = pair(n)
    for _ in range(3):
        assert_same(ours.permutation(n), torch.randperm(n, generator=theirs))
        assert_same_state(ours, theirs)


def test_permutation_over_many_seeds() -> None:
    for seed in range(300):
        ours, theirs = pair(seed)
        assert_same(ours.permutation(401 + seed), torch.randperm(401 + seed, generator=theirs))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64", "float16"])
def test_permutation_of_other_dtypes(dtype: str) -> None:
    ours, theirs = pair(7)
    expected = torch.randperm(200, dtype=getattr(torch, dtype), generator=theirs)
    assert_same(ours.permutation(200, dtype), expected)


@without_mkl_streams
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bool", "uint8", "int64"])
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.1, 0.3, 0.5, 0.999, 1.0])
def test_bernoulli_of_a_number(p: float, dtype: str) -> None:
    ours, theirs = pair(8)
    for size in (1, 7, 1000, 40000):
        expected = torch.empty(size, dtype=getattr(torch, dtype)).bernoulli_(p, generator=theirs)
        assert_same(ours.bernoulli(p, (size,), dtype), expected)
    assert_same_state(ours, theirs)


@without_mkl_streams
def test_dropout_is_bernoulli_of_what_stays() -> None:
    torch.manual_seed(9)
    expected = torch.nn.functional.dropout(torch.ones(1000), 0.3)
    ours = HostGenerator(9).bernoulli(1 - 0.3, (1000,), "float32")
    np.testing.assert_array_equal(ours != 0, expected.numpy() != 0)


@pytest.mark.parametrize("size", [1, 6, 1000, 40000])
@pytest.mark.parametrize("dtype", REAL)
def test_bernoulli_of_an_array(dtype: str, size: int) -> None:
    chances = np.random.RandomState(0).rand(size).astype(dtype)
    chances[0] = 1
    ours, theirs = pair(10)
    expected = torch.bernoulli(torch.from_numpy(chances), generator=theirs)
    assert_same(ours.bernoulli(chances, chances.shape, dtype), expected)
    assert_same_state(ours, theirs)


def test_bernoulli_broadcasts_probabilities() -> None:
    chances = np.array([0.1, 0.5, 0.9], np.float32)
    ours, theirs = pair(12)
    expected = torch.empty(5, 3).bernoulli_(torch.from_numpy(chances), generator=theirs)
    assert_same(ours.bernoulli(chances, (5, 3)), expected)


@without_mkl_streams
@pytest.mark.parametrize("rate", [1.0, 1.7, 0.01, float("inf")])
@pytest.mark.parametrize("dtype", REAL)
def test_exponential(dtype: str, rate: float) -> None:
    ours, theirs = pair(13)
    for size in (1, 5, 40000):
        expected = torch.empty(size, dtype=getattr(torch, dtype)).exponential_(rate, generator=theirs)
        assert_same(ours.exponential((size,), dtype, rate), expected)
    assert_same_state(ours, theirs)


def test_multinomial_with_replacement() -> None:
    source = np.random.RandomState(1)
    for seed, dtype in enumerate(REAL * 4):
        weights = source.rand(*((200,) if seed % 2 else (6, 50))).astype(dtype)
        weights[..., ::7] = 0
        ours, theirs = pair(seed)
        expected = torch.multinomial(torch.from_numpy(weights), 500, True, generator=theirs)
        assert_same(ours.multinomial(weights, 500, True), expected)
        assert_same_state(ours, theirs)


@without_mkl_streams
@pytest.mark.parametrize("n", [1, 2, 5, 30, 50])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_multinomial_without_replacement(dtype: str, n: int) -> None:
    weights = np.random.RandomState(2).rand(6, 50).astype(dtype) + 0.01
    for values in (weights, weights[0]):
        ours, theirs = pair(n)
        expected = torch.multinomial(torch.from_numpy(values), n, generator=theirs)
        assert_same(ours.multinomial(values, n), expected)
        assert_same_state(ours, theirs)


@without_mkl_streams
def test_multinomial_of_one_sample_in_float16() -> None:
    weights = np.random.RandomState(3).rand(20, 30).astype(np.float16)
    ours, theirs = pair(14)
    assert_same(ours.multinomial(weights, 1), torch.multinomial(torch.from_numpy(weights), 1, generator=theirs))


@pytest.mark.parametrize("seed", range(8))
def test_interleaved_calls(seed: int) -> None:
    """Cached normals, words left of a block and states stay in step over any order of calls."""
    choose = random.Random(seed)
    ours, theirs = pair(seed)
    for _ in range(300):
        size = choose.choice([1, 2, 3, 5, 15, 16, 17, 100, 624, 700, 1300])
        dtype = choose.choice(REAL)
        kind = choose.randrange(6)
        if kind == 0:
            drawn = ours.uniform((size,), dtype)
            expected = torch.rand(size, dtype=getattr(torch, dtype), generator=theirs)
        elif kind == 1:
            drawn = ours.normal((size,), dtype)
            expected = torch.randn(size, dtype=getattr(torch, dtype), generator=theirs)
        elif kind == 2:
            drawn = ours.integers(0, 10, (size,), "int64")
            expected = torch.randint(10, (size,), generator=theirs)
        elif kind == 3:
            drawn = ours.permutation(size)
            expected = torch.randperm(size, generator=theirs)
        elif kind == 4:
            drawn = ours.integers(0, 2**40, (size,), "int64")
            expected = torch.randint(2**40, (size,), generator=theirs)
        else:
            state = theirs.get_state()
            if choose.random() < 0.5:
                theirs.set_state(torch.from_numpy(ours.get_state()))
            else:
                ours = HostGenerator(choose.randrange(99))
                ours.set_state(state.numpy())
            continue
        assert_same(drawn, expected)
        assert_same_state(ours, theirs)


def test_normal_of_tensors_is_scaled_afterwards() -> None:
    """``torch.normal(mean, std)`` of tensors: a standard normal, times std, plus mean, each rounded."""
    source = np.random.RandomState(4)
    mean, std = source.rand(100).astype(np.float32), source.rand(100).astype(np.float32)
    ours, theirs = pair(15)
    expected = torch.normal(torch.from_numpy(mean), torch.from_numpy(std), generator=theirs)
    assert_same(ours.normal((100,), "float32") * std + mean, expected)


@pytest.mark.parametrize(
    ("draw", "reference"),
    [
        (lambda g: g.uniform(2, "float32", 2, 1), lambda t: t.empty(2).uniform_(2, 1)),
        (lambda g: g.normal(2, "float32", 0, -1), lambda t: t.empty(2).normal_(0, -1)),
        (lambda g: g.normal(2, "float32", 0, np.nan), lambda t: t.empty(2).normal_(0, np.nan)),
        (lambda g: g.integers(5, 5, 2, "int64"), lambda t: t.randint(5, 5, (2,))),
        (lambda g: g.permutation(-1), lambda t: t.randperm(-1)),
        (lambda g: g.bernoulli(1.2, 2), lambda t: t.empty(2).bernoulli_(1.2)),
        (lambda g: g.bernoulli(np.nan, 2), lambda t: t.empty(2).bernoulli_(np.nan)),
        (lambda g: g.bernoulli(np.array([0.5, 1.2]), 2), lambda t: t.bernoulli(t.tensor([0.5, 1.2]))),
        (lambda g: g.bernoulli(np.array([np.nan]), 1), lambda t: t.bernoulli(t.tensor([np.nan]))),
        (lambda g: g.exponential(2, "float32", 0), lambda t: t.empty(2).exponential_(0)),
        (lambda g: g.exponential(2, "float32", np.nan), lambda t: t.empty(2).exponential_(np.nan)),
        (lambda g: g.multinomial(np.zeros(2), 1), lambda t: t.multinomial(t.zeros(2), 1)),
        (lambda g: g.multinomial(np.zeros(2), 5, True), lambda t: t.multinomial(t.zeros(2), 5, True)),
        (lambda g: g.multinomial(np.ones(2), 3), lambda t: t.multinomial(t.ones(2), 3)),
        (lambda g: g.multinomial(np.ones(2), 0), lambda t: t.multinomial(t.ones(2), 0)),
        (lambda g: g.multinomial(np.ones((2, 2, 2)), 1), lambda t: t.multinomial(t.ones(2, 2, 2), 1)),
        (lambda g: g.multinomial(-np.ones(2), 1), lambda t: t.multinomial(-t.ones(2), 1)),
        (lambda g: g.multinomial(-np.ones(2), 5, True), lambda t: t.multinomial(-t.ones(2), 5, True)),
        (
            lambda g: g.multinomial(np.array([1.0, np.inf]), 5, True),
            lambda t: t.multinomial(t.tensor([1.0, np.inf]), 5, True),
        ),
        (
            lambda g: g.multinomial(np.array([1.0, np.nan]), 1),
            lambda t: t.multinomial(t.tensor([1.0, np.nan]), 1),
        ),
        (lambda g: g.manual_seed(2**64), lambda t: t.Generator().manual_seed(2**64)),
        (
            lambda g: g.set_state(np.zeros(10, np.uint8)),
            lambda t: t.Generator().set_state(t.zeros(10, dtype=t.uint8)),
        ),
        (
            lambda g: g.set_state(np.zeros(5056, np.uint8)),
            lambda t: t.Generator().set_state(t.zeros(5056, dtype=t.uint8)),
        ),
    ],
)
def test_errors_are_pytorchs(draw: Any, reference: Any) -> None:
    generator = HostGenerator(0)
    before = generator.get_state()
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - whatever PyTorch raises is what is expected
        reference(torch)
    with pytest.raises(type(theirs.value)) as ours:
        draw(generator)
    text = str(theirs.value)
    assert str(ours.value).splitlines()[0] == text
    np.testing.assert_array_equal(generator.get_state(), before)


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cauchy", {"median": 1.5, "sigma": 0.3}),
        ("cauchy", {}),
        ("log_normal", {"mean": 0.3, "std": 1.2}),
        ("log_normal", {}),
        ("geometric", {"p": 0.03}),
        ("geometric", {"p": 0.9}),
    ],
)
def test_further_distributions(name: str, options: dict, dtype: str) -> None:
    ours, theirs = pair(21)
    for size in (1, 5, 40000):
        expected = getattr(torch.empty(size, dtype=getattr(torch, dtype)), f"{name}_")(
            *options.values(), generator=theirs
        )
        assert_same(getattr(ours, name)((size,), dtype, **options), expected)
        assert_same_state(ours, theirs)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64"])
def test_geometric_integers(dtype: str) -> None:
    ours, theirs = pair(22)
    expected = torch.empty(500, dtype=getattr(torch, dtype)).geometric_(0.001, generator=theirs)
    if dtype in ("int32", "int64"):  # what an integer can't hold is undefined in C++
        assert_same(ours.geometric((500,), dtype, 0.001), expected)
    else:
        assert_same(
            ours.geometric((500,), dtype, 0.5),
            torch.empty(500, dtype=getattr(torch, dtype)).geometric_(0.5, generator=pair(22)[1]),
        )
    assert expected.shape == (500,)


@pytest.mark.parametrize("rate", [0.0, 1e-3, 0.5, 9.99, 10.0, 37.0, 1e4])
@pytest.mark.parametrize("dtype", REAL)
def test_poisson(rate: float, dtype: str) -> None:
    ours, theirs = pair(23)
    rates = np.full(1000, rate, dtype)
    expected = torch.poisson(torch.from_numpy(rates), generator=theirs)
    assert_same(ours.poisson(rates, rates.shape, dtype), expected)
    assert_same_state(ours, theirs)
