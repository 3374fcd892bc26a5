"""What was recorded in both calls of a checkpoint, and where: for those who look for the difference."""

from __future__ import annotations

import threading
from typing import Any

from plugrad.core import anomaly, node


class RecordingLog:
    """Notes the nodes that this thread records within a ``with`` block, and where."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []
        self.thread = 0

    def __enter__(self) -> None:
        self.entries.clear()
        self.thread = threading.get_ident()
        node.observe(self._note, True)

    def __exit__(self, *_: object) -> None:
        node.observe(self._note, False)

    def _note(self, made: Any) -> None:
        if threading.get_ident() == self.thread:
            stack = reversed(anomaly.frames())
            self.entries.append((made.name(), "".join(f"{f.filename}:{f.lineno}:{f.name}\n" for f in stack)))


_EXPLAINED = """\
An error happened while unpacking tensors; dumping logs of latest computation
because you passed `debug=True` to `plugrad.utils.checkpoint.checkpoint()`.

1. Stack traces of the operators that were recorded in the original forward

{first}
2. Stack traces of the operators that were recorded during recomputation

{again}
3. Operators recorded during the original forward:

{first_names}

Operators recorded during recomputation:

{again_names}

 ERROR: Detected non-determinism while running activation checkpointing

 You are seeing this error because you passed `debug=True` to checkpoint and
 tensors to be saved during the original forward and differ between those saved
 during recomputation. This can happen if different operators were ran in the
 original forward and in the recomputation.
"""


def explained(first: RecordingLog, again: RecordingLog) -> str:
    def traces(log: RecordingLog, label: str) -> str:
        count = len(log.entries)
        return "\n".join(f"{n}   ({i + 1} of {count} in {label})\n\n{t}\n" for i, (n, t) in enumerate(log.entries))

    return _EXPLAINED.format(
        first=traces(first, "original"),
        again=traces(again, "recompute"),
        first_names="\n".join(n for n, _ in first.entries),
        again_names="\n".join(n for n, _ in again.entries),
    )
