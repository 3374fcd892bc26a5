"""Arithmetic: values, dtypes, operators both ways, rounding division, remainders, lerp and the fused sums."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal, assert_signs_of_zero

inf, nan = math.inf, math.nan


@pytest.fixture
def t(device):
    """Make a tensor on the chosen backend."""

    def make(values, dtype=None, requires_grad=False):
        return plugrad.tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)

    return make


OPERATORS = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_operators_of_two_tensors(t, op):
    a, b = [3.5, 2.0, 7.25], [1.5, 4.0, 2.0]
    assert_close(op(t(a), t(b)), op(np.array(a), np.array(b)), 1e-6)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_operators_with_a_number_on_either_side(t, op):
    a = [3.5, 2.0, 7.25]
    assert_close(op(t(a), 1.5), op(np.array(a), 1.5), 1e-6)
    assert_close(op(1.5, t(a)), op(1.5, np.array(a)), 1e-6)
    assert_close(op(t(a), 2), op(np.array(a), 2), 1e-6)
    assert_close(op(2, t(a)), op(2, np.array(a)), 1e-6)


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod])
def test_integers_stay_integers(t, op):
    y = op(t([7, -7, 5]), t([2, 2, -3]))
    assert y.dtype is plugrad.int64
    assert_equal(y, op(np.array([7, -7, 5]), np.array([2, 2, -3])))


def test_true_division_of_integers_is_floating_point(t):
    y = t([1, 2]) / t([2, 2])
    assert y.dtype is plugrad.float32
    assert_equal(y, [0.5, 1.0])
    assert (1 / t([2, 4])).tolist() == [0.5, 0.25]


def test_a_float_number_makes_integers_floating_point_and_leaves_floats_alone(t):
    assert (t([1]) * 2.5).dtype is plugrad.float32
    assert (t([1.0]) * 2.5).dtype is plugrad.float32
    assert (t([1.0], dtype=plugrad.float64) * 2.5).dtype is plugrad.float64
    assert (t([1], dtype=plugrad.int8) + 1).dtype is plugrad.int8


@pytest.mark.parametrize("number", [np.float64(2.5), np.float32(2.5), np.int64(2), np.int8(2)], ids=repr)
def test_scalars_of_other_libraries_are_numbers(t, number):
    """np.float64 is a float and would make float32 arrays float64 in NumPy."""
    x = t([1.0, 2.0])
    for y in (x * number, number * x, x - number, x / number, x**number, x < number):
        assert y.dtype in (plugrad.float32, plugrad.bool)
        assert y.dtype is y.device.backend.dtype_of(y.raw)
    assert_close(x * number, np.array([1.0, 2.0]) * float(number))
    x += number
    assert_close(x, np.array([1.0, 2.0]) + float(number))
    assert x.dtype is x.device.backend.dtype_of(x.raw)


def test_integers_beyond_the_dtype_wrap_around(t):
    assert (t([1], dtype=plugrad.uint8) + 300).tolist() == [45]
    assert (t([1], dtype=plugrad.uint8) * -1).tolist() == [255]
    assert (t([1], dtype=plugrad.int8) + 255).tolist() == [0]


class TestBooleans:
    def test_sum_and_product_are_or_and_and(self, t):
        a, b = t([True, True, False]), t([True, False, False])
        for y, expected in ((a + b, [True, True, False]), (a * b, [True, False, False])):
            assert y.dtype is plugrad.bool
            assert_equal(y, expected)

    def test_with_numbers_they_are_numbers(self, t):
        assert (t([True, False]) + 2).tolist() == [3, 2]
        assert (t([True, False]) * 1.5).tolist() == [1.5, 0.0]
        assert (t([True]) / t([True])).dtype is plugrad.float32

    def test_a_boolean_number_is_a_number_of_the_tensors_kind(self, t):
        assert (t([1.5]) * True).tolist() == [1.5]
        assert (t([3]) + True).tolist() == [4]
        assert (True + t([1.5])).tolist() == [2.5]


@pytest.mark.parametrize("foreign", ["a", None, [1.0], (1.0,), {}], ids=repr)
def test_operators_leave_foreign_operands_to_python(t, foreign):
    x = t([1.0])
    for op in OPERATORS:
        # Python asks a sequence, too, whether it can be repeated so often.
        with pytest.raises(TypeError, match=r"unsupported operand|only integer tensors of a single element"):
            op(x, foreign)
    with pytest.raises(TypeError, match=r"unsupported operand|can only concatenate"):
        foreign + x


def test_a_foreign_class_may_take_over(t):
    class Other:
        def __radd__(self, x):
            return "mine"

        def __rlt__(self, x):
            return "mine"

        def __gt__(self, x):
            return "greater"

    assert t([1.0]) + Other() == "mine"
    assert (t([1.0]) < Other()) == "greater"


def test_functions_name_themselves_as_pytorch_does(t):
    with pytest.raises(TypeError, match=r"^add\(\): argument 'other' \(position 2\) must be Tensor, not str"):
        plugrad.add(t([1.0]), "a")
    with pytest.raises(TypeError, match=r"^mul\(\): argument 'input' \(position 1\) must be Tensor, not list"):
        plugrad.mul([1], t([1.0]))
    with pytest.raises(TypeError, match=r"^sin\(\): argument 'input' \(position 1\) must be Tensor, not float"):
        plugrad.sin(1.0)


class TestAlpha:
    def test_scales_the_second(self, t):
        a, b = t([1.0, 2.0]), t([10.0, 20.0])
        assert_equal(plugrad.add(a, b, alpha=2), [21.0, 42.0])
        assert_equal(a.sub(b, alpha=0.5), [-4.0, -8.0])
        assert_equal(plugrad.rsub(a, b, alpha=3), [7.0, 14.0])
        assert_equal(plugrad.add(a, 2, alpha=3), [7.0, 8.0])

    def test_gradients(self, t):
        a, b = t([1.0], requires_grad=True), t([2.0], requires_grad=True)
        plugrad.sub(a, b, alpha=3).backward()
        assert (a.grad.item(), b.grad.item()) == (1.0, -3.0)

    def test_scales_in_the_dtype_of_the_result(self, t):
        third = plugrad.add(t([0.0], plugrad.float64), t([1.0]), alpha=1 / 3)
        assert third.item() == 1 / 3

    def test_refusals(self, t):
        with pytest.raises(RuntimeError, match=r"^For integral input tensors, argument alpha must not be a floating"):
            plugrad.add(t([1]), t([2]), alpha=0.5)
        with pytest.raises(RuntimeError, match=r"^Boolean alpha only supported for Boolean results\."):
            plugrad.add(t([1.0]), t([2.0]), alpha=True)
        assert plugrad.add(t([True]), t([True]), alpha=2).dtype is plugrad.bool


class TestDivision:
    @pytest.mark.parametrize(("mode", "expected"), [("floor", [3, -4, -4, 3]), ("trunc", [3, -3, -3, 3])])
    def test_rounds(self, t, mode, expected):
        a, b = [7, -7, 7, -7], [2, 2, -2, -2]
        y = plugrad.div(t(a), t(b), rounding_mode=mode)
        assert y.dtype is plugrad.int64
        assert_equal(y, expected)
        assert_equal(plugrad.div(t([7.0, -7.0, 7.0, -7.0]), t([2.0, 2.0, -2.0, -2.0]), rounding_mode=mode), expected)
        assert_equal(t(a).div(2, rounding_mode=mode), expected[:2] * 2)
        assert_equal(plugrad.div(7, t([2, -2]), rounding_mode=mode), [expected[0], expected[2]])

    @pytest.mark.parametrize("mode", ["floor", "trunc"])
    def test_gradient_of_a_rounded_quotient_is_zero(self, t, mode):
        a, b = t([5.0], requires_grad=True), t([3.0], requires_grad=True)
        plugrad.div(a, b, rounding_mode=mode).backward()
        assert (a.grad.item(), b.grad.item()) == (0.0, 0.0)

    def test_unknown_mode(self, t):
        with pytest.raises(
            RuntimeError,
            match=r"^div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'",
        ):
            plugrad.div(t([1.0]), 2, rounding_mode="up")

    def test_floor_division_of_floats_by_zero(self, t):
        assert_equal(t([1.0, -1.0, 0.0]) // 0, [inf, -inf, nan])

    def test_floor_division_has_no_derivative(self, t):
        x = t([5.0], requires_grad=True)
        with pytest.raises(RuntimeError, match=r"^derivative for aten::floor_divide is not implemented"):
            (x // 2).backward()

    def test_division_by_zero_is_silent(self, t):
        x = t([1.0, -1.0, 0.0], requires_grad=True)
        y = x / 0
        assert_equal(y, [inf, -inf, nan])
        y.sum().backward()
        assert_equal(x.grad, [inf, inf, inf])


class TestRemainders:
    A, B = [7, -7, 7, -7, 6, 0], [3, 3, -3, -3, 3, 5]

    @pytest.mark.parametrize("dtype", [plugrad.int64, plugrad.float64], ids=str)
    def test_signs(self, t, dtype):
        a, b = t(self.A, dtype), t(self.B, dtype)
        assert_equal(a % b, [1, 2, -2, -1, 0, 0])
        assert_equal(plugrad.fmod(a, b), [1, -1, 1, -1, 0, 0])

    def test_exact_where_the_quotient_is_huge(self, t):
        a, b = 1e17, 3.7
        assert plugrad.fmod(t([a], plugrad.float64), b).item() == math.fmod(a, b)
        assert plugrad.fmod(t([-a], plugrad.float64), b).item() == math.fmod(-a, b)

    def test_signs_of_zero(self, t):
        assert_signs_of_zero(plugrad.fmod(t([-4.0, 4.0, -0.0]), 2.0), [-0.0, 0.0, -0.0])

    def test_special_values(self, t):
        a, b = t([1.0, -1.0, inf, 1.0, nan]), t([inf, inf, 1.0, 0.0, 1.0])
        assert_equal(plugrad.fmod(a, b), [1.0, -1.0, nan, nan, nan])
        assert_equal(a % b, [1.0, inf, nan, nan, nan])

    @pytest.mark.parametrize("op", [plugrad.remainder, plugrad.fmod])
    def test_gradients(self, t, op):
        a, b = t([7.5, -7.5], requires_grad=True), t([2.0, 2.0], requires_grad=True)
        op(a, b).sum().backward()
        assert_equal(a.grad, [1.0, 1.0])
        assert_equal(b.grad, [-3.0, 4.0] if op is plugrad.remainder else [-3.0, 3.0])


class TestLerp:
    def test_from_the_nearer_end(self, t):
        """start + weight * (end - start) would lose what end has more than start."""
        start, end = t([1e17], plugrad.float64), t([1.0], plugrad.float64)
        assert plugrad.lerp(start, end, 1.0).item() == 1.0
        assert plugrad.lerp(start, end, t([1.0], plugrad.float64)).item() == 1.0
        assert plugrad.lerp(end, start, 0.0).item() == 1.0

    def test_does_not_promote(self, t):
        with pytest.raises(RuntimeError, match=r"^expected dtype float for `end` but got dtype double"):
            plugrad.lerp(t([1.0]), t([1.0], plugrad.float64), 0.5)
        with pytest.raises(RuntimeError, match=r"^expected dtype float for `weight` but got dtype double"):
            t([1.0]).lerp(t([1.0]), t([1.0], plugrad.float64))
        with pytest.raises(NotImplementedError, match=r"^\"lerp_kernel_scalar\" not implemented for 'Long'"):
            plugrad.lerp(t([1]), t([2]), 0.5)


class TestFusedSums:
    def test_addcmul(self, t):
        x = t([1.0, 1.0])
        assert_equal(plugrad.addcmul(x, t([2.0, 3.0]), t([4.0, 5.0])), [9.0, 16.0])
        assert_equal(x.addcmul(t([2.0, 3.0]), t([4.0, 5.0]), value=-1), [-7.0, -14.0])
        y = plugrad.addcmul(t([1]), t([2]), t([3]), value=2.7)
        assert y.dtype is plugrad.int64
        assert y.tolist() == [13]

    def test_addcdiv(self, t):
        assert_equal(plugrad.addcdiv(t([1.0]), t([2.0]), t([4.0]), value=2), [2.0])
        with pytest.raises(RuntimeError, match=r"^Integer division with addcdiv is no longer supported"):
            plugrad.addcdiv(t([1.0]), t([2]), t([4]))

    def test_gradients(self, t):
        x, a, b = (t([v], requires_grad=True) for v in (1.0, 2.0, 4.0))
        plugrad.addcdiv(x, a, b, value=3).backward()
        assert (x.grad.item(), a.grad.item(), b.grad.item()) == (1.0, 0.75, -0.375)


class TestOut:
    def test_writes(self, t):
        out = t([0.0, 0.0])
        assert plugrad.mul(t([1.0, 2.0]), 3, out=out) is out
        assert_equal(out, [3.0, 6.0])
        assert out._version == 1

    def test_refusals(self, t):
        with pytest.raises(TypeError, match=r"^add\(\): argument 'out' must be Tensor, not list"):
            plugrad.add(t([1.0]), 1, out=[1.0])
        with pytest.raises(RuntimeError, match=r"^result type Float can't be cast to the desired output type Long"):
            plugrad.add(t([1.0]), 1, out=t([1]))
        with pytest.raises(RuntimeError, match=r"^div\(\): functions with out=\.\.\. arguments don't support"):
            plugrad.div(t([1.0], requires_grad=True), 1, out=t([1.0]))


def test_copysign(t):
    assert_equal(plugrad.copysign(t([1.0, -2.0, 0.0]), t([-0.0, 3.0, -1.0])), [-1.0, 2.0, -0.0])
    assert plugrad.copysign(t([1]), -0.0).tolist() == [-1.0]
    x = t([2.0, -3.0, 0.0], requires_grad=True)
    plugrad.copysign(x, -1).sum().backward()
    assert_equal(x.grad, [-1.0, 1.0, 0.0])


def test_sign_of_nan_is_zero(t):
    assert_equal(plugrad.sign(t([-2.0, 0.0, 3.0, nan, -inf])), [-1.0, 0.0, 1.0, 0.0, -1.0])
    assert_equal(plugrad.sgn(t([-2, 0, 3])), [-1, 0, 1])
    y = plugrad.sign(t([True, False]))
    assert y.dtype is plugrad.bool
    assert_equal(y, [True, False])


def test_abs_at_zero_and_nan(t):
    x = t([0.0, -0.0, -1.0, nan], requires_grad=True)
    y = abs(x)
    assert_equal(y, [0.0, 0.0, 1.0, nan])
    y.sum().backward()
    assert_equal(x.grad, [0.0, 0.0, -1.0, 0.0])
