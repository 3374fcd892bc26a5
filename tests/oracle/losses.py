"""Samples of losses and of distances, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

Samples = Callable[[Draw], Iterator[Sample]]
REDUCTIONS = ("none", "mean", "sum")


def pairs(*cases: dict[str, Any], low: float = -2.0, high: float = 2.0) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for options in (*cases, {}):
            for reduction in REDUCTIONS:
                yield sample(
                    draw(3, 4, low=low, high=high), draw(3, 4, low=low, high=high), reduction=reduction, **options
                )
        yield sample(draw(low=low, high=high), draw(low=low, high=high))
        yield sample(draw(0, 3), draw(0, 3), reduction="sum")
        for laid in draw.layouts(draw(3, 4, low=low, high=high)):
            yield sample(laid, draw(3, 4, low=low, high=high))

    return samples


def kl_div(draw: Draw) -> Iterator[Sample]:
    for reduction in (*REDUCTIONS, "batchmean"):
        for log_target in (False, True):
            x, y = draw(3, 4), draw(3, 4, low=0.1)
            yield sample(x, y, reduction=reduction, log_target=log_target)
    yield sample(draw(3), draw(2, 3, low=0.1), reduction="sum")


def gaussian(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        for full in (False, True):
            yield sample(draw(3, 4), draw(3, 4), draw(3, 4, low=0.1), full, reduction=reduction)
        yield sample(draw(3, 4), draw(3, 4), draw(3, 1, low=0.1), reduction=reduction)
        yield sample(draw(3, 4), draw(3, 4), draw(3, low=0.1), eps=1.0, reduction=reduction)
        yield sample(draw(3, 4), draw(3, 4), 0.5, reduction=reduction)


def signs(draw: Draw, *shape: int) -> np.ndarray:
    return np.where(draw.bools(*shape), 1.0, -1.0).astype(draw.dtype)


def margin_ranking(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(3, 4), draw(3, 4), fixed(signs(draw, 3, 4)), reduction=reduction)
        yield sample(draw(3), draw(3), fixed(signs(draw, 3)), 0.5, reduction=reduction)
    yield sample(np.ones(2, draw.dtype), np.ones(2, draw.dtype), fixed(np.ones(2, draw.dtype)))


def hinge(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(3, 4), fixed(signs(draw, 3, 4)), reduction=reduction)
        yield sample(draw(3), fixed(signs(draw, 3)), 0.5, reduction=reduction)
    yield sample(np.ones(2, draw.dtype), fixed(-np.ones(2, draw.dtype)))


def cosine_embedding(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(5, 4), draw(5, 4), fixed(signs(draw, 5)), reduction=reduction)
        yield sample(draw(4), draw(4), fixed(signs(draw)), 0.2, reduction=reduction)


def triplet(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        for options in ({}, {"swap": True}, {"margin": 0.5, "p": 1}, {"p": 3, "eps": 1e-3}):
            yield sample(draw(5, 4), draw(5, 4), draw(5, 4), reduction=reduction, **options)
    yield sample(draw(4), draw(4), draw(4))


def triplet_with_distance(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        for options in ({}, {"swap": True}, {"margin": 0.5}):
            yield sample(draw(5, 4), draw(5, 4), draw(5, 4), reduction=reduction, **options)
    yield sample(draw(5, 4), draw(5, 4), draw(5, 4), distance_function=lambda a, b: (a - b).abs().sum(-1))


def multi_margin(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        for p in (1, 2):
            y = draw.ints(5, low=0, high=4)
            yield sample(draw(5, 4), y, p, reduction=reduction)
            yield sample(draw(5, 4), y, p, 0.5, fixed(draw(4, low=0.1)), reduction=reduction)
        yield sample(draw(4), np.array(2), reduction=reduction)
        yield sample(draw(4), np.array([2]), reduction=reduction)


def multilabel_margin(draw: Draw) -> Iterator[Sample]:
    y = np.array([[0, 2, -1, 1], [-1, 0, 0, 0], [3, 2, 1, 0], [1, 1, -1, -1]])
    for reduction in REDUCTIONS:
        yield sample(draw(4, 4), y, reduction=reduction)
        yield sample(draw(4), y[0], reduction=reduction)


def multilabel_soft(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(5, 4), draw(5, 4, low=0.0, high=1.0), reduction=reduction)
        yield sample(draw(5, 4), draw(5, 4, low=0.0, high=1.0), draw(4), reduction=reduction)
        yield sample(draw(4), draw(4, low=0.0, high=1.0), reduction=reduction)


def soft_margin(draw: Draw) -> Iterator[Sample]:
    for reduction in REDUCTIONS:
        yield sample(draw(5, 4), fixed(signs(draw, 5, 4)), reduction=reduction)
    yield sample(draw(5, 4), fixed(signs(draw, 4)))


def alignments(draw: Draw) -> Iterator[Sample]:
    x = draw(7, 3, 4)
    y = np.array([[1, 2, 2], [3, 1, 0], [2, 0, 0]])
    for reduction in REDUCTIONS:
        yield sample(x, y, (7, 5, 6), (3, 2, 1), reduction=reduction)
        yield sample(x, y, np.array([7, 5, 0]), np.array([3, 2, 0]), reduction=reduction)
        yield sample(x, np.array([1, 2, 2, 3, 1, 2]), (7, 6, 6), (3, 2, 1), reduction=reduction)
        yield sample(x, y % 3, (7, 7, 7), (2, 0, 2), blank=3, reduction=reduction)
        yield sample(x, y, (2, 5, 6), (3, 2, 1), zero_infinity=True, reduction=reduction)
    yield sample(x[:, 0], y[0], (7,), (3,), reduction="none")
    yield sample(x[:, 0], y[0], np.array(7), np.array(3))


def through_log_softmax(lib: Any, x: Any, *args: Any, **options: Any) -> Any:
    return lib.nn.functional.ctc_loss(x.log_softmax(-1), *args, **options)


def pairwise(draw: Draw) -> Iterator[Sample]:
    for p in (2.0, 1.0, 3.0, np.inf):
        yield sample(draw(3, 4), draw(3, 4), p)
    yield sample(draw(3, 4), draw(4), keepdim=True, eps=1e-3)
    yield sample(draw(4), draw(4))
    same = draw(2, 2)
    yield sample(same, same)


def cosine(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), draw(3, 4))
    yield sample(draw(3, 4), draw(4), dim=-1)
    yield sample(draw(2, 3, 4), draw(2, 3, 4), 0, 5.0)
    if draw.dtype == "float32":  # PyTorch's second derivative is nan
        yield sample(np.zeros((1, 2), draw.dtype), draw(1, 2))
    yield sample(draw(3, 4), draw.ints(3, 4))


def pdist(draw: Draw) -> Iterator[Sample]:
    for p in (2.0, 1.0, 3.0):
        yield sample(draw(4, 3), p)
    # PyTorch's backward crashes on no pairs.
    yield sample(fixed(draw(1, 3)))
    yield sample(fixed(draw(0, 3)))


LOOSE = {"float32": 1e-4}
ROWS: dict[str, Row] = {
    "nn.functional.smooth_l1_loss": Row(pairs({"beta": 0.5}, {"beta": 0.0})),
    "nn.functional.huber_loss": Row(pairs({"delta": 0.5})),
    "nn.functional.kl_div": Row(kl_div, tolerance=LOOSE),
    "nn.functional.poisson_nll_loss": Row(pairs({"full": True}, {"log_input": False}, low=0.1), tolerance=LOOSE),
    "nn.functional.gaussian_nll_loss": Row(gaussian, tolerance=LOOSE),
    "nn.functional.margin_ranking_loss": Row(margin_ranking),
    "nn.functional.hinge_embedding_loss": Row(hinge),
    "nn.functional.cosine_embedding_loss": Row(cosine_embedding, tolerance=LOOSE),
    "nn.functional.triplet_margin_loss": Row(triplet, tolerance=LOOSE),
    "nn.functional.triplet_margin_with_distance_loss": Row(triplet_with_distance, tolerance=LOOSE),
    "nn.functional.multi_margin_loss": Row(multi_margin),
    "nn.functional.multilabel_margin_loss": Row(multilabel_margin),
    "nn.functional.multilabel_soft_margin_loss": Row(multilabel_soft),
    "nn.functional.soft_margin_loss": Row(soft_margin),
    # PyTorch has no second derivative of it.
    "nn.functional.ctc_loss": Row(alignments, {"softmax": through_log_softmax}, second=False, tolerance=LOOSE),
    "nn.functional.pairwise_distance": Row(pairwise, tolerance=LOOSE),
    "nn.functional.cosine_similarity": Row(cosine, tolerance=LOOSE),
    "nn.functional.pdist": Row(pdist, second=False, tolerance=LOOSE),
}


def _refused() -> dict[str, Callable[[Any], Any]]:
    def given(name: str, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Shapes become ones; with "long" in front, of integers."""

        def tensor(lib: Any, value: Any) -> Any:
            if isinstance(value, list):
                if value[:1] == ["long"]:
                    return lib.ones(tuple(value[2:]), dtype=lib.int64) * value[1]
                return lib.ones(tuple(value))
            return value

        def call(lib: Any) -> Any:
            named = {key: tensor(lib, value) for key, value in options.items()}
            return getattr(lib.nn.functional, name)(*[tensor(lib, value) for value in args], **named)

        return call

    def ctc(y: Any, inputs: Any, lengths: Any, **options: Any) -> Callable[[Any], Any]:
        return given("ctc_loss", [4, 2, 5], y, inputs, lengths, **options)

    y = ["long", 1, 2, 2]
    return {
        "kl_div: shapes": given("kl_div", [2, 3], [2, 4], reduction="sum"),
        "kl_div: integers": given("kl_div", ["long", 1, 2], [2], reduction="sum"),
        "kl_div: reduction": given("kl_div", [2], [2], reduction="x"),
        "poisson_nll_loss: reduction": given("poisson_nll_loss", [2], [2], reduction="x"),
        "gaussian_nll_loss: negative": given("gaussian_nll_loss", [2], [2], -1.0),
        "gaussian_nll_loss: size": given("gaussian_nll_loss", [2, 3], [2, 3], [3]),
        "gaussian_nll_loss: reduction": given("gaussian_nll_loss", [2], [2], [2], reduction="x"),
        "gaussian_nll_loss: a negative element": lambda lib: lib.nn.functional.gaussian_nll_loss(
            lib.ones(2), lib.ones(2), -lib.ones(2)
        ),
        "huber_loss: delta": given("huber_loss", [2], [2], delta=0.0),
        "huber_loss: weight": given("huber_loss", [2], [2], weight=[3]),
        "huber_loss: integers": given("huber_loss", ["long", 1, 2], ["long", 1, 2]),
        "huber_loss: reduction": given("huber_loss", [2], [2], reduction="x"),
        "huber_loss: reduction with weight": given("huber_loss", [2], [2], reduction="x", weight=[2]),
        "smooth_l1_loss: beta": given("smooth_l1_loss", [2], [2], beta=-1.0),
        "smooth_l1_loss: integers": given("smooth_l1_loss", ["long", 1, 2], ["long", 1, 2]),
        "margin_ranking_loss: dimensions": given("margin_ranking_loss", [2], [2], [2, 1]),
        "margin_ranking_loss: shapes": given("margin_ranking_loss", [2], [3], [2]),
        "hinge_embedding_loss: shapes": given("hinge_embedding_loss", [2], [3]),
        "cosine_embedding_loss: target": given("cosine_embedding_loss", [2, 3], [2, 3], [2, 1]),
        "cosine_embedding_loss: one target": given("cosine_embedding_loss", [2, 3], [2, 3], []),
        "cosine_embedding_loss: vectors": given("cosine_embedding_loss", [3], [3], [2]),
        "cosine_embedding_loss: shapes": given("cosine_embedding_loss", [2, 3], [2, 4], [2]),
        "triplet_margin_loss: margin": given("triplet_margin_loss", [2], [2], [2], margin=0),
        "triplet_margin_loss: dimensions": given("triplet_margin_loss", [2, 3], [3], [2, 3]),
        "with_distance: margin": given("triplet_margin_with_distance_loss", [2], [2], [2], margin=0),
        "with_distance: reduction": given("triplet_margin_with_distance_loss", [2], [2], [2], reduction="x"),
        "with_distance: dimensions": given("triplet_margin_with_distance_loss", [2, 2], [2], [2]),
        "multi_margin_loss: p": given("multi_margin_loss", [2, 3], ["long", 1, 2], p=3),
        "multi_margin_loss: a matrix": given("multi_margin_loss", [2, 3], ["long", 1, 2], weight=[3, 1]),
        "multi_margin_loss: weights": given("multi_margin_loss", [2, 3], ["long", 1, 2], weight=[2]),
        "multi_margin_loss: targets": given("multi_margin_loss", [2, 3], ["long", 1, 3]),
        "multi_margin_loss: a target": given("multi_margin_loss", [2, 3], ["long", 9, 2]),
        "multi_margin_loss: a negative target": given("multi_margin_loss", [2, 3], ["long", -1, 2]),
        "multi_margin_loss: dimensions": given("multi_margin_loss", [2, 3, 4], ["long", 1, 2]),
        "multi_margin_loss: integers": given("multi_margin_loss", ["long", 1, 2, 3], ["long", 1, 2]),
        "multi_margin_loss: dtype": given("multi_margin_loss", [2, 3], [2]),
        "multi_margin_loss: no classes": given("multi_margin_loss", [2, 0], ["long", 1, 2]),
        "multilabel_margin_loss: shapes": given("multilabel_margin_loss", [2, 3], ["long", 1, 2, 4]),
        "multilabel_margin_loss: a target": given("multilabel_margin_loss", [2, 3], ["long", 9, 2, 3]),
        "multilabel_margin_loss: a negative target": given("multilabel_margin_loss", [2, 3], ["long", -2, 2, 3]),
        "multilabel_margin_loss: dtype": given("multilabel_margin_loss", [2, 3], [2, 3]),
        "multilabel_margin_loss: integers": given("multilabel_margin_loss", ["long", 1, 2, 3], ["long", 1, 2, 3]),
        "multilabel_margin_loss: dimensions": given("multilabel_margin_loss", [2, 3, 4], ["long", 1, 2, 3, 4]),
        "multilabel_soft_margin_loss: reduction": given("multilabel_soft_margin_loss", [2, 3], [2, 3], reduction="x"),
        "soft_margin_loss: shapes": given("soft_margin_loss", [2, 3], [2, 4]),
        "soft_margin_loss: integers": given("soft_margin_loss", ["long", 1, 2], ["long", 1, 2]),
        "soft_margin_loss: reduction": given("soft_margin_loss", [2], [2], reduction="x"),
        "ctc_loss: input lengths": ctc(y, (4,), (2, 2)),
        "ctc_loss: target lengths": ctc(y, (4, 4), (2,)),
        "ctc_loss: an input's length": ctc(y, (5, 4), (2, 2)),
        "ctc_loss: a target's length": ctc(y, (4, 4), (2, 3)),
        "ctc_loss: blank": ctc(y, (4, 4), (2, 2), blank=5),
        "ctc_loss: a short row": ctc(["long", 1, 3], (4, 4), (2, 2)),
        "ctc_loss: dimensions": ctc(["long", 1, 2, 2, 2], (4, 4), (2, 2)),
        "ctc_loss: rows": ctc(["long", 1, 3, 2], (4, 4), (2, 2)),
        "ctc_loss: a negative input": ctc(y, (-1, 4), (2, 2)),
        "ctc_loss: a negative target": ctc(y, (4, 4), (-2, 2)),
        "ctc_loss: reduction": ctc(y, (4, 4), (2, 2), reduction="x"),
        "ctc_loss: integers": given("ctc_loss", ["long", 1, 4, 2, 5], y, (4, 4), (2, 2)),
        "ctc_loss: floating lengths": ctc(y, [2], ["long", 2, 2]),
        "pairwise_distance: shapes": given("pairwise_distance", [2, 3], [2, 4]),
        "cosine_similarity: shapes": given("cosine_similarity", [2, 3], [2, 4]),
        "cosine_similarity: dimension": given("cosine_similarity", [2, 3], [2, 3], dim=4),
        "cosine_similarity: integers": given("cosine_similarity", ["long", 1, 2, 3], ["long", 1, 2, 3]),
        "pdist: a vector": given("pdist", [3]),
        "pdist: p": given("pdist", [3, 4], -1),
        "pdist: integers": given("pdist", ["long", 1, 3, 4]),
    }


REFUSED = _refused()
