"""where, maximum and minimum, clamp, rounding, nan_to_num: also at ties, bounds, nan and infinity."""

from __future__ import annotations

import math
import warnings

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


class TestWhere:
    def test_numbers(self, t):
        condition = t([True, False])
        for a, b, dtype in ((1.0, 2.0, plugrad.float32), (1, 2, plugrad.int64), (1, 2.5, plugrad.float32)):
            y = plugrad.where(condition, a, b)
            assert y.dtype is dtype
            assert_equal(y, [a, b])
        assert plugrad.where(condition, True, False).dtype is plugrad.bool

    def test_a_number_and_a_tensor(self, t):
        condition, x = t([True, False]), t([5.0, 6.0], requires_grad=True)
        y = plugrad.where(condition, x, 0)
        assert y.dtype is plugrad.float32
        assert_equal(y, [5.0, 0.0])
        y.sum().backward()
        assert_equal(x.grad, [1.0, 0.0])
        assert plugrad.where(condition, t([1, 2]), 2.5).dtype is plugrad.float32
        assert_equal(plugrad.where(condition, -1, t([1, 2])), [-1, 2])

    def test_promotes(self, t):
        y = plugrad.where(t([True, False]), t([1, 2]), t([0.5, 1.5], plugrad.float64))
        assert y.dtype is plugrad.float64
        assert_equal(y, [1.0, 1.5])

    def test_method(self, t):
        assert_equal(t([1.0, 2.0]).where(t([True, False]), 0.0), [1.0, 0.0])
        assert_equal(t([1.0, 2.0]).where(t([True, False]), t([3.0, 4.0])), [1.0, 4.0])

    def test_gradient_of_what_is_not_taken_is_exactly_zero(self, t):
        """A product with the mask would make nan of an infinite gradient."""
        x = t([1.0, 2.0], requires_grad=True)
        plugrad.where(t([True, False]), x, 0.0).backward(t([1.0, inf]))
        assert_equal(x.grad, [1.0, 0.0])

    def test_large_random_masks(self, t):
        random = np.random.default_rng(0)
        mask = random.random(5000) < 0.5
        a = random.standard_normal(5000)
        b = random.standard_normal(5000)
        a[::7], b[::5], a[::11], b[::13] = nan, inf, -0.0, -inf
        for dtype in ("float32", "float64"):
            ours = [t(v.tolist(), getattr(plugrad, dtype)) for v in (a, b)]
            x, y = a.astype(dtype), b.astype(dtype)
            condition = t(mask.tolist())
            assert_equal(plugrad.where(condition, *ours), np.where(mask, x, y))
            assert_equal(plugrad.where(condition, ours[0], 1.5), np.where(mask, x, 1.5))
            assert_equal(plugrad.where(condition, 1.5, ours[1]), np.where(mask, 1.5, y))

    def test_condition_must_be_boolean(self, t):
        with pytest.raises(
            RuntimeError,
            match=r"^where expected condition to be a boolean tensor, but got a tensor with dtype Float",
        ):
            plugrad.where(t([1.0]), 1, 0)
        with pytest.raises(TypeError, match=r"^where\(\) received an invalid combination of arguments - got \(bool, "):
            plugrad.where(True, t([1.0]), t([1.0]))
        with pytest.raises(
            TypeError, match=r"^where\(\) received an invalid combination .* got \(Tensor, str, float\)"
        ):
            plugrad.where(t([True]), "a", 1.0)

    def test_bytes_are_taken_with_a_warning(self, t):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            y = plugrad.where(t([1, 0], plugrad.uint8), 1.0, 2.0)
        assert_equal(y, [1.0, 2.0])
        assert [str(w.message)[:46] for w in seen] == ["where received a uint8 condition tensor. This "]


class TestMaximum:
    @pytest.mark.parametrize("op", [plugrad.maximum, plugrad.minimum])
    def test_ties_share_the_gradient(self, t, op):
        a, b = t([1.0, nan, 1.0], requires_grad=True), t([1.0, 1.0, 2.0], requires_grad=True)
        y = op(a, b)
        assert_equal(y, [1.0, nan, 2.0 if op is plugrad.maximum else 1.0])
        y.sum().backward()
        first, second = (0.0, 1.0) if op is plugrad.maximum else (1.0, 0.0)
        assert_equal(a.grad, [0.5, 1.0, first])
        assert_equal(b.grad, [0.5, 1.0, second])

    @pytest.mark.parametrize("op", [plugrad.fmax, plugrad.fmin])
    def test_the_first_takes_all_and_nan_nothing(self, t, op):
        a, b = t([1.0, nan, 1.0], requires_grad=True), t([1.0, 1.0, nan], requires_grad=True)
        y = op(a, b)
        assert_equal(y, [1.0, 1.0, 1.0])
        y.sum().backward()
        assert_equal(a.grad, [1.0, 0.0, 1.0])
        assert_equal(b.grad, [0.0, 1.0, 0.0])

    def test_booleans(self, t):
        a, b = t([True, True, False]), t([True, False, False])
        assert_equal(plugrad.maximum(a, b), [True, True, False])
        assert_equal(plugrad.minimum(a, b), [True, False, False])
        assert plugrad.maximum(a, b).dtype is plugrad.bool

    def test_takes_tensors_only(self, t):
        with pytest.raises(TypeError, match=r"^maximum\(\): argument 'other' \(position 2\) must be Tensor, not float"):
            plugrad.maximum(t([1.0]), 2.0)


class TestClamp:
    def test_bounds(self, t):
        x = t([-2.0, 0.5, 3.0, nan])
        assert_equal(x.clamp(-1, 1), [-1.0, 0.5, 1.0, nan])
        assert_equal(x.clamp(min=0), [0.0, 0.5, 3.0, nan])
        assert_equal(x.clamp(max=0.25), [-2.0, 0.25, 0.25, nan])
        assert_equal(plugrad.clip(x, t([-1.0]), t([0.0, 1.0, 2.0, 3.0])), [-1.0, 0.5, 2.0, nan])
        assert_equal(x.clamp_min(1), [1.0, 1.0, 3.0, nan])
        assert_equal(x.clamp_max(t([0.0])), [-2.0, 0.0, 0.0, nan])

    def test_gradient_at_the_bounds_is_one(self, t):
        x = t([-1.0, 0.0, 1.0, -2.0, 2.0, nan], requires_grad=True)
        x.clamp(-1, 1).sum().backward()
        assert_equal(x.grad, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0])

    def test_gradients_of_tensors_as_bounds(self, t):
        x, low, high = (
            t(v, requires_grad=True) for v in ([-2.0, 0.0, 2.0, 0.0], [-1.0, 0.0, -1.0, 1.0], [1.0, 1.0, 1.0, -1.0])
        )
        y = x.clamp(low, high)
        assert_equal(y, [-1.0, 0.0, 1.0, -1.0])
        y.sum().backward()
        assert_equal(x.grad, [0.0, 1.0, 0.0, 0.0])
        assert_equal(low.grad, [1.0, 0.0, 0.0, 0.0])
        assert_equal(high.grad, [0.0, 0.0, 1.0, 1.0])

    def test_lower_bound_above_the_upper_one(self, t):
        x = t([0.0], requires_grad=True)
        y = x.clamp(1, -1)
        assert_equal(y, [-1.0])
        y.backward()
        assert_equal(x.grad, [0.0])

    def test_integers(self, t):
        assert_equal(t([1, 5]).clamp(2, 4), [2, 4])
        assert t([1, 5]).clamp(2, 4).dtype is plugrad.int64
        assert t([1, 5]).clamp(0.5).dtype is plugrad.float32
        with pytest.raises(RuntimeError, match=r"^value cannot be converted to type int8_t without overflow"):
            t([1], plugrad.int8).clamp(max=300)

    def test_refusals(self, t):
        with pytest.raises(RuntimeError, match=r"^plugrad\.clamp: At least one of 'min' or 'max' must not be None"):
            t([1.0]).clamp()
        with pytest.raises(TypeError, match=r"got \(Tensor, max=int, min=Tensor\), but expected one of:"):
            plugrad.clamp(t([1.0]), min=t([1.0]), max=2)

    def test_infinite_gradients_stop_at_the_bounds(self, t):
        x = t([5.0, 0.0], requires_grad=True)
        x.clamp(-1, 1).backward(t([inf, inf]))
        assert_equal(x.grad, [0.0, inf])


class TestRounding:
    def test_halves_go_to_the_even_neighbour(self, t):
        x = t([0.5, 1.5, 2.5, -0.5, -1.5])
        assert_equal(x.round(), [0.0, 2.0, 2.0, -0.0, -2.0])
        assert_equal(x.floor(), [0.0, 1.0, 2.0, -1.0, -2.0])
        assert_equal(x.ceil(), [1.0, 2.0, 3.0, -0.0, -1.0])
        assert_equal(x.trunc(), [0.0, 1.0, 2.0, -0.0, -1.0])
        assert_equal(x.frac(), [0.5, 0.5, 0.5, -0.5, -0.5])

    def test_decimals(self, t):
        assert_equal(plugrad.round(t([1.25, -0.375], plugrad.float64), decimals=1), [1.2, -0.4])
        assert_equal(plugrad.round(t([1234.5, -50.0], plugrad.float64), decimals=-2), [1200.0, -0.0])

    @pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
    def test_integers_are_their_own(self, t, name):
        x = t([1, -2])
        y = getattr(x, name)()
        assert y.dtype is plugrad.int64
        assert_equal(y, [1, -2])
        y += 1
        assert_equal(x, [1, -2])

    @pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round", "sign"])
    def test_gradient_is_zero(self, t, name):
        x = t([0.3, 1.0], requires_grad=True)
        y = getattr(x, name)()
        assert y.requires_grad
        y.sum().backward()
        assert_equal(x.grad, [0.0, 0.0])


class TestNanToNum:
    def test_values(self, t):
        x = t([nan, inf, -inf, 1.5], plugrad.float64)
        largest = np.finfo("float64").max
        assert_equal(plugrad.nan_to_num(x), [0.0, largest, -largest, 1.5])
        assert_equal(x.nan_to_num(1.0, 2.0, 3.0), [1.0, 2.0, 3.0, 1.5])
        assert_equal(plugrad.nan_to_num(t([inf])), [np.finfo("float32").max])
        assert_equal(plugrad.nan_to_num(t([1, 2])), [1, 2])
        assert_equal(plugrad.nan_to_num(t([True])), [True])

    def test_gradient_of_what_was_replaced_is_zero(self, t):
        x = t([nan, inf, -inf, 1.5], requires_grad=True)
        plugrad.nan_to_num(x).backward(t([1.0, 1.0, inf, 2.0]))
        assert_equal(x.grad, [0.0, 0.0, 0.0, 2.0])
