"""The pages of ops: every public function has a row, every row a test, and every row is what the page says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.oracle import table

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import ops_pages

ROWS = table.all_rows()

# Why a function that has a derivative has none forward, or none under vmap. Nothing else may lack them.
RUNNING_STATISTICS = "running statistics are changed in place, which function transforms refuse"
OF_THE_LIMIT = "PyTorch's gradient ignores a limit that forward mode sees: it is applied in place without recording"
NOT_FORWARD: dict[str, str] = {
    **dict.fromkeys(["nn.functional.cosine_similarity", "nn.functional.gaussian_nll_loss"], OF_THE_LIMIT),
    "nn.functional.embedding": "the row of padding gets no gradient, and moves all the same, as in PyTorch",
    "nn.functional.ctc_loss": "its gradient has no derivative, as in PyTorch",
    **dict.fromkeys(["nn.functional.batch_norm", "nn.functional.instance_norm"], RUNNING_STATISTICS),
}
SHAPED_BY_VALUES = "the shape of the result depends on the values"
A_PYTHON_VALUE = "it returns no tensor"
LOOKS_AT_VALUES = "values are looked at, as PyTorch does: for the range, or to refuse them"
NOT_BATCHED: dict[str, str] = {
    "istft": "whether a part of the signal is under no window depends on the values of the window",
    **dict.fromkeys(["nonzero", "argwhere", "unique", "unique_consecutive", "masked_select"], SHAPED_BY_VALUES),
    **dict.fromkeys(
        ["allclose", "equal", "is_nonzero", "is_complex", "is_floating_point", "is_signed", "is_tensor", "numel"],
        A_PYTHON_VALUE,
    ),
    **dict.fromkeys(["ndimension", "is_conj", "is_neg", "is_inference", "is_same_size"], A_PYTHON_VALUE),
    **dict.fromkeys(["histc", "histogram", "histogramdd"], LOOKS_AT_VALUES),
    **dict.fromkeys(["cholesky_inverse", "linalg.lu_factor", "linalg.lu_solve"], LOOKS_AT_VALUES),
    **dict.fromkeys(["nn.functional.batch_norm", "nn.functional.instance_norm"], RUNNING_STATISTICS),
    "nn.functional.gaussian_nll_loss": LOOKS_AT_VALUES,
    "nn.functional.binary_cross_entropy": LOOKS_AT_VALUES,
    "nn.functional.dropout": "vmap asks what to do with random numbers",
}


def test_every_public_function_has_a_row() -> None:
    assert table.without_a_row() == []


def test_every_row_has_a_test() -> None:
    assert table.without_a_test() == []


def test_a_row_without_a_test_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "without_a_test", lambda: ["something"])
    with pytest.raises(RuntimeError, match="these functions have no test: something"):
        ops_pages.ops_page()


def test_a_function_without_a_row_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "without_a_row", lambda: ["something"])
    with pytest.raises(RuntimeError, match="these functions have no row in tests/oracle: something"):
        ops_pages.ops_page()


def test_there_are_three_hundred_names_and_a_hundred_primitives() -> None:
    assert len(ROWS) >= 300
    assert len(ops_pages.primitives()) <= 120


def test_a_backend_needs_the_standard_and_few_names_more() -> None:
    """The aim: at most twelve names of its own for everything to run."""
    assert len(ops_pages.own_names()) <= 12


def test_a_library_of_the_standard_runs_every_op() -> None:
    namespace = ops_pages.namespaces()["the standard"]
    missing = {name for name in ops_pages.OPS if namespace.origin(name) is None}
    # Nothing beyond the names of its own, and the special functions that are SciPy's.
    assert missing - set(ops_pages.own_names()) == set(ops_pages.special())


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row(name: str) -> None:
    """Forward mode agrees with backward, a batch with its members; or there is a reason."""
    assert table.called(name, ROWS[name]) is not None, "plugrad has no such name"
    seen = table.facts(name, ROWS[name])
    assert (seen.forward == table.NO) == (name in NOT_FORWARD), seen.reasons
    if seen.batched == table.NO:
        assert name in NOT_BATCHED, seen.reasons
    # PyTorch says so of what it has no derivative of either.
    assert "is not implemented" in (seen.reasons or {}).get("derivative", "is not implemented"), seen.reasons


def test_the_page_shows_what_was_seen() -> None:
    text = ops_pages.ops_page()
    for name, row in ROWS.items():
        assert f"``{'torch' if row.function else 'Tensor'}.{name}``" in text
