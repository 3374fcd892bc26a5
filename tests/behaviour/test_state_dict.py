"""state_dict and load_state_dict: keys, order, strictness, messages, hooks of loading."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from tests.support.library import raises, torch

nn = torch.nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.norm = nn.LayerNorm(3)
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.norm(self.first(x)) * self.scale


KEYS = ["scale", "steps", "first.weight", "first.bias", "norm.weight", "norm.bias"]


def test_keys_in_order() -> None:
    state = Net().state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == KEYS
    assert list(Net().state_dict(prefix="net.")) == ["net." + key for key in KEYS]


def test_values_are_detached_and_share_memory() -> None:
    net = Net()
    state = net.state_dict()
    assert not state["scale"].requires_grad
    assert type(state["scale"]) is torch.Tensor
    with torch.no_grad():
        net.scale.fill_(7)
    assert state["scale"].item() == 7.0


def test_keep_vars() -> None:
    net = Net()
    assert net.state_dict(keep_vars=True)["scale"] is net.scale


def test_destination_is_filled() -> None:
    destination: OrderedDict[str, Any] = OrderedDict(other=1)
    assert Net().state_dict(destination=destination) is destination
    assert list(destination) == ["other", *KEYS]


def test_round_trip() -> None:
    one, two = Net(), Net()
    x = torch.ones(1, 2)
    assert one(x).tolist() != two(x).tolist()
    result = two.load_state_dict(one.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    assert two(x).tolist() == one(x).tolist()


def test_loading_copies_into_the_same_parameters() -> None:
    net = Net()
    scale = net.scale
    state = {**net.state_dict(), "scale": torch.tensor([5.0])}
    net.load_state_dict(state)
    assert net.scale is scale
    assert scale.item() == 5.0
    assert scale.requires_grad
    state["scale"].zero_()
    assert scale.item() == 5.0


def test_loading_converts_the_dtype() -> None:
    net = Net()
    net.load_state_dict({**net.state_dict(), "scale": torch.tensor([0.5], dtype=torch.float64)})
    assert net.scale.dtype == torch.float32
    assert net.scale.item() == 0.5


def test_loading_keeps_gradients() -> None:
    net = Net()
    net(torch.ones(1, 2)).sum().backward()
    grad = net.scale.grad
    net.load_state_dict(net.state_dict())
    assert net.scale.grad is grad


def test_missing_and_unexpected_keys() -> None:
    net = Net()
    state = net.state_dict()
    del state["scale"], state["norm.bias"]
    state["other"] = torch.ones(1)
    state["first.other"] = torch.ones(1)
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "scale", "norm.bias". \n'
        '\tUnexpected key(s) in state_dict: "other", "first.other". ',
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "scale", "norm.bias". \n'
        '\tUnexpected key(s) in state_dict: "first.other", "other". ',
    ):
        net.load_state_dict(state)


def test_not_strict() -> None:
    net = Net()
    result = net.load_state_dict({"scale": torch.tensor([4.0]), "other": torch.ones(1)}, strict=False)
    assert result.missing_keys == KEYS[1:]
    assert result.unexpected_keys == ["other"]
    assert net.scale.item() == 4.0


def test_other_shapes_are_refused_even_if_not_strict() -> None:
    net = Net()
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for Net:\n"
        "\tsize mismatch for scale: copying a param with shape torch.Size([2]) from checkpoint, the shape in "
        "current "
        "model is torch.Size([1]).",
    ):
        net.load_state_dict({"scale": torch.ones(2)}, strict=False)
    assert net.scale.tolist() == [1.0]


def test_all_complaints_come_together() -> None:
    with pytest.raises(RuntimeError) as info:
        Net().load_state_dict({"first.weight": torch.ones(1), "scale": torch.ones(3), "x": torch.ones(1)})
    text = str(info.value)
    assert text.count("size mismatch") == 2
    assert "Missing key(s)" in text
    assert "Unexpected key(s)" in text


def test_assign_takes_the_tensors_themselves() -> None:
    net = Net()
    state = {key: value.clone().double() if "scale" in key else value for key, value in net.state_dict().items()}
    net.load_state_dict(state, assign=True)
    assert isinstance(net.scale, nn.Parameter)
    assert net.scale.dtype == torch.float64
    assert net.scale.requires_grad
    state["scale"].fill_(9)
    assert net.scale.item() == 9.0


def test_buffers_are_loaded() -> None:
    net = Net()
    net.load_state_dict({**net.state_dict(), "steps": torch.tensor(11)})
    assert net.steps.item() == 11


def test_shared_layers_have_both_keys() -> None:
    net = nn.ModuleDict()
    net["a"] = net["b"] = nn.Linear(1, 1, bias=False)
    assert list(net.state_dict()) == ["a.weight", "b.weight"]


def test_extra_state() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = 3

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    one, two = nn.Sequential(Counts()), nn.Sequential(Counts())
    one[0].count = 8
    state = one.state_dict()
    assert list(state) == ["0._extra_state"]
    two.load_state_dict(state)
    assert two[0].count == 8


def test_state_dict_hooks() -> None:
    net, seen = nn.Linear(1, 1), []

    def drop_bias(module: Any, state: Any, prefix: str, local_metadata: Any) -> None:
        del state[prefix + "bias"]

    net.register_state_dict_post_hook(drop_bias)
    net.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append(prefix))
    assert list(net.state_dict()) == ["weight"]
    assert seen == [""]


def test_load_state_dict_hooks() -> None:
    net, seen = nn.Linear(1, 1), []

    def rename(module: Any, state: Any, prefix: str, *_: Any) -> None:
        state[prefix + "bias"] = state.pop(prefix + "offset")

    def forgive(module: Any, keys: Any) -> None:
        seen.append((module is net, list(keys.missing_keys)))
        keys.missing_keys.clear()

    net.register_load_state_dict_pre_hook(rename)
    net.register_load_state_dict_post_hook(forgive)
    net.load_state_dict({"offset": torch.tensor([2.0])})
    assert net.bias.item() == 2.0
    assert seen == [(True, ["weight"])]


LAYERS = {
    "Linear": (lambda: nn.Linear(3, 2), {"weight": (2, 3), "bias": (2,)}),
    "Linear without bias": (lambda: nn.Linear(3, 2, bias=False), {"weight": (2, 3)}),
    "LayerNorm": (lambda: nn.LayerNorm([2, 3]), {"weight": (2, 3), "bias": (2, 3)}),
    "LayerNorm without bias": (lambda: nn.LayerNorm(3, bias=False), {"weight": (3,)}),
    "LayerNorm without affine": (lambda: nn.LayerNorm(3, elementwise_affine=False), {}),
    "Embedding": (lambda: nn.Embedding(5, 3), {"weight": (5, 3)}),
    "CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(), {}),
    "weighted CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(weight=torch.ones(3)), {"weight": (3,)}),
    "weighted NLLLoss": (lambda: nn.NLLLoss(weight=torch.ones(3)), {"weight": (3,)}),
    "BCEWithLogitsLoss": (lambda: nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)), {"pos_weight": (2,)}),
    "weighted BCELoss": (lambda: nn.BCELoss(weight=torch.ones(2)), {"weight": (2,)}),
    "ReLU": (lambda: nn.ReLU(), {}),
    "Dropout": (lambda: nn.Dropout(), {}),
    "Sequential": (lambda: nn.Sequential(nn.Linear(1, 1)), {"0.weight": (1, 1), "0.bias": (1,)}),
    "ModuleList": (lambda: nn.ModuleList([nn.Embedding(2, 3)]), {"0.weight": (2, 3)}),
    "ModuleDict": (lambda: nn.ModuleDict({"a": nn.Embedding(2, 3)}), {"a.weight": (2, 3)}),
}


@pytest.mark.parametrize("name", LAYERS)
def test_keys_and_shapes_of_layers(name: str) -> None:
    make, expected = LAYERS[name]
    assert {key: tuple(value.shape) for key, value in make().state_dict().items()} == expected
