"""No reference cycle from views, in-place changes, out=, nested walks and threads; activations go as backward does.

The garbage collector is off: what is freed is freed by reference counting.
"""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.library import AGAINST_TORCH, differs_from_torch, torch


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf() -> Any:
    return torch.ones(2, 3, requires_grad=True)


def viewed(x: Any) -> Any:
    y = x * 2
    rows = y.unbind()
    y[0].mul_(3)
    return y, rows, y.t()[1:], y.view(-1)


def outdated(x: Any) -> Any:
    y = x * 2
    part = y.chunk(2)[0]
    with torch.no_grad():
        lonely = y[0]
        y.mul_(2)
    return y, part, lonely


def reshaped(x: Any) -> Any:
    y = x * 2
    row = y[0]
    y.t_()
    y.unsqueeze_(0)
    row.mul_(2)
    return y, row


def detached(x: Any) -> Any:
    y = x * 2
    d = y.detach()
    d[0] = 5.0
    e = d.view(-1)
    e.add_(1)
    return y, d, e


def assigned(x: Any) -> Any:
    y = torch.zeros(2, 3)
    y[0] = x[1]
    y[:, 1] = 2.0
    y[torch.tensor([1])] = x[:1]
    y.masked_fill_(y > 1, 0.5)
    y.copy_(y * 2)
    return y


def into(x: Any) -> Any:
    out = torch.empty(0)
    with torch.no_grad():
        torch.exp(x, out=out)
        torch.sort(x, out=(torch.empty(0), torch.empty(0, dtype=torch.int64)))
    return out


def nested(x: Any) -> Any:
    y = x * 2

    def hook(g: Any) -> None:
        with torch.enable_grad():
            (x * 3).sum().backward()

    y.register_hook(hook)
    y.sum().backward(retain_graph=True)
    return y


def threaded(x: Any) -> Any:
    y = x * 2
    threads = [threading.Thread(target=lambda: (y * 3).sum().backward(retain_graph=True)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return y


def retained(x: Any) -> Any:
    y = x * 2
    y.retain_grad()
    y[0].mul_(2)
    y.sum().backward(retain_graph=True)
    return y


def refused(x: Any) -> Any:
    y = x * 2
    part = y.unbind()[0]
    with pytest.raises(RuntimeError):
        part.mul_(2)
    return y, part


PROGRAMS: list[Callable[[Any], Any]] = [
    viewed, outdated, reshaped, detached, assigned, into, nested, threaded, retained, refused,
]  # fmt: skip


def tensors(values: Any) -> list[Any]:
    if isinstance(values, tuple):
        return [x for value in values for x in tensors(value)]
    return [values]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_nothing_is_left(program: Callable[[Any], Any]) -> None:
    x = leaf()
    made = program(x)
    nodes = [] if AGAINST_TORCH else [y.edge[0] for y in tensors(made) if y.requires_grad and _has_node(y)]
    left = [weakref.ref(y) for y in (x, *tensors(made), *nodes)]
    del x, made, nodes
    assert [reference() for reference in left if reference() is not None] == []


def _has_node(y: Any) -> bool:
    try:
        return y.grad_fn is not None
    except RuntimeError:  # an outdated view
        return False


@differs_from_torch("looks at what is in the graph")
def test_views_that_are_gone_are_forgotten() -> None:
    x = torch.zeros(4)
    for _ in range(5):
        x.detach()[1:].add_(1)
        x[1:].add_(1)
    assert len(x.version) <= 3
    assert not x.views


@differs_from_torch("counts the bytes of NumPy's arrays")
def test_activations_go_as_backward_does(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--plugrad-backend") != "numpy":
        pytest.skip("counts the bytes of NumPy's arrays")
    size, layers = 1 << 18, 20
    megabyte = size * 4
    x = torch.zeros(size, requires_grad=True)
    y = x
    for _ in range(layers):
        y = y.tanh()
    loss = y.sum()
    del y
    tracemalloc.start()
    at_start = tracemalloc.get_traced_memory()[0]
    loss.backward()
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Made before tracing began, the activations do not count; each is freed before the next gradient is made.
    assert peak - at_start < 3.5 * megabyte
    assert now - at_start < 1.5 * megabyte


@differs_from_torch("looks at what is in the graph")
def test_nodes_let_go_in_the_order_of_the_walk() -> None:
    x = torch.ones(3, requires_grad=True)
    made = []
    y = x
    for _ in range(6):
        y = y.exp()
        made.append(y)
    nodes = [y.grad_fn for y in made]
    freed: list[list[bool]] = []
    for i, y in enumerate(made):
        y.register_hook(lambda g, i=i: freed.append([node.saved is None for node in nodes]))
    y.sum().backward()
    assert freed == [[j > i for j in range(6)] for i in reversed(range(6))]
