"""What is measured on a GPU, beside PyTorch where it is there, and as shares of what the GPU can do.

Steps are timed by the host's clock between two waits, interleaved, as medians. The cost of a call on the host is the
time until it returns, over many calls that nobody waits for.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import plugrad
from plugrad.backends.cupy.launch import library
from tools.gpu_check.models import MODELS
from tools.gpu_check.report import Result

DEVICE = "cuda"


def _wait(torch: Any, torch_device: str) -> None:
    plugrad.cuda.synchronize()
    if torch is not None and torch_device == "cuda":
        torch.cuda.synchronize()


def _seconds(
    calls: dict[str, Callable[[], Any]], repeats: int, turns: int, wait: Callable[[], None]
) -> dict[str, float]:
    """The median time of one call of each, in turns."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(3):
            call()
    wait()
    for _ in range(turns):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            wait()
            found[name].append((time.perf_counter() - start) / repeats)
    return {name: statistics.median(times) for name, times in found.items()}


def host_cost(dry: bool, torch: Any, torch_device: str) -> Result:
    """Microseconds until a call of a small op returns."""
    cupy = library()
    n, repeats, turns = (4, 2, 2) if dry else (256, 500, 7)
    ours = plugrad.randn(n, n, device=DEVICE)
    leaf = plugrad.randn(n, n, device=DEVICE, requires_grad=True)
    raw = ours.raw
    theirs = None if torch is None else torch.randn(n, n, device=torch_device)
    rows = []
    functions: dict[str, tuple[Callable[[Any, Any], Any], Callable[[], Any]]] = {
        "add": (lambda lib, x: x + x, lambda: cupy.add(raw, raw)),
        "matmul": (lambda lib, x: x @ x, lambda: cupy.matmul(raw, raw)),
        "softmax (one kernel)": (lambda lib, x: lib.nn.functional.softmax(x, dim=-1), lambda: None),
    }
    for name, (function, plain) in functions.items():
        calls: dict[str, Callable[[], Any]] = {
            "plugrad": lambda f=function: f(plugrad, ours),
            "plugrad, recorded": lambda f=function: f(plugrad, leaf),
        }
        if "kernel" not in name:
            calls["CuPy"] = plain
        if theirs is not None:
            calls["PyTorch"] = lambda f=function: f(torch, theirs)
        times = _seconds(calls, repeats, turns, lambda: None)
        _wait(torch, torch_device)
        rows.append({"op": name, **{f"{who} (us)": 1e6 * t for who, t in times.items()}})
    return Result("host cost per op", "pass", f"{n}x{n}, until the call returns", rows)


def steps(dry: bool, torch: Any, torch_device: str) -> Result:
    """Milliseconds of training steps."""
    repeats, turns = (1, 1) if dry else (20, 7)
    rows = []
    for name, model in MODELS.items():
        calls = {"plugrad": model(plugrad, DEVICE, small=dry)}
        if torch is not None:
            calls["PyTorch"] = model(torch, torch_device, small=dry)
        times = _seconds(calls, repeats, turns, lambda: _wait(torch, torch_device))
        row: dict[str, Any] = {"model": name, **{f"{who} (ms)": 1e3 * t for who, t in times.items()}}
        if "PyTorch" in times:
            row["ratio"] = times["plugrad"] / times["PyTorch"]
        rows.append(row)
    return Result("training steps", "pass", "forward, backward and Adam", rows)


def bandwidth(dry: bool, torch: Any, torch_device: str) -> Result:
    """Large kernels as a share of the measured bandwidth of a copy."""
    cupy = library()
    rows_, columns = (8, 40) if dry else (4096, 32000)
    parameters = 100 if dry else 100_000_000
    repeats, turns = (1, 1) if dry else (10, 5)
    functional = plugrad.nn.functional
    source = cupy.zeros((rows_, columns), np.float32)
    target = cupy.empty((rows_, columns), np.float32)

    def copy() -> None:
        target[...] = source

    wait = partial(_wait, torch, torch_device)
    speed = 2 * source.nbytes / _seconds({"copy": copy}, repeats, turns, wait)["copy"]
    x = plugrad.randn(rows_, columns, device=DEVICE)
    labels = plugrad.arange(rows_, device=DEVICE) % columns
    weight = plugrad.ones(columns, device=DEVICE)
    size = 4 * rows_ * columns
    p, g = (plugrad.zeros(parameters, device=DEVICE) for _ in range(2))
    p.requires_grad_()
    p.grad = g
    adam = plugrad.optim.Adam([p])

    def backward(loss: Callable[[Any], Any]) -> Callable[[], Any]:
        leaf = x.detach().clone().requires_grad_()
        seed = plugrad.ones_like(loss(leaf).detach())

        def call() -> Any:
            leaf.grad = None
            loss(leaf).backward(seed)

        return call

    # Each number read or written once is the least that has to move: of float32, 4 bytes.
    calls: dict[str, tuple[Callable[[], Any], int]] = {
        "softmax": (lambda: functional.softmax(x, dim=-1), 2 * size),
        "softmax, both passes": (backward(lambda t: functional.softmax(t, dim=-1)), 5 * size),
        "layer norm": (lambda: functional.layer_norm(x, (columns,), weight, weight), 2 * size),
        "layer norm, both passes": (backward(lambda t: functional.layer_norm(t, (columns,), weight, weight)), 5 * size),
        "cross entropy": (lambda: functional.cross_entropy(x, labels), size),
        "cross entropy, both passes": (backward(lambda t: functional.cross_entropy(t, labels)), 3 * size),
        "Adam": (adam.step, 7 * 4 * parameters),
    }
    table = []
    for name, (call, moved) in calls.items():
        seconds = _seconds({name: call}, repeats, turns, wait)[name]
        table.append(
            {"kernel": name, "ms": 1e3 * seconds, "GB/s": moved / seconds / 1e9, "share": moved / seconds / speed}
        )
    return Result("bandwidth", "pass", f"a copy moves {speed / 1e9:.0f} GB/s; {rows_}x{columns}; goal 0.7", table)


def products(dry: bool, torch: Any, torch_device: str) -> Result:
    """Batched products as a share of the measured rate of one large product."""
    n, batch, m = (8, 2, 4) if dry else (4096, 64, 512)
    repeats, turns = (1, 1) if dry else (10, 5)
    wait = partial(_wait, torch, torch_device)
    table = []
    for name in ("float32", "float16"):
        dtype = getattr(plugrad, name)
        a, b = [plugrad.randn(n, n, device=DEVICE).to(dtype) for _ in range(2)]
        stack = [plugrad.randn(batch, m, m, device=DEVICE).to(dtype) for _ in range(2)]
        rate = 2 * n**3 / _seconds({"": lambda a=a, b=b: a @ b}, repeats, turns, wait)[""]
        calls: dict[str, Callable[[], Any]] = {
            "plain": lambda s=stack: s[0] @ s[1],
            "second transposed": lambda s=stack: s[0] @ s[1].mT,
            "first broadcast": lambda s=stack: s[0][:1] @ s[1],
        }
        for kind, call in calls.items():
            found = 2 * batch * m**3 / _seconds({"": call}, repeats, turns, wait)[""]
            table.append({"dtype": name, "operands": kind, "TFLOP/s": found / 1e12, "share": found / rate})
    return Result("batched products", "pass", f"{batch} of {m}x{m} against one of {n}x{n}", table)


MEASURES: dict[str, Callable[[bool, Any, str], Result]] = {
    "host cost": host_cost,
    "steps": steps,
    "bandwidth": bandwidth,
    "products": products,
}
