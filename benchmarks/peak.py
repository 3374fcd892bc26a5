"""Peak memory against PyTorch: ``python -m benchmarks.peak``.

Each program runs in a process of its own and reports by how much the memory that the system saw in use grew at its peak
above what was in use before. Both libraries allocate through the C library; large arrays get pages of their own
(``MALLOC_MMAP_THRESHOLD_``), so that what is freed is seen to be freed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

#: name, the program of a library, and the ratio to PyTorch that is not to be exceeded.
Case = tuple[str, Callable[[Any], Callable[[bool], object]], float]

LAYERS, WIDTH, BATCH = 32, 256, 4096


def _mlp(library: Any, activation: str) -> Callable[[bool], object]:
    """Forward and backward of a deep MLP; small, to load what is loaded once, or full."""
    nn = library.nn
    layers: list[Any] = []
    for _ in range(LAYERS):
        layers += [nn.Linear(WIDTH, WIDTH), getattr(nn, activation)()]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 1))

    def run(full: bool) -> None:
        x = library.ones(BATCH if full else 2, WIDTH)
        model(x).mean().backward()

    return run


CASES: list[Case] = [
    (f"MLP of {LAYERS} layers with {name}, forward and backward", lambda lib, name=name: _mlp(lib, name), 1.1)
    for name in ("ReLU", "Tanh", "GELU")
]


def _in_use() -> int:
    """Bytes of memory in use now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak(library: str, number: int) -> int:
    """Run one program here: bytes above what was in use before, at the peak."""
    lib = importlib.import_module(library)
    if library == "torch":
        lib.set_num_threads(1)
    run = CASES[number][1](lib)
    run(False)
    before = _in_use()
    run(True)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


def measured(library: str, number: int) -> int:
    """The same in a process of its own."""
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.peak", "--one", library, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return int(done.stdout)


def main() -> int:
    """Measure all programs; print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peak", description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("LIBRARY", "NUMBER"), help="run one program here; print its peak")
    parser.add_argument("--turns", type=int, default=3, help="how many measurements to take the median of")
    arguments = parser.parse_args()
    if arguments.one:
        print(peak(arguments.one[0], int(arguments.one[1])))
        return 0
    print("| program | peak, ratio to PyTorch | limit | plugrad, MB | PyTorch, MB |\n|---|---|---|---|---|")
    worst = 0.0
    for number, (name, _, limit) in enumerate(CASES):
        ours, theirs = (
            statistics.median([measured(library, number) for _ in range(arguments.turns)]) / 1e6
            for library in ("plugrad", "torch")
        )
        worst = max(worst, ours / theirs / limit)
        print(f"| {name} | **{ours / theirs:.2f}** | {limit} | {ours:.0f} | {theirs:.0f} |", flush=True)
    return int(worst > 1)


if __name__ == "__main__":
    raise SystemExit(main())
