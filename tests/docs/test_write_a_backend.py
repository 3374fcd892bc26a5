"""docs/write-a-backend.md, followed by the letter: its files written, its commands run, in the page's order.

It makes environments and installs into them from a package registry, so it runs where PLUGRAD_TEST_INSTALLS is set, as
``tox -e docs`` does. What the page is made of is checked everywhere.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import plugrad

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "write-a-backend.md").read_text()

_FILE = re.compile(r"```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CONSOLE = re.compile(r"```console\n(.*?)^```", re.DOTALL | re.MULTILINE)

Step = tuple[str, str, str]


def steps() -> list[Step]:
    """What the page says to do: ("write", file, text) and ("run", command, what is printed), in order."""
    found: list[tuple[int, Step]] = [(m.start(), ("write", m[1], m[2])) for m in _FILE.finditer(PAGE)]
    for block in _CONSOLE.finditer(PAGE):
        for part in re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((block.start(), ("run", command, output)))
    return [step for _, step in sorted(found, key=lambda item: item[0])]


def test_every_block_is_a_step_but_for_the_publishing() -> None:
    blocks = re.findall(r"^```(?=\S)", PAGE, re.MULTILINE)
    files, consoles = _FILE.findall(PAGE), _CONSOLE.findall(PAGE)
    assert len(blocks) == len(files) + len(consoles) + 1
    assert "twine upload" in PAGE.partition("```sh\n")[2].partition("```")[0]
    assert not any("twine" in command for kind, command, _ in steps() if kind == "run")


def test_the_backend_is_under_thirty_lines_where_it_only_adapts() -> None:
    sources = [text for kind, name, text in steps() if (kind, name) == ("write", "plugrad_apistrict.py")]
    assert len(sources[0].splitlines()) < 15
    assert all(len(source.splitlines()) < 50 for source in sources)


def run(command: list[str] | str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, shell=isinstance(command, str), cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=900,
    )  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which `plugrad` is the one that is tested, as a wheel."""
    if os.environ.get("PLUGRAD_TEST_INSTALLS", "") in ("", "0"):
        pytest.skip("installs from a package registry, where PLUGRAD_TEST_INSTALLS is set: tox -e docs")
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTEST_ADDOPTS", "VIRTUAL_ENV")}
    pip = [sys.executable, "-m", "pip"]
    reached = run([*pip, "download", "--quiet", "--no-deps", "--dest", str(tmp_path / "probe"), "pluggy"], ROOT, plain)
    if reached.returncode:
        pytest.skip(f"pip can't install here: {reached.stderr.strip().splitlines()[-1]}")
    wheels = tmp_path / "wheels"
    built = run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], ROOT, plain)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("plugrad-*.whl")
    # Whoever asks for plugrad gets this one.
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"plugrad=={plugrad.__version__}\n")
    links = f"{wheel.parent} {plain.get('PIP_FIND_LINKS', '')}"
    return {**plain, "PIP_CONSTRAINT": str(constraints), "PIP_FIND_LINKS": links, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def test_the_page_from_top_to_bottom(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "plugrad-apistrict"
    folder.mkdir()
    checker = doctest.OutputChecker()
    for kind, name, text in steps():
        if kind == "write":
            (folder / name).write_text(text)
            continue
        words = shlex.split(name)
        if words[0] == "python3":
            words[0] = sys.executable
        done = run(words, folder, environment)
        told = f"$ {name}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
        assert done.returncode == 0, told
        same = checker.check_output(text, done.stdout, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        assert same or not text, f"the page says\n{text}\nand it is\n{told}"
