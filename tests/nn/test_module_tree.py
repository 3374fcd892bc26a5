"""Walking a tree of modules, looking up by name, and acting on all of it."""

from __future__ import annotations

import pytest

from tests.support.library import raises, torch

nn = torch.nn


def tree():
    """root.a.b, with root.c the same module as root.a.b."""
    root = nn.Module()
    root.a = nn.Module()
    root.a.b = nn.Linear(2, 1)
    root.c = root.a.b
    root.none = nn.ReLU()
    root.none = None
    root.w = nn.Parameter(torch.ones(1))
    root.tied = root.w
    root.register_buffer("steps", torch.zeros(1))
    root.a.register_buffer("steps", root.steps)
    return root


def names(pairs):
    return [name for name, _ in pairs]


def test_children():
    root = tree()
    assert names(root.named_children()) == ["a", "c"]
    assert list(root.children()) == [root.a, root.c]
    twice = nn.Sequential(root.c, root.c)
    assert names(twice.named_children()) == ["0"]


def test_modules():
    root = tree()
    assert names(root.named_modules()) == ["", "a", "a.b"]
    assert names(root.named_modules(prefix="net")) == ["net", "net.a", "net.a.b"]
    assert names(root.named_modules(remove_duplicate=False)) == ["", "a", "a.b", "c"]
    assert list(root.modules()) == [root, root.a, root.c]
    assert names(root.named_modules(memo={root.a})) == ["", "c"]


def test_parameters():
    root = tree()
    assert names(root.named_parameters()) == ["w", "a.b.weight", "a.b.bias"]
    assert names(root.named_parameters(recurse=False)) == ["w"]
    assert names(root.named_parameters(prefix="net", recurse=False)) == ["net.w"]
    assert names(root.named_parameters(remove_duplicate=False)) == [
        "w",
        "tied",
        "a.b.weight",
        "a.b.bias",
        "c.weight",
        "c.bias",
    ]
    assert [tuple(p.shape) for p in root.parameters()] == [(1,), (1, 2), (1,)]


def test_equal_parameters_are_not_the_same():
    module = nn.Module()
    module.a, module.b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    assert names(module.named_parameters()) == ["a", "b"]


def test_buffers():
    root = tree()
    assert names(root.named_buffers()) == ["steps"]
    assert names(root.named_buffers(remove_duplicate=False)) == ["steps", "a.steps"]
    assert list(root.buffers(recurse=False)) == [root.steps]


def test_lookups():
    root = tree()
    assert root.get_submodule("") is root
    assert root.get_submodule("a.b") is root.c
    assert root.get_parameter("a.b.weight") is root.c.weight
    assert root.get_buffer("a.steps") is root.steps


@pytest.mark.parametrize(
    ("look_up", "text"),
    [
        (lambda root: root.get_submodule("a.x"), "Module has no attribute `x`"),
        (lambda root: root.get_submodule("w"), "`w` is not an nn.Module"),
        (lambda root: root.get_parameter("a.b.x"), "Linear has no attribute `x`"),
        (lambda root: root.get_parameter("steps"), "`steps` is not an nn.Parameter"),
        (lambda root: root.get_buffer("x"), "Module has no attribute `x`"),
        (lambda root: root.get_buffer("w"), "`w` is not a buffer"),
    ],
)
def test_lookups_that_fail(look_up, text):
    with raises(AttributeError, text):
        look_up(tree())


def test_set_submodule():
    root = tree()
    root.set_submodule("a.b", nn.ReLU())
    root.set_submodule("new", nn.Tanh())
    assert repr(root.a.b) == "ReLU()"
    assert repr(root.new) == "Tanh()"
    with raises(ValueError, "Cannot set the submodule without a target name!"):
        root.set_submodule("", nn.ReLU())
    with raises(ValueError, "`module` is not an nn.Module, found <class 'int'>"):
        root.set_submodule("a.b", 1)
    with raises(AttributeError, "Module has no attribute `x`"):
        root.set_submodule("a.x", nn.ReLU(), strict=True)
    with raises(AttributeError, "`w` is not an nn.Module"):
        root.set_submodule("w", nn.ReLU())


def test_apply_visits_children_first():
    root = tree()
    seen = []
    assert root.apply(seen.append) is root
    assert seen == [root.c, root.a, root.c, root]


def test_train_and_eval():
    root = tree()
    assert root.eval() is root
    assert [module.training for module in root.modules()] == [False] * 3
    root.train()
    assert [module.training for module in root.modules()] == [True] * 3
    with raises(ValueError, "training mode is expected to be boolean"):
        root.train(1)


def test_requires_grad_():
    root = tree()
    assert root.requires_grad_(False) is root
    assert not any(p.requires_grad for p in root.parameters())


def test_zero_grad():
    layer = nn.Linear(2, 1)
    layer(torch.ones(2)).sum().backward()
    grad = layer.weight.grad
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is grad
    assert grad.tolist() == [[0, 0]]
    layer.zero_grad()
    assert layer.weight.grad is None
    assert layer.bias.grad is None
    layer.zero_grad(set_to_none=False)


def test_zero_grad_in_place_cuts_a_recorded_gradient_off():
    module = nn.Module()
    module.w = nn.Parameter(torch.ones(2))
    (module.w.grad,) = torch.autograd.grad((module.w**3).sum(), module.w, create_graph=True)
    assert module.w.grad.grad_fn is not None
    module.zero_grad(set_to_none=False)
    assert module.w.grad.grad_fn is None
    assert not module.w.grad.requires_grad
    assert module.w.grad.tolist() == [0, 0]
