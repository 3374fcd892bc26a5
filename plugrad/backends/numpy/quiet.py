"""No floating-point warnings: infinities and nans are values, as in PyTorch, and NumPy's user keeps her own settings.

``np.errstate`` takes 0.9 us, more than most small kernels. What it sets is a context variable, which takes 0.1 us
to set and reset; it is private to NumPy, so where it is missing np.errstate does the work.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

# Kernels that overflow or meet infinities only rarely are not wrapped; what they say is dropped here.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"plugrad(\.|$)")


def _errstate_begin() -> Any:
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def _errstate_end(token: Any) -> None:
    token.__exit__(None, None, None)


begin: Callable[[], Any] = _errstate_begin
end: Callable[[Any], None] = _errstate_end

try:
    from numpy._core.umath import _extobj_contextvar

    with np.errstate(all="ignore"):
        begin = functools.partial(_extobj_contextvar.set, _extobj_contextvar.get())
    end = _extobj_contextvar.reset
except (ImportError, LookupError):
    pass


def quiet(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that warns of nothing."""

    @functools.wraps(kernel)
    def silent(*args: Any, **options: Any) -> Any:
        token = begin()
        try:
            return kernel(*args, **options)
        finally:
            end(token)

    return silent


def quiet_unary(kernel: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same for kernels of one array: star arguments would cost as much as the settings do."""

    def silent(x: Any) -> Any:
        token = begin()
        try:
            return kernel(x)
        finally:
            end(token)

    return silent


def quiet_binary(kernel: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The same for kernels of two arrays."""

    def silent(x1: Any, x2: Any) -> Any:
        token = begin()
        try:
            return kernel(x1, x2)
        finally:
            end(token)

    return silent
