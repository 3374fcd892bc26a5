"""Contraction: the product of two arrays over labelled axes, which einsum and tensordot come down to."""

from __future__ import annotations

from functools import lru_cache

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = ["contract"]


@op(
    linear="each",
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
    batch, left, summed, right, order1, order2, order = _arrangement(labels1, labels2, output)
    a = x1 if order1 is None else xp.permute_dims(x1, axes=order1)
    b = x2 if order2 is None else xp.permute_dims(x2, axes=order2)
    if not summed:
        # A product that broadcasts, of arrays in the order of the output.
        return _spread(xp, a, labels1, output) * _spread(xp, b, labels2, output)
    sizes = (*a.shape[: batch + left], *b.shape[batch + summed :])
    # Where each side is one axis nothing is reshaped: that could copy, and BLAS takes transposed matrices.
    if not left == summed == 1:
        a = xp.reshape(a, shape=_grouped(a.shape, batch, batch + left))
    if not summed == right == 1:
        b = xp.reshape(b, shape=_grouped(b.shape, batch, batch + summed))
    y = xp.matmul(a, b)
    if not left == right == 1:
        y = xp.reshape(y, shape=sizes)
    return y if order is None else xp.permute_dims(y, axes=order)


contract.vjp(
    x1=lambda xp, g, x2, labels1, labels2, output: xp.contract(g, x2, labels1=output, labels2=labels2, output=labels1),
    x2=lambda xp, g, x1, labels1, labels2, output: xp.contract(g, x1, labels1=output, labels2=labels1, output=labels2),
)


@lru_cache(512)
def _arrangement(labels1, labels2, output):
    """How many labels are of the batch, of the left, summed and of the right; and the orders of the axes.

    The orders bring x1 to (batch, left, summed), x2 to (batch, summed, right), and their product to the output's;
    without sums, both to the output's. None means that the axes are in order.
    """
    batch = [a for a in labels1 if a in labels2 and a in output]
    summed = [a for a in labels1 if a in labels2 and a not in output]
    left = [a for a in labels1 if a not in labels2]
    right = [a for a in labels2 if a not in labels1]
    if summed:
        order1 = _order(labels1, (*batch, *left, *summed))
        order2 = _order(labels2, (*batch, *summed, *right))
        order = _order((*batch, *left, *right), output)
    else:
        order1 = _order(labels1, [a for a in output if a in labels1])
        order2 = _order(labels2, [a for a in output if a in labels2])
        order = None
    return len(batch), len(left), len(summed), len(right), order1, order2, order


def _order(labels, wanted):
    order = tuple([labels.index(a) for a in wanted])
    return None if order == tuple(range(len(order))) else order


def _grouped(shape, start, middle):
    """A shape with the axes from ``start`` to ``middle`` as one, and those after it as one."""
    rows = columns = 1
    for n in shape[start:middle]:
        rows *= n
    for n in shape[middle:]:
        columns *= n
    return (*shape[:start], rows, columns)


def _spread(xp, x, labels, output):
    """An array in the order of the output with axes of size 1 for the labels that it lacks."""
    if x.ndim == len(output):
        return x
    sizes = iter(x.shape)
    return xp.reshape(x, shape=tuple([next(sizes) if a in labels else 1 for a in output]))
