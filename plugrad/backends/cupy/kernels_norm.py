"""Kernels of layer normalization."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import NOTHING, blocks_for, function, generic, library, over_rows, takes

#: The rows that one block adds up, at least, for the gradients of weight and bias; and the most blocks along rows.
_ROWS_OF_PART: Final = 64
_MOST_PARTS: Final = 128
_WIDE: Final = {"float64": np.dtype("f8")}


def layer_norm(x: Any, weight: Any = None, bias: Any = None, *, ndim: int, eps: float) -> tuple[Any, Any, Any]:
    given = [a for a in (weight, bias) if a is not None]
    if not takes(x, *given) or not ndim or any([a.shape != x.shape[x.ndim - ndim :] for a in given]):
        found: tuple[Any, Any, Any] = generic("layer_norm", x, weight, bias, ndim=ndim, eps=eps)
        return found
    cupy = library()
    n = prod(x.shape[x.ndim - ndim :])
    shape = (*x.shape[: x.ndim - ndim], *[1] * ndim)
    y, mean, rstd = cupy.empty(x.shape, x.dtype), cupy.empty(shape, x.dtype), cupy.empty(shape, x.dtype)
    arrays = [NOTHING if a is None else cupy.ascontiguousarray(a) for a in (x, weight, bias)]
    over_rows("layer_norm", x.size // n, n, x.dtype, *arrays, y, mean, rstd, np.float64(eps))
    return y, mean, rstd


def layer_norm_backward(
    grad: Any,
    x: Any,
    weight: Any = None,
    mean: Any = None,
    rstd: Any = None,
    *,
    ndim: int,
    eps: float,
    wanted: tuple[bool, ...],
) -> tuple[Any, ...]:
    given = [] if weight is None else [weight]
    inner = x.shape[x.ndim - ndim :]
    if not takes(x, grad, *given) or not ndim or grad.shape != x.shape or any([a.shape != inner for a in given]):
        found: tuple[Any, ...] = generic(
            "layer_norm_backward", grad, x, weight, mean, rstd, ndim=ndim, eps=eps, wanted=wanted
        )
        return found
    cupy = library()
    n = prod(inner)
    rows = x.size // n
    grad, x = cupy.ascontiguousarray(grad), cupy.ascontiguousarray(x)
    wide = _WIDE.get(x.dtype.name, np.dtype("f4"))
    if wanted[0] or wanted[1]:
        if mean is None or rstd is None or x.dtype != wide:
            # What forward kept of half types is rounded too coarsely for numbers far from 0.
            mean, rstd = cupy.empty((rows,), wide), cupy.empty((rows,), wide)
            over_rows("layer_norm_statistics", rows, n, x.dtype, x, mean, rstd, np.float64(eps))
        else:
            mean, rstd = cupy.ascontiguousarray(mean), cupy.ascontiguousarray(rstd)
    results = []
    if wanted[0]:
        dx = cupy.empty(x.shape, x.dtype)
        scale = NOTHING if weight is None else cupy.ascontiguousarray(weight)
        over_rows("layer_norm_backward", rows, n, x.dtype, grad, x, scale, mean, rstd, dx)
        results.append(dx)
    if wanted[1] or wanted[2]:
        statistics = (mean, rstd) if wanted[1] else (NOTHING, NOTHING)
        results += _sums_of_columns(cupy, grad, x, statistics, rows, n, inner, wide, wanted[1:])
    return tuple(results)


def _sums_of_columns(
    cupy: Any,
    grad: Any,
    x: Any,
    statistics: tuple[Any, Any],
    rows: int,
    n: int,
    shape: tuple[int, ...],
    wide: Any,
    wanted: tuple[bool, ...],
) -> list[Any]:
    """The gradients of weight and bias that are wanted, in two steps."""
    parts = max(1, min(_MOST_PARTS, rows // _ROWS_OF_PART))
    sums = [cupy.empty((parts, n), wide) if want else NOTHING for want in wanted]
    function("layer_norm_parts", x.dtype)(
        (-(-n // 32), parts),
        (32, 8),
        (grad, x, *statistics, *sums, np.int64(rows), np.int64(n), np.int64(-(-rows // parts))),
    )
    found = []
    for want, part in zip(wanted, sums, strict=True):
        if want:
            out = cupy.empty(shape, x.dtype)
            function("layer_norm_total", x.dtype)((blocks_for(n),), (256,), (part, out, np.int64(parts), np.int64(n)))
            found.append(out)
    return found


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "layer_norm": layer_norm,
    "layer_norm_backward": layer_norm_backward,
}
