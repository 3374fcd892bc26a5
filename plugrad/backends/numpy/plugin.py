"""The hooks of the NumPy backend. Imports nothing heavy: the backend is made when its device is first used."""

from __future__ import annotations

from plugrad.core.backend import API_VERSION, Backend
from plugrad.core.hookspecs import hookimpl

plugrad_api = API_VERSION


@hookimpl
def plugrad_backend() -> Backend:
    """The NumPy backend, plugrad's default."""
    from plugrad.backends.numpy.backend import NumPyBackend

    return NumPyBackend()
