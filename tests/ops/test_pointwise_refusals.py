"""What PyTorch refuses, plugrad refuses with PyTorch's error, before anything is computed."""

from __future__ import annotations

import pytest

import plugrad
import plugrad.nn.functional as F


@pytest.fixture
def t(device):
    """Make a tensor on the chosen backend."""
    return lambda values, dtype=None: plugrad.tensor(values, dtype=dtype, device=device)


TWO_BOOLEANS = "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()`"
ONE_BOOLEAN = "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask,"


def refused(kind, text, call, *args):
    with pytest.raises(kind) as info:
        call(*args)
    message = str(info.value)
    assert message.startswith(text), message


class TestBooleans:
    def test_subtraction(self, t):
        b, x, i = t([True]), t([1.0]), t([1])
        for first, second in ((b, b), (b, True), (True, b)):
            refused(RuntimeError, TWO_BOOLEANS, lambda a, c: a - c, first, second)
        for first, second in (
            (b, x),
            (x, b),
            (b, i),
            (b, 1),
            (1, b),
            (b, 1.5),
            (x, True),
            (True, x),
            (i, True),
        ):
            refused(RuntimeError, ONE_BOOLEAN, lambda a, c: a - c, first, second)
            refused(RuntimeError, ONE_BOOLEAN, plugrad.sub, first, second)
        refused(RuntimeError, ONE_BOOLEAN, lambda: plugrad.sub(x, b, alpha=2))

    def test_signs(self, t):
        b = t([True])
        refused(RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported. If you", lambda: -b)
        refused(RuntimeError, "The `+` operator, on a bool tensor is not supported.", lambda: +b)
        refused(NotImplementedError, "\"abs_cpu\" not implemented for 'Bool'", abs, b)
        refused(RuntimeError, "Boolean inputs not supported for relu", plugrad.relu, b)

    @pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
    def test_rounding(self, t, name):
        refused(
            NotImplementedError,
            f"\"{name}_vml_cpu\" not implemented for 'Bool'",
            getattr(plugrad, name),
            t([True]),
        )

    def test_division(self, t):
        b = t([True])
        refused(NotImplementedError, "\"div_floor_cpu\" not implemented for 'Bool'", lambda: b // b)
        refused(NotImplementedError, "\"remainder_cpu\" not implemented for 'Bool'", lambda: b % True)
        refused(NotImplementedError, "\"fmod_cpu\" not implemented for 'Bool'", plugrad.fmod, b, b)
        refused(
            NotImplementedError,
            "\"div_trunc_cpu\" not implemented for 'Bool'",
            lambda: plugrad.div(b, b, rounding_mode="trunc"),
        )
        # With a number they are numbers.
        assert (b // 2).tolist() == [0]
        assert (b % 2).tolist() == [1]
        assert (2 % b).tolist() == [0]

    def test_shifts(self, t):
        refused(NotImplementedError, "\"lshift_cpu\" not implemented for 'Bool'", lambda: t([True]) << t([True]))
        assert (t([True]) << 2).tolist() == [4]


class TestIntegers:
    @pytest.mark.parametrize("name", ["hypot", "logaddexp"])
    def test_functions_of_two(self, t, name):
        refused(
            NotImplementedError,
            f"\"{name}_cpu\" not implemented for 'Long'",
            getattr(plugrad, name),
            t([3]),
            t([4]),
        )

    def test_frac_and_decimals(self, t):
        refused(NotImplementedError, "\"frac_cpu\" not implemented for 'Int'", plugrad.frac, t([1], plugrad.int32))
        refused(
            NotImplementedError,
            "\"round_cpu\" not implemented for 'Long'",
            lambda: plugrad.round(t([1]), decimals=1),
        )

    @pytest.mark.parametrize(
        ("name", "kernel"), [("gelu", "GeluKernelImpl"), ("silu", "silu_cpu"), ("softplus", "softplus_cpu")]
    )
    def test_activations(self, t, name, kernel):
        refused(NotImplementedError, f"\"{kernel}\" not implemented for 'Long'", getattr(F, name), t([1]))

    @pytest.mark.parametrize(
        "divide",
        [
            lambda x: x // 0,
            lambda x: x % 0,
            lambda x: plugrad.fmod(x, 0),
            lambda x: plugrad.div(x, 0, rounding_mode="floor"),
            lambda x: plugrad.div(x, 0, rounding_mode="trunc"),
        ],
    )
    def test_division_by_zero(self, t, device, divide):
        if device != "cpu":
            pytest.skip("whether an integer division by 0 raises is the library's affair")
        refused(RuntimeError, "ZeroDivisionError", divide, t([1, 2]))


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "tanh", "sigmoid", "erf", "reciprocal", "deg2rad"])
def test_floating_point_functions_of_integers(t, name):
    for values in ([1, 2], [True, True]):
        y = getattr(plugrad, name)(t(values))
        assert y.dtype is plugrad.float32
        assert y.tolist() == getattr(plugrad, name)(t([float(v) for v in values])).tolist()
