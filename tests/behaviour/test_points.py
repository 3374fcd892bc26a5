"""Points that are easy to get wrong behave as PyTorch 2.13 behaves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.library import differs_from_torch, raises, shown, torch

nn = torch.nn


def test_grad_accumulates_in_place_and_leaves_the_seed_alone() -> None:
    x = torch.ones(3, requires_grad=True)
    seed = torch.ones(3)
    (x * 1).backward(seed)
    first = x.grad
    (x * 2).backward(torch.ones(3))
    assert x.grad is first
    assert x.grad.tolist() == [3.0, 3.0, 3.0]
    assert seed.tolist() == [1.0, 1.0, 1.0]


def test_seed_is_not_the_grad_of_a_leaf_that_gets_it_unchanged() -> None:
    x = torch.ones(3, requires_grad=True)
    seed = torch.ones(3)
    (x + 0).backward(seed)
    x.grad.zero_()
    assert seed.tolist() == [1.0, 1.0, 1.0]


def test_grads_of_a_sum_do_not_share_memory() -> None:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (a + b).sum().backward()
    a.grad.mul_(10)
    assert b.grad.tolist() == [1.0, 1.0]


@differs_from_torch("PyTorch takes the gradient at the changed numbers without a word")
def test_array_under_from_numpy_is_edited_after_forward() -> None:
    array = np.array([2.0, 2.0])
    x = torch.ones(2, dtype=torch.float64, device="cpu", requires_grad=True)
    y = (x * torch.from_numpy(array)).sum()
    array[:] = 7.0
    try:
        y.backward()
    except RuntimeError:
        assert x.grad is None
    else:
        assert x.grad.tolist() == [2.0, 2.0]


@differs_from_torch("PyTorch takes the gradient at the changed numbers without a word")
def test_saved_output_is_edited_through_data() -> None:
    x = torch.tensor([0.0, 0.0], requires_grad=True)
    y = x.exp()
    y.data.zero_()
    try:
        y.sum().backward()
    except RuntimeError:
        assert x.grad is None
    else:
        assert x.grad.tolist() == [1.0, 1.0]


def test_saved_output_is_edited_through_detach() -> None:
    x = torch.tensor([0.0, 0.0], requires_grad=True)
    y = x.exp()
    y.detach().zero_()
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.sum().backward()


def test_in_place_on_a_view_reaches_the_gradient_of_the_base() -> None:
    x = torch.ones(4, requires_grad=True)
    y = x * 1
    try:
        y[:2].zero_()
    except RuntimeError:  # a backend or a version of plugrad that has no views with history may refuse
        assert y.tolist() == [1.0, 1.0, 1.0, 1.0]
    else:
        y.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 1.0, 1.0]


def test_broadcast_gradients_have_the_shape_of_their_inputs() -> None:
    a, b = torch.ones(3, 1, requires_grad=True), torch.ones(1, 4, requires_grad=True)
    (a * b).sum().backward()
    assert a.grad.tolist() == [[4.0]] * 3
    assert b.grad.tolist() == [[3.0] * 4]


@pytest.mark.parametrize("name", ["argmax", "compare", "long"])
def test_integers_and_booleans_never_require_grad(name: str) -> None:
    x = torch.ones(3, requires_grad=True)
    y = {"argmax": lambda: x.argmax(), "compare": lambda: x > 0, "long": lambda: x.long()}[name]()
    assert not y.requires_grad
    assert y.grad_fn is None


def test_zero_grad_sets_none() -> None:
    layer = nn.Linear(2, 2)
    layer(torch.ones(1, 2)).sum().backward()
    layer.zero_grad()
    assert layer.weight.grad is None
    assert layer.bias.grad is None


def test_zero_grad_of_an_optimizer_sets_none_or_zeros() -> None:
    layer = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    optimizer.zero_grad()
    assert layer.weight.grad is None


def test_seed_0_gives_pytorchs_uniform_numbers() -> None:
    torch.manual_seed(0)
    assert torch.rand(2).tolist() == [0.49625658988952637, 0.7682217955589294]


def test_seed_0_gives_pytorchs_normal_numbers() -> None:
    torch.manual_seed(0)
    torch.rand(2)
    assert torch.randn(2).tolist() == pytest.approx([-0.29050925374031067, -1.0703703165054321], rel=1e-6)


@pytest.mark.parametrize("draw", [lambda: torch.rand(5), lambda: torch.randn(5), lambda: torch.randperm(9)])
def test_seed_repeats_its_numbers(draw) -> None:
    torch.manual_seed(3)
    first = draw().tolist()
    torch.manual_seed(3)
    assert draw().tolist() == first
    assert draw().tolist() != first


DTYPES = {
    "integers": (lambda: torch.tensor([1, 2]), "int64"),
    "floats": (lambda: torch.tensor([1.0]), "float32"),
    "true division of integers": (lambda: torch.tensor([1]) / torch.tensor([2]), "float32"),
    "float32 and a Python float": (lambda: torch.ones(1) * 2.5, "float32"),
    "float32 and float64 of no dimension": (
        lambda: torch.ones(2) * torch.tensor(2.0, dtype=torch.float64),
        "float32",
    ),
    "integers and a Python float": (lambda: torch.tensor([1]) * 2.5, "float32"),
    "int64 and float32 of no dimension": (lambda: torch.tensor([1]) * torch.tensor(2.5), "float32"),
    "float32 and int64": (lambda: torch.ones(2) * torch.tensor([1, 2]), "float32"),
    "sum of booleans": (lambda: torch.tensor([True, True]).sum(), "int64"),
    "sum of uint8": (lambda: torch.tensor([1, 2], dtype=torch.uint8).sum(), "int64"),
    "comparison": (lambda: torch.ones(2) > 1, "bool"),
    "uint8 and int8": (
        lambda: torch.tensor([1], dtype=torch.uint8) + torch.tensor([1], dtype=torch.int8),
        "int16",
    ),
    "boolean and a Python int": (lambda: torch.tensor([True]) + 1, "int64"),
    "mean of float64": (lambda: torch.ones(2, dtype=torch.float64).mean(), "float64"),
    "uint8 and int32": (
        lambda: torch.ones(1, dtype=torch.uint8) * torch.tensor([2], dtype=torch.int32),
        "int32",
    ),
    "argmax": (lambda: torch.ones(2).argmax(), "int64"),
    "exp of integers": (lambda: torch.tensor([1]).exp(), "float32"),
}


@pytest.mark.parametrize(("make", "dtype"), DTYPES.values(), ids=DTYPES)
def test_dtype(make, dtype: str) -> None:
    assert make().dtype == getattr(torch, dtype)


def test_dtype_names() -> None:
    assert str(torch.float32).split(".")[1] == "float32"
    assert torch.float is torch.float32
    assert torch.double is torch.float64
    assert torch.long is torch.int64
    assert torch.half is torch.float16
    assert torch.int is torch.int32


def test_linear_parameters_and_their_bounds() -> None:
    layer = nn.Linear(16, 4)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    bound = 1 / math.sqrt(16)
    assert layer.weight.abs().max().item() <= bound
    assert layer.bias.abs().max().item() <= bound


def test_double_backward() -> None:
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    (first,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.tolist() == [2.0, 2.0]


def test_leaf_may_be_updated_under_no_grad() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        x += 1
    assert x.tolist() == [2.0, 2.0]
    assert x.requires_grad
    assert x.is_leaf


def test_repr_of_a_computed_tensor() -> None:
    x = torch.ones(2, requires_grad=True)
    assert shown(x * 2) == "tensor([2., 2.], grad_fn=<MulBackward0>)"


def test_std_is_unbiased_by_default() -> None:
    x = torch.tensor([1.0, 2.0])
    assert x.std().item() == pytest.approx(0.7071067690849304)
    assert x.std(unbiased=False).item() == pytest.approx(0.5)
    assert x.var(correction=0).item() == pytest.approx(0.25)


def test_round_goes_to_even() -> None:
    assert torch.round(torch.tensor([0.5, 1.5, 2.5])).tolist() == [0.0, 2.0, 2.0]


def test_integer_division_remainder_and_fmod_of_negatives() -> None:
    seven, two = torch.tensor(-7), torch.tensor(2)
    assert (seven // two).item() == -4
    assert (seven % torch.tensor(3)).item() == 2
    assert torch.fmod(seven, two).item() == -1


def test_error_of_a_leaf_view_is_raised_before_the_write() -> None:
    x = torch.ones(2, requires_grad=True)
    with raises(
        RuntimeError,
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
    ):
        x[0] = 5.0
    assert x.tolist() == [1.0, 1.0]
