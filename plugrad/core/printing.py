"""repr of Tensors, as PyTorch prints them."""

from __future__ import annotations

from typing import Any


def format_tensor(x: Any) -> str:
    """The repr of a Tensor."""
    return f"tensor({x.device.backend.to_host(x.raw).tolist()})"
