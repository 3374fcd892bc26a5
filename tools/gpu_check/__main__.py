"""The command line of the GPU check."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import plugrad
from plugrad.backends.cupy.launch import library
from tools.gpu_check.checks import CHECKS
from tools.gpu_check.measures import MEASURES
from tools.gpu_check.report import Report, Result, environment


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; 0 where all is well, 1 where a check failed, 2 where there is no GPU."""
    parser = argparse.ArgumentParser(prog="python -m tools.gpu_check", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="tiny sizes over the stand-in for CuPy, without a GPU")
    parser.add_argument("--only", default=None, metavar="NAMES", help=f"some of: {', '.join((*CHECKS, *MEASURES))}")
    parser.add_argument("--out", type=Path, default=Path("docs/gpu"), help="folder of the report (default: docs/gpu)")
    arguments = parser.parse_args(argv)
    chosen = [*CHECKS, *MEASURES] if arguments.only is None else arguments.only.split(",")
    unknown = [name for name in chosen if name not in CHECKS and name not in MEASURES]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    if not arguments.dry:
        return _run(chosen, arguments.out, dry=False)
    stand_in = importlib.import_module("tests.support.cupy_stand_in")
    stand_in.install()
    try:
        return _run(chosen, arguments.out, dry=True)
    finally:
        stand_in.uninstall()


def _run(chosen: Sequence[str], out: Path, *, dry: bool) -> int:
    if not plugrad.cuda.is_available():
        try:
            plugrad.cuda.synchronize()
        except plugrad.BackendError as error:
            print(error, file=sys.stderr)
        return 2
    torch = _torch()
    torch_device = "cuda" if torch is not None and torch.cuda.is_available() else "cpu"
    if torch is not None and torch_device == "cpu" and not dry:
        torch = None
    report = Report(dry, environment(library(), torch, plugrad.cuda.get_device_name()))
    for name in chosen:
        report.results.append(_guarded(name, partial(_one, name, dry, torch, torch_device)))
        result = report.results[-1]
        print(f"{result.status:8} {result.name}: {result.text.splitlines()[0] if result.text else ''}", flush=True)
    page, data = report.write(out)
    print(f"written: {page}, {data}")
    return 1 if report.failed else 0


def _one(name: str, dry: bool, torch: Any, torch_device: str) -> Result:
    return CHECKS[name](dry) if name in CHECKS else MEASURES[name](dry, torch, torch_device)


def _guarded(name: str, run: Callable[[], Result]) -> Result:
    """A check that raises has failed; the others still run."""
    try:
        return run()
    except Exception as error:
        traceback.print_exc()
        return Result(name, "FAIL", f"{type(error).__name__}: {error}")


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


if __name__ == "__main__":
    sys.exit(main())
