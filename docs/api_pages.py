"""Writes the API pages: one for each public module, with every public name that it has."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import ops_pages

from benchmarks import page as speed_tables

MODULES = (
    "plugrad",
    "plugrad.autograd",
    "plugrad.autograd.forward_ad",
    "plugrad.autograd.function",
    "plugrad.autograd.functional",
    "plugrad.autograd.graph",
    "plugrad.cuda",
    "plugrad.fft",
    "plugrad.func",
    "plugrad.linalg",
    "plugrad.nn",
    "plugrad.nn.functional",
    "plugrad.nn.init",
    "plugrad.optim",
    "plugrad.special",
    "plugrad.utils.checkpoint",
    "plugrad.array_api",
    "plugrad.array_api.linalg",
    "plugrad.array_api.fft",
    "plugrad.testing",
    # for authors of plugins
    "plugrad.core.backend",
    "plugrad.core.accelerator",
    "plugrad.core.hookspecs",
    "plugrad.backends.array_api",
)

# Their methods are Python's business, not plugrad's.
BASES = ("object", "BaseException", "Exception", "RuntimeError")

KINDS = (
    ("Classes", "autoclass", inspect.isclass),
    ("Functions", "autofunction", inspect.isroutine),
)


def public(module: ModuleType) -> dict[str, Any]:
    """The public names of a module with their values: its ``__all__``, or what is made in it or below it."""
    names = getattr(module, "__all__", None)
    if names is not None:
        found = {name: getattr(module, name) for name in names}
    else:
        found = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", module.__name__).startswith(module.__name__)
        }
    return {name: value for name, value in found.items() if not inspect.ismodule(value)}


def page(module: ModuleType, name: str, told: dict[int, str]) -> str:
    """One module's page, as reStructuredText. What an earlier page told (id to name) is only named."""
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    members = public(module)
    for title, directive, belongs in KINDS:
        chosen = sorted(n for n, value in members.items() if belongs(value) and id(value) not in told)
        if chosen:
            lines += [title, "-" * len(title), ""]
        told |= {id(members[member]): f"{name}.{member}" for member in chosen}
        for member in chosen:
            value = members.pop(member)
            lines += [f".. {directive}:: {name}.{member}"]
            if directive == "autoclass":
                lines += ["   :members:"]
                # What comes from a public class is told there: a layer does not repeat all of Module.
                if not any(id(base) in told for base in value.__mro__[1:]):
                    lines += [f"   :inherited-members: {', '.join(BASES)}"]
            lines += [""]
    for title, aliases in (("Other names", True), ("Values", False)):
        chosen = sorted(n for n, value in members.items() if (id(value) in told and callable(value)) == aliases)
        if chosen:
            lines += [title, "-" * len(title), ""]
        for member in chosen:
            value = members[member]
            text = f":py:obj:`{told[id(value)]}`" if aliases else described(value)
            lines += [f"- ``{member}``: {text}"]
        lines += [""]
    return "\n".join(lines)


def described(value: Any) -> str:
    """A value in words: what it prints as and what it is."""
    shown = re.sub(r" at 0x[0-9a-f]+", "", repr(value))
    return f"``{shown}``, a ``{type(value).__name__}``"


def write(folder: Path) -> None:
    """Write the pages that changed into ``folder``, and remove those of modules that are gone."""
    generated = folder / "generated"
    generated.mkdir(parents=True, exist_ok=True)
    told: dict[int, str] = {}
    pages = {f"{name}.rst": page(importlib.import_module(name), name, told) for name in MODULES}
    pages |= ops_pages.pages()
    pages["speed.inc"] = speed_tables.tables()
    for old in generated.glob("*.rst"):
        if old.name not in pages:
            old.unlink()
    for file, text in pages.items():
        path = generated / file
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
