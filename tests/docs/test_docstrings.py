"""Every example in a docstring runs and prints what it shows."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "plugrad"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.FAIL_FAST


def docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """Dotted name and text of all docstrings; read from the source, so that no decorator can hide one."""
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            inner = f"{name}.{child.name}"
            if text := ast.get_docstring(child):
                yield inner, text
        yield from docstrings(child, inner)


def examples() -> list[doctest.DocTest]:
    parser, found = doctest.DocTestParser(), []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        tree = ast.parse(path.read_text())
        for name, text in [(module, ast.get_docstring(tree) or ""), *docstrings(tree, module)]:
            test = parser.get_doctest(text, {}, name, str(path), None)
            if test.examples:
                found.append(test)
    return found


EXAMPLES = examples()


def test_examples_are_found() -> None:
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example: doctest.DocTest) -> None:
    # What is SciPy's on the host says so in its docstring.
    if 'pip install "plugrad[scipy]"' in (example.docstring or ""):
        pytest.importorskip("scipy", reason="needs the extra `scipy`")
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append)
    assert not report, "".join(report)
