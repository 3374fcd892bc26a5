"""Layers: shapes, formulas, defaults and initial distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.support.compare import assert_close, values
from tests.support.library import torch

nn = torch.nn
F = torch.nn.functional
erf = np.vectorize(math.erf)


def float64(numbers: Any) -> Any:
    return torch.tensor(np.asarray(numbers).tolist(), dtype=torch.float64)


GRID = np.array([[-3.0, -0.5, 0.0], [0.25, 1.0, 4.0]])


# --- linear


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3), (0, 3), (2, 0, 3)], ids=str)
def test_linear_shapes(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(3, 4).double()
    x = torch.rand(shape, dtype=torch.float64)
    expected = values(x) @ values(layer.weight).T + values(layer.bias)
    assert_close(layer(x), expected, 1e-12)


def test_linear_without_bias() -> None:
    layer = nn.Linear(3, 4, bias=False)
    assert layer.bias is None
    assert layer(torch.zeros(2, 3)).abs().sum().item() == 0.0


def test_linear_gradients() -> None:
    layer = nn.Linear(3, 2).double()
    x = torch.rand(4, 3, dtype=torch.float64, requires_grad=True)
    seed = float64(np.arange(8.0).reshape(4, 2))
    layer(x).backward(seed)
    assert_close(x.grad, values(seed) @ values(layer.weight), 1e-12)
    assert_close(layer.weight.grad, values(seed).T @ values(x), 1e-12)
    assert_close(layer.bias.grad, values(seed).sum(0), 1e-12)


@pytest.mark.parametrize("fan_in", [1, 16, 400])
def test_linear_starts_uniform_within_one_over_root_fan_in(fan_in: int) -> None:
    torch.manual_seed(0)
    bound = 1 / math.sqrt(fan_in)
    layer = nn.Linear(fan_in, 6000 // fan_in + 10)
    for parameter in (layer.weight, layer.bias):
        numbers = values(parameter)
        assert np.abs(numbers).max() <= bound + 1e-7
        assert np.abs(numbers).max() > 0.6 * bound
    weight = values(layer.weight)
    assert abs(weight.mean()) < 0.06 * bound
    assert weight.std() == pytest.approx(bound / math.sqrt(3), rel=0.06)


def test_linear_takes_a_dtype_and_a_device() -> None:
    layer = nn.Linear(2, 2, dtype=torch.float64, device="cpu")
    assert layer.weight.dtype == layer.bias.dtype == torch.float64


def test_reset_parameters() -> None:
    layer = nn.Linear(4, 4)
    before = layer.weight.tolist()
    layer.reset_parameters()
    assert layer.weight.tolist() != before


# --- activations

ACTIVATIONS = {
    "ReLU": (lambda: nn.ReLU(), np.maximum(GRID, 0)),
    "Sigmoid": (lambda: nn.Sigmoid(), 1 / (1 + np.exp(-GRID))),
    "Tanh": (lambda: nn.Tanh(), np.tanh(GRID)),
    "GELU": (lambda: nn.GELU(), GRID * 0.5 * (1 + erf(GRID / math.sqrt(2)))),
    "GELU tanh": (
        lambda: nn.GELU(approximate="tanh"),
        0.5 * GRID * (1 + np.tanh(math.sqrt(2 / math.pi) * (GRID + 0.044715 * GRID**3))),
    ),
    "Softmax": (lambda: nn.Softmax(dim=1), np.exp(GRID) / np.exp(GRID).sum(1, keepdims=True)),
    "Softmax along 0": (lambda: nn.Softmax(dim=0), np.exp(GRID) / np.exp(GRID).sum(0)),
    "LogSoftmax": (lambda: nn.LogSoftmax(dim=-1), GRID - np.log(np.exp(GRID).sum(1, keepdims=True))),
    "Identity": (lambda: nn.Identity(), GRID),
    "softplus": (lambda: F.softplus, np.log1p(np.exp(GRID))),
    "softplus beta": (lambda: lambda x: F.softplus(x, beta=2.0), np.log1p(np.exp(2 * GRID)) / 2),
    "silu": (lambda: F.silu, GRID / (1 + np.exp(-GRID))),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_is_its_formula(name: str) -> None:
    make, expected = ACTIVATIONS[name]
    assert_close(make()(float64(GRID)), expected, 1e-12)


def test_relu_in_place() -> None:
    x = float64(GRID)
    assert nn.ReLU(inplace=True)(x) is x
    assert_close(x, np.maximum(GRID, 0))


def test_softmax_sums_to_one_in_single_precision() -> None:
    x = torch.randn(50, 100) * 10
    assert_close(F.softmax(x, dim=1).sum(1), np.ones(50), 1e-5)


def test_softmax_to_another_dtype() -> None:
    assert F.softmax(torch.ones(2), dim=0, dtype=torch.float64).dtype == torch.float64
    assert F.log_softmax(torch.ones(2), dim=0, dtype=torch.float64).dtype == torch.float64


@pytest.mark.parametrize(
    ("given", "start", "end", "shape"),
    [
        ((2, 3, 4), 1, -1, (2, 12)),
        ((2, 3, 4), 0, 1, (6, 4)),
        ((2, 3, 4), 0, -1, (24,)),
        ((5,), 0, -1, (5,)),
        ((0, 3, 4), 1, -1, (0, 12)),
    ],
    ids=str,
)
def test_flatten(given: tuple[int, ...], start: int, end: int, shape: tuple[int, ...]) -> None:
    assert tuple(nn.Flatten(start, end)(torch.zeros(given)).shape) == shape


# --- dropout


def test_dropout_keeps_the_mean_and_scales() -> None:
    torch.manual_seed(0)
    y = values(nn.Dropout(0.25)(torch.ones(20_000)))
    assert set(np.unique(y.round(5))) == {0.0, round(1 / 0.75, 5)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)


def test_dropout_is_off_in_eval_mode() -> None:
    layer = nn.Dropout(0.9).eval()
    x = torch.ones(100)
    assert layer(x).tolist() == x.tolist()


@pytest.mark.parametrize(("p", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_none_and_all(p: float, expected: float) -> None:
    x = torch.ones(10, requires_grad=True)
    y = F.dropout(x, p)
    y.sum().backward()
    assert y.tolist() == [expected] * 10
    assert x.grad.tolist() == [expected] * 10


def test_dropout_gradient_goes_through_the_same_mask() -> None:
    x = torch.ones(1000, requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_dropout_repeats_with_its_seed() -> None:
    torch.manual_seed(5)
    first = F.dropout(torch.ones(50)).tolist()
    torch.manual_seed(5)
    assert F.dropout(torch.ones(50)).tolist() == first


def test_dropout_in_place() -> None:
    x = torch.ones(100)
    assert F.dropout(x, 0.5, inplace=True) is x
    assert 0.0 in x.tolist()


def test_functional_dropout_is_on_unless_told() -> None:
    assert F.dropout(torch.ones(10), 1.0, training=False).tolist() == [1.0] * 10


# --- layer norm


@pytest.mark.parametrize("normalized", [(3,), (2, 3)], ids=str)
def test_layer_norm_is_its_formula(normalized: tuple[int, ...]) -> None:
    numbers = np.random.default_rng(0).normal(size=(4, 2, 3))
    axes = tuple(range(-len(normalized), 0))
    mean, variance = numbers.mean(axes, keepdims=True), numbers.var(axes, keepdims=True)
    plain = (numbers - mean) / np.sqrt(variance + 1e-5)
    assert_close(F.layer_norm(float64(numbers), normalized), plain, 1e-12)

    layer = nn.LayerNorm(normalized).double()
    assert_close(layer(float64(numbers)), plain, 1e-12)
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.bias.fill_(-1.0)
    assert_close(layer(float64(numbers)), 2 * plain - 1, 1e-12)


def test_layer_norm_defaults() -> None:
    layer = nn.LayerNorm(3)
    assert layer.normalized_shape == (3,)
    assert layer.eps == 1e-5
    assert layer.weight.tolist() == [1.0] * 3
    assert layer.bias.tolist() == [0.0] * 3


# --- embedding


def test_embedding_picks_rows() -> None:
    layer = nn.Embedding(4, 3)
    index = torch.tensor([[1, 1], [3, 0]])
    y = layer(index)
    assert y.shape == (2, 2, 3)
    assert y.tolist() == values(layer.weight)[values(index)].tolist()


def test_embedding_gradients_accumulate_and_skip_the_padding() -> None:
    weight = torch.ones(4, 2, requires_grad=True)
    F.embedding(torch.tensor([1, 1, 3, 0]), weight, padding_idx=3).sum().backward()
    assert weight.grad.tolist() == [[1.0, 1.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]


def test_embedding_starts_normal_with_a_zero_at_the_padding() -> None:
    torch.manual_seed(0)
    layer = nn.Embedding(1000, 20, padding_idx=2)
    numbers = values(layer.weight)
    assert numbers[2].tolist() == [0.0] * 20
    assert numbers.mean() == pytest.approx(0, abs=0.03)
    assert numbers.std() == pytest.approx(1, abs=0.03)


def test_embedding_from_pretrained() -> None:
    rows = torch.arange(6.0).reshape(3, 2)
    layer = nn.Embedding.from_pretrained(rows)
    assert not layer.weight.requires_grad
    assert layer(torch.tensor([2])).tolist() == [[4.0, 5.0]]
    assert nn.Embedding.from_pretrained(rows, freeze=False).weight.requires_grad


def test_embedding_takes_int32() -> None:
    layer = nn.Embedding(4, 3)
    assert layer(torch.tensor([1], dtype=torch.int32)).shape == (1, 3)


def test_embedding_of_nothing() -> None:
    assert nn.Embedding(4, 3)(torch.zeros(0, 2, dtype=torch.int64)).shape == (0, 2, 3)
