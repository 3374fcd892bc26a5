"""The pluggy hooks that a plugin implements. They register; no op call goes through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pluggy

from plugrad.core.backend import Backend
from plugrad.core.namespace import Namespace

hookspec = pluggy.HookspecMarker("plugrad")
hookimpl = pluggy.HookimplMarker("plugrad")


@hookspec
def plugrad_backend() -> Backend:  # type: ignore[empty-body]  # a hook specification has no body
    """Return the backend of this distribution."""


@hookspec
def plugrad_kernels(  # type: ignore[empty-body]  # as above
    backend: str, earlier: Namespace
) -> Mapping[str, Callable[..., Any]]:
    """Return faster kernels for the backend of this name: op name -> callable on its raw arrays.

    ``earlier`` has every op as it is without these kernels, ``earlier.softmax`` say: what a kernel calls for what it
    is not made for. An implementation may leave either argument out.
    """
