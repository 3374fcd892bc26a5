"""Comparisons, logic, bits, questions about floating point values, closeness."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_equal

inf, nan = math.inf, math.nan


@pytest.fixture
def t(device):
    """Make a tensor on the chosen backend."""

    def make(values, dtype=None, requires_grad=False):
        return plugrad.tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)

    return make


COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@pytest.mark.parametrize("name", COMPARISONS)
class TestComparisons:
    def test_operator_function_and_method(self, t, name):
        compare = COMPARISONS[name]
        a, b = [1.0, 2.0, 3.0, nan], [1.0, 3.0, 2.0, nan]
        expected = compare(np.array(a), np.array(b))
        for y in (compare(t(a), t(b)), getattr(plugrad, name)(t(a), t(b)), getattr(t(a), name)(t(b))):
            assert y.dtype is plugrad.bool
            assert_equal(y, expected)

    def test_numbers_on_either_side(self, t, name):
        compare = COMPARISONS[name]
        x = [1.0, 2.0, 3.0]
        assert_equal(compare(t(x), 2), compare(np.array(x), 2))
        assert_equal(compare(2, t(x)), compare(2, np.array(x)))
        with pytest.raises(TypeError, match=rf"^{name}\(\) received an invalid combination of arguments"):
            getattr(plugrad, name)(2, t(x))

    def test_booleans(self, t, name):
        a, b = [True, True, False, False], [True, False, True, False]
        assert_equal(COMPARISONS[name](t(a), t(b)), COMPARISONS[name](np.array(a), np.array(b)))

    def test_in_place_stores_ones_and_zeros(self, t, name):
        x = t([1.0, 2.0, 3.0])
        assert getattr(x, name + "_")(2.0) is x
        assert x.dtype is plugrad.float32
        assert_equal(x, COMPARISONS[name](np.array([1.0, 2.0, 3.0]), 2.0).astype(float))

    def test_no_gradient(self, t, name):
        x = t([1.0, 2.0], requires_grad=True)
        y = COMPARISONS[name](x, x)
        assert not y.requires_grad
        assert y.grad_fn is None


def test_integers_are_compared_with_floats_as_floats(t):
    assert_equal(t([1, 2]) < 1.5, [True, False])
    assert_equal(t([1, 2]) == t([1.0, 2.5]), [True, False])
    # Both are the same float32.
    assert_equal(t([2**24 + 1]) == t([2.0**24]), [True])


def test_numbers_beyond_the_dtype(t):
    assert_equal(t([200], plugrad.uint8) < 300, [True])


def test_equality_with_what_is_no_number(t):
    x = t([1.0])
    assert (x == None) is False  # noqa: E711 - the comparison is what is tested
    assert (x != None) is True  # noqa: E711 - likewise
    assert (x == "a") is False
    with pytest.raises(TypeError, match=r"not supported between instances"):
        x < "a"  # noqa: B015 - likewise


def test_tensors_are_keys_by_identity(t):
    a, b = t([1.0, 2.0]), t([1.0, 2.0])
    assert {a: "a", b: "b"}[a] == "a"
    assert len({a, b}) == 2


class TestLogic:
    def test_anything_but_zero_is_true(self, t):
        a, b = [0.0, 0.5, nan, 0.0], [1, 0, 2, 0]
        assert_equal(plugrad.logical_and(t(a), t(b)), [False, False, True, False])
        assert_equal(t(a).logical_or(t(b)), [True, True, True, False])
        assert_equal(plugrad.logical_xor(t(a), t(b)), [True, True, False, False])
        assert_equal(plugrad.logical_not(t(a)), [True, False, False, True])

    def test_takes_tensors_only(self, t):
        with pytest.raises(TypeError, match=r"^logical_and\(\): argument 'other' \(position 2\) must be Tensor"):
            plugrad.logical_and(t([True]), True)

    def test_in_place(self, t):
        x = t([0.0, 2.0])
        assert x.logical_not_() is x
        assert_equal(x, [1.0, 0.0])


class TestBits:
    def test_operators(self, t):
        a, b = np.array([3, 6, -1]), np.array([1, 3, 5])
        x, y = t(a.tolist()), t(b.tolist())
        for op in (operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift):
            assert_equal(op(x, y), op(a, b))
            assert_equal(op(x, 2), op(a, 2))
            assert_equal(op(2, y), op(2, b))
        assert_equal(~x, ~a)

    def test_of_booleans(self, t):
        a, b = t([True, True, False]), t([True, False, False])
        assert_equal(a & b, [True, False, False])
        assert_equal(a | b, [True, True, False])
        assert_equal(a ^ b, [False, True, False])
        assert_equal(~a, [False, False, True])
        assert_equal(a & True, [True, True, False])
        assert (a & 3).dtype is plugrad.int64

    def test_in_place_operators(self, t):
        x = t([6, 5])
        same = x
        x &= 3
        x |= 8
        x ^= t([1, 1])
        x <<= 2
        x >>= 1
        assert same is x
        assert_equal(x, [((((v & 3) | 8) ^ 1) << 2) >> 1 for v in (6, 5)])

    @pytest.mark.parametrize(
        ("op", "kernel"),
        [
            (operator.and_, "bitwise_and_cpu"),
            (operator.or_, "bitwise_or_cpu"),
            (operator.xor, "bitwise_xor_cpu"),
            (operator.lshift, "lshift_cpu"),
            (operator.rshift, "rshift_cpu"),
        ],
    )
    def test_floats_have_none(self, t, op, kernel):
        for x, y in ((t([1.0]), t([1.0])), (t([1.0]), 1), (t([1]), t([1.0])), (t([1]), 1.0)):
            with pytest.raises(NotImplementedError, match=rf"^\"{kernel}\" not implemented for 'Float'"):
                op(x, y)

    def test_inverse_of_floats(self, t):
        with pytest.raises(TypeError, match=r"^~ \(operator\.invert\) is only implemented on integer and Boolean"):
            ~t([1.0])
        with pytest.raises(NotImplementedError, match=r"^\"bitwise_not_cpu\" not implemented for 'Float'"):
            plugrad.bitwise_not(t([1.0]))


class TestQuestions:
    X = (1.0, nan, inf, -inf, -0.0)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("isnan", [False, True, False, False, False]),
            ("isinf", [False, False, True, True, False]),
            ("isfinite", [True, False, False, False, True]),
            ("isposinf", [False, False, True, False, False]),
            ("isneginf", [False, False, False, True, False]),
            ("signbit", [False, False, False, True, True]),
        ],
    )
    def test_of_floats(self, t, name, expected):
        x = t(list(self.X))
        assert_equal(getattr(plugrad, name)(x), expected)
        assert_equal(getattr(x, name)(), expected)

    @pytest.mark.parametrize("values", [[1, -2], [True, False]])
    def test_of_integers_and_booleans(self, t, values):
        assert_equal(plugrad.isnan(t(values)), [False, False])
        assert_equal(plugrad.isinf(t(values)), [False, False])
        assert_equal(plugrad.isfinite(t(values)), [True, True])


class TestCloseness:
    def test_isclose(self, t):
        x = t([1.0, 1.0, inf, inf, nan, 0.0])
        y = t([1.0 + 1e-6, 1.1, inf, -inf, nan, 1e-9])
        assert_equal(plugrad.isclose(x, y), [True, False, True, False, False, True])
        assert_equal(x.isclose(y, equal_nan=True), [True, False, True, False, True, True])
        assert_equal(plugrad.isclose(x, y, rtol=0.2, atol=0.0), [True, True, True, False, False, False])
        assert_equal(plugrad.isclose(t([1, 100]), t([1, 101]), rtol=0.1), [True, True])
        assert_equal(plugrad.isclose(t([True, True]), t([True, False])), [True, False])

    def test_allclose(self, t):
        assert plugrad.allclose(t([1.0, 2.0]), t([1.0, 2.0 + 1e-6])) is True
        assert t([1.0]).allclose(t([1.1])) is False
        assert plugrad.allclose(t([[1.0], [1.0]]), t([1.0])) is True

    def test_refusals(self, t):
        with pytest.raises(RuntimeError, match=r"^Long did not match Float"):
            plugrad.isclose(t([1]), t([1.0]))
        with pytest.raises(RuntimeError, match=r"^rtol must be greater than or equal to zero, but got -1"):
            plugrad.allclose(t([1.0]), t([1.0]), rtol=-1)
        with pytest.raises(RuntimeError, match=r"^atol must be greater than or equal to zero, but got nan"):
            plugrad.isclose(t([1.0]), t([1.0]), atol=nan)

    def test_equal(self, t):
        assert plugrad.equal(t([1, 2]), t([1, 2])) is True
        assert t([1, 2]).equal(t([1, 3])) is False
        assert plugrad.equal(t([1, 2]), t([[1, 2]])) is False
        assert plugrad.equal(t([1]), t([1.0])) is True
        assert plugrad.equal(t([nan]), t([nan])) is False
        assert plugrad.equal(t([]), t([])) is True
        with pytest.raises(TypeError, match=r"^equal\(\): argument 'other' \(position 2\) must be Tensor, not int"):
            plugrad.equal(t([1]), 1)
