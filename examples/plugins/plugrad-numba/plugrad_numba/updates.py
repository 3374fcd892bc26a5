"""Steps of SGD and Adam: every array is read and written once."""

import numpy as np

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled
from plugrad_numba.threads import share


@compiled
def _sgd(param, grad, lr, decay):
    for i in range(param.size):
        param[i] -= lr * (grad[i] + decay * param[i])


@compiled
def _sgd_with_momentum(param, grad, velocity, lr, decay, momentum, added, nesterov):
    for i in range(param.size):
        g = grad[i] + decay * param[i]
        v = momentum * velocity[i] + added * g
        velocity[i] = v
        if nesterov:
            v = g + momentum * v
        param[i] -= lr * v


@compiled
def _adam(param, grad, first, second, decay, shrink, change, square, beta2, root, eps, rate):
    for i in range(param.size):
        p = param[i] * shrink
        g = grad[i] + decay * p
        m = first[i] + (g - first[i]) * change
        v = second[i] * beta2 + (g * g) * square
        first[i] = m
        second[i] = v
        param[i] = p - (m / (np.sqrt(v) / root + eps)) * rate


def _numbers(*values):
    """Whether options are plain numbers, and not arrays of a device."""
    return all([value is None or isinstance(value, (int, float)) for value in values])


def _in_place(least, *arrays):
    return fits(least, *arrays) and all([a.flags.writeable for a in (arrays[0], *arrays[2:])])


def _sgd_kernel(least, fallback):
    def kernel(param, grad, velocity=None, **options):
        lr, decay, momentum = options["lr"], options["weight_decay"], options["momentum"]
        given = (param, grad) if velocity is None else (param, grad, velocity)
        if options["maximize"] or not _numbers(lr, decay, momentum) or not _in_place(least, *given):
            return fallback(*given, **options)
        number = param.dtype.type
        flat = [a.reshape(-1) for a in given]
        rate, decay = number(lr), number(decay or 0.0)
        size = 2 * len(given) * param.nbytes
        if velocity is None:
            share(lambda i, j: _sgd(*[a[i:j] for a in flat], rate, decay), param.size, size)
            return (param,)
        added = number(1.0 if options["first"] else 1 - options["dampening"])
        constants = rate, decay, number(momentum), added, bool(options["nesterov"])
        share(lambda i, j: _sgd_with_momentum(*[a[i:j] for a in flat], *constants), param.size, size)
        return param, velocity

    return kernel


def _adam_kernel(least, fallback):
    def kernel(param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq=None, **options):
        lr, beta1, beta2, decay = [options[name] for name in ("lr", "beta1", "beta2", "weight_decay")]
        given = param, grad, exp_avg, exp_avg_sq
        if (
            max_exp_avg_sq is not None
            or options["maximize"]
            or not _numbers(lr, beta1, beta2, decay)
            or not _in_place(least, *given)
        ):
            return fallback(*given, max_exp_avg_sq, **options)
        number, step, decay = param.dtype.type, options["step"], decay or 0.0
        coupled, shrink = (0.0, 1 - lr * decay) if options["decoupled"] else (decay, 1.0)
        constants = [
            number(value)
            for value in (
                coupled, shrink, 1 - beta1, 1 - beta2, beta2, (1 - beta2**step) ** 0.5, options["eps"],
                lr / (1 - beta1**step),
            )
        ]  # fmt: skip
        flat = [a.reshape(-1) for a in given]
        share(lambda i, j: _adam(*[a[i:j] for a in flat], *constants), param.size, 7 * param.nbytes)
        return param, exp_avg, exp_avg_sq

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    return {
        "sgd_update": _sgd_kernel(threshold(32768), earlier.sgd_update),
        "adam_update": _adam_kernel(threshold(2048), earlier.adam_update),
    }
