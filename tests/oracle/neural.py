"""Samples of softmax, losses and layers in their functional form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

Samples = Callable[[Draw], Iterator[Sample]]
REDUCTIONS = ("none", "mean", "sum")


def softmax(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    for dim in (0, 1, 2, -1):
        yield sample(x, dim)
    yield sample(x * 100, dim=1)
    yield sample(x, 1, dtype=np.dtype("float64"))
    yield sample(draw(), 0)
    yield sample(np.zeros((0, 3), draw.dtype), 1)
    yield sample(np.array([0.0, -np.inf, 1.0]).astype(draw.dtype), 0)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 1)


def functional_softmax(draw: Draw) -> Iterator[Sample]:
    for given in softmax(draw):
        yield Sample(given.args[:1], {"dim": [*given.args[1:], 1][0], **given.kwargs})


def regression(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(2, 3), draw(2, 3), reduction=reduction)
        yield sample(draw(), draw(), reduction=reduction)
    yield sample(draw(2, 3), draw(2, 3))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, draw(3, 4))
    yield sample(draw(0, 3), draw(0, 3), reduction="sum")


def log_probabilities(x: np.ndarray) -> np.ndarray:
    return x - np.log(np.exp(x).sum(1 if x.ndim > 1 else 0, keepdims=True))


def classes(draw: Draw, logits: bool) -> Iterator[Sample]:
    def make(*shape: int) -> np.ndarray:
        x = draw(*shape)
        return x if logits else log_probabilities(x).astype(draw.dtype)

    target = np.array([2, 0, 1, 2])
    for reduction in REDUCTIONS:
        yield sample(make(4, 3), target, reduction=reduction)
        yield sample(make(4, 3), target, weight=fixed(draw(3, low=0.1)), reduction=reduction)
        yield sample(make(4, 3), target, ignore_index=2, reduction=reduction)
        yield sample(make(2, 3, 5), draw.ints(2, 5, low=0, high=3), reduction=reduction)
    yield sample(make(4, 3), target)
    yield sample(make(3), np.array(1))
    yield sample(make(4, 3), np.array([-100, 0, -100, 2]))
    for laid in draw.layouts(make(4, 3)):
        yield sample(laid, target)


def cross_entropy(draw: Draw) -> Iterator[Sample]:
    yield from classes(draw, logits=True)
    for reduction in REDUCTIONS:
        given = {"label_smoothing": 0.2, "reduction": reduction}
        yield sample(draw(4, 3), np.array([2, 0, 1, 2]), **given)
        yield sample(draw(4, 3), np.array([2, 0, 1, -100]), weight=fixed(draw(3, low=0.1)), **given)
        yield sample(draw(4, 3), draw(4, 3, low=0.0), **given)
        yield sample(draw(4, 3), draw(4, 3, low=0.0), weight=fixed(draw(3, low=0.1)), **given)
    yield sample(draw(2, 3, 5), draw(2, 3, 5, low=0.0))


def probabilities(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        p, t = draw(4, 3, low=0.05, high=0.95), draw(4, 3, low=0.0, high=1.0)
        yield sample(p, t, reduction=reduction)
        yield sample(p, t, weight=fixed(draw(3, low=0.1)), reduction=reduction)
    yield sample(draw(3, low=0.1, high=0.9), np.array([0.0, 1.0, 1.0]).astype(draw.dtype))


def logits(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        x, t = draw(4, 3, low=-9.0, high=9.0), draw(4, 3, low=0.0, high=1.0)
        yield sample(x, t, reduction=reduction)
        yield sample(x, t, weight=fixed(draw(3, low=0.1)), reduction=reduction)
        yield sample(x, t, pos_weight=fixed(draw(3, low=0.1)), reduction=reduction)
        yield sample(x, t, weight=fixed(draw(4, 1, low=0.1)), pos_weight=fixed(draw(3, low=0.1)), reduction=reduction)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, draw(3, 4, low=0.0, high=1.0))


def layer_norm(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(4, 3), (3,))
    yield sample(draw(4, 3), [3], draw(3), draw(3))
    yield sample(draw(2, 4, 3), (4, 3), weight=draw(4, 3), eps=1e-2)
    yield sample(draw(2, 4, 3), (3,), bias=draw(3))
    yield sample(draw(3), (3,))
    yield sample(draw(0, 3), (3,), draw(3), draw(3))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, (4,), draw(4), draw(4))


def embedding(draw: Draw) -> Iterator[Sample]:
    weight = draw(5, 3)
    yield sample(np.array([1, 1, 4]), weight)
    yield sample(np.array([[1, 1], [0, 4]]), weight)
    yield sample(np.array(2), weight)
    yield sample(np.array([1, 3], dtype=np.int32), weight)
    yield sample(np.array([1, 1, 4]), weight, padding_idx=1)
    yield sample(np.array([1, 1, 4]), weight, padding_idx=-1)
    yield sample(np.zeros((0, 2), np.int64), weight)


def dropout(draw: Draw) -> Iterator[Sample]:
    """Where no chance is left."""
    yield sample(draw(2, 3), 0.5, False)
    yield sample(draw(2, 3), 0.0)
    yield sample(draw(2, 3), p=1.0)


ROWS: dict[str, Row] = {
    "softmax": Row(softmax),
    "log_softmax": Row(softmax),
    "nn.functional.softmax": Row(functional_softmax),
    "nn.functional.log_softmax": Row(functional_softmax),
    "nn.functional.mse_loss": Row(regression),
    "nn.functional.l1_loss": Row(regression),
    "nn.functional.cross_entropy": Row(cross_entropy),
    "nn.functional.nll_loss": Row(lambda draw: classes(draw, logits=False)),
    "nn.functional.binary_cross_entropy": Row(probabilities),
    "nn.functional.binary_cross_entropy_with_logits": Row(logits),
    "nn.functional.layer_norm": Row(layer_norm),
    "nn.functional.embedding": Row(embedding),
    "nn.functional.dropout": Row(dropout),
}
