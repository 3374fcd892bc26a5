"""What a tensor says of its place in the graph: requires_grad, is_leaf, detach, grad."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from tests.support.library import torch


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


def test_fresh_tensor() -> None:
    x = torch.ones(2)
    assert (x.requires_grad, x.is_leaf, x.grad, x.grad_fn, x.output_nr) == (False, True, None, None, 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.tensor([1.0], requires_grad=True),
        lambda: torch.zeros(2, requires_grad=True),
        lambda: torch.ones(2, requires_grad=True),
        lambda: torch.full((2,), 3.0, requires_grad=True),
        lambda: torch.empty(2, requires_grad=True),
        lambda: torch.arange(3.0, requires_grad=True),
        lambda: torch.linspace(0, 1, 3, requires_grad=True),
        lambda: torch.eye(2, requires_grad=True),
        lambda: torch.rand(2, requires_grad=True),
        lambda: torch.randn(2, requires_grad=True),
        lambda: torch.zeros_like(torch.ones(2), requires_grad=True),
        lambda: torch.ones_like(torch.ones(2), requires_grad=True),
        lambda: torch.full_like(torch.ones(2), 2.0, requires_grad=True),
        lambda: torch.empty_like(torch.ones(2), requires_grad=True),
        lambda: torch.rand_like(torch.ones(2), requires_grad=True),
        lambda: torch.randn_like(torch.ones(2), requires_grad=True),
    ],
)
def test_every_factory_makes_leaves(make: Any) -> None:
    x = make()
    assert x.requires_grad
    assert x.is_leaf
    assert x.grad_fn is None


def test_likes_of_a_tensor_with_gradients_have_none() -> None:
    x = leaf() * 2
    for like in (torch.zeros_like(x), torch.ones_like(x), torch.full_like(x, 2.0), torch.rand_like(x)):
        assert not like.requires_grad
        assert like.is_leaf


def test_requires_grad_spreads() -> None:
    x, plain = leaf(), torch.ones(3)
    assert (x + plain).requires_grad
    assert (plain + x).requires_grad
    assert not (plain + plain).requires_grad


def test_requires_grad_method() -> None:
    x = torch.ones(2)
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.requires_grad_(False) is x
    assert not x.requires_grad
    x.requires_grad = True
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_requires_grad_of_a_computed_tensor_may_be_set_true_again() -> None:
    y = leaf() * 2
    assert y.requires_grad_() is y


def test_freezing_keeps_the_grad() -> None:
    x = leaf()
    x.sum().backward()
    x.requires_grad_(False)
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_detach_shares_memory_and_no_history() -> None:
    x = leaf()
    y = x.detach()
    assert not y.requires_grad
    assert y.is_leaf
    y[0] = 10.0
    assert x.tolist() == [10.0, 2.0, 3.0]


def test_detach_of_a_computed_tensor_can_start_anew() -> None:
    x = leaf()
    y = (x * 2).detach().requires_grad_()
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0, 3.0, 3.0]
    assert x.grad is None


def test_detach_in_place_cuts_the_history() -> None:
    x = leaf()
    y = x * 2
    assert y.detach_() is y
    assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)


def test_detach_in_place_of_a_leaf() -> None:
    x = leaf()
    x.detach_()
    assert not x.requires_grad


def test_data_shares_memory_and_no_history() -> None:
    x = leaf()
    assert not x.data.requires_grad
    x.data.mul_(2)
    assert x.tolist() == [2.0, 4.0, 6.0]
    assert x.requires_grad


def test_data_may_be_replaced() -> None:
    x = leaf()
    x.data = torch.zeros(2)
    assert x.tolist() == [0.0, 0.0]
    assert x.requires_grad
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_clone_keeps_the_history_and_owns_its_memory() -> None:
    x = leaf()
    y = x.clone()
    assert y.requires_grad
    with torch.no_grad():
        y.zero_()
    assert x.tolist() == [1.0, 2.0, 3.0]
    x.clone().sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_deepcopy_of_a_leaf() -> None:
    x = leaf()
    x.sum().backward()
    y = copy.deepcopy(x)
    assert y is not x
    assert y.requires_grad
    assert y.is_leaf
    assert y.tolist() == x.tolist()
    assert y.grad.tolist() == x.grad.tolist()
    y.detach().zero_()
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_deepcopy_keeps_sharing() -> None:
    x = leaf()
    first, second = copy.deepcopy([x, x])
    assert first is second


def test_pickle_of_a_leaf() -> None:
    x = leaf()
    y = pickle.loads(pickle.dumps(x))
    assert y.tolist() == x.tolist()
    assert y.requires_grad
    assert y.dtype == x.dtype


def test_tensor_is_its_own_key() -> None:
    x, y = torch.ones(2), torch.ones(2)
    table = {x: "x", y: "y"}
    assert table[x] == "x"
    assert table[y] == "y"
    assert len({x, y, x}) == 2


def test_truth_and_numbers_of_one_element() -> None:
    assert bool(torch.tensor([1.0]))
    assert not torch.tensor(0)
    assert int(torch.tensor([3.7])) == 3
    assert float(torch.tensor(2)) == 2.0
    assert [10, 20, 30][torch.tensor(1)] == 20
    assert f"{torch.tensor(3.14159):.2f}" == "3.14"
    assert complex(torch.tensor(2.0)) == 2 + 0j


def test_iteration_keeps_gradients() -> None:
    x = leaf()
    first, _, third = x
    (first * third).backward()
    assert x.grad.tolist() == [3.0, 0.0, 1.0]


def test_contains() -> None:
    assert 2.0 in torch.tensor([1.0, 2.0])
    assert 3.0 not in torch.tensor([1.0, 2.0])


def test_shape_dtype_and_size() -> None:
    x = torch.ones(2, 3)
    assert x.shape == (2, 3)
    assert isinstance(x.shape, torch.Size)
    assert x.size() == x.shape
    assert x.size(-1) == 3
    assert x.dim() == x.ndim == 2
    assert x.numel() == x.nelement() == 6
    assert x.shape.numel() == 6
    assert x.stride() == (3, 1)
    assert x.element_size() == 4
    assert len(x) == 2
    assert repr(x.shape).endswith("Size([2, 3])")
    assert x.is_floating_point()


def test_what_a_tensor_on_the_host_says_of_its_memory() -> None:
    x = torch.ones(2, 3, device="cpu")
    assert (x.is_cpu, x.is_cuda, x.get_device()) == (True, False, -1)
    assert (x.itemsize, x.nbytes, x.is_contiguous(), x.name) == (4, 24, True, None)
    assert x.data_ptr() == x.view(6).data_ptr() != x.clone().data_ptr()
    assert not x.t().is_contiguous()


def test_reflected_operators() -> None:
    x = leaf(2.0)
    for value, expected, slope in (
        (3 + x, 5.0, 1.0),
        (3 - x, 1.0, -1.0),
        (3 * x, 6.0, 3.0),
        (3 / x, 1.5, -0.75),
        (3**x, 9.0, 9.887510598012987),
    ):
        (g,) = torch.autograd.grad(value.sum(), x)
        assert value.item() == pytest.approx(expected)
        assert g.item() == pytest.approx(slope)
    assert (7 // x.detach()).item() == 3.0
    assert (7 % x.detach()).item() == 1.0


def test_comparison_operators() -> None:
    x = torch.tensor([1, 2, 3])
    assert (x == 2).tolist() == [False, True, False]
    assert (x != 2).tolist() == [True, False, True]
    assert (x < 2).tolist() == [True, False, False]
    assert (x <= 2).tolist() == [True, True, False]
    assert (x > 2).tolist() == [False, False, True]
    assert (x >= torch.tensor([3, 2, 1])).tolist() == [False, True, True]
    assert (x == None).__class__ is bool  # noqa: E711 - what the operator does is the test


def test_bitwise_operators() -> None:
    a, b = torch.tensor([True, True, False]), torch.tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (a ^ b).tolist() == [False, True, False]
    assert (~a).tolist() == [False, False, True]
    assert (torch.tensor([6]) & 3).tolist() == [2]
    assert (torch.tensor([1]) << 3).tolist() == [8]
    assert (torch.tensor([-8]) >> 1).tolist() == [-4]
