"""Linear algebra."""

from __future__ import annotations

from plugrad.core.op import op

__all__ = ["matmul"]


@op(node="Mm", promote="equal")
def matmul(xp, x1, x2):
    """Matrix product, of stacks of matrices and of vectors, by the standard's rules."""
    return xp.matmul(x1, x2)


matmul.vjp(
    x1=lambda xp, g, x2: xp.matmul(g, xp.matrix_transpose(x2)),
    x2=lambda xp, g, x1: xp.matmul(xp.matrix_transpose(x1), g),
)
