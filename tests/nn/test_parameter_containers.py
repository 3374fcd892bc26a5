"""ParameterList and ParameterDict."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from tests.support.library import NAME, raises, torch

nn = torch.nn


def names(module):
    return [name for name, _ in module.named_parameters()]


# --- the list


def test_list_makes_parameters_of_tensors():
    own = nn.Parameter(torch.zeros(2))
    values = nn.ParameterList([torch.ones(1), own, "text"])
    assert names(values) == ["0", "1"]
    assert values[1] is own
    assert values[2] == values[-1] == "text"
    assert isinstance(values[0], nn.Parameter)
    assert len(values) == 3
    assert [type(value) for value in values] == [nn.Parameter, nn.Parameter, str]


def test_list_changes():
    values = nn.ParameterList()
    values += [torch.ones(1)]
    assert values.append(torch.zeros(2)) is values
    values[0] = torch.ones(3)
    assert [tuple(value.shape) for value in values] == [(3,), (2,)]
    part = values[1:]
    assert isinstance(part, nn.ParameterList)
    assert part[0] is values[1]
    assert list(values.state_dict()) == ["0", "1"]


def test_list_refuses():
    values = nn.ParameterList()
    with raises(IndexError, "index 0 is out of range"):
        values[0]
    with raises(TypeError, "ParameterList.extend should be called with an iterable, but got int"):
        values.extend(1)
    with raises(TypeError, "ParameterList.extend should be called with an iterable, but got Tensor"):
        values.extend(torch.ones(2))
    with raises(RuntimeError, "ParameterList should not be called."):
        values(1)


def test_list_repr():
    values = nn.ParameterList([torch.ones(2, 3), torch.ones(()), 5])
    assert repr(values) == (
        "ParameterList(\n"
        f"    (0): Parameter containing: [{NAME}.float32 of size 2x3]\n"
        f"    (1): Parameter containing: [{NAME}.float32 of size ]\n"
        "    (2): Object of type: int\n)"
    )


# --- the dictionary


def test_dict_makes_parameters_of_tensors():
    table = nn.ParameterDict({"b": torch.ones(1), "a": torch.zeros(2), "c": 5})
    assert list(table) == ["a", "b", "c"]
    assert names(table) == ["a", "b"]
    assert table["c"] == 5
    assert table.a is table["a"]
    assert list(nn.ParameterDict(OrderedDict(b=torch.ones(1), a=torch.ones(1)))) == ["b", "a"]
    assert list(nn.ParameterDict([("b", torch.ones(1)), ("a", torch.ones(1))])) == ["b", "a"]
    assert list(reversed(table)) == ["c", "b", "a"]


def test_dict_works_as_a_dictionary():
    table = nn.ParameterDict({"a": torch.ones(1)})
    a = table["a"]
    assert table.get("x") is None
    assert table.get("x", 1) == 1
    assert table.get("a") is a
    assert table.setdefault("b", torch.ones(2)) is table["b"]
    assert table.setdefault("a", torch.ones(2)) is a
    assert list(table.keys()) == ["a", "b"]
    assert [key for key, _ in table.items()] == ["a", "b"]
    assert next(iter(table.values())) is a
    assert table.copy()["a"] is a
    key, _ = table.popitem()
    assert key == "b"
    assert "b" not in table
    assert table.pop("a") is a
    assert len(table) == 0
    assert names(table) == []
    table.update(nn.ParameterDict({"z": a}))
    assert table["z"] is a
    table.clear()
    assert len(table) == 0
    assert list(table.fromkeys(["p", "q"], 3).items()) == [("p", 3), ("q", 3)]


def test_dict_unions():
    left = nn.ParameterDict({"a": 1, "b": 2})
    right = nn.ParameterDict({"b": 3, "c": 4})
    assert dict((left | right).items()) == {"a": 1, "b": 3, "c": 4}
    left |= right
    assert dict(left.items()) == {"a": 1, "b": 3, "c": 4}


@pytest.mark.parametrize(
    ("kind", "text", "act"),
    [
        (
            TypeError,
            "Index given to ParameterDict cannot be used as a key as it is not a string (type is 'int'). "
            "Open an issue on github if you need non-string keys.",
            lambda table: table.__setitem__(1, 2),
        ),
        (
            TypeError,
            "ParametersDict.update should be called with an iterable of key/value pairs, but got int",
            lambda table: table.update(1),
        ),
        (
            ValueError,
            "ParameterDict update sequence element #0 has length 1; 2 is required",
            lambda table: table.update(["a"]),
        ),
        (RuntimeError, "ParameterDict should not be called.", lambda table: table(1)),
    ],
)
def test_dict_refuses(kind, text, act):
    with raises(kind, text):
        act(nn.ParameterDict())


def test_dict_repr():
    assert repr(nn.ParameterDict({"a": torch.ones(2, 3), "b": "x"})) == (
        "ParameterDict(\n"
        f"    (a): Parameter containing: [{NAME}.FloatTensor of size 2x3]\n"
        "    (b): Object of type: str\n)"
    )
