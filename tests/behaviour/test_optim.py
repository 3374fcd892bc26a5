"""SGD, Adam and AdamW with all their options, against an independent NumPy step in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.compare import assert_close, values
from tests.support.library import torch

optim = torch.optim

START = np.array([[1.0, -2.0], [0.5, 3.0]])
GRADIENTS = np.random.default_rng(3).normal(size=(6, 2, 2))


def sgd(
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> list[np.ndarray]:
    """The parameter after every step."""
    w, buffer, path = START.copy(), None, []
    for g in GRADIENTS:
        d = (-g if maximize else g) + weight_decay * w
        if momentum:
            buffer = d if buffer is None else momentum * buffer + (1 - dampening) * d
            d = d + momentum * buffer if nesterov else buffer
        w = w - lr * d
        path.append(w)
    return path


def adam(
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled: bool = False,
) -> list[np.ndarray]:
    """The same for Adam, and for AdamW where the decay is decoupled."""
    w, m, v, greatest, path = START.copy(), 0.0, 0.0, 0.0, []
    for t, given in enumerate(GRADIENTS, 1):
        g = -given if maximize else given
        if decoupled:
            w = w * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * w
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        greatest = np.maximum(greatest, v)
        root = np.sqrt((greatest if amsgrad else v) / (1 - betas[1] ** t))
        w = w - lr * (m / (1 - betas[0] ** t)) / (root + eps)
        path.append(w)
    return path


def parameter(numbers: Any = START) -> Any:
    return torch.tensor(np.asarray(numbers).tolist(), dtype=torch.float64, requires_grad=True)


def assert_follows(optimizer: Any, w: Any, path: list[np.ndarray]) -> None:
    for gradient, expected in zip(GRADIENTS, path, strict=True):
        w.grad = torch.tensor(gradient.tolist(), dtype=torch.float64)
        optimizer.step()
        assert_close(w, expected, 1e-12)


SGD = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.01},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    {"lr": 0.1, "maximize": True},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True},
    {},
]
ADAM = [
    {},
    {"lr": 0.1},
    {"lr": 0.1, "betas": (0.5, 0.9)},
    {"lr": 0.1, "eps": 0.1},
    {"lr": 0.1, "weight_decay": 0.1},
    {"lr": 0.1, "amsgrad": True},
    {"lr": 0.1, "maximize": True},
    {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.2, "betas": (0.8, 0.5)},
]


@pytest.mark.parametrize("options", SGD, ids=str)
def test_sgd(options: dict[str, Any]) -> None:
    w = parameter()
    assert_follows(optim.SGD([w], **options), w, sgd(**options))


@pytest.mark.parametrize("options", ADAM, ids=str)
def test_adam(options: dict[str, Any]) -> None:
    w = parameter()
    assert_follows(optim.Adam([w], **options), w, adam(**options))


@pytest.mark.parametrize("options", ADAM, ids=str)
def test_adamw(options: dict[str, Any]) -> None:
    w = parameter()
    assert_follows(optim.AdamW([w], **options), w, adam(**{"weight_decay": 0.01, **options}, decoupled=True))


EVERY: dict[str, Callable[..., Any]] = {
    "SGD": lambda p, **k: optim.SGD(p, **{"lr": 0.1, **k}),
    "SGD momentum": lambda p, **k: optim.SGD(p, **{"lr": 0.1, "momentum": 0.9, **k}),
    "Adam": lambda p, **k: optim.Adam(p, **k),
    "AdamW": lambda p, **k: optim.AdamW(p, **k),
}
every = pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)


def test_defaults() -> None:
    assert optim.SGD([parameter()]).defaults["lr"] == 1e-3
    assert optim.SGD([parameter()]).defaults["momentum"] == 0
    for name, decay in (("Adam", 0), ("AdamW", 0.01)):
        defaults = getattr(optim, name)([parameter()]).defaults
        chosen = [defaults[key] for key in ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize")]
        assert chosen == [1e-3, (0.9, 0.999), 1e-8, decay, False, False]


@every
def test_step_writes_in_place_and_records_nothing(make: Callable[..., Any]) -> None:
    w = parameter()
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    before = w._version
    make([w]).step()
    assert w.is_leaf
    assert w.requires_grad
    assert w._version > before
    assert w.tolist() != START.tolist()
    assert w.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@every
def test_parameters_without_gradients_are_skipped(make: Callable[..., Any]) -> None:
    w, idle = parameter(), parameter()
    optimizer = make([w, idle])
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    assert idle.tolist() == START.tolist()
    assert idle not in optimizer.state or not optimizer.state[idle]


@every
def test_zero_grad(make: Callable[..., Any]) -> None:
    w = parameter()
    optimizer = make([w])
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    kept = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is kept
    assert kept.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    optimizer.zero_grad()
    assert w.grad is None


@every
def test_closure_is_run_with_gradients(make: Callable[..., Any]) -> None:
    w = parameter()
    optimizer = make([w])

    def closure() -> Any:
        assert torch.is_grad_enabled()
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == pytest.approx((START**2).sum())
    assert (w.detach() ** 2).sum().item() < loss.item()


@every
def test_groups_have_options_of_their_own(make: Callable[..., Any]) -> None:
    a, b = parameter(), parameter()
    optimizer = make([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]
    a.grad = b.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    assert np.abs(values(a) - START).sum() > np.abs(values(b) - START).sum() > 0


@every
def test_lr_may_be_changed_on_the_way(make: Callable[..., Any]) -> None:
    w = parameter()
    optimizer = make([w])
    optimizer.param_groups[0]["lr"] = 0.0
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    assert w.tolist() == START.tolist()


@every
def test_group_may_be_added(make: Callable[..., Any]) -> None:
    a, b = parameter(), parameter()
    optimizer = make([a])
    optimizer.add_param_group({"params": [b]})
    assert len(optimizer.param_groups) == 2
    assert optimizer.param_groups[1]["lr"] == optimizer.param_groups[0]["lr"]
    b.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    assert b.tolist() != START.tolist()


@every
def test_parameters_may_be_a_generator_or_named(make: Callable[..., Any]) -> None:
    layer = torch.nn.Linear(2, 2)
    assert len(make(layer.parameters()).param_groups[0]["params"]) == 2
    named = make(layer.named_parameters())
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]


@every
def test_state_round_trip(make: Callable[..., Any]) -> None:
    """Stopped halfway and continued from its state dict, a run ends at the very same numbers."""

    def steps(w: Any, optimizer: Any, gradients: Any) -> None:
        for gradient in gradients:
            w.grad = torch.tensor(gradient.tolist(), dtype=torch.float64)
            optimizer.step()

    whole = parameter()
    steps(whole, make([whole], lr=0.05), GRADIENTS)

    first = parameter()
    optimizer = make([first], lr=0.05)
    steps(first, optimizer, GRADIENTS[:3])
    state = copy.deepcopy(optimizer.state_dict())
    second = parameter(values(first))
    resumed = make([second], lr=0.9)
    resumed.load_state_dict(state)
    assert resumed.param_groups[0]["lr"] == 0.05
    steps(second, resumed, GRADIENTS[3:])
    assert second.tolist() == whole.tolist()


def test_state_dict_layout() -> None:
    a, b = parameter(), parameter()
    optimizer = optim.Adam([{"params": [a]}, {"params": [b], "lr": 0.5}])
    a.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    state = optimizer.state_dict()
    assert set(state) == {"state", "param_groups"}
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert state["param_groups"][1]["lr"] == 0.5
    assert list(state["state"]) == [0]
    assert set(state["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
    assert state["state"][0]["step"].item() == 1


def test_state_keys_of_sgd_and_amsgrad() -> None:
    w = parameter()
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    sgd_momentum = optim.SGD([w], lr=0.1, momentum=0.9)
    sgd_momentum.step()
    assert list(sgd_momentum.state_dict()["state"][0]) == ["momentum_buffer"]
    plain = optim.SGD([w], lr=0.1)
    plain.step()
    assert plain.state_dict()["state"] in ({}, {0: {"momentum_buffer": None}})
    ams = optim.Adam([w], amsgrad=True)
    ams.step()
    assert "max_exp_avg_sq" in ams.state_dict()["state"][0]


def test_loaded_state_has_the_dtype_of_the_parameter() -> None:
    single = torch.ones(2, requires_grad=True)
    single.grad = torch.ones(2)
    source = optim.Adam([single])
    source.step()
    double = torch.ones(2, dtype=torch.float64, requires_grad=True)
    target = optim.Adam([double])
    target.load_state_dict(source.state_dict())
    assert target.state[double]["exp_avg"].dtype == torch.float64


def test_momentum_does_not_alias_the_gradient() -> None:
    w = parameter()
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    w.grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    w.grad.zero_()
    optimizer.step()
    # 0.1 for the first step, 0.09 for what is left of its momentum
    assert_close(w, START - 0.19, 1e-12)


@every
def test_repr_names_the_options(make: Callable[..., Any]) -> None:
    text = repr(make([parameter()]))
    assert text.splitlines()[0].endswith("(")
    assert "Parameter Group 0" in text
    assert "    lr: 0." in text


@every
def test_a_line_is_fitted(make: Callable[..., Any]) -> None:
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 20)[:, None]
    y = 3 * x - 0.5
    layer = torch.nn.Linear(1, 1)
    optimizer = make(layer.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(x), y).backward()
        optimizer.step()
    assert layer.weight.item() == pytest.approx(3, abs=0.05)
    assert layer.bias.item() == pytest.approx(-0.5, abs=0.05)
