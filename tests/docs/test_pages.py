"""Every Python block of the documentation runs and prints what it shows, page by page, from top to bottom."""

from __future__ import annotations

from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
WITHOUT_CODE = {
    "api/index.md", "changelog.md", "contributing.md", "cuda-kernels.md", "design/index.md", "speed.md", "write-a-backend.md",
}  # fmt: skip

reader = Sybil(parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)], path=str(DOCS), pattern="**/*.md")


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, registers: None) -> None:
    examples = list(reader.parse(DOCS / page).examples())
    assert examples or page in WITHOUT_CODE or page.startswith(("design/", "gpu/"))
    for example in examples:
        example.evaluate()
