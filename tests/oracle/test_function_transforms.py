"""Function transforms of whole functions beside PyTorch's: nested, over layers, decompositions, sorts and reads by index."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from plugrad.core import tree
from tests.oracle.harness import ours, real

# PyTorch's forward mode warns of what it uses inside, and of what it has no rule for.
pytestmark = pytest.mark.filterwarnings("ignore")

CASES: dict[str, Callable[[Any], Any]] = {}


def case(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES[function.__name__] = function
    return function


def draw(lib: Any, *shape: int, scale: float = 1.0) -> Any:
    return lib.tensor(scale * np.random.default_rng(sum(shape)).normal(size=shape))


@case
def gradients_of_a_network_by_sample(lib: Any) -> Any:
    f = lib.nn.functional
    weights = (draw(lib, 4, 1, 3, 3), draw(lib, 4), draw(lib, 6, 4, 3, 3), draw(lib, 3, 24))
    x, y = draw(lib, 5, 1, 12, 12), lib.tensor([0, 1, 2, 1, 0])

    def loss(p: Any, x: Any, y: Any) -> Any:
        h = f.max_pool2d(f.relu(f.conv2d(x[None], p[0], p[1])), 2)
        return f.cross_entropy(f.linear(f.conv2d(h, p[2], stride=2).tanh().flatten(1), p[3]), y[None])

    return lib.func.vmap(lib.func.grad(loss), in_dims=(None, 0, 0))(weights, x, y)


@case
def hessian_of_a_convolution(lib: Any) -> Any:
    f, x = lib.nn.functional, draw(lib, 1, 1, 6, 6)
    pooled = lambda w: f.avg_pool2d(f.conv2d(x, w).sigmoid(), 2).square().sum()  # noqa: E731 - of one line
    return lib.func.hessian(pooled)(draw(lib, 2, 1, 3, 3))


@case
def attention(lib: Any) -> Any:
    def f(q: Any, k: Any, v: Any) -> Any:
        return lib.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).square().sum()

    q = draw(lib, 3, 2, 5, 4)
    return lib.func.vmap(lib.func.grad(f, argnums=(0, 1, 2)))(q, 0.5 * q.flip(1), q.cos())


@case
def tangent_of_a_gradient(lib: Any) -> Any:
    f = lib.nn.functional
    args = (draw(lib, 6, 5), draw(lib, 5), draw(lib, 5, scale=2))
    gradient = lib.func.grad(lambda x, w, b: (f.gelu(f.layer_norm(x, (5,), w, b)) ** 2).sum(), argnums=(0, 1, 2))
    return lib.func.jvp(gradient, args, tuple(a.cos() for a in args))


@case
def embedding(lib: Any) -> Any:
    f, rows = lib.nn.functional, lib.tensor([[1, 2, 2], [0, 9, 1]])
    gradient = lib.func.grad(lambda w, i: f.embedding(i, w).sin().sum())
    return lib.func.vmap(gradient, in_dims=(None, 0))(draw(lib, 10, 3), rows)


@case
def jacobian_of_batch_norm(lib: Any) -> Any:
    f = lib.nn.functional
    return lib.func.jacrev(lambda x: f.batch_norm(x, None, None, training=True).sum(0) ** 2)(draw(lib, 4, 3, 2, 2))


@case
def hessians_of_a_recurrence(lib: Any) -> Any:
    def cell(w: Any, x: Any) -> Any:
        h = lib.zeros(4, dtype=lib.float64)
        for row in x:
            h = (row + w @ h).tanh()
        return h.sum()

    return lib.func.vmap(lib.func.hessian(cell), in_dims=(None, 0))(draw(lib, 4, 4), draw(lib, 3, 5, 4))


@case
def equations(lib: Any) -> Any:
    a = draw(lib, 3, 4, 4) + 4 * lib.eye(4, dtype=lib.float64)
    total = lambda a, b: lib.linalg.solve(a, b).sum() + lib.linalg.slogdet(a)[1]  # noqa: E731 - of one line
    return lib.func.vmap(lib.func.jacrev(total, argnums=(0, 1)))(a, draw(lib, 3, 4, 1))


@case
def decompositions(lib: Any) -> Any:
    total = lambda a: lib.linalg.svdvals(a).prod() + lib.linalg.qr(a.mT)[1].abs().sum()  # noqa: E731 - of one line
    return lib.func.vmap(lib.func.grad(total))(draw(lib, 3, 4, 5))


@case
def sorts_and_scans(lib: Any) -> Any:
    mixed = lambda x: lib.sort(x)[0] * lib.cumsum(x, 0) + lib.topk(x, 7)[0]  # noqa: E731 - of one line
    return lib.func.vmap(lib.func.jacfwd(mixed))(draw(lib, 4, 7))


@case
def resampling(lib: Any) -> Any:
    f = lib.nn.functional

    def total(x: Any, grid: Any) -> Any:
        return (
            f.grid_sample(f.interpolate(x, scale_factor=2, mode="bilinear"), grid, align_corners=False).square().sum()
        )

    return lib.func.vmap(lib.func.grad(total, argnums=(0, 1)))(
        draw(lib, 2, 1, 1, 4, 4), draw(lib, 2, 1, 3, 3, 2, scale=0.3)
    )


@case
def hessian_of_a_spectrum(lib: Any) -> Any:
    return lib.func.vmap(lib.func.hessian(lambda x: lib.fft.rfft(x).abs().square().sum()))(draw(lib, 3, 8))


@case
def scattered(lib: Any) -> Any:
    index = lib.tensor([[0, 1, 1], [2, 2, 4], [0, 0, 0]])
    total = lambda x, i, s: (x.scatter_add(0, i, s) ** 2).sum() + x.index_select(0, i).prod()  # noqa: E731 - of one line
    return lib.func.vmap(lib.func.grad(total, argnums=(0, 2)))(draw(lib, 3, 5), index, draw(lib, 3, 3))


@case
def an_ensemble(lib: Any) -> Any:
    lib.manual_seed(0)
    nn = lib.nn
    nets = [nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 2)).double() for _ in range(3)]
    state = lib.func.stack_module_state(nets)
    x = draw(lib, 5, 3)
    return lib.func.vmap(lambda p, b: lib.func.functional_call(nets[0], (p, b), (x,)))(*state)


@case
def a_layer_of_attention(lib: Any) -> Any:
    lib.manual_seed(0)
    layer, x = lib.nn.MultiheadAttention(4, 2, batch_first=True).double(), draw(lib, 2, 3, 4)
    parameters = {name: p.detach() for name, p in layer.named_parameters()}
    return lib.func.grad(lambda p: lib.func.functional_call(layer, p, (x, x, x))[0].square().sum())(parameters)


def _arrays(result: Any) -> list[np.ndarray]:
    return [x.detach().numpy() for x in tree.flatten(result)[0]]


@pytest.mark.parametrize("name", sorted(CASES))
def test_results_are_pytorchs(name: str) -> None:
    # PyTorch loads it when it is asked for.
    importlib.import_module("torch.func")
    found, wanted = _arrays(CASES[name](ours)), _arrays(CASES[name](real))
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)
