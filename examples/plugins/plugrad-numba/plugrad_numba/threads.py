"""Rows of an array shared among the cores. Numba's functions run without the interpreter's lock.

Python's own threads, not Numba's: these may be used from several threads at once, nested, and after a fork.
"""

import os
from concurrent.futures import ThreadPoolExecutor


def _count_cores():
    """How many cores this process may use, or what NUMBA_NUM_THREADS or OMP_NUM_THREADS say where that is less."""
    try:
        found = len(os.sched_getaffinity(0))
    except AttributeError:
        found = os.cpu_count() or 1
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        limit = os.environ.get(name, "")
        if limit.isdecimal():
            found = min(found, max(1, int(limit)))
    return found


cores = _count_cores()
#: Parts for each core: who is done early takes another.
PARTS = 4
#: Bytes below which waking another thread takes longer than the work.
SHARED = 1 << 22

_pool = None


def _forget_pool():
    """In a forked child: its threads were not copied."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def share(work, rows, size):
    """Call ``work(start, stop)`` for parts that make up a range of rows.

    Args:
        work: Computes some rows; it may be called by several threads at once.
        rows: How many there are.
        size: How many bytes are read or written in all; twice as many where there is much to compute.
    """
    global _pool
    if cores == 1 or rows < 2 or size < SHARED:
        work(0, rows)
        return
    if _pool is None:
        _pool = ThreadPoolExecutor(cores - 1, "plugrad-numba")
    step = -(-rows // min(rows, PARTS * cores))
    # One iterator for all: who is done with a part takes the next.
    starts = iter(range(0, rows, step))

    def parts():
        for start in starts:
            work(start, min(start + step, rows))

    others = [_pool.submit(parts) for _ in range(min(cores, -(-rows // step)) - 1)]
    parts()
    for other in others:
        # One that has not begun has nothing left to do.
        if not other.cancel():
            other.result()
