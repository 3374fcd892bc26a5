"""In-place ops that fail raise PyTorch's exception with PyTorch's text and write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import AGAINST_TORCH, raises, torch, unchanged

ones, zeros = torch.ones, torch.zeros
Change = Callable[[Any], Any]


def augment_floats(x: Any) -> None:
    x += 0.5


def divide(x: Any) -> None:
    x /= 2


def assign(x: Any, index: Any, value: Any) -> None:
    x[index] = value


IN_PLACE: dict[str, tuple[Callable[[], Any], type[Exception], str, Change]] = {
    "broadcast of the output": (
        lambda: ones(1, 3),
        RuntimeError,
        "output with shape [1, 3] doesn't match the broadcast shape [2, 3]",
        lambda x: x.add_(ones(2, 3)),
    ),
    "float into integers": (
        lambda: torch.tensor([1, 2]),
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        augment_floats,
    ),
    "float tensor into integers": (
        lambda: torch.tensor([1, 2]),
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        lambda x: x.mul_(ones(2)),
    ),
    "true division of integers": (
        lambda: torch.tensor([1, 2]),
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        divide,
    ),
    "exp of integers": (
        lambda: torch.tensor([1, 2]),
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        lambda x: x.exp_(),
    ),
    "shapes that do not broadcast": (
        lambda: ones(3),
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0",
        lambda x: x.mul_(ones(4)),
    ),
    "expanded output": (
        lambda: zeros(1).expand(3),
        RuntimeError,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. "
        "Please clone() the tensor before performing the operation.",
        lambda x: x.add_(ones(3)),
    ),
    "mask dtype": (
        lambda: ones(2),
        RuntimeError,
        "masked_fill_ only supports boolean masks, but got mask with dtype float",
        lambda x: x.masked_fill_(ones(2), 0.0),
    ),
    "copy of another shape": (
        lambda: ones(2),
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
        lambda x: x.copy_(ones(3)),
    ),
    "assignment of another shape": (
        lambda: ones(4),
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0.  "
        "Target "
        "sizes: [2].  Tensor sizes: [3]",
        lambda x: assign(x, slice(0, 2), ones(3)),
    ),
    "assignment out of bounds": (
        lambda: ones(2),
        IndexError,
        "index 5 is out of bounds for dimension 0 with size 2",
        lambda x: assign(x, 5, 0.0),
    ),
    "tensor assignment out of bounds": (
        lambda: ones(2),
        IndexError,
        "index 5 is out of bounds for dimension 0 with size 2",
        lambda x: assign(x, torch.tensor([0, 5]), 0.0),
    ),
    "scatter out of bounds": (
        lambda: ones(3),
        RuntimeError,
        "index 5 is out of bounds for dimension 0 with size 3",
        lambda x: x.scatter_(0, torch.tensor([0, 5]), zeros(2)),
    ),
    "scatter dtype": (
        lambda: ones(3),
        RuntimeError,
        "scatter(): Expected dtype int32/int64 for index",
        lambda x: x.scatter_(0, torch.tensor([0.0]), zeros(1)),
    ),
    "index_add out of bounds": (
        lambda: ones(3),
        IndexError,
        "index out of range in self",
        lambda x: x.index_add_(0, torch.tensor([0, 5]), ones(2)),
    ),
}


# PyTorch notices these while it writes: plugrad looks at every index first.
PYTORCH_WRITES_FIRST = {"tensor assignment out of bounds", "scatter out of bounds", "index_add out of bounds"}


@pytest.mark.parametrize("name", IN_PLACE)
def test_failed_change_writes_nothing(name: str) -> None:
    make, kind, text, change = IN_PLACE[name]
    x = make()
    watched = [] if AGAINST_TORCH and name in PYTORCH_WRITES_FIRST else [x]
    with unchanged(*watched), raises(kind, text):
        change(x)


def test_overlapping_input_and_output() -> None:
    x = torch.arange(4.0)
    with (
        unchanged(x),
        raises(
            RuntimeError,
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
            "single "
            "memory location. Please clone() the tensor before performing the operation.",
        ),
    ):
        x[1:].add_(x[:-1])


def test_failed_in_place_op_leaves_the_graph_alone() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    node = y.grad_fn
    text = "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0"
    with raises(RuntimeError, text):
        y.add_(ones(4))
    assert y.grad_fn is node
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
