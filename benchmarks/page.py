"""The tables of docs/speed.md, of the figures that ``python -m benchmarks ops --json`` wrote."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any, Final

from benchmarks import explained, ops

FIGURES: Final = Path(__file__).parent / "figures" / "ops.json"

Figures = dict[str, dict[str, dict[str, float]]]


def read() -> Figures:
    """The figures of the last run on record."""
    figures: Figures = json.loads(FIGURES.read_text())
    return figures


def ratios(figures: Figures, size: str) -> dict[str, float]:
    """Op -> ratio to PyTorch, at one size."""
    return {name: found[size]["ratio"] for name, found in figures.items() if size in found}


def grid(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """A table in Markdown."""
    return [f"| {' | '.join(map(str, row))} |" for row in (header, ("---",) * len(header), *rows)]


def summary(figures: Figures) -> list[str]:
    """For each class of ops and each size the median ratio, and how many of the ops are no slower than PyTorch's."""
    classes: dict[str, list[str]] = {}
    for group, name, _ in ops.groups():
        classes.setdefault(group, []).append(name)
    classes["all"] = list(figures)
    rows = []
    for group, names in classes.items():
        cells = []
        for size in ops.SIZES:
            found = [r for name, r in ratios(figures, size).items() if name in names]
            cells.append(f"{statistics.median(found):.2f}, {sum(r <= 1 for r in found)} of {len(found)}")
        rows.append((group, *cells))
    return grid(("class", *(f"{size} numbers" for size in ops.SIZES)), rows)


def explanations(figures: Figures) -> list[str]:
    """The ops that are slower at the smallest size, by reason."""
    slow = {name: r for name, r in ratios(figures, "16").items() if r > 1}
    by_reason: dict[str, list[str]] = {}
    for name, r in sorted(slow.items(), key=lambda item: -item[1]):
        by_reason.setdefault(explained.OPS[name], []).append(f"`{name}` {r:.2f}")
    return [f"- {reason} {', '.join(names)}.\n" for reason, names in by_reason.items()]


def slow(figures: Figures, size: str) -> str:
    """The ops slower than 1.5x at one size, the slowest first."""
    found = sorted(((r, name) for name, r in ratios(figures, size).items() if r > ops.SLOW), reverse=True)
    return ", ".join([f"`{name}` {r:.1f}" for r, name in found]) or "none"


def every(figures: Figures) -> list[str]:
    """The ratio of every op at every size."""
    rows = [
        (f"`{name}`", *(f"{found[size]['ratio']:.2f}" if size in found else "" for size in ops.SIZES))
        for name, found in figures.items()
    ]
    return grid(("op", *(f"{size} numbers" for size in ops.SIZES)), rows)


def tables() -> str:
    """All tables, in Markdown."""
    figures = read()
    lines = [
        "## By class",
        "",
        "Median ratio, and how many ops take no longer than PyTorch's.",
        "",
        *summary(figures),
        "",
    ]
    lines += ["## Slower at 16 numbers, and why", "", *explanations(figures), ""]
    lines += ["## Slower than 1.5x on larger arrays", ""]
    lines += [f"{size} numbers: {slow(figures, size)}.\n" for size in ops.SIZES if size != "16"]
    lines += ["## Every op", "", *every(figures), ""]
    return "\n".join(lines)
