"""The README tells the truth: its code runs, its links lead somewhere, its commands can be copied."""

from __future__ import annotations

import re
from pathlib import Path

import plugrad

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_python_blocks_run() -> None:
    plugrad.manual_seed(0)
    namespace: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert namespace["loss"] < 0.01


def test_the_two_commands_are_one_line_each() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv ")]
    assert commands == [block.strip() for block in blocks("sh")]
    assert len(commands) == 2


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
