"""Sliding windows along one or two axes: convolution by columns of windows and BLAS, and pooling.

A sample's columns are gathered, multiplied and forgotten while they are in a cache.
"""

from math import prod

import numpy as np

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled
from plugrad_numba.threads import share


@compiled
def _inside(n, count, start, stride):
    """The first and the last but one of the windows whose place, at ``start`` in the first one, is inside."""
    first = 0
    if start < 0:
        first = (stride - 1 - start) // stride
    last = (n - 1 - start) // stride + 1 if n > start else 0
    return min(first, count), max(min(last, count), min(first, count))


# An index of this type is not looked at for being negative, which keeps the compiler from computing many at once.
_at = np.uint64


@compiled
def _gather(x, columns, channels, shape, size, stride, padding, dilation, count):
    """The windows of flat planes (channels, *shape) as flat columns (channels, *size, *count)."""
    zero = x.dtype.type(0)
    line = 0
    for c in range(channels):
        for a in range(size[0]):
            top = a * dilation[0] - padding[0]
            row_first, row_last = _inside(shape[0], count[0], top, stride[0])
            for b in range(size[1]):
                left = b * dilation[1] - padding[1]
                first, last = _inside(shape[1], count[1], left, stride[1])
                for i in range(count[0]):
                    if i < row_first or i >= row_last:
                        for j in range(count[1]):
                            columns[_at(line + j)] = zero
                    else:
                        source = (c * shape[0] + top + i * stride[0]) * shape[1] + left
                        for j in range(first):
                            columns[_at(line + j)] = zero
                        if stride[1] == 1:
                            for j in range(first, last):
                                columns[_at(line + j)] = x[_at(source + j)]
                        else:
                            for j in range(first, last):
                                columns[_at(line + j)] = x[_at(source + j * stride[1])]
                        for j in range(last, count[1]):
                            columns[_at(line + j)] = zero
                    line += count[1]


@compiled
def _scatter(columns, x, channels, shape, size, stride, padding, dilation, count):
    """Flat columns added at their places in flat planes (channels, *shape), which are made zeros first."""
    x[:] = x.dtype.type(0)
    block = 0
    for c in range(channels):
        for a in range(size[0]):
            top = a * dilation[0] - padding[0]
            row_first, row_last = _inside(shape[0], count[0], top, stride[0])
            for b in range(size[1]):
                left = b * dilation[1] - padding[1]
                first, last = _inside(shape[1], count[1], left, stride[1])
                for i in range(row_first, row_last):
                    line = block + i * count[1]
                    target = (c * shape[0] + top + i * stride[0]) * shape[1] + left
                    if stride[1] == 1:
                        for j in range(first, last):
                            x[_at(target + j)] += columns[_at(line + j)]
                    else:
                        for j in range(first, last):
                            x[_at(target + j * stride[1])] += columns[_at(line + j)]
                block += count[0] * count[1]


class _Plan:
    """Sizes with two axes: one axis gets another of one place in front."""

    def __init__(self, shape, size, stride, padding, dilation):
        line = len(shape) == 1
        self.shape = (1, *shape) if line else tuple(shape)
        self.size = (1, *size) if line else tuple(size)
        self.stride = (1, *stride) if line else tuple(stride)
        self.padding = (0, *padding) if line else tuple(padding)
        self.dilation = (1, *dilation) if line else tuple(dilation)
        self.count = tuple(
            [
                (n + 2 * p - d * (k - 1) - 1) // s + 1
                for n, k, s, p, d in zip(self.shape, self.size, self.stride, self.padding, self.dilation, strict=True)
            ]
        )
        self.options = (self.shape, self.size, self.stride, self.padding, self.dilation, self.count)
        #: Whether the columns are the input itself.
        self.pointwise = self.size == self.stride == (1, 1) and self.padding == (0, 0)


def _convolution(least, fallback):
    def kernel(x, weight, bias=None, *, stride, padding, dilation, groups):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        if not 1 <= len(stride) <= 2 or not fits(least, x) or not fits(1, weight) or weight.dtype != x.dtype:
            return fallback(x, weight, bias, **options)
        plan = _Plan(x.shape[2:], weight.shape[2:], stride, padding, dilation)
        if plan.pointwise or min(plan.count) < 1:
            return fallback(x, weight, bias, **options)
        n, channels, out = x.shape[0], x.shape[1], weight.shape[0]
        windows = prod(plan.count)
        y = np.empty((n, out, *plan.count[-len(stride) :]), x.dtype)
        planes = x.reshape(n, -1)
        rows = weight.reshape(groups, out // groups, -1)
        results = y.reshape(n, groups, out // groups, windows)
        added = None if bias is None else bias.reshape(groups, out // groups, 1).astype(x.dtype, copy=False)

        def work(start, stop):
            columns = np.empty(channels * prod(plan.size) * windows, x.dtype)
            flat = columns.reshape(groups, -1, windows)
            for i in range(start, stop):
                _gather(planes[i], columns, channels, *plan.options)
                result = results[i]
                if groups == 1:
                    np.dot(rows[0], flat[0], out=result[0])
                else:
                    np.matmul(rows, flat, out=result)
                if added is not None:
                    result += added

        share(work, n, 2 * n * prod(plan.size) * channels * windows * x.itemsize)
        return y

    return kernel


def _convolution_input(least, fallback):
    def kernel(grad, weight, *, shape, stride, padding, dilation, groups):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        if not 1 <= len(stride) <= 2 or not fits(least, grad) or not fits(1, weight) or weight.dtype != grad.dtype:
            return fallback(grad, weight, shape=shape, **options)
        plan = _Plan(shape, weight.shape[2:], stride, padding, dilation)
        n, out = grad.shape[:2]
        if plan.pointwise or plan.count[-len(stride) :] != grad.shape[2:]:
            return fallback(grad, weight, shape=shape, **options)
        channels, windows = weight.shape[1] * groups, prod(plan.count)
        rows = weight.reshape(groups, out // groups, -1).transpose(0, 2, 1)
        grads = grad.reshape(n, groups, out // groups, windows)
        y = np.empty((n, channels, *shape), grad.dtype)
        planes = y.reshape(n, -1)

        def work(start, stop):
            columns = np.empty(channels * prod(plan.size) * windows, grad.dtype)
            flat = columns.reshape(groups, -1, windows)
            for i in range(start, stop):
                if groups == 1:
                    np.dot(rows[0], grads[i, 0], out=flat[0])
                else:
                    np.matmul(rows, grads[i], out=flat)
                _scatter(columns, planes[i], channels, *plan.options)

        share(work, n, 2 * n * prod(plan.size) * channels * windows * grad.itemsize)
        return y

    return kernel


def _convolution_weight(least, fallback):
    def kernel(grad, x, *, shape, stride, padding, dilation, groups):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        if not 1 <= len(stride) <= 2 or not fits(least, x) or not fits(1, grad) or grad.dtype != x.dtype:
            return fallback(grad, x, shape=shape, **options)
        plan = _Plan(x.shape[2:], shape, stride, padding, dilation)
        n, channels, out = x.shape[0], x.shape[1], grad.shape[1]
        if plan.pointwise or plan.count[-len(stride) :] != grad.shape[2:]:
            return fallback(grad, x, shape=shape, **options)
        windows = prod(plan.count)
        planes = x.reshape(n, -1)
        grads = grad.reshape(n, groups, out // groups, windows)
        sums = []

        def work(start, stop):
            columns = np.empty(channels * prod(plan.size) * windows, x.dtype)
            flat = columns.reshape(groups, -1, windows).transpose(0, 2, 1)
            mine = np.zeros((groups, out // groups, flat.shape[2]), x.dtype)
            for i in range(start, stop):
                _gather(planes[i], columns, channels, *plan.options)
                mine += np.dot(grads[i, 0], flat[0]) if groups == 1 else np.matmul(grads[i], flat)
            sums.append((start, mine))

        share(work, n, 2 * n * prod(plan.size) * channels * windows * x.itemsize)
        # In the order of the samples, so that the result is always the same.
        total = np.sum([mine for _, mine in sorted(sums, key=lambda pair: pair[0])], axis=0, dtype=x.dtype)
        return total.reshape(out, channels // groups, *shape)

    return kernel


def _im2col(least, fallback):
    def kernel(x, *, size, stride, padding, dilation):
        if not 1 <= len(size) <= 2 or not fits(least, x):
            return fallback(x, size=size, stride=stride, padding=padding, dilation=dilation)
        plan = _Plan(x.shape[2:], size, stride, padding, dilation)
        n, channels = x.shape[:2]
        planes = x.reshape(n, -1)
        columns = np.empty((n, channels * prod(size) * prod(plan.count)), x.dtype)

        def work(start, stop):
            for i in range(start, stop):
                _gather(planes[i], columns[i], channels, *plan.options)

        share(work, n, columns.nbytes)
        return columns.reshape(n, channels * prod(size), prod(plan.count))

    return kernel


def _col2im(least, fallback):
    def kernel(x, *, shape, size, stride, padding, dilation):
        if not 1 <= len(size) <= 2 or not fits(least, x):
            return fallback(x, shape=shape, size=size, stride=stride, padding=padding, dilation=dilation)
        plan = _Plan(shape, size, stride, padding, dilation)
        n, channels = x.shape[0], x.shape[1] // prod(size)
        columns = x.reshape(n, -1)
        y = np.empty((n, channels, *shape), x.dtype)
        planes = y.reshape(n, -1)

        def work(start, stop):
            for i in range(start, stop):
                _scatter(columns[i], planes[i], channels, *plan.options)

        share(work, n, x.nbytes)
        return y

    return kernel


# -- pooling ---------------------------------------------------------------------------------------------------------


@compiled
def _max_pool(x, shape, size, stride, padding, dilation, best, index):
    """The largest of each window of flat planes, and its place. The first of several; a nan is larger than all."""
    rows, width = best.shape[1], best.shape[2]
    for p in range(len(x)):
        plane = x[p]
        for i in range(rows):
            most, place = best[p, i], index[p, i]
            for j in range(width):
                place[j] = -1
            for a in range(size[0]):
                row = i * stride[0] - padding[0] + a * dilation[0]
                if row < 0 or row >= shape[0]:
                    continue
                for b in range(size[1]):
                    left = b * dilation[1] - padding[1]
                    first, last = _inside(shape[1], width, left, stride[1])
                    source = row * shape[1] + left
                    for j in range(first, last):
                        k = source + j * stride[1]
                        value = plane[_at(k)]
                        better = place[_at(j)] < 0 or value > most[_at(j)] or value != value
                        most[_at(j)] = value if better else most[_at(j)]
                        place[_at(j)] = k if better else place[_at(j)]


@compiled
def _max_pool_by_two(x, shape, stride, best, index):
    """The same of windows of 2 x 2 without padding, the usual ones."""
    rows, width = best.shape[1], best.shape[2]
    for p in range(len(x)):
        plane = x[p]
        for i in range(rows):
            most, place = best[p, i], index[p, i]
            for j in range(width):
                k = i * stride[0] * shape[1] + j * stride[1]
                value, where = plane[_at(k)], k
                for other in (k + 1, k + shape[1], k + shape[1] + 1):
                    found = plane[_at(other)]
                    better = (found > value) | (found != found)
                    value = found if better else value
                    where = other if better else where
                most[_at(j)] = value
                place[_at(j)] = where


@compiled
def _max_pool_backward(grad, index, out):
    """False where an index is out of range."""
    out[:] = out.dtype.type(0)
    for p in range(len(grad)):
        given, places, plane = grad[p], index[p], out[p]
        for i in range(given.size):
            place = places[i]
            if place < 0 or place >= plane.size:
                return False
            plane[place] += given[i]
    return True


@compiled
def _averages(n, count, size, stride, padding, include, starts, ends, lengths):
    """Of the windows along one axis: where they start and end inside, and how long they count as."""
    for i in range(count):
        start = i * stride - padding
        end = min(start + size, n + padding)
        starts[i] = max(start, 0)
        ends[i] = min(end, n)
        lengths[i] = end - start if include else max(ends[i] - starts[i], 0)


@compiled
def _avg_pool(x, rows, columns, divisor, y):
    for p in range(len(x)):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                total = 0.0
                for a in range(rows[0, i], rows[1, i]):
                    for b in range(columns[0, j], columns[1, j]):
                        total += x[p, a, b]
                y[p, i, j] = total / (divisor if divisor else rows[2, i] * columns[2, j])


def _max_pool_kernel(least, fallback):
    def kernel(x, *, size, stride, padding, dilation, ceil_mode):
        if not 1 <= len(size) <= 2 or ceil_mode or not fits(least, x):
            return fallback(x, size=size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
        plan = _Plan(x.shape[2:], size, stride, padding, dilation)
        planes = x.reshape(-1, prod(plan.shape))
        best = np.zeros((len(planes), *plan.count), x.dtype)
        index = np.empty(best.shape, np.int64)
        options = (plan.shape, plan.size, plan.stride, plan.padding, plan.dilation)

        def work(i, j):
            if options[1:] == ((2, 2), plan.stride, (0, 0), (1, 1)):
                _max_pool_by_two(planes[i:j], plan.shape, plan.stride, best[i:j], index[i:j])
            else:
                _max_pool(planes[i:j], *options, best[i:j], index[i:j])

        share(work, len(planes), x.nbytes + 3 * best.nbytes)
        shape = (*x.shape[:2], *plan.count[-len(size) :])
        return best.reshape(shape), index.reshape(shape)

    return kernel


def _max_pool_backward_kernel(least, fallback):
    def kernel(grad, index, *, shape, apart, windows=None):
        if not fits(least, grad) or index.dtype != np.int64 or index.shape != grad.shape:
            return fallback(grad, index, shape=shape, apart=apart, windows=windows)
        n, channels = grad.shape[:2]
        given, places = grad.reshape(n * channels, -1), np.ascontiguousarray(index).reshape(n * channels, -1)
        out = np.empty((n * channels, prod(shape)), grad.dtype)
        right = []
        share(
            lambda i, j: right.append(_max_pool_backward(given[i:j], places[i:j], out[i:j])),
            n * channels,
            3 * grad.nbytes + out.nbytes,
        )
        if not all(right):
            return fallback(grad, index, shape=shape, apart=apart, windows=windows)
        return out.reshape(n, channels, *shape)

    return kernel


def _spans(shape, count, size, stride, padding, include):
    found = []
    for n, c, k, s, p in zip(shape, count, size, stride, padding, strict=True):
        spans = np.empty((3, c), np.int64)
        _averages(n, c, k, s, p, include, *spans)
        found.append(spans)
    return found


def _avg_pool_kernel(least, fallback):
    def kernel(x, *, size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        if not 1 <= len(size) <= 2 or ceil_mode or not fits(least, x):
            return fallback(
                x, size=size, stride=stride, padding=padding, ceil_mode=ceil_mode,
                count_include_pad=count_include_pad, divisor_override=divisor_override,
            )  # fmt: skip
        plan = _Plan(x.shape[2:], size, stride, padding, (1,) * len(size))
        spans = _spans(plan.shape, plan.count, plan.size, plan.stride, plan.padding, count_include_pad)
        planes = x.reshape(-1, *plan.shape)
        y = np.empty((len(planes), *plan.count), x.dtype)
        divisor = float(divisor_override or 0)
        share(lambda i, j: _avg_pool(planes[i:j], *spans, divisor, y[i:j]), len(planes), x.nbytes + y.nbytes)
        return y.reshape(*x.shape[:2], *plan.count[-len(size) :])

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    return {
        "im2col": _im2col(threshold(512), earlier.im2col),
        "col2im": _col2im(threshold(512), earlier.col2im),
        "convolution": _convolution(threshold(512), earlier.convolution),
        "convolution_input": _convolution_input(threshold(512), earlier.convolution_input),
        "convolution_weight": _convolution_weight(threshold(512), earlier.convolution_weight),
        "max_pool": _max_pool_kernel(threshold(256), earlier.max_pool),
        "max_pool_backward": _max_pool_backward_kernel(threshold(256), earlier.max_pool_backward),
        "avg_pool": _avg_pool_kernel(threshold(256), earlier.avg_pool),
    }
