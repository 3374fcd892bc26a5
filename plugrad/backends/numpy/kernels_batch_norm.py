"""Kernels of batch_norm: two passes for the statistics, two in place for the result."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np

_sum = np.add.reduce
_HALF = np.dtype("f2")


def _planes(x: Any) -> tuple[Any, tuple[int, ...]]:
    """x as (N, C, places), or (N, C) where there is one place; and the axes that are summed."""
    if x.ndim == 2 or prod(x.shape[2:]) == 1:
        return x.reshape(x.shape[:2]), (0,)
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1), (0, 2)


def _column(value: Any, planes: Any) -> Any:
    """A number for each channel, to be broadcast."""
    return value if planes.ndim == 2 else value[:, None]


def _product(a: Any, b: Any) -> Any:
    """The sums of products for each channel."""
    return _sum(a * b, axis=0) if a.ndim == 2 else _sum(np.vecdot(a, b), axis=0)


def _single(*arrays: Any) -> list[Any]:
    return [None if a is None else a.astype(np.float32) for a in arrays]


def channel_moments(x: Any, *, axes: tuple[int, ...]) -> tuple[Any, Any]:
    if x.dtype == _HALF:
        mean, variance = channel_moments(x.astype(np.float32), axes=axes)
        return mean.astype(_HALF), variance.astype(_HALF)
    planes, summed = _planes(x)
    count = planes.size // (x.shape[1] or 1) or 1
    mean = _sum(planes, axis=summed)
    mean /= count
    centred = planes - _column(mean, planes)
    variance = _product(centred, centred)
    variance /= count
    return mean, variance


def batch_norm(
    x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None, *, eps: float
) -> tuple[Any, Any, Any]:
    if x.dtype == _HALF:
        x, weight, bias = _single(x, weight, bias)
        single = batch_norm(x, weight, bias, eps=eps)
        return tuple([a.astype(_HALF) for a in single])
    planes, _ = _planes(x)
    if mean is None or mean.dtype != x.dtype:
        mean, variance = channel_moments(x, axes=(0,))
    rstd = 1 / np.sqrt(variance + variance.dtype.type(eps))
    # Centred first: scale * x + shift would lose the digits of a small deviation from a large mean.
    y = planes - _column(mean, planes)
    y *= _column(rstd if weight is None else rstd * weight, planes)
    if bias is not None:
        y += _column(bias, planes)
    statistics = (1, x.shape[1], *(1,) * (x.ndim - 2))
    return y.reshape(x.shape), mean.reshape(statistics), rstd.reshape(statistics)


def batch_norm_backward(
    grad: Any,
    x: Any,
    weight: Any = None,
    mean: Any = None,
    rstd: Any = None,
    *,
    eps: float,
    wanted: tuple[bool, bool, bool],
) -> tuple[Any, ...]:
    if x.dtype == _HALF:
        single = batch_norm_backward(*_single(grad, x, weight), eps=eps, wanted=wanted)
        return tuple([a.astype(_HALF) for a in single])
    if mean is None:
        _, mean, rstd = batch_norm(x, eps=eps)
    mean, rstd = mean.reshape(-1), rstd.reshape(-1)
    planes, axes = _planes(x)
    grads, _ = _planes(grad)
    count = planes.size // (x.shape[1] or 1) or 1
    total = _sum(grads, axis=axes)
    found = []
    if wanted[0] or wanted[1]:
        centred = planes - _column(mean, planes)
        product = _product(grads, centred)
    if wanted[0]:
        # The means over g and over g times the normalized x; the weight is a factor of all.
        centred *= _column(product * (rstd * rstd / count), planes)
        centred += _column(total / count, planes)
        np.subtract(grads, centred, out=centred)
        centred *= _column(rstd if weight is None else rstd * weight, planes)
        found.append(centred.reshape(x.shape))
    if wanted[1]:
        found.append(product * rstd)
    if wanted[2]:
        found.append(total)
    return tuple(found)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "channel_moments": channel_moments,
    "batch_norm": batch_norm,
    "batch_norm_backward": batch_norm_backward,
}
