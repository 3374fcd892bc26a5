"""Sequential, ModuleList and ModuleDict: what they refuse, and how they print."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from tests.support.library import AGAINST_TORCH, differs_from_torch, raises, torch

nn = torch.nn


def three():
    return nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())


def kinds(container):
    return [type(module).__name__ for module in container]


def test_sequential_keeps_names_but_counts_anew_after_deletion():
    net = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh(), c=nn.Sigmoid()))
    assert net.b is net[1]
    net[-1] = nn.GELU()
    assert list(net._modules) == ["a", "b", "c"]
    assert isinstance(net.c, nn.GELU)
    del net[0]
    assert list(net._modules) == ["0", "1"]
    assert kinds(net) == ["Tanh", "GELU"]
    del net[:]
    assert len(net) == 0


def test_sequential_insert_pop_extend():
    net = three()
    assert net.insert(-1, nn.GELU()) is net
    assert net.insert(4, nn.Identity()) is net
    assert kinds(net) == ["ReLU", "Tanh", "GELU", "Sigmoid", "Identity"]
    assert isinstance(net.pop(0), nn.ReLU)
    assert kinds(net.pop(slice(1, 3))) == ["GELU", "Sigmoid"]
    assert kinds(net.extend([nn.ReLU()]).append(nn.GELU())) == ["Tanh", "Identity", "ReLU", "GELU"]
    with raises(IndexError, "Index out of range: 5"):
        net.insert(5, nn.ReLU())
    with pytest.raises(AssertionError, match="module should be of type"):
        net.insert(0, 1)
    assert len(net) == 4


@pytest.mark.parametrize(
    ("kind", "text", "act"),
    [
        (IndexError, "index 3 is out of range", lambda net: net[3]),
        (IndexError, "index -4 is out of range", lambda net: net[-4]),
        (IndexError, "index 3 is out of range", lambda net: net.__setitem__(3, nn.ReLU())),
        (
            ValueError,
            "add operator supports only objects of Sequential class, but <class 'list'> is given.",
            lambda net: net.__add__([]),
        ),
        (
            ValueError,
            "add operator supports only objects of Sequential class, but <class 'int'> is given.",
            lambda net: net.__iadd__(1),
        ),
        (
            TypeError,
            "unsupported operand type(s) for *: <class 'torch.nn.modules.container.Sequential'> and <class 'float'>",
            lambda net: net * 1.5,
        ),
        (
            ValueError,
            "Non-positive multiplication factor 0 for <class 'torch.nn.modules.container.Sequential'>",
            lambda net: net.__imul__(0),
        ),
    ],
)
def test_sequential_refuses(kind, text, act):
    if not AGAINST_TORCH:
        text = text.replace("modules.container", "containers")
    net = three()
    with raises(kind, text):
        act(net)
    assert len(net) == 3


def test_sequential_multiplied_in_place_repeats_its_modules():
    net = three()
    first = net[0]
    net *= 2
    assert len(net) == 6
    assert net[3] is first
    assert kinds(2 * three()) == kinds(net)


def test_list_refuses():
    layers = nn.ModuleList([nn.ReLU()])
    with raises(IndexError, "index 1 is out of range"):
        layers[1]
    with raises(TypeError, "ModuleList.extend should be called with an iterable, but got int"):
        layers.extend(1)
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        layers.append(1)
    with pytest.raises(NotImplementedError, match='missing the required "forward" function'):
        layers(1)


@differs_from_torch("PyTorch goes on until memory is full")
def test_a_list_can_be_extended_by_itself():
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers += layers
    assert kinds(layers) == ["ReLU", "Tanh", "ReLU", "Tanh"]


@differs_from_torch("PyTorch loses modules at a negative index, and leaves gaps beyond the end")
def test_insertion_into_a_list():
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.insert(-1, nn.GELU())
    assert kinds(layers) == ["ReLU", "GELU", "Tanh"]
    assert list(layers._modules) == ["0", "1", "2"]
    with pytest.raises(IndexError, match="Index out of range: 5"):
        layers.insert(5, nn.GELU())


def test_list_repr_counts_equal_neighbours():
    assert repr(nn.ModuleList()) == "ModuleList()"
    layers = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Sequential(nn.Tanh()), nn.ReLU()])
    assert repr(layers) == (
        "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Sequential(\n    (0): Tanh()\n  )\n  (3): ReLU()\n)"
    )


def test_numbers_are_no_attributes_in_dir():
    assert "0" not in dir(nn.ModuleList([nn.ReLU()]))


def test_dict_update():
    table = nn.ModuleDict([("b", nn.ReLU()), ["a", nn.Tanh()]])
    table.update(nn.ModuleDict({"c": nn.GELU(), "b": nn.Sigmoid()}))
    assert list(table.keys()) == ["b", "a", "c"]
    assert [type(module).__name__ for module in table.values()] == ["Sigmoid", "Tanh", "GELU"]
    assert "a" in table
    assert "x" not in table


@pytest.mark.parametrize(
    ("kind", "text", "argument"),
    [
        (TypeError, "ModuleDict.update should be called with an iterable of key/value pairs, but got int", 1),
        (TypeError, "ModuleDict update sequence element #0 should be Iterable; isint", [1]),
        (
            ValueError,
            "ModuleDict update sequence element #1 has length 3; 2 is required",
            [("a", None), "abc"],
        ),
        (TypeError, "int is not a Module subclass", {"a": 1}),
    ],
)
def test_dict_refuses(kind, text, argument):
    with raises(kind, text):
        nn.ModuleDict(argument)
