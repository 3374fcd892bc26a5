"""Distances between vectors, and lengths made shorter."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.reduction import norm_rule

__all__ = ["cdist", "cdist_gradient", "renorm"]


def differences(xp, x1, x2):
    """Of each row of ``x1`` and each row of ``x2``."""
    return xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)


def _samples():
    apart = real(3, 2, distinct=True)
    return [
        case(real(3, 2), real(4, 2)),
        case(real(2, 3, 2), real(4, 2), p=1),
        case(real(3, 2), real(2, 1, 2), p=3),
        case(apart, real(2, 2, low=3.0, high=9.0), p=float("inf")),
    ]


@op(node="Cdist", batch="stack", samples=_samples)
def cdist(xp, x1, x2, *, p=2):
    """The norms of the differences of each row of ``x1`` and each row of ``x2``."""
    return xp.vector_norm(differences(xp, x1, x2), ord=p, axis=-1, keepdims=False)


def _cdist_rule(xp, g, x1, x2, y, p, needs):
    # The differences, which are many, are made again instead of being kept.
    turned = xp.matrix_transpose
    return (
        xp.cdist_gradient(g, x1, x2, y, p=p) if needs[0] else None,
        xp.cdist_gradient(turned(g), x2, x1, turned(y), p=p) if needs[1] else None,
    )


cdist.vjp(joint=_cdist_rule)


@op(
    node="CdistBackward",
    samples=lambda: [
        case(real(3, 4), real(3, 2), real(4, 2), real(3, 4, low=0.5), p=2),
        case(real(2, 3, 4), real(2, 3, 2), real(4, 2), real(2, 3, 4, low=0.5), p=3),
    ],
)
def cdist_gradient(xp, grad, x1, x2, distances, *, p):
    """The gradient of ``x1``, from that of the distances."""
    return xp.sum(norm_rule(xp, grad, distances, differences(xp, x1, x2), p, -1, False), axis=-2)


@op(samples=lambda: [case(real(3, 4), p=2, axis=0, limit=1.0), case(real(2, 3, 2), p=1, axis=1, limit=3.0)])
def renorm(xp, x, *, p, axis, limit):
    """Each slice along an axis, scaled down to a norm of ``limit`` where its norm is larger."""
    others = tuple([i for i in range(x.ndim) if i != axis % x.ndim])
    norm = xp.vector_norm(x, ord=p, axis=others, keepdims=True)
    # PyTorch's guard against division by 0, which shows in the seventh digit.
    factor = xp.where(norm > limit, xp.divide(xp.full_like(norm, limit), 1e-7 + norm), xp.ones_like(norm))
    return x * xp.astype(factor, dtype=x.dtype)
