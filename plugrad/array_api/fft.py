"""The standard's extension of Fourier transforms, differentiable."""

from __future__ import annotations

__all__: list[str] = []
