"""Losses with every reduction, weight and option, against their formulas in float64 NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.compare import assert_close
from tests.support.library import torch

nn = torch.nn
F = torch.nn.functional

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(4, 3))
Y = RANDOM.normal(size=(4, 3))
PROBABILITIES = RANDOM.uniform(0.05, 0.95, size=(4, 3))
TARGETS = RANDOM.uniform(size=(4, 3))
CLASSES = np.array([2, 0, 1, 2])
WEIGHT = np.array([0.5, 2.0, 1.5])
REDUCTIONS = ("none", "mean", "sum")


def float64(numbers: Any) -> Any:
    return torch.tensor(np.asarray(numbers).tolist(), dtype=torch.float64)


def classes(numbers: Any) -> Any:
    return torch.tensor(np.asarray(numbers).tolist())


def reduced(each: np.ndarray, reduction: str) -> np.ndarray:
    return {"none": lambda: each, "mean": each.mean, "sum": each.sum}[reduction]()


def log_softmax(x: np.ndarray, axis: int = 1) -> np.ndarray:
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


# --- regression


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_mse(reduction: str) -> None:
    expected = reduced((X - Y) ** 2, reduction)
    assert_close(nn.MSELoss(reduction=reduction)(float64(X), float64(Y)), expected, 1e-12)
    assert_close(F.mse_loss(float64(X), float64(Y), reduction=reduction), expected, 1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_l1(reduction: str) -> None:
    expected = reduced(np.abs(X - Y), reduction)
    assert_close(nn.L1Loss(reduction=reduction)(float64(X), float64(Y)), expected, 1e-12)


@pytest.mark.parametrize("loss", ["mse_loss", "l1_loss"])
def test_gradients_of_both_sides(loss: str) -> None:
    x, y = float64(X).requires_grad_(), float64(Y).requires_grad_()
    getattr(F, loss)(x, y).backward()
    slope = 2 * (X - Y) if loss == "mse_loss" else np.sign(X - Y)
    assert_close(x.grad, slope / 12, 1e-12)
    assert_close(y.grad, -slope / 12, 1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_mse_with_weights(reduction: str) -> None:
    each = (X - Y) ** 2 * WEIGHT
    weight = np.broadcast_to(WEIGHT, X.shape)
    expected = each.sum() / weight.sum() if reduction == "mean" else reduced(each, reduction)
    assert_close(F.mse_loss(float64(X), float64(Y), reduction=reduction, weight=float64(weight)), expected, 1e-12)


# --- classes


def nll(log_p: np.ndarray, target: np.ndarray, reduction: str, weight: Any = None, ignore: int = -100) -> Any:
    """Of rows of log-probabilities, with the classes along axis 1."""
    w = np.ones(log_p.shape[1]) if weight is None else weight
    kept = target != ignore
    safe = np.where(kept, target, 0)
    picked = np.take_along_axis(log_p, np.expand_dims(safe, 1), 1).squeeze(1)
    factors = np.where(kept, w[safe], 0.0)
    each = -picked * factors
    return each.sum() / factors.sum() if reduction == "mean" else reduced(each, reduction)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_loss(reduction: str, weight: Any) -> None:
    log_p = log_softmax(X)
    expected = nll(log_p, CLASSES, reduction, weight)
    loss = nn.NLLLoss(weight=None if weight is None else float64(weight), reduction=reduction)
    assert_close(loss(float64(log_p), classes(CLASSES)), expected, 1e-12)


@pytest.mark.parametrize("ignore", [-100, 2])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_classes(reduction: str, weight: Any, ignore: int) -> None:
    expected = nll(log_softmax(X), CLASSES, reduction, weight, ignore)
    loss = nn.CrossEntropyLoss(
        weight=None if weight is None else float64(weight), reduction=reduction, ignore_index=ignore
    )
    assert_close(loss(float64(X), classes(CLASSES)), expected, 1e-12)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_probabilities(reduction: str, weight: Any, smoothing: float) -> None:
    p = TARGETS / TARGETS.sum(1, keepdims=True)
    smooth = p * (1 - smoothing) + smoothing / 3
    w = np.ones(3) if weight is None else weight
    each = -(log_softmax(X) * smooth * w).sum(1)
    expected = each.sum() / len(X) if reduction == "mean" else reduced(each, reduction)
    actual = F.cross_entropy(
        float64(X),
        float64(p),
        weight=None if weight is None else float64(weight),
        reduction=reduction,
        label_smoothing=smoothing,
    )
    assert_close(actual, expected, 1e-12)


@pytest.mark.parametrize("ignore", [-100, 2])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_with_smoothed_labels(reduction: str, weight: Any, ignore: int) -> None:
    w = np.ones(3) if weight is None else weight
    log_p, kept, smoothing = log_softmax(X), ignore != CLASSES, 0.2
    sharp = np.where(kept, -log_p[np.arange(4), CLASSES] * w[CLASSES], 0.0)
    flat = np.where(kept, -(log_p * w).sum(1), 0.0)
    each = (1 - smoothing) * sharp + smoothing / 3 * flat
    divisor = np.where(kept, w[CLASSES], 0.0).sum()
    expected = each.sum() / divisor if reduction == "mean" else reduced(each, reduction)
    actual = F.cross_entropy(
        float64(X),
        classes(CLASSES),
        weight=None if weight is None else float64(weight),
        reduction=reduction,
        ignore_index=ignore,
        label_smoothing=smoothing,
    )
    assert_close(actual, expected, 1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_images(reduction: str) -> None:
    x = RANDOM.normal(size=(2, 3, 4, 5))
    target = RANDOM.integers(0, 3, size=(2, 4, 5))
    expected = nll(log_softmax(x), target, reduction, WEIGHT)
    actual = F.cross_entropy(float64(x), classes(target), weight=float64(WEIGHT), reduction=reduction)
    assert_close(actual, expected, 1e-12)


def test_cross_entropy_without_a_batch() -> None:
    assert_close(F.cross_entropy(float64(X[0]), classes(2)), -log_softmax(X[:1])[0, 2], 1e-12)


def test_cross_entropy_gradient() -> None:
    x = float64(X).requires_grad_()
    F.cross_entropy(x, classes(CLASSES)).backward()
    expected = (np.exp(log_softmax(X)) - np.eye(3)[CLASSES]) / 4
    assert_close(x.grad, expected, 1e-12)


def test_cross_entropy_gradient_reaches_probabilities() -> None:
    x, p = float64(X).requires_grad_(), float64(TARGETS).requires_grad_()
    F.cross_entropy(x, p, reduction="sum").backward()
    assert_close(p.grad, -log_softmax(X), 1e-12)


def test_cross_entropy_of_ignored_rows_has_no_gradient_there() -> None:
    x = float64(X).requires_grad_()
    F.cross_entropy(x, classes([2, -100, 1, -100])).backward()
    assert_close(x.grad[1], np.zeros(3))
    assert_close(x.grad[3], np.zeros(3))


# --- two classes


def bce(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log1p(-p), -100))


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy(reduction: str, weight: Any) -> None:
    each = bce(PROBABILITIES, TARGETS) * (1 if weight is None else weight)
    loss = nn.BCELoss(weight=None if weight is None else float64(weight), reduction=reduction)
    assert_close(loss(float64(PROBABILITIES), float64(TARGETS)), reduced(each, reduction), 1e-12)


def test_binary_cross_entropy_gradient() -> None:
    p = float64(PROBABILITIES).requires_grad_()
    F.binary_cross_entropy(p, float64(TARGETS)).backward()
    assert_close(p.grad, (PROBABILITIES - TARGETS) / (PROBABILITIES * (1 - PROBABILITIES)) / 12, 1e-12)


@pytest.mark.parametrize("pos_weight", [None, np.array([3.0, 0.5, 1.0])], ids=["plain", "pos_weight"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits(reduction: str, weight: Any, pos_weight: Any) -> None:
    sigmoid = 1 / (1 + np.exp(-X))
    positive = 1.0 if pos_weight is None else pos_weight
    each = -(positive * TARGETS * np.log(sigmoid) + (1 - TARGETS) * np.log(1 - sigmoid))
    each = each * (1 if weight is None else weight)
    loss = nn.BCEWithLogitsLoss(
        weight=None if weight is None else float64(weight),
        pos_weight=None if pos_weight is None else float64(pos_weight),
        reduction=reduction,
    )
    assert_close(loss(float64(X), float64(TARGETS)), reduced(each, reduction), 1e-11)


def test_binary_cross_entropy_with_logits_gradient() -> None:
    x = float64(X).requires_grad_()
    F.binary_cross_entropy_with_logits(x, float64(TARGETS)).backward()
    assert_close(x.grad, (1 / (1 + np.exp(-X)) - TARGETS) / 12, 1e-12)


def test_binary_cross_entropy_with_logits_far_out() -> None:
    x = float64([-800.0, 800.0, -800.0, 800.0]).requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x, float64([0.0, 1.0, 1.0, 0.0]), reduction="none")
    loss.sum().backward()
    assert_close(loss, [0.0, 0.0, 800.0, 800.0], 1e-12)
    assert_close(x.grad, [0.0, 0.0, -1.0, 1.0], 1e-12)


# --- defaults


def test_defaults() -> None:
    loss = nn.CrossEntropyLoss()
    assert (loss.reduction, loss.ignore_index, loss.label_smoothing, loss.weight) == ("mean", -100, 0.0, None)
    assert nn.MSELoss().reduction == nn.L1Loss().reduction == nn.BCELoss().reduction == "mean"


def test_losses_of_single_precision_stay_single() -> None:
    x, y = torch.rand(3, 4), torch.tensor([0, 1, 2])
    assert F.cross_entropy(x, y).dtype == torch.float32
    assert F.mse_loss(x, x).dtype == torch.float32
    assert F.binary_cross_entropy(x, x).dtype == torch.float32
