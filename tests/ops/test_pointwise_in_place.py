"""In-place forms: the function's result, refused before anything is written, and PyTorch's dtype rules."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal, values

UNARY = {
    "abs_": (-1.5, 2.0),
    "neg_": (-1.5, 2.0),
    "negative_": (-1.5, 2.0),
    "exp_": (-1.0, 1.0),
    "exp2_": (-1.0, 1.0),
    "expm1_": (-1.0, 1.0),
    "log_": (0.5, 2.0),
    "log1p_": (0.5, 2.0),
    "log2_": (0.5, 2.0),
    "log10_": (0.5, 2.0),
    "sqrt_": (0.5, 2.0),
    "rsqrt_": (0.5, 2.0),
    "square_": (-0.5, 2.0),
    "reciprocal_": (-0.5, 2.0),
    "sin_": (-0.5, 2.0),
    "cos_": (-0.5, 2.0),
    "tan_": (-0.5, 1.0),
    "asin_": (-0.5, 0.5),
    "acos_": (-0.5, 0.5),
    "atan_": (-0.5, 2.0),
    "sinh_": (-0.5, 2.0),
    "cosh_": (-0.5, 2.0),
    "tanh_": (-0.5, 2.0),
    "asinh_": (-0.5, 2.0),
    "acosh_": (1.5, 2.0),
    "atanh_": (-0.5, 0.5),
    "arctan_": (-0.5, 2.0),
    "sigmoid_": (-0.5, 2.0),
    "relu_": (-0.5, 2.0),
    "erf_": (-0.5, 2.0),
    "floor_": (-0.5, 2.5),
    "ceil_": (-0.5, 2.5),
    "round_": (-0.5, 2.6),
    "trunc_": (-0.5, 2.5),
    "fix_": (-0.5, 2.5),
    "frac_": (-0.5, 2.25),
    "sign_": (-0.5, 2.0),
    "sgn_": (-0.5, 2.0),
    "deg2rad_": (-0.5, 2.0),
    "rad2deg_": (-0.5, 2.0),
    "nan_to_num_": (-0.5, 2.0),
}

OTHERS = {
    "add_": ((2.0,), {}),
    "sub_": ((2.0,), {"alpha": 3}),
    "mul_": ((2.0,), {}),
    "div_": ((2.0,), {"rounding_mode": "floor"}),
    "true_divide_": ((2.0,), {}),
    "pow_": ((3,), {}),
    "remainder_": ((0.4,), {}),
    "fmod_": ((0.4,), {}),
    "copysign_": ((-1.0,), {}),
    "xlogy_": ((2.0,), {}),
    "clamp_": ((-0.25, 0.25), {}),
    "clip_": ((), {"max": 0.0}),
    "clamp_min_": ((0.0,), {}),
    "clamp_max_": ((0.0,), {}),
    "round_": ((), {"decimals": 1}),
}


@pytest.fixture
def t(device):
    """Make a tensor on the chosen backend."""

    def make(values, dtype=None, requires_grad=False):
        return plugrad.tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)

    return make


def _outcome(t, numbers, name, args, options, in_place):
    """The value, and the gradient of a product with it, of an op on what was computed from a leaf."""
    leaf = t(list(numbers), plugrad.float64, requires_grad=True)
    x = leaf * 1.0
    y = getattr(x, name if in_place else name[:-1])(*args, **options)
    assert (y is x) is in_place
    if y.requires_grad:
        (y * y).sum().backward()
    return values(y), values(leaf.grad)


@pytest.mark.parametrize("name", UNARY)
def test_unary(t, name):
    for changed, computed in zip(
        _outcome(t, UNARY[name], name, (), {}, True),
        _outcome(t, UNARY[name], name, (), {}, False),
        strict=True,
    ):
        np.testing.assert_array_equal(changed, computed)


@pytest.mark.parametrize("name", OTHERS)
def test_with_arguments(t, name):
    args, options = OTHERS[name]
    for changed, computed in zip(
        _outcome(t, (-0.5, 2.0), name, args, options, True),
        _outcome(t, (-0.5, 2.0), name, args, options, False),
        strict=True,
    ):
        np.testing.assert_array_equal(changed, computed)


@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "pow_", "atan2_", "hypot_", "lerp_", "addcmul_"])
def test_gradients_of_both_operands(t, name):
    found = []
    for in_place in (True, False):
        a = t([0.5, 2.0], plugrad.float64, requires_grad=True)
        b = t([1.5, 3.0], plugrad.float64, requires_grad=True)
        args = {"lerp_": (b, 0.25), "addcmul_": (b, b)}.get(name, (b,))
        y = getattr(a * 1.0, name if in_place else name[:-1])(*args)
        y.backward(t([1.0, 2.0], plugrad.float64))
        found.append([values(y), values(a.grad), values(b.grad)])
    np.testing.assert_array_equal(found[0], found[1])


def test_operators(t):
    x = t([7.0, 9.0])
    same = x
    x += 1
    x -= 2
    x *= 3
    x /= 2
    x //= 2
    x **= 2
    x %= 5
    assert same is x
    assert_close(x, [((v + 1 - 2) * 3 / 2 // 2) ** 2 % 5 for v in (7.0, 9.0)])
    assert x._version == 7


class TestDtypes:
    @pytest.mark.parametrize(
        "change",
        [
            lambda x: x.add_(1.5),
            lambda x: x.mul_(plugrad.tensor(1.5, device=x.device)),
            lambda x: x.div_(2),
            lambda x: x.exp_(),
            lambda x: x.sigmoid_(),
            lambda x: x.pow_(0.5),
            lambda x: x.clamp_(0.5),
        ],
    )
    def test_a_result_of_a_higher_kind_is_refused(self, t, change):
        x = t([1, 2])
        with pytest.raises(RuntimeError, match=r"^result type Float can't be cast to the desired output type Long"):
            change(x)
        assert_equal(x, [1, 2])
        assert x._version == 0

    def test_a_lower_kind_is_converted(self, t):
        x = t([1.0, 2.0])
        x += t([1, 2])
        x *= t([2.0, 2.0], plugrad.float64)
        assert x.dtype is plugrad.float32
        assert x.dtype is x.device.backend.dtype_of(x.raw)
        assert_equal(x, [4.0, 8.0])

    def test_rounding_division_keeps_integers(self, t):
        x = t([7, -7])
        x //= 2
        assert_equal(x, [3, -4])
        assert_equal(t([7, -7]).div_(2, rounding_mode="trunc"), [3, -3])


class TestRefusals:
    def test_leaf(self, t):
        x = t([1.0], requires_grad=True)
        for change in (
            lambda: x.add_(1),
            lambda: x.sigmoid_(),
            lambda: x.clamp_(0),
            lambda: x.lerp_(x.detach(), 0.5),
        ):
            with pytest.raises(RuntimeError, match=r"^a leaf Variable that requires grad is being used in an in-place"):
                change()
        assert x.item() == 1.0

    def test_shape_may_not_grow(self, t):
        x = t([[1.0, 2.0]])
        with pytest.raises(
            RuntimeError, match=r"^output with shape \[1, 2\] doesn't match the broadcast shape \[3, 2\]"
        ):
            x.add_(t([[1.0], [2.0], [3.0]]))
        assert_equal(x, [[1.0, 2.0]])

    def test_foreign_operand(self, t):
        with pytest.raises(TypeError, match=r"^mul_\(\): argument 'other' \(position 2\) must be Tensor, not str"):
            t([1.0]).mul_("a")

    def test_boolean_subtraction(self, t):
        with pytest.raises(RuntimeError, match=r"^Subtraction, the `-` operator, with a bool tensor is not supported"):
            t([1.0]).sub_(t([True]))

    def test_integer_to_a_negative_power(self, t):
        x = t([2])
        with pytest.raises(RuntimeError, match=r"^Integers to negative integer powers are not allowed\."):
            x **= -1
        assert x.item() == 2


@pytest.mark.parametrize("name", ["eq_", "lt_", "logical_and_"])
def test_comparisons_leave_no_stale_gradient(t, name):
    x = t([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    getattr(y, name)(t([3.0, 1.0]))
    y.sum().backward()
    assert_equal(x.grad, [0.0, 0.0])
