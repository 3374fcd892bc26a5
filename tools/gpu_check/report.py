"""What was found, as Markdown and JSON."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy

import plugrad


@dataclass
class Result:
    """One check: how it ended, and what it found."""

    name: str
    status: str  # "pass", "FAIL", "skipped"
    text: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Report:
    """All of a run."""

    dry: bool
    environment: dict[str, str]
    results: list[Result] = field(default_factory=list)
    day: str = field(default_factory=lambda: date.today().isoformat())

    @property
    def failed(self) -> list[Result]:
        """The checks that failed."""
        return [r for r in self.results if r.status == "FAIL"]

    def markdown(self) -> str:
        """The report as a page."""
        lines = [f"# GPU check of {self.day}", ""]
        if self.dry:
            lines += ["**A dry run over the stand-in for CuPy: it says nothing about any GPU.**", ""]
        lines += ["| what | version |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in self.environment.items()]
        lines += ["", "| check | result | |", "|---|---|---|"]
        lines += [f"| {r.name} | {r.status} | {_one_line(r.text)} |" for r in self.results]
        for result in self.results:
            if result.rows:
                names = list(dict.fromkeys(name for row in result.rows for name in row))
                lines += ["", f"## {result.name}", "", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
                lines += [f"| {' | '.join(_cell(row.get(name)) for name in names)} |" for row in result.rows]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both forms and return where they are."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"gpu-check-{self.day}{'-dry' if self.dry else ''}"
        page, data = folder / f"{name}.md", folder / f"{name}.json"
        page.write_text(self.markdown(), encoding="utf-8")
        data.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        self._write_index(folder)
        return page, data

    def _write_index(self, folder: Path) -> None:
        """The page that lists the reports, newest first."""
        pages = sorted((p.stem for p in folder.glob("gpu-check-*.md") if not p.stem.endswith("-dry")), reverse=True)
        text = "# Reports from GPUs\n\n`python -m tools.gpu_check` writes them.\n"
        if pages:
            listed = "\n".join(pages)
            text += f"\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
        else:
            text = text.rstrip() + " None has been written yet: the CuPy backend has not run on a GPU.\n"
        (folder / "index.md").write_text(text, encoding="utf-8")


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")[:300]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def environment(cupy: Any, torch: Any, name: str) -> dict[str, str]:
    """What the figures depend on."""
    found = {
        "GPU": name,
        "plugrad": plugrad.__version__,
        "Python": platform.python_version(),
        "NumPy": numpy.__version__,
        "CuPy": cupy.__version__,
    }
    try:
        found["CUDA driver"] = str(cupy.cuda.runtime.driverGetVersion())
        found["CUDA runtime"] = str(cupy.cuda.runtime.runtimeGetVersion())
    except AttributeError:
        found["CUDA driver"] = "none"
    found["PyTorch"] = "not installed" if torch is None else torch.__version__
    return found
