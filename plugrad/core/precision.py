"""How precisely float32 matrices are multiplied where a device can do it faster with fewer bits."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core.errors import with_hint

PRECISIONS: Final = ("highest", "high", "medium")

# Of the process, as in PyTorch.
_precision = "highest"


def get_float32_matmul_precision() -> str:
    """Return how precisely float32 matrices are multiplied: ``"highest"``, ``"high"`` or ``"medium"``.

    Example::

        >>> import plugrad
        >>> plugrad.get_float32_matmul_precision()
        'highest'
    """
    return _precision


def set_float32_matmul_precision(precision: Any) -> None:
    """Set how precisely float32 matrices are multiplied.

    ``"highest"``, the default, uses all bits of float32. ``"high"`` and ``"medium"`` allow NVIDIA GPUs from Ampere on
    to round what is multiplied to TF32, which has 10 bits after the point instead of 23, and is several times faster.
    Other devices always use all bits.

    Args:
        precision: One of these three words.

    Raises:
        RuntimeError: for any other.

    Differs from PyTorch: ``"medium"`` does what ``"high"`` does, and neither changes products on the CPU; an unknown
    word raises, where PyTorch warns.

    Example::

        >>> import plugrad
        >>> plugrad.set_float32_matmul_precision("highest")
    """
    global _precision
    if not isinstance(precision, str):
        kind = type(precision).__name__
        raise RuntimeError(
            with_hint(f"set_float32_matmul_precision expects a str, but got {kind}", "it is one of those listed.")
        )
    if precision not in PRECISIONS:
        text = f"{precision} is not one of 'highest', 'high', or 'medium'"
        raise RuntimeError(with_hint(text, f"the precision is still {_precision!r}."))
    _precision = precision
