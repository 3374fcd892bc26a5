"""Contraction: the product of two arrays over labelled axes, which einsum and tensordot come down to."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = ["contract"]


@op(
    node="Bmm",
    promote="equal",
    samples=lambda: [
        case(real(2, 3), real(3, 4), labels1=(0, 1), labels2=(1, 2), output=(2, 0)),
        case(real(5, 2, 3), real(3, 5, 4), labels1=(0, 1, 2), labels2=(2, 0, 3), output=(0, 1, 3)),
        case(real(2, 3), real(4), labels1=(0, 1), labels2=(2,), output=(2, 0, 1)),
        case(real(2, 3, 4), real(4, 3), labels1=(0, 1, 2), labels2=(2, 1), output=(0,)),
        case(real(2, 3), real(2, 3), labels1=(0, 1), labels2=(0, 1), output=()),
    ],
)
def contract(xp, x1, x2, *, labels1, labels2, output):
    """The sum of products over the labels that are not in the output, as one product of stacks of matrices.

    Each label stands once in an array that has it, and in at least two of ``labels1``, ``labels2`` and
    ``output``: what is summed in one array alone is summed before.
    """
    sizes = dict(zip((*labels1, *labels2), (*x1.shape, *x2.shape), strict=True))
    batch = [a for a in labels1 if a in labels2 and a in output]
    summed = [a for a in labels1 if a in labels2 and a not in output]
    left = [a for a in labels1 if a not in labels2]
    right = [a for a in labels2 if a not in labels1]
    if summed:
        a = arranged(xp, x1, labels1, batch, left, summed, sizes)
        b = arranged(xp, x2, labels2, batch, summed, right, sizes)
        y = xp.reshape(xp.matmul(a, b), shape=tuple(sizes[a] for a in (*batch, *left, *right)))
        return permuted(xp, y, (*batch, *left, *right), output)
    # Nothing to sum: a product that broadcasts, already in the order of the output.
    return spread(xp, x1, labels1, output) * spread(xp, x2, labels2, output)


contract.vjp(
    x1=lambda xp, g, x2, labels1, labels2, output: xp.contract(g, x2, labels1=output, labels2=labels2, output=labels1),
    x2=lambda xp, g, x1, labels1, labels2, output: xp.contract(g, x1, labels1=output, labels2=labels1, output=labels2),
)


def permuted(xp, x, labels, wanted):
    """The axes in the order of ``wanted``."""
    if tuple(labels) == tuple(wanted):
        return x
    return xp.permute_dims(x, axes=tuple(labels.index(a) for a in wanted))


def arranged(xp, x, labels, batch, rows, columns, sizes):
    """A stack of matrices: the axes of each group together, those of the stack as they are."""
    x = permuted(xp, x, labels, (*batch, *rows, *columns))
    if len(rows) == len(columns) == 1:
        # Reshaping would copy what is no view; as it is, the product takes a transposed matrix.
        return x
    counts = [1, 1]
    for k, group in enumerate((rows, columns)):
        for a in group:
            counts[k] *= sizes[a]
    return xp.reshape(x, shape=(*(sizes[a] for a in batch), *counts))


def spread(xp, x, labels, output):
    """The axes in the order of the output, with axes of size 1 for the labels that are missing."""
    x = permuted(xp, x, labels, tuple(a for a in output if a in labels))
    if x.ndim == len(output):
        return x
    shape = iter(x.shape)
    return xp.reshape(x, shape=tuple(next(shape) if a in labels else 1 for a in output))
