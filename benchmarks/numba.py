"""``python -m benchmarks numba``: the kernels of examples/plugins/plugrad-numba against PyTorch, and without them.

Large arrays, forward and backward, and training steps of LeNet. The plugin has to be installed. The figures without it
come from a second process, in which it is disabled.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import programs
from benchmarks.timing import compare

ROWS, COLUMNS = 4000, 1000

#: name, program, and the ratio to PyTorch that is not to be exceeded.
CASES: list[tuple[str, Callable[[Any], Callable[[], object]], float]] = [
    ("softmax", lambda lib: programs.elementwise(lib, "softmax", ROWS, COLUMNS), 1.2),
    ("log_softmax", lambda lib: programs.elementwise(lib, "log_softmax", ROWS, COLUMNS), 1.2),
    ("cross_entropy", lambda lib: programs.cross_entropy(lib, ROWS, COLUMNS), 1.2),
    ("layer_norm", lambda lib: programs.elementwise(lib, "layer_norm", ROWS, COLUMNS), 1.2),
    ("gelu", lambda lib: programs.elementwise(lib, "gelu", ROWS, COLUMNS), 1.2),
    ("sigmoid", lambda lib: programs.elementwise(lib, "sigmoid", ROWS, COLUMNS), 1.0),
    ("tanh", lambda lib: programs.elementwise(lib, "tanh", ROWS, COLUMNS), 1.0),
    ("relu", lambda lib: programs.elementwise(lib, "relu", ROWS, COLUMNS), 1.2),
    ("LeNet, batch 64, SGD step", lambda lib: programs.lenet_step(lib, 64, "SGD"), 1.2),
    ("LeNet, batch 64, Adam step", lambda lib: programs.lenet_step(lib, 64, "Adam"), 1.2),
]


def main(arguments: list[str]) -> int:
    """Run the benchmarks; print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks numba", description=__doc__)
    parser.add_argument("--only", default="", help="run only the programs whose name contains this")
    parser.add_argument("--turns", type=int, default=21, help="how many ratios to take the median of")
    parser.add_argument("--figures", action="store_true", help="print the figures of this process alone, as JSON")
    given = parser.parse_args(arguments)
    try:
        import torch
    except ImportError:
        print("the benchmarks compare with PyTorch: pip install torch==2.13.0", file=sys.stderr)
        return 2
    import plugrad
    from plugrad.core import plugins

    if given.figures:
        results = {
            name: compare(name, program(plugrad), program(torch), limit, given.turns)._asdict()
            for name, program, limit in CASES
            if given.only in name
        }
        print(json.dumps(results))
        return 0
    if not any(e.name == "numpy.numba" for e in plugins.entry_points(plugins.KERNELS_GROUP)):
        print("the plugin is not installed: pip install ./examples/plugins/plugrad-numba", file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "benchmarks", "numba", "--figures", "--only", given.only]
    command += ["--turns", str(given.turns)]
    found = []
    for environment in ({}, {"PLUGRAD_DISABLE_BACKENDS": "numpy.numba"}):
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    print("| program | with the plugin, ratio to PyTorch | quartiles | limit | without the plugin |")
    print("|---|---|---|---|---|")
    for name, result in found[0].items():
        quartiles = f"{result['low']:.2f} - {result['high']:.2f}"
        print(
            f"| {name} | **{result['ratio']:.2f}** | {quartiles} | {result['limit']} | {found[1][name]['ratio']:.2f} |"
        )
    return 0
