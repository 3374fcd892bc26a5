"""Module: what it registers, how it is walked, moved, switched, copied and printed."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from tests.support.library import NAME, shown, torch

nn = torch.nn


class Net(nn.Module):
    """Two layers, a shared one, a parameter and two buffers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.inner = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.name = "net"

    def forward(self, x: Any) -> Any:
        return self.inner(self.first(x)) * self.scale


PARAMETERS = ["scale", "first.weight", "first.bias", "inner.1.weight", "inner.1.bias"]


# --- registration


def test_named_parameters() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    assert [name for name, _ in net.named_parameters(prefix="net")] == ["net." + name for name in PARAMETERS]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [p is q for p, (_, q) in zip(net.parameters(), net.named_parameters(), strict=True)] == [True] * 5
    assert list(net.parameters(recurse=False)) == [net.scale]


def test_shared_parameters_come_once() -> None:
    net = Net()
    net.second = net.first
    net.tied = net.scale
    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    everything = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert set(everything) - set(PARAMETERS) == {"tied", "second.weight", "second.bias"}


def test_named_buffers() -> None:
    net = Net()
    assert [name for name, _ in net.named_buffers()] == ["steps", "scratch"]
    assert next(iter(net.buffers())) is net.steps
    assert [name for name, _ in net.named_buffers(prefix="a")] == ["a.steps", "a.scratch"]


def test_named_children_and_modules() -> None:
    net = Net()
    assert [name for name, _ in net.named_children()] == ["first", "inner"]
    assert list(net.children()) == [net.first, net.inner]
    assert [name for name, _ in net.named_modules()] == ["", "first", "inner", "inner.0", "inner.1"]
    assert list(net.modules()) == [net, net.first, net.inner, net.inner[0], net.inner[1]]
    assert [name for name, _ in net.named_modules(prefix="net")][:2] == ["net", "net.first"]


def test_shared_children_come_once() -> None:
    net = Net()
    net.again = net.first
    assert [name for name, _ in net.named_children()] == ["first", "inner"]
    assert "again" not in [name for name, _ in net.named_modules()]
    assert "again" in [name for name, _ in net.named_modules(remove_duplicate=False)]


def test_lookup_by_path() -> None:
    net = Net()
    assert net.get_submodule("inner.1") is net.inner[1]
    assert net.get_submodule("") is net
    assert net.get_parameter("inner.1.weight") is net.inner[1].weight
    assert net.get_buffer("steps") is net.steps


def test_parameter_set_to_none() -> None:
    net = Net()
    net.scale = None
    assert [name for name, _ in net.named_parameters()] == PARAMETERS[1:]
    assert "scale" not in net.state_dict()
    net.scale = nn.Parameter(torch.zeros(2))
    assert "scale" in net.state_dict()


def test_none_can_be_registered() -> None:
    net = nn.Module()
    net.register_parameter("weight", None)
    net.register_buffer("mean", None)
    net.add_module("layer", None)
    assert (net.weight, net.mean, net.layer) == (None, None, None)
    assert list(net.state_dict()) == []


def test_deleted_attributes() -> None:
    net = Net()
    del net.scale, net.steps, net.first
    assert [name for name, _ in net.named_parameters()] == ["inner.1.weight", "inner.1.bias"]
    assert [name for name, _ in net.named_buffers()] == ["scratch"]
    assert [name for name, _ in net.named_children()] == ["inner"]
    with pytest.raises(AttributeError):
        net.scale  # noqa: B018 - the access is the test


def test_buffer_may_be_replaced_by_assignment() -> None:
    net = Net()
    net.steps = torch.tensor(5)
    assert dict(net.named_buffers())["steps"].item() == 5
    assert net.state_dict()["steps"].item() == 5


def test_plain_tensors_are_no_state() -> None:
    net = nn.Module()
    net.x = torch.ones(2)
    assert list(net.state_dict()) == []
    assert list(net.buffers()) == []


def test_attribute_that_becomes_a_parameter() -> None:
    net = nn.Module()
    net.weight = 5
    net.weight = nn.Parameter(torch.ones(1))
    assert [name for name, _ in net.named_parameters()] == ["weight"]
    assert "weight" not in net.__dict__


def test_dir_lists_what_is_registered() -> None:
    names = dir(Net())
    assert {"first", "scale", "steps", "forward", "name"} <= set(names)


def test_register_module_is_add_module() -> None:
    net = nn.Module()
    layer = nn.ReLU()
    net.register_module("layer", layer)
    assert net.layer is layer


# --- switches


def test_train_and_eval() -> None:
    net = Net()
    assert net.training
    assert net.eval() is net
    assert [module.training for module in net.modules()] == [False] * 5
    assert net.train() is net
    assert all(module.training for module in net.modules())
    net.train(False)
    assert not net.inner[1].training


def test_requires_grad_of_all() -> None:
    net = Net()
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())


def test_zero_grad() -> None:
    net = Net()
    net(torch.ones(1, 3)).sum().backward()
    assert net.scale.grad is not None
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.tolist() == [0.0, 0.0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_goes_children_first() -> None:
    net, seen = Net(), []
    assert net.apply(lambda module: seen.append(module)) is net
    assert seen == [net.first, net.inner[0], net.inner[1], net.inner, net]


def test_apply_as_initialisation() -> None:
    def init(module: Any) -> None:
        if isinstance(module, nn.Linear):
            nn.init.constant_(module.weight, 0.5)
            nn.init.zeros_(module.bias)

    net = Net().apply(init)
    assert net(torch.ones(1, 3)).tolist() == [[3.0, 3.0]]


# --- conversion


def test_to_dtype() -> None:
    net = Net()
    weight = net.first.weight
    assert net.to(torch.float64) is net
    assert net.first.weight is weight
    assert net.first.weight.dtype == torch.float64
    assert net.scratch.dtype == torch.float64
    assert net.steps.dtype == torch.int64  # integers stay
    assert net(torch.ones(1, 3, dtype=torch.float64)).dtype == torch.float64


def test_double_and_float() -> None:
    net = Net()
    assert net.double().scale.dtype == torch.float64
    assert net.float().scale.dtype == torch.float32


def test_to_converts_gradients_too() -> None:
    net = Net()
    net(torch.ones(1, 3)).sum().backward()
    net.double()
    assert net.scale.grad.dtype == torch.float64


def test_to_device() -> None:
    net = Net()
    assert net.to("cpu") is net
    assert net.cpu() is net
    assert str(net.scale.device) == "cpu"
    assert net.to(torch.ones(1, dtype=torch.float64)).scale.dtype == torch.float64
    assert net.to(device="cpu", dtype=torch.float32).scale.dtype == torch.float32


def test_deepcopy() -> None:
    net = Net()
    net.tied = net.scale
    twin = copy.deepcopy(net)
    assert twin.tied is twin.scale
    assert twin.scale is not net.scale
    with torch.no_grad():
        twin.scale.zero_()
    assert net.scale.tolist() == [1.0, 1.0]
    assert [name for name, _ in twin.named_parameters()] == PARAMETERS


def test_pickle() -> None:
    net = Net()
    twin = pickle.loads(pickle.dumps(net))
    x = torch.ones(1, 3)
    assert twin(x).tolist() == net(x).tolist()
    assert twin.name == "net"


# --- calls


def test_call_passes_everything_on() -> None:
    class Takes(nn.Module):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return args, kwargs

    assert Takes()(1, 2, a=3) == ((1, 2), {"a": 3})


def test_extra_attributes_are_plain() -> None:
    net = Net()
    net.count = 3
    assert net.count == 3
    assert "count" in net.__dict__


def test_type_and_str() -> None:
    assert type(Net().scale).__name__ == "Parameter"
    assert isinstance(Net().scale, torch.Tensor)
    assert isinstance(Net().scale, nn.Parameter)
    assert not isinstance(torch.ones(1), nn.Parameter)


# --- repr


def test_tree() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (inner): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=4, out_features=2, bias=True)\n"
        "  )\n"
        ")"
    )


def test_tree_with_own_words() -> None:
    class Named(nn.Module):
        def __init__(self, *children: Any) -> None:
            super().__init__()
            for i, child in enumerate(children):
                self.add_module(f"part{i}", child)

        def extra_repr(self) -> str:
            return "size=3"

    assert repr(Named()) == "Named(size=3)"
    assert repr(Named(nn.ReLU())) == "Named(\n  size=3\n  (part0): ReLU()\n)"


def test_tree_of_equal_children() -> None:
    layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.ReLU()])
    assert repr(layers) == (
        "ModuleList(\n  (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)\n  (3): ReLU()\n)"
    )
    assert repr(nn.Sequential(nn.ReLU(), nn.ReLU())) == "Sequential(\n  (0): ReLU()\n  (1): ReLU()\n)"


LAYERS = {
    "Linear(in_features=2, out_features=3, bias=True)": lambda: nn.Linear(2, 3),
    "Linear(in_features=2, out_features=3, bias=False)": lambda: nn.Linear(2, 3, bias=False),
    "Identity()": lambda: nn.Identity(5, name="unused"),
    "Flatten(start_dim=1, end_dim=-1)": lambda: nn.Flatten(),
    "ReLU()": lambda: nn.ReLU(),
    "ReLU(inplace=True)": lambda: nn.ReLU(inplace=True),
    "Sigmoid()": lambda: nn.Sigmoid(),
    "Tanh()": lambda: nn.Tanh(),
    "GELU(approximate='none')": lambda: nn.GELU(),
    "GELU(approximate='tanh')": lambda: nn.GELU("tanh"),
    "Softmax(dim=1)": lambda: nn.Softmax(dim=1),
    "LogSoftmax(dim=-1)": lambda: nn.LogSoftmax(-1),
    "Dropout(p=0.5, inplace=False)": lambda: nn.Dropout(),
    "Dropout(p=0.1, inplace=True)": lambda: nn.Dropout(0.1, inplace=True),
    "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)": lambda: nn.LayerNorm(4),
    "LayerNorm((2, 3), eps=0.1, elementwise_affine=False, bias=False)": lambda: nn.LayerNorm(
        [2, 3], eps=0.1, elementwise_affine=False
    ),
    "Embedding(5, 3)": lambda: nn.Embedding(5, 3),
    "Embedding(5, 3, padding_idx=4)": lambda: nn.Embedding(5, 3, padding_idx=-1),
    "MSELoss()": lambda: nn.MSELoss(),
    "L1Loss()": lambda: nn.L1Loss(reduction="sum"),
    "CrossEntropyLoss()": lambda: nn.CrossEntropyLoss(),
    "NLLLoss()": lambda: nn.NLLLoss(),
    "BCELoss()": lambda: nn.BCELoss(),
    "BCEWithLogitsLoss()": lambda: nn.BCEWithLogitsLoss(),
    "Sequential()": lambda: nn.Sequential(),
    "ModuleDict()": lambda: nn.ModuleDict(),
    "ModuleList()": lambda: nn.ModuleList(),
    "ModuleDict(\n  (a): ReLU()\n)": lambda: nn.ModuleDict({"a": nn.ReLU()}),
}


@pytest.mark.parametrize("text", LAYERS)
def test_layer_prints_as_pytorchs(text: str) -> None:
    assert repr(LAYERS[text]()) == text


def test_parameter_prints_as_pytorchs() -> None:
    expected = "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    assert shown(nn.Parameter(torch.tensor([1.0, 2.0]))) == expected


def test_frozen_parameter() -> None:
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    assert not p.requires_grad
    assert shown(p) == "Parameter containing:\ntensor([1., 1.])"


def test_parameter_shares_the_memory_of_its_data() -> None:
    data = torch.zeros(2)
    p = nn.Parameter(data)
    data[0] = 5.0
    assert p.tolist() == [5.0, 0.0]
    assert p.is_leaf


def test_results_of_parameters_are_tensors() -> None:
    p = nn.Parameter(torch.ones(2))
    assert type(p * 2) is torch.Tensor
    assert type(p.detach()) is torch.Tensor
    assert type(p.clone()) is torch.Tensor


def test_type_names_say_the_library() -> None:
    assert torch.ones(1, device="cpu").type() == f"{NAME}.FloatTensor"
    assert torch.ones(1, dtype=torch.int64, device="cpu").type() == f"{NAME}.LongTensor"
