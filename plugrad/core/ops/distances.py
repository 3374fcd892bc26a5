"""Distances between vectors, and lengths made shorter."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = ["cdist", "renorm"]


@op(
    samples=lambda: [
        case(real(3, 2), real(4, 2)),
        case(real(2, 3, 2), real(4, 2), p=1),
        case(real(3, 2), real(2, 1, 2), p=3),
    ]
)
def cdist(xp, x1, x2, *, p=2):
    """The norms of the differences of each row of ``x1`` and each row of ``x2``."""
    differences = xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)
    return xp.vector_norm(differences, ord=p, axis=-1, keepdims=False)


@op(samples=lambda: [case(real(3, 4), p=2, axis=0, limit=1.0), case(real(2, 3, 2), p=1, axis=1, limit=3.0)])
def renorm(xp, x, *, p, axis, limit):
    """Each slice along an axis, scaled down to a norm of ``limit`` where its norm is larger."""
    others = tuple([i for i in range(x.ndim) if i != axis % x.ndim])
    norm = xp.vector_norm(x, ord=p, axis=others, keepdims=True)
    # PyTorch's guard against division by 0, which shows in the seventh digit.
    factor = xp.where(norm > limit, xp.divide(xp.full_like(norm, limit), 1e-7 + norm), xp.ones_like(norm))
    return x * xp.astype(factor, dtype=x.dtype)
