"""bfloat16: what computes with it does so in float32, and what only moves numbers does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugrad.core.dtypes import bfloat16, float32
from plugrad.core.promote import cast
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

# Ops that move numbers as they are.
_MOVE: Final = frozenset((
    "astype", "clone", "concat", "contiguous", "copy", "fill", "masked_read", "place", "roll", "reverse", "stack",
    "zero",
))  # fmt: skip


def widens_halves(op: Op) -> bool:
    """Whether an op on bfloat16 numbers computes in float32: all do but views and what only moves numbers."""
    return not (op.view or op.name in _MOVE or op.name.startswith("basic_"))


def widened(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A call on bfloat16 tensors, computed and recorded in float32, its results rounded.

    Array libraries have few kernels of bfloat16, and Python's numbers take it to float32 anyway.
    """
    return _narrow(function(*[_wide(a) for a in args], **options))


def _wide(x: Any) -> Any:
    if isinstance(x, Value):
        return cast(x, float32) if x.dtype is bfloat16 else x
    return tuple([_wide(part) for part in x]) if x.__class__ in (tuple, list) else x


def _narrow(y: Any) -> Any:
    if isinstance(y, Value):
        return cast(y, bfloat16) if y.dtype is float32 else y
    return tuple([_narrow(part) for part in y]) if y.__class__ in (tuple, list) else y
