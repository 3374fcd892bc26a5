"""Tools for tests: gradient checks, the kit with which backends are proved, and comparisons of backends."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from plugrad.testing.gradcheck import GradcheckError as GradcheckError
from plugrad.testing.gradcheck import gradcheck as gradcheck
from plugrad.testing.gradcheck import gradgradcheck as gradgradcheck

if TYPE_CHECKING:
    from plugrad.testing.comparison import BackendReport as BackendReport
    from plugrad.testing.comparison import compare_backends as compare_backends

__all__ = ["BackendReport", "GradcheckError", "compare_backends", "gradcheck", "gradgradcheck"]


def __getattr__(name: str) -> Any:
    # What compares arrays on the host needs NumPy, which `import plugrad` must not load.
    if name in __all__:
        return getattr(importlib.import_module("plugrad.testing.comparison"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
