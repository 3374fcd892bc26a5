"""The host generator: PyTorch 2.13's numbers as literals, and its state.

The literals were printed by PyTorch 2.13.0 on x86-64; tests/oracle compares with a live PyTorch.
"""

from __future__ import annotations

import copy
import functools
import math
import operator
import pickle
import threading
import zlib
from typing import Any

import numpy as np
import pytest

from plugrad.backends.numpy.random import HostGenerator

SIZES = (1, 2, 15, 16, 17, 31, 1000)


def checksum(array: np.ndarray) -> str:
    little_endian = array.astype(array.dtype.newbyteorder("<"))
    return f"{zlib.crc32(little_endian.tobytes()):08x}"


# -- values ------------------------------------------------------------------------------------------------

WEIGHTS = np.array([1, 2, 3, 4], np.float32)

VALUES: list[tuple[Any, Any]] = [
    (
        lambda g: g.uniform((4,), "float32"),
        [0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688],
    ),
    (lambda g: g.uniform((2,), "float64"), [0.9700530018065531, 0.707819864399788]),
    (lambda g: g.uniform((3,), "float16"), [0.496337890625, 0.76806640625, 0.0885009765625]),
    (
        lambda g: g.uniform((2,), "complex64"),
        [0.49625658988952637 + 0.7682217955589294j, 0.08847743272781372 + 0.13203048706054688j],
    ),
    (
        lambda g: g.uniform((3,), "float32", -0.5, 0.25),
        [-0.12780755758285522, 0.07616634666919708, -0.4336419105529785],
    ),
    (
        lambda g: g.normal((4,), "float32"),
        [1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991],
    ),
    (
        lambda g: g.normal((16,), "float32")[:4],
        [-1.1258398294448853, -1.152360200881958, -0.2505785822868347, -0.4338788092136383],
    ),
    (
        lambda g: g.normal((3,), "float32", 1.5, 0.25),
        [1.8852490186691284, 1.4266427755355835, 0.9553026556968689],
    ),
    (
        lambda g: g.normal((2,), "complex64"),
        [1.0896488428115845 - 0.20748557150363922j, -1.5406367778778076 + 0.40194159746170044j],
    ),
    (lambda g: g.integers(0, 10, (8,), "int64"), [4, 9, 3, 0, 3, 9, 7, 3]),
    (lambda g: g.integers(0, 2**40, (3,), "int64"), [741280623151, 506137267392, 291447657211]),
    (lambda g: g.permutation(10), [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]),
    (lambda g: g.bernoulli(0.3, (10,)), [0, 0, 0, 0, 0, 0, 1, 0, 0, 1]),
    (lambda g: g.bernoulli(np.array([0.1, 0.5, 0.9, 0.5, 0.4], np.float32), (5,)), [0, 0, 1, 1, 1]),
    (
        lambda g: g.exponential((3,), "float32", 2.0),
        [1.754163146018982, 0.6151923537254333, 0.3075220584869385],
    ),
    (lambda g: g.multinomial(WEIGHTS, 4), [2, 1, 3, 0]),
    (lambda g: g.multinomial(WEIGHTS, 6, True), [3, 3, 2, 3, 3, 3]),
    (lambda g: g.multinomial(np.stack([WEIGHTS, [0, 1, 0, 0]]).astype(np.float32), 1), [[2], [1]]),
]


@pytest.mark.parametrize(("draw", "expected"), VALUES)
def test_first_values_of_seed_0(draw: Any, expected: Any) -> None:
    assert draw(HostGenerator(0)).tolist() == expected


def test_uniform_then_normal_of_seed_0() -> None:
    generator = HostGenerator(0)
    assert generator.uniform((2,), "float32").tolist() == [0.49625658988952637, 0.7682217955589294]
    assert generator.normal((2,), "float32").tolist() == [-0.29050925374031067, -1.0703703165054321]


# Checksums of the bytes for each of SIZES.
CHECKSUMS = [
    ("uniform float32", 0, "7e4e4852 e9433a1f 85e3a51c f0d56b3c 3be21ca5 ac1f2cfa 838af051"),
    ("uniform float32", 42, "711acc4c f51cd56b 4998666f 88bbaeb3 016bea92 1fcc5eb2 d553abf7"),
    ("uniform float32", 2**40 + 7, "ff3702aa c0b367f9 6b70aed5 8a3041d6 2c5804ae 9074f5b4 194f1b2c"),
    ("uniform float32", -1, "3e46e01d f866a87a 82287d87 d78d5dd7 9eba044e 312b7a98 02842127"),
    ("uniform float64", 0, "2a5a6564 f55156b6 064c0973 4efba33c b15dd053 65883aa6 2f634f8c"),
    ("uniform float64", 42, "3049434e 7549e1dd a5b99ebf 4ff0d55f 63d960d0 6f09f165 2d1aedd0"),
    ("uniform float64", 2**40 + 7, "45a558dd 5ed238b0 e44157fc cf09f8bc 75a15f0f 0cc1df4a 09a25413"),
    ("uniform float64", -1, "a7f0bc5f c7dead21 30e8e4e7 ce7b9dc9 1d83ee1f 23c70b96 b696716e"),
    ("uniform float16", 0, "f4c3670c 1045549e 9c621bfd 8172e33b 175b3920 e9ed66e1 e0d642b8"),
    ("uniform float16", 42, "774ae714 689f13c9 ca6dfb44 36b9354e ff2e8dde c0a4a1df d297f12b"),
    ("uniform float16", 2**40 + 7, "517b6f6c 925e697f 727865a2 7d793856 3ae8214f f2337beb 4a4d819c"),
    ("uniform float16", -1, "cf4349a5 f6dc3c22 c961f39d 40cea6ef 5221ae5c 4766a926 edeec8df"),
    ("normal float32", 0, "8f43c39d b66aec4a e6f537f6 8901a57a a09a670f e7de0936 c9069c66"),
    ("normal float32", 42, "0470402a be0a7b6a 89934f56 87eded5d c874d7f9 1cc7ebe0 886a152e"),
    ("normal float32", 2**40 + 7, "9826870c 5823604a d688a8cd 375eb9de 4eab5b69 8fcd10a8 28adb5bb"),
    ("normal float32", -1, "297b2bca fd17994b e6236b59 4644117f 12206b10 ad5b7299 6b55b3f7"),
    ("normal float16", 0, "efd3c37c dac1e373 64c5c7d9 806e36d4 680ba5ae bb75e7f3 dbbeca7e"),
    ("normal float16", 42, "59baeeb8 c1f49eb8 ca424854 1194c102 3f9c1135 f663d85e 08c06b0a"),
    ("normal float16", 2**40 + 7, "45505c08 2747be45 afc443a7 e14a28b3 de3808c2 ca6a1036 fb58264e"),
    ("normal float16", -1, "29d3acd5 4a625483 d67b1d43 3c78197e f6bca476 4d3f5c4b 17eba2c2"),
    ("integers", 0, "6522df69 a8dd4b20 bcccec35 d95172c1 a9cb98c5 f4e5b320 6a149c2c"),
    ("integers", 42, "2707d814 23fb6052 de1f3214 a0052c32 c2ddd8c0 a087f05e aebcb1a9"),
    ("integers", 2**40 + 7, "ebadd88a da3ce48c 7584c216 b42d5eec 4f27de24 1d84cde3 391df83d"),
    ("integers", -1, "a34dd6ee 31a52552 19cd25d3 f8534e50 9e8e4d2a f952a3ad 9e57878f"),
    ("wide integers", 0, "484d22ac 43280f48 bb791e2a 196bf44f fb7a0ec0 03eff2ef 900e7323"),
    ("wide integers", 42, "c3b8834e aae81eb6 05668640 9f323e11 70c45ebd 34056c97 f43205fb"),
    ("wide integers", 2**40 + 7, "db0a1b72 0f3ce0f1 53296d6e f4690b48 23edc796 1e1912f0 aae60396"),
    ("wide integers", -1, "966dbfaf 651ff109 38e52e0d 874cd4b6 aaa7cf68 c9a4eed8 86384ccf"),
    ("permutation", 0, "6522df69 20114bcb 827a62f5 86b98ee7 af834849 99f6ddae 458fa90f"),
    ("permutation", 42, "6522df69 20114bcb c2198a87 6f61c2b6 822c38cb f2ea4123 1a5344c0"),
    ("permutation", 2**40 + 7, "6522df69 42d3dac4 55ad8b78 5ec5bb67 1cc3b479 60fd4fbb 60b6e6f8"),
    ("permutation", -1, "6522df69 42d3dac4 342f2de5 c7daf7a1 cdef507a 4a72b0d9 74f88c71"),
    ("bernoulli of a number", 0, "2144df1c 6522df69 d3691deb 9f217a86 5c3f404b 5d57d631 16db3050"),
    ("bernoulli of a number", 42, "aca16a6a d5065190 70302947 9f588538 6c123ac6 3d4c81e6 720c1da6"),
    ("bernoulli of a number", 2**40 + 7, "aca16a6a d5065190 e015d44a c8d2fec5 74d9c79b c722c412 aaa1cee7"),
    ("bernoulli of a number", -1, "2144df1c 6522df69 db16fa91 91721150 6daca15f 13f2f799 53daf35d"),
    ("exponential", 0, "3164cf11 85b55a9c 5a04c0b0 15921e46 7c10501f 943cfbe4 caf8cca3"),
    ("exponential", 42, "73ed2cf9 b7d6ac65 75b2670c d3c2475e 7c411b8b 93b6f1d8 ea6cec42"),
    ("exponential", 2**40 + 7, "bca3a0f5 b298abac 6b17e93a 414dec1d f28137f8 77695a23 519182fa"),
    ("exponential", -1, "55eb0db5 1f018791 e32977f5 09d841fb 30f7791f 0297fefb 0d6c4d70"),
    ("bernoulli of an array", 0, "2144df1c 6522df69 1beb2e4c f5bab0b8 ef2107d8 7e3f6b1f 179b17ee"),
    ("bernoulli of an array", 42, "2144df1c 6522df69 7013ca13 ce3a0455 83ebb99e fb9d4386 d095ff6f"),
    ("bernoulli of an array", 2**40 + 7, "2144df1c e8c76a1f 418f0bca 8921cb1d 06360798 b84b1220 f1bc5782"),
    ("bernoulli of an array", -1, "2144df1c 6522df69 2ddbdf5a a9d7b700 80267f1d a0a97bed 2fa1dd18"),
    ("multinomial", 0, "a34dd6ee f7ca2cd5 b79d772f ebee9e55 3013ad6c 9888bf20 a93c387c"),
    ("multinomial", 42, "ebadd88a 8e79da5a 98cd2d72 21dd7e07 4d1b74dd 5d9dd217 634588cf"),
    ("multinomial", 2**40 + 7, "a34dd6ee 4bfcf844 025c61e0 0cd02f32 4cf13332 784fa6ae a53bde63"),
    ("multinomial", -1, "2dc2d10d f7ca2cd5 ec644f2d 45dccd0f 6aa83f00 8e49ab57 1aea047d"),
]

DRAWS: dict[str, Any] = {
    "uniform float32": lambda g, n: g.uniform((n,), "float32"),
    "uniform float64": lambda g, n: g.uniform((n,), "float64"),
    "uniform float16": lambda g, n: g.uniform((n,), "float16"),
    "normal float32": lambda g, n: g.normal((n,), "float32"),
    "normal float16": lambda g, n: g.normal((n,), "float16"),
    "integers": lambda g, n: g.integers(-3, 10, (n,), "int64"),
    "wide integers": lambda g, n: g.integers(0, 2**40, (n,), "int64"),
    "permutation": lambda g, n: g.permutation(n),
    "bernoulli of a number": lambda g, n: g.bernoulli(0.3, (n,)),
    "bernoulli of an array": lambda g, n: g.bernoulli(np.full(n, 0.3, np.float32), (n,)),
    "exponential": lambda g, n: g.exponential((n,), "float32"),
    "multinomial": lambda g, n: g.multinomial(np.arange(1, 8, dtype=np.float32), n, True),
}


@pytest.mark.parametrize(("name", "seed", "expected"), CHECKSUMS)
def test_checksums(name: str, seed: int, expected: str) -> None:
    assert [checksum(DRAWS[name](HostGenerator(seed), n)) for n in SIZES] == expected.split()


def test_every_distribution_has_checksums() -> None:
    assert {name for name, _, _ in CHECKSUMS} == set(DRAWS)


@pytest.mark.parametrize(
    ("seed", "size", "first", "last", "total"),
    [
        (0, 1, 1.5409961082440433, 1.5409961082440433, 1.5409961082440433),
        (0, 2, 1.5409961082440433, -0.2934289057609464, 1.247567202483097),
        (0, 15, 1.5409961082440433, -1.0711873631091473, -3.968993225936182),
        (0, 16, -2.310411800234176, 0.3380174030507378, -3.5065501457946087),
        (0, 17, -2.310411800234176, 0.6748575435940039, -7.630192451493256),
        (0, 31, -2.310411800234176, -1.3487610270963772, -5.627197198923861),
        (0, 1000, -2.310411800234176, -0.12738069868346158, 5.398450703895978),
        (42, 15, 0.33669035438385886, -0.9889598811465726, 1.6961162642661953),
        (42, 17, 0.2995562877502637, 0.2494118796915765, 8.966966934936444),
        (42, 1000, 0.2995562877502637, -0.31288123226120956, 35.86343117619311),
    ],
)
def test_normal_float64(seed: int, size: int, first: float, last: float, total: float) -> None:
    """To a few last bits: these come from the C library's functions."""
    values = HostGenerator(seed).normal((size,), "float64")
    np.testing.assert_allclose(values[[0, -1]], [first, last], rtol=1e-15)
    np.testing.assert_allclose(values.sum(), total, rtol=1e-12)


def test_interleaved_calls_share_the_waiting_normal() -> None:
    g = HostGenerator(7)
    assert g.normal((3,), "float32").tolist() == [-0.1467950940132141, 0.7861412763595581, 0.9468216300010681]
    assert g.uniform((2,), "float32").tolist() == [0.36531615257263184, 0.8512683510780334]
    assert g.normal((1,), "float64").item() == pytest.approx(-1.1143440212610307, rel=1e-15)
    assert g.normal((2,), "float32").tolist() == [0.4457423985004425, -0.7068324685096741]
    assert checksum(g.normal((17,), "float32")) == f"{4105345968:08x}"
    assert g.normal((1,), "float32").tolist() == [-0.7803784608840942]
    assert g.permutation(5).tolist() == [4, 0, 2, 3, 1]
    assert g.integers(0, 100, (3,), "int64").tolist() == [67, 0, 65]


# -- seed and state ----------------------------------------------------------------------------------------


def test_states_are_pytorchs_byte_for_byte() -> None:
    g = HostGenerator(5)
    states = [g.get_state()]
    g.uniform((624,), "float32")
    states.append(g.get_state())
    g.uniform((1,), "float32")
    states.append(g.get_state())
    assert [f"{zlib.crc32(s.tobytes()):08x}" for s in states] == ["e2922ed1", "48dae3a3", "4c11b581"]
    assert all(s.dtype == np.uint8 and s.shape == (5056,) for s in states)


@pytest.mark.parametrize("drawn", [0, 1, 5, 623, 624, 625, 1248, 3000, 40000])
def test_state_round_trip(drawn: int) -> None:
    def draw(generator: HostGenerator) -> list[Any]:
        return [
            generator.normal((2,), "float32").tolist(),
            generator.uniform((700,), "float64").tolist(),
            generator.permutation(20).tolist(),
            generator.normal((20,), "float32").tolist(),
        ]

    generator = HostGenerator(123)
    generator.normal((1,), "float32")
    generator.uniform((drawn,), "float32")
    state = generator.get_state()
    expected = draw(generator)
    generator.set_state(state)
    np.testing.assert_array_equal(generator.get_state(), state)
    assert draw(generator) == expected
    other = HostGenerator(9)
    other.uniform((3,), "float32")
    other.set_state(state.tobytes())
    assert other.initial_seed() == 123
    assert draw(other) == expected


def test_state_is_a_snapshot() -> None:
    generator = HostGenerator(1)
    state = generator.get_state()
    before = state.copy()
    generator.uniform((1000,), "float32")
    np.testing.assert_array_equal(state, before)


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_copies_go_on_by_themselves(clone: Any) -> None:
    generator = HostGenerator(4)
    generator.normal((3,), "float32")
    other = clone(generator)
    first = generator.normal((9,), "float32").tolist()
    assert other.normal((9,), "float32").tolist() == first


def test_manual_seed_starts_anew_and_forgets_the_waiting_normal() -> None:
    generator = HostGenerator(3)
    expected = generator.normal((1,), "float32").tolist()
    generator.uniform((10,), "float32")
    generator.manual_seed(3)
    assert generator.normal((1,), "float32").tolist() == expected
    assert generator.initial_seed() == 3


def test_default_seed_is_pytorchs() -> None:
    assert HostGenerator().initial_seed() == 67280421310721


def test_seed_takes_entropy_and_says_what_it_took() -> None:
    generator = HostGenerator(0)
    seeds = {generator.seed() for _ in range(8)}
    assert len(seeds) == 8
    assert generator.initial_seed() in seeds
    drawn = generator.uniform((3,), "float32").tolist()
    assert HostGenerator(generator.initial_seed()).uniform((3,), "float32").tolist() == drawn


@pytest.mark.parametrize(("seed", "same"), [(-1, 2**64 - 1), (-(2**63), 2**63), (7, 7 + 2**40)])
def test_seeds_wrap_and_only_32_bits_count(seed: int, same: int) -> None:
    first, second = HostGenerator(seed), HostGenerator(same)
    assert first.uniform((3,), "float32").tolist() == second.uniform((3,), "float32").tolist()
    assert first.initial_seed() == seed % 2**64


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_out_of_range(seed: int) -> None:
    generator = HostGenerator(5)
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        generator.manual_seed(seed)
    assert generator.initial_seed() == 5


@pytest.mark.parametrize(
    ("state", "kind", "text"),
    [
        (np.zeros(5056, np.float32), TypeError, "RNG state must be a plugrad.ByteTensor"),
        (b"1234", RuntimeError, "Expected a CPUGeneratorImplState of size 5056 but found"),
        (np.zeros(5056, np.uint8), RuntimeError, "Invalid mt19937 state"),
        (np.full(5056, 255, np.uint8), RuntimeError, "Invalid mt19937 state"),
    ],
)
def test_bad_states_change_nothing(state: Any, kind: type[Exception], text: str) -> None:
    generator = HostGenerator(6)
    before = generator.get_state()
    with pytest.raises(kind, match=text):
        generator.set_state(state)
    np.testing.assert_array_equal(generator.get_state(), before)


def test_threads_share_one_stream() -> None:
    """However threads take turns, together they get each number of the stream exactly once."""
    generator = HostGenerator(2)
    drawn: list[list[int]] = [[] for _ in range(4)]

    def draw(mine: list[int]) -> None:
        for size in (1, 7, 600, 1000) * 25:
            mine.extend(generator.integers(0, 2**27, (size,), "int64").tolist())

    threads = [threading.Thread(target=draw, args=(mine,)) for mine in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = sorted(functools.reduce(operator.iadd, drawn, []))
    assert together == sorted(HostGenerator(2).integers(0, 2**27, (len(together),), "int64").tolist())


# -- arrays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (3, 0, 2), (5, 4, 3), 7])
def test_shapes_dtypes_and_ownership(shape: Any) -> None:
    generator = HostGenerator(0)
    expected = (shape,) if isinstance(shape, int) else shape
    drawn = [
        (generator.uniform(shape, "float32"), "float32"),
        (generator.uniform(shape, "float64", -1, 1), "float64"),
        (generator.uniform(shape, "complex128"), "complex128"),
        (generator.normal(shape, "float16"), "float16"),
        (generator.normal(shape, "complex64"), "complex64"),
        (generator.integers(0, 3, shape, "int32"), "int32"),
        (generator.integers(0, 2**40, shape, "float64"), "float64"),
        (generator.bernoulli(0.5, shape, "bool"), "bool"),
        (generator.bernoulli(np.float32(0.5), shape, "uint8"), "uint8"),
        (generator.exponential(shape, "float64"), "float64"),
    ]
    for array, dtype in drawn:
        assert isinstance(array, np.ndarray)
        assert array.shape == expected
        assert array.dtype == dtype
        assert array.base is None
        assert array.flags.writeable


def test_results_do_not_share_memory_with_the_stream() -> None:
    one, other = HostGenerator(0), HostGenerator(0)
    for _ in range(5):
        drawn = one.uniform((3,), "float32")
        assert drawn.tolist() == other.uniform((3,), "float32").tolist()
        drawn[...] = -1
        whole = one.integers(0, 2, (3,), "uint32")
        assert whole.tolist() == other.integers(0, 2, (3,), "uint32").tolist()
        whole[...] = 99


def test_nothing_is_drawn_for_nothing() -> None:
    generator = HostGenerator(8)
    generator.normal((1,), "float32")
    before = generator.get_state()
    generator.uniform((0,), "float32")
    generator.normal((0,), "float32")
    generator.integers(0, 5, (2, 0), "int64")
    generator.bernoulli(0.5, (0,))
    generator.exponential((0,), "float32")
    generator.permutation(0)
    generator.permutation(1)
    generator.multinomial(np.empty((0, 3), np.float32), 2)
    np.testing.assert_array_equal(generator.get_state(), before)


def test_overflow_is_infinite_without_a_warning() -> None:
    generator = HostGenerator(0)
    assert np.isinf(generator.exponential((9,), "float16", 1e-7)).all()
    assert np.isinf(generator.normal((9,), "float16", 0.0, 1e9)).all()
    assert np.isinf(generator.normal((99,), "float16", 0.0, 1e9)).all()
    assert np.isinf(generator.normal((9,), "float32", 1e39, 1.0)).all()
    assert np.isinf(generator.normal((99,), "float32", 3e38, 3e38)).any()


# -- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (
            lambda g: g.uniform(2, "float32", 2, 1),
            "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
        ),
        (lambda g: g.normal(2, "float32", 0, -1), "normal expects std >= 0.0, but found std -1"),
        (
            lambda g: g.integers(5, 5, 2, "int64"),
            "random_ expects 'from' to be less than 'to', but got from=5 >= to=5",
        ),
        (lambda g: g.permutation(-1), "Trying to create tensor with negative dimension -1: [-1]"),
        (lambda g: g.bernoulli(1.2, 2), "bernoulli_ expects p to be in [0, 1], but got p=1.2"),
        (
            lambda g: g.bernoulli(np.array([0.5, math.nan]), 2),
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  "
            "If so, please report an enhancement request to PyTorch.)",
        ),
        (
            lambda g: g.exponential(2, "float32", -1),
            "exponential_ expects lambda > 0.0, but found lambda=-1",
        ),
        (lambda g: g.multinomial(np.ones((2, 2, 2)), 1), "prob_dist must be 1 or 2 dim"),
        (lambda g: g.multinomial(np.ones(2), 0), "cannot sample n_sample <= 0 samples"),
        (
            lambda g: g.multinomial(np.ones(2), 3),
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
        ),
        (
            lambda g: g.multinomial(np.ones(2, np.int64), 1),
            "multinomial only supports floating-point dtypes for input, got: int64",
        ),
        (
            lambda g: g.multinomial(np.array([1, -1.0]), 1),
            "probability tensor contains either `inf`, `nan` or element < 0",
        ),
        (
            lambda g: g.multinomial(np.array([1, -1.0]), 5, True),
            "invalid multinomial distribution (encountering probability entry < 0)",
        ),
        (
            lambda g: g.multinomial(np.array([1, math.inf]), 5, True),
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)",
        ),
        (
            lambda g: g.multinomial(np.array([[1.0, 1], [0, 0]]), 1),
            "invalid multinomial distribution (sum of probabilities <= 0)",
        ),
        # PyTorch returns the last index for ever here.
        (
            lambda g: g.multinomial(np.array([3e38, 3e38], np.float32), 3, True),
            "invalid multinomial distribution (sum of probabilities is not finite)",
        ),
    ],
)
def test_errors_draw_nothing(draw: Any, text: str) -> None:
    generator = HostGenerator(0)
    before = generator.get_state()
    with pytest.raises(RuntimeError) as caught:
        draw(generator)
    first, hint = str(caught.value).splitlines()
    assert first == text
    assert hint.startswith("Hint: ")
    np.testing.assert_array_equal(generator.get_state(), before)


# -- parts -------------------------------------------------------------------------------------------------
