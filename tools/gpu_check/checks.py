"""What must hold on a GPU."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plugrad
from plugrad import nn
from plugrad.backends.cupy import diagnose
from plugrad.backends.cupy.launch import library
from plugrad.cli import _example
from plugrad.testing import gradgradcheck
from tools.gpu_check.models import mlp
from tools.gpu_check.report import Result

DEVICE = "cuda"


def diagnosis(dry: bool) -> Result:
    """Everything that CuPy needs is there."""
    found = diagnose.diagnose()
    rows = [{"what": f.what, "found": f.wrong or f.detail} for f in found]
    wrong = [f for f in found if f.wrong is not None]
    # The stand-in computes with NumPy: what it lacks is no finding.
    status = "FAIL" if wrong and not dry else "pass"
    return Result("diagnosis", status, "; ".join(f"{f.what}: {f.wrong}" for f in wrong) or "all there", rows)


def conformance(dry: bool) -> Result:
    """The conformance kit."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--plugrad-backend=cupy", "--tb=line"]
    root = Path(__file__).parents[2]
    kit = str(root / "plugrad" / "testing" / "conformance")
    environment = dict(os.environ)
    if dry:
        command += [f"{kit}/test_all_ops.py", "--level=quick", "--ops=multiply,mm,softmax", "-k", "forward"]
        environment["PLUGRAD_TESTS_CUPY"] = "definitions"
    else:
        command += [kit, "--level=full"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=root)
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
    rows = [{"failed": line} for line in lines if line.startswith("FAILED")]
    return Result("conformance", "pass" if not done.returncode else "FAIL", lines[-1] if lines else "no output", rows)


def second_derivatives(dry: bool) -> Result:
    """gradgradcheck of what has kernels of its own, in float64."""
    functional = nn.functional

    def draw(*shape: int) -> Any:
        return plugrad.randn(*shape, dtype=plugrad.float64, device=DEVICE).requires_grad_()

    target = plugrad.tensor([0, 2, 1], device=DEVICE)
    functions: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "softmax": (lambda x: functional.softmax(x, dim=-1), (draw(3, 5),)),
        "log_softmax": (lambda x: functional.log_softmax(x, dim=-1), (draw(3, 5),)),
        "cross_entropy": (lambda x: functional.cross_entropy(x, target), (draw(3, 4),)),
        "layer_norm": (lambda x, w, b: functional.layer_norm(x, (4,), w, b), (draw(3, 4), draw(4), draw(4))),
        "gelu": (functional.gelu, (draw(6),)),
        "silu": (functional.silu, (draw(6),)),
        "bmm": (plugrad.matmul, (draw(2, 2, 3), draw(2, 3, 2))),
        "conv2d": (functional.conv2d, (draw(1, 2, 4, 4), draw(2, 2, 3, 3))),
        "avg_pool2d": (lambda x: functional.avg_pool2d(x, 2), (draw(1, 1, 4, 4),)),
        "embedding": (lambda w: functional.embedding(target, w) ** 2, (draw(3, 4),)),
        "attention": (functional.scaled_dot_product_attention, (draw(1, 2, 3, 2), draw(1, 2, 3, 2), draw(1, 2, 3, 2))),
    }
    chosen = list(functions)[:2] if dry else list(functions)
    rows = []
    for name in chosen:
        function, inputs = functions[name]
        try:
            gradgradcheck(function, inputs, fast_mode=dry)
            rows.append({"function": name, "result": "pass"})
        except Exception as error:
            rows.append({"function": name, "result": f"FAIL: {str(error).splitlines()[0]}"})
    wrong = [row["function"] for row in rows if row["result"] != "pass"]
    return Result("second derivatives", "FAIL" if wrong else "pass", ", ".join(wrong) or f"{len(rows)} functions", rows)


def demo(dry: bool) -> Result:
    """``plugrad demo --device cuda`` reaches its goal."""
    try:
        digits = _example("digits")
    except ModuleNotFoundError as error:
        return Result("demo", "skipped", f"{error.name} is not installed")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        accuracy = digits.main(DEVICE, 1 if dry else 30, 0, Path(folder))
    # One epoch does not get there.
    good = dry or accuracy >= digits.GOAL
    return Result("demo", "pass" if good else "FAIL", f"accuracy {accuracy:.3f} on unseen digits")


@contextlib.contextmanager
def _no_waiting(dry: bool) -> Iterator[None]:
    """An error for whatever waits for the GPU."""
    if dry:
        counts = library().counts
        counts.reset()
        yield
        if counts.waits or counts.to_host:
            raise RuntimeError(f"{counts.waits} waits: {', '.join(counts.log)}")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with importlib.import_module("cupyx").allow_synchronize(False):
            yield


def synchronization(dry: bool) -> Result:
    """A training step waits for nothing."""
    step = mlp(plugrad, DEVICE, small=dry)
    for _ in range(3):
        step()
    plugrad.cuda.synchronize()
    try:
        with _no_waiting(dry):
            for _ in range(3):
                step()
    except Exception as error:
        return Result("synchronization", "FAIL", f"{type(error).__name__}: {error}")
    return Result("synchronization", "pass", "three steps of an MLP wait for nothing")


def memory(dry: bool) -> Result:
    """Graphs free their memory by reference counting, and out of memory is plugrad's error."""
    step = mlp(plugrad, DEVICE, small=dry)
    step()
    before = plugrad.cuda.memory_allocated()
    plugrad.cuda.reset_peak_memory_stats()
    for _ in range(5):
        step()
    after, peak = plugrad.cuda.memory_allocated(), plugrad.cuda.max_memory_allocated()
    rows = [{"before": before, "after 5 steps": after, "peak": peak}]
    if after > before:
        return Result("memory", "FAIL", f"{after - before} bytes more after five steps", rows)
    _, total = plugrad.cuda.mem_get_info()
    try:
        plugrad.empty(total // 2, device=DEVICE)
        return Result("memory", "FAIL", "twice the GPU's memory could be allocated", rows)
    except plugrad.OutOfMemoryError as error:
        return Result("memory", "pass", str(error).splitlines()[0], rows)


def indices(dry: bool) -> Result:
    """An index out of bounds raises when the host next waits."""
    x = plugrad.arange(3.0, device=DEVICE)
    x.index_select(0, plugrad.tensor([0, 3], device=DEVICE))
    try:
        plugrad.cuda.synchronize()
    except IndexError as error:
        return Result("indices", "pass", str(error).splitlines()[0])
    return Result("indices", "FAIL", "an index out of bounds wrapped around silently")


def soak(dry: bool) -> Result:
    """10,000 steps with finite losses and flat memory."""
    steps = 20 if dry else 10_000
    step = mlp(plugrad, DEVICE, small=True)
    used, rows = [], []
    for i in range(steps):
        loss = step()
        if i % (steps // 10) == steps // 10 - 1:
            value = loss.item()
            used.append(plugrad.cuda.memory_allocated())
            rows.append({"step": i + 1, "loss": value, "bytes": used[-1]})
            if value != value:
                return Result("soak", "FAIL", f"the loss of step {i + 1} is nan", rows)
    flat = max(used[1:]) <= used[1]
    return Result("soak", "pass" if flat else "FAIL", f"{steps} steps, {used[1]} to {used[-1]} bytes", rows)


CHECKS: dict[str, Callable[[bool], Result]] = {
    "diagnosis": diagnosis,
    "conformance": conformance,
    "second derivatives": second_derivatives,
    "demo": demo,
    "synchronization": synchronization,
    "memory": memory,
    "indices": indices,
    "soak": soak,
}
