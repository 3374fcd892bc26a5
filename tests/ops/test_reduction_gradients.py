"""Gradients of reductions where they are easy to get wrong: ties, zeros, nothing, infinities, and the second order."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal

inf, nan = math.inf, math.nan


def leaf(values, device):
    return plugrad.tensor(values, dtype=plugrad.float64, device=device, requires_grad=True)


def gradient(function, values, device):
    x = leaf(values, device)
    y = function(x)
    y.sum().backward()
    return x.grad


SPECIAL = {
    "max of all shares ties": (lambda x: x.max(), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
    "min of all shares ties": (lambda x: x.min(), [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]),
    "max of all goes to nan": (lambda x: x.max(), [nan, 1.0, nan], [0.5, 0.0, 0.5]),
    "max along goes to the first": (lambda x: x.max(0).values, [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]),
    "min along goes to the first nan": (lambda x: x.min(0)[0], [1.0, nan, nan], [0.0, 1.0, 0.0]),
    "amax shares ties": (lambda x: x.amax(0), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
    "amax over two dimensions": (lambda x: x.amax((0, 1)), [[2.0, 2.0], [2.0, 1.0]], [[1 / 3, 1 / 3], [1 / 3, 0.0]]),
    "amax of nan": (lambda x: x.amax(), [nan, 1.0], [nan, nan]),
    "amin shares ties": (lambda x: x.amin(), [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]),
    "median shares ties": (lambda x: x.median(), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
    "median along": (lambda x: x.median(0).values, [4.0, 1.0, 3.0, 2.0], [0.0, 0.0, 0.0, 1.0]),
    "cummax goes to the last": (lambda x: x.cummax(0).values, [1.0, 1.0, 0.0], [1.0, 2.0, 0.0]),
    "cummin goes to the last": (lambda x: x.cummin(0)[0], [1.0, 1.0, 2.0], [1.0, 2.0, 0.0]),
    "std of a constant": (lambda x: x.std(), [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    "prod with one zero": (lambda x: x.prod(), [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
    "prod with two zeros": (lambda x: x.prod(), [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
    "prod along": (lambda x: x.prod(1), [[2.0, 0.0], [3.0, 4.0]], [[0.0, 2.0], [4.0, 3.0]]),
    "cumprod with a zero": (lambda x: x.cumprod(0), [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
    "cumprod with two zeros": (lambda x: x.cumprod(0), [2.0, 0.0, 0.0, 4.0], [1.0, 2.0, 0.0, 0.0]),
    "norm at 0": (lambda x: x.norm(), [0.0, 0.0], [0.0, 0.0]),
    "norm 1 at 0": (lambda x: x.norm(1), [0.0, -3.0], [0.0, -1.0]),
    "norm 3 at 0": (lambda x: x.norm(3), [0.0, 0.0], [0.0, 0.0]),
    "norm 0.5 at 0": (lambda x: x.norm(0.5), [0.0, 1.0], [0.0, 1.0]),
    "norm 0 is a count": (lambda x: x.norm(0), [0.0, 2.0], [0.0, 0.0]),
    "norm inf shares ties": (lambda x: x.norm(inf), [1.0, -1.0, 0.0], [0.5, -0.5, 0.0]),
    "norm 1 of nan": (lambda x: x.norm(1), [nan, 2.0], [0.0, 1.0]),
    "logsumexp of nothing but -inf": (lambda x: x.logsumexp(0), [-inf, -inf], [nan, nan]),
    "logsumexp with -inf": (lambda x: x.logsumexp(0), [-inf, 0.0], [0.0, 1.0]),
    "logsumexp with inf": (lambda x: x.logsumexp(0), [inf, 0.0], [nan, 0.0]),
    "logcumsumexp with -inf": (lambda x: x.logcumsumexp(0), [-inf, -inf, 0.0], [nan, nan, 1.0]),
    "logcumsumexp with inf": (lambda x: x.logcumsumexp(0), [0.0, inf, 0.0], [1.0, nan, 0.0]),
    "nansum": (lambda x: x.nansum(), [nan, 2.0], [0.0, 1.0]),
    "nanmean": (lambda x: x.nanmean(), [nan, 2.0, 4.0], [0.0, 0.5, 0.5]),
    "mean of nothing": (lambda x: x[:0].mean(), [1.0], [0.0]),
    "sum of nothing": (lambda x: x[:0].sum(), [1.0], [0.0]),
    "largest of two": (lambda x: plugrad.max(x, x.detach() + 1), [1.0], [0.0]),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_gradients(name, device):
    function, values, expected = SPECIAL[name]
    assert_close(gradient(function, values, device), expected, 1e-12)


@pytest.mark.parametrize("name", ["var", "std"])
def test_one_element_has_no_spread(name, device):
    x = leaf([1.0], device)
    with pytest.warns(UserWarning, match=rf"{name}\(\): degrees of freedom is <= 0"):
        y = getattr(x, name)()
    assert_equal(y, nan)
    y.backward()
    assert_equal(x.grad, [nan])


def hessian(function, values, device):
    x = leaf(values, device)
    (first,) = plugrad.autograd.grad(function(x), x, create_graph=True)
    rows = [plugrad.autograd.grad(g, x, retain_graph=True, allow_unused=True)[0] for g in first.unbind()]
    return np.array([np.zeros(len(values)) if row is None else row.tolist() for row in rows])


def mixed(values, i, j):
    """The product of all but the i-th and the j-th."""
    return 0.0 if i == j else math.prod(v for k, v in enumerate(values) if k not in (i, j))


@pytest.mark.parametrize(
    "values",
    [[2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 2.0, 0.0, 3.0]],
    ids=["none", "one", "two", "all", "apart"],
)
def test_second_order_of_a_product_with_zeros(values, device):
    n = len(values)
    expected = [[mixed(values, i, j) for j in range(n)] for i in range(n)]
    assert_close(plugrad.tensor(hessian(lambda x: x.prod(), values, device).tolist()), expected, 1e-6)


@pytest.mark.parametrize("values", [[2.0, 3.0, 5.0], [2.0, 0.0, 5.0, 7.0], [0.0, 0.0, 4.0], [3.0, 0.0, 2.0, 0.0]])
def test_second_order_of_a_running_product_with_zeros(values, device):
    n = len(values)
    weights = [1.0 + k for k in range(n)]
    expected = [
        [sum(weights[k] * mixed(values[: k + 1], i, j) for k in range(max(i, j), n)) for j in range(n)]
        for i in range(n)
    ]

    def function(x):
        return (x.cumprod(0) * plugrad.tensor(weights, dtype=plugrad.float64, device=device)).sum()

    assert_close(plugrad.tensor(hessian(function, values, device).tolist()), expected, 1e-6)


def test_third_order_of_a_product_with_zeros(device):
    x = leaf([0.0, 0.0, 0.0], device)
    y = x.prod()
    for i in range(3):
        (g,) = plugrad.autograd.grad(y, x, create_graph=True)
        y = g[i]
    assert_equal(y, 1.0)


def test_second_order_of_a_spread_of_nothing_is_finite(device):
    x = leaf([2.0, 2.0], device)
    (first,) = plugrad.autograd.grad(x.std(), x, create_graph=True)
    (second,) = plugrad.autograd.grad(first.sum(), x, allow_unused=True)
    assert second is None or np.isfinite(second.tolist()).all()


def test_second_order_of_logcumsumexp_where_sums_do_not_change(device):
    # exp(-40) is lost in the sum, its derivative is not.
    x = leaf([0.0, -40.0], device)
    (first,) = plugrad.autograd.grad(x.logcumsumexp(0)[1], x, create_graph=True)
    (second,) = plugrad.autograd.grad(first[1], x)
    small = math.exp(-40)
    np.testing.assert_allclose(second.tolist(), [-small, small], rtol=1e-9)


def test_gradients_of_sums_in_another_dtype_have_the_inputs_dtype(device):
    x = plugrad.ones(3, dtype=plugrad.float32, device=device, requires_grad=True)
    for y in (
        x.sum(dtype=plugrad.float64), x.mean(0, dtype=plugrad.float64), x.prod(dtype=plugrad.float64),
        x.cumsum(0, dtype=plugrad.float64).sum(), x.norm(dtype=plugrad.float64),
    ):  # fmt: skip
        x.grad = None
        y.backward()
        assert x.grad.dtype is plugrad.float32


def test_positions_require_no_gradient(device):
    x = plugrad.rand(3, device=device).requires_grad_()
    for y in (x.argmax(), x.max(0).indices, x.median(0)[1], x.cummax(0).indices, (x > 0).any(), x.count_nonzero()):
        assert not y.requires_grad


@pytest.mark.parametrize("dim", [0, 1])
def test_scans_of_long_axes(dim, device):
    """Steps of powers of two meet axes of every length."""
    random = np.random.default_rng(0)
    for n in (1, 2, 3, 4, 5, 8, 9):
        values = random.uniform(0.5, 1.5, (2, n) if dim else (n, 2))
        weights = random.normal(size=values.shape)
        for name in ("cumsum", "cumprod", "logcumsumexp"):
            x = leaf(values.tolist(), device)
            w = plugrad.tensor(weights.tolist(), dtype=plugrad.float64, device=device)
            (getattr(x, name)(dim) * w).sum().backward()
            running = {"cumsum": np.cumsum, "cumprod": np.cumprod, "logcumsumexp": np.logaddexp.accumulate}[name]

            def loss(v, running=running, weights=weights):
                return (running(v, axis=dim) * weights).sum()

            numerical = np.zeros_like(values)
            for i in np.ndindex(values.shape):
                step = np.zeros_like(values)
                step[i] = 1e-6
                numerical[i] = (loss(values + step) - loss(values - step)) / 2e-6
            assert_close(x.grad, numerical, 1e-7)
