"""softmax and log_softmax: values, special values, shapes and large arrays, on the chosen backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import plugrad
import plugrad.nn.functional as F
from tests.support.compare import assert_close, assert_equal

INF, NAN = math.inf, math.nan


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape))


def leaf(values: Any, device: str, dtype: Any = plugrad.float64) -> Any:
    values = np.asarray(values)
    return plugrad.tensor(values.tolist(), dtype=dtype, device=device).reshape(values.shape).requires_grad_()


def reference(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_values_and_gradients(axis: int, scale: float, device: str) -> None:
    values = scale * draw(2, 3, 4)
    g = draw(2, 3, 4, seed=1)
    p = reference(values, axis)
    x = leaf(values, device)
    y = x.softmax(axis)
    assert_close(y, p, 1e-12)
    y.backward(leaf(g, device).detach())
    assert_close(x.grad, p * (g - (g * p).sum(axis, keepdims=True)), 1e-12)
    x = leaf(values, device)
    y = x.log_softmax(axis)
    shifted = values - values.max(axis, keepdims=True)
    assert_close(y, shifted - np.log(np.exp(shifted).sum(axis, keepdims=True)), 1e-12)
    y.backward(leaf(g, device).detach())
    assert_close(x.grad, g - p * g.sum(axis, keepdims=True), 1e-12)


SPECIAL = {
    "all -inf": ([-INF, -INF], [NAN, NAN], [NAN, NAN], [NAN, NAN]),
    "one -inf": ([-INF, 0.0], [0.0, 1.0], [-INF, 0.0], [0.0, 0.0]),
    "+inf": ([INF, 0.0], [NAN, NAN], [NAN, NAN], [NAN, NAN]),
    "nan": ([NAN, 0.0], [NAN, NAN], [NAN, NAN], [NAN, NAN]),
    "huge": ([1e300, -1e300], [1.0, 0.0], [0.0, -2e300], [0.0, 0.0]),
}


@pytest.mark.parametrize(("x", "softmax", "log_softmax", "gradient"), SPECIAL.values(), ids=SPECIAL)
@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 1)])
def test_special_values(x: Any, softmax: Any, log_softmax: Any, gradient: Any, shape: Any, device: str) -> None:
    values, axis = np.reshape(x, shape), 0 if shape == (2, 1) else -1
    inputs = leaf(values, device)
    y = inputs.softmax(axis)
    assert_equal(y, np.reshape(softmax, shape))
    (g,) = plugrad.autograd.grad(y.sum(), inputs)
    assert_equal(g, np.reshape(gradient, shape))
    y = inputs.log_softmax(axis)
    assert_equal(y, np.reshape(log_softmax, shape))
    (g,) = plugrad.autograd.grad(y.reshape(2)[1], inputs)
    if x[0] == -INF and x[1] == 0.0:
        assert_equal(g, np.reshape([0.0, 0.0], shape))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (2, 0, 3)])
def test_empty(shape: tuple[int, ...], device: str) -> None:
    for axis in range(len(shape)):
        for name in ("softmax", "log_softmax"):
            x = leaf(np.zeros(shape), device)
            y = getattr(x, name)(axis)
            y.sum().backward()
            assert tuple(y.shape) == tuple(x.grad.shape) == shape


def test_of_a_number(device: str) -> None:
    for axis in (0, -1):
        x = leaf(3.0, device)
        assert_equal(x.softmax(axis), 1.0)
        y = x.log_softmax(axis)
        assert_equal(y, 0.0)
        y.backward()
        assert_equal(x.grad, 0.0)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_dtype(name: str, device: str) -> None:
    x = plugrad.tensor([[1, 2], [3, 4]], device=device)
    function = getattr(plugrad, name)
    assert function(x, 1, dtype=plugrad.float32).dtype is plugrad.float32
    assert function(x.float(), 1, dtype=plugrad.float64).dtype is plugrad.float64
    with pytest.raises(NotImplementedError, match=f"\"{name}_lastdim_kernel_impl\" not implemented for 'Long'"):
        function(x, 1)


def test_refused(device: str) -> None:
    x = plugrad.ones(2, device=device)
    with pytest.raises(IndexError, match=r"expected to be in range of \[-1, 0\], but got 1"):
        x.softmax(1)
    with pytest.raises(TypeError, match=r"argument 'dim' \(position 2\) must be int, not NoneType"):
        plugrad.softmax(x, None)
    with pytest.raises(TypeError, match=r"argument 'input' \(position 1\) must be Tensor, not list"):
        plugrad.softmax([1.0], 0)


def test_softmin(device: str) -> None:
    values = draw(2, 3)
    assert_close(F.softmin(leaf(values, device), 1), reference(-values, 1), 1e-12)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_gradients_of_any_order(name: str, device: str) -> None:
    x = leaf(draw(2, 3), device)
    assert plugrad.autograd.gradcheck(lambda t: getattr(t, name)(1), (x,))
    assert plugrad.autograd.gradgradcheck(lambda t: getattr(t, name)(1), (x,))

    def second(t: Any) -> Any:
        (g,) = plugrad.autograd.grad((getattr(t, name)(1) ** 3).sum(), t, create_graph=True)
        (h,) = plugrad.autograd.grad((g**2).sum(), t, create_graph=True)
        return h

    assert plugrad.autograd.gradcheck(second, (x,), atol=1e-4)


@pytest.mark.parametrize("shape", [(400, 1000), (30000, 11), (6, 60000), (3, 5, 30000), (70000, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_arrays_in_parts(shape: tuple[int, ...], dtype: str) -> None:
    """What one core computes in parts, and several, is what a small array's kernel gives row by row."""
    values = (4 * draw(*shape)).astype(dtype)
    g = draw(*shape, seed=1).astype(dtype)
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for axis in range(len(shape)):
        exact, exact_g = values.astype(np.float64), g.astype(np.float64)
        p = reference(exact, axis)
        for name in ("softmax", "log_softmax"):
            x = plugrad.tensor(values).requires_grad_()
            y = getattr(x, name)(axis)
            y.backward(plugrad.tensor(g))
            assert y.raw.dtype == x.grad.raw.dtype == values.dtype
            expected, slope = p, p * (exact_g - (exact_g * p).sum(axis, keepdims=True))
            if name == "log_softmax":
                expected, slope = np.log(p), exact_g - p * exact_g.sum(axis, keepdims=True)
            np.testing.assert_allclose(y.raw, expected, rtol=tolerance, atol=tolerance)
            scale = max(1.0, np.abs(slope).max())
            np.testing.assert_allclose(x.grad.raw / scale, slope / scale, rtol=tolerance, atol=tolerance)


def test_half_precision_is_computed_in_single() -> None:
    values = (4 * draw(30, 700)).astype("float16")
    p = reference(values.astype(np.float64), 1)
    x = plugrad.tensor(values).requires_grad_()
    for y, expected in ((x.softmax(1), p), (x.log_softmax(1), np.log(p))):
        assert y.dtype is plugrad.float16
        # Half a unit in the last place: nothing was rounded on the way.
        np.testing.assert_allclose(y.raw, expected, rtol=2**-10, atol=2**-24)
        y.sum().backward()
        assert x.grad.dtype is plugrad.float16


@pytest.mark.parametrize("size", [(3, 4), (500, 700)])
def test_layouts(size: tuple[int, int]) -> None:
    values = draw(*size)
    for laid in (values.T, values[::2], values[:, ::-1], np.broadcast_to(values[:1], size), np.asfortranarray(values)):
        for axis in (0, 1):
            # Through `raw`, so that the kernel sees these strides.
            x = plugrad.tensor(0.0).device
            np.testing.assert_allclose(x.xp.softmax(laid, axis=axis), reference(laid, axis), rtol=1e-12)
            log_p = x.xp.log_softmax(laid, axis=axis)
            np.testing.assert_allclose(np.exp(log_p), reference(laid, axis), rtol=1e-12)
            back = x.xp.softmax_backward(laid, np.exp(log_p), axis=axis)
            expected = np.exp(log_p) * (laid - (laid * np.exp(log_p)).sum(axis, keepdims=True))
            np.testing.assert_allclose(back, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("function", [plugrad.softmax, plugrad.log_softmax])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (3, 2, 20)])
def test_results_lie_in_order_along_every_axis(function, shape):
    """What follows may ask for a view of another shape."""
    x = plugrad.zeros(shape)
    for axis in range(len(shape)):
        assert function(x, axis).view(-1).shape == (x.numel(),)
