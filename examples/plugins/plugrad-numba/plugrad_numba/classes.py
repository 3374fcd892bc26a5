"""Cross entropy over the logits: the loss and its slope in one visit to each row."""

import math

import numpy as np

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled
from plugrad_numba.rows import bits_of, exponentials, largest_of, same, total
from plugrad_numba.threads import share


@compiled
def _rows(x, bits, target, ignore_index, share_of_mean, losses, slope):
    """The losses of rows, and share * (softmax(x) - one_hot(target))."""
    buffer = np.empty(1, bits.dtype)
    for r in range(len(x)):
        row, out, t = x[r], slope[r], target[r]
        if t == ignore_index:
            losses[r] = 0
            out[:] = same(x, 0)
            continue
        most = largest_of(row, bits[r], buffer)
        exponentials(row, most, out)
        s = total(out)
        losses[r] = same(x, math.log(s)) - (row[t] - most)
        scale = same(x, share_of_mean / s)
        for i in range(out.size):
            out[i] *= scale
        out[t] -= same(x, share_of_mean)


def _cross_entropy(least, fallback):
    def kernel(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        def otherwise():
            return fallback(
                x, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
            )

        if x.ndim != 2 or weight is not None or label_smoothing or target.dtype != np.int64 or not fits(least, x):
            return otherwise()
        n, classes = x.shape
        ignored = int(np.count_nonzero(target == ignore_index))
        # A target out of bounds is the fallback's to refuse; a negative one is a huge unsigned number.
        if ignored == n or int(np.count_nonzero(target.view(np.uint64) >= classes)) != (
            ignored if not 0 <= ignore_index < classes else 0
        ):
            return otherwise()
        mean = 1 / (n - ignored) if reduction == "mean" else 1.0
        losses, slope = np.empty(n, x.dtype), np.empty(x.shape, x.dtype)
        bits = bits_of(x)
        share(
            lambda i, j: _rows(x[i:j], bits[i:j], target[i:j], ignore_index, mean, losses[i:j], slope[i:j]),
            n,
            4 * x.nbytes,
        )
        if reduction == "none":
            return losses, slope
        loss = losses.sum(dtype=np.float64) * mean
        return x.dtype.type(loss), slope

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    return {"cross_entropy_of_classes": _cross_entropy(threshold(64), earlier.cross_entropy_of_classes)}
