"""The gradient of an embedding: rows of gradients added at the rows of the table that they come from."""

import numpy as np

from plugrad_numba.kernel import fits, threshold
from plugrad_numba.numbers import compiled
from plugrad_numba.threads import share


@compiled
def _added(grad, index, out):
    for r in range(len(index)):
        row, given = out[index[r]], grad[r]
        for i in range(row.size):
            row[i] += given[i]


def _embedding_backward(least, fallback):
    def kernel(grad, indices, *, rows, padding_idx, scale_grad_by_freq):
        index = np.asarray(indices).reshape(-1)
        if (
            scale_grad_by_freq
            or not fits(least, grad)
            or index.dtype != np.int64
            or int(index.min()) < 0
            or int(index.max()) >= rows
        ):
            return fallback(grad, indices, rows=rows, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
        width = grad.shape[-1]
        out = np.zeros((rows, width), grad.dtype)
        given, index = grad.reshape(-1, width), np.ascontiguousarray(index)
        # Each thread adds its own columns: no two write to one place, and the order of sums is always the same.
        share(lambda i, j: _added(given[:, i:j], index, out[:, i:j]), width, grad.nbytes)
        if padding_idx is not None:
            out[padding_idx] = 0
        return out

    return kernel


def kernels(earlier):
    """The kernels of this file."""
    return {"embedding_backward": _embedding_backward(threshold(64), earlier.embedding_backward)}
