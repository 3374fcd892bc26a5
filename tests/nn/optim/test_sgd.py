"""SGD: the rare paths beside what tests/behaviour compares with PyTorch."""

from __future__ import annotations

import pytest

from tests.support.compare import assert_close
from tests.support.library import AGAINST_TORCH, differs_from_torch, raises, torch

SGD = torch.optim.SGD


def leaf(*values, dtype=None):
    return torch.tensor(values, dtype=dtype or torch.float64, requires_grad=True)


def run(optimizer, p, *grads):
    for grad in grads:
        p.grad = torch.full_like(p, grad)
        optimizer.step()
    return p.tolist()


def test_nesterov_with_weight_decay_and_maximize():
    p = leaf(1.0)
    optimizer = SGD([p], lr=0.1, momentum=0.5, nesterov=True, weight_decay=0.1, maximize=True)
    # g = -2 + 0.1 p, v = g; p -= 0.1 (g + 0.5 v)
    assert run(optimizer, p, 2.0) == pytest.approx([1 + 0.1 * 1.9 * 1.5])


def test_dampening_does_not_touch_the_first_gradient():
    p = leaf(0.0)
    optimizer = SGD([p], lr=1.0, momentum=0.5, dampening=0.9)
    assert run(optimizer, p, 1.0) == [-1]
    assert run(optimizer, p, 1.0) == pytest.approx([-1 - (0.5 + 0.1)])


def test_a_learning_rate_and_a_weight_decay_may_be_tensors():
    p, q = leaf(1.0, 2.0), leaf(1.0, 2.0)
    with_tensors = SGD([p], lr=torch.tensor(0.1), weight_decay=torch.tensor(0.5))
    with_numbers = SGD([q], lr=0.1, weight_decay=0.5)
    assert run(with_tensors, p, 1.0, 2.0) == pytest.approx(run(with_numbers, q, 1.0, 2.0), rel=1e-6)
    assert p.dtype is torch.float64


def test_a_learning_rate_of_two_elements_is_refused():
    with raises(ValueError, "Tensor lr must be 1-element"):
        SGD([leaf(1.0)], lr=torch.ones(2))


@pytest.mark.parametrize(
    ("kind", "text", "options"),
    [
        (ValueError, "Invalid momentum value: -1", {"momentum": -1}),
        (ValueError, "Invalid weight_decay value: -1", {"weight_decay": -1}),
        (ValueError, "Nesterov momentum requires a momentum and zero dampening", {"nesterov": True}),
        (
            ValueError,
            "Nesterov momentum requires a momentum and zero dampening",
            {"nesterov": True, "momentum": 1, "dampening": 1},
        ),
        (RuntimeError, "`fused` does not support `differentiable`", {"fused": True, "differentiable": True}),
        (RuntimeError, "`fused` and `foreach` cannot be `True` together.", {"fused": True, "foreach": True}),
    ],
)
def test_refused_options(kind, text, options):
    with raises(kind, text):
        SGD([leaf(1.0)], lr=0.1, **options)


@pytest.mark.parametrize("options", [{name: on} for name in ("foreach", "fused") for on in (True, False)])
def test_implementations_agree(options):
    p, q = leaf(1.0, -2.0), leaf(1.0, -2.0)
    usual = run(SGD([q], lr=0.1, momentum=0.9), q, 1.0, 2.0)
    assert run(SGD([p], lr=0.1, momentum=0.9, **options), p, 1.0, 2.0) == pytest.approx(usual)


@pytest.mark.parametrize(
    "momentum",
    [
        0.0,
        pytest.param(0.9, marks=differs_from_torch("PyTorch detaches the first gradient from the velocity")),
    ],
)
def test_gradients_flow_through_a_differentiable_step(momentum):
    """d/dw of a loss after two steps of gradient descent on w**2: (1 - 2 lr)**2 per step without momentum."""
    w = leaf(3.0)
    p = w.clone()
    optimizer = SGD([p], lr=0.1, momentum=momentum, differentiable=True)
    for _ in range(2):
        # Of a copy: the step changes p itself, which the gradient may need.
        copy = p.clone()
        (p.grad,) = torch.autograd.grad((copy**2).sum(), copy, create_graph=True)
        optimizer.step()
    p.sum().backward()
    # v1 = 2w, p1 = 0.8 w, v2 = 0.9 v1 + 1.6 w, p2 = p1 - 0.1 v2
    assert_close(w.grad, [0.64] if momentum == 0 else [0.8 - 0.1 * (0.9 * 2 + 1.6)], 1e-12)


def test_gradients_flow_to_a_learning_rate():
    w, lr = leaf(3.0), torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    p = w.clone()
    p.grad = torch.full_like(p, 2.0)
    SGD([p], lr=lr, differentiable=True).step()
    p.sum().backward()
    assert lr.grad.item() == -2


def test_complex_parameters():
    p = torch.tensor([1 + 2j], requires_grad=True)
    optimizer = SGD([p], lr=0.5, momentum=0.5)
    for _ in range(2):
        p.grad = torch.tensor([1 - 1j])
        optimizer.step()
    assert p.tolist() == [1 + 2j - 0.5 * (1 - 1j) - 0.5 * 1.5 * (1 - 1j)]


def test_a_scalar_parameter_keeps_its_aliases():
    p = torch.tensor(1.0, requires_grad=True)
    alias = p.detach()
    p.grad = torch.tensor(2.0)
    SGD([p], lr=0.25).step()
    assert alias.item() == p.item() == 0.5


def test_a_step_is_seen_by_the_version_counter():
    p = leaf(1.0, 2.0)
    y = (p * p).sum()
    p.grad = torch.ones_like(p)
    SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.backward()


def test_a_parameter_of_repeated_memory_is_refused():
    p = torch.nn.Parameter(torch.ones(1).expand(3))
    p.grad = torch.ones(3)
    with raises(
        RuntimeError,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. Please clone() the tensor before performing the operation.",
    ):
        SGD([p], lr=0.1).step()
    assert p.tolist() == [1, 1, 1]


def test_inference_tensors_are_refused():
    with torch.inference_mode():
        p = torch.ones(2)
        grad = torch.ones(2)
    optimizer = SGD([torch.ones(2, requires_grad=True)], lr=0.1)
    optimizer.param_groups[0]["params"] = [p]
    with torch.inference_mode():
        p.grad = grad
    with raises(
        RuntimeError,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get "
        "a normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more "
        "details.",
    ):
        optimizer.step()
    if not AGAINST_TORCH:  # which writes first
        assert p.tolist() == [1, 1]


def test_an_old_state_without_new_options_is_loaded():
    p = leaf(1.0)
    optimizer = SGD([p], lr=0.1)
    saved = optimizer.state_dict()
    for name in ("nesterov", "maximize", "foreach", "differentiable", "fused"):
        del saved["param_groups"][0][name]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["nesterov"] is False
    assert run(optimizer, p, 1.0) == [0.9]
