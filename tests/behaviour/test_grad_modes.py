"""Grad modes as context managers, as decorators, as functions; under generators, threads and asyncio."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.library import torch


def leaf() -> Any:
    return torch.ones(2, requires_grad=True)


def enabled() -> bool:
    return torch.is_grad_enabled()


def test_no_grad() -> None:
    x = leaf()
    with torch.no_grad():
        y = x * 2
        assert not enabled()
    assert enabled()
    assert not y.requires_grad
    assert y.grad_fn is None
    assert y.is_leaf
    assert (x * 2).requires_grad


def test_enable_grad_inside_no_grad() -> None:
    with torch.no_grad():
        with torch.enable_grad():
            assert (leaf() * 2).requires_grad
        assert not enabled()


def test_mode_is_restored_after_an_exception() -> None:
    with pytest.raises(KeyError), torch.no_grad():
        raise KeyError
    assert enabled()


def test_leaf_made_under_no_grad_requires_grad() -> None:
    with torch.no_grad():
        assert leaf().requires_grad


@pytest.mark.parametrize("flag", [False, True])
def test_set_grad_enabled_as_a_context(flag: bool) -> None:
    with torch.set_grad_enabled(flag):
        assert enabled() is flag
        assert (leaf() * 2).requires_grad is flag
    assert enabled()


def test_set_grad_enabled_as_a_function() -> None:
    try:
        torch.set_grad_enabled(False)
        assert not enabled()
    finally:
        torch.set_grad_enabled(True)
    assert enabled()


@pytest.mark.parametrize("decorator", ["no_grad", "no_grad()", "inference_mode()"])
def test_decorated_function(decorator: str) -> None:
    name = decorator.removesuffix("()")
    wrap = getattr(torch, name)() if decorator.endswith("()") else getattr(torch, name)

    @wrap
    def double(x: Any) -> Any:
        """Twice x."""
        return x * 2

    assert not double(leaf()).requires_grad
    assert double.__name__ == "double"
    assert double.__doc__ == "Twice x."
    assert enabled()
    assert not double(leaf()).requires_grad  # decorators are used again and again


def test_decorated_recursion() -> None:
    @torch.no_grad()
    def depth(n: int) -> list[bool]:
        return [enabled()] + (depth(n - 1) if n else [])

    assert depth(3) == [False] * 4
    assert enabled()


def test_enable_grad_as_a_decorator() -> None:
    @torch.enable_grad()
    def double(x: Any) -> Any:
        return x * 2

    with torch.no_grad():
        assert double(leaf()).requires_grad


def test_set_grad_enabled_as_a_decorator() -> None:
    @torch.set_grad_enabled(False)
    def double(x: Any) -> Any:
        return x * 2

    assert enabled()
    assert not double(leaf()).requires_grad


def test_decorated_method_is_bound() -> None:
    class Model:
        factor = 3

        @torch.no_grad()
        def scale(self, x: Any) -> Any:
            return x * self.factor

    assert Model().scale(leaf()).tolist() == [3.0, 3.0]


def test_decorated_generator_leaves_the_caller_its_mode() -> None:
    @torch.no_grad()
    def numbers() -> Iterator[bool]:
        for _ in range(2):
            yield enabled()

    assert [(inside, enabled()) for inside in numbers()] == [(False, True), (False, True)]
    assert enabled()


def test_decorated_generator_takes_what_is_sent_and_thrown() -> None:
    @torch.no_grad()
    def echo() -> Any:
        got = None
        while True:
            try:
                got = yield (got, enabled())
            except KeyError:
                got = "caught"

    generator = echo()
    assert next(generator) == (None, False)
    assert generator.send(5) == (5, False)
    assert generator.throw(KeyError) == ("caught", False)
    generator.close()
    assert enabled()


def test_nested_modes() -> None:
    seen = []
    with torch.no_grad():
        with torch.enable_grad():
            with torch.no_grad():
                seen.append(enabled())
            seen.append(enabled())
        seen.append(enabled())
    assert seen == [False, True, False]


# --- inference mode


def test_inference_mode() -> None:
    x = leaf()
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not enabled()
        y = x * 2
        assert y.is_inference()
        assert not y.requires_grad
    assert not torch.is_inference_mode_enabled()
    assert not x.is_inference()
    assert y.is_inference()


def test_inference_mode_that_is_off() -> None:
    with torch.inference_mode(False):
        assert enabled()
        assert (leaf() * 2).requires_grad


def test_inference_mode_inside_and_out() -> None:
    with torch.inference_mode():
        with torch.inference_mode(mode=False):
            assert enabled()
            assert (leaf() * 2).requires_grad
        assert torch.is_inference_mode_enabled()


def test_inference_tensor_has_no_version() -> None:
    with torch.inference_mode():
        x = torch.ones(2)
        x.add_(1)
        assert x.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        x._version  # noqa: B018 - the access is the test


def test_clone_of_an_inference_tensor_is_normal() -> None:
    with torch.inference_mode():
        x = torch.ones(2)
    y = x.clone()
    assert not y.is_inference()
    w = leaf()
    (w * y).sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_inference_tensor_without_gradients_is_usable() -> None:
    with torch.inference_mode():
        x = torch.ones(2)
    assert (x + 1).tolist() == [2.0, 2.0]
    w = leaf()
    assert (w + x).requires_grad  # nothing of x is saved


# --- threads and tasks


def test_mode_belongs_to_its_thread() -> None:
    seen = {}
    inside, leave = threading.Event(), threading.Event()

    def worker() -> None:
        seen["at start"] = enabled()
        with torch.no_grad():
            inside.set()
            leave.wait(10)
            seen["inside"] = enabled()

    thread = threading.Thread(target=worker)
    thread.start()
    inside.wait(10)
    seen["main"] = enabled()
    leave.set()
    thread.join()
    assert seen == {"at start": True, "main": True, "inside": False}


def test_new_thread_starts_with_gradients() -> None:
    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_backward_in_many_threads() -> None:
    xs = [torch.full((10,), float(i), requires_grad=True) for i in range(8)]

    def work(x: Any) -> None:
        for _ in range(20):
            (x * x).sum().backward()

    threads = [threading.Thread(target=work, args=(x,)) for x in xs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, x in enumerate(xs):
        assert x.grad.tolist() == [20 * 2.0 * i] * 10


def test_graph_made_in_one_thread_runs_in_another() -> None:
    x = leaf()
    y = (x * x).sum()
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    assert x.grad.tolist() == [2.0, 2.0]
