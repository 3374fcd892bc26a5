"""Kernels of cross entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import faults
from plugrad.backends.cupy.launch import NOTHING, function, generic, library, over_rows, takes

_WIDE: Final = {"float64": np.dtype("f8")}
_INT64: Final = np.dtype("i8")


def _covers(x: Any, target: Any, weight: Any) -> bool:
    """Rows of classes, or a single one: of images, the classes don't lie side by side."""
    given = [] if weight is None else [weight]
    return (
        x.ndim in (1, 2)
        and takes(x, *given)
        and target.shape == x.shape[:-1]
        and all([a.shape == x.shape[-1:] for a in given])
        and target.dtype.kind in "iu"
    )


def _as_targets(cupy: Any, target: Any) -> Any:
    return cupy.ascontiguousarray(target if target.dtype == _INT64 else target.astype(_INT64))


def cross_entropy_of_logits(
    x: Any,
    target: Any,
    weight: Any,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> tuple[Any, Any, Any]:
    if not _covers(x, target, weight):
        found: tuple[Any, Any, Any] = generic(
            "cross_entropy_of_logits",
            x,
            target,
            weight,
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
        return found
    cupy = library()
    wide = _WIDE.get(x.dtype.name, np.dtype("f4"))
    n = x.shape[-1]
    rows = x.size // n
    losses, weights, lse = [cupy.empty(target.shape, wide) for _ in range(3)]
    over_rows(
        "cross_entropy",
        rows,
        n,
        x.dtype,
        cupy.ascontiguousarray(x),
        _as_targets(cupy, target),
        NOTHING if weight is None else cupy.ascontiguousarray(weight),
        losses,
        weights,
        lse,
        faults.flag(),
        np.float64(label_smoothing),
        np.int64(ignore_index),
    )
    loss, total = cupy.empty((), x.dtype), cupy.empty((), wide)
    mean = np.int32(reduction == "mean")
    function("cross_entropy_total", x.dtype)((1,), (256,), (losses, weights, loss, total, mean, np.int64(rows)))
    if reduction == "none":
        loss = losses if wide == x.dtype else losses.astype(x.dtype)
    return loss, lse, total


def cross_entropy_backward(
    grad: Any,
    x: Any,
    target: Any,
    weight: Any,
    lse: Any = None,
    total: Any = None,
    *,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    options = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing}
    wide = _WIDE.get(x.dtype.name, np.dtype("f4"))
    each = reduction == "none"
    kept = lse is not None and total is not None and lse.dtype == total.dtype == wide
    fits = grad.dtype == x.dtype and grad.shape == (target.shape if each else ())
    if not kept or not fits or not _covers(x, target, weight):
        return generic("cross_entropy_backward", grad, x, target, weight, lse, total, **options)
    cupy = library()
    n = x.shape[-1]
    out = cupy.empty(x.shape, x.dtype)
    over_rows(
        "cross_entropy_backward",
        x.size // n,
        n,
        x.dtype,
        cupy.ascontiguousarray(grad),
        cupy.ascontiguousarray(x),
        _as_targets(cupy, target),
        NOTHING if weight is None else cupy.ascontiguousarray(weight),
        cupy.ascontiguousarray(lse),
        total if reduction == "mean" else NOTHING,
        NOTHING if weight is None or not label_smoothing else cupy.sum(weight),
        out,
        np.int32(each),
        np.float64(label_smoothing),
        np.int64(ignore_index),
    )
    return out


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "cross_entropy_of_logits": cross_entropy_of_logits,
    "cross_entropy_backward": cross_entropy_backward,
}
