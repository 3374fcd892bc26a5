"""Hooks of nodes, the order of all hooks, and hooks that wait for several gradients."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch

grad = torch.autograd.grad
graph = torch.autograd.graph


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0), requires_grad=True)


def accumulator(y: Any) -> Any:
    return y.grad_fn.next_functions[0][0]


def with_all_hooks(seen: list[str]) -> tuple[Any, Any]:
    """x and y = 2 x with every kind of hook, noting when they run."""
    x = leaf()
    y = x * 2
    y.grad_fn.register_prehook(lambda g: seen.append(f"node before, retained: {y.grad is not None}"))
    y.grad_fn.register_hook(lambda g, h: seen.append("node after"))
    y.register_hook(lambda g: seen.append("tensor"))
    y.retain_grad()
    accumulator(y).register_prehook(lambda g: seen.append(f"leaf before {x.grad is not None}"))
    accumulator(y).register_hook(lambda g, h: seen.append(f"leaf after {g} {len(h)} {x.grad is not None}"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("accumulated"))
    x.register_hook(lambda g: seen.append("leaf tensor"))
    return x, y


ALL = [
    "tensor", "node before, retained: True", "node after", "leaf tensor", "leaf before False", "accumulated",
    "leaf after () 1 True",
]  # fmt: skip


def test_order_of_all_hooks() -> None:
    seen: list[str] = []
    _, y = with_all_hooks(seen)
    y.sum().backward()
    assert seen == ALL


def test_captured_gradients_run_tensor_hooks_only() -> None:
    seen: list[str] = []
    _, y = with_all_hooks(seen)
    grad(y.sum(), y)
    assert seen == ["tensor"]


def test_captured_leaf_runs_its_tensor_hooks_only() -> None:
    seen: list[str] = []
    x, y = with_all_hooks(seen)
    grad(y.sum(), x)
    assert seen == [*ALL[:3], "leaf tensor"]


def test_backward_with_inputs_accumulates_with_all_hooks() -> None:
    seen: list[str] = []
    x, y = with_all_hooks(seen)
    y.sum().backward(inputs=[x])
    assert seen == ALL


def test_captured_gradient_is_the_hooked_one_where_the_node_does_not_run() -> None:
    x = leaf()
    y = x * 2
    y.register_hook(lambda g: g * 10)
    assert grad(y.sum(), y, retain_graph=True)[0].tolist() == [10.0, 10.0]
    # where it runs, for x, PyTorch captures first
    dy, dx = grad(y.sum(), [y, x])
    assert dy.tolist() == [1.0, 1.0]
    assert dx.tolist() == [20.0, 20.0]


def test_backward_with_inputs_retains_the_gradient_of_what_is_no_leaf() -> None:
    x = leaf()
    y = x * 2
    y.sum().backward(inputs=[y])
    assert y.retains_grad
    assert y.grad.tolist() == [1.0, 1.0]
    assert x.grad is None


def test_node_hook_sees_and_replaces_what_leaves() -> None:
    x, seen = leaf(), []

    def hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> Any:
        seen.append(([None if g is None else g.tolist() for g in grad_inputs], [g.tolist() for g in grad_outputs]))
        return (grad_inputs[0] * 5, None)

    y = x * 2
    handle = y.grad_fn.register_hook(hook)
    y.sum().backward(retain_graph=True)
    assert seen == [([[2.0, 2.0], None], [[1.0, 1.0]])]
    assert x.grad.tolist() == [10.0, 10.0]
    handle.remove()
    y.sum().backward()
    assert x.grad.tolist() == [12.0, 12.0]


def test_node_prehook_replaces_what_comes_in() -> None:
    x = leaf()
    y = x * 2
    y.grad_fn.register_prehook(lambda g: (g[0] * 3,))
    y.grad_fn.register_prehook(lambda g: (g[0] + 1,))
    y.sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]


@pytest.mark.parametrize("kind", ["after", "before", "tensor", "leaf"])
def test_grad_does_not_share_memory_with_what_a_hook_returned(kind: str) -> None:
    x, w = leaf(), torch.full((2,), 7.0)
    y = x.clone()
    {
        "after": lambda: y.grad_fn.register_hook(lambda g, h: (w,)),
        "before": lambda: y.grad_fn.register_prehook(lambda g: (w,)),
        "tensor": lambda: y.register_hook(lambda g: w),
        "leaf": lambda: x.register_hook(lambda g: w),
    }[kind]()
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [7.0, 7.0]
    x.grad.zero_()
    y.sum().backward()
    assert w.tolist() == [7.0, 7.0]
    assert x.grad.tolist() == [7.0, 7.0]


def test_node_hook_can_stop_a_gradient() -> None:
    x = leaf()
    y = x * 2
    y.grad_fn.register_hook(lambda g, h: (None, None))
    y.sum().backward()
    assert x.grad is None


def test_hooks_of_a_leafs_node_change_what_is_accumulated() -> None:
    x = leaf()
    y = x * 2
    accumulator(y).register_prehook(lambda g: (g[0] * 3,))
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_hooks_of_a_leafs_node_live_as_long_as_the_graph() -> None:
    x = leaf()
    y = x * 2
    accumulator(y).register_prehook(lambda g: (g[0] * 3,))
    y.sum().backward(retain_graph=True)
    del y
    (x * 2).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]


def test_hooks_of_a_function() -> None:
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x, seen = leaf(), []
    y = Twice.apply(x)
    y.grad_fn.register_prehook(lambda g: seen.append(len(g)))
    y.grad_fn.register_hook(lambda g, h: (g[0] * 10,))
    y.sum().backward()
    assert seen == [1]
    assert x.grad.tolist() == [20.0, 20.0]


def test_outputs_without_a_gradient_are_none_to_hooks() -> None:
    x, seen = torch.ones(2, 2, requires_grad=True), []
    a, b = x.unbind(0)
    b.register_hook(lambda g: seen.append(g))
    a.grad_fn.register_prehook(lambda g: seen.append([v is None for v in g]))
    a.grad_fn.register_hook(lambda g, h: seen.append([v is None for v in h]))
    a.sum().backward()
    assert seen == [None, [False, True], [False, True]]


def test_only_differentiable_inputs_are_shown() -> None:
    x, seen = leaf(), []
    y = torch.where(torch.tensor([True, False]), x, torch.zeros(2))
    assert len(y.grad_fn.next_functions) == 2
    y.grad_fn.register_hook(lambda g, h: seen.append(len(g)))
    y.sum().backward()
    assert seen == [2]


def register(y: Any, kind: str, hook: Any) -> None:
    {"before": y.grad_fn.register_prehook, "after": y.grad_fn.register_hook}[kind](hook)


def refused_hook(kind: str, hook: Any) -> None:
    y = leaf() * 2
    register(y, kind, hook)
    y.sum().backward()


def test_what_node_hooks_return_must_fit() -> None:
    with raises(TypeError, "expected tuple, but hook returned 'Tensor'"):
        refused_hook("before", lambda g: g[0])
    with raises(TypeError, "expected tuple, but hook returned 'int'"):
        refused_hook("after", lambda g, h: 3)
    with raises(TypeError, "expected Variable, but hook returned 'int'"):
        refused_hook("after", lambda g, h: (3, None))
    with raises(RuntimeError, "hook '<lambda>' has returned an incorrect number of values (got 2, but expected 1)"):
        refused_hook("before", lambda g: (g[0], g[0]))
    with raises(RuntimeError, "hook '<lambda>' has returned an incorrect number of values (got 1, but expected 2)"):
        refused_hook("after", lambda g, h: (g[0],))
    with raises(RuntimeError, "hook '<lambda>' has changed the size of value"):
        refused_hook("after", lambda g, h: (torch.ones(3), None))
    with raises(RuntimeError, "can't replace a None gradient with a non-None value"):
        refused_hook("after", lambda g, h: (g[0], g[0]))
    with raises(
        RuntimeError,
        "hook '<lambda>' has changed the type of value (was torch.FloatTensor got torch.DoubleTensor)",
    ):
        refused_hook("before", lambda g: (g[0].double(),))


def test_node_hooks_under_create_graph_are_differentiated() -> None:
    x = leaf(3.0)
    y = x * 1
    y.grad_fn.register_prehook(lambda g: (g[0] * x,))
    (first,) = grad((y * y).sum(), x, create_graph=True)
    assert first.item() == 18.0
    assert grad(first.sum(), x)[0].item() == 6.0 + 6.0 * 3.0


def test_hooks_registered_before_an_in_place_change_see_the_old_tensor() -> None:
    x, seen = leaf(), []
    y = x * 2
    y.register_hook(lambda g: seen.append(("old", g.tolist())))
    y.retain_grad()
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("new", g.tolist())))
    y.sum().backward()
    assert seen == [("new", [1.0, 1.0]), ("old", [3.0, 3.0])]
    assert y.grad.tolist() == [1.0, 1.0]  # retain_grad follows the tensor


# --- several tensors


def watched(mode: str = "all") -> tuple[Any, ...]:
    a, b, seen = leaf(1.0), leaf(2.0), []
    c, d = a * b, a * b
    show = (lambda gs: seen.append([g is not None for g in gs])) if mode == "all" else (lambda g: seen.append(g.item()))
    handle = graph.register_multi_grad_hook((a, b, c, d), show, mode=mode)
    return a, c, d, seen, handle


def test_multi_grad_hook_waits_for_those_that_are_computed() -> None:
    a, c, d, seen, handle = watched()
    c.sum().backward(retain_graph=True)
    c.sum().backward(inputs=(a,), retain_graph=True)
    (c + d).sum().backward(retain_graph=True)
    grad(c.sum(), c, retain_graph=True)
    assert seen == [
        [True, True, True, False],
        [True, False, True, False],
        [True, True, True, True],
        [False, False, True, False],
    ]
    handle.remove()
    c.sum().backward()
    assert len(seen) == 4


@differs_from_torch("PyTorch can't tell in autograd.grad whether a leaf's gradient is computed, and raises")
def test_multi_grad_hook_with_leaves_in_grad() -> None:
    a, c, _, seen, _ = watched()
    grad(c.sum(), a)
    assert seen == [[True, False, True, False]]


def test_multi_grad_hook_on_the_first_gradient() -> None:
    a, c, _, seen, handle = watched("any")
    c.sum().backward(retain_graph=True)
    (3 * c).sum().backward(retain_graph=True)
    grad(c.sum(), a, retain_graph=True)
    assert seen == [1.0, 3.0, 1.0]
    handle.remove()
    c.sum().backward()
    assert len(seen) == 3


def test_multi_grad_hook_with_an_output_that_gets_no_gradient() -> None:
    x, seen = torch.ones(2, 2, requires_grad=True), []
    a, b = x.unbind(0)
    graph.register_multi_grad_hook([a, b], lambda gs: seen.append([g is not None for g in gs]))
    a.sum().backward()
    assert seen == [[True, False]]


def test_multi_grad_hook_refuses() -> None:
    with raises(ValueError, "Expects mode to be one of ('all', 'any') but got some"):
        graph.register_multi_grad_hook([leaf()], lambda g: None, mode="some")
    with raises(AssertionError, "Expected gradient function to be set"):
        graph.register_multi_grad_hook([torch.ones(2)], lambda g: None)
    graph.register_multi_grad_hook([torch.ones(2)], lambda g: None, mode="any").remove()


def test_backward_within_a_hook_is_a_walk_of_its_own() -> None:
    a, b, seen = leaf(1.0), leaf(2.0), []
    c = a * b

    def inner(g: Any) -> None:
        with torch.enable_grad():
            z = leaf(5.0)
            (z * z).sum().backward()
            seen.append(z.grad.item())

    c.register_hook(inner)
    graph.register_multi_grad_hook((a, b), lambda gs: seen.append(len(gs)))
    c.sum().backward()
    assert seen == [10.0, 2]


# --- memory


@differs_from_torch("PyTorch's nodes hold what they close over in C++")
def test_hooks_make_no_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        a, c, d, _, handle = watched()
        node = c.grad_fn
        node.register_hook(lambda g, h: None)
        accumulator(c).register_hook(lambda g, h: None)
        (c + d).sum().backward()
        kept = [weakref.ref(v) for v in (a, c, d, node, accumulator(c))]
        del a, c, d, node, handle
        assert [r() for r in kept] == [None] * 5
    finally:
        gc.enable()


def test_handles_can_be_removed_from_within_a_hook() -> None:
    x, seen = leaf(), []
    y = x * 2

    def once(g: Any) -> None:
        seen.append("once")
        handle.remove()

    handle = y.register_hook(once)
    y.register_hook(lambda g: seen.append("always"))
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert seen == ["once", "always", "always"]


def test_error_of_a_hook_leaves_the_modes_as_they_were() -> None:
    y = leaf() * 2
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.sum().backward()
    assert torch.is_grad_enabled()
