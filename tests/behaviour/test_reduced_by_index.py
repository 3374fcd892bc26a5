"""Reductions of what an index puts in one place: gradients where PyTorch's are wrong or missing."""

from __future__ import annotations

import pytest

from tests.support.library import torch


def places(*numbers):
    return torch.tensor(numbers)


def test_what_takes_no_part_has_no_share_of_the_gradient() -> None:
    # PyTorch counts an equal element of the tensor itself, and loses its share.
    if torch.__name__ == "torch":
        pytest.skip("PyTorch's gradient is wrong here")
    x = torch.tensor([3.0, 0.0], requires_grad=True)
    source = torch.tensor([3.0, 1.0], requires_grad=True)
    x.scatter_reduce(0, places(0, 0), source, "amax", include_self=False).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
    assert source.grad.tolist() == [1.0, 0.0]


def test_ties_share_the_gradient() -> None:
    x = torch.tensor([3.0, 0.0], requires_grad=True)
    source = torch.tensor([3.0, 3.0, 1.0], requires_grad=True)
    x.scatter_reduce(0, places(0, 0, 0), source, "amax").sum().backward()
    assert torch.allclose(x.grad, torch.tensor([1 / 3, 1.0]))
    assert torch.allclose(source.grad, torch.tensor([1 / 3, 1 / 3, 0.0]))


@pytest.mark.parametrize("zeros", [1, 2])
def test_products_with_zeros(zeros: int) -> None:
    source = torch.tensor([0.0, 0.0 if zeros == 2 else 5.0, 3.0], requires_grad=True)
    y = torch.tensor([2.0]).scatter_reduce(0, places(0, 0, 0), source, "prod")
    (first,) = torch.autograd.grad(y.sum(), source, create_graph=torch.__name__ != "torch")
    assert first.tolist() == ([30.0, 0.0, 0.0] if zeros == 1 else [0.0, 0.0, 0.0])
    if torch.__name__ == "torch":
        return  # it refuses the second derivative of more than one zero
    (second,) = torch.autograd.grad(first.sum(), source)
    # d/dx_k of the sum of the products of two: 2 times the sum of the other factors, with one left out each.
    assert second.tolist() == ([16.0, 6.0, 10.0] if zeros == 1 else [6.0, 6.0, 0.0])
