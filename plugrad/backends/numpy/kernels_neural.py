"""Kernels of softmax, losses, normalization and other neural ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

KERNELS: Final[dict[str, Callable[..., Any]]] = {}
