"""The names of types in error messages."""

from __future__ import annotations

from plugrad.core.tensor import Tensor


def typename(value: object) -> str:
    """PyTorch's name for the type of a value: ``plugrad.FloatTensor``, ``int``, ``numpy.ndarray``."""
    if isinstance(value, Tensor):
        return str(value.type())
    kind = value if isinstance(value, type) else type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
