"""Writes the API pages: one for each public module, with every name of its ``__all__``."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = (
    "plugrad",
    "plugrad.autograd",
    "plugrad.nn",
    "plugrad.nn.functional",
    "plugrad.nn.init",
    "plugrad.optim",
    "plugrad.testing",
)

# Their methods are Python's business, not plugrad's.
BASES = ("object", "BaseException", "Exception", "RuntimeError")

KINDS = (
    ("Classes", "autoclass", inspect.isclass),
    ("Functions", "autofunction", inspect.isroutine),
)


def page(module: ModuleType, name: str) -> str:
    """One module's page, as reStructuredText."""
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    members = {n: getattr(module, n) for n in module.__all__ if not n.startswith("_")}
    members = {n: value for n, value in members.items() if not inspect.ismodule(value)}
    for title, directive, belongs in KINDS:
        chosen = sorted(n for n, value in members.items() if belongs(value))
        if chosen:
            lines += [title, "-" * len(title), ""]
        for member in chosen:
            lines += [f".. {directive}:: {name}.{member}"]
            if directive == "autoclass":
                lines += ["   :members:", f"   :inherited-members: {', '.join(BASES)}"]
            lines += [""]
            del members[member]
    if members:
        lines += ["Values", "------", ""]
        lines += [f"- ``{n}``: {described(value)}" for n, value in sorted(members.items())]
        lines += [""]
    return "\n".join(lines)


def described(value: Any) -> str:
    """A value in words: the first line of its own docstring if it has one, else what it prints as."""
    if callable(value) and value.__doc__:
        return str(value.__doc__.split("\n")[0])
    return f"``{value!r}``, a ``{type(value).__name__}``"


def write(folder: Path) -> None:
    """Write the pages that changed into ``folder``, and remove those of modules that are gone."""
    generated = folder / "generated"
    generated.mkdir(parents=True, exist_ok=True)
    pages = {f"{name}.rst": page(importlib.import_module(name), name) for name in MODULES}
    for old in generated.glob("*.rst"):
        if old.name not in pages:
            old.unlink()
    for file, text in pages.items():
        path = generated / file
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
