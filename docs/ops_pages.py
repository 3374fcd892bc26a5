"""Writes the pages of ops: what each does beside PyTorch, from what the tests see it do; and which are primitive.

The rows of tests/oracle are the source. A public function without a row, or a row that no test runs, stops the build.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import array_api_strict

import plugrad
from plugrad.core.namespace import DEFINITIONS, Namespace, library_function
from plugrad.core.op import OPS, Op

# A library that has the standard's functions and nothing else.
array_api_strict.set_array_api_strict_flags(api_version="2024.12")

#: Of the standard's next version.
LATER = ("linalg_eig", "linalg_eigvals")

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.oracle import table  # noqa: E402 - after the path is set

TITLES = {
    "": "plugrad and Tensor", "linalg": "plugrad.linalg", "fft": "plugrad.fft", "special": "plugrad.special",
    "nn.functional": "plugrad.nn.functional",
}  # fmt: skip


def chapter(name: str) -> str:
    """The module of a row's name: ``nn.functional`` of ``nn.functional.relu``."""
    return name.rpartition(".")[0]


def module_of(place: str) -> ModuleType | None:
    """plugrad's module of a chapter; None where there is none yet."""
    try:
        return importlib.import_module(f"plugrad.{place}" if place else "plugrad")
    except ImportError:
        return None


# -- the table -------------------------------------------------------------------------------------------------------


def in_place(name: str) -> str:
    """The in-place form: a method's, or a function's."""
    place, _, own = name.rpartition(".")
    if not place and hasattr(plugrad.Tensor, f"{own}_"):
        return f"Tensor.{own}_"
    module = module_of(place)
    return f"{own}_" if module is not None and hasattr(module, f"{own}_") else ""


def origins(ops: tuple[str, ...], namespace: Namespace) -> str:
    """Where a backend takes the ops from that a function calls: kernels, its library, generic definitions."""
    words = {"kernel": "kernel", "library": "library", "generic": "definition"}
    found = {words[origin] for name in ops if name in OPS and (origin := namespace.origin(name)) is not None}
    return ", ".join(sorted(found, key=list(words.values()).index))


def namespaces() -> dict[str, Namespace]:
    """The namespaces of NumPy and of the standard."""
    return {"NumPy": plugrad.zeros(1).device.xp, "the standard": Namespace("standard", array_api_strict, {})}


def grid(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """A list-table."""
    yield ".. list-table::"
    yield "   :header-rows: 1"
    yield ""
    for row in (header, *rows):
        for i, cell in enumerate(row):
            yield f"   {'* -' if i == 0 else '  -'} {cell}".rstrip()
    yield ""


def literal(text: str) -> str:
    return f"``{text}``" if text else ""


def check() -> None:
    """Stop the build where a function has no row, or a row no test."""
    for what, names in {"no row in tests/oracle": table.without_a_row(), "no test": table.without_a_test()}.items():
        if names:
            raise RuntimeError(f"these functions have {what}: {', '.join(names)}")


def ops_page() -> str:
    """The table of all functions, as reStructuredText."""
    check()
    rows = table.all_rows()
    backends = namespaces()
    lines = ["Ops beside PyTorch", "==================", ""]
    lines += [
        f"{len(rows)} names of PyTorch, each compared with PyTorch 2.13 by the tests: values, dtypes, gradients and",
        "second derivatives. This table is made, whenever these pages are built, of what those tests' samples do:",
        "",
        "- *Derivative*: gradients flow, to any order.",
        "- *Forward*: forward-mode derivatives agree with backward ones on the samples.",
        "- *Batched*: under ``vmap`` a batch gives what its members give one by one.",
        "- *Complex*: complex numbers are taken.",
        "- The columns of libraries say where the parts of a function come from: a backend's *kernel*, its *library*,",
        "  or the generic *definition*, which is plugrad's own and runs on any library.",
        "",
        "An empty cell: the question does not arise.",
        "",
    ]
    header = ("PyTorch", "Method", "In place", "Derivative", "Forward", "Batched", "Complex", *backends, "Ops")
    for place in table.CHAPTERS:
        found = []
        for name in sorted(n for n in rows if chapter(n) == place):
            seen = table.facts(name, rows[name])
            ops = tuple(n for n in seen.ops if n in OPS)
            method = hasattr(plugrad.Tensor, name) and "." not in name
            cells = [literal(f"torch.{name}" if rows[name].function else f"Tensor.{name}")]
            cells += [literal(f"Tensor.{name}" if method else ""), literal(in_place(name)), seen.derivative]
            cells += [seen.forward, seen.batched, seen.complex]
            cells += [origins(ops, namespace) for namespace in backends.values()]
            cells += [", ".join(literal(n) for n in ops)]
            found.append(tuple(cells))
        if found:
            lines += [TITLES[place], "-" * len(TITLES[place]), "", *grid(header, found)]
    return "\n".join(lines)


# -- primitives ------------------------------------------------------------------------------------------------------


def is_primitive(op: Op) -> bool:
    """Whether an op's definition is the library's function of its own name, so that a library must have it."""
    return op.name in DEFINITIONS and op.name in DEFINITIONS[op.name].__code__.co_names


def primitives() -> list[str]:
    return sorted(name for name, op in OPS.items() if is_primitive(op))


def composites() -> list[str]:
    """Ops without a rule: they are differentiated through their parts."""
    return sorted(name for name, op in OPS.items() if op.composite and not is_primitive(op))


def special() -> list[str]:
    """Special functions that have no definition here: SciPy's, or a backend's own kernels."""
    return sorted(name for name in OPS if name not in DEFINITIONS)


def own_names() -> list[str]:
    """What a backend must supply beyond the standard's functions."""
    return sorted(n for n in primitives() if n in LATER or library_function(array_api_strict, n) is None)


def node_of(op: Op) -> str:
    """The name of what it leaves in the graph."""
    return "" if op.constant or op.composite else literal(op.node_class.__name__)


def derivative_of(op: Op) -> str:
    if op.constant:
        return "none"
    if op.undefined:
        return "PyTorch has none"
    return "through its parts" if op.composite else "a rule"


def primitives_page() -> str:
    """Which ops are primitive and which are made of others, as reStructuredText."""
    found = primitives()
    rest = sorted(set(OPS) - set(found) - set(special()))
    extra = own_names()
    needed = "nothing beyond it" if not extra else f"{len(extra)} more: {', '.join(map(literal, extra))}"
    lines = ["Primitive and composite ops", "===========================", ""]
    lines += [
        f"plugrad has {len(OPS)} ops. {len(found)} are *primitive*: their definition is the library's function of the",
        "same name. The others have a *generic definition* over these, so that they run on every library; a backend",
        f"may have a faster kernel for any. {len(composites())} ops have no rule of their own, and are differentiated",
        "through their parts.",
        "",
        "A backend needs the functions of the `Array API standard <https://data-apis.org/array-api/2024.12/>`_, and",
        f"{needed}. {len(special())} special functions are optional: a backend offers those that it has kernels of.",
        "",
        "Primitive",
        "---------",
        "",
    ]
    lines += grid(
        ("Op", "Node", "Derivative", "In the standard"),
        [(literal(n), node_of(OPS[n]), derivative_of(OPS[n]), "" if n in extra else "yes") for n in found],
    )
    lines += ["With a generic definition", "-------------------------", ""]
    kernels = namespaces()["NumPy"]
    lines += grid(
        ("Op", "Node", "Derivative", "On NumPy"),
        [(literal(n), node_of(OPS[n]), derivative_of(OPS[n]), origins((n,), kernels)) for n in rest],
    )
    lines += ["From SciPy", "----------", ""]
    lines += [
        'These special functions are SciPy\'s on the host: ``pip install "plugrad[scipy]"``. Another backend runs them',
        "if it has kernels of its own.",
        "",
    ]
    lines += grid(
        ("Op", "Node", "Derivative"), [(literal(n), node_of(OPS[n]), derivative_of(OPS[n])) for n in special()]
    )
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """File name -> text."""
    return {"ops.rst": ops_page(), "primitives.rst": primitives_page()}
