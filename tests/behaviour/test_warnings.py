"""Doubtful calls warn with PyTorch's category and text, and still give PyTorch's result."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.library import AGAINST_TORCH, torch, warns

F = torch.nn.functional


def test_grad_of_a_tensor_that_is_no_leaf() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with warns(
        UserWarning,
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
        "won't be "
        "populated during autograd.backward(). If you indeed want the .grad field to be populated for a "
        "non-leaf "
        "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, "
        "make sure "
        "you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information.",
    ):
        assert y.grad is None


def test_retained_grad_does_not_warn() -> None:
    y = torch.ones(2, requires_grad=True) * 2
    y.retain_grad()
    assert y.grad is None  # warnings are errors here


def test_mse_loss_that_broadcasts() -> None:
    with warns(
        UserWarning,
        "Using a target size (torch.Size([3])) that is different to the input size (torch.Size([3, 1])). "
        "This will "
        "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
    ):
        loss = F.mse_loss(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0.0, 1.0, 2.0]))
    assert loss.item() == pytest.approx(12 / 9)


def test_l1_loss_that_broadcasts() -> None:
    with warns(UserWarning, "Using a target size (torch.Size([3])) that is different to the input size"):
        loss = F.l1_loss(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0.0, 1.0, 2.0]))
    assert loss.item() == pytest.approx(8 / 9)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_without_a_dimension(name: str) -> None:
    x = torch.tensor([[0.0, 1.0], [2.0, 5.0]])
    with warns(
        UserWarning,
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
    ):
        y = getattr(F, name)(x)
    assert y.tolist() == getattr(F, name)(x, dim=1).tolist()


def test_tensor_of_a_tensor() -> None:
    source = torch.ones(2)
    with warns(
        UserWarning,
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
    ):
        copy = torch.tensor(source)
    source.zero_()
    assert copy.tolist() == [1.0, 1.0]


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch warns once per process, whoever asks first")
def test_read_only_array() -> None:
    array = np.ones(2)
    array.flags.writeable = False
    with warns(
        UserWarning,
        "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This "
        "means "
        "writing to this tensor will result in undefined behavior. You may want to copy the array to protect "
        "its "
        "data or make it writable before converting it to a tensor. This type of warning will be suppressed "
        "for the "
        "rest of this program.",
    ):
        torch.from_numpy(array)


def test_T_of_three_dimensions() -> None:
    x = torch.ones(2, 3, 4)
    with warns(
        UserWarning,
        "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it "
        "will throw "
        "an error in a future release. Consider `x.mT` to transpose batches of matrices or "
        "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
    ):
        assert tuple(x.T.shape) == (4, 3, 2)


def test_duplicate_parameters_of_an_optimizer() -> None:
    x = torch.ones(2, requires_grad=True)
    with warns(
        UserWarning,
        "optimizer contains a parameter group with duplicate parameters; in future, this will cause an "
        "error; see "
        "github.com/pytorch/pytorch/issues/40967 for more information",
    ):
        torch.optim.SGD([x, x], lr=0.1)


def test_variance_of_one_element() -> None:
    with warns(UserWarning, "std(): degrees of freedom is <= 0."):
        assert torch.ones(1).std().isnan().item()


def test_backward_with_create_graph() -> None:
    x = torch.ones(2, requires_grad=True)
    with warns(
        UserWarning,
        "Using backward() with create_graph=True will create a reference cycle between the parameter and its "
        "gradient "
        "which can cause a memory leak.",
    ):
        (x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
