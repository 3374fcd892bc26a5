"""NVIDIA GPUs, under the names of PyTorch's ``torch.cuda``: which there are, their memory, their streams and events.

Work on a GPU is queued: a call returns before it is done. ``synchronize`` waits; so does whatever brings a value to the
host.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from plugrad.core import default_device as _default_device
from plugrad.core import registry as _registry
from plugrad.core.accelerator import Accelerator as _Accelerator
from plugrad.core.device import device as _Device  # noqa: N812 - the class below has its name
from plugrad.core.errors import BackendError as _BackendError
from plugrad.core.errors import OutOfMemoryError as OutOfMemoryError
from plugrad.core.errors import with_hint as _with_hint

_TYPE = "cuda"


def is_available() -> bool:
    """Return whether a GPU can be used here. Never raises; ``plugrad backends`` says why not.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.is_available() in (True, False)
        True
    """
    return device_count() > 0


def device_count() -> int:
    """Return how many GPUs can be used here.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.device_count() >= 0
        True
    """
    try:
        backend = _registry.backend_of(_TYPE)
        return 0 if _registry.why_unusable(backend) is not None else backend.device_count(_TYPE)
    except (_BackendError, RuntimeError):
        return 0


def _place(device: Any) -> Any:
    """The GPU that is named, by its number, its name or a device; None is the current one."""
    if isinstance(device, int):
        return _default_device.beneath(_Device(_TYPE, device))
    if device is None:
        return _default_device.beneath(_TYPE)
    found = _Device(device)
    if found.type != _TYPE:
        raise ValueError(
            _with_hint(f"Expected a cuda device, but got: {found}", "GPUs are 'cuda', 'cuda:1' and so on, or numbers.")
        )
    return _default_device.beneath(found)


def _accelerator(where: Any) -> _Accelerator:
    found: _Accelerator | None = where.backend.accelerator
    if found is None:
        raise _BackendError(f"backend '{where.backend.name}' has neither streams nor events")
    return found


def current_device() -> int:
    """Return the number of the current GPU: what ``"cuda"`` without a number means in this thread.

    Raises:
        BackendError: if no GPU can be used; the reason is in the text.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.current_device()
    """
    return _accelerator(_default_device.beneath(_Device(_TYPE, 0))).current_device()


def set_device(device: Any) -> None:
    """Make a GPU the current one of this thread.

    Args:
        device: Its number, or a device.

    Raises:
        ValueError: for a device of another type.
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.set_device(0)
    """
    where = _place(device)
    _accelerator(where).set_device(where.index)


class device:  # noqa: N801 - PyTorch's name
    """A context in which a GPU is the current one.

    Args:
        device: Its number, or a device.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.device(0)
    """

    def __init__(self, device: Any) -> None:
        self._where = _place(device)
        self._before: list[int] = []

    def __enter__(self) -> device:
        self._before.append(current_device())
        set_device(self._where)
        return self

    def __exit__(self, *_: object) -> None:
        set_device(self._before.pop())


def get_device_name(device: Any = None) -> str:
    """Return what a GPU's maker calls it.

    Args:
        device: The GPU; the current one by default.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.get_device_name()
    """
    where = _place(device)
    return _accelerator(where).device_name(where.index)


def synchronize(device: Any = None) -> None:
    """Wait until a GPU has finished all its work, and raise what went wrong in it.

    Args:
        device: The GPU; the current one by default.

    Raises:
        BackendError: if no GPU can be used.
        IndexError: if an index was out of bounds in what it did.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.synchronize()
    """
    where = _place(device)
    where.backend.synchronize(where.index)


# -- memory ------------------------------------------------------------------------------------------------------


def _stats(device: Any) -> dict[str, int]:
    where = _place(device)
    found: dict[str, int] = where.backend.memory_stats(where.index)
    return found


def memory_allocated(device: Any = None) -> int:
    """Return how many bytes the arrays on a GPU take; 0 without a GPU.

    Args:
        device: The GPU; the current one by default.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.memory_allocated() >= 0
        True
    """
    return _stats(device)["used"] if is_available() else 0


def max_memory_allocated(device: Any = None) -> int:
    """Return the most bytes that arrays took at once since ``reset_peak_memory_stats``; 0 without a GPU.

    Differs from PyTorch: it is measured from the first call of ``reset_peak_memory_stats`` on, for then each
    allocation costs more. Before, it is the size of the pool, which is at least as much.

    Args:
        device: The GPU; the current one by default.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.max_memory_allocated() >= 0
        True
    """
    return _stats(device)["peak"] if is_available() else 0


def memory_reserved(device: Any = None) -> int:
    """Return how many bytes are kept for arrays on a GPU, in use or not; 0 without a GPU.

    Args:
        device: The GPU; the current one by default.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.memory_reserved() >= 0
        True
    """
    return _stats(device)["reserved"] if is_available() else 0


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Return how many bytes of a GPU are free, and how many it has.

    Args:
        device: The GPU; the current one by default.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.mem_get_info()
    """
    found = _stats(device)
    return found["free"], found["total"]


def reset_peak_memory_stats(device: Any = None) -> None:
    """Measure ``max_memory_allocated`` from now on.

    Args:
        device: The GPU; the current one by default.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.reset_peak_memory_stats()
    """
    where = _place(device)
    _accelerator(where).reset_peak(where.index)


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """Return a table of a GPU's memory.

    Args:
        device: The GPU; the current one by default.
        abbreviated: Changes nothing.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.memory_summary()
    """
    where = _place(device)
    found = _stats(where)
    rows = [
        ("allocated", found["used"]),
        ("peak", found["peak"]),
        ("reserved", found["reserved"]),
        ("free on the GPU", found["free"]),
        ("the GPU has", found["total"]),
    ]
    lines = [f"{name:<16} {count / 2**20:>12,.1f} MiB" for name, count in rows]
    return "\n".join([f"memory of {where}, {get_device_name(where)}", *lines])


def empty_cache() -> None:
    """Give memory that no array uses back to the GPU, for other programs. Nothing happens without a GPU.

    Example::

        >>> import plugrad
        >>> plugrad.cuda.empty_cache()
    """
    if is_available():
        _accelerator(_place(None)).free_unused()


# -- streams -----------------------------------------------------------------------------------------------------


class Event:
    """A point in a stream, to wait for or to measure time with.

    Args:
        enable_timing: Whether time can be measured with it.
        blocking: Whether who waits for it lets others compute meanwhile.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.Event(enable_timing=True)
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False) -> None:
        self._accelerator = _accelerator(_place(None))
        self._raw = self._accelerator.new_event(enable_timing, blocking)

    def record(self, stream: Stream | None = None) -> None:
        """Put it after all that is in a stream.

        Args:
            stream: The stream; the current one by default.
        """
        (current_stream() if stream is None else stream).record_event(self)

    def wait(self, stream: Stream | None = None) -> None:
        """Let a stream's later work wait for it.

        Args:
            stream: The stream; the current one by default.
        """
        (current_stream() if stream is None else stream).wait_event(self)

    def query(self) -> bool:
        """Return whether all work before it is done."""
        return bool(self._raw.done)

    def synchronize(self) -> None:
        """Wait until all work before it is done."""
        self._raw.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Return the milliseconds from this event to another.

        Args:
            end_event: The later one. Both need ``enable_timing``.
        """
        return self._accelerator.elapsed(self._raw, end_event._raw)


class Stream:
    """A queue of work on a GPU. Work in different streams may run in any order.

    Memory that one stream frees is given to others without a wait: keep an array that two streams use until both are
    done with it.

    Args:
        device: The GPU; the current one by default.
        priority: Lower numbers come first.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.Stream()
    """

    def __init__(self, device: Any = None, priority: int = 0, _raw: Any = None) -> None:
        #: The GPU.
        self.device = _place(device)
        accelerator = _accelerator(self.device)
        self._raw = accelerator.new_stream(self.device.index, priority) if _raw is None else _raw

    def query(self) -> bool:
        """Return whether all its work is done."""
        return bool(self._raw.done)

    def synchronize(self) -> None:
        """Wait until all its work is done."""
        self._raw.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Put an event after all that is in it, and return the event.

        Args:
            event: The event; a new one by default.
        """
        event = Event() if event is None else event
        self._raw.record(event._raw)
        return event

    def wait_event(self, event: Event) -> None:
        """Let later work wait for an event.

        Args:
            event: The event, which was recorded.
        """
        self._raw.wait_event(event._raw)

    def wait_stream(self, stream: Stream) -> None:
        """Let later work wait for all that is in another stream.

        Args:
            stream: The other one.
        """
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other._raw == self._raw

    def __hash__(self) -> int:
        return hash((Stream, self.device))

    def __repr__(self) -> str:
        return f"<plugrad.cuda.Stream device={self.device}>"


class StreamContext:
    """What ``stream`` returns: a context in which work goes to a stream.

    Args:
        stream: The stream; None changes nothing.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.stream(plugrad.cuda.Stream())
    """

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream
        self._open: list[tuple[Any, Any]] = []

    def __enter__(self) -> None:
        if self.stream is not None:
            where = device(self.stream.device)
            where.__enter__()
            using = _accelerator(self.stream.device).using(self.stream._raw)
            using.__enter__()
            self._open.append((where, using))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stream is not None:
            where, using = self._open.pop()
            using.__exit__(kind, error, trace)
            where.__exit__()


def stream(stream: Stream | None) -> StreamContext:
    """Return a context in which this thread's work goes to a stream.

    Args:
        stream: The stream; None changes nothing.

    Example::

        >>> import plugrad
        >>> with plugrad.cuda.stream(None):
        ...     pass
    """
    return StreamContext(stream)


def current_stream(device: Any = None) -> Stream:
    """Return the stream that this thread's work goes to.

    Args:
        device: The GPU; the current one by default.

    Raises:
        BackendError: if no GPU can be used.

    Example::

        >>> import plugrad
        >>> _ = plugrad.cuda.is_available() and plugrad.cuda.current_stream()
    """
    where = _place(device)
    return Stream(where, _raw=_accelerator(where).current_stream(where.index))
