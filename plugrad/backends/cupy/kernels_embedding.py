"""The kernel of embedding's gradient, and sums of rows by index in general."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import faults
from plugrad.backends.cupy.launch import blocks_for, function, generic, library, takes
from plugrad.core.determinism import are_deterministic_algorithms_enabled

_WIDE: Final = {"float64": np.dtype("f8")}
_INT64: Final = np.dtype("i8")
#: Indices that a warp adds up in order: PART in the kernels.
_PART: Final = 32
#: No index is this.
_NONE: Final = -1


def add_rows(
    values: Any,
    index: Any,
    rows: int,
    *,
    skipped: int = _NONE,
    by_frequency: bool = False,
    code: int = faults.INDEX,
) -> Any:
    """Zeros of (rows, width) with values[i] added in row index[i]. Indices out of bounds set the flag.

    Args:
        values: Of shape (n, width), contiguous, of a dtype of the kernels.
        index: Of shape (n,) and any integer dtype.
        rows: How many rows there are.
        skipped: A row that stays zero; a negative number is none.
        by_frequency: Whether a row is divided by how often it comes.
        code: What the flag is to say.
    """
    cupy = library()
    dtype = values.dtype
    n, width = values.shape
    index = cupy.ascontiguousarray(index if index.dtype == _INT64 else index.astype(_INT64))
    wide = _WIDE.get(dtype.name, np.dtype("f4"))
    last = (np.int64(skipped), np.int64(n), np.int64(width), np.int64(rows))
    grid, block = (blocks_for(n, 8),), (32, 8)
    if not by_frequency and not are_deterministic_algorithms_enabled():
        out = cupy.zeros((rows, width), wide)
        function("embedding_add", dtype)(grid, block, (values, index, out, faults.flag(), np.int32(code), *last))
        return out if wide == dtype else out.astype(dtype)
    order = cupy.argsort(index, kind="stable")
    index = index[order]
    parts = -(-n // _PART)
    out = cupy.zeros((rows, width), dtype)
    first, rest = [cupy.empty((parts, width), wide) for _ in range(2)]
    frequency = np.int32(by_frequency)
    arguments = (values, index, order, out, first, rest, faults.flag(), np.int32(code), frequency, *last)
    function("embedding_sum", dtype)(grid, block, arguments)
    if parts > 1:
        grid = (blocks_for(parts, 8),)
        function("embedding_join", dtype)(grid, block, (index, out, first, rest, frequency, *last))
    return out


def embedding_backward(grad: Any, indices: Any, *, rows: int, padding_idx: int | None, scale_grad_by_freq: bool) -> Any:
    if not takes(grad) or indices.dtype.kind not in "iu":
        return generic(
            "embedding_backward",
            grad,
            indices,
            rows=rows,
            padding_idx=padding_idx,
            scale_grad_by_freq=scale_grad_by_freq,
        )
    return add_rows(
        library().ascontiguousarray(grad).reshape(indices.size, grad.shape[-1]),
        indices.reshape(-1),
        rows,
        skipped=_NONE if padding_idx is None else padding_idx,
        by_frequency=scale_grad_by_freq,
        code=faults.EMBEDDING,
    )


KERNELS: Final[dict[str, Callable[..., Any]]] = {"embedding_backward": embedding_backward}
