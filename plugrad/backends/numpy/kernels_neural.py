"""Kernels of losses, normalization, embedding and dropout; those of softmax join them here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import kernels_softmax
from plugrad.backends.numpy.kernels_scatter import add_rows, check
from plugrad.backends.numpy.kernels_softmax import ones, size, vector
from plugrad.backends.numpy.parallel import PART, in_parts

_sum = np.add.reduce
_HALF = np.dtype("f2")


def _reduced(losses: Any, reduction: str) -> Any:
    """``losses`` is ours."""
    if reduction == "none":
        return losses
    total = _sum(losses, axis=None)
    return total if reduction == "sum" else total / losses.dtype.type(np.size(losses))


def _scaled(slope: Any, grad: Any, reduction: str) -> Any:
    """A slope, which is ours, times the incoming gradient and its share of a mean."""
    if reduction == "mean":
        grad = grad * grad.dtype.type(1 / slope.size) if slope.size else grad
    if slope.ndim == 0:
        return slope * grad
    slope *= grad
    return slope


# -- losses of numbers -----------------------------------------------------------------------------


def mse_loss(x: Any, target: Any, *, reduction: str = "mean") -> Any:
    d = x - target
    if d.ndim == 0:
        return d * d
    if reduction == "none" or d.dtype == _HALF:
        d *= d
        return _reduced(d, reduction)
    # A product of vectors sums without another pass; in parts, to be as exact as a pairwise sum.
    flat = d.reshape(-1)
    sums = [flat[i : i + 4096].dot(flat[i : i + 4096]) for i in range(0, flat.size, 4096)]
    total = sums[0] if len(sums) == 1 else _sum(np.array(sums, d.dtype))
    return total if reduction == "sum" else total / d.dtype.type(d.size)


def mse_loss_backward(grad: Any, x: Any, target: Any, *, reduction: str) -> Any:
    return _scaled(x - target, 2 * grad, reduction)


# -- losses of two classes -------------------------------------------------------------------------

_TINY = 9.999999960041972e-13


def _check_probabilities(x: Any, name: str) -> None:
    # Comparisons with nan are false: nan is refused too.
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise RuntimeError(f"all elements of {name} should be between 0 and 1")


def binary_cross_entropy(x: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    _check_probabilities(x, "input")
    _check_probabilities(target, "target")
    if np.ndim(x) == 0:
        losses = (target - 1) * np.maximum(np.log1p(-x), -100) - target * np.maximum(np.log(x), -100)
        return _reduced(losses if weight is None else losses * weight, reduction)
    losses = np.negative(x)
    np.log1p(losses, out=losses)
    np.maximum(losses, -100, out=losses)
    losses *= target - 1
    other = np.log(x)
    np.maximum(other, -100, out=other)
    other *= target
    losses -= other
    return _reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_backward(grad: Any, x: Any, target: Any, weight: Any = None, *, reduction: str) -> Any:
    slope = x - target
    if np.ndim(slope) == 0:
        slope = slope / np.maximum((1 - x) * x, x.dtype.type(_TINY))
    else:
        variance = 1 - x
        variance *= x
        np.maximum(variance, x.dtype.type(_TINY), out=variance)
        slope /= variance
    return _scaled(slope if weight is None else slope * weight, grad, reduction)


def _softplus_of_minus(x: Any) -> Any:
    """log(1 + exp(-x)) without overflow."""
    if np.ndim(x) == 0:
        return np.log1p(np.exp(-abs(x))) + np.maximum(-x, 0)
    z = np.abs(x)
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.log1p(z, out=z)
    z -= np.minimum(x, 0)
    return z


def binary_cross_entropy_with_logits(
    x: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    losses = _softplus_of_minus(x)
    if pos_weight is not None:
        losses = losses * ((pos_weight - 1) * target + 1)
    losses = losses + (1 - target) * x
    return _reduced(losses if weight is None else losses * weight, reduction)


# -- normalization ---------------------------------------------------------------------------------


def layer_norm(x: Any, weight: Any = None, bias: Any = None, *, ndim: int, eps: float) -> tuple[Any, Any, Any]:
    if x.dtype == _HALF:
        single = [None if a is None else a.astype(np.float32) for a in (x, weight, bias)]
        return tuple([a.astype(_HALF) for a in layer_norm(*single, ndim=ndim, eps=eps)])
    outer, inner = x.shape[: x.ndim - ndim], x.shape[x.ndim - ndim :]
    width = inner[0] if ndim == 1 else size(inner)
    rows = np.ascontiguousarray(x).reshape(size(outer), width)
    if ndim > 1:
        weight = None if weight is None else weight.reshape(-1)
        bias = None if bias is None else bias.reshape(-1)
    statistics = (*outer, *(1,) * ndim)
    if x.nbytes <= PART:
        unit = ones(width, x.dtype)
        mean = rows.dot(unit)[:, None]
        mean /= width
        out = rows - mean
        rstd = (out * out).dot(unit)
        rstd /= width
        rstd += eps
        np.sqrt(rstd, out=rstd)
        rstd = np.reciprocal(rstd, out=rstd)[:, None]
        out *= rstd
        if weight is not None:
            out *= weight
        if bias is not None:
            out += bias
        return out if x.ndim == 2 else out.reshape(x.shape), mean.reshape(statistics), rstd.reshape(statistics)
    y = np.empty(x.shape, x.dtype)
    out = y.reshape(rows.shape)
    mean, rstd = np.empty((len(rows), 1), x.dtype), np.empty((len(rows), 1), x.dtype)
    unit = ones(width, x.dtype)

    def work(i: int, j: int) -> None:
        part = rows[i:j]
        z = out[i:j]
        m, r = mean[i:j], rstd[i:j]
        np.divide(np.vecdot(part, unit)[:, None], width, out=m)
        np.subtract(part, m, out=z)
        np.divide(np.vecdot(z, z)[:, None], width, out=r)
        r += eps
        np.sqrt(r, out=r)
        np.reciprocal(r, out=r)
        z *= r
        if weight is not None:
            z *= weight
        if bias is not None:
            z += bias

    in_parts(work, len(rows), width * x.itemsize)
    return y, mean.reshape(statistics), rstd.reshape(statistics)


def _shares(width: int, dtype: Any) -> Any:
    """A vector whose product with a row is the row's mean."""
    return vector((width, dtype, "shares"), lambda: np.full(width, 1 / width if width else np.nan, dtype))


def layer_norm_backward(
    grad: Any,
    x: Any,
    weight: Any = None,
    mean: Any = None,
    rstd: Any = None,
    *,
    ndim: int,
    eps: float,
    wanted: tuple[bool, bool, bool],
) -> tuple[Any, ...]:
    """All gradients in one pass over x and the incoming gradient, a part at a time."""
    if mean is None:
        _, mean, rstd = layer_norm(x, ndim=ndim, eps=eps)
    if x.dtype == _HALF:
        single = [None if a is None else a.astype(np.float32) for a in (grad, x, weight, mean, rstd)]
        return tuple([a.astype(_HALF) for a in layer_norm_backward(*single, ndim=ndim, eps=eps, wanted=wanted)])
    inner = x.shape[x.ndim - ndim :]
    width = size(inner)
    count = size(x.shape[: x.ndim - ndim])
    rows = np.ascontiguousarray(x).reshape(count, width)
    grads = np.ascontiguousarray(grad).reshape(count, width)
    mean, rstd = mean.reshape(count, 1), rstd.reshape(count, 1)
    factors = ones(width, x.dtype) if weight is None else weight.reshape(-1)
    part_of_mean = x.dtype.type(1 / width) if width else x.dtype.type(0)
    if x.nbytes <= PART:
        return _small_layer_norm_backward(grads, rows, weight, mean, rstd, x.shape, inner, wanted)
    # Gradients own their memory, so that they can be kept as they are.
    found = [np.empty(x.shape, x.dtype)] if wanted[0] else []
    dx = found[0].reshape(rows.shape) if wanted[0] else None
    # Each part adds its own sums: an append is safe among threads.
    sums: list[tuple[Any, Any]] = []

    def work(i: int, j: int) -> None:
        g, r = grads[i:j], rstd[i:j]
        if wanted[0] or wanted[1]:
            centred = rows[i:j] - mean[i:j]
            product = g * centred
        if wanted[1] or wanted[2]:
            # Products with vectors: sums over rows, of the normalized x by what normalizes it.
            sums.append(
                (
                    r.reshape(-1).dot(product) if wanted[1] else None,
                    ones(j - i, x.dtype).dot(g) if wanted[2] else None,
                )
            )
        if dx is not None:
            # The means over g w and over g w times the normalized x, as products with w.
            first = np.vecdot(g, factors)[:, None] * part_of_mean
            second = np.vecdot(product, factors)[:, None] * part_of_mean
            z = dx[i:j]
            centred *= second * r * r
            centred += first
            if weight is None:
                np.subtract(g, centred, out=z)
            else:
                np.multiply(g, factors, out=z)
                z -= centred
            z *= r

    in_parts(work, count, width * x.itemsize)
    for k in (0, 1):
        if wanted[1 + k]:
            total = sums[0][k]
            for other in sums[1:]:
                total += other[k]
            found.append(total if len(inner) == 1 else total.reshape(inner))
    return tuple(found)


def _small_layer_norm_backward(
    grads: Any,
    rows: Any,
    weight: Any,
    mean: Any,
    rstd: Any,
    shape: tuple[int, ...],
    inner: tuple[int, ...],
    wanted: tuple[bool, bool, bool],
) -> tuple[Any, ...]:
    """The same where everything is in the cache anyway."""
    found = []
    count, width = rows.shape
    if wanted[0] or wanted[1]:
        normal = rows - mean
        normal *= rstd
        product = grads * normal
    if wanted[0]:
        averaging = _shares(width, rows.dtype)
        if weight is None:
            dx = grads - grads.dot(averaging)[:, None]
        else:
            weight = weight.reshape(-1)
            averaging = averaging * weight
            dx = grads * weight
            dx -= grads.dot(averaging)[:, None]
        normal *= product.dot(averaging)[:, None]
        dx -= normal
        dx *= rstd
        found.append(dx if len(shape) == 2 else dx.reshape(shape))
    unit = ones(count, rows.dtype)
    if wanted[1]:
        found.append(unit.dot(product) if len(inner) == 1 else unit.dot(product).reshape(inner))
    if wanted[2]:
        found.append(unit.dot(grads) if len(inner) == 1 else unit.dot(grads).reshape(inner))
    return tuple(found)


# -- embedding and dropout -------------------------------------------------------------------------


def embedding(weight: Any, indices: Any, *, padding_idx: int | None = None, scale_grad_by_freq: bool = False) -> Any:
    check(indices, weight.shape[0])
    return weight.take(indices, 0)


def embedding_backward(grad: Any, indices: Any, *, rows: int, padding_idx: int | None, scale_grad_by_freq: bool) -> Any:
    width = grad.shape[-1]
    out = np.zeros((rows, width), grad.dtype)
    index = np.asarray(indices).reshape(-1)
    if index.size and width:
        add_rows(out, index, np.ascontiguousarray(grad).reshape(-1, width), True)
        if scale_grad_by_freq:
            out /= np.maximum(np.bincount(index, minlength=rows), 1).astype(grad.dtype)[:, None]
        if padding_idx is not None:
            out[padding_idx] = 0
    return out


def dropout_mask(x: Any, mask: Any, *, scale: float) -> Any:
    """Two passes: numbers, not choices, so that no branch is mispredicted."""
    factors = mask.astype(x.dtype)
    factors *= scale
    return x * factors


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    **kernels_softmax.KERNELS,
    "mse_loss": mse_loss,
    "mse_loss_backward": mse_loss_backward,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_backward": binary_cross_entropy_backward,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "layer_norm": layer_norm,
    "layer_norm_backward": layer_norm_backward,
    "embedding": embedding,
    "embedding_backward": embedding_backward,
    "dropout_mask": dropout_mask,
}
