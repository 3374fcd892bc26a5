"""Hooks around a module's forward and backward."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import torch, warns

nn = torch.nn


def double() -> Any:
    layer = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(2.0)
    return layer


def x(value: float = 3.0) -> Any:
    return torch.tensor([[value]], requires_grad=True)


def test_forward_pre_hook_sees_and_replaces_the_input() -> None:
    layer, seen = double(), []

    def hook(module: Any, args: Any) -> Any:
        seen.append((module is layer, len(args)))
        return args[0] + 1

    layer.register_forward_pre_hook(hook)
    assert layer(x()).item() == 8.0
    assert seen == [(True, 1)]


def test_forward_pre_hook_may_return_a_tuple() -> None:
    layer = double()
    layer.register_forward_pre_hook(lambda module, args: (args[0] * 10,))
    assert layer(x()).item() == 60.0


def test_forward_pre_hook_with_keywords() -> None:
    class Scale(nn.Module):
        def forward(self, x: Any, factor: float = 1.0) -> Any:
            return x * factor

    layer = Scale()
    layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {"factor": 5.0}), with_kwargs=True)
    assert layer(x(), factor=2.0).item() == 15.0


def test_forward_hook_sees_and_replaces_the_output() -> None:
    layer, seen = double(), []

    def hook(module: Any, args: Any, output: Any) -> Any:
        seen.append((args[0].item(), output.item()))
        return output + 1

    layer.register_forward_hook(hook)
    assert layer(x()).item() == 7.0
    assert seen == [(3.0, 6.0)]


def test_forward_hook_with_keywords() -> None:
    class Scale(nn.Module):
        def forward(self, x: Any, factor: float = 1.0) -> Any:
            return x * factor

    layer, seen = Scale(), []
    layer.register_forward_hook(lambda module, args, kwargs, output: seen.append(kwargs), with_kwargs=True)
    layer(x(), factor=2.0)
    assert seen == [{"factor": 2.0}]


def test_hooks_run_in_order_and_may_be_put_first() -> None:
    layer, seen = double(), []
    layer.register_forward_hook(lambda *_: seen.append("a"))
    layer.register_forward_hook(lambda *_: seen.append("b"))
    layer.register_forward_hook(lambda *_: seen.append("first"), prepend=True)
    layer(x())
    assert seen == ["first", "a", "b"]


def test_removed_hooks_do_not_run() -> None:
    layer, seen = double(), []
    handles = [
        layer.register_forward_hook(lambda *_: seen.append("forward")),
        layer.register_forward_pre_hook(lambda *_: seen.append("pre")),
        layer.register_full_backward_hook(lambda *_: seen.append("backward")),
    ]
    for handle in handles:
        handle.remove()
    layer(x()).sum().backward()
    assert seen == []


def test_always_called_forward_hook() -> None:
    class Fails(nn.Module):
        def forward(self, x: Any) -> Any:
            raise KeyError("no")

    layer, seen = Fails(), []
    layer.register_forward_hook(lambda *_: seen.append("called"), always_call=True)
    with pytest.raises(KeyError):
        layer(x())
    assert seen == ["called"]


def test_full_backward_hook_sees_gradients() -> None:
    layer, seen = double(), []

    def hook(module: Any, grad_input: Any, grad_output: Any) -> None:
        seen.append((grad_input[0].item(), grad_output[0].item()))

    layer.register_full_backward_hook(hook)
    start = x()
    (layer(start) * 5).sum().backward()
    assert seen == [(10.0, 5.0)]
    assert start.grad.item() == 10.0
    assert layer.weight.grad.item() == 15.0


def test_full_backward_hook_replaces_the_gradient_of_the_input() -> None:
    layer = double()
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 100,))
    start = x()
    layer(start).sum().backward()
    assert start.grad.item() == 200.0
    assert layer.weight.grad.item() == 3.0


def test_full_backward_hook_without_input_gradients() -> None:
    layer, seen = double(), []
    layer.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go[0].item())))
    with warns(UserWarning, "Full backward hook is firing when gradients are computed with respect to module outputs"):
        layer(torch.tensor([[3.0]])).sum().backward()
    assert seen == [((None,), 1.0)]


def test_full_backward_pre_hook_replaces_the_gradient_of_the_output() -> None:
    layer = double()
    layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 7,))
    start = x()
    layer(start).sum().backward()
    assert start.grad.item() == 14.0
    assert layer.weight.grad.item() == 21.0


def test_hooks_of_children_run_inside() -> None:
    net, seen = nn.Sequential(double(), double()), []
    for name, module in net.named_modules():
        module.register_forward_pre_hook(lambda *_, name=name: seen.append("in " + name))
        module.register_forward_hook(lambda *_, name=name: seen.append("out " + name))
    assert net(x()).item() == 12.0
    assert seen == ["in ", "in 0", "out 0", "in 1", "out 1", "out "]


def test_hooks_are_not_called_by_forward_itself() -> None:
    layer, seen = double(), []
    layer.register_forward_hook(lambda *_: seen.append(1))
    layer.forward(x())
    assert seen == []
