"""In-place ops on tensors that are no views: values, gradients, versions, and the check of saved values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import torch

START = [[0.5, -1.5], [2.0, 3.0]]
OTHER = [[2.0, 4.0], [-0.5, 1.5]]


def float64(numbers: Any) -> Any:
    return torch.tensor(numbers, dtype=torch.float64)


def mask() -> Any:
    return torch.tensor([[True, False], [False, True]])


def index() -> Any:
    return torch.tensor([[1, 0], [0, 0]])


def rows() -> Any:
    return torch.tensor([1, 1])


def augmented(operator: str) -> Callable[[Any, Any], Any]:
    def run(x: Any, o: Any) -> Any:
        scope = {"x": x, "o": o}
        exec(f"x {operator}= o", scope)
        return scope["x"]

    return run


def assign(where: Any) -> Callable[[Any, Any], Any]:
    def run(x: Any, o: Any) -> Any:
        x[where] = o
        return x

    return run


# name: the in-place op, and what it equals out of place; of a tensor x and another o, both with gradients
Pair = tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]
FAMILIES: dict[str, Pair] = {
    "add_": (lambda x, o: x.add_(o), lambda x, o: x + o),
    "add_ alpha": (lambda x, o: x.add_(o, alpha=3), lambda x, o: x + 3 * o),
    "add_ number": (lambda x, o: x.add_(2.5), lambda x, o: x + 2.5),
    "add_ row": (lambda x, o: x.add_(o[0]), lambda x, o: x + o[0]),
    "sub_": (lambda x, o: x.sub_(o), lambda x, o: x - o),
    "sub_ alpha": (lambda x, o: x.sub_(o, alpha=3), lambda x, o: x - 3 * o),
    "mul_": (lambda x, o: x.mul_(o), lambda x, o: x * o),
    "div_": (lambda x, o: x.div_(o), lambda x, o: x / o),
    "div_ number": (lambda x, o: x.div_(4), lambda x, o: x / 4),
    "pow_ number": (lambda x, o: x.pow_(3), lambda x, o: x**3),
    "neg_": (lambda x, o: x.neg_(), lambda x, o: -x),
    "abs_": (lambda x, o: x.abs_(), lambda x, o: x.abs()),
    "exp_": (lambda x, o: x.exp_(), lambda x, o: x.exp()),
    "log_": (lambda x, o: x.abs_().log_(), lambda x, o: x.abs().log()),
    "sqrt_": (lambda x, o: x.abs_().sqrt_(), lambda x, o: x.abs().sqrt()),
    "rsqrt_": (lambda x, o: x.abs_().rsqrt_(), lambda x, o: x.abs().rsqrt()),
    "reciprocal_": (lambda x, o: x.reciprocal_(), lambda x, o: 1 / x),
    "square_": (lambda x, o: x.square_(), lambda x, o: x * x),
    "sin_": (lambda x, o: x.sin_(), lambda x, o: x.sin()),
    "cos_": (lambda x, o: x.cos_(), lambda x, o: x.cos()),
    "tanh_": (lambda x, o: x.tanh_(), lambda x, o: x.tanh()),
    "sigmoid_": (lambda x, o: x.sigmoid_(), lambda x, o: x.sigmoid()),
    "relu_": (lambda x, o: x.relu_(), lambda x, o: x.relu()),
    "floor_": (lambda x, o: x.floor_(), lambda x, o: x.floor()),
    "round_": (lambda x, o: x.round_(), lambda x, o: x.round()),
    "clamp_": (lambda x, o: x.clamp_(-1, 1), lambda x, o: x.clamp(-1, 1)),
    "clamp_ min": (lambda x, o: x.clamp_(min=1), lambda x, o: x.clamp(min=1)),
    "remainder_": (lambda x, o: x.remainder_(o), lambda x, o: x % o),
    "fmod_": (lambda x, o: x.fmod_(o), lambda x, o: torch.fmod(x, o)),
    "lerp_": (lambda x, o: x.lerp_(o, 0.25), lambda x, o: x + 0.25 * (o - x)),
    "zero_": (lambda x, o: x.zero_(), lambda x, o: x * 0),
    "fill_ number": (lambda x, o: x.fill_(7), lambda x, o: x * 0 + 7),
    "fill_ tensor": (lambda x, o: x.fill_(o[0, 0]), lambda x, o: x * 0 + o[0, 0]),
    "copy_": (lambda x, o: x.copy_(o), lambda x, o: x * 0 + o),
    "copy_ broadcast": (lambda x, o: x.copy_(o[0]), lambda x, o: x * 0 + o[0]),
    "masked_fill_": (lambda x, o: x.masked_fill_(mask(), 5.0), lambda x, o: torch.where(mask(), 5.0, x)),
    "masked_fill_ tensor": (
        lambda x, o: x.masked_fill_(mask(), o[0, 0]),
        lambda x, o: torch.where(mask(), o[0, 0], x),
    ),
    "scatter_": (
        lambda x, o: x.scatter_(0, index()[:1], o[:1]),
        lambda x, o: x.scatter(0, index()[:1], o[:1]),
    ),
    "scatter_add_": (lambda x, o: x.scatter_add_(0, index(), o), lambda x, o: x.scatter_add(0, index(), o)),
    "index_add_": (lambda x, o: x.index_add_(0, rows(), o), lambda x, o: x.index_add(0, rows(), o)),
    "index_add_ alpha": (
        lambda x, o: x.index_add_(0, rows(), o, alpha=-2),
        lambda x, o: x.index_add(0, rows(), -2 * o),
    ),
    "+=": (augmented("+"), lambda x, o: x + o),
    "-=": (augmented("-"), lambda x, o: x - o),
    "*=": (augmented("*"), lambda x, o: x * o),
    "/=": (augmented("/"), lambda x, o: x / o),
    "%=": (augmented("%"), lambda x, o: x % o),
    "x[tensor] = v": (
        lambda x, o: assign(torch.tensor([1]))(x, o[0]),
        lambda x, o: torch.stack([x[0], o[0]]),
    ),
    "x[mask] = number": (lambda x, o: assign(mask())(x, 5.0), lambda x, o: torch.where(mask(), 5.0, x)),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_value_and_gradients_equal_those_out_of_place(name: str) -> None:
    in_place, out_of_place = FAMILIES[name]

    def gradients(function: Callable[[Any, Any], Any], computed: bool) -> tuple[Any, list[Any]]:
        x, o = float64(START).requires_grad_(), float64(OTHER).requires_grad_()
        y = function(x * 1 if computed else x, o)
        weights = float64([[1.0, 10.0], [100.0, 1000.0]])
        return y, list(torch.autograd.grad((y * weights).sum(), [x, o], materialize_grads=True))

    y, actual = gradients(in_place, computed=True)
    expected_y, expected = gradients(out_of_place, computed=False)
    assert_close(y, expected_y, 1e-12)
    for got, want in zip(actual, expected, strict=True):
        assert_close(got, want, 1e-12)


@pytest.mark.parametrize("name", FAMILIES)
def test_result_is_the_tensor_itself_one_version_later(name: str) -> None:
    in_place, _ = FAMILIES[name]
    x = float64(START)
    assert x._version == 0
    assert in_place(x, float64(OTHER)) is x
    assert x._version == (2 if name in ("log_", "sqrt_", "rsqrt_") else 1)
    assert x.dtype == torch.float64


def test_square_by_itself_is_right_or_refused() -> None:
    x = float64([3.0]).requires_grad_()
    y = x * 1
    y.mul_(y)
    assert y.item() == 9.0
    with contextlib.suppress(RuntimeError):
        assert torch.autograd.grad(y.sum(), x)[0].item() == 6.0


def test_history_of_an_edited_tensor() -> None:
    x = float64(START).requires_grad_()
    y = x * 2
    y.add_(1)
    assert type(y.grad_fn).__name__ == "AddBackward0"
    assert type(y.grad_fn.next_functions[0][0]).__name__ == "MulBackward0"
    assert not y.is_leaf


def test_edit_makes_a_plain_tensor_require_grad() -> None:
    w = float64(OTHER).requires_grad_()
    y = float64(START)
    y.mul_(w)
    assert y.requires_grad
    assert not y.is_leaf
    y.sum().backward()
    assert w.grad.tolist() == START


def test_loop_of_edits() -> None:
    x = float64([1.0, 2.0]).requires_grad_()
    total = torch.zeros(2, dtype=torch.float64)
    for factor in range(1, 5):
        total += x * factor
    total.sum().backward()
    assert x.grad.tolist() == [10.0, 10.0]


def test_edit_of_integers_by_a_python_number_keeps_their_dtype() -> None:
    x = torch.tensor([1, 2], dtype=torch.int32)
    x += 1
    x *= 3
    assert x.dtype == torch.int32
    assert x.tolist() == [6, 9]


def test_edit_by_a_wider_float_keeps_the_dtype() -> None:
    x = torch.ones(2)
    x += torch.tensor([0.5, 0.25], dtype=torch.float64)
    assert x.dtype == torch.float32
    assert x.tolist() == [1.5, 1.25]


def test_edit_by_a_wider_float_gives_it_a_gradient_of_its_own_dtype() -> None:
    wide = torch.ones(2, dtype=torch.float64, requires_grad=True)
    x = torch.ones(2)
    x *= wide
    x.sum().backward()
    assert wide.grad.dtype == torch.float64


def test_tensors_of_no_dimension_are_edited_in_place() -> None:
    x = torch.tensor(2.0)
    same = x
    x += 1
    x.mul_(4)
    assert x is same
    assert same.item() == 12.0
    x[()] = 5.0
    assert same.item() == 5.0


def test_empty_tensors_are_edited_in_place() -> None:
    x = torch.zeros(0, 3)
    x += 1
    x[:, 1] = 2.0
    assert x.shape == (0, 3)


def test_edit_of_a_strided_tensor_writes_through_to_its_base() -> None:
    base = torch.zeros(2, 3)
    view = base.t()
    view += torch.arange(6.0).reshape(3, 2)
    assert base.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    base[:, 1].fill_(9)
    assert view[1].tolist() == [9.0, 9.0]


# --- versions and saved values


def test_versions_are_shared_by_views_and_detached_tensors() -> None:
    x = torch.zeros(4)
    view, detached, clone = x[:2], x.detach(), x.clone()
    x.add_(1)
    assert (x._version, view._version, detached._version, clone._version) == (1, 1, 1, 0)
    view.add_(1)
    assert x._version == 2


def test_reading_changes_no_version() -> None:
    x = torch.zeros(4)
    x + 1, x[0], x.sum(), x.tolist(), repr(x)
    assert x._version == 0


def modified() -> Any:
    return pytest.raises(RuntimeError, match="has been modified by an inplace operation")


EDITS: dict[str, Callable[[Any], Any]] = {
    "add_": lambda y: y.add_(1),
    "zero_": lambda y: y.zero_(),
    "copy_": lambda y: y.copy_(torch.zeros(3)),
    "masked_fill_": lambda y: y.masked_fill_(torch.tensor([True, False, False]), 0.0),
    "x[tensor] = v": lambda y: assign(torch.tensor([0]))(y, 0.0),
    "x[i] = v": lambda y: assign(0)(y, 0.0),
    "through detach": lambda y: y.detach().add_(1),
    "through a view of detach": lambda y: y.detach()[1:].add_(1),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_saved_input_that_was_edited_is_noticed(edit: Callable[[Any], Any]) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    edit(y)
    with modified():
        z.backward()
    assert x.grad is None


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edit_of_what_no_rule_needs_is_fine(edit: Callable[[Any], Any]) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = (y + 1).sum()
    edit(y)
    z.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_edit_of_a_saved_leaf_under_no_grad() -> None:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    z = (x * w).sum()
    with torch.no_grad():
        w.add_(1)
    with modified():
        z.backward()


def test_value_that_is_saved_only_for_the_other_input_may_be_edited() -> None:
    x = torch.ones(2, requires_grad=True)
    plain = torch.ones(2)
    y = (x * plain).sum()  # d/dx needs plain; nobody needs x
    with torch.no_grad():
        x.add_(1)
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_edit_before_the_save_is_fine() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.add_(1)
    (y * y).sum().backward()
    assert x.grad.tolist() == [12.0, 12.0]


def test_edit_after_backward_is_fine() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    (y * y).sum().backward()
    with torch.no_grad():
        x.sub_(0.1 * x.grad)
    assert x.tolist() == pytest.approx([0.2, 0.2])


def test_edit_of_a_saved_output() -> None:
    x = torch.ones(2, requires_grad=True)
    for function in (torch.exp, torch.tanh, torch.sigmoid, torch.sqrt, torch.relu):
        y = function(x)
        y.add_(1)
        with modified():
            y.sum().backward()
    assert x.grad is None


def test_edit_of_an_integer_index_that_backward_needs() -> None:
    x = torch.ones(3, requires_grad=True)
    places = torch.tensor([0, 1])
    y = x[places].sum()
    places.add_(1)
    with modified():
        y.backward()
