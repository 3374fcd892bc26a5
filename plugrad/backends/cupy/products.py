"""Products of matrices by cuBLAS: which operand is transposed, broadcast or copied. Knows shapes and strides only.

cuBLAS counts columns first, so what it is asked for is the transposed product: ``C^T = B^T A^T``, and a matrix in C's
order is, to it, its transposed. Everything here is in terms of C's order; ``calls`` turns it round.

Numbers and names of https://docs.nvidia.com/cuda/cublas/#cublasgemmstridedbatchedex
"""

from __future__ import annotations

from math import prod
from typing import Any, Final, NamedTuple

NORMAL: Final = 0
TRANSPOSED: Final = 1

#: CUDA's numbers of dtypes, and of what products of them are summed in.
R_32F, R_64F, R_16F, R_16BF, C_32F, C_64F = 0, 1, 2, 14, 4, 5
COMPUTE_32F, COMPUTE_32F_FAST_TF32, COMPUTE_64F = 68, 77, 70

KINDS: Final = {
    "float32": (R_32F, COMPUTE_32F), "float64": (R_64F, COMPUTE_64F), "float16": (R_16F, COMPUTE_32F),
    "bfloat16": (R_16BF, COMPUTE_32F), "complex64": (C_32F, COMPUTE_32F), "complex128": (C_64F, COMPUTE_64F),
}  # fmt: skip

#: What scales of a product are given as: NumPy's dtype.
SCALES: Final = {R_32F: "f4", R_64F: "f8", R_16F: "f4", R_16BF: "f4", C_32F: "c8", C_64F: "c16"}


class Matrix(NamedTuple):
    """One operand, as cuBLAS can read it in place.

    Attributes:
        transposed: Whether the memory holds the transposed matrix in C's order.
        leading: Elements from one row of what lies in memory to the next.
    """

    transposed: bool
    leading: int


class Call(NamedTuple):
    """One call of gemmStridedBatchedEx for C = A B in C's order: operands in cuBLAS's order, B first.

    Attributes:
        matrices: How many it multiplies.
        offsets: Elements from the beginning of B, A and C to where this call's begin.
        strides: Elements from one matrix of B, A and C to the next; 0 for one that all share.
    """

    transposed: tuple[int, int]
    m: int
    n: int
    k: int
    leading: tuple[int, int, int]
    strides: tuple[int, int, int]
    matrices: int
    offsets: tuple[int, int, int]


def readable(shape: tuple[int, ...], strides: tuple[int, ...]) -> Matrix | None:
    """How cuBLAS reads a stack of matrices of this shape and strides (in elements), or None: it must be copied."""
    (rows, columns), (down, across) = shape[-2:], strides[-2:]
    if any([stride < 0 for n, stride in zip(shape[:-2], strides[:-2], strict=True) if n > 1]):
        return None
    # The stride of a single row or column says nothing.
    if (across == 1 or columns == 1) and (rows == 1 or down >= max(columns, 1)):
        return Matrix(False, max(columns, 1) if rows == 1 else down)
    if (down == 1 or rows == 1) and (columns == 1 or across >= max(rows, 1)):
        return Matrix(True, max(rows, 1) if columns == 1 else across)
    return None


def batch(shape: tuple[int, ...], a: Any, b: Any) -> tuple[tuple[int, int, int], int, list[tuple[int, int, int]]]:
    """The stack as (strides of A, B and C; count; offsets of each run): what one call each can walk through.

    Args:
        shape: The stack's shape, broadcast.
        a: The strides of A along it, in elements, 0 where it is broadcast.
        b: B's.

    Neighbouring axes are joined where each operand steps through both evenly, so that one call is the usual.
    """
    c: list[int] = []
    step = 1
    for n in reversed(shape):
        c.insert(0, step)
        step *= n
    axes = [(n, x, y, z) for n, x, y, z in zip(shape, a, b, c, strict=True) if n != 1]
    joined: list[tuple[int, int, int, int]] = []
    for n, x, y, z in reversed(axes):
        if joined:
            m, *inner = joined[0]
            if [x, y, z] == [s * m for s in inner]:
                joined[0] = (n * m, *inner)
                continue
        joined.insert(0, (n, x, y, z))
    if not joined:
        return (0, 0, 0), 1, [(0, 0, 0)]
    # The longest run is walked by cuBLAS, the rest here.
    longest = max(range(len(joined)), key=lambda i: joined[i][0])
    count, *steps = joined.pop(longest)
    runs = [(0, 0, 0)]
    for n, x, y, z in joined:
        runs = [(p + i * x, q + i * y, r + i * z) for p, q, r in runs for i in range(n)]
    return (steps[0], steps[1], steps[2]), count, runs


def calls(
    a_shape: tuple[int, ...], a_strides: tuple[int, ...], b_shape: tuple[int, ...], b_strides: tuple[int, ...]
) -> list[Call] | None:
    """The calls for a product into memory in C's order, or None where an operand must be copied first.

    Args:
        a_shape: A's shape, with at least two axes.
        a_strides: Its strides, in elements.
        b_shape: B's.
        b_strides: Its strides.
    """
    a, b = readable(a_shape, a_strides), readable(b_shape, b_strides)
    if a is None or b is None:
        return None
    (m, k), n = a_shape[-2:], b_shape[-1]
    stack = stack_of(a_shape, b_shape)
    steps, count, runs = batch(stack, _along(stack, a_shape, a_strides), _along(stack, b_shape, b_strides))
    return [
        Call(
            (TRANSPOSED if b.transposed else NORMAL, TRANSPOSED if a.transposed else NORMAL),
            n, m, k,
            (b.leading, a.leading, max(n, 1)),
            (steps[1], steps[0], steps[2] * m * n),
            count,
            (q, p, r * m * n),
        )
        for p, q, r in runs
    ]  # fmt: skip


def stack_of(a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> tuple[int, ...]:
    """What the leading axes of two operands broadcast to.

    Raises:
        ValueError: They do not.
    """
    a, b = a_shape[:-2], b_shape[:-2]
    ndim = max(len(a), len(b))
    pairs = list(zip((1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b, strict=True))
    if any([x != y and 1 not in (x, y) for x, y in pairs]) or a_shape[-1] != b_shape[-2]:
        raise ValueError(f"matmul: operands of shapes {a_shape} and {b_shape} can't be multiplied")
    return tuple([y if x == 1 else x for x, y in pairs])


def _along(stack: tuple[int, ...], shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """Strides along the stack's axes: 0 along those that are broadcast."""
    own = len(shape) - 2
    missing = (0,) * (len(stack) - own)
    return (*missing, *[0 if n == 1 else s for n, s in zip(shape[:own], strides[:own], strict=True)])


def is_one_matrix(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether a stack's matrices lie one below the other, so that it is one tall matrix without a copy."""
    rows = prod(shape[:-1])
    step = strides[-2]
    for n, stride in zip(reversed(shape[:-1]), reversed(strides[:-1]), strict=True):
        if n != 1 and stride != step:
            return False
        step *= n
    return rows > 0
