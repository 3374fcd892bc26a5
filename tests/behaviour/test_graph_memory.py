"""A graph of any length is walked without recursion and is gone without the garbage collector."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.library import torch


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


class Mark:
    """Left in a node's ``metadata``: PyTorch's own nodes take no weak reference."""


def watch_node(node: Any) -> weakref.ref[Mark]:
    mark = Mark()
    node.metadata["mark"] = mark
    return weakref.ref(mark)


def watch(y: Any) -> list[weakref.ref[Any]]:
    """Weak references to a tensor and to every node behind it."""
    found, stack = [weakref.ref(y)], [y.grad_fn]
    while stack:
        node = stack.pop()
        if type(node).__name__ != "AccumulateGrad":
            found.append(watch_node(node))
            stack += [following for following, _ in node.next_functions if following is not None]
    return found


def test_million_nodes_in_a_chain() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0
    assert y.item() == 1_000_001
    del y  # freeing must not recurse either


def test_long_chain_that_saves_is_freed_without_backward() -> None:
    limit = sys.getrecursionlimit()
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.0
    first = watch_node(y.grad_fn)
    del y
    assert first() is None
    assert sys.getrecursionlimit() == limit


def test_long_chain_under_create_graph() -> None:
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(5_000):
        y = y * x
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert first.item() == 5_001
    assert second.item() == 5_001 * 5_000


def test_wide_graph() -> None:
    x = leaf(1.0)
    total = torch.stack([x * i for i in range(2_000)]).sum()
    total.backward()
    assert x.grad.item() == 1999 * 2000 / 2


def make(x: Any) -> Any:
    return ((x * x).exp() + x.sin()).sum()


def test_graph_is_gone_after_del() -> None:
    x = leaf()
    y = make(x)
    alive = watch(y)
    assert len(alive) > 4
    del y
    assert [ref() for ref in alive] == [None] * len(alive)


def test_graph_is_gone_after_backward_and_del() -> None:
    x = leaf()
    y = make(x)
    alive = watch(y)
    y.backward()
    del y
    assert [ref() for ref in alive] == [None] * len(alive)


def test_saved_values_are_gone_after_backward() -> None:
    x = leaf()
    hidden = x.exp()
    y = (hidden * hidden).sum()
    ref = weakref.ref(hidden)
    del hidden
    y.backward()
    assert ref() is None
    assert y.grad_fn is not None


def test_saved_values_stay_under_retain_graph() -> None:
    x = leaf()
    y = make(x)
    y.backward(retain_graph=True)
    once = x.grad.tolist()
    y.backward()
    assert x.grad.tolist() == [2 * g for g in once]


def test_graph_of_grad_is_gone() -> None:
    x = leaf()
    y = make(x)
    alive = watch(y)
    g = torch.autograd.grad(y, x)
    del y
    assert [ref() for ref in alive] == [None] * len(alive)
    assert len(g) == 1


def test_second_order_graph_is_gone() -> None:
    x = leaf()
    y = make(x)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    alive = watch(g) + watch(y)
    h = torch.autograd.grad(g.sum(), x)
    del y, g
    assert [ref() for ref in alive] == [None] * len(alive)
    assert len(h) == 1


def test_leaf_is_gone_with_its_grad() -> None:
    x = leaf()
    make(x).backward()
    refs = [weakref.ref(x), weakref.ref(x.grad)]
    del x
    assert [ref() for ref in refs] == [None, None]


def test_edited_tensor_is_gone() -> None:
    x = leaf()
    y = x * 2
    y.mul_(3).add_(x)
    alive = watch(y)
    del y
    assert [ref() for ref in alive] == [None] * len(alive)


def test_tensor_with_hooks_is_gone() -> None:
    x = leaf()
    y = x * 2
    seen: list[Any] = []
    y.register_hook(seen.append)
    y.retain_grad()
    y.sum().backward()
    refs = [weakref.ref(y), watch_node(y.grad_fn)]
    del y
    assert [ref() for ref in refs] == [None, None]
    assert len(seen) == 1


def test_exception_in_backward_leaves_nothing_behind() -> None:
    x = leaf()
    y = x.exp()
    y.add_(1)
    ref = watch_node(y.grad_fn)
    with pytest.raises(RuntimeError):
        y.sum().backward()
    del y
    assert ref() is None


def test_nodes_refer_to_no_tensor_that_the_user_dropped() -> None:
    x = leaf()
    hidden = x + 1
    y = hidden.sum()
    ref = weakref.ref(hidden)
    del hidden
    assert ref() is None  # neither add nor sum saves it
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_training_loop_does_not_grow() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    data = torch.ones(5, 4)
    nodes = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = (model(data) ** 2).mean()
        nodes.append(watch_node(loss.grad_fn))
        loss.backward()
        optimizer.step()
    assert [ref() is None for ref in nodes] == [True] * 9 + [False]
