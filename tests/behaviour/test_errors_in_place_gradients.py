"""In-place edits that gradients forbid raise PyTorch's exception with PyTorch's text and write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch, unchanged

LEAF_IN_PLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_VIEW_IN_PLACE = "a view of a leaf Variable that requires grad is being used in an in-place operation."
MODIFIED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[torch.FloatTensor [2]]{output} is at version {now}; expected version {then} instead. Hint: enable "
    "anomaly "
    "detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


Change = Callable[[Any], Any]


def assign(x: Any, index: Any, value: Any) -> None:
    x[index] = value


def augment(x: Any) -> None:
    x += 1


LEAF_CHANGES: dict[str, Change] = {
    "add_": lambda x: x.add_(1),
    "iadd": augment,
    "sub_": lambda x: x.sub_(1),
    "mul_": lambda x: x.mul_(2),
    "div_": lambda x: x.div_(2),
    "pow_": lambda x: x.pow_(2),
    "exp_": lambda x: x.exp_(),
    "relu_": lambda x: x.relu_(),
    "clamp_": lambda x: x.clamp_(0, 1),
    "zero_": lambda x: x.zero_(),
    "fill_": lambda x: x.fill_(1),
    "copy_": lambda x: x.copy_(torch.zeros(3)),
    "masked_fill_": lambda x: x.masked_fill_(torch.tensor([True, False, True]), 0.0),
    "index_add_": lambda x: x.index_add_(0, torch.tensor([0]), torch.ones(1)),
    "scatter_": lambda x: x.scatter_(0, torch.tensor([0]), torch.ones(1)),
    "tensor index assignment": lambda x: assign(x, torch.tensor([0, 1]), 0.0),
}


@pytest.mark.parametrize("change", LEAF_CHANGES.values(), ids=LEAF_CHANGES)
def test_leaf_that_requires_grad_is_not_changed_in_place(change: Change) -> None:
    x = leaf()
    with unchanged(x), raises(RuntimeError, LEAF_IN_PLACE):
        change(x)


VIEW_CHANGES: dict[str, Change] = {
    "integer assignment": lambda x: assign(x, 0, 5.0),
    "slice assignment": lambda x: assign(x, slice(1, 3), 5.0),
    "view add_": lambda x: x.view(-1).add_(1),
    "slice mul_": lambda x: x[:2].mul_(2),
}


@pytest.mark.parametrize("change", VIEW_CHANGES.values(), ids=VIEW_CHANGES)
def test_view_of_a_leaf_that_requires_grad_is_not_changed_in_place(change: Change) -> None:
    x = leaf()
    with unchanged(x), raises(RuntimeError, LEAF_VIEW_IN_PLACE):
        change(x)


def test_saved_output_was_modified() -> None:
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.add_(1)
    with raises(RuntimeError, MODIFIED.format(output=", which is output 0 of Exp,", now=1, then=0)):
        y.sum().backward()
    assert x.grad is None


def test_saved_input_was_modified_twice() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = (y * y).sum()
    y.mul_(3).add_(1)
    with raises(RuntimeError, MODIFIED.format(output=", which is output 0 of Add,", now=2, then=0)):
        z.backward()
    assert x.grad is None


def test_saved_leaf_was_modified_by_an_optimizer_step() -> None:
    w, x = leaf(1.0, 2.0), torch.tensor([3.0, 4.0], requires_grad=True)
    loss = (w * x).sum()
    with torch.no_grad():
        w.sub_(0.1)
    with raises(RuntimeError, MODIFIED.format(output="", now=1, then=0)):
        loss.backward()


def test_saved_value_was_modified_through_detach() -> None:
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.detach().zero_()
    with raises(RuntimeError, MODIFIED.format(output=", which is output 0 of Exp,", now=1, then=0)):
        y.sum().backward()
    assert x.grad is None


def test_one_of_many_views_is_not_changed_in_place() -> None:
    base = leaf() * 1
    first = base.unbind()[0]
    with (
        unchanged(base, first),
        raises(
            RuntimeError,
            "Output 0 of Unbind is a view and is being modified inplace. This view is the output of a "
            "function that returns multiple views. Such functions do not allow the output views to be "
            "modified "
            "inplace. You should replace the inplace operation by an out-of-place one.",
        ),
    ):
        first.add_(1)


def test_view_made_under_no_grad_is_not_changed_with_gradients() -> None:
    base = leaf() * 1
    with torch.no_grad():
        view = base[:2]
    with (
        unchanged(base, view),
        raises(
            RuntimeError,
            "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given "
            "that "
            "this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
            "moving both "
            "the view and the inplace either both inside the no_grad block (if you don't want the inplace to "
            "be "
            "tracked) or both outside (if you want the inplace to be tracked).",
        ),
    ):
        view.mul_(torch.ones(2, requires_grad=True))


def test_detach_in_place_of_a_view() -> None:
    text = (
        "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) "
        "for "
        "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
        "detach_() cannot be called on these gradients. To fix this error, please refer to the "
        "Optimizer.zero_grad() "
        "function in torch/optim/optimizer.py as the solution."
    )
    with raises(RuntimeError, text, text.replace("torch/", "plugrad/"), text.replace("torch/", "plugrad/nn/")):
        (leaf() * 1)[:2].detach_()


@differs_from_torch("PyTorch answers with a gradient made from the changed values")
def test_data_edit_of_a_saved_value_is_noticed_or_harmless() -> None:
    x = leaf(1.0, 2.0)
    y = x.exp()
    right = y.tolist()
    y.data.zero_()
    try:
        y.sum().backward()
    except RuntimeError:
        assert x.grad is None
    else:
        assert x.grad.tolist() == right
