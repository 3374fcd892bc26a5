"""PyTorch's older names of decompositions, and equations solved with Cholesky's factor or a triangle."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, ops, return_types
from plugrad.core.errors import LinAlgError
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.methods import decompositions, factors
from plugrad.core.methods import matrix_checks as checks

__all__ = [
    "cholesky_inverse", "cholesky_solve", "lu", "lu_solve", "lu_unpack", "qr", "svd", "triangular_solve",
]  # fmt: skip


def qr(input: Any, some: bool = True) -> Any:
    r"""Return a matrix as a product of orthonormal columns and a triangle; ``linalg.qr`` is the newer name.

    Args:
        input: The matrices.
        some: False for a square Q.

    Returns:
        (Q, R), a named tuple.

    Example::

        >>> import plugrad
        >>> plugrad.qr(plugrad.ones(3, 2)).Q.shape
        plugrad.Size([3, 2])
    """
    x = checks.tensor("qr", "input", input)
    return return_types.qr(decompositions.qr(x, "reduced" if some else "complete"))


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    r"""Return the singular values and singular vectors of a matrix; ``linalg.svd`` is the newer name.

    .. math:: A = U \operatorname{diag}(S) V^H

    Args:
        input: The matrices.
        some: False for square U and V.
        compute_uv: False for zeros in their place.

    Returns:
        (U, S, V), a named tuple; V, not its adjoint.

    Example::

        >>> import plugrad
        >>> plugrad.svd(plugrad.tensor([[3.0, 0.0], [0.0, -4.0]])).S
        tensor([4., 3.])
    """
    x = checks.tensor("svd", "input", input)
    checks.matrix("linalg.svd", x)
    if not compute_uv:
        values = decompositions.svdvals(x)
        m, n = x.raw.shape[-2:]
        lead = shape_of(x)[:-2]
        left, right = (ops.zeros((*lead, k, k), dtype=x.dtype, device=x.device) for k in (m, n))
        return return_types.svd((left, values, right))
    u, s, vh = decompositions.svd(x, full_matrices=not some)
    return return_types.svd((u, s, vh.mH))


def lu(input: Any, pivot: bool = True, get_infos: bool = False) -> Any:
    r"""Return LU factors in one matrix; ``linalg.lu_factor`` is the newer name.

    Args:
        input: The matrices.
        pivot: Exchange rows. False is not supported, as in PyTorch on a CPU.
        get_infos: Also return which diagonal element of U is the first that is 0.

    Returns:
        (LU, pivots), and ``info``.

    Example::

        >>> import plugrad
        >>> plugrad.lu(plugrad.eye(2))[1]
        tensor([1, 2], dtype=plugrad.int32)
    """
    packed, pivots, info = factors.lu_factor_ex(checks.tensor("lu", "A", input), pivot=pivot)
    return (packed, pivots, info) if get_infos else (packed, pivots)


def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Any:  # noqa: N803 - PyTorch's names
    r"""Solve equations with LU factors; ``linalg.lu_solve`` is the newer name.

    Args:
        b: The right sides.
        LU_data: The factors, from ``lu``.
        LU_pivots: The pivots that came with them.

    Returns:
        The solutions.

    Example::

        >>> import plugrad
        >>> plugrad.lu_solve(plugrad.ones(2, 1), *plugrad.lu(2 * plugrad.eye(2)))
        tensor([[0.5000],
                [0.5000]])
    """
    return factors.lu_solve(LU_data, LU_pivots, checks.tensor("lu_solve", "b", b))


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the permutation and the triangles that LU factors in one matrix stand for.

    Args:
        LU_data: The factors.
        LU_pivots: The pivots that came with them.
        unpack_data: Return L and U; else they are empty.
        unpack_pivots: Return P; else it is empty.

    Returns:
        (P, L, U), a named tuple.

    Raises:
        RuntimeError: The pivots are not int32.

    Example::

        >>> import plugrad
        >>> plugrad.lu_unpack(*plugrad.lu(plugrad.eye(2))).P
        tensor([[1., 0.],
                [0., 1.]])
    """
    packed = checks.tensor("lu_unpack", "LU_data", LU_data)
    pivots = checks.tensor("lu_unpack", "LU_pivots", LU_pivots, 2)
    if unpack_pivots and pivots.dtype.name != "int32":
        raise RuntimeError(
            "plugrad.lu_unpack: LU_pivots is expected to be a contiguous tensor of plugrad.int32 dtype.\n"
            "Note: this function is intended to be used with the output produced by plugrad.linalg.lu_factor"
        )
    empty = ops.zeros((0,), dtype=packed.dtype, device=packed.device)
    rows, low, up = empty, empty, empty
    if unpack_data:
        low, up = factors.triangles(packed)
    if unpack_pivots:
        rows = factors.row_order(packed, pivots)
    return return_types.lu_unpack((rows, low, up))


# -- with a triangle or Cholesky's factor ------------------------------------------------------------------------------


def triangular_solve(
    b: Any,
    A: Any,  # noqa: N803 - PyTorch's name
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Any:
    r"""Solve equations of a triangular matrix; ``linalg.solve_triangular`` is the newer name.

    Args:
        b: The right sides.
        A: The matrices, of which one triangle is read.
        upper: Read the upper triangle; otherwise the lower one.
        transpose: Solve with the transposed matrix.
        unitriangular: Take the diagonal as ones.

    Returns:
        (solution, cloned_coefficient), a named tuple; the latter is a copy of A.

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.triangular_solve(plugrad.ones(2, 1), 2 * plugrad.eye(2)).solution
        tensor([[0.5000],
                [0.5000]])
    """
    name = "plugrad.triangular_solve"
    b = checks.tensor("triangular_solve", "b", b)
    a = checks.tensor("triangular_solve", "A", A, 2)
    for argument, x in (("b", b), ("A", a)):
        if x.raw.ndim < 2:
            text = f"{name}: Expected {argument} to have at least 2 dimensions, but it has {x.raw.ndim} dimensions"
            raise RuntimeError(f"{text} instead")
    _check_sizes("triangular_solve", b, a)
    turned = a.mT if transpose else a
    found = ops.solve_triangular(turned, b, upper=bool(upper) is not bool(transpose), unitriangular=bool(unitriangular))
    return return_types.triangular_solve((found, ops.clone(a)))


def _check_sizes(function: str, b: Any, a: Any) -> None:
    m, n = a.raw.shape[-2:]
    if m != n:
        raise RuntimeError(f"A must be batches of square matrices, but they are {m} by {n} matrices")
    if b.raw.shape[-2] != m:
        raise RuntimeError(
            f"Incompatible matrix sizes for {function}: each A matrix is {m} by {m} but each b matrix is "
            f"{b.raw.shape[-2]} by {b.raw.shape[-1]}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {b.dtype.legacy_name} and A of type "
            f"{a.dtype.legacy_name} instead."
        )
    dispatch.broadcast_shapes(shape_of(b)[:-2], shape_of(a)[:-2])


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:  # noqa: N803 - PyTorch's names
    r"""Solve equations with Cholesky's factor of their matrix.

    .. math:: L L^H X = B

    Args:
        B: The right sides.
        L: The factor, from ``linalg.cholesky``.
        upper: The factor is U with :math:`A = U^H U`.

    Returns:
        X.

    Shape:
        - B, Output: (\*, n, k)
        - L: (\*, n, n)

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> L = plugrad.linalg.cholesky(4 * plugrad.eye(2))
        >>> plugrad.cholesky_solve(plugrad.ones(2, 1), L)
        tensor([[0.2500],
                [0.2500]])
    """
    b = checks.tensor("cholesky_solve", "B", B)
    factor = checks.tensor("cholesky_solve", "L", L, 2)
    for argument, x in (("b", b), ("u", factor)):
        if x.raw.ndim < 2:
            text = f"{argument} should have at least 2 dimensions, but has {x.raw.ndim} dimensions instead"
            raise RuntimeError(text)
    _check_sizes("cholesky_solve", b, factor)
    return ops.cholesky_solve(b, factor, upper=bool(upper))


def cholesky_inverse(L: Any, upper: bool = False) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the inverse of a matrix whose Cholesky factor is known.

    .. math:: y = (L L^H)^{-1}

    Args:
        L: The factor, from ``linalg.cholesky``.
        upper: The factor is U with :math:`A = U^H U`.

    Returns:
        The inverses.

    Shape:
        - L, Output: (\*, n, n)

    Raises:
        LinAlgError: A diagonal element of the factor is 0.
        RuntimeError: The input is no stack of square matrices.

    Example::

        >>> import plugrad
        >>> plugrad.cholesky_inverse(2 * plugrad.eye(2))
        tensor([[0.2500, 0.0000],
                [0.0000, 0.2500]])
    """
    factor = checks.tensor("cholesky_inverse", "L", L)
    checks.square("cholesky_inverse", factor)
    checks.lacking("cholesky_inverse_out_cpu", factor)
    n = factor.raw.shape[-1]
    zeros = ops.diagonal(factor.detach(), offset=0, axis1=-2, axis2=-1) == 0
    for batch, row in enumerate(zeros.reshape(-1, n).tolist() if n and not checks.hidden(factor) else ()):
        if any(row):
            start = f"cholesky_inverse: (Batch element {batch}): " if factor.raw.ndim > 2 else "cholesky_inverse: "
            raise LinAlgError(
                f"{start}The diagonal element {row.index(True) + 1} is zero, the inversion could not be completed "
                "because the input matrix is singular."
            )
    return ops.cholesky_solve(ops.eye(n, dtype=factor.dtype, device=factor.device), factor, upper=bool(upper))


class MatrixFactorMethods:
    """The methods of this chapter."""

    __slots__ = ()

    cholesky_inverse = cholesky_inverse
    cholesky_solve = cholesky_solve
    lu = lu
    lu_solve = lu_solve
    qr = qr
    svd = svd
    triangular_solve = triangular_solve
