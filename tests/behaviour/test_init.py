"""Initial distributions: bounds, moments, gains, and that nothing is recorded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.support.compare import values
from tests.support.library import raises, torch

init = torch.nn.init


@pytest.fixture
def weight() -> Any:
    torch.manual_seed(0)
    return torch.empty(60, 200)


def uniform(bound: float) -> tuple[float, float]:
    """Greatest absolute value and deviation."""
    return bound, bound / math.sqrt(3)


UNIFORM = {
    "uniform_": (lambda w: init.uniform_(w, -0.3, 0.3), 0.3),
    "xavier_uniform_": (lambda w: init.xavier_uniform_(w), math.sqrt(6 / 260)),
    "xavier_uniform_ gain": (lambda w: init.xavier_uniform_(w, gain=2.0), 2 * math.sqrt(6 / 260)),
    "kaiming_uniform_": (lambda w: init.kaiming_uniform_(w), math.sqrt(2) * math.sqrt(3 / 200)),
    "kaiming_uniform_ fan_out": (
        lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        math.sqrt(2) * math.sqrt(3 / 60),
    ),
    "kaiming_uniform_ a": (
        lambda w: init.kaiming_uniform_(w, a=math.sqrt(5)),
        1 / math.sqrt(200),
    ),
}
NORMAL = {
    "normal_": (lambda w: init.normal_(w, 1.0, 0.5), 1.0, 0.5),
    "xavier_normal_": (lambda w: init.xavier_normal_(w), 0.0, math.sqrt(2 / 260)),
    "kaiming_normal_": (lambda w: init.kaiming_normal_(w), 0.0, math.sqrt(2 / 200)),
    "kaiming_normal_ linear": (
        lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="linear"),
        0.0,
        1 / math.sqrt(60),
    ),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform(name: str, weight: Any) -> None:
    fill, bound = UNIFORM[name]
    assert fill(weight) is weight
    numbers = values(weight)
    greatest, deviation = uniform(bound)
    assert np.abs(numbers).max() <= greatest * (1 + 1e-6)
    assert np.abs(numbers).max() > greatest * 0.99
    assert numbers.std() == pytest.approx(deviation, rel=0.03)
    assert numbers.mean() == pytest.approx(0, abs=0.03 * bound)


@pytest.mark.parametrize("name", NORMAL)
def test_normal(name: str, weight: Any) -> None:
    fill, mean, deviation = NORMAL[name]
    assert fill(weight) is weight
    numbers = values(weight)
    assert numbers.mean() == pytest.approx(mean, abs=0.04 * deviation)
    assert numbers.std() == pytest.approx(deviation, rel=0.03)


def test_trunc_normal(weight: Any) -> None:
    numbers = values(init.trunc_normal_(weight, mean=0.0, std=1.0, a=-1.0, b=0.5))
    assert numbers.min() >= -1.0
    assert numbers.max() <= 0.5
    assert numbers.mean() == pytest.approx(-0.207, abs=0.03)


def test_constants(weight: Any) -> None:
    assert set(np.unique(values(init.zeros_(weight)))) == {0.0}
    assert set(np.unique(values(init.ones_(weight)))) == {1.0}
    assert set(np.unique(values(init.constant_(weight, 0.25)))) == {0.25}


def test_eye() -> None:
    assert init.eye_(torch.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5)], ids=str)
def test_orthogonal(shape: tuple[int, int]) -> None:
    w = values(init.orthogonal_(torch.empty(shape), gain=2.0))
    small = w @ w.T if shape[0] < shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(min(shape)), atol=1e-5)


def test_parameters_are_filled_without_history() -> None:
    p = torch.nn.Parameter(torch.empty(3, 3))
    init.xavier_uniform_(p)
    assert p.is_leaf
    assert p.requires_grad
    assert p.grad_fn is None


GAINS = {
    ("linear", None): 1.0,
    ("sigmoid", None): 1.0,
    ("tanh", None): 5 / 3,
    ("relu", None): math.sqrt(2),
    ("leaky_relu", None): math.sqrt(2 / (1 + 0.01**2)),
    ("leaky_relu", 0.2): math.sqrt(2 / (1 + 0.2**2)),
    ("selu", None): 0.75,
}


@pytest.mark.parametrize(("nonlinearity", "param"), GAINS, ids=str)
def test_gain(nonlinearity: str, param: float | None) -> None:
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(GAINS[nonlinearity, param])


def test_fans_of_a_convolution_kernel() -> None:
    torch.manual_seed(0)
    numbers = values(init.kaiming_uniform_(torch.empty(8, 4, 3, 3), nonlinearity="relu"))
    assert np.abs(numbers).max() <= math.sqrt(6 / 36)
    assert np.abs(numbers).max() > 0.9 * math.sqrt(6 / 36)


def test_fans_need_two_dimensions() -> None:
    with raises(ValueError, "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"):
        init.xavier_uniform_(torch.empty(3))


def test_unknown_mode() -> None:
    with raises(ValueError, "Mode fan_middle not supported, please use one of ['fan_in', 'fan_out']"):
        init.kaiming_uniform_(torch.empty(2, 2), mode="fan_middle")


def test_unknown_nonlinearity() -> None:
    with raises(ValueError, "Unsupported nonlinearity softsign"):
        init.calculate_gain("softsign")


def test_seed_repeats() -> None:
    torch.manual_seed(3)
    first = init.normal_(torch.empty(5)).tolist()
    torch.manual_seed(3)
    assert init.normal_(torch.empty(5)).tolist() == first
