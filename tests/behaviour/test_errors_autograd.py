"""Mistakes with gradients raise PyTorch's exception with PyTorch's text, before anything is written."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from tests.support.library import AGAINST_TORCH, raises, torch


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
