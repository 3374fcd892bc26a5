"""The pluggy hooks that a plugin implements. They register; no op call goes through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pluggy

from plugrad.core.backend import Backend

hookspec = pluggy.HookspecMarker("plugrad")
hookimpl = pluggy.HookimplMarker("plugrad")


@hookspec
def plugrad_backend() -> Backend:  # type: ignore[empty-body]  # a hook specification has no body
    """Return the backend of this distribution."""


@hookspec
def plugrad_kernels(backend: str) -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]  # as above
    """Return faster kernels for the backend of this name: op name -> callable on its raw arrays."""
