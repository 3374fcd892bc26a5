"""The page of speed: every op that its figures show to be slower than PyTorch's has a reason, and only ops have."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import explained, ops, page

FIGURES = page.read()


def test_every_slower_op_is_explained() -> None:
    slower = {name for name, ratio in page.ratios(FIGURES, "16").items() if ratio > 1}
    assert slower - set(explained.OPS) == set()


def test_only_ops_are_explained_each_once() -> None:
    names = [name for name, _ in ops.cases()]
    assert set(explained.OPS) <= set(names)
    assert [name for name, count in Counter(explained.NAMES).items() if count > 1] == []


def test_every_op_has_figures_at_every_size() -> None:
    for name, _ in ops.cases():
        assert set(FIGURES[name]) == set(ops.SIZES) - ({"4M"} if name in ops.TOO_MUCH else set()), name


def test_the_page_has_a_row_for_every_op() -> None:
    text = page.tables()
    for name in FIGURES:
        assert f"| `{name}` |" in text


def test_an_op_without_a_reason_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "OPS", {})
    with pytest.raises(KeyError):
        page.explanations(FIGURES)
