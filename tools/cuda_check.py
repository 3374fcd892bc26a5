"""Compile every CUDA kernel for every architecture, on a machine without a GPU: ``python -m tools.cuda_check``.

It needs CuPy and, as its extras don't bring them, NVRTC and the headers of the CUDA runtime:

    pip install cupy-cuda12x nvidia-cuda-nvrtc-cu12 nvidia-cuda-runtime-cu12

CuPy asks a device for its architecture before it compiles, so its private ``_NVRTCProgram`` is called here
(CuPy 14.1 and 14.2), with the options that CuPy itself adds.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plugrad.backends.cupy import sources

#: Turing, Ampere, Hopper, Blackwell in servers and Blackwell in workstations.
ARCHITECTURES = ("sm_75", "sm_80", "sm_90", "sm_100", "sm_120")

_ENTRY = re.compile(r"Compiling entry function '(\w+)'")
_SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
_REGISTERS = re.compile(r"Used (\d+) registers")


@dataclass
class Report:
    """What became of one file on one architecture.

    Attributes:
        kernels: Of each instantiation: its registers, and bytes spilled. None where the compiler did not say.
        error: The compiler's text, or None.
    """

    name: str
    architecture: str
    seconds: float = 0.0
    kernels: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    error: str | None = None


def unavailable_reason() -> str | None:
    """Why nothing can be compiled here, or None."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed"
    try:
        importlib.import_module("cupy_backends.cuda.libs.nvrtc").getVersion()
        importlib.import_module("cupy._core.core").assemble_cupy_compiler_options(())
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def compile_source(
    text: str, architecture: str, instantiations: Sequence[str], name: str = "kernel.cu"
) -> tuple[bytes, dict[str, str], str]:
    """The machine code, the mangled name of each instantiation, and the compiler's log.

    Raises:
        cupy.cuda.compiler.CompileException: The compiler refused.
    """
    compiler = importlib.import_module("cupy.cuda.compiler")
    core = importlib.import_module("cupy._core.core")
    options = (
        *core.assemble_cupy_compiler_options(sources.OPTIONS),
        "-ftz=true",
        f"-arch={architecture}",
        "--device-as-default-execution-space",
        "--ptxas-options=-v",
    )
    program = compiler._NVRTCProgram(text, name, (), (), name_expressions=list(instantiations), method="cubin")
    log = io.StringIO()
    binary, mangled = program.compile(options, log)
    return binary, mangled, log.getvalue()


def check(name: str, architecture: str, text: str | None = None) -> Report:
    """Compile one file with all its instantiations. ``text`` stands in for the file's own."""
    report = Report(name, architecture)
    start = time.perf_counter()
    instantiations = sources.INSTANTIATIONS[name]
    try:
        _, mangled, log = compile_source(
            sources.source(name) if text is None else text, architecture, instantiations, f"{name}.cu"
        )
    except Exception as error:
        report.error = str(error) or repr(error)
    else:
        told = _resources(log)
        report.kernels = {i: told.get(mangled[i], (None, None)) for i in instantiations}
    report.seconds = time.perf_counter() - start
    return report


def _resources(log: str) -> dict[str, tuple[int | None, int | None]]:
    """Registers and bytes spilled of each mangled name in what the assembler said."""
    found: dict[str, tuple[int | None, int | None]] = {}
    entry = ""
    spilled = None
    for line in log.splitlines():
        if match := _ENTRY.search(line):
            entry, spilled = match[1], None
        elif match := _SPILLS.search(line):
            spilled = int(match[1]) + int(match[2])
        elif (match := _REGISTERS.search(line)) and entry:
            found[entry] = (int(match[1]), spilled)
    return found


def _check(job: tuple[str, str]) -> Report:
    return check(*job)


def run(names: Iterable[str], architectures: Iterable[str], processes: int | None = None) -> list[Report]:
    """Compile files for architectures, in several processes."""
    jobs = [(name, architecture) for architecture in architectures for name in names]
    # Forked processes would share what CuPy has open.
    with multiprocessing.get_context("spawn").Pool(processes or os.cpu_count()) as pool:
        return pool.map(_check, jobs, chunksize=1)


def _print(report: Report, verbose: bool) -> None:
    head = f"{report.architecture:7} {report.name:16}"
    if report.error is not None:
        print(f"{head} FAILED\n{report.error}")
        return
    registers = [r for r, _ in report.kernels.values() if r is not None]
    spills = {i: s for i, (_, s) in report.kernels.items() if s}
    most = f"at most {max(registers)} registers" if registers else "registers not told"
    print(f"{head} {len(report.kernels):3} kernels, {most}, {len(spills)} spill, {report.seconds:.1f} s")
    for instantiation, (used, spilled) in report.kernels.items():
        if verbose or spilled:
            print(f"    {instantiation}: {used} registers, {spilled} bytes spilled")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile everything and report; 1 if anything was refused, 2 if nothing can be compiled here."""
    parser = argparse.ArgumentParser(prog="python -m tools.cuda_check", description="Compile the CUDA kernels.")
    parser.add_argument("--arch", default=",".join(ARCHITECTURES), help="architectures, with commas between")
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("-v", "--verbose", action="store_true", help="say what each instantiation uses")
    parser.add_argument("files", nargs="*", help="kernel files, without .cu; all by default")
    given = parser.parse_args(arguments)
    unknown = set(given.files) - set(sources.INSTANTIATIONS)
    if unknown:
        parser.error(f"no such kernel file: {', '.join(sorted(unknown))}")
    reason = unavailable_reason()
    if reason is not None:
        print(f"nothing can be compiled here: {reason}", file=sys.stderr)
        return 2
    reports = run(given.files or sources.INSTANTIATIONS, given.arch.split(","), given.processes)
    for report in reports:
        _print(report, given.verbose)
    failed = [r for r in reports if r.error is not None]
    kernels = sum(len(r.kernels) for r in reports)
    print(f"{kernels} kernels compiled, {len(failed)} of {len(reports)} files refused")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
