"""Products of vectors, matrices and stacks of them: values, gradients, nodes and memory, on the chosen backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad
import plugrad.nn.functional as F
from tests.support.compare import assert_close

RANKS = {
    "dot": ((3,), (3,), "DotBackward0"),
    "matrix and vector": ((2, 3), (3,), "MvBackward0"),
    "stack and vector": ((5, 2, 3), (3,), "MvBackward0"),
    "vector and matrix": ((3,), (3, 4), "MmBackward0"),
    "vector and stack": ((3,), (5, 3, 4), "Squeeze"),
    "matrices": ((2, 3), (3, 4), "MmBackward0"),
    "stack and matrix": ((5, 2, 3), (3, 4), "MmBackward0"),
    "matrix and stack": ((2, 3), (5, 3, 4), "BmmBackward0"),
    "stacks": ((5, 2, 3), (5, 3, 4), "BmmBackward0"),
    "stacks that broadcast": ((6, 1, 2, 3), (5, 3, 4), "BmmBackward0"),
    "stack of one": ((1, 2, 3), (5, 3, 4), "BmmBackward0"),
    "nothing to sum": ((2, 0), (0, 4), "MmBackward0"),
    "empty stack": ((0, 2, 3), (3, 4), "MmBackward0"),
    "no rows": ((0, 3), (3, 4), "MmBackward0"),
    "empty vectors": ((0,), (0,), "DotBackward0"),
}


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def leaf(values: np.ndarray, device: str) -> Any:
    return plugrad.tensor(values.tolist(), dtype=plugrad.float64, device=device).reshape(values.shape).requires_grad_()


def gradients_of_matmul(a: np.ndarray, b: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By vectors made matrices, products of stacks, and sums over what was broadcast."""
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if a.ndim == 1:
        g = np.expand_dims(g, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        g = np.expand_dims(g, -1)
    da, db = g @ np.swapaxes(right, -1, -2), np.swapaxes(left, -1, -2) @ g

    def summed(d: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        d = d.sum(tuple(range(d.ndim - len(shape))))
        return d.sum(tuple(i for i, n in enumerate(shape) if n == 1 != d.shape[i]), keepdims=True).reshape(shape)

    return summed(da, left.shape).reshape(a.shape), summed(db, right.shape).reshape(b.shape)


@pytest.mark.parametrize(("shape1", "shape2", "node"), RANKS.values(), ids=RANKS)
def test_matmul_of_all_ranks(shape1: Any, shape2: Any, node: str, device: str) -> None:
    a, b = draw(*shape1), draw(*shape2, seed=1)
    x, y = leaf(a, device), leaf(b, device)
    product = x @ y
    assert type(product.grad_fn).__name__.startswith(node)
    assert_close(product, a @ b, 1e-12)
    g = draw(*np.shape(a @ b), seed=2)
    product.backward(leaf(g, device).detach())
    da, db = gradients_of_matmul(a, b, g)
    assert_close(x.grad, da, 1e-12)
    assert_close(y.grad, db, 1e-12)


@pytest.mark.parametrize(("shape1", "shape2", "node"), RANKS.values(), ids=RANKS)
def test_matmul_gradchecks(shape1: Any, shape2: Any, node: str, device: str) -> None:
    if 0 in (*shape1, *shape2):
        pytest.skip("no numbers to vary")
    inputs = leaf(draw(*shape1), device), leaf(draw(*shape2, seed=1), device)
    assert plugrad.autograd.gradcheck(plugrad.matmul, inputs)
    assert plugrad.autograd.gradgradcheck(plugrad.matmul, inputs)


def test_gradient_for_one_side_only(device: str) -> None:
    a, b = leaf(draw(5, 2, 3), device), leaf(draw(3, 4), device).detach()
    (a @ b).sum().backward()
    assert b.grad is None
    assert_close(a.grad, np.broadcast_to(draw(3, 4).sum(1), (5, 2, 3)), 1e-12)


def test_what_is_not_needed_is_not_saved(device: str) -> None:
    """The factor without a gradient may change after the product, as its own value is not used in backward."""
    x, w = leaf(draw(2, 3), device).detach(), leaf(draw(3, 4), device)
    w_alone = leaf(draw(2, 3), device) @ w.detach()
    y = x @ w
    with plugrad.no_grad():
        w.zero_()
    y.sum().backward()
    assert_close(w.grad, np.broadcast_to(draw(2, 3).sum(0)[:, None], (3, 4)), 1e-12)
    del w_alone


def test_modified_factor_is_refused(device: str) -> None:
    x, w = leaf(draw(2, 3), device), leaf(draw(3, 4), device)
    y = x @ w
    with plugrad.no_grad():
        w.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_transposed_and_stepped_factors(device: str) -> None:
    a, b = draw(6, 4), draw(5, 6, seed=1)
    x, y = leaf(a, device), leaf(b, device)
    product = x[::2].t() @ y.t()[::2]
    assert_close(product, a[::2].T @ b.T[::2], 1e-12)
    product.sum().backward()
    da = np.zeros_like(a)
    da[::2] = b.T[::2].sum(1)[:, None]
    assert_close(x.grad, da, 1e-12)


def test_gradient_owns_its_memory() -> None:
    x, w, b = leaf(draw(5, 3), "cpu"), leaf(draw(4, 3), "cpu"), leaf(draw(4), "cpu")
    F.linear(x, w, b).sum().backward()
    for t in (x, w, b):
        assert t.grad.raw.base is None
        assert t.grad.raw.flags.c_contiguous


@pytest.mark.parametrize("shape", [(3,), (2, 3), (5, 2, 3), (0, 3), (2, 1, 5, 3)])
@pytest.mark.parametrize("biased", [True, False])
def test_linear(shape: tuple[int, ...], biased: bool, device: str) -> None:
    a, w, b = draw(*shape), draw(4, 3, seed=1), draw(4, seed=2)
    x, weight, bias = leaf(a, device), leaf(w, device), leaf(b, device) if biased else None
    y = F.linear(x, weight, bias)
    assert_close(y, a @ w.T + (b if biased else 0), 1e-12)
    g = draw(*shape[:-1], 4, seed=3)
    y.backward(leaf(g, device).detach())
    assert_close(x.grad, g @ w, 1e-12)
    assert_close(weight.grad, g.reshape(-1, 4).T @ a.reshape(-1, 3), 1e-12)
    if bias is not None:
        assert_close(bias.grad, g.reshape(-1, 4).sum(0), 1e-12)


@pytest.mark.parametrize("shape", [(1,), (2, 4), (2, 1), ()])
def test_linear_with_a_bias_that_broadcasts(shape: tuple[int, ...], device: str) -> None:
    x, w, b = leaf(draw(2, 3), device), leaf(draw(4, 3), device), leaf(draw(*shape), device)
    y = F.linear(x, w, b)
    assert_close(y, draw(2, 3) @ draw(4, 3).T + draw(*shape), 1e-12)
    y.sum().backward()
    assert_close(b.grad, np.full(shape, 8 / max(1, int(np.prod(shape)))), 1e-12)


def test_linear_of_one_output(device: str) -> None:
    y = F.linear(leaf(draw(2, 3), device), leaf(draw(3), device))
    assert_close(y, draw(2, 3) @ draw(3), 1e-12)


def test_node_names(device: str) -> None:
    x, w, b = leaf(draw(2, 3), device), leaf(draw(4, 3), device), leaf(draw(4), device)
    names = [type(y.grad_fn).__name__ for y in (F.linear(x, w, b), F.linear(x, w), plugrad.outer(x[0], w[0]))]
    assert names == ["AddmmBackward0", "MmBackward0", "MulBackward0"]


SUMS = {
    "addmm": (plugrad.addmm, (2, 4), (2, 3), (3, 4), np.matmul),
    "addmm of a row": (plugrad.addmm, (4,), (2, 3), (3, 4), np.matmul),
    "addmm of a number": (plugrad.addmm, (), (2, 3), (3, 4), np.matmul),
    "addmv": (plugrad.addmv, (2,), (2, 3), (3,), np.matmul),
    "addr": (plugrad.addr, (2, 3), (2,), (3,), np.outer),
    "addr of a column": (plugrad.addr, (2, 1), (2,), (3,), np.outer),
    "baddbmm": (plugrad.baddbmm, (5, 2, 4), (5, 2, 3), (5, 3, 4), np.matmul),
}


@pytest.mark.parametrize("factors", [{}, {"beta": 0.5, "alpha": -2.0}, {"beta": 0}], ids=str)
@pytest.mark.parametrize(("function", "s", "s1", "s2", "product"), SUMS.values(), ids=SUMS)
def test_sums_with_products(
    function: Any, s: Any, s1: Any, s2: Any, product: Any, factors: dict[str, float], device: str
) -> None:
    x, a, b = draw(*s), draw(*s1, seed=1), draw(*s2, seed=2)
    beta, alpha = factors.get("beta", 1), factors.get("alpha", 1)
    inputs = leaf(x, device), leaf(a, device), leaf(b, device)
    assert_close(function(*inputs, **factors), beta * x + alpha * product(a, b), 1e-12)
    assert plugrad.autograd.gradcheck(lambda *t: function(*t, **factors), inputs)


def test_beta_of_zero_leaves_nan_out(device: str) -> None:
    nan = plugrad.full((2, 2), float("nan"), device=device)
    one = plugrad.ones(2, 2, device=device)
    assert_close(plugrad.addmm(nan, one, one, beta=0), np.full((2, 2), 2.0))


def test_integer_factors_are_truncated(device: str) -> None:
    one = plugrad.ones(2, 2, dtype=plugrad.int64, device=device)
    y = plugrad.addmm(one, one, one, alpha=2.7)
    assert y.dtype is plugrad.int64
    assert y.tolist() == [[5, 5], [5, 5]]


@pytest.mark.parametrize("name", ["addmm_", "baddbmm_", "addmv_", "addr_"])
def test_sums_in_place(name: str, device: str) -> None:
    shapes = {
        "addmm_": ((2, 4), (2, 3), (3, 4)),
        "baddbmm_": ((5, 2, 4), (5, 2, 3), (5, 3, 4)),
        "addmv_": ((2,), (2, 3), (3,)),
        "addr_": ((2, 3), (2,), (3,)),
    }[name]
    x, a, b = (leaf(draw(*s, seed=i), device) for i, s in enumerate(shapes))
    out_of_place = getattr(x, name[:-1])(a, b, beta=0.5, alpha=2.0)
    y = x * 1.0
    same = getattr(y, name)(a, b, beta=0.5, alpha=2.0)
    assert same is y
    assert_close(y, out_of_place.detach(), 1e-12)
    expected = plugrad.autograd.grad(out_of_place.sum(), (x, a, b))
    for g, e in zip(plugrad.autograd.grad(y.sum(), (x, a, b)), expected, strict=True):
        assert_close(g, e, 1e-12)


def test_in_place_sum_that_would_grow(device: str) -> None:
    x, m = plugrad.ones(2, device=device), plugrad.ones(2, 2, device=device)
    with pytest.raises(RuntimeError):
        x.addmm_(m, m)
    assert x.tolist() == [1.0, 1.0]


def test_kron(device: str) -> None:
    for s1, s2 in (((2, 2), (2, 3)), ((2, 3, 2), (2,)), ((), (2,))):
        a, b = leaf(draw(*s1), device), leaf(draw(*s2, seed=1), device)
        assert_close(plugrad.kron(a, b), np.kron(draw(*s1), draw(*s2, seed=1)), 1e-12)
        assert plugrad.autograd.gradcheck(plugrad.kron, (a, b))


def test_inner(device: str) -> None:
    for s1, s2 in (((3,), (3,)), ((2, 3), (4, 3)), ((5, 2, 3), (3,)), ((), (3,))):
        a, b = leaf(draw(*s1), device), leaf(draw(*s2, seed=1), device)
        assert_close(plugrad.inner(a, b), np.inner(draw(*s1), draw(*s2, seed=1)), 1e-12)
        assert plugrad.autograd.gradcheck(plugrad.inner, (a, b))


def test_products_of_integers(device: str) -> None:
    a = plugrad.tensor([[1, 2], [3, 4]], device=device)
    for y in (a @ a, plugrad.einsum("ij,jk->ik", a, a), plugrad.tensordot(a, a, 1)):
        assert y.dtype is plugrad.int64
        assert y.tolist() == [[7, 10], [15, 22]]


def test_operator_with_something_foreign(device: str) -> None:
    x = plugrad.ones(2, 2, device=device)
    for other in (3, "a", None):
        with pytest.raises(TypeError):
            x @ other
