"""Silent wrong gradients reported against other systems: views, in-place ops, shared memory (1 to 13).

Where plugrad may refuse what PyTorch computes, a test asks for PyTorch's numbers or an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import differs_from_torch, torch, unchanged


def base(*shape: int) -> tuple[Any, Any]:
    """A leaf, and a computed copy of it that may be edited in place."""
    x = torch.arange(1.0, 1.0 + int(np.prod(shape or (4,)))).reshape(shape or (4,)).requires_grad_()
    return x, x * 1


def right_or_refused(compute: Callable[[], Any], expected: Any) -> None:
    """Never silently wrong."""
    with contextlib.suppress(RuntimeError):
        assert compute() == expected


MANY_VIEWS = {
    "unbind": lambda y: y.unbind()[0],
    "split": lambda y: y.split(2)[0],
    "chunk": lambda y: y.chunk(2)[0],
    "iteration": lambda y: next(iter(y)),
}


@pytest.mark.parametrize("take", MANY_VIEWS.values(), ids=MANY_VIEWS)
def test_trap_01_view_of_a_forbidden_view_stays_forbidden(take: Callable[[Any], Any]) -> None:
    _, y = base(4, 2)
    view = take(y).view(-1)
    with unchanged(y), pytest.raises(RuntimeError):
        view.mul_(2)


@pytest.mark.parametrize("take", MANY_VIEWS.values(), ids=MANY_VIEWS)
def test_trap_02_one_of_many_views_is_not_edited(take: Callable[[Any], Any]) -> None:
    _, y = base(4, 2)
    view = take(y)
    with unchanged(y), pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        view.mul_(2)


def test_trap_03_view_made_under_no_grad_is_not_edited_with_gradients() -> None:
    _, y = base()
    with torch.no_grad():
        view = y[:2]
    with unchanged(y), pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        view.mul_(torch.ones(2, requires_grad=True))


def test_trap_04_edit_of_the_base_reaches_an_earlier_view() -> None:
    def compute() -> Any:
        x, y = base()
        view = y[:2]
        y.mul_(2)
        (view * view).sum().backward()
        return x.grad.tolist()

    right_or_refused(compute, [8.0, 16.0, 0.0, 0.0])


def test_trap_04_edit_of_a_view_reaches_the_base() -> None:
    def compute() -> Any:
        x, y = base()
        y[1:3].mul_(10)
        (y * y).sum().backward()
        return x.grad.tolist()

    right_or_refused(compute, [2.0, 400.0, 600.0, 8.0])


def test_trap_04_hook_sees_the_gradient_of_the_value_it_was_put_on() -> None:
    x, y = base()
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(3)
    y.sum().backward()
    assert seen == [[3.0] * 4]
    assert x.grad.tolist() == [3.0] * 4


def test_trap_04_retained_grad_is_that_of_the_last_value() -> None:
    x, y = base()
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    assert y.grad.tolist() == [1.0] * 4
    assert x.grad.tolist() == [3.0] * 4


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y[:2],
        lambda y: y.view(2, 2),
        lambda y: y.unsqueeze(0),
        lambda y: y.expand(3, 4),
        lambda y: y.reshape(2, 2).t(),
    ],
    ids=["slice", "view", "unsqueeze", "expand", "t"],
)
def test_trap_05_saved_view_shares_the_version_of_its_base(view: Callable[[Any], Any]) -> None:
    x, y = base()
    seen = view(y)
    z = (seen * seen).sum()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        z.backward()
    assert x.grad is None


@differs_from_torch("PyTorch gives the gradient of the edited value")
def test_trap_06_edit_through_data() -> None:
    def compute() -> Any:
        x, y = base()
        z = y.exp()
        z.data.zero_()
        z.sum().backward()
        return x.grad.tolist()

    right_or_refused(compute, pytest.approx(np.exp(np.arange(1.0, 5.0)).tolist()))


def test_trap_06_edit_through_detach() -> None:
    x, y = base()
    z = y.exp()
    z.detach().zero_()
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        z.sum().backward()
    assert x.grad is None


@differs_from_torch("PyTorch gives the gradient of the edited value")
def test_trap_07_edit_of_the_array_under_from_numpy() -> None:
    def compute() -> Any:
        array = np.ones(4, dtype=np.float32)
        x = torch.arange(1.0, 5.0, device="cpu").requires_grad_()
        y = x * 1
        z = (y * torch.from_numpy(array)).sum()
        array[:] = 7
        z.backward()
        return x.grad.tolist()

    right_or_refused(compute, [1.0] * 4)


@pytest.mark.parametrize("edit", [lambda x: x.add_(1), lambda x: x.mul_(torch.ones(3))], ids=["add_", "mul_"])
def test_trap_08_expanded_memory_is_not_edited(edit: Callable[[Any], Any]) -> None:
    one = torch.ones(1)
    with unchanged(one), pytest.raises(RuntimeError, match="refers to a single memory location"):
        edit(one.expand(3))


@differs_from_torch("PyTorch reads numbers that it has just written")
def test_trap_08_partial_overlap_is_right_or_refused() -> None:
    def compute() -> Any:
        a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        a -= a[:, :1]
        return a.tolist()

    right_or_refused(compute, [[0.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize("name", ["add_", "copy_"])
def test_trap_08_shifted_overlap_is_right_or_refused(name: str) -> None:
    def compute() -> Any:
        a = torch.tensor([1.0, 2.0, 3.0, 4.0])
        getattr(a[1:], name)(a[:-1])
        return a.tolist()

    right_or_refused(compute, {"add_": [1.0, 3.0, 5.0, 7.0], "copy_": [1.0, 1.0, 2.0, 3.0]}[name])


def test_trap_08_full_overlap_is_fine() -> None:
    a = torch.tensor([1.0, 2.0])
    a.add_(a)
    assert a.tolist() == [2.0, 4.0]
    a.mul_(a.view(2))
    assert a.tolist() == [4.0, 16.0]


def test_trap_08_transposed_overlap_is_right_or_refused() -> None:
    def compute() -> Any:
        a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        a.add_(a.t())
        return a.tolist()

    right_or_refused(compute, [[2.0, 5.0], [5.0, 8.0]])


def test_trap_08_strides_of_dimensions_of_one_do_not_matter() -> None:
    a = torch.ones(1, 3).expand(1, 3)
    a.add_(1)
    assert a.tolist() == [[2.0, 2.0, 2.0]]
    b = torch.ones(1)[:, None].expand(1, 1)
    b.mul_(5)
    assert b.tolist() == [[5.0]]


@pytest.mark.parametrize(
    "edit",
    [
        lambda y: y.add_(torch.ones(5)),
        lambda y: y.mul_(torch.ones(2, 4)),
        lambda y: y.masked_fill_(torch.ones(3, dtype=torch.bool), 0.0),
        lambda y: y.copy_(torch.ones(3)),
        lambda y: y.index_add_(0, torch.tensor([0]), torch.ones(2)),
    ],
    ids=["add_", "mul_", "masked_fill_", "copy_", "index_add_"],
)
def test_trap_09_error_before_mutation(edit: Callable[[Any], Any]) -> None:
    x, y = base()
    node = y.grad_fn
    with unchanged(x, y), pytest.raises((RuntimeError, IndexError)):
        edit(y)
    assert y.grad_fn is node
    y.sum().backward()
    assert x.grad.tolist() == [1.0] * 4


def test_trap_10_grads_of_one_sum_are_two_memories() -> None:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (a + b).backward(torch.ones(2))
    a.grad.zero_()
    assert b.grad.tolist() == [1.0, 1.0]


def test_trap_10_seed_is_not_given_away() -> None:
    seed = torch.ones(2)
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (a + b).backward(seed)
    a.grad.zero_()
    b.grad.add_(1)
    assert seed.tolist() == [1.0, 1.0]


def test_trap_10_grad_of_a_view_is_not_its_bases() -> None:
    a = torch.ones(2, 2, requires_grad=True)
    view = a.view(4)
    view.retain_grad()
    view.sum().backward()
    view.grad.zero_()
    assert a.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_trap_10_hook_that_edits_its_gradient_spoils_no_other() -> None:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a.register_hook(lambda g: g.mul_(10))
    c, d = a * 1, b * 1
    c.register_hook(lambda g: g.mul_(2))

    def compute() -> Any:
        (c + d).sum().backward()
        return a.grad.tolist(), b.grad.tolist()

    right_or_refused(compute, ([20.0, 20.0], [1.0, 1.0]))


def test_trap_11_grad_owns_its_memory_and_accumulates_in_place() -> None:
    x = torch.ones(3, requires_grad=True)
    gradient = torch.ones(3)
    x.expand(2, 3).sum(0).backward(gradient)
    kept = x.grad
    x.sum().backward()
    assert x.grad is kept
    assert kept.tolist() == [3.0, 3.0, 3.0]
    assert gradient.tolist() == [1.0, 1.0, 1.0]
    kept.add_(1)  # an expanded 0-d gradient would refuse
    assert x.grad.tolist() == [4.0, 4.0, 4.0]


def test_trap_11_grad_of_an_unused_corner_is_writable_and_its_own() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    x.sum().backward()
    x.grad[0, 0] = 5.0
    assert x.grad.tolist() == [[5.0, 1.0], [1.0, 1.0]]


def test_trap_12_detach_in_place_of_a_view() -> None:
    _, y = base()
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        y[:2].detach_()


def test_trap_13_assignment_to_a_slice() -> None:
    def compute() -> Any:
        x, y = base(2, 3)
        y[:, :2] = 0
        (y * y).sum().backward()
        return y.tolist(), x.grad.tolist()

    right_or_refused(compute, ([[0.0, 0.0, 3.0], [0.0, 0.0, 6.0]], [[0.0, 0.0, 6.0], [0.0, 0.0, 12.0]]))


def test_trap_13_assignment_to_a_slice_of_a_value_with_gradient() -> None:
    def compute() -> Any:
        value = torch.tensor([10.0, 20.0], requires_grad=True)
        x, y = base(2, 3)
        y[:, 1] = value
        (y * y).sum().backward()
        return x.grad.tolist(), value.grad.tolist()

    right_or_refused(compute, ([[2.0, 0.0, 6.0], [8.0, 0.0, 12.0]], [20.0, 40.0]))
