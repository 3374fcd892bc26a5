"""Every Python block of the documentation runs, page by page, from top to bottom."""

from __future__ import annotations

from doctest import ELLIPSIS
from typing import Any

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

from plugrad.core import namespace, op

# What `@op` adds to. A page that defines an op must not leave it to the tests that walk all ops.
REGISTERS = (op.OPS, namespace.DEFINITIONS, namespace.FUNCTIONS)


def remember(page: dict[str, Any]) -> None:
    page["_registers"] = [dict(register) for register in REGISTERS]


def restore(page: dict[str, Any]) -> None:
    for register, before in zip(REGISTERS, page["_registers"], strict=True):
        register.clear()
        register.update(before)


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), SkipParser()],
    patterns=["*.md"],
    setup=remember,
    teardown=restore,
).pytest()
