"""Backward in several threads, in tasks, and within backward."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.library import differs_from_torch, torch

THREADS, ROUNDS = 4, 1000


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads that are interrupted as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[int], None], count: int = THREADS) -> None:
    """Run ``work(i)`` in threads at once; what one raises is raised here."""
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def run(i: int) -> None:
        start.wait()
        try:
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("size", [1, 3, 3000])
@pytest.mark.usefixtures("impatient")
def test_shared_leaf_loses_no_gradient(size: int) -> None:
    rounds = ROUNDS if size < 1000 else ROUNDS // 4
    x = torch.zeros(size, requires_grad=True)
    seed = torch.ones(size)

    def work(i: int) -> None:
        for _ in range(rounds):
            (2 * x).backward(seed)

    in_threads(work)
    assert x.grad.min().item() == x.grad.max().item() == 2 * rounds * THREADS


@pytest.mark.usefixtures("impatient")
def test_shared_leaf_whose_gradient_is_there_or_not() -> None:
    """The first gradient of all is not lost either."""
    for _ in range(300):
        x, y = torch.zeros(2, requires_grad=True), torch.zeros(2, requires_grad=True)
        in_threads(lambda i, x=x, y=y: ((i + 1) * x + y).sum().backward())
        assert x.grad.tolist() == [10.0, 10.0]
        assert y.grad.tolist() == [4.0, 4.0]


@pytest.mark.usefixtures("impatient")
def test_shared_part_of_a_graph() -> None:
    x = torch.ones(3, requires_grad=True)
    hidden = x.sin().exp()
    expected = torch.autograd.grad(hidden.sum(), x, retain_graph=True)[0]

    def work(i: int) -> None:
        for _ in range(200):
            (hidden * (i + 1)).sum().backward(retain_graph=True)

    in_threads(work)
    total = 200 * sum(range(1, THREADS + 1))
    assert x.grad.tolist() == pytest.approx([total * e for e in expected.tolist()], rel=1e-4)


@pytest.mark.usefixtures("impatient")
def test_hooks_in_threads_each_see_their_own_gradient() -> None:
    seen: dict[int, set[float]] = {i: set() for i in range(THREADS)}

    def work(i: int) -> None:
        x = torch.ones(2, requires_grad=True)
        for _ in range(100):
            y = x * 1
            y.register_hook(lambda g: seen[i].add(g[0].item()))
            (y * float(i)).sum().backward()

    in_threads(work)
    assert seen == {i: {float(i)} for i in range(THREADS)}


def test_modes_of_threads_do_not_meet() -> None:
    x = torch.ones(2, requires_grad=True)
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(200):
            if i % 2:
                with torch.no_grad():
                    y = x * 2
            else:
                y = x * 2
            if y.requires_grad == bool(i % 2):
                wrong.append(i)

    in_threads(work)
    assert not wrong


def test_backward_does_not_change_the_mode_of_other_threads() -> None:
    """Hooks run without recording; a thread that works meanwhile records."""
    x = torch.ones(2, requires_grad=True)
    within, goes_on = threading.Event(), threading.Event()
    recorded: list[bool] = []

    def hook(g: Any) -> None:
        within.set()
        goes_on.wait(10)

    def other() -> None:
        within.wait(10)
        recorded.append((x * 2).requires_grad)
        goes_on.set()

    thread = threading.Thread(target=other)
    thread.start()
    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    thread.join()
    assert recorded == [True]


# -- tasks


@differs_from_torch("there all tasks of a thread have one grad mode")
def test_tasks_that_share_a_leaf() -> None:
    x = torch.zeros(2, requires_grad=True)

    async def work(i: int) -> None:
        for _ in range(100):
            y = x * float(i)
            with torch.no_grad():
                await asyncio.sleep(0)
                assert not torch.is_grad_enabled()
            assert torch.is_grad_enabled()
            y.sum().backward()

    async def both() -> None:
        await asyncio.gather(*[work(i) for i in range(4)])

    asyncio.run(both())
    assert x.grad.tolist() == [600.0, 600.0]


def test_backward_in_a_task_s_thread() -> None:
    x = torch.zeros(2, requires_grad=True)

    async def work() -> None:
        losses = [(x * 2).sum() for _ in range(20)]
        with torch.no_grad():
            # A thread of the pool has the mode of the context that it was called from, or none of its own.
            await asyncio.gather(*[asyncio.to_thread(loss.backward) for loss in losses])

    asyncio.run(work())
    assert x.grad.tolist() == [40.0, 40.0]


# -- backward within backward


class Inner(torch.autograd.Function):
    """x ** 2, differentiated by a walk of its own."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            (x * x).sum().backward()
        return g * x.grad


def test_backward_in_a_function() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (Inner.apply(x) * 3).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_backward_in_a_hook() -> None:
    x, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def hook(g: Any) -> Any:
        with torch.enable_grad():
            (other * g.detach()).sum().backward()
        return g * 2

    y = x * 3
    y.register_hook(hook)
    (y * 5).sum().backward()
    assert x.grad.tolist() == [30.0, 30.0]
    assert other.grad.tolist() == [5.0, 5.0]


def test_backward_in_a_hook_reaches_the_same_leaf() -> None:
    x = torch.ones(2, requires_grad=True)

    def hook(g: Any) -> None:
        with torch.enable_grad():
            (x * 7).sum().backward()

    y = x * 3
    y.register_hook(hook)
    y.sum().backward()
    assert x.grad.tolist() == [10.0, 10.0]


def _nested(depth: int, x: Any) -> Any:
    """x, by a backward that walks another graph within, and so on."""

    class Nested(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if not depth:
                return g
            with torch.enable_grad():
                inner = torch.ones(1, requires_grad=True)
                _nested(depth - 1, inner).backward(g.detach())
            return inner.grad

    return Nested.apply(x)


@pytest.mark.parametrize("depth", [1, 10, 60])
def test_backward_in_backward_to_some_depth(depth: int) -> None:
    x = torch.ones(1, requires_grad=True)
    _nested(depth, x).backward(torch.tensor([2.0]))
    assert x.grad.tolist() == [2.0]


def test_backward_in_a_post_accumulate_hook() -> None:
    x, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def hook(leaf: Any) -> None:
        with torch.enable_grad():
            (other * leaf.grad).sum().backward()

    x.register_post_accumulate_grad_hook(hook)
    (x * 3).sum().backward()
    assert other.grad.tolist() == [3.0, 3.0]


def test_error_in_an_inner_backward_leaves_the_outer_graph_usable() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    handle = y.register_hook(lambda g: torch.ones(2).backward())
    with pytest.raises(RuntimeError, match="does not require grad"):
        y.sum().backward(retain_graph=True)
    handle.remove()
    assert torch.is_grad_enabled()
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
