"""Views under in-place changes: whose history follows whose, and which views are not to be used any more.

Most of these were found by tests/oracle/programs.py, which runs random programs beside PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch, unchanged

SEVERAL = (
    " This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)
AMBIGUOUS = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the {0} block (if you don't want the inplace to be tracked) or both "
    "outside (if you want the inplace to be tracked)."
)
OTHERWISE = "its base or another view of its base has been modified inplace"


def leaf(*shape: int) -> Any:
    return torch.arange(1.0, 1.0 + torch.zeros(shape).numel()).reshape(shape).requires_grad_()


# -- the history of what was overwritten


@pytest.mark.parametrize(
    "overwrite",
    [lambda y: y.zero_(), lambda y: y.fill_(2.0), lambda y: y.copy_(torch.ones(3)), lambda y: y.fill_(torch.ones(()))],
    ids=["zero_", "fill_", "copy_", "fill_ tensor"],
)
def test_what_was_overwritten_gets_a_gradient_of_zero(overwrite: Callable[[Any], Any]) -> None:
    x = leaf(3)
    y = x * 2
    overwrite(y)
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_what_was_overwritten_is_still_noticed_where_it_was_saved() -> None:
    x = leaf(3)
    y = x.sigmoid()
    y.zero_()
    with pytest.raises(RuntimeError, match="output 0 of Sigmoid, is at version 1; expected version 0"):
        y.sum().backward()


def test_copy_of_itself_counts_as_a_change() -> None:
    x = leaf(3)
    y = x * 2
    y.copy_(y)
    assert y._version == 1
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_leaf_that_moved_into_the_graph() -> None:
    x = leaf(3)
    y = x * 2
    x.requires_grad_(False)
    x += leaf(3)
    with raises(RuntimeError, "leaf variable has been moved into the graph interior"):
        y.sum().backward()


def test_leaf_that_wants_no_gradient_any_more() -> None:
    x, other = leaf(2), leaf(2)
    y = (x * other).sum()
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None
    assert other.grad.tolist() == [1.0, 2.0]


def test_retained_grad_of_a_base_follows_a_change_of_its_view() -> None:
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    y[0].mul_(5)
    (y * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert y.grad.tolist() == [1.0, 2.0, 3.0]
    assert x.grad.tolist() == [10.0, 4.0, 6.0]


def test_retained_grad_of_a_view_follows_a_change_of_its_base() -> None:
    x = leaf(3)
    y = x * 2
    view = y[1:]
    view.retain_grad()
    y.mul_(5)
    (view * torch.tensor([2.0, 3.0])).sum().backward()
    assert view.grad.tolist() == [2.0, 3.0]
    assert x.grad.tolist() == [0.0, 20.0, 30.0]


def test_retained_grad_of_what_was_assigned_to() -> None:
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    y[0] = 1.0
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0, 3.0, 3.0]
    assert x.grad.tolist() == [0.0, 6.0, 6.0]


# -- views that are outdated

TAKE_SEVERAL: dict[str, tuple[Callable[[Any], Any], str]] = {
    "unbind": (lambda y: y.unbind()[0], "Unbind"),
    "iteration": (lambda y: next(iter(y)), "Unbind"),
    "split": (lambda y: y.split(1)[0], "Split"),
    "split sizes": (lambda y: y.split([1, 1])[0], "SplitWithSizes"),
    "chunk": (lambda y: y.chunk(2)[0], "Split"),
    "view of it": (lambda y: y.unbind()[0][1:], "Slice"),
    "numbered view of it": (lambda y: y.split(1)[0].squeeze(0), "Squeeze1"),
}
CHANGES: dict[str, Callable[[Any], Any]] = {
    "base": lambda y: y.mul_(2),
    "another view": lambda y: y[1].mul_(2),
    "assignment": lambda y: y.__setitem__(0, 1.0),
    "base under no_grad": torch.no_grad()(lambda y: y.mul_(2)),
    "another view under no_grad": torch.no_grad()(lambda y: y[1].zero_()),
    "detached": lambda y: y.detach().mul_(2),
    "recorded on a detached": lambda y: y.detach().mul_(leaf(3)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("take", "name"), TAKE_SEVERAL.values(), ids=TAKE_SEVERAL)
def test_one_of_many_views_is_not_used_after_a_change(
    take: Callable[[Any], Any], name: str, change: Callable[[Any], Any]
) -> None:
    y = leaf(2, 3) * 2
    view = take(y)
    change(y)
    text = f"Output 0 of {name} is a view and {OTHERWISE}.{SEVERAL}"
    for use in (lambda v: v * 2, lambda v: v.grad_fn, lambda v: v.is_leaf, lambda v: v.sum().backward()):
        with raises(RuntimeError, text):
            use(view)
    assert "grad_fn=<Invalid>" in repr(view)
    assert view.requires_grad
    # Without gradients it is what it is.
    assert view.detach().tolist() == take(y.detach()).tolist()
    with torch.no_grad():
        assert (view * 1).tolist() == take(y.detach()).tolist()


def test_parts_of_a_parameter_are_not_used_after_a_step() -> None:
    weight = leaf(2, 3)
    part = weight.chunk(2)[0]
    with torch.no_grad():
        weight -= 0.1
    with raises(RuntimeError, f"Output 0 of Split is a view and {OTHERWISE}.{SEVERAL}"):
        part.sum()


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode"])
def test_view_made_without_grad_is_not_used_after_a_change(mode: str) -> None:
    y = leaf(2, 3) * 2
    with getattr(torch, mode)():
        view = y[0]
    y.mul_(2)
    if mode == "no_grad":
        text = (
            f"A view was created in no_grad mode and {OTHERWISE} with grad mode enabled.{AMBIGUOUS.format('no_grad')}"
        )
    else:
        text = (
            f"A view was created in inference mode and {OTHERWISE} in normal mode.{AMBIGUOUS.format('inference_mode')}"
        )
    with raises(RuntimeError, text):
        view.sum()


@differs_from_torch("there the gradient through the row is lost silently")
def test_single_view_of_a_changed_leaf_keeps_its_history() -> None:
    weight = leaf(2, 3)
    row = weight[0]
    with torch.no_grad():
        weight *= 2
    (row.sum() + weight.sum()).backward()
    assert weight.grad.tolist() == [[2.0] * 3, [1.0] * 3]


@differs_from_torch("there each element is changed once for each window")
def test_overlapping_windows_are_not_written() -> None:
    x = torch.zeros(4)
    windows = x.unfold(0, 2, 1)
    if windows._base is None:
        pytest.skip("a copy, on this library")
    with unchanged(x), pytest.raises(RuntimeError, match=r"single memory location|has no kernel of it"):
        windows.add_(1)
    try:
        windows[0].add_(1)
    except RuntimeError:
        pytest.skip("the library does not tell where elements are")
    windows[::2].add_(1)
    assert x.tolist() == [2.0, 2.0, 1.0, 1.0]


def test_outdated_value_is_refused_before_anything_is_written() -> None:
    y = leaf(2, 3) * 2
    part = y.unbind()[0]
    y.mul_(2)
    x = torch.zeros(3)
    for change in (lambda: x.add_(part), lambda: x.copy_(part), lambda: x.__setitem__(..., part)):
        with unchanged(x), pytest.raises(RuntimeError, match="modified inplace"):
            change()


@pytest.mark.parametrize(
    "change",
    [
        lambda y, z: y.mul_(z),
        lambda y, z: y.__setitem__(..., y * 1 if z is None else y.mul(1).mul_(z)),
        lambda y, z: y.pow_(z),
    ],
    ids=["mul_", "assignment", "pow_"],
)
def test_inference_tensor_that_would_be_saved_is_refused_before_anything_is_written(change: Any) -> None:
    y = leaf(3) * 2
    with torch.inference_mode():
        factor = torch.ones(3) * 3
    with unchanged(y), pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        change(y, factor)


def test_retained_gradient_is_not_the_one_that_was_returned() -> None:
    x = leaf(2)
    y = x * 2
    y.retain_grad()
    (found,) = torch.autograd.grad(y.square().sum(), [y], create_graph=True)
    assert y.grad is not found
    loss = (found * y).sum()
    loss.backward()
    assert x.grad.tolist() == [16.0, 32.0]


@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_leaves_do_not_share_a_gradient_that_is_recorded() -> None:
    x, y = leaf(2), leaf(2)
    (x + y).sum().backward(create_graph=True)
    assert x.grad is not y.grad
    with torch.no_grad():
        x.grad.zero_()
    assert y.grad.tolist() == [1.0, 1.0]
    x.grad = y.grad = None


def test_view_made_in_inference_mode_is_not_changed_with_gradients() -> None:
    y = leaf(2, 3) * 2
    with torch.inference_mode():
        view = y[0]
    text = f"A view was created in inference mode and is being modified inplace in normal mode.{AMBIGUOUS}"
    with unchanged(y), raises(RuntimeError, text.format("inference_mode")):
        view.mul_(2)


@differs_from_torch("there a view made under no_grad says that it requires gradients, and drops them silently")
def test_view_made_under_no_grad_requires_no_gradient() -> None:
    x = leaf(3)
    with torch.no_grad():
        view = x[1:]
    assert not view.requires_grad
    with raises(RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"):
        view.sum().backward()


def test_reason_of_a_view_comes_before_that_of_its_leaf() -> None:
    with raises(RuntimeError, "Output 0 of Unbind is a view and is being modified inplace." + SEVERAL):
        leaf(2, 3).unbind()[0].mul_(2)


def test_parts_of_tensor_split_may_be_changed() -> None:
    x = leaf(4)
    y = x * 2
    y.tensor_split(2)[1].mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 6.0, 6.0]


def test_view_that_requires_grad_itself_is_a_leaf() -> None:
    view = torch.zeros(3)[1:].requires_grad_()
    with raises(RuntimeError, "a view of a leaf Variable that requires grad is being used in an in-place operation."):
        view.mul_(2)


# -- what is a view


def test_a_view_of_nothing_is_a_view() -> None:
    x = torch.zeros(2)
    empty = x.split([2, 0])[1]
    assert empty._base is x
    assert x.reshape(2)[2:]._base is x


def test_transposed_number() -> None:
    x = torch.tensor(1.5)
    with pytest.warns(UserWarning, match="0-D"):
        assert x.mT._base is None
    with pytest.warns(UserWarning, match="0-D"):
        assert x.T._base is x


def test_view_of_the_same_dtype_is_detached() -> None:
    x = leaf(2)
    y = x.view(x.dtype)
    assert not y.requires_grad
    with torch.no_grad():
        x.mul_(2)
    assert y.tolist() == [2.0, 4.0]
    assert y._version == 1


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.cumsum(0), lambda x: x.max(0)[0], lambda x: x.sort(0)[1], lambda x: x.topk(1)[0],
        lambda x: x.median(0)[0], lambda x: x.logcumsumexp(0), lambda x: x.argsort(0),
    ],
)  # fmt: skip
def test_results_on_tensors_without_dimensions_are_no_views(function: Callable[[Any], Any]) -> None:
    x = torch.tensor(0.5)
    assert function(x)._base is None
    assert not function(x)._is_view()


def test_inference_tensors_show_no_base() -> None:
    with torch.inference_mode():
        x = torch.zeros(3)
        view = x[1:]
        assert not view._is_view()
        view += 1
        assert x.tolist() == [0.0, 1.0, 1.0]
    text = "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
    with raises(RuntimeError, text):
        x.requires_grad_()


def test_base_that_takes_another_shape_stays_the_base() -> None:
    y = torch.zeros(2, 3)
    view = y[0]
    y.t_()
    assert not y._is_view()
    assert view._base is y
    view += 1
    assert y.tolist() == [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    "change",
    [lambda y: y.t_(), lambda y: y.transpose_(0, 1), lambda y: y.unsqueeze_(1)],
    ids=["t_", "transpose_", "unsqueeze_"],
)
def test_views_hang_on_a_base_that_takes_another_shape(change: Callable[[Any], Any]) -> None:
    x = leaf(2, 3)
    y = x * 2
    row = y[0]
    change(y)
    y.retain_grad()
    (row * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert y.grad.shape == y.shape
    assert y.grad.sum().item() == 6.0
    assert x.grad.tolist() == [[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]]


@differs_from_torch("there the gradient has the old shape")
def test_retained_grad_follows_a_change_of_shape() -> None:
    x = leaf(2, 3)
    y = x * 2
    y.retain_grad()
    y.t_()
    (y * torch.arange(6.0).reshape(3, 2)).sum().backward()
    assert y.grad.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert x.grad.tolist() == [[0.0, 4.0, 8.0], [2.0, 6.0, 10.0]]


@differs_from_torch("there backward fails, unless the shapes happen to be compatible")
@pytest.mark.parametrize("mode", ["no_grad", "inference_mode"])
@pytest.mark.parametrize(
    ("change", "shape"),
    [(lambda y: y.t_(), (3, 2)), (lambda y: y.unsqueeze_(1), (2, 1, 3)), (lambda y: y.squeeze_(), (2, 3))],
    ids=["t_", "unsqueeze_", "squeeze_"],
)
def test_shape_changed_where_nothing_is_recorded(change: Callable[[Any], Any], shape: Any, mode: str) -> None:
    x = leaf(2, 3)
    for y in (x * 2, (x * 2)[...]):
        row = y[0]
        with getattr(torch, mode)():
            change(y)
            assert not (y * 1).requires_grad
        assert tuple(y.shape) == shape
        weights = torch.arange(6.0).reshape(shape)
        (g,) = torch.autograd.grad((y * weights).sum() + row.sum(), x)
        expected = 2 * change(x.detach().clone())
        assert change(g - torch.tensor([[2.0] * 3, [0.0] * 3])).tolist() == (2 * weights).tolist()
        assert y.tolist() == expected.tolist()


def test_expanding_by_ones_leaves_memory_writable() -> None:
    y = torch.zeros(3, 2)
    view = y.t().expand(1, 2, 3)
    view += 1
    assert y.tolist() == [[1.0, 1.0]] * 3


# -- scans, numbers and lists of nothing


def test_scan_in_place_of_a_number_is_a_change() -> None:
    y = torch.tensor(2.0)
    assert y.cumsum_(0) is y
    assert y._version == 1


def test_backward_of_nothing_does_nothing() -> None:
    torch.autograd.backward([])
    x = leaf(2)
    with raises(RuntimeError, "`inputs` argument to `grad()` cannot be empty."):
        torch.autograd.grad(x.sum(), [])
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        torch.autograd.grad([], [x])
