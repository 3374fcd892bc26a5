"""Backends of tests/plugins and examples/plugins, from their folders, without an installation."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def folder_of(name: str) -> Path | None:
    """Where the source of a plugin is: those of the tests, or an example of a third party's."""
    candidates = (ROOT / "tests" / "plugins" / name, ROOT / "examples" / "plugins" / f"plugrad-{name}")
    return next((folder for folder in candidates if (folder / f"plugrad_{name}.py").exists()), None)


def load_plugin(name: str) -> Any:
    """Register such a backend by hand, unless it is installed."""
    from plugrad.core import registry

    if name in registry.installed():
        return registry.load(name)
    folder = str(folder_of(name))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    backend = importlib.import_module(f"plugrad_{name}").plugrad_backend()
    registry.register_backend(backend)
    return backend
