"""Run tests on an NVIDIA GPU, or say that there is none: ``python -m tools.on_gpu [ARGUMENTS OF PYTEST]``.

A machine without a GPU is no failure. One that has a GPU, and on which the backend can't be used, is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from plugrad.core import registry
from plugrad.core.errors import BackendError


def why_not() -> str | None:
    """Why tests can't run on a GPU here, or None."""
    try:
        return registry.why_unusable(registry.load("cupy"))
    except BackendError as error:
        return str(error)


def has_gpu() -> bool:
    """Whether the system knows of an NVIDIA GPU, whatever CuPy says."""
    if any(Path("/dev").glob("nvidia[0-9]*")):
        return True
    command = shutil.which("nvidia-smi")
    return command is not None and subprocess.run([command, "-L"], capture_output=True, check=False).returncode == 0


def main(
    arguments: Sequence[str],
    why_not: Callable[[], str | None] = why_not,
    has_gpu: Callable[[], bool] = has_gpu,
) -> int:
    """Run pytest with these arguments on the GPU; the exit status."""
    reason = why_not()
    if reason is None:
        command = [sys.executable, "-m", "pytest", "--plugrad-backend=cupy", *arguments]
        return subprocess.run(command, check=False).returncode
    if has_gpu():
        print(f"this machine has a GPU, and the backend can't use it: {reason}", file=sys.stderr)
        return 1
    print(f"not run on a GPU: {reason}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
