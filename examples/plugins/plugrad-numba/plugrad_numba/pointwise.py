"""Activations and their derivatives, in one pass."""

import math

import numpy as np

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled, constant, exp, normal
from plugrad_numba.threads import share


@compiled
def _relu(x, y):
    zero = constant(x[0], 0.0)
    for i in range(x.size):
        y[i] = zero if x[i] < zero else x[i]


@compiled
def _relu_backward(grad, result, out):
    zero = constant(result[0], 0.0)
    for i in range(out.size):
        out[i] = zero if result[i] <= zero else grad[i]


@compiled
def _sigmoid(x, y):
    one = constant(x[0], 1.0)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


@compiled
def _sigmoid_backward(grad, result, out):
    one = constant(result[0], 1.0)
    for i in range(out.size):
        s = result[i]
        out[i] = grad[i] * ((one - s) * s)


@compiled
def _tanh_backward(grad, result, out):
    one = constant(result[0], 1.0)
    for i in range(out.size):
        t = result[i]
        out[i] = grad[i] * (one - t * t)


@compiled
def _silu(x, y):
    one = constant(x[0], 1.0)
    for i in range(x.size):
        y[i] = x[i] / (one + exp(-x[i]))


@compiled
def _silu_backward(grad, x, out):
    one = constant(x[0], 1.0)
    for i in range(x.size):
        s = one / (one + exp(-x[i]))
        out[i] = grad[i] * (s * (one + x[i] * (one - s)))


@compiled
def _gelu(x, y):
    for i in range(x.size):
        y[i] = x[i] * normal(x[i])


_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)


@compiled
def _gelu_backward(grad, x, out):
    density, half = constant(x[0], _DENSITY_AT_0), constant(x[0], -0.5)
    for i in range(x.size):
        z = x[i]
        out[i] = grad[i] * (normal(z) + z * (density * exp(half * (z * z))))


_SCALE = math.sqrt(2 / math.pi)
_CUBE = 0.044715


@compiled
def _gelu_by_tanh(x, y):
    one, minus_two = constant(x[0], 1.0), constant(x[0], -2.0)
    scale, cube = constant(x[0], _SCALE), constant(x[0], _CUBE)
    for i in range(x.size):
        z = x[i]
        # (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u))
        y[i] = z / (one + exp(minus_two * (scale * (z + cube * (z * z * z)))))


@compiled
def _gelu_by_tanh_backward(grad, x, out):
    one, two, minus_two = constant(x[0], 1.0), constant(x[0], 2.0), constant(x[0], -2.0)
    scale, cube, slope = constant(x[0], _SCALE), constant(x[0], _CUBE), constant(x[0], 3 * _CUBE)
    for i in range(x.size):
        z = x[i]
        s = one / (one + exp(minus_two * (scale * (z + cube * (z * z * z)))))
        # Half of 1 - tanh(u)**2 is 2 s (1 - s).
        out[i] = grad[i] * (s + z * (two * (s * (one - s)) * (scale * (one + slope * (z * z)))))


@compiled
def _dropout(x, mask, scale, y):
    zero = constant(x[0], 0.0)
    for i in range(x.size):
        y[i] = x[i] * (scale if mask[i] else zero)


def _elementwise(compute, least, fallback, work=1):
    def kernel(*arrays):
        x = arrays[0]
        if not fits(least, *arrays):
            return fallback(*arrays)
        y = np.empty(x.shape, x.dtype)
        flat = [a.reshape(-1) for a in (*arrays, y)]
        share(lambda i, j: compute(*[a[i:j] for a in flat]), x.size, work * (1 + len(arrays)) * x.nbytes)
        return y

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    found = {}
    for name, compute, size, work in (
        ("relu", _relu, 65536, 1),
        ("relu_backward", _relu_backward, 4096, 1),
        ("sigmoid", _sigmoid, 8192, 2),
        ("sigmoid_backward", _sigmoid_backward, 32768, 1),
        ("tanh_backward", _tanh_backward, 32768, 1),
        ("silu", _silu, 8192, 2),
        ("silu_backward", _silu_backward, 1024, 2),
    ):
        found[name] = _elementwise(compute, threshold(size), getattr(earlier, name), work)
    of_erf = _elementwise(_gelu, threshold(64), earlier.gelu, 2)
    of_tanh = _elementwise(_gelu_by_tanh, threshold(64), lambda x: earlier.gelu(x, approximate="tanh"), 2)
    of_erf_backward = _elementwise(_gelu_backward, threshold(64), earlier.gelu_backward, 2)
    of_tanh_backward = _elementwise(
        _gelu_by_tanh_backward, threshold(64), lambda g, x: earlier.gelu_backward(g, x, approximate="tanh"), 2
    )
    found["gelu"] = lambda x, *, approximate="none": (of_tanh if approximate == "tanh" else of_erf)(x)
    found["gelu_backward"] = lambda grad, x, *, approximate="none": (
        of_tanh_backward if approximate == "tanh" else of_erf_backward
    )(grad, x)
    found["dropout_mask"] = _dropout_kernel(threshold(16384), earlier.dropout_mask)
    return found


def _dropout_kernel(least, fallback):
    def kernel(x, mask, *, scale):
        if not fits(least, x) or mask.shape != x.shape or mask.dtype != np.bool_ or not mask.flags.c_contiguous:
            return fallback(x, mask, scale=scale)
        y = np.empty(x.shape, x.dtype)
        flat, flags, out, factor = x.reshape(-1), mask.reshape(-1), y.reshape(-1), x.dtype.type(scale)
        share(lambda i, j: _dropout(flat[i:j], flags[i:j], factor, out[i:j]), x.size, 2 * x.nbytes + x.size)
        return y

    return kernel
