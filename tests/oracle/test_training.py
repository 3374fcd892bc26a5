"""Whole training runs from the same start give the same losses, and the same parameters at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import host, ours, real

RANDOM = np.random.default_rng(5)
INPUTS = RANDOM.normal(size=(64, 10))
CLASSES = RANDOM.integers(0, 4, size=64)
SIZES = (10, 32, 16, 4)
WEIGHTS = [RANDOM.uniform(-1, 1, size=(n, m)) / np.sqrt(m) for m, n in itertools.pairwise(SIZES)]
BIASES = [RANDOM.uniform(-0.1, 0.1, size=n) for n in SIZES[1:]]

OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": lambda lib, p: lib.optim.SGD(p, lr=0.1),
    "SGD momentum": lambda lib, p: lib.optim.SGD(p, lr=0.05, momentum=0.9),
    "SGD nesterov decay": lambda lib, p: lib.optim.SGD(p, 0.05, 0.9, weight_decay=0.01, nesterov=True),
    "Adam": lambda lib, p: lib.optim.Adam(p, lr=0.01),
    "Adam amsgrad decay": lambda lib, p: lib.optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=0.01),
    "AdamW": lambda lib, p: lib.optim.AdamW(p, lr=0.01, weight_decay=0.1),
}


def classifier(lib: Any, activation: str) -> Any:
    nn = lib.nn
    layers: list[Any] = []
    for weight, bias in zip(WEIGHTS, BIASES, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        with lib.no_grad():
            layer.weight.copy_(lib.tensor(weight.tolist()))
            layer.bias.copy_(lib.tensor(bias.tolist()))
        layers += [layer, getattr(nn, activation)(), nn.LayerNorm(weight.shape[0])]
    return nn.Sequential(*layers[:-2])


def train(lib: Any, optimizer: str, dtype: str, activation: str = "ReLU", steps: int = 20) -> tuple[Any, Any]:
    model = classifier(lib, activation).to(getattr(lib, dtype))
    chosen = OPTIMIZERS[optimizer](lib, model.parameters())
    x = lib.tensor(INPUTS.tolist(), dtype=getattr(lib, dtype))
    y = lib.tensor(CLASSES.tolist())
    criterion = lib.nn.CrossEntropyLoss(label_smoothing=0.05)
    losses = []
    for step in range(steps):
        batch = slice(32 * (step % 2), 32 * (step % 2) + 32)
        chosen.zero_grad()
        loss = criterion(model(x[batch]), y[batch])
        loss.backward()
        chosen.step()
        losses.append(loss.item())
    return losses, {name: host(p) for name, p in model.named_parameters()}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_of_a_classifier(optimizer: str, dtype: str, tolerance: float) -> None:
    losses, parameters = train(ours, optimizer, dtype)
    expected, theirs = train(real, optimizer, dtype)
    np.testing.assert_allclose(losses, expected, rtol=tolerance, atol=tolerance)
    assert losses[-1] < losses[0]
    assert list(parameters) == list(theirs)
    if dtype == "float64":
        for name, numbers in parameters.items():
            np.testing.assert_allclose(numbers, theirs[name], rtol=1e-8, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("activation", ["Tanh", "GELU", "Sigmoid"])
def test_losses_with_another_activation(activation: str) -> None:
    losses, _ = train(ours, "Adam", "float64", activation)
    expected, _ = train(real, "Adam", "float64", activation)
    np.testing.assert_allclose(losses, expected, rtol=1e-10, atol=1e-10)


def test_embedding_and_regression() -> None:
    rows = RANDOM.normal(size=(7, 5)).tolist()
    tokens = RANDOM.integers(0, 7, size=(6, 4)).tolist()
    targets = RANDOM.normal(size=(6, 1)).tolist()

    def run(lib: Any) -> list[float]:
        embedding, head = lib.nn.Embedding(7, 5), lib.nn.Linear(5, 1)
        with lib.no_grad():
            embedding.weight.copy_(lib.tensor(rows))
            head.weight.fill_(0.1)
            head.bias.zero_()
        parameters = [*embedding.parameters(), *head.parameters()]
        optimizer = lib.optim.SGD(parameters, lr=0.1, momentum=0.5)
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            y = head(lib.tanh(embedding(lib.tensor(tokens))).mean(1))
            loss = lib.nn.functional.mse_loss(y, lib.tensor(targets))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    np.testing.assert_allclose(run(ours), run(real), rtol=1e-5, atol=1e-5)


def test_model_from_its_own_random_start() -> None:
    """Equal seeds give equal initial parameters, so that whole scripts repeat."""

    def start(lib: Any) -> Any:
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Linear(8, 5), lib.nn.ReLU(), lib.nn.Linear(5, 3), lib.nn.Embedding(4, 6))
        return [host(p) for p in model.parameters()]

    for mine, right in zip(start(ours), start(real), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-6, atol=1e-6)
