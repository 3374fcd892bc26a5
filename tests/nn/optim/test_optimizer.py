"""Optimizer itself: groups, hooks, saving and loading."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.support.library import differs_from_torch, raises, torch, unchanged

nn = torch.nn
optim = torch.optim


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0), requires_grad=True)


def stepped(*parameters, **options):
    """An SGD with momentum that has made one step."""
    optimizer = optim.SGD(parameters, lr=0.1, momentum=0.9, **options)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return optimizer


class Plain(optim.Optimizer):
    """What users write."""

    def __init__(self, params, lr=0.5):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group["lr"])
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1


def test_a_user_s_optimizer_works():
    p = leaf(1.0)
    optimizer = Plain([p])
    p.grad = torch.ones(1)
    optimizer.step()
    assert p.tolist() == [0.5]
    assert optimizer.state_dict()["state"] == {0: {"count": 1}}


def test_required_options():
    required = __import__(optim.Optimizer.__module__, fromlist=["required"]).required
    with raises(ValueError, "parameter group didn't specify a value of required optimization parameter lr"):
        Plain([leaf()], lr=required)
    assert repr(required) == "<required parameter>"


@pytest.mark.parametrize(
    ("kind", "text", "group"),
    [
        (TypeError, "param_group must be a dict, but got <class 'list'>", lambda p: [p]),
        (
            TypeError,
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors "
            "in sets will change between runs. Please use a list instead.",
            lambda p: {"params": {leaf()}},
        ),
        (
            ValueError,
            "all optimizer params should be with/without names. Some param names are missing",
            lambda p: {"params": [leaf(), ("name", leaf())]},
        ),
        (
            ValueError,
            "all optimizer param groups should be with/without names. cannot add param group with names to "
            "the optimizer",
            lambda p: {"params": [("name", leaf())]},
        ),
        (ValueError, "some parameters appear in more than one parameter group", lambda p: {"params": p}),
        (ValueError, "can't optimize a non-leaf Tensor", lambda p: {"params": p * 2}),
        (
            TypeError,
            "optimizer can only optimize Tensors, but one of the params is str",
            lambda p: {"params": ["p"]},
        ),
    ],
)
def test_refused_groups(kind, text, group):
    p = leaf()
    optimizer = optim.SGD([p])
    with raises(kind, text):
        optimizer.add_param_group(group(p))
    assert len(optimizer.param_groups) == 1


def test_named_parameters():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][0] is layer.weight
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_a_tensor_that_retains_its_gradient_is_accepted():
    y = leaf() * 2
    y.retain_grad()
    optim.SGD([y])


# --- hooks


def test_step_hooks():
    p = leaf(1.0)
    optimizer = Plain([p])
    seen = []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("pre", o is optimizer, len(args), kwargs)))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("post"))
    optimizer.step(closure=None)
    handle.remove()
    optimizer.step()
    assert seen == [("pre", True, 1, {"closure": None}), "post", ("pre", True, 1, {})]


def test_step_pre_hook_changes_the_arguments():
    optimizer = optim.SGD([leaf()])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 7}))
    assert optimizer.step() == 7
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 1)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 1"):
        optimizer.step()


def test_global_step_hooks():
    order = []
    optimizer = optim.SGD([leaf()])
    optimizer.register_step_pre_hook(lambda *_: order.append("own pre"))
    optimizer.register_step_post_hook(lambda *_: order.append("own post"))
    module = __import__(optim.Optimizer.__module__, fromlist=["x"])
    handles = [
        module.register_optimizer_step_pre_hook(lambda *_: order.append("pre")),
        module.register_optimizer_step_post_hook(lambda *_: order.append("post")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert order == ["pre", "own pre", "own post", "post", "own pre", "own post"]


@differs_from_torch("PyTorch may run the hooks of a step twice that calls its base class's")
def test_hooks_run_once_when_a_step_calls_its_base_s():
    class Deeper(optim.SGD):
        def step(self, closure=None):
            return super().step(closure)

    optimizer = Deeper([leaf()])
    calls = []
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    optimizer.step()
    assert calls == [1]


def test_state_dict_hooks():
    optimizer = stepped(leaf())
    order = []
    optimizer.register_state_dict_pre_hook(lambda o: order.append("a"))
    optimizer.register_state_dict_pre_hook(lambda o: order.append("b"), prepend=True)
    handle = optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    saved = optimizer.state_dict()
    assert order == ["b", "a"]
    assert saved["extra"] == 1
    handle.remove()
    assert "extra" not in optimizer.state_dict()

    def rate(o, state):
        state["param_groups"][0]["lr"] = 0.7
        return state

    optimizer.register_load_state_dict_pre_hook(rate)
    optimizer.register_load_state_dict_post_hook(lambda o: order.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(copy.deepcopy(saved))
    assert order[-1] == 0.7


# --- saving and loading


def test_state_dict_numbers_parameters_over_all_groups():
    a, b, c = leaf(), leaf(), leaf()
    optimizer = optim.SGD([{"params": [a, b]}, {"params": c, "lr": 0.5}], lr=0.1, momentum=0.9)
    c.grad = torch.ones(2)
    optimizer.step()
    saved = optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert list(saved["state"]) == [2]
    assert saved["state"][2]["momentum_buffer"] is optimizer.state[c]["momentum_buffer"]


def test_loading_moves_state_to_the_parameter_s_dtype():
    saved = stepped(leaf()).state_dict()
    p = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = optim.SGD([p], lr=9.0)
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert optimizer.param_groups[0]["params"][0] is p
    assert optimizer.state[p]["momentum_buffer"].dtype is torch.float64


@differs_from_torch("PyTorch lets both optimizers write into the same buffers")
def test_loading_copies():
    p = leaf()
    first = stepped(p)
    second = optim.SGD([leaf()], lr=0.1)
    second.load_state_dict(first.state_dict())
    with unchanged(second.state_dict()["state"][0]["momentum_buffer"]):
        first.step()


def test_loading_refuses_other_groups():
    optimizer = stepped(leaf(), leaf())
    before = optimizer.param_groups
    with raises(ValueError, "loaded state dict has a different number of parameter groups"):
        optimizer.load_state_dict({"state": {}, "param_groups": []})
    with raises(
        ValueError,
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    ):
        optimizer.load_state_dict(stepped(leaf()).state_dict())
    assert optimizer.param_groups is before


def test_loading_keeps_values_that_are_no_tensors():
    p = leaf()
    optimizer = Plain([p])
    state = {"count": 3, "list": [torch.ones(2), 1], "nested": {"x": torch.ones(2)}}
    optimizer.load_state_dict({"state": {0: state, "global": 5}, "param_groups": [{"lr": 1.0, "params": [0]}]})
    loaded = optimizer.state[p]
    assert loaded["count"] == 3
    assert loaded["list"][0].tolist() == [1, 1]
    assert loaded["nested"]["x"].tolist() == [1, 1]
    assert optimizer.state["global"] == 5


@differs_from_torch("PyTorch makes a generator of a text")
def test_loading_keeps_texts():
    p = leaf()
    optimizer = Plain([p])
    optimizer.load_state_dict({"state": {0: {"a": "abc"}}, "param_groups": [{"lr": 1.0, "params": [0]}]})
    assert optimizer.state[p] == {"a": "abc"}


def test_pickling_and_copying():
    optimizer = stepped(leaf(1.0))
    for twin in (pickle.loads(pickle.dumps(optimizer)), copy.deepcopy(optimizer)):
        (p,) = twin.param_groups[0]["params"]
        assert p is not optimizer.param_groups[0]["params"][0]
        assert twin.state[p]["momentum_buffer"].tolist() == [1]
        p.grad = torch.ones(1)
        twin.step()
        assert p.tolist() == pytest.approx([0.71])
        assert repr(twin) == repr(optimizer)


def test_repr():
    assert repr(Plain([leaf()])) == "Plain (\nParameter Group 0\n    lr: 0.5\n)"
