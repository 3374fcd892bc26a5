"""Kernels of group_norm: each group of channels is a row, and of a channel's places only sums are needed."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.kernels_softmax import ones
from plugrad.backends.numpy.parallel import in_parts

_sum = np.add.reduce
_HALF = np.dtype("f2")


def _single(*arrays: Any) -> list[Any]:
    return [None if a is None else a.astype(np.float32) for a in arrays]


def _planes(x: Any, groups: int) -> Any:
    """(samples * groups, channels of a group, places)."""
    return np.ascontiguousarray(x).reshape(x.shape[0] * groups, x.shape[1] // groups, prod(x.shape[2:]))


def _for_rows(factors: Any, groups: int, i: int, j: int) -> Any:
    """What belongs to the channels of rows i to j, from what belongs to each channel."""
    return factors.reshape(groups, -1).take(np.arange(i, j) % groups, 0)


def group_norm(x: Any, weight: Any = None, bias: Any = None, *, groups: int, eps: float) -> tuple[Any, Any, Any]:
    if x.dtype == _HALF:
        return tuple([a.astype(_HALF) for a in group_norm(*_single(x, weight, bias), groups=groups, eps=eps)])
    planes = _planes(x, groups)
    count, channels, places = planes.shape
    width = channels * places
    y = np.empty(x.shape, x.dtype)
    rows, out = planes.reshape(count, width), y.reshape(planes.shape)
    mean, rstd = np.empty((count, 1), x.dtype), np.empty((count, 1), x.dtype)
    unit = ones(width, x.dtype)

    def work(i: int, j: int) -> None:
        part, z, m, r = rows[i:j], out[i:j].reshape(j - i, width), mean[i:j], rstd[i:j]
        np.divide(np.vecdot(part, unit)[:, None], width, out=m)
        np.subtract(part, m, out=z)
        np.divide(np.vecdot(z, z)[:, None], width, out=r)
        r += eps
        np.sqrt(r, out=r)
        np.reciprocal(r, out=r)
        if weight is None:
            z *= r
        else:
            out[i:j] *= (r * _for_rows(weight, groups, i, j))[:, :, None]
        if bias is not None:
            out[i:j] += _for_rows(bias, groups, i, j)[:, :, None]

    in_parts(work, count, width * x.itemsize)
    statistics = (x.shape[0], groups, 1)
    return y, mean.reshape(statistics), rstd.reshape(statistics)


def group_norm_backward(
    grad: Any,
    x: Any,
    weight: Any = None,
    mean: Any = None,
    rstd: Any = None,
    *,
    groups: int,
    eps: float,
    wanted: tuple[bool, bool, bool],
) -> tuple[Any, ...]:
    if x.dtype == _HALF:
        single = group_norm_backward(*_single(grad, x, weight), groups=groups, eps=eps, wanted=wanted)
        return tuple([a.astype(_HALF) for a in single])
    if not x.size:
        shapes = (x.shape, (x.shape[1],), (x.shape[1],))
        return tuple([np.zeros(shape, x.dtype) for shape, want in zip(shapes, wanted, strict=True) if want])
    if mean is None:
        _, mean, rstd = group_norm(x, groups=groups, eps=eps)
    planes, grads = _planes(x, groups), _planes(grad, groups)
    count, channels, places = planes.shape
    mean, rstd = mean.reshape(count, 1), rstd.reshape(count, 1)
    share = x.dtype.type(1 / (channels * places))
    dx = np.empty(x.shape, x.dtype) if wanted[0] else None
    out = None if dx is None else dx.reshape(planes.shape)
    # For each channel of each row: the sum of the gradient, and of its product with the normalized x.
    sums, products = np.empty((count, channels), x.dtype), np.empty((count, channels), x.dtype)
    unit = ones(places, x.dtype)

    def work(i: int, j: int) -> None:
        g, r = grads[i:j], rstd[i:j]
        centred = planes[i:j] - mean[i:j, :, None]
        total, product = sums[i:j], products[i:j]
        total[...] = np.vecdot(g, unit)
        np.multiply(np.vecdot(g, centred), r, out=product)
        if out is None:
            return
        factors = ones(channels, x.dtype) if weight is None else _for_rows(weight, groups, i, j)
        first = _sum(total * factors, axis=1, keepdims=True) * share
        second = _sum(product * factors, axis=1, keepdims=True) * share
        z = out[i:j]
        centred *= (second * r)[:, :, None]
        centred += first[:, :, None]
        if weight is None:
            np.subtract(g, centred, out=z)
        else:
            np.multiply(g, factors[:, :, None], out=z)
            z -= centred
        z *= r[:, :, None]

    in_parts(work, count, channels * places * x.itemsize)
    found = [] if dx is None else [dx]
    found += [
        _sum(a.reshape(x.shape[:2]), axis=0) for a, want in zip((products, sums), wanted[1:], strict=True) if want
    ]
    return tuple(found)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "group_norm": group_norm,
    "group_norm_backward": group_norm_backward,
}
