"""Powers: numbers and tensors on both sides, integers, the four cases at zero, roots."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal, assert_signs_of_zero

inf, nan = math.inf, math.nan


@pytest.fixture
def t(device):
    """Make a float64 tensor on the chosen backend."""

    def make(values, dtype=plugrad.float64, requires_grad=False):
        return plugrad.tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)

    return make


EXPONENTS = (0, 1, 2, 3, 4, 5, -1, -2, -3, 0.5, -0.5, 0.7, 2.0, 7, 8.0, 1e3)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_number_as_the_exponent(t, exponent):
    x = [0.3, 1.0, 2.5, 4.0]
    with np.errstate(over="ignore"):
        expected = np.power(np.array(x), float(exponent))
    assert_close(t(x) ** exponent, expected, 1e-14)


@pytest.mark.parametrize("exponent", [2, 3, 4, 5, -1, -3, 6.0])
def test_negative_numbers_to_whole_powers(t, exponent):
    x = [-0.3, -1.0, -2.5]
    assert_close(t(x) ** exponent, np.power(np.array(x), float(exponent)), 1e-14)


def test_negative_numbers_to_other_powers_are_nan(t):
    assert_equal(t([-1.0, -2.0]) ** 0.5, [nan, nan])
    assert_equal(t([-1.0, -2.0]) ** 0.7, [nan, nan])


def test_zero_and_infinity_to_whole_powers(t):
    x = t([0.0, -0.0, inf, -inf, nan])
    assert_equal(x**-1, [inf, -inf, 0.0, -0.0, nan])
    assert_equal(x**5, [0.0, -0.0, inf, -inf, nan])
    assert_signs_of_zero(x**5, [0.0, -0.0, inf, -inf, nan])
    assert_equal(x**-2, [inf, inf, 0.0, 0.0, nan])
    assert_equal(x**0, [1.0] * 5)


def test_number_as_the_base(t):
    assert_close(2 ** t([-1.0, 0.5, 3.0]), [0.5, math.sqrt(2), 8.0], 1e-15)
    assert_close(10.0 ** t([-1.0, 0.5, 3.0]), [0.1, math.sqrt(10), 1000.0], 1e-15)
    assert_equal((-1.0) ** t([2.0, 3.0, 0.5]), [1.0, -1.0, nan])
    assert (2 ** t([3], plugrad.int64)).tolist() == [8]


class TestIntegers:
    def test_stay_integers(self, t):
        y = t([2, -3], plugrad.int32) ** 3
        assert y.dtype is plugrad.int32
        assert y.tolist() == [8, -27]

    def test_negative_integer_exponent(self, t):
        with pytest.raises(RuntimeError, match=r"^Integers to negative integer powers are not allowed\.\nHint: "):
            t([2], plugrad.int64) ** -1
        assert (t([2], plugrad.int64) ** -1.0).tolist() == [0.5]

    def test_tensors_of_negative_exponents(self, t):
        base, exponent = t([2, 1, -1, -1, 0, 3], plugrad.int64), t([-1, -5, -2, -3, -1, 2], plugrad.int64)
        assert (base**exponent).tolist() == [0, 1, 1, -1, 0, 9]
        assert (2 ** t([-1, 2], plugrad.int64)).tolist() == [0, 4]

    def test_booleans(self, t):
        with pytest.raises(NotImplementedError, match=r"^\"pow\" not implemented for 'Bool'"):
            t([True], None) ** t([True], None)
        assert (t([True], None) ** 2).tolist() == [1]
        y = t([True, False], None) ** True
        assert y.dtype is plugrad.bool
        assert y.tolist() == [True, False]


# x, exponent, the value, the gradient by x, by the exponent
AT_ZERO = [
    (0.0, 0.0, 1.0, 0.0, 0.0),
    (0.0, 1.0, 0.0, 1.0, 0.0),
    (0.0, 2.0, 0.0, 0.0, 0.0),
    (0.0, 0.5, 0.0, inf, 0.0),
    (0.0, -1.0, inf, -inf, -inf),
    (-1.0, 2.0, 1.0, -2.0, nan),
    (-2.0, 0.5, nan, nan, nan),
    (2.0, 0.0, 1.0, 0.0, math.log(2)),
]


@pytest.mark.parametrize(("x", "exponent", "value", "by_x", "by_exponent"), AT_ZERO)
def test_gradients_at_zero(t, x, exponent, value, by_x, by_exponent):
    a, b = t([x], requires_grad=True), t([exponent], requires_grad=True)
    y = a**b
    y.backward()
    assert_close(y, [value], 1e-15)
    assert_close(a.grad, [by_x], 1e-15)
    assert_close(b.grad, [by_exponent], 1e-15)

    a = t([x], requires_grad=True)
    (a**exponent).backward()
    assert_close(a.grad, [by_x], 1e-15)

    b = t([exponent], requires_grad=True)
    (x**b).backward()
    assert_close(b.grad, [by_exponent], 1e-15)


def test_derivatives_of_any_order(t):
    x = t(2.0, requires_grad=True)
    y = x**3
    for expected in (12.0, 12.0, 6.0):
        (y,) = plugrad.autograd.grad(y, x, create_graph=True)
        assert y.item() == expected
    (y,) = plugrad.autograd.grad(y, x, allow_unused=True, materialize_grads=True)
    assert y.item() == 0.0


def test_square(t):
    assert_equal(plugrad.square(t([-3.0, 0.5])), [9.0, 0.25])
    y = plugrad.square(t([True, False], None))
    assert y.dtype is plugrad.int64
    assert y.tolist() == [1, 0]


def test_float_power(t):
    y = plugrad.float_power(t([4], plugrad.int64), 0.5)
    assert y.dtype is plugrad.float64
    assert y.tolist() == [2.0]
    assert plugrad.float_power(2, t([3.0], plugrad.float32)).dtype is plugrad.float64
    with pytest.raises(RuntimeError, match=r"^the base given to float_power_ has dtype Float but"):
        t([1.0], plugrad.float32).float_power_(2)


def test_roots_at_zero(t):
    x = t([0.0, 4.0], requires_grad=True)
    y = x.sqrt()
    assert_equal(y, [0.0, 2.0])
    y.sum().backward()
    assert_equal(x.grad, [inf, 0.25])
    x = t([0.0, 4.0], requires_grad=True)
    y = x.rsqrt()
    assert_equal(y, [inf, 0.5])
    y.sum().backward()
    assert_equal(x.grad, [-inf, -0.0625])


def test_hypot_does_not_overflow(t):
    x, y = t([3e200, 0.0], requires_grad=True), t([4e200, 0.0], requires_grad=True)
    length = plugrad.hypot(x, y)
    assert_close(length / 1e200, [5.0, 0.0], 1e-14)
    length.sum().backward()
    assert_close(x.grad, [0.6, nan], 1e-14)
    assert_close(y.grad, [0.8, nan], 1e-14)
