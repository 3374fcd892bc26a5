"""Large arrays in parts and by several threads: every row once, settings kept, failures told, forks survived."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

from plugrad.backends.numpy import parallel


@pytest.mark.parametrize("cores", [1, 2, 5])
@pytest.mark.parametrize(("rows", "row_bytes"), [(0, 8), (1, 1 << 24), (7, 1 << 20), (5000, 4000), (100, 10), (3, 0)])
def test_every_row_is_computed_once(monkeypatch: pytest.MonkeyPatch, cores: int, rows: int, row_bytes: int) -> None:
    monkeypatch.setattr(parallel, "_cores", cores)
    counts = np.zeros(rows, int)

    def work(start: int, stop: int) -> None:
        assert start < stop <= rows
        counts[start:stop] += 1

    parallel.in_parts(work, rows, row_bytes)
    assert (counts == 1).all()


def test_several_threads_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", 2)
    seen: set[int] = set()
    both = threading.Barrier(2)

    def work(start: int, stop: int) -> None:
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            both.wait(timeout=30)

    parallel.in_parts(work, 64, parallel.PART)
    assert len(seen) == 2


def test_failure_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", 2)
    main = threading.get_ident()
    other = threading.Event()

    def work(start: int, stop: int) -> None:
        if threading.get_ident() == main:
            assert other.wait(timeout=30)
        else:
            other.set()
            raise ZeroDivisionError("in a part")

    with pytest.raises(ZeroDivisionError, match="in a part"):
        parallel.in_parts(work, 8, parallel.PART)


def test_nothing_warns_and_settings_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", 2)
    x = np.zeros((8, parallel.PART // 8))

    def work(start: int, stop: int) -> None:
        np.log(x[start:stop])

    before = np.geterr(), np.getbufsize()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel.in_parts(work, len(x), x[0].nbytes)
    assert (np.geterr(), np.getbufsize()) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forked_child_has_threads_of_its_own() -> None:
    program = """
import os, sys
import numpy as np
from plugrad.backends.numpy import parallel
parallel._cores = 2
total = np.zeros(64)
def work(start, stop):
    total[start:stop] += 1
parallel.in_parts(work, 64, parallel.PART)
child = os.fork()
if child == 0:
    parallel.in_parts(work, 64, parallel.PART)
    os._exit(0 if (total == 2).all() else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], timeout=120, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
