"""Adam and AdamW: the rare paths beside what tests/behaviour compares with PyTorch."""

from __future__ import annotations

import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, raises, torch

Adam, AdamW = torch.optim.Adam, torch.optim.AdamW


def leaf(*values, dtype=None):
    return torch.tensor(values, dtype=dtype or torch.float64, requires_grad=True)


def run(optimizer, p, *grads):
    for grad in grads:
        p.grad = torch.full_like(p, grad)
        optimizer.step()
    return p.tolist()


@pytest.mark.parametrize(
    ("kind", "text", "options"),
    [
        (ValueError, "Invalid learning rate: -1", {"lr": -1}),
        (ValueError, "Invalid epsilon value: -1", {"eps": -1}),
        (ValueError, "Invalid beta parameter at index 0: 1.0", {"betas": (1.0, 0.9)}),
        (ValueError, "Invalid beta parameter at index 1: -0.1", {"betas": (0.9, -0.1)}),
        (ValueError, "Invalid weight_decay value: -1", {"weight_decay": -1}),
        (ValueError, "betas must be either both floats or both Tensors", {"betas": (0, 0.9)}),
        (ValueError, "Tensor lr must be 1-element", {"lr": torch.ones(2)}),
        (
            ValueError,
            "lr as a Tensor is not supported for capturable=False and foreach=True",
            {"lr": torch.ones(1), "foreach": True},
        ),
        (
            ValueError,
            "betas[0] as a Tensor is not supported for capturable=False and foreach=True",
            {"betas": (torch.tensor(0.9), torch.tensor(0.99)), "foreach": True},
        ),
        (RuntimeError, "`fused` does not support `differentiable`", {"fused": True, "differentiable": True}),
        (RuntimeError, "`fused` and `foreach` cannot be `True` together.", {"fused": True, "foreach": True}),
    ],
)
def test_refused_options(kind, text, options):
    with raises(kind, text):
        Adam([leaf(1.0)], **options)


def test_nan_options_are_refused():
    for name in ("lr", "eps", "weight_decay"):
        with pytest.raises(ValueError, match="Invalid"):
            Adam([leaf(1.0)], **{name: float("nan")})


def test_state():
    p = leaf(1.0, 2.0)
    optimizer = Adam([p], amsgrad=True)
    run(optimizer, p, 1.0, 2.0)
    state = optimizer.state[p]
    assert list(state) == ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
    assert state["step"].item() == 2
    assert state["step"].dtype is torch.float32
    assert state["step"].shape == ()
    assert_close(state["exp_avg"], [0.29, 0.29], 1e-12)
    assert_close(state["exp_avg_sq"], [0.004999, 0.004999], 1e-12)


@differs_from_torch("PyTorch lets both optimizers write into the same state")
def test_the_step_count_is_kept_on_loading():
    p = leaf(1.0)
    saved = Adam([p])
    run(saved, p, 1.0, 2.0, 3.0)
    q = leaf(*p.tolist())
    loaded = Adam([q])
    loaded.load_state_dict(saved.state_dict())
    assert loaded.state[q]["step"].item() == 3
    assert run(loaded, q, 0.5) == pytest.approx(run(saved, p, 0.5))


def test_an_old_step_count_that_is_a_number_is_loaded():
    p = leaf(1.0)
    optimizer = Adam([p])
    run(optimizer, p, 1.0)
    saved = optimizer.state_dict()
    saved["state"][0]["step"] = 1
    for name in ("amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused"):
        del saved["param_groups"][0][name]
    optimizer.load_state_dict(saved)
    assert optimizer.state[p]["step"].item() == 1
    run(optimizer, p, 1.0)


def test_amsgrad_uses_the_largest_second_moment():
    p, q = leaf(0.0), leaf(0.0)
    with_it = run(Adam([p], lr=1.0, amsgrad=True, betas=(0.0, 0.5)), p, 8.0, 1.0, 1.0)
    without = run(Adam([q], lr=1.0, betas=(0.0, 0.5)), q, 8.0, 1.0, 1.0)
    assert with_it[0] > without[0]


def test_tensor_options():
    p, q = leaf(1.0, 2.0), leaf(1.0, 2.0)
    betas = torch.tensor(0.8, dtype=torch.float64), torch.tensor([0.9], dtype=torch.float64)
    with_tensors = Adam([p], lr=torch.tensor(0.1, dtype=torch.float64), betas=betas, foreach=False)
    with_numbers = Adam([q], lr=0.1, betas=(0.8, 0.9))
    assert run(with_tensors, p, 1.0, 2.0) == pytest.approx(run(with_numbers, q, 1.0, 2.0))


@pytest.mark.parametrize("options", [{name: on} for name in ("foreach", "fused") for on in (True, False)])
def test_implementations_agree(options):
    p, q = leaf(1.0, -2.0), leaf(1.0, -2.0)
    usual = run(Adam([q], lr=0.1), q, 1.0, 2.0)
    assert run(Adam([p], lr=0.1, **options), p, 1.0, 2.0) == pytest.approx(usual)


@pytest.mark.parametrize("differentiable", [False, True])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_complex_parameters_are_pairs_of_real_ones(amsgrad, differentiable):
    z = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
    p = leaf(1.0, 3.0, 2.0, -1.0)
    both = (
        Adam([z], lr=0.1, amsgrad=amsgrad, weight_decay=0.1),
        Adam([p], lr=0.1, amsgrad=amsgrad, weight_decay=0.1),
    )
    for scale in (1.0, 0.5):
        z.grad = scale * torch.tensor([1 - 3j, 0.5 + 1j], dtype=torch.complex128)
        p.grad = scale * torch.tensor([1.0, 0.5, -3.0, 1.0], dtype=torch.float64)
        for optimizer in both:
            optimizer.step()
    real = p.tolist()
    expected = [complex(real[0], real[2]), complex(real[1], real[3])]
    assert z.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    "amsgrad",
    [
        False,
        pytest.param(True, marks=differs_from_torch("PyTorch loses gradients through the largest moment")),
    ],
)
def test_gradients_flow_through_a_differentiable_step(amsgrad):
    def final(start):
        p = start.clone()
        optimizer = AdamW([p], lr=0.1, differentiable=True, amsgrad=amsgrad)
        for _ in range(3):
            # Of a copy: the step changes p itself, which the gradient needs.
            copy = p.clone()
            (p.grad,) = torch.autograd.grad((copy**3).sum(), copy, create_graph=True)
            optimizer.step()
        return p.sum()

    assert torch.autograd.gradcheck(final, (leaf(1.0, 2.0),))


def test_gradients_flow_to_a_learning_rate():
    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    p = leaf(1.0).clone()
    p.grad = torch.full_like(p, 2.0)
    Adam([p], lr=lr, differentiable=True, eps=0.0).step()
    p.sum().backward()
    # The first step is -lr * g / |g|.
    assert lr.grad.item() == pytest.approx(-1, rel=1e-4)


def test_adamw_decays_outside_of_the_gradient():
    p = leaf(1.0)
    assert run(AdamW([p], lr=0.1, weight_decay=0.5), p, 0.0) == pytest.approx([0.95])
    assert AdamW([p]).param_groups[0]["decoupled_weight_decay"] is True
    assert AdamW([p]).param_groups[0]["weight_decay"] == 0.01
    assert Adam([p]).param_groups[0]["weight_decay"] == 0


def test_state_keeps_the_parameter_s_dtype():
    p = leaf(1.0, dtype=torch.float32)
    optimizer = Adam([p])
    run(optimizer, p, 1.0)
    assert optimizer.state[p]["exp_avg"].dtype is torch.float32
    assert p.dtype is torch.float32
