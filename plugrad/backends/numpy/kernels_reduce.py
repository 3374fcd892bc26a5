"""Kernels of reductions and scans.

NumPy's sum is pairwise along contiguous memory only: over the first axis of a float32 matrix errors add up row after
row, and short rows cost 20 ns each. Large sums go block by block here: errors stay those of one block plus those of
the sum of blocks, and einsum adds a block with SIMD in a third of the time of ``np.add.reduce``. einsum and not BLAS,
whose threads wait for each other when the machine has other work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy import parallel, quiet
from plugrad.backends.numpy.kernels_pointwise import logaddexp

# ufunc.reduce(array, axis, dtype, out, keepdims); by position, which saves 20 ns and which its stubs do not know.
_add: Any = np.add.reduce
_multiply: Any = np.multiply.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
_and: Any = np.logical_and.reduce
_or: Any = np.logical_or.reduce

_HALF = np.dtype("f2")
_FLOATS = (np.dtype("f4"), np.dtype("f8"))

# From this size on sums go block by block; below, the calls would cost more than they save.
_LARGE = 8192
_BLOCK = 1024

# np.add.reduce takes 0.8 us for the smallest array, BLAS half of it.
# Numbers as 0-d arrays: NumPy converts a Python number at every call, for 300 ns.
_COUNTS = {d: [np.array(n, d) for n in range(65)] for d in _FLOATS}
_LAST = (1, (1,), -1, (-1,))
_ONES = {d: [np.ones(n, d) for n in range(65)] for d in _FLOATS}


def sum_(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """np.sum is a Python function around np.add.reduce."""
    size = x.size
    if size <= 64:
        ones = None if dtype is not None else _ONES.get(x.dtype)
        if ones is not None:
            if axis is None:
                if not keepdims:
                    return x.ravel().dot(ones[size])
            elif axis in _LAST and x.ndim == 2:
                y = x.dot(ones[x.shape[1]])
                return y[:, None] if keepdims else y
    elif size >= _LARGE and dtype is None and x.dtype in _FLOATS:
        return _large_sum(x, axis, keepdims)
    if x.itemsize == 2 and dtype is None and x.dtype.kind in "fV":
        # float16 and bfloat16.
        return _add(x, axis, np.float32, None, keepdims).astype(x.dtype)
    return _add(x, axis, dtype, None, keepdims)


def _large_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    ndim = x.ndim
    axes = set(range(ndim)) if axis is None else {a % ndim for a in ((axis,) if isinstance(axis, int) else axis)}
    shape = x.shape
    turned = not x.flags.c_contiguous
    if turned:
        if not x.flags.f_contiguous:
            return _add(x, axis, None, None, keepdims)
        # The transpose of a contiguous array: reduce that.
        x = x.T
        axes_here = {ndim - 1 - a for a in axes}
    else:
        axes_here = axes
    here = x.shape
    last = ndim
    while last and last - 1 in axes_here:
        last -= 1
    first = 0
    while first < last and first in axes_here:
        first += 1
    if len(axes_here) != first + ndim - last:
        return _add(x.T if turned else x, axis, None, None, keepdims)
    y = x
    if last < ndim:
        y = _sum_rows(y.reshape(-1, math.prod(here[last:])))
    if first:
        y = _sum_columns(y.reshape(math.prod(here[:first]), -1))
    y = y.reshape(here[first:last])
    if turned:
        y = y.T
    if keepdims:
        return y.reshape([1 if i in axes else n for i, n in enumerate(shape)])
    return y if y.ndim else y[()]


def _sum_rows(x: Any) -> Any:
    """Sums along the last axis of a contiguous matrix."""
    n = x.shape[1]
    if n <= 4 * _BLOCK:
        return np.einsum("ij->i", x)
    blocks = n // _BLOCK
    whole = blocks * _BLOCK
    if x.shape[0] == 1 or whole == n:
        body = np.einsum("ijk->ij", x[:, :whole].reshape(-1, blocks, _BLOCK))
        y = _add(body, 1)
        return y if whole == n else y + _add(x[:, whole:], 1)
    # Rows that are not whole blocks have no view as blocks: one row after the other, each long.
    return np.array([_sum_rows(row.reshape(1, -1))[0] for row in x], x.dtype)


def _sum_columns(x: Any) -> Any:
    """Sums along the first axis of a contiguous matrix."""
    n, m = x.shape
    if m < 256 and n >= 16 and m:
        # Narrow rows: several side by side are one wide row.
        side = min(512 // m, n // 4)
        whole = n // side * side
        y = _add(_sum_columns(x[:whole].reshape(whole // side, side * m)).reshape(side, m), 0)
        return y if whole == n else y + _add(x[whole:], 0)
    if n <= 256:
        return _add(x, 0)
    blocks = n // 128
    y = _sum_columns(_add(x[: blocks * 128].reshape(blocks, 128, m), 1))
    return y if blocks * 128 == n else y + _add(x[blocks * 128 :], 0)


def nansum(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum; only where it is nan the elements are looked at."""
    y = sum_(x, axis=axis, keepdims=keepdims)
    if x.dtype.kind != "f" or not (y != y).any():
        return y
    return sum_(np.where(np.isnan(x), x.dtype.type(0), x), axis=axis, keepdims=keepdims)


def mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.mean takes 4 us where the sum and the quotient take 1."""
    if x.dtype is _HALF:
        # The sum may be beyond float16.
        return mean(x.astype(np.float32), axis=axis, keepdims=keepdims).astype(_HALF)
    y = sum_(x, axis=axis, keepdims=keepdims)
    size = y.size
    if 0 < x.size <= 64 and x.dtype in _COUNTS:
        return y / _COUNTS[x.dtype][x.size // size]
    if not x.size and size:
        return y + math.nan
    return y / (x.size // (size or 1) or 1)


def prod(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """np.prod is a Python function around this."""
    if axis is None and not keepdims and dtype is None and x.size >= _LARGE and x.flags.c_contiguous:
        # Side by side with SIMD, not one after the other: a tenth of the time.
        flat = x.reshape(-1)
        whole = flat.size // _BLOCK * _BLOCK
        return _multiply(_multiply(flat[:whole].reshape(-1, _BLOCK), 0), None) * _multiply(flat[whole:], None)
    return _multiply(x, axis, dtype, None, keepdims)


def products_of_others(x: Any, product: Any, *, axis: Any = None) -> Any:
    """One division where nothing is 0; running products, and no division, where something is."""
    zero = x == 0
    if not zero.any():
        return product / x
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    turned = np.moveaxis(x, axes, range(-len(axes), 0))
    flat = turned.reshape(*turned.shape[: x.ndim - len(axes)], -1)
    before, after = np.ones_like(flat), np.ones_like(flat)
    np.multiply.accumulate(flat[..., :-1], -1, out=before[..., 1:])
    np.multiply.accumulate(flat[..., :0:-1], -1, out=after[..., -2::-1])
    before *= after
    others = np.moveaxis(before.reshape(turned.shape), range(-len(axes), 0), axes)
    zeros = _or(zero, axis, None, None, True)
    return np.where(zeros, others, product / np.where(zeros, x.dtype.type(1), x))


def variance(x: Any, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """np.var takes 10 us, and warns of too few degrees of freedom."""
    if x.dtype is _HALF:
        return variance(x.astype(np.float32), axis=axis, correction=correction, keepdims=keepdims).astype(_HALF)
    if 0 < x.size <= 64 and not keepdims and x.dtype in _ONES and (axis is None or (axis in _LAST and x.ndim == 2)):
        width = x.size if axis is None else x.shape[1]
        if width > correction:
            return _variance_of_few(x.reshape(-1, width), width, correction).reshape(() if axis is None else (-1,))[()]
    d = x - mean(x, axis=axis, keepdims=True)
    if d.dtype.kind == "c":
        d = d.real * d.real + d.imag * d.imag
    else:
        d = np.multiply(d, d, out=d) if d.ndim else d * d
    y = sum_(d, axis=axis, keepdims=keepdims)
    free = (x.size / (y.size or 1)) - correction
    if free > 0:
        return y / free
    token = quiet.begin()
    try:
        return y * math.inf
    finally:
        quiet.end(token)


def _variance_of_few(rows: Any, width: int, correction: float) -> Any:
    """Of each row of a matrix, by products with ones: a third of the time of reductions."""
    ones, counts = _ONES[rows.dtype][width], _COUNTS[rows.dtype]
    means = rows.dot(ones)
    means /= counts[width]
    d = rows - means[:, None]
    d *= d
    y = d.dot(ones)
    free = width - correction
    y /= counts[int(free)] if free % 1 == 0 and free <= 64 else free
    return y


def deviation(x: Any, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The square root of the variance."""
    return np.sqrt(variance(x, axis=axis, correction=correction, keepdims=keepdims))


def max_(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.max is a Python function around this."""
    return _maximum(x, axis, None, None, keepdims)


def min_(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.min is a Python function around this."""
    return _minimum(x, axis, None, None, keepdims)


def max_of_all(x: Any) -> Any:
    """The largest element, also a nan. Of few numbers argmax finds it in a fifth of the time of a reduction."""
    return x.take(x.argmax()) if x.size <= 64 else _maximum(x, None)


def min_of_all(x: Any) -> Any:
    """The smallest element."""
    return x.take(x.argmin()) if x.size <= 64 else _minimum(x, None)


def argmax(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The method."""
    return x.argmax(axis, keepdims=keepdims)


def argmin(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The method."""
    return x.argmin(axis, keepdims=keepdims)


def _picked(x: Any, index: Any, axis: int, reduce: Any) -> Any:
    """The elements at an index that kept its axis."""
    if x.size < _LARGE:
        # One more pass over little costs less than the arithmetic on indices.
        return reduce(x, axis, None, None, True)
    axis %= x.ndim
    n = x.shape[axis]
    after = math.prod(x.shape[axis + 1 :])
    before = x.size // (n * after)
    places = np.arange(0, before * n, n).reshape(-1, 1) + index.reshape(before, after)
    places *= after
    places += np.arange(after)
    return x.reshape(-1).take(places).reshape(index.shape)


def max_along(x: Any, *, axis: int, keepdims: bool = False) -> tuple[Any, Any]:
    """The largest elements along an axis and where they are."""
    index = np.asarray(x.argmax(axis, keepdims=True))
    values = _picked(x, index, axis, _maximum)
    return (values, index) if keepdims else (values.squeeze(axis), index.squeeze(axis))


def min_along(x: Any, *, axis: int, keepdims: bool = False) -> tuple[Any, Any]:
    """The smallest elements along an axis and where they are."""
    index = np.asarray(x.argmin(axis, keepdims=True))
    values = _picked(x, index, axis, _minimum)
    return (values, index) if keepdims else (values.squeeze(axis), index.squeeze(axis))


def median(x: Any) -> Any:
    """A partition, not a sort."""
    flat = x.ravel()
    if not flat.size:
        return x.dtype.type(math.nan)
    if x.dtype.kind == "f" and np.isnan(_maximum(flat, None)):
        return x.dtype.type(math.nan)
    middle = (flat.size - 1) // 2
    return np.partition(flat, middle)[middle]


def all_(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.all is a Python function around this."""
    return _and(x, axis, None, None, keepdims)


def any_(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.any is a Python function around this."""
    return _or(x, axis, None, None, keepdims)


def count_nonzero(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """np.count_nonzero returns a Python integer where it reduces everything."""
    if axis is None and not keepdims:
        return np.int64(np.count_nonzero(x))
    return _add(x if x.dtype.kind == "b" else x != 0, axis, np.int64, None, keepdims)


def logsumexp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """One temporary, written in place."""
    if not x.size:
        return _add(x, axis, None, None, keepdims) - math.inf
    largest = _maximum(x.real if x.dtype.kind == "c" else x, axis, None, None, True)
    largest = np.where(np.isinf(largest), largest.dtype.type(0), largest)
    t = np.exp(np.asarray(x - largest))
    token = quiet.begin()
    try:
        y = np.log(sum_(t, axis=axis, keepdims=keepdims))
    finally:
        quiet.end(token)
    return y + largest.reshape(y.shape)


def vector_norm(x: Any, *, ord: Any = 2, axis: Any = None, keepdims: bool = False) -> Any:
    """Squares are summed by BLAS where they fit its block, without an array of them."""
    if ord == 2 and x.dtype in _FLOATS:
        if axis is None and not keepdims and x.size < _LARGE:
            flat = x.ravel()
            return np.sqrt(flat.dot(flat))
        return np.sqrt(sum_(x * x, axis=axis, keepdims=keepdims))
    if ord == 0:
        return _add(x != 0, axis, x.real.dtype, None, keepdims)
    size = np.abs(x)
    if ord == 1:
        return sum_(size, axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return _maximum(size, axis, None, None, keepdims)
    if ord == -math.inf:
        return _minimum(size, axis, None, None, keepdims)
    token = quiet.begin()
    try:
        return sum_(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    finally:
        quiet.end(token)


def _accumulated(x: Any, axis: Any, include_initial: bool, ufunc: Any, initial: int) -> Any:
    axis = 0 if axis is None else axis % x.ndim
    n = x.shape[axis]
    if x.dtype.kind == "f" and axis < x.ndim - 1 and x.size >= 64 * n > 64:
        y = _row_by_row(x, axis, ufunc)
    elif x.dtype.kind != "f" or (n <= 32 and x.itemsize > 2):
        y = ufunc.accumulate(x, axis)
    else:
        # In float64, like PyTorch: errors of a running sum grow with its length, in float32 to percents.
        y = _by_rows(lambda rows: (_in_double(rows, ufunc),), x, axis, (x.dtype,))[0]
    if not include_initial:
        return np.ascontiguousarray(y)
    first = np.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), initial, y.dtype)
    return np.concatenate((first, y), axis)


def _in_double(x: Any, ufunc: Any) -> Any:
    return ufunc.accumulate(x.astype(np.float64, copy=False), -1)


def _by_rows(kernel: Callable[[Any], tuple[Any, ...]], x: Any, axis: int, dtypes: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a kernel along the last axis makes of an array, of a large one by all cores, in parts that fit the cache."""
    last = x.ndim - 1
    if axis % x.ndim != last:
        found = _by_rows(kernel, x.swapaxes(axis, last), last, dtypes)
        return tuple([np.ascontiguousarray(y.swapaxes(axis, last)) for y in found])
    outs = tuple([np.empty(x.shape, dtype) for dtype in dtypes])
    if not x.size:
        return outs
    width = x.shape[last]
    rows = x.reshape(-1, width)
    into = [out.reshape(-1, width) for out in outs]

    def work(i: int, j: int) -> None:
        for out, part in zip(into, kernel(rows[i:j]), strict=True):
            out[i:j] = part

    parallel.in_parts(work, len(rows), width * x.itemsize)
    return outs


def _row_by_row(x: Any, axis: int, ufunc: Any) -> Any:
    """ufunc.accumulate walks down the columns, element by element; whole rows take a quarter of the time."""
    y = np.empty_like(x)
    rows, results = np.moveaxis(x, axis, 0), np.moveaxis(y, axis, 0)
    running = rows[0].astype(np.float64)
    results[0] = running
    for i in range(1, len(rows)):
        ufunc(running, rows[i], out=running)
        results[i] = running
    return y


def cumulative_sum(x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """np.cumulative_sum is a Python function around this."""
    return _accumulated(x if dtype is None else x.astype(dtype), axis, include_initial, np.add, 0)


def cumulative_prod(x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """np.cumulative_prod is a Python function around this."""
    return _accumulated(x if dtype is None else x.astype(dtype), axis, include_initial, np.multiply, 1)


def cumulative_prod_backward(grad: Any, x: Any, product: Any, *, axis: int) -> Any:
    """PyTorch's: before the first 0 a quotient, at it the sum of what follows, beyond it 0."""
    zero = x == 0
    weighted = grad * product
    if not zero.any():
        return _reversed_sum(weighted, axis) / x
    seen = np.add.accumulate(zero, axis, np.int64)
    free = seen == 0
    y = _reversed_sum(np.where(free, weighted, x.dtype.type(0)), axis) / np.where(zero, x.dtype.type(1), x)
    first = zero & (seen == 1)
    # Products from the first 0 to the second, without it, times what is before it.
    inside = np.where(
        seen == 1,
        np.multiply.accumulate(np.where(free | first, x.dtype.type(1), x), axis) * grad,
        x.dtype.type(0),
    )
    before = _multiply(np.where(free, x, x.dtype.type(1)), axis, None, None, True)
    return np.where(free, y, np.where(first, _add(inside, axis, None, None, True) * before, x.dtype.type(0)))


def _reversed_sum(x: Any, axis: int) -> Any:
    key = (*(slice(None),) * (axis % x.ndim), slice(None, None, -1))
    return _accumulated(x[key], axis, False, np.add, 0)[key]


def _running(x: Any, axis: int, ufunc: Any) -> tuple[Any, Any]:
    if x.size >= _LARGE:
        values, places = _by_rows(lambda rows: _running_of_few(rows, 1, ufunc), x, axis, (x.dtype, np.int64))
        return values, places
    return _running_of_few(x, axis, ufunc)


def _running_of_few(x: Any, axis: int, ufunc: Any) -> tuple[Any, Any]:
    y = ufunc.accumulate(x, axis)
    met = x == y
    if x.dtype.kind == "f":
        met |= np.isnan(x)
    line = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return y, np.maximum.accumulate(np.where(met, line, 0), axis)


def cumulative_max(x: Any, *, axis: int) -> tuple[Any, Any]:
    """One pass for the values, one for their places."""
    return _running(x, axis, np.maximum)


def cumulative_min(x: Any, *, axis: int) -> tuple[Any, Any]:
    """One pass for the values, one for their places."""
    return _running(x, axis, np.minimum)


def cumulative_logsumexp(x: Any, *, axis: int) -> Any:
    """One pass."""
    token = quiet.begin()
    try:
        if x.dtype.kind == "c":
            rows = itertools.accumulate(np.moveaxis(x, axis, 0), logaddexp)
            return np.stack([*rows], axis) if x.shape[axis] else x.copy()
        return np.logaddexp.accumulate(x, axis)
    finally:
        quiet.end(token)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "sum": sum_,
    "nansum": nansum,
    "mean": mean,
    "prod": prod,
    "products_of_others": products_of_others,
    "variance": variance,
    "deviation": deviation,
    "max": max_,
    "min": min_,
    "max_of_all": max_of_all,
    "min_of_all": min_of_all,
    "argmax": argmax,
    "argmin": argmin,
    "max_along": max_along,
    "min_along": min_along,
    "median": median,
    "all": all_,
    "any": any_,
    "count_nonzero": count_nonzero,
    "logsumexp": logsumexp,
    "vector_norm": vector_norm,
    "cumulative_sum": cumulative_sum,
    "cumulative_prod": cumulative_prod,
    "cumulative_prod_backward": cumulative_prod_backward,
    "cumulative_max": cumulative_max,
    "cumulative_min": cumulative_min,
    "cumulative_logsumexp": cumulative_logsumexp,
}
