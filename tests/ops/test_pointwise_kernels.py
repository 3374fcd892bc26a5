"""NumPy's elementwise kernels: equal to the generic definitions, in the dtype given, in memory of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plugrad.backends.numpy import kernels_pointwise, kernels_powers, kernels_special
from plugrad.core.namespace import Namespace
from plugrad.core.op import OPS

KERNELS = kernels_pointwise.KERNELS | kernels_powers.KERNELS | kernels_special.KERNELS
PLAIN = Namespace("NumPy without kernels", np, {})

INTEGERS_ONLY = {"bitwise_and", "bitwise_or", "bitwise_xor"}
MASKS = {"where": 0, "keep_where": 1, "drop_where": 1}
DIVISIONS = ["floor_divide", "divide_floor", "divide_trunc", "remainder", "fmod"]
SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, 1e30, 0.5, -0.5, 20.0, -20.0, 100.0, -100.0)
OPTIONS = {
    "addcmul": [{}, {"value": 0.5}],
    "addcdiv": [{}, {"value": -2.0}],
    "clamp": [{"min": -0.5, "max": 1}, {"min": 0}, {"max": 0.5}, {"min": 1.0, "max": -1.0}],
    "leaky_relu": [{}, {"negative_slope": 0.3}, {"negative_slope": 2.0}, {"negative_slope": -0.5}],
    "leaky_relu_backward": [{"negative_slope": 0.3}],
    "gelu": [{}, {"approximate": "tanh"}],
    "gelu_backward": [{}, {"approximate": "tanh"}],
    "softplus": [{}, {"beta": 2.0, "threshold": 1.0}],
    "softplus_backward": [{}, {"beta": 2.0, "threshold": 1.0}],
    "pow_backward": [{"exponent": e} for e in (2, 0, 3, 0.5, -1)],
}
TOLERANCE = {"float16": 2e-2, "float32": 2e-6, "float64": 1e-13}
SIZES = [(), (5,), (3, 7), (150,), (5000,), (0,), (2, 0, 3)]

# The standard's clip is another name of clamp here.
CASES = [(name, options) for name in sorted(KERNELS.keys() - {"clip"}) for options in OPTIONS.get(name, [{}])]


def arguments(name, shape, dtype, seed=0, special=False):
    """Random arrays for a kernel: masks where it takes one, integers where it takes nothing else."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(len(OPS[name].inputs)):
        if MASKS.get(name) == i:
            x = random.random(shape) < 0.5
        elif name in INTEGERS_ONLY:
            x = random.integers(-99, 99, shape)
        else:
            x = (random.standard_normal(shape) * 2).astype(dtype)
            if special:
                x = np.roll(np.resize(np.array(SPECIAL, dtype), shape), i * 3)
            if i == 1 and name in DIVISIONS:
                x = np.abs(x) + np.asarray(0.5, dtype)
        made.append(x if shape else x.dtype.type(x))
    return made


def run(function, args, options):
    with np.errstate(all="ignore"):
        return function(*args, **options)


def assert_same(name, args, options, dtype):
    found = run(KERNELS[name], args, options)
    expected = run(getattr(PLAIN, name), args, options)
    assert found.dtype == np.asarray(expected).dtype
    assert found.shape == np.shape(expected)
    if found.dtype.kind == "f":
        assert found.dtype == dtype
    tolerance = TOLERANCE.get(dtype, 0)
    np.testing.assert_allclose(
        found.astype("float64"), np.asarray(expected, "float64"), rtol=tolerance, atol=tolerance, equal_nan=True
    )
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize(("name", "options"), CASES)
def test_equal_to_the_generic_definition(name, options, shape, dtype):
    args = arguments(name, shape, dtype)
    before = [np.copy(a) for a in args]
    found = assert_same(name, args, options, dtype)
    for a, old in zip(args, before, strict=True):
        np.testing.assert_array_equal(a, old)
        assert not np.shares_memory(found, a) or not a.size, "the result shares memory with an argument"


@pytest.mark.parametrize(("name", "options"), CASES)
def test_half_precision_stays_half_precision(name, options):
    assert_same(name, arguments(name, (7, 9), "float16"), options, "float16")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case[0] not in INTEGERS_ONLY])
def test_not_contiguous_and_broadcast(name, options, dtype):
    args = arguments(name, (80, 90), dtype)
    assert_same(name, [a.T for a in args], options, dtype)
    assert_same(name, [a[::2, ::-3] for a in args], options, dtype)
    assert_same(name, [np.broadcast_to(a[:1], a.shape) for a in args], options, dtype)
    if len(args) > 1:
        assert_same(name, [args[0][:, :1], *args[1:]], options, dtype)
        assert_same(name, [*args[:-1], args[-1][0]], options, dtype)


# erf and what is made of it differ from the generic definition in the last place, which infinity multiplies.
INFINITE = {"gelu", "gelu_backward", "silu_backward", "softplus_backward", "pow_backward"}


@pytest.mark.parametrize("shape", [(len(SPECIAL),), (len(SPECIAL) * 400,)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case[0] not in INTEGERS_ONLY | INFINITE])
def test_special_values(name, options, dtype, shape):
    args = arguments(name, shape, dtype, special=True)
    if name in DIVISIONS:
        args[0][np.abs(args[0]) > 1e10] = 1.0  # quotients that no float holds
    found = run(KERNELS[name], args, options)
    expected = np.asarray(run(getattr(PLAIN, name), args, options))
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


class TestErf:
    @pytest.mark.parametrize(("dtype", "ulps"), [("float32", 4.5), ("float64", 4.0)])
    def test_accurate_to_a_few_units_in_the_last_place(self, dtype, ulps):
        x = np.concatenate([np.linspace(-7, 7, 20001), np.geomspace(1e-30, 1, 5000)]).astype(dtype)
        found = kernels_special.erf(x)
        exact = np.array([math.erf(v) for v in x.tolist()])
        unit = np.spacing(np.abs(exact).astype(dtype)).astype("float64")
        assert found.dtype == dtype
        assert np.max(np.abs(found.astype("float64") - exact) / unit) < ulps

    @pytest.mark.parametrize("size", [1, 500])
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_far_out(self, dtype, size):
        x = np.resize(np.array([np.inf, -np.inf, 30.0, -30.0, 0.0, -0.0, np.nan], dtype), 7 * size)
        found = kernels_special.erf(x)
        np.testing.assert_array_equal(found, np.resize([1, -1, 1, -1, 0, -0.0, np.nan], 7 * size))
        np.testing.assert_array_equal(np.signbit(found[4:6]), [False, True])

    def test_never_above_one(self):
        for dtype in ("float32", "float64"):
            y = kernels_special.erf(np.linspace(0, 12, 100001).astype(dtype))
            assert y.max() == 1.0
            assert np.all(np.diff(y) > -3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", sorted(kernels_special.KERNELS))
def test_large_arrays_part_by_part(name):
    args = arguments(name, (3, 100_001), "float32")
    found = KERNELS[name](*args)
    assert found.shape == (3, 100_001)
    rows = np.stack([KERNELS[name](*[a[i] for a in args]) for i in range(3)])
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_array_equal(KERNELS[name](*[a.T for a in args]), rows.T)


class TestGelu:
    @pytest.mark.parametrize("size", [10, 5000])
    @pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-14)])
    def test_value_and_slope(self, dtype, tolerance, size):
        x = np.linspace(-6, 6, size).astype(dtype)
        normal = np.array([0.5 * math.erfc(-v * math.sqrt(0.5)) for v in x.tolist()])
        density = np.exp(-0.5 * x.astype("float64") ** 2) / math.sqrt(2 * math.pi)
        np.testing.assert_allclose(kernels_special.gelu(x), x * normal, rtol=tolerance, atol=tolerance)
        slope = kernels_special.gelu_backward(np.ones_like(x), x)
        np.testing.assert_allclose(slope, normal + x * density, rtol=tolerance, atol=2 * tolerance)


class TestIntegers:
    @pytest.mark.parametrize("name", DIVISIONS)
    @pytest.mark.parametrize("dtype", ["int8", "int64", "uint8"])
    def test_division(self, name, dtype):
        a, b = (v.ravel().astype(dtype) for v in np.meshgrid(np.arange(-9, 10), [1, 2, 3, 7, -1, -2, -3, -7]))
        found = KERNELS[name](a, b)
        assert found.dtype == dtype
        exact = {
            "floor_divide": lambda x, y: x // y,
            "divide_floor": lambda x, y: x // y,
            "divide_trunc": lambda x, y: abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1),
            "remainder": lambda x, y: x % y,
            "fmod": lambda x, y: int(math.fmod(x, y)),
        }[name]
        expected = [exact(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
        np.testing.assert_array_equal(found, np.array(expected).astype(dtype))
        np.testing.assert_array_equal(getattr(PLAIN, name)(a, b), found)

    def test_division_by_zero_raises(self):
        for name in DIVISIONS:
            with pytest.raises(RuntimeError, match=r"^ZeroDivisionError"):
                KERNELS[name](np.array([1, 2]), np.array([1, 0]))

    def test_signs_of_unsigned_and_booleans(self):
        np.testing.assert_array_equal(KERNELS["sgn"](np.array([0, 200], "uint8")), [0, 1])
        found = KERNELS["sgn"](np.array([True, False]))
        assert found.dtype == bool
        np.testing.assert_array_equal(found, [True, False])
