"""Softmax and layer norm: each row is read once from memory, and stays in a cache for what else is done to it."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled, constant, exp, summing
from plugrad_numba.threads import share


def top(bits):
    """The bits of the largest number of a row, from the numbers' bits: integers are compared many at once.

    Among negative numbers the one with the least bits is the largest, so theirs are turned around. A nan counts as
    larger or smaller than all, by its sign; in either case it is in the sum that comes next.
    """
    raise NotImplementedError("for compiled functions")


@overload(top)
def _top(bits):
    if bits.dtype == types.int32:
        integer, shift, flip, least = np.int32, np.int32(31), np.int32(0x7FFFFFFF), np.int32(-(2**31))
    else:
        integer, shift, flip, least = np.int64, np.int64(63), np.int64(2**63 - 1), np.int64(-(2**63))

    def implementation(bits):
        most = least
        for i in range(bits.size):
            most = max(most, integer(bits[i] ^ ((bits[i] >> shift) & flip)))
        return integer(most ^ ((most >> shift) & flip))

    return implementation


# What is summed at a time in the numbers' own precision; the sums are added in float64, so that errors don't grow.
BLOCK = 4096


@summing
def _sum(part):
    result = constant(part[0], 0.0)
    for i in range(part.size):
        result += part[i]
    return result


@compiled
def total(row):
    """The sum of a row, in float64."""
    result = 0.0
    for start in range(0, row.size, BLOCK):
        result += _sum(row[start : start + BLOCK])
    return result


@summing
def _product(a, b):
    result = constant(a[0], 0.0)
    for i in range(a.size):
        result += a[i] * b[i]
    return result


@compiled
def product(a, b):
    result = 0.0
    for start in range(0, a.size, BLOCK):
        result += _product(a[start : start + BLOCK], b[start : start + BLOCK])
    return result


@compiled
def exponentials(row, largest, out):
    for i in range(row.size):
        out[i] = exp(row[i] - largest)


@summing
def _sum_of_exponentials(part, largest):
    result = constant(part[0], 0.0)
    for i in range(part.size):
        result += exp(part[i] - largest)
    return result


@compiled
def sum_of_exponentials(row, largest):
    result = 0.0
    for start in range(0, row.size, BLOCK):
        result += _sum_of_exponentials(row[start : start + BLOCK], largest)
    return result


def same(x, value):
    """A number in the precision of an array's."""
    raise NotImplementedError("for compiled functions")


@overload(same)
def _same(x, value):
    if x.dtype == types.float32:
        return lambda x, value: np.float32(value)
    return lambda x, value: np.float64(value)


@compiled
def largest_of(row, bits, buffer):
    """The largest number of a row; ``buffer`` has one place, seen as a number and as its bits."""
    buffer[0] = top(bits)
    return buffer.view(row.dtype)[0]


@compiled
def _softmax(x, bits, y):
    buffer = np.empty(1, bits.dtype)
    one = same(x, 1)
    for r in range(len(x)):
        out = y[r]
        exponentials(x[r], largest_of(x[r], bits[r], buffer), out)
        scale = one / same(x, total(out))
        for i in range(out.size):
            out[i] *= scale


@compiled
def _softmax_backward(grad, result, out):
    for r in range(len(result)):
        g, y, dx = grad[r], result[r], out[r]
        mean = same(result, product(g, y))
        for i in range(y.size):
            dx[i] = (g[i] - mean) * y[i]


@compiled
def _log_softmax(x, bits, y):
    buffer = np.empty(1, bits.dtype)
    for r in range(len(x)):
        row, out = x[r], y[r]
        most = largest_of(row, bits[r], buffer)
        logarithm = same(x, math.log(sum_of_exponentials(row, most)))
        # The largest is taken off first: the logarithm is small beside it.
        for i in range(row.size):
            out[i] = (row[i] - most) - logarithm


@compiled
def _log_softmax_backward(grad, result, out):
    for r in range(len(result)):
        g, y, dx = grad[r], result[r], out[r]
        sum_of_row = same(result, total(g))
        for i in range(y.size):
            dx[i] = g[i] - exp(y[i]) * sum_of_row


def bits_of(x):
    """An array seen as integers."""
    return x.view(np.int32 if x.itemsize == 4 else np.int64)


def _along_rows(compute, least, fallback, looks):
    """A kernel along the last axis; ``looks``: the function takes the bits of its array too."""

    def kernel(*arrays, axis):
        x = arrays[0]
        if x.ndim == 0 or axis not in (-1, x.ndim - 1) or not fits(least, *arrays):
            return fallback(*arrays, axis=axis)
        y = np.empty(x.shape, x.dtype)
        rows = [a.reshape(-1, x.shape[-1]) for a in arrays]
        if looks:
            rows.append(bits_of(rows[0]))
        rows.append(y.reshape(rows[0].shape))
        share(lambda i, j: compute(*[a[i:j] for a in rows]), len(rows[0]), 2 * (1 + len(arrays)) * x.nbytes)
        return y

    return kernel


# -- layer norm ------------------------------------------------------------------------------------------------------


@summing
def _squares(part, mean):
    result = constant(part[0], 0.0)
    for i in range(part.size):
        d = part[i] - mean
        result += d * d
    return result


@compiled
def _variance(row, mean):
    result = 0.0
    for start in range(0, row.size, BLOCK):
        result += _squares(row[start : start + BLOCK], mean)
    return result / row.size


@compiled
def _layer_norm(x, weight, bias, eps, y, mean, rstd):
    for r in range(len(x)):
        row, out = x[r], y[r]
        m = same(x, total(row) / row.size)
        s = same(x, 1 / math.sqrt(_variance(row, m) + eps))
        mean[r] = m
        rstd[r] = s
        for i in range(row.size):
            out[i] = (row[i] - m) * s
        if weight.size:
            for i in range(row.size):
                out[i] *= weight[i]
        if bias.size:
            for i in range(row.size):
                out[i] += bias[i]


@summing
def _two_sums(grad, x, weight, mean, rstd):
    a, b = constant(x[0], 0.0), constant(x[0], 0.0)
    for i in range(x.size):
        h = grad[i] * weight[i]
        a += h
        b += h * ((x[i] - mean) * rstd)
    return a, b


@compiled
def _two_means(grad, x, weight, mean, rstd):
    """The means over a row of h and of h times the normalized x, where h is the gradient times the weight."""
    first, second = 0.0, 0.0
    for start in range(0, x.size, BLOCK):
        part = slice(start, start + BLOCK)
        a, b = _two_sums(grad[part], x[part], weight[part], mean, rstd)
        first += a
        second += b
    return first / x.size, second / x.size


@compiled
def _layer_norm_backward(grad, x, weight, mean, rstd, out, of_weight, of_bias):
    """The gradient of x, and the sums over these rows for weight and bias, into what is not empty."""
    for r in range(len(x)):
        g, row, m, s = grad[r], x[r], mean[r], rstd[r]
        if len(out):
            dx = out[r]
            a, b = _two_means(g, row, weight, m, s)
            first, second = same(x, a), same(x, b)
            for i in range(row.size):
                dx[i] = (g[i] * weight[i] - first - (row[i] - m) * s * second) * s
        if of_weight.size:
            for i in range(row.size):
                of_weight[i] += g[i] * ((row[i] - m) * s)
        if of_bias.size:
            for i in range(row.size):
                of_bias[i] += g[i]


def _layer_norm_kernel(least, fallback):
    def kernel(x, weight=None, bias=None, *, ndim, eps):
        width = math.prod(x.shape[x.ndim - ndim :])
        flat = [np.empty(0, x.dtype) if a is None else a.reshape(-1) for a in (weight, bias)]
        if not fits(least, x) or any([a.dtype != x.dtype or a.size not in (0, width) for a in flat]):
            return fallback(x, weight, bias, ndim=ndim, eps=eps)
        rows = x.reshape(-1, width)
        y, mean, rstd = np.empty(x.shape, x.dtype), np.empty(len(rows), x.dtype), np.empty(len(rows), x.dtype)
        out, flat = y.reshape(rows.shape), [np.ascontiguousarray(a) for a in flat]
        share(lambda i, j: _layer_norm(rows[i:j], *flat, eps, out[i:j], mean[i:j], rstd[i:j]), len(rows), 2 * x.nbytes)
        statistics = (*x.shape[: x.ndim - ndim], *(1,) * ndim)
        return y, mean.reshape(statistics), rstd.reshape(statistics)

    return kernel


def _layer_norm_backward_kernel(least, fallback):
    def kernel(grad, x, weight=None, mean=None, rstd=None, *, ndim, eps, wanted):
        inner = x.shape[x.ndim - ndim :]
        width = math.prod(inner)
        given = [a for a in (weight, mean, rstd) if a is not None]
        if mean is None or not fits(least, x, grad) or any([a.dtype != x.dtype for a in given]):
            return fallback(grad, x, weight, mean, rstd, ndim=ndim, eps=eps, wanted=wanted)
        rows, grads = x.reshape(-1, width), grad.reshape(-1, width)
        nothing = np.empty(0, x.dtype)
        factors = np.ones(width, x.dtype) if weight is None else np.ascontiguousarray(weight).reshape(-1)
        m, s = np.ascontiguousarray(mean).reshape(-1), np.ascontiguousarray(rstd).reshape(-1)
        dx = np.empty(x.shape, x.dtype) if wanted[0] else None
        out = dx.reshape(rows.shape) if wanted[0] else np.empty((0, 0), x.dtype)
        # Each part has its own sums: an append is safe among threads.
        sums = []

        def work(start, stop):
            mine = [np.zeros(width, x.dtype) if want else nothing for want in wanted[1:]]
            part = slice(start, stop)
            _layer_norm_backward(grads[part], rows[part], factors, m[part], s[part], out[part], *mine)
            sums.append((start, mine))

        share(work, len(rows), 6 * x.nbytes)
        # In the order of the rows, so that the result is always the same.
        ordered = [mine for _, mine in sorted(sums, key=lambda pair: pair[0])]
        found = [dx] if wanted[0] else []
        found += [
            np.sum([mine[k] for mine in ordered], axis=0, dtype=x.dtype).reshape(inner) for k in (0, 1) if wanted[1 + k]
        ]
        return tuple(found)

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    return {
        "softmax": _along_rows(_softmax, threshold(8192), earlier.softmax, True),
        "softmax_backward": _along_rows(_softmax_backward, threshold(2048), earlier.softmax_backward, False),
        "log_softmax": _along_rows(_log_softmax, threshold(64), earlier.log_softmax, True),
        "log_softmax_backward": _along_rows(
            _log_softmax_backward, threshold(4096), earlier.log_softmax_backward, False
        ),
        "layer_norm": _layer_norm_kernel(threshold(64), earlier.layer_norm),
        "layer_norm_backward": _layer_norm_backward_kernel(threshold(4096), earlier.layer_norm_backward),
    }
