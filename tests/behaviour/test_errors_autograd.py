"""Mistakes with gradients raise PyTorch's exception with PyTorch's text, before anything is written."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import AGAINST_TORCH, differs_from_torch, raises, torch, unchanged


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to "
    "access "
    "saved tensors after calling backward."
)
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
NO_GRAPH = "element 0 of tensors does not require grad and does not have a grad_fn"
LEAF_IN_PLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_VIEW_IN_PLACE = "a view of a leaf Variable that requires grad is being used in an in-place operation."
MODIFIED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[torch.FloatTensor [2]]{output} is at version {now}; expected version {then} instead. Hint: enable "
    "anomaly "
    "detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
FLAGS_OF_LEAVES = (
    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
    "subgraph "
    "that doesn't require differentiation use var_no_grad = var.detach()."
)
NUMPY_OF_GRAD = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
ONLY_FLOATS = "Only Tensors of floating point and complex dtype can require gradients"


# --- backward and grad ----------------------------------------------------------------------------


def test_backward_of_many_elements() -> None:
    x = leaf()
    with raises(RuntimeError, NOT_SCALAR):
        (x * 2).backward()
    assert x.grad is None


def test_grad_of_many_elements() -> None:
    x = leaf()
    with raises(RuntimeError, NOT_SCALAR):
        torch.autograd.grad(x * 2, x)


def test_backward_without_a_graph() -> None:
    with raises(RuntimeError, NO_GRAPH):
        torch.ones(()).backward()


def test_backward_of_an_output_made_under_no_grad() -> None:
    x = leaf()
    with torch.no_grad():
        y = x.sum()
    with raises(RuntimeError, NO_GRAPH):
        y.backward()
    assert x.grad is None


def test_backward_of_the_second_root_without_a_graph_names_its_index() -> None:
    x = leaf()
    with raises(RuntimeError, NO_GRAPH.replace("0", "1")):
        torch.autograd.backward([x.sum(), torch.ones(())])
    assert x.grad is None


def test_backward_twice() -> None:
    x = leaf()
    y = x.exp().sum()
    y.backward()
    first = x.grad.tolist()
    with raises(RuntimeError, FREED):
        y.backward()
    assert x.grad.tolist() == first


def test_grad_after_backward() -> None:
    x = leaf()
    y = (x * x).sum()
    y.backward()
    with raises(RuntimeError, FREED):
        torch.autograd.grad(y, x)


def test_shared_part_of_a_freed_graph() -> None:
    x = leaf()
    shared = x.exp()
    (shared * 2).sum().backward()
    with raises(RuntimeError, FREED):
        (shared * 3).sum().backward()


def test_saved_tensors_of_a_function_after_they_were_freed() -> None:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * x * g

    y = Square.apply(leaf())
    y.sum().backward()
    with raises(RuntimeError, FREED):
        y.grad_fn.saved_tensors  # noqa: B018 - the access is the test


def test_grad_of_an_unused_input() -> None:
    x, unused = leaf(), leaf()
    with raises(
        RuntimeError,
        "The differentiated Tensor at index 0 appears to not have been used in the graph. Set "
        "allow_unused=True if "
        "this is the desired behavior.",
    ):
        torch.autograd.grad(x.sum(), unused)


def test_grad_of_an_unused_input_names_its_index() -> None:
    x, unused = leaf(), leaf()
    with raises(
        RuntimeError,
        "The differentiated Tensor at index 1 appears to not have been used in the graph. Set "
        "allow_unused=True if "
        "this is the desired behavior.",
    ):
        torch.autograd.grad(x.sum(), [x, unused])


def test_grad_of_an_input_that_requires_none() -> None:
    with raises(RuntimeError, "One of the differentiated Tensors does not require grad"):
        torch.autograd.grad(leaf().sum(), torch.ones(3))


def test_gradient_of_another_shape() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a shape of "
        "torch.Size([3]).",
    ):
        torch.autograd.grad(x * 2, x, grad_outputs=torch.ones(2))


def test_backward_with_a_gradient_of_another_shape() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([3, 1]) and output[0] has a shape of "
        "torch.Size([3]).",
    ):
        (x * 2).backward(torch.ones(3, 1))
    assert x.grad is None


# --- in place -------------------------------------------------------------------------------------

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
    with raises(
        RuntimeError, text, text.replace("torch/", "plugrad/"), text.replace("torch/", "plugrad/nn/")
    ):
        (leaf() * 1)[:2].detach_()


# --- requires_grad --------------------------------------------------------------------------------


def set_flag(x: Any, flag: bool) -> None:
    x.requires_grad = flag


def test_integers_that_require_grad_at_creation() -> None:
    with raises(RuntimeError, ONLY_FLOATS):
        torch.tensor([1, 2], requires_grad=True)


@pytest.mark.parametrize("make", ["zeros", "ones", "empty"])
def test_integer_factories_that_require_grad(make: str) -> None:
    with raises(RuntimeError, ONLY_FLOATS):
        getattr(torch, make)(2, dtype=torch.int64, requires_grad=True)


def test_requires_grad_method_on_integers() -> None:
    with raises(RuntimeError, "only Tensors of floating point dtype can require gradients"):
        torch.tensor([1, 2]).requires_grad_()


def test_requires_grad_attribute_on_integers() -> None:
    with raises(RuntimeError, "only Tensors of floating point and complex dtype can require gradients"):
        set_flag(torch.tensor([1, 2]), True)


def test_requires_grad_attribute_of_a_computed_tensor() -> None:
    y = leaf() * 2
    with raises(RuntimeError, FLAGS_OF_LEAVES):
        set_flag(y, False)
    assert y.requires_grad


def test_requires_grad_method_of_a_computed_tensor() -> None:
    y = leaf() * 2
    with raises(RuntimeError, FLAGS_OF_LEAVES):
        y.requires_grad_(False)
    assert y.requires_grad


def test_deepcopy_of_a_computed_tensor() -> None:
    with raises(
        RuntimeError,
        "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
        "moment.  "
        "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm "
        "usage, "
        "see https://github.com/pytorch/pytorch/pull/103001",
    ):
        copy.deepcopy(leaf() * 2)


def test_numpy_of_a_tensor_that_requires_grad() -> None:
    with raises(RuntimeError, NUMPY_OF_GRAD):
        leaf().numpy()


def test_asarray_of_a_tensor_that_requires_grad() -> None:
    with raises(RuntimeError, NUMPY_OF_GRAD):
        np.asarray(leaf())


# --- hooks and .grad ------------------------------------------------------------------------------


def test_retain_grad_without_gradients() -> None:
    with raises(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"):
        torch.ones(2).retain_grad()


def test_hook_without_gradients() -> None:
    with raises(RuntimeError, "cannot register a hook on a tensor that doesn't require gradient"):
        torch.ones(2).register_hook(lambda g: g)


def test_hook_that_changes_the_size() -> None:
    x = leaf()
    x.register_hook(lambda g: g[:1])
    with raises(RuntimeError, "hook '<lambda>' has changed the size of value"):
        x.sum().backward()
    assert x.grad is None


def test_hook_that_returns_no_tensor() -> None:
    x = leaf()
    x.register_hook(lambda g: 1)
    with raises(TypeError, "expected Variable, but hook returned 'int'"):
        x.sum().backward()
    assert x.grad is None


def set_grad(x: Any, grad: Any) -> None:
    x.grad = grad


def test_grad_of_another_type() -> None:
    x = leaf()
    with raises(TypeError, "assigned grad expected to be a Tensor or None but got grad of type int"):
        set_grad(x, 1)
    assert x.grad is None


def test_grad_of_another_shape() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "attempting to assign a gradient of size '[2]' to a tensor of size '[3]'. Please ensure that the "
        "gradient "
        "and the tensor are the same size",
    ):
        set_grad(x, torch.ones(2))
    assert x.grad is None


def test_grad_of_another_dtype() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "attempting to assign a gradient with dtype 'double' to a tensor with grad_dtype 'Float'. The "
        "gradient must "
        "match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
        "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging "
        "the "
        "dtypes of a tensor and its gradient may break downstream systems that assume they match.",
    ):
        set_grad(x, torch.ones(3, dtype=torch.float64))
    assert x.grad is None


def test_tensor_as_its_own_grad() -> None:
    x = leaf()
    with raises(RuntimeError, "can't assign Variable as its own grad"):
        set_grad(x, x)
    assert x.grad is None


# --- inference mode -------------------------------------------------------------------------------


def test_inference_tensor_in_a_graph() -> None:
    with torch.inference_mode():
        made_here = torch.ones(3)
    with raises(
        RuntimeError,
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
        "in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor "
        "and use "
        "it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.",
    ):
        leaf() * made_here


def test_inference_tensor_changed_outside() -> None:
    with torch.inference_mode():
        made_here = torch.ones(3)
    with raises(
        RuntimeError,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get "
        "a normal "
        "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.",
    ):
        made_here.add_(1)
    if not AGAINST_TORCH:  # PyTorch writes first and raises then
        assert made_here.tolist() == [1.0, 1.0, 1.0]


# --- floor division has no derivative -------------------------------------------------------------


def test_floor_divide_has_no_derivative() -> None:
    x = leaf()
    y = torch.floor_divide(x, 2.0)
    with raises(RuntimeError, "derivative for aten::floor_divide is not implemented"):
        y.sum().backward()
    assert x.grad is None


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
