"""Distributions as pip leaves them, in a folder of their own, for interpreters that are started with it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution, name, source, group="plugrad.backends", version="1.0"):
        """Put a module and its metadata there, as pip does."""
        module = distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")

    def run(self, code, **environment):
        """Run code with these distributions installed; its output, and the last error line where it failed."""
        paths = [str(self.folder), *[p for p in sys.path if p]]
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        )  # fmt: skip
