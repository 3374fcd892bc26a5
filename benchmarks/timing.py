"""How two programs are compared on a shared, noisy machine.

Both run in one process, in turns of a few milliseconds, so that whatever slows the machine down slows both. Each
turn gives one ratio; the figure is their median. Single times mean nothing and are shown for orientation only.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Program = Callable[[], object]


class Result(NamedTuple):
    """A comparison: the median of the ratios, their quartiles, and the median times in microseconds."""

    name: str
    ratio: float
    low: float
    high: float
    ours: float
    theirs: float
    limit: float | None


def calibrate(program: Program, seconds: float) -> int:
    """How many calls take about this long."""
    program()
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            program()
        elapsed = time.perf_counter() - start
        if elapsed > seconds / 4:
            return max(1, round(calls * seconds / elapsed))
        calls *= 2


def timed(program: Program, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        program()
    return (time.perf_counter() - start) / calls


def compare(
    name: str, ours: Program, theirs: Program, limit: float | None = None, turns: int = 41, seconds: float = 0.02
) -> Result:
    """Time two programs in turns.

    Args:
        name: What they do.
        ours: The plugrad program.
        theirs: The same in PyTorch.
        limit: The ratio that is not to be exceeded, for the table.
        turns: How many ratios to take.
        seconds: How long one turn of one program takes.
    """
    calls, their_calls = calibrate(ours, seconds), calibrate(theirs, seconds)
    ratios, our_times, their_times = [], [], []
    for turn in range(turns):
        gc.collect()
        if turn % 2:
            b, a = timed(theirs, their_calls), timed(ours, calls)
        else:
            a, b = timed(ours, calls), timed(theirs, their_calls)
        ratios.append(a / b)
        our_times.append(a * 1e6)
        their_times.append(b * 1e6)
    quartiles = statistics.quantiles(ratios, n=4)
    return Result(
        name, statistics.median(ratios), quartiles[0], quartiles[2], statistics.median(our_times),
        statistics.median(their_times), limit,
    )  # fmt: skip
