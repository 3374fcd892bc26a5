"""Errors of kernels, named: which op it was, on which backend, and whose code failed.

A note is added to the exception where it passes; its type and text stay. Nothing is done where nothing fails.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, Final

from plugrad.core.namespace import OWN, Namespace

_BEGINNING: Final = "in op '"


def note(error: BaseException, name: str, device: Any, gradient: bool = False) -> None:
    """Let an exception that comes from an op's kernel say so.

    Nothing is said of kernels of plugrad's own, unless the debug switch is on: what they raise is meant for users.

    Args:
        error: The exception.
        name: The op.
        device: Where it was computed; of function transforms, which compute with ops below, nothing is said.
        gradient: Whether its rule was running, not the op itself.
    """
    xp = getattr(device, "xp", None)
    if not isinstance(xp, Namespace) or not (xp.debug or xp.foreign):
        return
    if any([text.startswith(_BEGINNING) for text in getattr(error, "__notes__", ())]):
        return
    failed = _innermost_kernel(error, xp)
    if failed is None and not gradient:
        failed = name
    whose = xp.distribution(failed)
    if whose == OWN and not xp.debug:
        return
    text = f"{_BEGINNING}{name}'{', in its gradient,' if gradient else ''} on backend '{device.backend.name}'"
    text += f" of {xp.distribution(None)}"
    origin = None if failed is None else xp.origin(failed)
    if origin is not None:
        what = {"kernel": "the kernel", "library": "the library's function"}.get(origin, "plugrad's definition")
        text += f": {what} '{failed}'{f' of {whose}' if origin == 'kernel' else ''} raised this"
    error.add_note(text)


def _innermost_kernel(error: BaseException, xp: Namespace) -> str | None:
    """The op whose kernel is the last in the traceback, if any is: kernels without a frame can't be seen there."""
    codes = {}
    for name, kernel in xp.kernels().items():
        function: Any = kernel
        while isinstance(function, partial):
            function = function.func
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is not None:
            codes[code] = name
    found = None
    place = error.__traceback__
    while place is not None:
        found = codes.get(place.tb_frame.f_code, found)
        place = place.tb_next
    return found
