"""Anomaly mode: nodes note where they were made, and the backward walk looks for nan and says which op it was."""

from __future__ import annotations

import traceback
import warnings
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from plugrad.core import node as nodes
from plugrad.core.node import Node
from plugrad.core.value import Value

_CORE: Final = str(Path(__file__).parent)

_ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging."
)
_NO_TRACEBACK = "No forward pass information available. Enable detect anomaly during forward pass for more information."

# Of all threads, as in PyTorch.
_enabled = False
_check_nan = True

#: The node whose gradients are being computed: what is recorded meanwhile comes of it.
_running: ContextVar[Node | None] = ContextVar("plugrad_running_node", default=None)


def is_anomaly_enabled() -> bool:
    """Return whether anomaly mode is on.

    Example::

        >>> import plugrad
        >>> plugrad.is_anomaly_enabled()
        False
    """
    return _enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly mode, where it is on, looks for nan.

    Example::

        >>> import plugrad
        >>> plugrad.is_anomaly_check_nan_enabled()
        True
    """
    return _check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Set anomaly mode, for all threads. See ``autograd.detect_anomaly``.

    Args:
        mode: Whether it is on.
        check_nan: Whether a nan in a gradient raises.

    Example::

        >>> import plugrad
        >>> plugrad.set_anomaly_enabled(False)
    """
    global _enabled, _check_nan
    if bool(mode) != _enabled:
        nodes.observe(_note, bool(mode))
    _enabled, _check_nan = bool(mode), bool(check_nan)


class detect_anomaly:  # noqa: N801 - PyTorch's name
    """Find where a gradient goes wrong: a context manager for debugging, slow.

    Under it, ops note where they were called, and a backward walk that fails shows, as a warning, the traceback of the
    call that recorded the op at which it failed.

    Args:
        check_nan: Also raise where a gradient has a nan.

    Example::

        >>> import plugrad, warnings
        >>> warnings.simplefilter("ignore")
        >>> with plugrad.autograd.detect_anomaly():
        ...     x = plugrad.tensor([0.0], requires_grad=True)
        ...     ((x * 0) / x).sum().backward()
        Traceback (most recent call last):
            ...
        RuntimeError: Function 'DivBackward0' returned nan values in its 1th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.prev = _enabled
        self.check_nan = check_nan
        self.prev_check_nan = _check_nan
        warnings.warn(_ENABLED, stacklevel=2)

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *_: object) -> None:
        set_anomaly_enabled(self.prev, self.prev_check_nan)


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Set anomaly mode: at once when called, and as a context manager. See ``detect_anomaly``.

    Args:
        mode: Whether it is on.
        check_nan: Whether a nan in a gradient raises.

    Example::

        >>> import plugrad
        >>> with plugrad.autograd.set_detect_anomaly(True):
        ...     plugrad.is_anomaly_enabled()
        True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = _enabled
        self.prev_check_nan = _check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        set_anomaly_enabled(self.prev, self.prev_check_nan)


def frames() -> traceback.StackSummary:
    """Where the user's code is."""
    stack = traceback.extract_stack()
    while stack and stack[-1].filename.startswith(_CORE):
        del stack[-1]
    return stack


def _note(node: Node) -> None:
    """Let a new node know where it was made, and of which node's gradient it is a part."""
    node.metadata["traceback_"] = frames().format()
    parent = _running.get()
    if parent is not None:
        node.metadata["parent_"] = parent


def enter(node: Node) -> None:
    """The walk is about to compute gradients of a node."""
    _running.set(node)


def check(node: Node, grads: Any, create_graph: bool) -> None:
    """The walk has computed them: refuse nan."""
    _running.set(None)
    if not _check_nan:
        return
    places = range(len(node.edges)) if node.places is None else node.places
    for number, i in enumerate(places):
        edge, grad = node.edges[i], grads[i]
        if edge is None or grad is None:
            continue
        raw = grad.raw if create_graph else grad
        device = edge[0].device
        if _holds(device.xp.any(device.xp.isnan(raw)), device):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {number}th output.")


def _holds(flag: Any, device: Any) -> bool:
    """Whether an answer is yes; of batched arrays, anywhere along their hidden axes. Here users want to wait for it."""
    while True:
        if isinstance(flag, Value):
            flag, device = flag.raw, flag.device
        elif getattr(flag, "level", None) is not None:
            flag = flag.data.any()
        elif device.depth:
            return bool(flag)
        else:
            return bool(device.backend.to_host(flag))


def explain(node: Node, error: Exception) -> None:
    """The walk failed at a node: show where it comes from."""
    _running.set(None)
    if not _enabled:
        return
    shown: Node | None = node
    text = f"Error detected in {node.name()}. "
    caused = "Traceback of forward call that caused the error:\n"
    while shown is not None:
        stack = shown.metadata.get("traceback_")
        text += _NO_TRACEBACK if stack is None else caused + "".join(stack)
        try:
            warnings.warn(text, stacklevel=2)
        except UserWarning:
            # Where warnings are errors, the error that is under way comes first.
            error.add_note(text)
        shown = shown.metadata.get("parent_")
        text = "" if shown is None else f"\n\nPrevious calculation was induced by {shown.name()}. "
        caused = "Traceback of forward call that induced the previous calculation:\n"


def modified(shape: Any, dtype: Any, version: int, expected: int, origin: str = "") -> RuntimeError:
    """PyTorch's error for a saved tensor that was changed in place; ``origin`` says what had made it."""
    kind = "Tensor" if dtype is None else f"{dtype.legacy_name}Tensor"
    size = "" if shape is None else f" [{', '.join(map(str, shape))}]"
    hint = (
        "the backtrace further above shows the operation that failed to compute its gradient. The variable in question "
        "was changed in there or anywhere later. Good luck!"
        if _enabled
        else "enable anomaly detection to find the operation that failed to compute its gradient, with "
        "plugrad.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[plugrad.{kind}{size}]{origin} is at version {version}; expected version {expected} instead. Hint: {hint}"
    )
