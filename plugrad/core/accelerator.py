"""The contract for devices that work while the host goes on: a current device, queues of work, events, memory."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol


class RawStream(Protocol):
    """A queue of work on a device, of the library's own."""

    @property
    def done(self) -> bool:
        """Whether all its work is done."""

    def synchronize(self) -> None:
        """Wait until it is."""

    def record(self, event: Any = None) -> Any:
        """Put an event after the work that is in it."""

    def wait_event(self, event: Any) -> None:
        """Let what is put in it later wait for an event."""


class Accelerator:
    """What a backend's ``accelerator`` can do beyond computing. A device's number is always given, never None."""

    def current_device(self) -> int:
        """The device of this thread that work goes to where none is named."""
        raise NotImplementedError

    def set_device(self, index: int) -> None:
        """Make a device the current one of this thread."""
        raise NotImplementedError

    def device_name(self, index: int) -> str:
        """What its maker calls it."""
        raise NotImplementedError

    def new_stream(self, index: int, priority: int) -> RawStream:
        """A new queue on a device."""
        raise NotImplementedError

    def current_stream(self, index: int) -> RawStream:
        """The queue that this thread's work on a device goes to."""
        raise NotImplementedError

    def using(self, stream: Any) -> AbstractContextManager[Any]:
        """A context in which this thread's work goes to a queue."""
        raise NotImplementedError

    def new_event(self, timing: bool, blocking: bool) -> Any:
        """A point in a queue, not yet recorded. It has ``done`` and ``synchronize()``."""
        raise NotImplementedError

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds from one recorded event to another."""
        raise NotImplementedError

    def free_unused(self) -> None:
        """Give memory that is kept for later back to the device."""

    def reset_peak(self, index: int) -> None:
        """Begin to measure the most memory in use from now on: what ``memory_stats`` calls ``peak``."""
        raise NotImplementedError
