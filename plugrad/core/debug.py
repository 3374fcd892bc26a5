"""The debug switch: one for all backends. Namespaces that are built, or in use, while it is on check every call."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from plugrad.core.checked import Checked
from plugrad.core.device import device, known

#: Gives the host's device. registry.py, which lies above, hands it down.
_host: Any = None

# Of all threads, as anomaly mode is.
_enabled = os.environ.get("PLUGRAD_DEBUG", "") not in ("", "0")


def bind(host: Callable[[], device]) -> None:
    """Let checks compare with this device."""
    global _host
    _host = host


def is_debug_enabled() -> bool:
    """Return whether the debug switch is on.

    Example::

        >>> import plugrad
        >>> plugrad.is_debug_enabled()
        False
    """
    return _enabled


def set_debug_enabled(mode: bool) -> None:
    """Set the debug switch, for all threads: every kernel's result is checked, and errors name their op. Slow.

    After each kernel, plugrad waits for the device, so that what fails there later is raised by the op that caused
    it, and compares the result's type, shape and dtype with those of the op's definition, computed by NumPy from the
    same values. A switch that is off costs nothing. The environment variable ``PLUGRAD_DEBUG=1`` turns it on from
    the start.

    Args:
        mode: Whether it is on.

    Example::

        >>> import plugrad
        >>> plugrad.set_debug_enabled(True)
        >>> (plugrad.ones(2) * 2).tolist()
        [2.0, 2.0]
        >>> plugrad.set_debug_enabled(False)
    """
    global _enabled
    _enabled = bool(mode)
    for where in known():
        if where.xp is not None:
            where.xp = namespace(where.xp, where)


def namespace(xp: Any, where: device) -> Any:
    """A device's namespace as the switch wants it: checked, or plain."""
    if xp.debug == _enabled:
        return xp
    return Checked(xp, where, _host) if _enabled else xp.plain
