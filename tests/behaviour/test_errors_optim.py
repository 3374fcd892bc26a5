"""Mistakes with optimizers raise PyTorch's exception with PyTorch's text, before a parameter is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import raises, torch

optim = torch.optim
Case = tuple[type[Exception], str, Callable[[], Any]]


def leaf() -> Any:
    return torch.ones(2, requires_grad=True)


def overlapping_groups() -> None:
    x = leaf()
    optim.SGD([{"params": [x]}, {"params": [x]}], lr=0.1)


CASES: dict[str, Case] = {
    "no parameters": (ValueError, "optimizer got an empty parameter list", lambda: optim.SGD([], lr=0.1)),
    "a tensor instead of a list": (
        TypeError,
        "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor",
        lambda: optim.SGD(leaf(), lr=0.1),
    ),
    "computed tensor": (
        ValueError,
        "can't optimize a non-leaf Tensor",
        lambda: optim.SGD([leaf() * 2], lr=0.1),
    ),
    "number": (
        TypeError,
        "optimizer can only optimize Tensors, but one of the params is int",
        lambda: optim.SGD([1], lr=0.1),
    ),
    "parameter in two groups": (
        ValueError,
        "some parameters appear in more than one parameter group",
        overlapping_groups,
    ),
    "unordered parameters": (
        TypeError,
        "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
        "sets will "
        "change between runs. Please use a list instead.",
        lambda: optim.SGD([{"params": {leaf()}}], lr=0.1),
    ),
    "group that is no dict": (
        TypeError,
        "param_group must be a dict, but got <class 'list'>",
        lambda: optim.SGD([leaf()], lr=0.1).add_param_group([leaf()]),
    ),
    "SGD lr": (ValueError, "Invalid learning rate: -1", lambda: optim.SGD([leaf()], lr=-1)),
    "SGD momentum": (
        ValueError,
        "Invalid momentum value: -1",
        lambda: optim.SGD([leaf()], lr=0.1, momentum=-1),
    ),
    "SGD weight_decay": (
        ValueError,
        "Invalid weight_decay value: -1",
        lambda: optim.SGD([leaf()], lr=0.1, weight_decay=-1),
    ),
    "SGD nesterov": (
        ValueError,
        "Nesterov momentum requires a momentum and zero dampening",
        lambda: optim.SGD([leaf()], lr=0.1, nesterov=True),
    ),
    "SGD nesterov dampening": (
        ValueError,
        "Nesterov momentum requires a momentum and zero dampening",
        lambda: optim.SGD([leaf()], lr=0.1, momentum=0.9, dampening=0.1, nesterov=True),
    ),
} | {
    f"{name} {option}": (
        ValueError,
        text,
        lambda name=name, given=given: getattr(optim, name)([leaf()], **given),
    )
    for name in ("Adam", "AdamW")
    for option, given, text in (
        ("lr", {"lr": -1.0}, "Invalid learning rate: -1.0"),
        ("eps", {"eps": -1.0}, "Invalid epsilon value: -1.0"),
        ("beta 0", {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ("beta 1", {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        ("weight_decay", {"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
    )
}


@pytest.mark.parametrize(("kind", "text", "mistake"), CASES.values(), ids=CASES)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_state_of_other_groups() -> None:
    one = optim.SGD([leaf()], lr=0.1)
    two = optim.SGD([{"params": [leaf()]}, {"params": [leaf()]}], lr=0.2)
    with raises(ValueError, "loaded state dict has a different number of parameter groups"):
        one.load_state_dict(two.state_dict())
    assert one.param_groups[0]["lr"] == 0.1


def test_state_of_a_group_of_another_size() -> None:
    one = optim.SGD([leaf()], lr=0.1)
    two = optim.SGD([leaf(), leaf()], lr=0.2)
    with raises(
        ValueError,
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    ):
        one.load_state_dict(two.state_dict())
    assert one.param_groups[0]["lr"] == 0.1
