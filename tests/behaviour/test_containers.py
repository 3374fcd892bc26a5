"""Sequential, ModuleList and ModuleDict behave as the lists and dictionaries that they look like."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from tests.support.library import torch

nn = torch.nn


def scaled(factor: float) -> Any:
    layer = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(factor)
    return layer


def factors(modules: Any) -> list[float]:
    return [module.weight.item() for module in modules]


def one() -> Any:
    return torch.ones(1, 1)


# --- Sequential


def test_sequential_runs_in_order() -> None:
    assert nn.Sequential(scaled(2), nn.ReLU(), scaled(-3))(one()).item() == -6.0
    assert nn.Sequential()(one()).item() == 1.0


def test_sequential_of_names() -> None:
    net = nn.Sequential(OrderedDict([("a", scaled(2)), ("b", scaled(3))]))
    assert net.a.weight.item() == 2.0
    assert list(net.state_dict()) == ["a.weight", "b.weight"]
    assert net(one()).item() == 6.0


def test_sequential_indexing() -> None:
    net = nn.Sequential(scaled(1), scaled(2), scaled(3))
    assert net[0].weight.item() == 1.0
    assert net[-1].weight.item() == 3.0
    assert len(net) == 3
    assert factors(net) == [1.0, 2.0, 3.0]
    with pytest.raises(IndexError, match="index 3 is out of range"):
        net[3]


def test_sequential_slices_share_their_modules() -> None:
    net = nn.Sequential(scaled(1), scaled(2), scaled(3))
    part = net[1:]
    assert isinstance(part, nn.Sequential)
    assert factors(part) == [2.0, 3.0]
    assert part[0] is net[1]
    assert factors(net[::-1]) == [3.0, 2.0, 1.0]
    assert list(net[:2].state_dict()) == ["0.weight", "1.weight"]


def test_sequential_changes() -> None:
    net = nn.Sequential(scaled(1))
    assert net.append(scaled(2)) is net
    assert net.extend(nn.Sequential(scaled(3), scaled(4))) is net
    assert net.insert(1, scaled(5)) is net
    assert factors(net) == [1.0, 5.0, 2.0, 3.0, 4.0]
    net[0] = scaled(9)
    assert factors(net) == [9.0, 5.0, 2.0, 3.0, 4.0]
    assert net.pop(1).weight.item() == 5.0
    assert factors(net) == [9.0, 2.0, 3.0, 4.0]
    del net[0]
    assert factors(net) == [2.0, 3.0, 4.0]
    assert list(net.state_dict()) == ["0.weight", "1.weight", "2.weight"]
    del net[1:]
    assert factors(net) == [2.0]


def test_sequential_sums_and_products() -> None:
    a, b = nn.Sequential(scaled(1)), nn.Sequential(scaled(2))
    assert factors(a + b) == [1.0, 2.0]
    a += b
    assert factors(a) == [1.0, 2.0]
    assert factors(b * 3) == [2.0, 2.0, 2.0]
    assert factors(2 * b) == [2.0, 2.0]
    b *= 2
    assert factors(b) == [2.0, 2.0]


def test_sequential_of_itself() -> None:
    layer = scaled(2)
    net = nn.Sequential(layer, layer)
    assert net(one()).item() == 4.0
    assert len(list(net.parameters())) == 1


# --- ModuleList


def test_list_of_modules() -> None:
    modules = nn.ModuleList([scaled(1), scaled(2), scaled(3)])
    assert len(modules) == 3
    assert factors(modules) == [1.0, 2.0, 3.0]
    assert modules[-1].weight.item() == 3.0
    assert isinstance(modules[1:], nn.ModuleList)
    assert factors(modules[1:]) == [2.0, 3.0]
    assert list(modules.state_dict()) == ["0.weight", "1.weight", "2.weight"]
    assert modules[0] in modules
    assert next(reversed(modules)) is modules[2]


def test_list_changes() -> None:
    modules = nn.ModuleList()
    assert modules.append(scaled(1)) is modules
    assert modules.extend([scaled(2), scaled(3)]) is modules
    modules.insert(0, scaled(0.5))
    assert factors(modules) == [0.5, 1.0, 2.0, 3.0]
    modules.insert(3, scaled(7))
    assert factors(modules) == [0.5, 1.0, 2.0, 7.0, 3.0]
    modules[0] = scaled(4)
    assert modules.pop(-1).weight.item() == 3.0
    assert modules.pop(1).weight.item() == 1.0
    assert factors(modules) == [4.0, 2.0, 7.0]
    del modules[0]
    assert factors(modules) == [2.0, 7.0]
    modules += [scaled(8)]
    more = nn.ModuleList([scaled(9)])
    assert factors(modules + more) == [2.0, 7.0, 8.0, 9.0]
    del modules[:2]
    assert factors(modules) == [8.0]
    assert list(modules.state_dict()) == ["0.weight"]


def test_list_of_a_generator() -> None:
    assert factors(nn.ModuleList(scaled(i) for i in range(3))) == [0.0, 1.0, 2.0]


def test_list_is_no_layer() -> None:
    with pytest.raises(NotImplementedError):
        nn.ModuleList([scaled(1)])(one())


# --- ModuleDict


def test_dict_of_modules() -> None:
    modules = nn.ModuleDict({"a": scaled(1), "b": scaled(2)})
    assert modules["a"].weight.item() == 1.0
    assert list(modules) == list(modules.keys()) == ["a", "b"]
    assert factors(modules.values()) == [1.0, 2.0]
    assert [name for name, _ in modules.items()] == ["a", "b"]
    assert "a" in modules
    assert "c" not in modules
    assert len(modules) == 2
    assert list(modules.state_dict()) == ["a.weight", "b.weight"]


def test_dict_changes() -> None:
    modules = nn.ModuleDict([("a", scaled(1))])
    modules["b"] = scaled(2)
    modules.update({"c": scaled(3), "a": scaled(4)})
    assert dict(zip(modules, factors(modules.values()), strict=True)) == {"a": 4.0, "b": 2.0, "c": 3.0}
    assert modules.pop("b").weight.item() == 2.0
    del modules["a"]
    assert list(modules) == ["c"]
    modules.clear()
    assert len(modules) == 0
    assert list(modules.parameters()) == []


def test_dict_of_a_dict_keeps_its_order() -> None:
    modules = nn.ModuleDict(nn.ModuleDict({"z": scaled(1), "a": scaled(2)}))
    assert list(modules) == ["z", "a"]


def test_missing_key() -> None:
    with pytest.raises(KeyError):
        nn.ModuleDict()["a"]


@pytest.mark.parametrize("name", ["Sequential", "ModuleList", "ModuleDict"])
def test_containers_train_and_move_what_they_hold(name: str) -> None:
    inner = scaled(1)
    container = {
        "Sequential": lambda: nn.Sequential(inner),
        "ModuleList": lambda: nn.ModuleList([inner]),
        "ModuleDict": lambda: nn.ModuleDict({"a": inner}),
    }[name]()
    container.eval()
    assert not inner.training
    container.double()
    assert inner.weight.dtype == torch.float64
    assert list(container.parameters()) == [inner.weight]
