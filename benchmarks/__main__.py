"""``python -m benchmarks [--json FILE] [--only TEXT] [--large]``: a table of median ratios to PyTorch.

``python -m benchmarks ops [--only TEXT] [--sizes 16 10k 4M]``: the same of every op; see ops.py.
``python -m benchmarks numba``: the kernels of the plugin plugrad-numba; see numba.py.
``python -m benchmarks registry``: what it costs per op that namespaces come from the registry; see registry.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import memory, numba, ops, programs, registry
from benchmarks.timing import Result, compare

# What is timed: name, the program of a library, and the ratio to PyTorch that is not to be exceeded.
Case = tuple[str, Callable[[Any], Callable[[], object]], float | None]

CASES: list[Case] = [
    ("((a*b+b).relu()@b).sum() on 4x4", programs.small_expression, 0.5),
    ("chain of 500 scalar ops", programs.scalar_chain, 0.6),
    ("MLP 64-32-10, batch 32, SGD step", lambda lib: programs.mlp_step(lib, (64, 32, 10), 32), 0.5),
    ("MLP 784-512-512-10, batch 128, SGD step", lambda lib: programs.mlp_step(lib, (784, 512, 512, 10), 128), 1.0),
    ("Hessian-vector product of a tanh net 32-32-32, jvp(grad)", programs.forward_over_reverse, 0.6),
    ("Hessian-vector product of a tanh net 32-32-32, two walks", programs.hessian_vector_product, 0.6),
]

# plugrad against itself: name, two programs, and the ratio that is not to be exceeded.
OWN: list[tuple[str, Callable[[Any], Callable[[], object]], Callable[[Any], Callable[[], object]], float]] = [
    (
        "vmap(grad(f)) over 256 samples, against a loop",
        lambda lib: programs.per_sample_gradients(lib, mapped=True),
        lambda lib: programs.per_sample_gradients(lib, mapped=False),
        0.05,
    ),
]

LARGE: list[Case] = [
    (f"{name} 4000x1000", lambda lib, name=name: programs.elementwise(lib, name, 4000, 1000), None)
    for name in ("relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax", "layer_norm")
] + [("cross_entropy 4000x1000", lambda lib: programs.cross_entropy(lib, 4000, 1000), None)]


def import_times(turns: int = 15) -> dict[str, float]:
    """Milliseconds to import plugrad and NumPy in a fresh interpreter, above the interpreter's own start."""

    def start(code: str) -> float:
        script = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
        # As an installed package is: with its bytecode cached.
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        return float(done.stdout) * 1e3

    numpy, plugrad, both = [], [], []
    start("import plugrad; plugrad.tensor(1.0)")
    for _ in range(turns):
        numpy.append(start("import numpy"))
        plugrad.append(start("import plugrad"))
        both.append(start("import plugrad; plugrad.tensor(1.0)"))
    return {
        "numpy": statistics.median(numpy),
        "plugrad": statistics.median(plugrad),
        "plugrad and a first tensor": statistics.median(both),
    }


def report(results: list[Result], imports: dict[str, float]) -> str:
    """The table, in Markdown."""
    lines = [
        "| program | ratio to PyTorch | quartiles | limit | plugrad, us | PyTorch, us |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        limit = "" if r.limit is None else f"{r.limit:.1f}"
        lines.append(
            f"| {r.name} | **{r.ratio:.2f}** | {r.low:.2f} - {r.high:.2f} | {limit} | {r.ours:.0f} | {r.theirs:.0f} |"
        )
    lines.append("")
    lines.append("Import, ms: " + ", ".join(f"{name} {ms:.0f}" for name, ms in imports.items()) + ".")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmarks; print the table."""
    if sys.argv[1:2] == ["ops"]:
        return ops.main(sys.argv[2:])
    if sys.argv[1:2] == ["numba"]:
        return numba.main(sys.argv[2:])
    if sys.argv[1:2] == ["registry"]:
        return registry.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--only", default="", help="run only the programs whose name contains this")
    parser.add_argument("--large", action="store_true", help="also run ops on large arrays")
    parser.add_argument("--turns", type=int, default=41, help="how many ratios to take the median of")
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("the benchmarks compare with PyTorch: pip install torch==2.13.0", file=sys.stderr)
        return 2
    import plugrad

    results = []
    for name, program, limit in CASES + (LARGE if arguments.large else []):
        if arguments.only in name:
            result = compare(name, program(plugrad), program(torch), limit, arguments.turns)
            results.append(result)
            print(f"{result.ratio:6.2f}  {name}", file=sys.stderr, flush=True)
    for name, fast, slow, limit in OWN:
        if arguments.only in name:
            results.append(compare(name, fast(plugrad), slow(plugrad), limit, min(arguments.turns, 11)))
            print(f"{results[-1].ratio:6.2f}  {name}", file=sys.stderr, flush=True)
    imports = import_times()
    plain, checkpointed = memory.checkpointing(plugrad)
    print(report(results, imports))
    print(
        "Activations of a 64-layer MLP, all kept against one checkpoint for 8 layers: "
        f"{plain.kept / checkpointed.kept:.1f} times less after the forward pass, "
        f"{plain.peak / checkpointed.peak:.1f} times less at the peak of both passes."
    )
    if arguments.json:
        versions = {"python": platform.python_version(), "torch": torch.__version__, "plugrad": plugrad.__version__}
        figures = {
            "versions": versions,
            "import_ms": imports,
            "activation_bytes": {"kept": plain._asdict(), "checkpointed": checkpointed._asdict()},
            "results": [r._asdict() for r in results],
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
