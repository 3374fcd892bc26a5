"""The command line: ``plugrad info``, ``plugrad backends``, ``plugrad check``, ``plugrad demo``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import plugrad
from plugrad.core import registry


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status: 0, 1 if it came out badly, 2 if it could not start."""
    arguments = _parser().parse_args(argv)
    if arguments.run is _backends and arguments.kernels and arguments.name is None:
        return _fail("plugrad backends: --kernels needs the backend's name: plugrad backends NAME --kernels")
    status: int = arguments.run(arguments)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plugrad", description="PyTorch's autograd and nn over any array library.")
    parser.add_argument("--version", action="version", version=f"plugrad {plugrad.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    info = commands.add_parser("info", help="versions, backends and devices, and why any of them is unusable")
    info.set_defaults(run=_info)

    backends = commands.add_parser("backends", help="the installed backends and kernel plugins, and what is native")
    backends.add_argument("name", nargs="?", metavar="NAME", help="one backend only")
    backends.add_argument("--kernels", action="store_true", help="where each op of this backend comes from")
    backends.set_defaults(run=_backends)

    check = commands.add_parser(
        "check",
        help="prove a backend with the conformance kit",
        description="Run plugrad.testing.conformance on a backend and print a report card. "
        "Ends with status 1 if a test failed, and with 2 if the backend can't be used.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    check.add_argument("name", metavar="NAME", help="the backend's name, as `plugrad backends` lists it")
    check.add_argument("--level", choices=("quick", "full"), default="full", help="one small sample of each op, or all")
    check.add_argument("--ops", metavar="NAMES", help="these ops only: names or patterns, with commas")
    check.add_argument("--xfails", type=Path, metavar="FILE", help="tests that are known to fail, with reasons")
    check.add_argument("--out", type=Path, metavar="FOLDER", help="write card.json and card.md there")
    check.set_defaults(run=_check)

    demo = commands.add_parser(
        "demo",
        help="train a classifier of handwritten digits",
        description="Train a classifier of handwritten digits, save it, draw its loss and load it again. "
        "Ends with status 1 if it misses its goal on digits it has not seen.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    demo.add_argument("--device", default="cpu", help="where to train: cpu, cuda, or a backend's own name")
    demo.add_argument("--epochs", type=_positive, default=30, help="passes over the training digits")
    demo.add_argument("--seed", type=int, default=0, help="of the initial weights, the order and the dropout")
    demo.add_argument("--out", type=Path, default=Path("digits-out"), help="folder for model and picture")
    demo.set_defaults(run=_demo)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_positive.__name__ = "positive integer"  # argparse names the type in its message


def _info(arguments: argparse.Namespace) -> int:
    import platform
    from importlib.metadata import version

    print(f"plugrad      {plugrad.__version__}")
    print(f"Python       {platform.python_version()}, {platform.python_implementation()}, {platform.platform()}")
    for name in ("numpy", "pluggy", "safetensors"):
        print(f"{name:12} {version(name)}")
    print()
    return _backends(arguments)


def _backends(arguments: argparse.Namespace) -> int:
    from plugrad.testing import inventory

    if getattr(arguments, "name", None) is None:
        print(inventory.backends_text())
        return 0
    name = arguments.name
    try:
        if arguments.kernels:
            print(inventory.ops_text(name))
            return 0
        registry.load(name)
    except plugrad.BackendError as error:
        return _fail(f"plugrad backends: {error}")
    (row,) = [row for row in inventory.list_backends() if row.name == name]
    print(inventory.described(row))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    try:
        registry.load(arguments.name)
    except plugrad.BackendError as error:
        return _fail(f"plugrad check: {error}" + (f"\nCause: {_cause(error)}" if error.__cause__ else ""))
    try:
        from plugrad.testing import report
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        return _fail(
            'plugrad check needs pytest, which is not installed. This installs it:\n\n    pip install "plugrad[test]"'
        )
    try:
        card = report.check(arguments.name, arguments.level, arguments.ops, arguments.xfails, sys.stderr)
    except report.NotStartedError as error:
        return _fail(f"plugrad check: {error}")
    print(card.text())
    if arguments.out is not None:
        for path in card.write(arguments.out):
            print(f"wrote {path}")
    return 0 if card.ok else 1


def _cause(error: BaseException) -> str:
    cause = error.__cause__
    return f"{type(cause).__name__}: {cause}"


def _demo(arguments: argparse.Namespace) -> int:
    try:
        digits = _example("digits")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"sklearn", "matplotlib", "tqdm"}:
            raise
        return _fail(
            f"plugrad demo needs {error.name}, which is not installed. This installs all that it needs:\n\n"
            '    pip install "plugrad[demo]"'
        )
    try:
        registry.resolve(arguments.device)
    except RuntimeError as error:
        return _fail(f"plugrad demo: --device {arguments.device}: {error}")
    accuracy = digits.main(arguments.device, arguments.epochs, arguments.seed, arguments.out)
    if accuracy < digits.GOAL:
        return _fail(f"plugrad demo: the test accuracy is under {digits.GOAL:.0%}", 1)
    return 0


def _example(name: str) -> ModuleType | Any:
    """A file of examples/, which the wheel carries as plugrad/_examples, as a module."""
    from importlib.util import module_from_spec, spec_from_file_location

    here = Path(__file__).parent
    in_wheel, in_checkout = here / "_examples" / f"{name}.py", here.parent / "examples" / f"{name}.py"
    path = in_wheel if in_wheel.exists() else in_checkout
    spec = spec_from_file_location(f"plugrad_example_{name}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"the example {path} is missing from this installation")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _fail(message: str, status: int = 2) -> int:
    print(message, file=sys.stderr)
    return status
