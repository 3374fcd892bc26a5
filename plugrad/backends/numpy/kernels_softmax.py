"""Kernels of softmax, its logarithm, and the losses of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.parallel import PART, in_parts

_max = np.maximum.reduce
_sum = np.add.reduce
_HALF = np.dtype("f2")
_INT64 = np.dtype("i8")

#: Short vectors that are needed again and again, by size and dtype; nobody writes to them.
_vectors: dict[Any, Any] = {}


def vector(kind: Any, make: Callable[[], Any]) -> Any:
    found = _vectors.get(kind)
    if found is None:
        found = make()
        if found.size <= 4096:
            if len(_vectors) > 256:
                _vectors.clear()
            _vectors[kind] = found
    return found


def ones(n: int, dtype: Any) -> Any:
    """A vector of ones. To multiply with it is the fastest way to sum rows: BLAS does it."""
    return vector((n, dtype), lambda: np.ones(n, dtype))


def row_starts(n: int, width: int) -> Any:
    """The flat positions at which the rows of a contiguous matrix start."""
    return vector((n, width, "starts"), lambda: np.arange(0, n * width, width) if width else np.zeros(n, np.int64))


def sum_columns(x: Any) -> Any:
    """The sum of each row of a matrix, as a column."""
    width = x.shape[1]
    if width < 4:
        return _sum(x, axis=1, keepdims=True)
    return np.vecdot(x, ones(width, x.dtype))[:, None]


def _largest(x: Any) -> Any:
    """The largest of each row of a contiguous matrix, as a column. On short rows argmax is faster."""
    n, width = x.shape
    if width > 256 or not width:
        return _max(x, axis=1, keepdims=True, initial=None if width else 0)
    return x.take(x.argmax(1) + row_starts(n, width)).reshape(n, 1)


#: Between minus this and this, exp neither overflows nor loses digits, nor does a quotient of two: half of what
#: a dtype's exponents reach.
_BOUNDS: Final = {np.dtype("f4"): 40.0, np.dtype("f8"): 300.0}


def _exp_of(x: Any, out: Any) -> Any:
    """exp into ``out`` of the rows of a matrix, less the largest of each: a column, or None where none was taken.

    The largest are taken so that nothing overflows; where all numbers are moderate the result is as exact without.
    """
    bound = _BOUNDS[x.dtype]
    # Of a nan both comparisons are false.
    if x.item(x.argmax()) < bound and x.item(x.argmin()) > -bound:
        np.exp(x, out=out)
        return None
    largest = _largest(x)
    np.subtract(x, largest, out=out)
    np.exp(out, out=out)
    return largest


def _as_rows(x: Any, axis: int) -> Any:
    """The array as a contiguous matrix whose rows run along the axis. A copy, unless it is the last axis."""
    if axis != x.ndim - 1:
        x = np.moveaxis(x, axis, -1)
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1]) if x.size else x.reshape(0, x.shape[-1])


def _empty_rows(shape: tuple[int, ...], axis: int, dtype: Any) -> tuple[Any, Any]:
    """An array to return, and the matrix that it is to be filled through; one and the same for another axis."""
    width = shape[axis]
    if axis == len(shape) - 1:
        out = np.empty(shape, dtype)
        return out, out.reshape(-1, width)
    out = np.empty((size(shape) // width, width), dtype)
    return out, out


def size(shape: tuple[int, ...]) -> int:
    count = 1
    for n in shape:
        count *= n
    return count


def _from_rows(rows: Any, shape: tuple[int, ...], axis: int) -> Any:
    """The inverse: of the original shape, where another axis was last a view of other strides."""
    if axis == len(shape) - 1:
        return rows if rows.shape == shape else rows.reshape(shape)
    return np.moveaxis(rows.reshape(*shape[:axis], *shape[axis + 1 :], shape[axis]), -1, axis)


def _along(small: Callable[..., Any], rows: Callable[..., None], planes: Callable[..., None]) -> Callable[..., Any]:
    """A kernel for arrays of any shape and axis.

    Args:
        small: Computes matrices along their rows: ``small(*inputs)`` returns the result.
        rows: The same for parts of large ones: ``rows(*inputs, out)`` writes it.
        planes: Computes 3-d arrays along their middle axis into ``out``.
    """

    def kernel(*inputs: Any, axis: int) -> Any:
        x = inputs[0]
        ndim = x.ndim
        if ndim == 2 and axis in (1, -1) and 0 < x.nbytes <= PART and x.dtype != _HALF:
            return small(*inputs)
        if ndim == 0:
            return kernel(*[np.reshape(a, (1,)) for a in inputs], axis=0).reshape(())
        if x.dtype == _HALF:
            return kernel(*[a.astype(np.float32) for a in inputs], axis=axis).astype(_HALF)
        if not x.size:
            return np.empty(x.shape, x.dtype)
        axis %= ndim
        width = x.shape[axis]
        inner = x[(0,) * (axis + 1)].size
        if inner >= 16:
            return _by_planes(planes, inputs, (x.size // (width * inner), width, inner))
        flat = [_as_rows(a, axis) for a in inputs]
        # What is returned owns its memory: a gradient can then be kept as it is.
        out, into = _empty_rows(x.shape, axis, x.dtype)
        if x.nbytes <= PART:
            rows(*flat, into)
        else:
            in_parts(lambda i, j: rows(*[a[i:j] for a in flat], into[i:j]), len(into), width * x.itemsize)
        return out if axis == ndim - 1 else np.ascontiguousarray(_from_rows(into, x.shape, axis))

    return kernel


def _by_planes(planes: Callable[..., None], inputs: tuple[Any, ...], shape: tuple[int, int, int]) -> Any:
    """Along an axis that is not the last: NumPy then computes many at once, in the order of memory."""
    x = inputs[0]
    stacks = [np.ascontiguousarray(a).reshape(shape) for a in inputs]
    result = np.empty(x.shape, x.dtype)
    out = result.reshape(shape)
    outer, width, inner = shape
    if outer * PART >= x.nbytes:
        in_parts(lambda i, j: planes(*[a[i:j] for a in stacks], out[i:j]), outer, width * inner * x.itemsize)
    else:
        # Few large planes: each in vertical strips.
        for k in range(outer):
            strips = _strips(planes, [a[k : k + 1] for a in stacks], out[k : k + 1])
            in_parts(strips, inner, width * x.itemsize)
    return result


def _strips(planes: Callable[..., None], stacks: list[Any], out: Any) -> Callable[[int, int], None]:
    return lambda i, j: planes(*[a[:, :, i:j] for a in stacks], out[:, :, i:j])


def _softmax(x: Any) -> Any:
    y = np.empty(x.shape, x.dtype)
    _exp_of(x, y)
    y /= y.dot(ones(y.shape[1], y.dtype))[:, None]
    return y


def _softmax_rows(x: Any, out: Any) -> None:
    _exp_of(x, out)
    out *= 1 / sum_columns(out)


def _softmax_planes(x: Any, out: Any) -> None:
    np.subtract(x, _max(x, axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    out *= 1 / _sum(out, axis=1, keepdims=True)


def _softmax_backward(grad: Any, result: Any) -> Any:
    dx = grad * result
    return result * (grad - dx.dot(ones(dx.shape[1], dx.dtype))[:, None])


def _softmax_backward_rows(grad: Any, result: Any, out: Any) -> None:
    np.subtract(grad, np.vecdot(grad, result)[:, None], out=out)
    out *= result


def _softmax_backward_planes(grad: Any, result: Any, out: Any) -> None:
    np.multiply(grad, result, out=out)
    np.subtract(grad, _sum(out, axis=1, keepdims=True), out=out)
    out *= result


def _log_softmax(x: Any) -> Any:
    y = x - _largest(x)
    y -= np.log(np.exp(y).dot(ones(y.shape[1], y.dtype)))[:, None]
    return y


def _log_softmax_rows(x: Any, out: Any) -> None:
    np.subtract(x, _largest(x), out=out)
    out -= np.log(sum_columns(np.exp(out)))


def _log_softmax_planes(x: Any, out: Any) -> None:
    np.subtract(x, _max(x, axis=1, keepdims=True), out=out)
    out -= np.log(_sum(np.exp(out), axis=1, keepdims=True))


def _log_softmax_backward(grad: Any, result: Any) -> Any:
    dx = np.exp(result)
    dx *= grad.dot(ones(grad.shape[1], grad.dtype))[:, None]
    return np.subtract(grad, dx, out=dx)


def _log_softmax_backward_rows(grad: Any, result: Any, out: Any) -> None:
    np.exp(result, out=out)
    out *= -sum_columns(grad)
    out += grad


def _log_softmax_backward_planes(grad: Any, result: Any, out: Any) -> None:
    np.exp(result, out=out)
    out *= -_sum(grad, axis=1, keepdims=True)
    out += grad


softmax = _along(_softmax, _softmax_rows, _softmax_planes)
softmax_backward = _along(_softmax_backward, _softmax_backward_rows, _softmax_backward_planes)
log_softmax = _along(_log_softmax, _log_softmax_rows, _log_softmax_planes)
log_softmax_backward = _along(_log_softmax_backward, _log_softmax_backward_rows, _log_softmax_backward_planes)


# -- losses of classes -----------------------------------------------------------------------------


class Targets:
    """Targets, checked: their classes, which are ignored, and what the loss of each counts for.

    Attributes:
        kept: The classes, 0 where ignored.
        ignored: Which are, or None where none is.
        weights: The weights of the losses, or None where all are 1.
        total: The sum of the weights.
    """

    __slots__ = ("ignored", "kept", "total", "weights")

    def __init__(self, target: Any, weight: Any, classes: int, ignore_index: int, dtype: Any) -> None:
        t = target.reshape(-1)
        if t.dtype != np.int64:
            t = t.astype(np.int64)
        self.ignored = None
        # One look finds targets on both sides: a negative number is a huge unsigned one.
        unsigned = t.view(np.uint64)
        outside = t.size and unsigned[unsigned.argmax()] >= classes
        if outside or 0 <= ignore_index < classes:
            ignored = t == ignore_index
            if outside and not (ignored | (unsigned < classes)).all():
                raise IndexError("a target is out of bounds")
            if ignored.any():
                self.ignored = ignored
                t = np.where(ignored, 0, t)
        self.kept = t
        if weight is None and self.ignored is None:
            self.weights = None
            self.total = t.size
            return
        self.weights = np.ones(t.size, dtype) if weight is None else weight.take(t)
        if self.ignored is not None:
            self.weights[self.ignored] = 0
        self.total = _sum(self.weights)

    def shares(self, reduction: str) -> Any:
        """What each loss is multiplied by: a number or a vector. 0 where ignored, whatever the total."""
        if reduction != "mean":
            return 1.0 if self.weights is None else self.weights
        if self.weights is None:
            return 1.0 / self.total if self.total else 0.0
        shares = self.weights / self.total
        if self.ignored is not None:
            shares[self.ignored] = 0
        return shares

    def reduced(self, losses: Any, reduction: str, shape: tuple[int, ...]) -> Any:
        """The losses, which were multiplied by their weights, or their sum or mean."""
        if reduction == "none":
            return losses.reshape(shape)
        total = _sum(losses)
        return total if reduction == "sum" else total / losses.dtype.type(self.total)


def _axis_of(shape: tuple[int, ...]) -> int:
    return 1 if len(shape) > 1 else 0


def nll_loss_of_classes(x: Any, target: Any, weight: Any, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    axis = _axis_of(x.shape)
    rows = x if x.ndim == 2 else _as_rows(x, axis)
    known = Targets(target, weight, rows.shape[1], ignore_index, x.dtype)
    if rows.flags.c_contiguous:
        losses = -rows.take(row_starts(*rows.shape) + known.kept)
    else:
        losses = -rows[np.arange(len(known.kept)), known.kept]
    if known.weights is not None:
        losses *= known.weights
    if known.ignored is not None:
        losses[known.ignored] = 0
    return known.reduced(losses, reduction, target.shape)


def nll_loss_backward(
    grad: Any, target: Any, weight: Any, *, shape: tuple[int, ...], ignore_index: int, reduction: str
) -> Any:
    axis = _axis_of(shape)
    classes = shape[axis]
    known = Targets(target, weight, classes, ignore_index, grad.dtype)
    n = len(known.kept)
    out = np.zeros((n, classes), grad.dtype)
    if n:
        out.reshape(-1)[row_starts(n, classes) + known.kept] = -(known.shares(reduction) * grad.reshape(-1))
    return _from_rows(out, shape, axis)


def cross_entropy_of_classes(
    x: Any,
    target: Any,
    weight: Any,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> tuple[Any, Any]:
    """Loss and slope. The slope takes one pass more, in the cache, and saves backward three."""
    if x.ndim == 2 and weight is None and not label_smoothing and x.nbytes <= PART:
        found = _small_cross_entropy(x, target, ignore_index, reduction)
        if found is not None:
            return found
    if x.dtype == _HALF:
        loss, slope = cross_entropy_of_classes(
            x.astype(np.float32),
            target,
            None if weight is None else weight.astype(np.float32),
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
        return loss.astype(_HALF), slope.astype(_HALF)
    axis = _axis_of(x.shape)
    rows = np.ascontiguousarray(x) if x.ndim == 2 else _as_rows(x, axis)
    n, classes = rows.shape
    known = Targets(target, weight, classes, ignore_index, x.dtype)
    smoothing = None
    if label_smoothing:
        smoothing = _Smoothing(known, weight, classes, label_smoothing, reduction, x.dtype)
    shares = known.shares(reduction)
    out = np.empty((n, classes), x.dtype)
    losses = np.empty(n, x.dtype)

    def work(i: int, j: int) -> None:
        part = slice(i, j)
        share = shares if shares.__class__ is float else shares[part]
        _rows_of_cross_entropy(rows[part], known, part, share, smoothing, out[part], losses[part])

    if out.nbytes <= PART:
        if n:
            _rows_of_cross_entropy(rows, known, slice(None), shares, smoothing, out, losses)
    else:
        in_parts(work, n, classes * x.itemsize)
    loss = known.reduced(losses, reduction, target.shape)
    return loss, out if x.ndim == 2 else _from_rows(out, x.shape, axis)


def _small_cross_entropy(x: Any, target: Any, ignore_index: int, reduction: str) -> tuple[Any, Any] | None:
    """The usual case with nothing but what it needs; None where it is not the usual case."""
    n, classes = x.shape
    if target.dtype is not _INT64 or x.dtype is _HALF or not n or 0 <= ignore_index < classes:
        return None
    if not x.flags.c_contiguous:
        # The slope is to be contiguous.
        return None
    unsigned = target.view(np.uint64)
    if unsigned[unsigned.argmax()] >= classes:
        return None
    places = row_starts(n, classes) + target
    slope = np.empty(x.shape, x.dtype)
    largest = _exp_of(x, slope)
    sums = slope.dot(ones(classes, x.dtype))
    losses = _negative_logs(x, slope, sums, largest, places)
    share = 1.0
    if reduction != "none":
        if reduction == "mean":
            share = 1.0 / n
            losses *= share
        losses = losses.dot(ones(n, x.dtype))
    slope *= (share / sums)[:, None]
    slope.reshape(-1)[places] -= share
    return losses, slope


def _negative_logs(x: Any, exps: Any, sums: Any, largest: Any, places: Any) -> Any:
    """-log softmax(x) at flat positions, one in each row, from what ``_exp_of`` did and the sums of the rows."""
    if largest is None:
        return np.log(sums / exps.take(places))
    losses = np.log(sums)
    losses -= x.take(places) - largest.reshape(-1)
    return losses


def _rows_of_cross_entropy(
    x: Any, known: Targets, part: slice, share: Any, smoothing: _Smoothing | None, out: Any, losses: Any
) -> None:
    """The losses and the slope of some rows, both into arrays that are there."""
    n, classes = x.shape
    places = row_starts(n, classes) + known.kept[part]
    largest = _exp_of(x, out)
    sums = sum_columns(out)
    losses[...] = _negative_logs(x, out, sums.reshape(n), largest, places)
    if smoothing is not None:
        # The sum of -log softmax(x) of all classes, weighted.
        logs = np.log(sums).reshape(n)
        rest = smoothing.total * logs - smoothing.sum_of(x if largest is None else x - largest)
    if known.weights is not None:
        losses *= known.weights[part]
    mass = share
    if smoothing is not None:
        share = share * (1 - smoothing.amount)
        losses *= 1 - smoothing.amount
        losses += smoothing.each * rest
        of_rest = smoothing.factors if smoothing.factors.__class__ is float else smoothing.factors[part]
        mass = share + of_rest * smoothing.total
    if known.ignored is not None:
        losses[known.ignored[part]] = 0
    out *= mass / sums if mass.__class__ is float else (mass / sums.reshape(n)).reshape(n, 1)
    out.reshape(-1)[places] -= share
    if smoothing is not None:
        out -= smoothing.spread(of_rest)


class _Smoothing:
    """The even part of smoothed targets.

    Attributes:
        amount: How much of each target is spread.
        each: What each class gets of it.
        weight: The weights of the classes, or None.
        total: Their sum.
        factors: What every class gets in the slope of each target, before its weight.
    """

    __slots__ = ("amount", "each", "factors", "total", "weight")

    def __init__(self, known: Targets, weight: Any, classes: int, amount: float, reduction: str, dtype: Any) -> None:
        self.amount = amount
        self.each = amount / classes
        self.weight = weight
        self.total = float(classes) if weight is None else _sum(weight)
        divisor = known.total if reduction == "mean" else 1
        if known.ignored is None:
            self.factors: Any = float(self.each / divisor) if divisor else 0.0
        else:
            self.factors = np.where(known.ignored, dtype.type(0), dtype.type(self.each) / dtype.type(divisor))

    def sum_of(self, z: Any) -> Any:
        """The weighted sum of each row."""
        return np.vecdot(z, ones(z.shape[1], z.dtype) if self.weight is None else self.weight)

    def spread(self, factors: Any) -> Any:
        """What is subtracted from the slope."""
        if factors.__class__ is not float:
            factors = factors[:, None]
        return factors if self.weight is None else factors * self.weight


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "softmax": softmax,
    "softmax_backward": softmax_backward,
    "log_softmax": log_softmax,
    "log_softmax_backward": log_softmax_backward,
    "nll_loss_of_classes": nll_loss_of_classes,
    "nll_loss_backward": nll_loss_backward,
    "cross_entropy_of_classes": cross_entropy_of_classes,
}
