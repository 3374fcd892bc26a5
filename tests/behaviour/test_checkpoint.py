"""Checkpoints: the same gradients, random numbers included, from values that are computed again in backward."""

from __future__ import annotations

import gc
import importlib
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import NAME, differs_from_torch, torch

module: Any = importlib.import_module(f"{NAME}.utils.checkpoint")
checkpoint: Callable[..., Any] = module.checkpoint
grad = torch.autograd.grad
dropout = torch.nn.functional.dropout

BOTH = pytest.mark.parametrize("reentrant", [False, True])


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (0.5, 1.5), requires_grad=True)


def chain(x: Any) -> Any:
    return (x * x).sin().exp() * x


def gradient(x: Any, run: Callable[[Any], Any]) -> Any:
    x.grad = None
    run(x).sum().backward()
    return x.grad


class Calls:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.count = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.count += 1
        return self.function(*args, **kwargs)


# --- gradients


@BOTH
def test_gradients_are_the_same(reentrant: bool) -> None:
    x, calls = leaf(), Calls(chain)
    expected = gradient(x, chain)
    found = gradient(x, lambda x: checkpoint(calls, x, use_reentrant=reentrant))
    assert torch.equal(found, expected)
    assert calls.count == 2


@BOTH
def test_parameters_inside_get_their_gradients(reentrant: bool) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 3)
    x = torch.ones(2, 3, requires_grad=True)
    layer(x).tanh().sum().backward()
    expected, layer.weight.grad = layer.weight.grad, None
    checkpoint(lambda x: layer(x).tanh(), x, use_reentrant=reentrant).sum().backward()
    assert torch.equal(layer.weight.grad, expected)


@BOTH
def test_several_arguments_and_outputs(reentrant: bool) -> None:
    def function(x: Any, number: float, y: Any) -> tuple[Any, Any]:
        return x * y * number, x.exp()

    def run(call: Callable[..., Any]) -> list[Any]:
        x, y = leaf(), leaf(2.0, 3.0)
        a, b = call(x, 3.0, y)
        (a * b).sum().backward()
        return [x.grad, y.grad]

    for found, expected in zip(
        run(lambda *args: checkpoint(function, *args, use_reentrant=reentrant)), run(function), strict=True
    ):
        assert torch.equal(found, expected)


@BOTH
def test_two_backward_walks(reentrant: bool) -> None:
    x, calls = leaf(), Calls(chain)
    y = checkpoint(calls, x, use_reentrant=reentrant)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert calls.count == 3
    assert torch.allclose(x.grad, 2 * gradient(x, chain))
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.sum().backward()


def test_keyword_arguments() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda x, *, w: (x * w).exp(), x, w=w, use_reentrant=False)
    y.sum().backward()
    assert torch.allclose(w.grad, (x * y).detach())


@differs_from_torch("PyTorch computes with the changed values")
def test_tensors_in_keywords_and_nested_arguments_are_protected() -> None:
    for run in (
        lambda x, w: checkpoint(lambda x, w: (x * w).exp(), x, w=w, use_reentrant=False),
        lambda x, w: checkpoint(lambda x, ws: (x * ws[0]).exp(), x, [w], use_reentrant=False),
    ):
        w = torch.ones(2)
        y = run(leaf(), w)
        w.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_nested_arguments() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda both: (both["x"] * both["rest"][0]).exp(), {"x": x, "rest": (w, None)}, use_reentrant=False)
    y.sum().backward()
    assert torch.allclose(w.grad, (x * y).detach())


def test_derivatives_of_derivatives() -> None:
    x = leaf()

    def third(run: Callable[[Any], Any]) -> Any:
        y = run(x)
        for _ in range(3):
            (y,) = grad(y.sum(), x, create_graph=True)
        return y.detach()

    assert torch.allclose(third(lambda x: checkpoint(chain, x, use_reentrant=False)), third(chain))


def test_gradients_of_some_inputs() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda x: (x * w).exp(), x, use_reentrant=False)
    (dx,) = grad(y.sum(), x)
    assert torch.allclose(dx, (w * y).detach())
    assert w.grad is None


def test_checkpoints_within_checkpoints() -> None:
    counts = [Calls(torch.sin), Calls(torch.exp), Calls(torch.tanh)]

    def inner(x: Any) -> Any:
        return counts[0](checkpoint(lambda z: counts[1](z) * z, x * 2, use_reentrant=False))

    def nested(x: Any) -> Any:
        return counts[2](checkpoint(inner, x.exp(), use_reentrant=False)) * x

    def plain(x: Any) -> Any:
        z = x.exp() * 2
        return (z.exp() * z).sin().tanh() * x

    x = leaf(-0.5, 0.1)
    found = gradient(x, lambda x: checkpoint(nested, x, use_reentrant=False))
    assert torch.allclose(found, gradient(x, plain))
    assert counts[2].count == 2


def test_reentrant_within_reentrant() -> None:
    def nested(x: Any) -> Any:
        return checkpoint(chain, x * 2, use_reentrant=True).sin()

    x = leaf()
    with warnings.catch_warnings():
        # The outer call records nothing, so that nothing in the inner one requires a gradient.
        warnings.filterwarnings("ignore", "None of the inputs have requires_grad=True")
        found = gradient(x, lambda x: checkpoint(nested, x, use_reentrant=True))
    assert torch.allclose(found, gradient(x, lambda x: chain(x * 2).sin()))


@pytest.mark.parametrize("early_stop", [True, False])
def test_walk_within_the_function(early_stop: bool) -> None:
    def function(x: Any) -> Any:
        y = x.sin()
        (dy,) = grad(y.cos().sum(), x, create_graph=True)
        return dy * y

    x = leaf()
    expected = gradient(x, function)
    found = gradient(x, lambda x: checkpoint(function, x, use_reentrant=False, early_stop=early_stop))
    assert torch.allclose(found, expected)


def test_function_of_the_users_within() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x = leaf()
    found = gradient(x, lambda x: checkpoint(lambda x: Cube.apply(x.exp()).sin(), x, use_reentrant=False))
    assert torch.allclose(found, gradient(x, lambda x: (x.exp() ** 3).sin()))


def test_without_gradients_it_is_a_call() -> None:
    calls = Calls(chain)
    with torch.no_grad():
        y = checkpoint(calls, leaf(), use_reentrant=False)
    assert not y.requires_grad
    y = checkpoint(calls, torch.ones(2), use_reentrant=False)
    assert not y.requires_grad
    assert calls.count == 2


# --- random numbers


def noisy(x: Any) -> Any:
    return dropout(dropout(x.exp(), 0.5) * x.sin(), 0.3)


@BOTH
def test_trap_46_dropout_is_the_same_mask(reentrant: bool) -> None:
    x = torch.full((100,), 0.7, requires_grad=True)
    for seed in range(5):
        torch.manual_seed(seed)
        expected, after = gradient(x, noisy), torch.rand(2)
        torch.manual_seed(seed)
        found = gradient(x, lambda x: checkpoint(noisy, x, use_reentrant=reentrant))
        assert torch.equal(found, expected)
        assert torch.equal(torch.rand(2), after)  # and the stream goes on as if nothing had been


def test_trap_46_nested() -> None:
    def nested(x: Any) -> Any:
        return noisy(checkpoint(noisy, noisy(x), use_reentrant=False))

    x = torch.full((100,), 0.7, requires_grad=True)
    torch.manual_seed(3)
    expected = gradient(x, lambda x: noisy(noisy(noisy(x))))
    torch.manual_seed(3)
    assert torch.equal(gradient(x, lambda x: checkpoint(nested, x, use_reentrant=False)), expected)


@differs_from_torch("PyTorch puts back the default generators only, and draws another mask")
@BOTH
def test_trap_46_generators_of_ones_own(reentrant: bool) -> None:
    generator = torch.Generator(leaf().device)

    def function(x: Any) -> Any:
        return x.exp() * torch.rand(100, generator=generator)

    x = torch.full((100,), 0.7, requires_grad=True)
    generator.manual_seed(1)
    expected, after = gradient(x, function), torch.rand(2, generator=generator)
    generator.manual_seed(1)
    found = gradient(x, lambda x: checkpoint(function, x, use_reentrant=reentrant))
    assert torch.equal(found, expected)
    assert torch.equal(torch.rand(2, generator=generator), after)


def test_random_state_can_be_left_alone() -> None:
    masks = []

    def function(x: Any) -> Any:
        masks.append(torch.rand(20))
        return x.exp()

    checkpoint(function, leaf(), use_reentrant=False, preserve_rng_state=False).sum().backward()
    assert not torch.equal(*masks)


# --- sequences


@BOTH
@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_sequence(reentrant: bool, segments: int) -> None:
    torch.manual_seed(0)
    layers: list[Any] = []
    for _ in range(5):
        layers += [torch.nn.Linear(4, 4), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers)
    x = torch.ones(2, 4, requires_grad=True)

    def gradients(run: Callable[[Any], Any]) -> list[Any]:
        model.zero_grad()
        x.grad = None
        run(x).sum().backward()
        return [x.grad, *[p.grad for p in model.parameters()]]

    expected = gradients(model)
    for functions in (model, layers):
        found = gradients(
            lambda x, functions=functions: module.checkpoint_sequential(functions, segments, x, use_reentrant=reentrant)
        )
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


# --- threads and memory


def test_two_threads_walk_through_one_graph() -> None:
    x = leaf()
    y = checkpoint(chain, x, use_reentrant=False)
    (expected,) = grad(y.sum(), x, retain_graph=True)
    found: list[Any] = []

    def walk() -> None:
        found.extend([grad(y.sum(), x, retain_graph=True)[0] for _ in range(20)])

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(torch.equal(g, expected) for g in found)


@BOTH
def test_activations_are_not_kept(reentrant: bool) -> None:
    kept: list[weakref.ref[Any]] = []

    def function(x: Any) -> Any:
        for _ in range(4):
            x = x.exp()
            kept.append(weakref.ref(x))
        return x * 2

    x = leaf(-1.0, -2.0)
    y = checkpoint(function, x, use_reentrant=reentrant)
    gc.collect()
    assert [r() for r in kept] == [None] * 4
    y.sum().backward()
    gc.collect()
    assert [r() for r in kept] == [None] * len(kept)


@differs_from_torch("PyTorch's frames are freed by its garbage collector")
@BOTH
def test_no_reference_cycles(reentrant: bool) -> None:
    torch.manual_seed(0)
    gc.collect()
    gc.disable()
    try:
        x = leaf()
        held = Calls(noisy)
        y = checkpoint(held, x * 1, use_reentrant=reentrant)
        z = y.sum()
        z.backward(retain_graph=True)
        z.backward()
        kept = [weakref.ref(v) for v in (x, y, z, held)]
        del x, y, z, held
        assert [r() for r in kept] == [None] * 4
    finally:
        gc.enable()


@differs_from_torch("PyTorch's frames are freed by its garbage collector")
def test_no_reference_cycles_without_backward_and_after_errors() -> None:
    gc.collect()
    gc.disable()
    try:
        held = Calls(lambda x: checkpoint(chain, x.exp(), use_reentrant=False))
        y = checkpoint(held, leaf(), use_reentrant=False)
        kept = [weakref.ref(v) for v in (y, held)]
        del y, held
        assert [r() for r in kept] == [None] * 2
    finally:
        gc.enable()
