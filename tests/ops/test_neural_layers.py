"""layer_norm, embedding and dropout's op: values, gradients, special values, large arrays, on the chosen backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import plugrad
import plugrad.nn.functional as F
from plugrad.core import ops, registry
from plugrad.core.namespace import DEFINITIONS
from tests.support.compare import assert_close, assert_equal


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape))


def leaf(values: Any, device: str, dtype: Any = plugrad.float64) -> Any:
    values = np.asarray(values)
    return plugrad.tensor(values.tolist(), dtype=dtype, device=device).reshape(values.shape).requires_grad_()


def whole(values: Any, device: str) -> Any:
    values = np.asarray(values, dtype=np.int64)
    return plugrad.tensor(values.tolist(), dtype=plugrad.int64, device=device).reshape(values.shape)


# -- layer_norm


def layer_norm(x: np.ndarray, w: Any, b: Any, g: np.ndarray, ndim: int, eps: float) -> tuple[np.ndarray, ...]:
    """The result, and the gradients of x, weight and bias, of rows one by one."""
    inner = x.shape[x.ndim - ndim :]
    rows, grads = x.reshape(-1, math.prod(inner)), g.reshape(-1, math.prod(inner))
    w = np.ones(inner) if w is None else w
    b = np.zeros(inner) if b is None else b
    y, dx, dw, db = np.empty_like(rows), np.empty_like(rows), np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for i, (row, grad) in enumerate(zip(rows, grads, strict=True)):
        scale = 1 / np.sqrt(row.var() + eps)
        normal = (row - row.mean()) * scale
        y[i] = normal * w.reshape(-1) + b.reshape(-1)
        h = grad * w.reshape(-1)
        dx[i] = scale * (h - h.mean() - normal * (h * normal).mean())
        dw += grad * normal
        db += grad
    return y.reshape(x.shape), dx.reshape(x.shape), dw.reshape(inner), db.reshape(inner)


@pytest.mark.parametrize(("weighted", "biased"), [(True, True), (True, False), (False, False), (False, True)])
@pytest.mark.parametrize(("shape", "ndim"), [((4, 3), 1), ((2, 4, 3), 2), ((2, 4, 3), 1), ((3,), 1), ((4, 1), 1)])
def test_layer_norm(shape: tuple[int, ...], ndim: int, weighted: bool, biased: bool, device: str) -> None:
    inner = shape[len(shape) - ndim :]
    x, g = draw(*shape), draw(*shape, seed=1)
    w = draw(*inner, seed=2) if weighted else None
    b = draw(*inner, seed=3) if biased else None
    inputs, weight, bias = (None if a is None else leaf(a, device) for a in (x, w, b))
    y = F.layer_norm(inputs, inner, weight, bias, eps=1e-3)
    assert type(y.grad_fn).__name__ == "NativeLayerNormBackward0"
    y.backward(leaf(g, device).detach())
    expected = layer_norm(x, w, b, g, ndim, 1e-3)
    assert_close(y, expected[0], 1e-12)
    for t, e in zip((inputs, weight, bias), expected[1:], strict=True):
        if t is not None:
            assert_close(t.grad, e, 1e-12)


def test_layer_norm_to_third_order(device: str) -> None:
    inputs = leaf(draw(3, 4), device), leaf(draw(4, seed=1), device), leaf(draw(4, seed=2), device)

    def f(*t: Any) -> Any:
        return F.layer_norm(t[0], (4,), t[1], t[2])

    assert plugrad.autograd.gradcheck(f, inputs)
    assert plugrad.autograd.gradgradcheck(f, inputs)

    def second(t: Any) -> Any:
        (g,) = plugrad.autograd.grad((f(t, *inputs[1:]) ** 3).sum(), t, create_graph=True)
        (h,) = plugrad.autograd.grad((g**2).sum(), t, create_graph=True)
        return h

    assert plugrad.autograd.gradcheck(second, inputs[:1], atol=1e-3, rtol=1e-3)


def test_layer_norm_second_order_of_the_weight_alone(device: str) -> None:
    x, w = leaf(draw(3, 4), device).detach(), leaf(draw(4, seed=1), device)
    (g,) = plugrad.autograd.grad((F.layer_norm(x, (4,), w) ** 3).sum(), w, create_graph=True)
    (h,) = plugrad.autograd.grad(g.sum(), w)
    normal = F.layer_norm(x, (4,))
    assert_close(h, (6 * w.detach() * normal**3).sum(0), 1e-12)


def test_layer_norm_of_equal_values(device: str) -> None:
    x = leaf(np.full((2, 3), 7.0), device)
    y = F.layer_norm(x, (3,))
    assert_equal(y, np.zeros((2, 3)))
    y.sum().backward()
    assert_equal(x.grad, np.zeros((2, 3)))


def test_layer_norm_of_an_infinity(device: str) -> None:
    x = leaf([[math.inf, 0.0, 1.0], [0.0, 1.0, 2.0]], device)
    y = F.layer_norm(x, (3,))
    y.sum().backward()
    assert np.isnan(np.array(y.tolist())).tolist() == [[True] * 3, [False] * 3]
    assert np.isnan(np.array(x.grad.tolist())).tolist() == [[True] * 3, [False] * 3]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
def test_layer_norm_of_nothing(shape: tuple[int, int], device: str) -> None:
    x, w, b = leaf(np.zeros(shape), device), leaf(np.ones(shape[1]), device), leaf(np.ones(shape[1]), device)
    y = F.layer_norm(x, shape[1:], w, b)
    y.sum().backward()
    assert tuple(y.shape) == tuple(x.grad.shape) == shape
    assert_equal(w.grad, np.zeros(shape[1]))
    assert_equal(b.grad, np.zeros(shape[1]))


def test_layer_norm_far_from_zero(device: str) -> None:
    """The variance is of the centred values: it does not vanish beside a large mean."""
    x = leaf([[1e4 - 1, 1e4, 1e4 + 1]], device, plugrad.float32)
    assert_close(F.layer_norm(x, (3,), eps=0.0), [[-math.sqrt(1.5), 0.0, math.sqrt(1.5)]], 1e-5)


def test_layer_norm_of_integers(device: str) -> None:
    with pytest.raises(NotImplementedError, match="\"LayerNormKernelImpl\" not implemented for 'Long'"):
        F.layer_norm(whole([[1, 2]], device), (2,))


@pytest.mark.parametrize(
    "wanted", [(True, True, True), (True, False, False), (False, True, True), (False, False, True)]
)
@pytest.mark.parametrize(("shape", "ndim"), [((700, 600), 1), ((9000, 30), 1), ((5, 9, 8000), 1), ((40, 90, 120), 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_layer_norm_in_parts(shape: tuple[int, ...], ndim: int, wanted: Any, dtype: str) -> None:
    """The fused kernels of many rows, threads included, against the generic definitions."""
    inner = shape[len(shape) - ndim :]
    x, g, w, b = (
        a.astype(dtype)
        for a in (2 + 3 * draw(*shape), draw(*shape, seed=1), draw(*inner, seed=2), draw(*inner, seed=3))
    )
    xp = registry.resolve("cpu").xp
    tolerance = 1e-4 if dtype == "float32" else 1e-11
    for weight, bias in ((w, b), (None, None)):
        y, mean, rstd = xp.layer_norm(x, weight, bias, ndim=ndim, eps=1e-5)
        double = [None if a is None else a.astype("f8") for a in (x, weight, bias)]
        exact = DEFINITIONS["layer_norm"](xp, *double, ndim=ndim, eps=1e-5)
        for found, expected in zip((y, mean, rstd), exact, strict=True):
            assert found.dtype == x.dtype
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        found = xp.layer_norm_backward(g, x, weight, mean, rstd, ndim=ndim, eps=1e-5, wanted=wanted)
        exact = DEFINITIONS["layer_norm_backward"](
            xp, g.astype("f8"), double[0], double[1], ndim=ndim, eps=1e-5, wanted=wanted
        )
        assert len(found) == len(exact) == sum(wanted)
        for a, e in zip(found, exact, strict=True):
            assert a.dtype == x.dtype
            scale = max(1.0, np.abs(e).max())
            np.testing.assert_allclose(a / scale, e / scale, rtol=tolerance, atol=tolerance)


def test_layer_norm_of_half_precision() -> None:
    x = plugrad.tensor((100 * draw(4, 50)).astype("float16")).requires_grad_()
    w = plugrad.ones(50, dtype=plugrad.float16).requires_grad_()
    y = F.layer_norm(x, (50,), w)
    exact = layer_norm(x.raw.astype("f8"), None, None, np.ones((4, 50)), 1, 1e-5)
    np.testing.assert_allclose(y.raw, exact[0], rtol=2**-9, atol=1e-3)
    y.sum().backward()
    assert y.dtype is x.grad.dtype is w.grad.dtype is plugrad.float16


# -- embedding


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0,), (0, 2), (1, 1)])
@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_embedding(shape: tuple[int, ...], dtype: str, device: str) -> None:
    w, g = draw(5, 3), draw(*shape, 3, seed=1)
    index = np.random.default_rng(2).integers(0, 5, shape)
    table = leaf(w, device)
    y = F.embedding(whole(index, device).to(getattr(plugrad, dtype)), table)
    assert type(y.grad_fn).__name__ == "EmbeddingBackward0"
    assert_equal(y, w[index])
    y.backward(leaf(g, device).detach())
    expected = np.zeros((5, 3))
    np.add.at(expected, index.reshape(-1), g.reshape(-1, 3))
    assert_close(table.grad, expected, 1e-12)


@pytest.mark.parametrize("padding", [1, -1, 3])
@pytest.mark.parametrize("by_frequency", [False, True])
def test_embedding_gradient_options(padding: int, by_frequency: bool, device: str) -> None:
    index, g = np.array([[1, 1, 4], [0, 1, 4]]), draw(2, 3, 2, seed=1)
    table = leaf(draw(5, 2), device)
    y = F.embedding(whole(index, device), table, padding_idx=padding, scale_grad_by_freq=by_frequency)
    expected = np.zeros((5, 2))
    np.add.at(expected, index.reshape(-1), g.reshape(-1, 2))
    if by_frequency:
        expected /= np.maximum(np.bincount(index.reshape(-1), minlength=5), 1)[:, None]
    expected[padding] = 0
    y.backward(leaf(g, device).detach())
    assert_close(table.grad, expected, 1e-12)


@pytest.mark.parametrize("options", [{}, {"padding_idx": 1}, {"scale_grad_by_freq": True}], ids=str)
def test_embedding_second_order_is_linear_in_the_gradient(options: dict[str, Any], device: str) -> None:
    table, index = leaf(draw(5, 2), device), whole([1, 1, 4, 0], device)
    seed = leaf(draw(4, 2, seed=1), device)

    def gradient(s: Any) -> Any:
        y = F.embedding(index, table, **options)
        (g,) = plugrad.autograd.grad(y, table, s, create_graph=True)
        return g

    assert plugrad.autograd.gradcheck(gradient, (seed,))
    assert plugrad.autograd.gradgradcheck(lambda t: F.embedding(index, t) ** 2, (table,))


@pytest.mark.parametrize("bad", [5, -1, 1 << 40])
def test_embedding_out_of_range(bad: int, device: str) -> None:
    with pytest.raises(IndexError) as info:
        F.embedding(whole([0, bad], device), leaf(draw(5, 2), device))
    assert str(info.value).split("\n")[0] == "index out of range in self"


def test_large_embedding() -> None:
    rng = np.random.default_rng(4)
    w, index = draw(3000, 40).astype("f"), rng.zipf(1.4, (50, 60)) % 3000
    g = draw(50, 60, 40, seed=1).astype("f")
    table = plugrad.tensor(w).requires_grad_()
    y = F.embedding(plugrad.tensor(index), table)
    np.testing.assert_array_equal(y.raw, w[index])
    y.backward(plugrad.tensor(g))
    expected = np.zeros((3000, 40))
    np.add.at(expected, index.reshape(-1), g.reshape(-1, 40).astype("f8"))
    np.testing.assert_allclose(table.grad.raw, expected, rtol=1e-4, atol=1e-4)


# -- dropout


def test_dropout_mask(device: str) -> None:
    keep = np.random.default_rng(5).random((3, 4)) < 0.5
    mask = plugrad.tensor(keep.tolist(), device=device)
    x = leaf(draw(3, 4), device)
    y = ops.dropout_mask(x, mask, scale=2.0)
    assert type(y.grad_fn).__name__ == "MulBackward0"
    assert_close(y, draw(3, 4) * keep * 2, 1e-12)
    y.sum().backward()
    assert_close(x.grad, keep * 2.0, 1e-12)


def test_dropped_nan_stays_nan(device: str) -> None:
    x = leaf([math.nan, math.inf, 1.0], device)
    y = ops.dropout_mask(x, plugrad.zeros(3, dtype=plugrad.bool, device=device), scale=2.0)
    assert_equal(y, [math.nan, math.nan, 0.0])
