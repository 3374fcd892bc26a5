"""Embedding: rows of a table by their numbers."""

from __future__ import annotations

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops import addressing

__all__ = ["embedding", "embedding_backward"]


@op(
    linear="all",
    node="Embedding",
    promote="none",
    samples=lambda: [
        case(real(5, 3), integers(4, high=5)),
        case(real(5, 3), integers(2, 3, high=5)),
        case(real(5, 3), integers(high=5)),
        # With padding_idx or scale_grad_by_freq the gradient is not the derivative.
    ],
)
def embedding(xp, weight, indices, *, padding_idx=None, scale_grad_by_freq=False):
    """The rows of a table that the indices name. The options say what becomes of the gradient."""
    # Negative indices are refused, as those beyond the end are: by the library's take.
    flat = addressing.not_negative(xp, xp.reshape(indices, shape=(-1,)), weight.shape[0])
    return xp.reshape(xp.take(weight, flat, axis=0), shape=(*indices.shape, *weight.shape[1:]))


embedding.vjp(
    weight=lambda xp, g, indices, weight_shape, padding_idx, scale_grad_by_freq: xp.embedding_backward(
        g, indices, rows=weight_shape[0], padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq
    )
)


@op(
    linear="all",
    node="EmbeddingDenseBackward",
    promote="none",
    samples=lambda: [
        case(real(4, 3), integers(4, high=5), rows=5, padding_idx=None, scale_grad_by_freq=False),
        case(real(2, 4, 3), integers(2, 4, high=5), rows=5, padding_idx=1, scale_grad_by_freq=True),
    ],
)
def embedding_backward(xp, grad, indices, *, rows, padding_idx, scale_grad_by_freq):
    """The gradient of the table: each row's gradients added, none for the padding row.

    ``scale_grad_by_freq`` divides a row's gradient by how often the row was looked up.
    """
    flat = xp.reshape(indices, shape=(-1,))
    grad = xp.reshape(grad, shape=(flat.shape[0], grad.shape[-1]))
    grad = _weighted(xp, grad, flat, rows, padding_idx, scale_grad_by_freq)
    return xp.index_accumulate(grad, [flat], axes=(0,), shape=(rows, grad.shape[-1]))


def _weighted(xp, x, indices, rows, padding_idx, scale_grad_by_freq):
    """The rows of x times their share in the gradient of the row that their index names."""
    if scale_grad_by_freq:
        ones = xp.ones_like(indices, dtype=x.dtype)
        counts = xp.index_accumulate(ones, [indices], axes=(0,), shape=(rows,))
        x = xp.divide(x, xp.expand_dims(xp.take(counts, indices, axis=0), axis=1))
    if padding_idx is not None:
        x = xp.where(xp.expand_dims(xp.equal(indices, padding_idx), axis=1), xp.zeros_like(x), x)
    return x


def _embedding_backward_grad(xp, g, indices, padding_idx, scale_grad_by_freq):
    # Of a linear map, the same with reading and adding exchanged.
    flat = xp.reshape(indices, shape=(-1,))
    y = _weighted(xp, xp.take(g, flat, axis=0), flat, g.shape[0], padding_idx, scale_grad_by_freq)
    return xp.reshape(y, shape=(*indices.shape, g.shape[-1]))


embedding_backward.vjp(grad=_embedding_backward_grad)
