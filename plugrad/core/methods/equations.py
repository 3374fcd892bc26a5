"""PyTorch's linalg: inverses, linear equations and least squares."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, ops, return_types
from plugrad.core.dispatch import broadcast_shapes, normalized_dim
from plugrad.core.dtype_info import finfo
from plugrad.core.dtypes import int64
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.value import Value

__all__ = [
    "inv", "inv_ex", "lstsq", "pinv", "solve", "solve_ex", "solve_triangular", "tensorinv", "tensorsolve",
]  # fmt: skip


def inv(A: Any) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the inverse of a square matrix.

    .. math:: A A^{-1} = 1

    ``solve(A, B)`` is faster and more exact than ``inv(A) @ B``.

    Args:
        A: The matrices.

    Returns:
        Their inverses.

    Shape:
        - A, Output: (\*, n, n)

    Raises:
        LinAlgError: A matrix is singular. (A library that does not look returns infinities or nans.)
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.inv(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    return inverse_of("linalg.inv", "linalg_inv", A)


def inverse_of(name: str, function: str, A: Any, argument: str = "A") -> Any:  # noqa: N803 - PyTorch's name
    """The inverse, with the name of the function in messages."""
    x = checks.tensor(function, argument, A)
    checks.square(name, x)
    checks.floating(name, x, low=False)
    try:
        return ops.linalg_inv(x)
    except Exception as error:
        raise checks.not_invertible(name, x, checks.failures(ops.lu_packed, x), error) from error


def inv_ex(A: Any, *, check_errors: bool = False) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the inverse of a square matrix, and whether it has one.

    Args:
        A: The matrices.
        check_errors: Raise where a matrix is singular.

    Returns:
        (inverse, info), a named tuple: ``info`` is 0, or which pivot is the first that is 0, counted from 1.

    Shape:
        - A, inverse: (\*, n, n)
        - info: (\*)

    Raises:
        LinAlgError: With ``check_errors``, a matrix is singular.

    Differs from PyTorch:
        The inverse of a singular matrix is nan; there it is undefined.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.inv_ex(plugrad.zeros(2, 2)).info
        tensor(1, dtype=plugrad.int32)
    """
    x = checks.tensor("linalg_inv_ex", "A", A)
    checks.square("linalg.inv_ex", x)
    checks.floating("linalg.inv_ex", x, low=False)
    if check_errors:
        found = inverse_of("linalg.inv_ex", "linalg_inv_ex", x)
        return return_types.linalg_inv_ex((found, ops.lu_packed(x.detach())[2]))
    info, regular, failed = _regular(x)
    found = ops.linalg_inv(regular)
    return return_types.linalg_inv_ex((_or_nan(found, failed), info))


def _regular(x: Any) -> tuple[Any, Any, Any]:
    """Which pivots are 0; the matrices with the identity in the place of singular ones; which are singular."""
    info = ops.lu_packed(x.detach())[2]
    failed = (info != 0).unsqueeze(-1).unsqueeze(-1)
    one = ops.eye(x.raw.shape[-1], dtype=x.dtype, device=x.device)
    return info, ops.where(failed, one, x), failed


def _or_nan(x: Any, failed: Any) -> Any:
    return ops.where(failed, ops.full_like(x.detach(), math.nan), x)


def _are_vectors(a: Any, b: Any) -> bool:
    """Whether right sides are vectors, by PyTorch's rule."""
    return b.raw.ndim == 1 or (a.raw.ndim - 1 == b.raw.ndim and shape_of(b) == shape_of(a)[:-1])


def _checked_equation(function: str, name: str, A: Any, B: Any, left: bool) -> tuple[Any, Any, bool]:  # noqa: N803 - PyTorch's name
    a = checks.tensor(function, "A", A)
    b = checks.tensor(function, "B", B, 2)
    checks.floating(name, a, low=False)
    checks.square(name, a)
    checks.same_dtype(name, a, b)
    vectors = _are_vectors(a, b)
    if not vectors:
        checks.matrix(name, b, "B")
    columns = ops.expand_dims(b, axis=-1) if vectors else b
    checks.fitting(name, a, columns, left)
    if vectors and not left:
        raise RuntimeError(
            f"{name}: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            f"{name} is equivalent to B / A.squeeze(-1)"
        )
    broadcast_shapes(shape_of(columns)[:-2], shape_of(a)[:-2])
    return a, b, vectors


def _solution(a: Any, b: Any, vectors: bool, left: bool) -> Any:
    if vectors:
        return ops.solve_vectors(a, b)
    if left:
        return ops.linalg_solve(a, b)
    return ops.linalg_solve(a.mT, b.mT).mT


def solve(A: Any, B: Any, *, left: bool = True) -> Any:  # noqa: N803 - PyTorch's names
    r"""Solve linear equations.

    .. math:: A X = B

    Args:
        A: The matrices of the equations.
        B: The right sides: matrices, or vectors where B has one dimension or just A's shape without the last.
        left: False for :math:`X A = B`.

    Returns:
        X, of the shape of B and the batches broadcast.

    Shape:
        - A: (\*, n, n)
        - B, Output: (\*, n, k), (\*, n) or (n); with ``left=False`` (\*, k, n)

    Raises:
        LinAlgError: A matrix is singular. (A library that does not look returns infinities or nans.)
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.solve(plugrad.tensor([[3.0, 1.0], [1.0, 2.0]]), plugrad.tensor([9.0, 8.0]))
        tensor([2., 3.])
    """
    return _solve("linalg_solve", "linalg.solve", A, B, left)


def _solve(function: str, name: str, A: Any, B: Any, left: bool) -> Any:  # noqa: N803 - PyTorch's name
    a, b, vectors = _checked_equation(function, name, A, B, left)
    try:
        return _solution(a, b, vectors, left)
    except Exception as error:
        raise checks.not_solvable(f"plugrad.{name}", a, checks.failures(ops.lu_packed, a), error) from error


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Any:  # noqa: N803 - PyTorch's names
    r"""Solve linear equations, and say whether they have a solution.

    Args:
        A: The matrices of the equations.
        B: The right sides, as in ``solve``.
        left: False for :math:`X A = B`.
        check_errors: Raise where a matrix is singular.

    Returns:
        (result, info), a named tuple: ``info`` is 0, or which pivot is the first that is 0, counted from 1.

    Raises:
        LinAlgError: With ``check_errors``, a matrix is singular.
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.solve_ex(plugrad.zeros(2, 2), plugrad.ones(2)).info
        tensor(1, dtype=plugrad.int32)
    """
    if check_errors:
        found = _solve("linalg_solve_ex", "linalg.solve_ex", A, B, left)
        return return_types.linalg_solve_ex((found, ops.lu_packed(A.detach())[2]))
    a, b, vectors = _checked_equation("linalg_solve_ex", "linalg.solve_ex", A, B, left)
    info, regular, failed = _regular(a)
    found = _solution(regular, b, vectors, left)
    return return_types.linalg_solve_ex((_or_nan(found, failed.squeeze(-1) if vectors else failed), info))


def solve_triangular(
    A: Any,  # noqa: N803 - PyTorch's name
    B: Any,  # noqa: N803 - PyTorch's name
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Any:
    r"""Solve linear equations of a triangular matrix.

    .. math:: A X = B

    Args:
        A: The matrices, of which one triangle is read.
        B: The right sides.
        upper: Read the upper triangle; otherwise the lower one.
        left: False for :math:`X A = B`.
        unitriangular: Take the diagonal as ones.

    Returns:
        X. Where a diagonal element is 0 it is infinite or nan. (Not on a library that refuses singular matrices.)

    Shape:
        - A: (\*, n, n)
        - B, Output: (\*, n, k), or (\*, k, n) with ``left=False``

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> A = plugrad.tensor([[2.0, 1.0], [0.0, 4.0]])
        >>> plugrad.linalg.solve_triangular(A, plugrad.tensor([[4.0], [8.0]]), upper=True)
        tensor([[1.],
                [2.]])
    """
    name = "linalg.solve_triangular"
    a = checks.tensor("linalg_solve_triangular", "A", A)
    b = checks.tensor("linalg_solve_triangular", "B", B, 2)
    checks.square(name, a)
    checks.matrix(name, b, "B")
    checks.same_dtype(name, a, b)
    checks.fitting(name, a, b, left)
    checks.floating(name, a, low=False, kernel="triangular_solve_cpu")
    broadcast_shapes(shape_of(a)[:-2], shape_of(b)[:-2])
    return ops.solve_triangular(a, b, upper=bool(upper), left=bool(left), unitriangular=bool(unitriangular))


# -- the pseudo-inverse and least squares ------------------------------------------------------------------------------


def tolerances(name: str, x: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """The tolerances under which singular values count as 0: numbers, or tensors with one for each matrix."""
    m, n = x.raw.shape[-2:]
    given: list[Any] = []
    for argument, value in (("atol", atol), ("rtol", rtol)):
        number = value is not None and not isinstance(value, Value)
        given.append(arguments.as_number(name, argument, 2, value) if number else value)
    atol, rtol = given
    relative = max(m, n) * float(finfo(x.dtype).eps)
    if rtol is None:
        if atol is None:
            rtol = relative
        elif isinstance(atol, Value):
            limits: Any = atol
            rtol = ops.where(limits > 0, ops.zeros_like(limits), ops.full_like(limits, relative))
        else:
            rtol = 0.0 if atol > 0 else relative
    return 0.0 if atol is None else atol, rtol


def pinv(input: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    r"""Return the pseudo-inverse of a matrix, Moore's and Penrose's.

    It has a derivative where the rank stays what it is nearby.

    Args:
        input: The matrices.
        rcond: Another name of ``rtol``.
        hermitian: The matrices are hermitian.
        atol: Singular values of at most this count as 0. 0 by default.
        rtol: The same relative to the largest one; by default the larger size times the dtype's eps, or 0 with
            a positive ``atol``.

    Returns:
        The pseudo-inverses.

    Shape:
        - input: (\*, m, n)
        - Output: (\*, n, m)

    Raises:
        RuntimeError: The input is no stack of matrices of a floating dtype.
        LinAlgError: The iteration for the singular values did not end, as for nan.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.pinv(plugrad.tensor([[2.0, 0.0], [0.0, 0.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.0000]])
    """
    x = checks.tensor("linalg_pinv", "input", input)
    if x.raw.ndim < 2 or not x.dtype.is_inexact or x.dtype.itemsize < 4:
        text = (
            f"linalg.pinv({x.dtype.legacy_name}{{{list(x.raw.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
        raise RuntimeError(with_hint(text, "convert first: x.float()."))
    if hermitian:
        checks.square("linalg.eigh", x)
    atol, rtol = tolerances("linalg_pinv", x, atol, rcond if rtol is None else rtol)
    try:
        return ops.pseudo_inverse(x, atol, rtol)
    except Exception as error:
        raise checks.not_converged("linalg.svd", x, "singular values", error) from error


def lstsq(input: Any, b: Any, rcond: Any = None, *, driver: str | None = None) -> Any:
    r"""Return the least squares solution of linear equations; of several, the shortest.

    .. math:: \min_X \lVert A X - B \rVert_F

    Args:
        input: The matrices A.
        b: The right sides B: matrices, or vectors where it has just A's shape without the last.
        rcond: Singular values of at most this times the largest count as 0; by default the larger size times eps.
        driver: ``"gelsy"`` (the default), ``"gels"``, ``"gelsd"`` or ``"gelss"``. They decide which of the further
            results are there, as in PyTorch; the computation is one.

    Returns:
        (solution, residuals, rank, singular_values), a named tuple. The residuals are the squared lengths of the
        columns of AX - B for drivers but ``"gelsy"``, where there are more rows than columns and the rank is full;
        the singular values come with ``"gelsd"`` and ``"gelss"``, the rank but with ``"gels"``. What is not there is
        empty.

    Shape:
        - input: (\*, m, n)
        - b: (\*, m, k) or (\*, m)
        - solution: (\*, n, k) or (\*, n)

    Raises:
        RuntimeError: The shapes or the dtypes do not fit, or the driver is unknown.

    Example::

        >>> import plugrad
        >>> A = plugrad.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
        >>> plugrad.linalg.lstsq(A, plugrad.tensor([1.0, 3.0, 5.0])).solution.round(decimals=4)
        tensor([1., 2.])
    """
    name = "plugrad.linalg.lstsq"
    a = checks.tensor("linalg_lstsq", "input", input)
    b = checks.tensor("linalg_lstsq", "b", b, 2)
    if a.raw.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if b.raw.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if a.dtype is not b.dtype:
        text = f"{name}: Expected input and other to have the same dtype, but got input's dtype "
        raise RuntimeError(f"{text}{a.dtype.legacy_name} and other's dtype {b.dtype.legacy_name}")
    if not a.dtype.is_inexact or a.dtype.itemsize < 4:
        raise RuntimeError("This function doesn't handle types other than float and double")
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        text = f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        raise RuntimeError(text)
    vectors = a.raw.ndim - 1 == b.raw.ndim and shape_of(b) == shape_of(a)[:-1]
    columns = ops.expand_dims(b, axis=-1) if vectors else b
    m, n = a.raw.shape[-2:]
    if columns.raw.ndim < 2 or columns.raw.shape[-2] != m:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size(-2)")
    rtol = tolerances("linalg_lstsq", a, None, rcond)[1]
    found = ops.pseudo_inverse(a, 0.0, rtol) @ columns
    empty = ops.zeros((0,), dtype=found.real.dtype if a.dtype.is_complex else a.dtype, device=a.device)
    values = ops.linalg_svdvals(a.detach())
    rank = (
        ops.sum((values > rtol * values[..., :1]).to(int64), axis=-1)
        if min(m, n)
        else ops.sum(values.to(int64), axis=-1)
    )
    residuals = empty
    if m > n and driver in ("gels", "gelsd", "gelss") and (driver == "gels" or _all_equal(rank, n)):
        rest = a @ found - columns
        residuals = ops.sum(ops.abs(rest) ** 2 if a.dtype.is_complex else rest * rest, axis=-2)
    if driver == "gels":
        rank = ops.zeros((0,), dtype=int64, device=a.device)
    solution = found.squeeze(-1) if vectors else found
    return return_types.linalg_lstsq((solution, residuals, rank, values if driver in ("gelsd", "gelss") else empty))


def _all_equal(rank: Any, n: int) -> bool:
    # Whether there are residuals is a matter of shape: so it has to be known here.
    return checks.hidden(rank) or all([r == n for r in rank.reshape(-1).tolist()])


# -- tensors as matrices -----------------------------------------------------------------------------------------------


def _product(sizes: Any) -> int:
    return math.prod(sizes)


def tensorinv(A: Any, ind: int = 2) -> Any:  # noqa: N803 - PyTorch's name
    """Return the inverse of a tensor, seen as a matrix of its first and its other dimensions.

    Args:
        A: A tensor whose first ``ind`` sizes multiply to what the others do.
        ind: How many dimensions the rows have.

    Returns:
        The inverse: ``tensordot(tensorinv(A, ind), A, ind)`` is the identity.

    Raises:
        RuntimeError: The sizes do not fit.
        LinAlgError: The matrix is singular.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.tensorinv(plugrad.eye(4).reshape(2, 2, 4)).shape
        plugrad.Size([4, 2, 2])
    """
    x = checks.tensor("linalg_tensorinv", "A", A)
    ind = arguments.as_int("linalg_tensorinv", "ind", 2, ind)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = shape_of(x)
    rows, columns = shape[:ind], shape[ind:]
    if _product(rows) != _product(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{_product(columns)} != {_product(rows)}"
        )
    return inv(x.reshape(_product(rows), _product(columns))).reshape(*columns, *rows)


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:  # noqa: N803 - PyTorch's names
    """Solve ``tensordot(A, X, X.ndim) = B``.

    Args:
        A: A tensor whose first sizes, as many as B has, multiply to what the others do.
        B: The right side.
        dims: Dimensions of A to be moved to its end first.

    Returns:
        X, of the shape of A's last dimensions.

    Raises:
        RuntimeError: The sizes do not fit.
        LinAlgError: The matrix is singular.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.tensorsolve(2 * plugrad.eye(4).reshape(2, 2, 4), plugrad.ones(2, 2))
        tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    a = checks.tensor("linalg_tensorsolve", "A", A)
    b = checks.tensor("linalg_tensorsolve", "B", B, 2)
    if dims is not None:
        moved = [normalized_dim(arguments.as_int("linalg_tensorsolve", "dims", 3, d), a.raw.ndim) for d in dims]
        a = a.permute([d for d in range(a.raw.ndim) if d not in moved] + moved)
    rows, columns = shape_of(a)[: b.raw.ndim], shape_of(a)[b.raw.ndim :]
    if _product(rows) != _product(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {_product(columns)} != {_product(rows)}"
        )
    return solve(a.reshape(_product(columns), _product(columns)), b.reshape(-1)).reshape(columns)
