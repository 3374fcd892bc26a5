"""PyTorch's linalg: LU factors, and equations solved with them."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops, return_types
from plugrad.core.errors import with_hint
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.ops.decompositions import lu_parts, row_matrix

__all__ = [
    "lu", "lu_factor", "lu_factor_ex", "lu_solve",
]  # fmt: skip


def _packed(function: str, name: str, A: Any, pivot: Any) -> Any:  # noqa: N803 - PyTorch's name
    x = checks.tensor(function, "A", A)
    if x.raw.ndim < 2:
        text = f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(x.raw.shape)} instead"
        raise RuntimeError(text)
    checks.lacking("lu_cpu", x)
    if not pivot:
        text = "linalg.lu_factor: LU without pivoting is not implemented on the CPU"
        raise RuntimeError(with_hint(text, "leave pivot=True: without it the factors are inexact or do not exist."))
    return ops.lu_packed(x)


def lu(A: Any, *, pivot: bool = True) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return a matrix as a product of a permutation and two triangles.

    .. math:: A = P L U

    Args:
        A: The matrices.
        pivot: Exchange rows. False is not supported, as in PyTorch on a CPU.

    Returns:
        (P, L, U), a named tuple; L has ones on its diagonal.

    Shape:
        - A: (\*, m, n)
        - P: (\*, m, m), L: (\*, m, k), U: (\*, k, n) with k the smaller of m and n

    Raises:
        RuntimeError: The input is no stack of matrices, or ``pivot`` is False.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.lu(plugrad.tensor([[0.0, 1.0], [2.0, 4.0]])).U
        tensor([[2., 4.],
                [0., 1.]])
    """
    packed, pivots, _ = _packed("linalg_lu", "linalg.lu", A, pivot)
    return return_types.linalg_lu(_unpacked(packed, pivots))


def _unpacked(packed: Any, pivots: Any) -> tuple[Any, Any, Any]:
    return (row_order(packed, pivots), *triangles(packed))


def triangles(packed: Any) -> tuple[Any, Any]:
    """L and U of factors in one matrix."""
    return lu_parts(packed.device.ops, packed)


def row_order(packed: Any, pivots: Any) -> Any:
    """P of the pivots."""
    return row_matrix(packed.device.ops, pivots, packed.raw.shape[-2], packed.dtype)


def lu_factor(A: Any, *, pivot: bool = True) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return LU factors in one matrix, as ``lu_solve`` takes them.

    Args:
        A: The matrices.
        pivot: Exchange rows. False is not supported, as in PyTorch on a CPU.

    Returns:
        (LU, pivots), a named tuple. Row i was exchanged with row ``pivots[i]``, counted from 1.

    Shape:
        - A, LU: (\*, m, n)
        - pivots: (\*, k) with k the smaller of m and n

    Raises:
        RuntimeError: A diagonal element of U is 0, so that the factors solve no equations.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.lu_factor(plugrad.tensor([[0.0, 1.0], [2.0, 4.0]])).pivots
        tensor([2, 2], dtype=plugrad.int32)
    """
    return return_types.linalg_lu_factor(_factors("linalg_lu_factor", "plugrad.linalg.lu_factor", A, pivot)[:2])


def _factors(function: str, name: str, A: Any, pivot: Any) -> Any:  # noqa: N803 - PyTorch's name
    found = _packed(function, "plugrad.lu_factor", A, pivot)
    info = [int(i) for i in checks.failures(lambda x: found[2], found[2])]
    for i, failed in enumerate(info):
        if failed:
            start = f"{name}: (Batch element {i}): " if A.raw.ndim > 2 else f"{name}: "
            raise RuntimeError(
                f"{start}U[{failed},{failed}] is zero and using it on lu_solve would result in a division by zero. "
                "If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
                "linalg.lu_factor_ex(A, pivot)"
            )
    return found


def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return LU factors in one matrix, and whether a diagonal element of U is 0.

    Args:
        A: The matrices.
        pivot: Exchange rows. False is not supported, as in PyTorch on a CPU.
        check_errors: Raise where an element is 0.

    Returns:
        (LU, pivots, info), a named tuple: ``info`` is 0, or which element is the first that is 0, counted from 1.

    Shape:
        - A, LU: (\*, m, n)
        - pivots: (\*, k) with k the smaller of m and n
        - info: (\*)

    Raises:
        RuntimeError: With ``check_errors``, a diagonal element of U is 0.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.lu_factor_ex(plugrad.zeros(2, 2)).info
        tensor(1, dtype=plugrad.int32)
    """
    if check_errors:
        return return_types.linalg_lu_factor_ex(
            _factors("linalg_lu_factor_ex", "plugrad.linalg.lu_factor_ex", A, pivot)
        )
    return return_types.linalg_lu_factor_ex(_packed("linalg_lu_factor_ex", "plugrad.lu_factor", A, pivot))


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:  # noqa: N803 - PyTorch's name
    r"""Solve equations with LU factors.

    .. math:: A X = B

    Args:
        LU: The factors of A, from ``lu_factor``.
        pivots: The pivots that came with them.
        B: The right sides.
        left: False for :math:`X A = B`.
        adjoint: Solve with :math:`A^H` instead of A.

    Returns:
        X.

    Shape:
        - LU: (\*, n, n), pivots: (\*, n)
        - B, Output: (\*, n, k), or (\*, k, n) with ``left=False``

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> LU, pivots = plugrad.linalg.lu_factor(plugrad.tensor([[0.0, 1.0], [2.0, 4.0]]))
        >>> plugrad.linalg.lu_solve(LU, pivots, plugrad.tensor([[1.0], [6.0]]))
        tensor([[1.],
                [1.]])
    """
    name = "linalg.lu_solve"
    x = checks.tensor("linalg_lu_solve", "LU", LU)
    pivots = checks.tensor("linalg_lu_solve", "pivots", pivots, 2)
    b = checks.tensor("linalg_lu_solve", "B", B, 3)
    checks.floating(name, x, low=False)
    checks.square(name, x, "LU")
    checks.same_dtype(name, x, b, "LU")
    checks.matrix(name, b, "B")
    checks.fitting(name, x, b, left)
    if not left:
        # X A = B is A^H X^H = B^H.
        return lu_solve(x, pivots, b.mH, adjoint=not adjoint).mH
    rows, _, _ = _unpacked(x, pivots)
    if adjoint:
        y = ops.solve_triangular(x.mH, b, upper=False)
        return rows @ ops.solve_triangular(x.mH, y, upper=True, unitriangular=True)
    y = ops.solve_triangular(x, rows.mT @ b, upper=False, unitriangular=True)
    return ops.solve_triangular(x, y, upper=True)
