"""The hooks of the CuPy backend. Imports nothing heavy, and works without CuPy, so that what is missing can be said."""

from __future__ import annotations

from plugrad.core.backend import API_VERSION, Backend
from plugrad.core.hookspecs import hookimpl

plugrad_api = API_VERSION


@hookimpl
def plugrad_backend() -> Backend:
    """The CuPy backend: NVIDIA GPUs as ``"cuda"``."""
    from plugrad.backends.cupy.backend import CuPyBackend

    return CuPyBackend()
