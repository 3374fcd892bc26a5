"""The functional face of padding; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional.padding_checks import check_pad

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Put elements around the last dimensions; negative widths cut off.

    Args:
        input: Any shape; for other modes than ``"constant"`` (N, C, ...) or (C, ...).
        pad: How many before and after, in pairs, those of the last dimension first.
        mode: ``"constant"``, ``"reflect"`` (mirrored, without the edge), ``"replicate"`` (the edge repeated) or
            ``"circular"`` (from the other side).
        value: The constant; 0 by default.

    Raises:
        RuntimeError: The widths do not fit.
        NotImplementedError: There is no such mode, or not for so many dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.pad(plugrad.tensor([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
        tensor([[3., 2., 1., 2., 3., 2.]])
    """
    widths = check_pad(input, pad, mode, value)
    if mode == "constant":
        fill = 0 if value is None else value
        if input.dtype.category == 1:
            fill = int(fill)
        elif input.dtype.category == 0:
            fill = bool(fill)
        result: Tensor = _ops.constant_pad(input, widths=widths, value=fill)
        return result
    padded: Tensor = ops.PADS[mode, len(widths)](input, widths=widths, mode=mode)
    return padded
