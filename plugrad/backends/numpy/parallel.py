"""Large arrays in parts, by all cores. NumPy uses one, but computes without the interpreter's lock.

A part is small enough to stay in a core's cache through all passes of a fused kernel.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import quiet

#: Bytes of one part.
PART: Final = 1 << 19
#: Bytes from which on a row is long.
LONG: Final = 1 << 11
#: Arrays of fewer bytes are not shared among cores: waking a thread takes as long as a pass over them.
SHARED: Final = 1 << 20


def _quiet_with_small_buffers() -> Any:
    """NumPy's settings for no warnings and small buffers.

    Where long rows are combined with one number each, NumPy copies the number into a buffer of 8192, row after
    row, which takes as long as the arithmetic; with a small buffer it does not. On short rows it is the reverse.
    """
    np.setbufsize(16)
    with np.errstate(all="ignore"):
        return _extobj_contextvar.get()


_begin, _end = quiet.begin, quiet.end

# The variable is private to NumPy: where it is missing, kernels are just quiet.
try:
    from numpy._core.umath import _extobj_contextvar

    _begin = partial(_extobj_contextvar.set, contextvars.copy_context().run(_quiet_with_small_buffers))
    _end = _extobj_contextvar.reset
except (ImportError, LookupError):
    pass

_lock = threading.Lock()
_tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
_workers = 0


def _count_cores() -> int:
    """How many cores this process may use, or OMP_NUM_THREADS where that is less."""
    try:
        found = len(os.sched_getaffinity(0))
    except AttributeError:
        found = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(found, int(limit) if limit.isdecimal() else found))


_cores = _count_cores()


def _serve() -> None:
    tasks = _tasks
    while True:
        tasks.get()()


def _start_workers() -> None:
    global _workers
    with _lock:
        while _workers < _cores - 1:
            threading.Thread(target=_serve, name=f"plugrad-{_workers}", daemon=True).start()
            _workers += 1


def _forget_workers() -> None:
    """In a forked child: its threads were not copied."""
    global _workers, _tasks, _lock
    _lock = threading.Lock()
    _tasks = SimpleQueue()
    _workers = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)


def in_parts(work: Callable[[int, int], None], rows: int, row_bytes: int) -> None:
    """Call ``work(start, stop)`` for parts that make up a range of rows, on several cores.

    Args:
        work: Computes rows ``start`` to ``stop`` of a result. It may be called by several threads at once.
        rows: How many rows there are.
        row_bytes: How many bytes of the result a row has.
    """
    begin, end = (_begin, _end) if row_bytes >= LONG else (quiet.begin, quiet.end)
    token = begin()
    try:
        step = max(1, PART // max(1, row_bytes))
        if rows * row_bytes < SHARED or _cores == 1 or rows <= step:
            for start in range(0, rows, step):
                work(start, min(start + step, rows))
        else:
            _share(work, rows, step)
    finally:
        end(token)


def _share(work: Callable[[int, int], None], rows: int, step: int) -> None:
    if _workers < _cores - 1:
        _start_workers()
    # One iterator for all: who is done with a part takes the next.
    starts = iter(range(0, rows, step))
    failures: list[BaseException] = []

    def parts() -> None:
        try:
            for start in starts:
                work(start, min(start + step, rows))
        except BaseException as error:
            failures.append(error)

    def task() -> tuple[Callable[[], None], Any]:
        # The context carries NumPy's settings to the thread.
        context = contextvars.copy_context()
        done = threading.Lock()
        done.acquire()

        def run() -> None:
            context.run(parts)
            done.release()

        return run, done

    waiting = []
    for _ in range(min(_cores - 1, rows // step)):
        run, done = task()
        waiting.append(done)
        _tasks.put(run)
    parts()
    for done in waiting:
        done.acquire()
    if failures:
        raise failures[0]
