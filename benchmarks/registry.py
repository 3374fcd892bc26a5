"""``python -m benchmarks registry``: what it costs per op that the namespace comes from the registry.

The same ops on the same tensors, with the device's namespace as the registry built it and, in turns, with a plain
object that holds the same callables as attributes, as if put there by hand. The device is handed one or the other
between the turns, outside of what is timed. The figure is the ratio of the two; 1.00 is nothing.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import types
from collections.abc import Callable
from typing import Any

from benchmarks.timing import calibrate, timed

CALLS = 50


class Recording:
    """Hands out a namespace's callables and notes which were asked for."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace
        self.found: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = self.found[name] = getattr(self._namespace, name)
        return value


def programs(plugrad: Any, device: Any) -> dict[str, Callable[[], None]]:
    """What is timed: ops of 4x4 tensors, several calls each."""
    x = plugrad.ones(4, 4, device=device)
    y = plugrad.ones(4, 4, device=device)
    w = plugrad.ones(4, 4, device=device, requires_grad=True)

    def product() -> None:
        for _ in range(CALLS):
            x * y

    def exponential() -> None:
        for _ in range(CALLS):
            x.exp()

    def total() -> None:
        for _ in range(CALLS):
            x.sum()

    def backward() -> None:
        for _ in range(CALLS // 10):
            w.grad = None
            ((w * x).exp() @ y).sum().backward()

    return {"x * y": product, "x.exp()": exponential, "x.sum()": total, "forward and backward": backward}


def by_hand(device: Any, program: Callable[[], None]) -> Any:
    """An object with the callables that a program takes from the device's namespace."""
    namespace = device.xp
    recording = Recording(namespace)
    device.xp = recording
    try:
        program()
    finally:
        device.xp = namespace
    return types.SimpleNamespace(**recording.found)


def ratio(device: Any, program: Callable[[], None], a: Any, b: Any, turns: int) -> tuple[float, float, float, float]:
    """Median and quartiles of the time with namespace ``a`` to that with ``b``, and the median time with ``a``."""
    own = device.xp
    device.xp = a
    calls = calibrate(program, 0.01)
    ratios, times = [], []
    try:
        for turn in range(turns):
            gc.collect()
            both = {}
            for which in ((0, 1), (1, 0))[turn % 2]:
                device.xp = (a, b)[which]
                both[which] = timed(program, calls)
            ratios.append(both[0] / both[1])
            times.append(both[0])
    finally:
        device.xp = own
    low, _, high = statistics.quantiles(ratios, n=4)
    return statistics.median(ratios), low, high, statistics.median(times)


def main(argv: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks registry", description=__doc__)
    parser.add_argument("--device", default="cpu", help="a device of the backend")
    parser.add_argument("--turns", type=int, default=201, help="how many ratios to take the median of")
    arguments = parser.parse_args(argv)
    import plugrad

    device = plugrad.ones(1, device=arguments.device).device
    print("| program | registry's namespace to one by hand | quartiles | us |")
    print("|---|---|---|---|")
    for name, program in programs(plugrad, device).items():
        median, low, high, time = ratio(device, program, device.xp, by_hand(device, program), arguments.turns)
        per_call = time / (CALLS // 10 if "backward" in name else CALLS) * 1e6
        print(f"| {name} | **{median:.3f}** | {low:.3f} - {high:.3f} | {per_call:.2f} |")
    plain = device.xp
    plugrad.set_debug_enabled(True)
    checked = device.xp
    plugrad.set_debug_enabled(False)
    program = programs(plugrad, device)["x * y"]
    median, _, _, _ = ratio(device, program, checked, plain, 11)
    print(f"\nUnder the debug switch, x * y takes {median:.0f} times as long.")
    return 0
