"""The command line: ``plugrad info``, ``plugrad backends``, ``plugrad demo``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import plugrad
from plugrad.core import registry
from plugrad.core.backend import Backend


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status: 0, 1 if it came out badly, 2 if it could not start."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.run(arguments)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plugrad", description="PyTorch's autograd and nn over any array library.")
    parser.add_argument("--version", action="version", version=f"plugrad {plugrad.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    info = commands.add_parser("info", help="versions, backends and devices, and why any of them is unusable")
    info.set_defaults(run=_info)

    backends = commands.add_parser("backends", help="the installed backends and their devices")
    backends.set_defaults(run=_backends)

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
    rows = [("backend", "from", "devices", "status")]
    reasons: list[str] = []
    for name, origin in sorted(registry.installed().items()):
        devices, reason = _state(name)
        rows.append((name, origin, devices, "unusable" if reason else "usable"))
        if reason:
            reasons.append(f"{name} is unusable: " + reason.replace("\n", "\n    "))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    reasons += registry.ignored()
    if reasons:
        print("", *reasons, sep="\n")
    return 0


def _state(name: str) -> tuple[str, str | None]:
    """A backend's devices, and why it can't be used, or None."""
    try:
        backend = registry.load(name)
        reason = registry.why_unusable(backend)
        devices = ", ".join(backend.devices if reason else _device_names(backend))
    except plugrad.BackendError as error:
        return "-", str(error)
    return devices, reason


def _device_names(backend: Backend) -> Iterator[str]:
    for kind in backend.devices:
        count = backend.device_count(kind)
        if backend.capabilities.several_devices:
            yield from (f"{kind}:{index}" for index in range(count))
        else:
            yield kind


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
