"""PyTorch's linalg: decompositions of matrices.

Vectors are unique up to sign or phase, and only where values differ. Losses must not depend on the choice; where values
repeat, the vectors' derivative is infinite or nan.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import ops, return_types
from plugrad.core.errors import with_hint
from plugrad.core.methods import matrix_checks as checks

__all__ = [
    "cholesky", "cholesky_ex", "eig", "eigh", "eigvals", "eigvalsh", "householder_product", "qr", "svd",
    "svdvals",
]  # fmt: skip


# -- Cholesky ----------------------------------------------------------------------------------------------------------


def cholesky(input: Any, *, upper: bool = False) -> Any:
    r"""Return the triangular factor of a positive-definite matrix.

    .. math:: A = L L^H

    Args:
        input: Hermitian positive-definite matrices, of which only the lower triangle (upper with ``upper``) is read.
        upper: Return U with :math:`A = U^H U` instead.

    Returns:
        L, a lower triangle with a positive diagonal; or U.

    Shape:
        - input, Output: (\*, n, n)

    Raises:
        LinAlgError: A matrix is not positive-definite.
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.cholesky(plugrad.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    return _cholesky("linalg.cholesky", "linalg_cholesky", input, upper)


def _cholesky(name: str, function: str, input: Any, upper: bool) -> Any:
    x = checks.tensor(function, "input", input)
    checks.square(name, x)
    checks.floating(name, x, low=False, kernel="cholesky_cpu")
    try:
        return ops.linalg_cholesky(x, upper=bool(upper))
    except Exception as error:
        read = ops.matrix_transpose(x) if upper else x
        raise checks.not_positive(name, x, checks.failures(ops.cholesky_failure, read), error) from error


def cholesky_ex(input: Any, *, upper: bool = False, check_errors: bool = False) -> Any:
    r"""Return the triangular factor of a matrix, and whether it is positive-definite.

    Args:
        input: Hermitian matrices.
        upper: Return U rather than L, as ``cholesky``.
        check_errors: Raise where a matrix is not positive-definite.

    Returns:
        (L, info), a named tuple: ``info`` is 0, or the order of the first leading minor that is not positive.

    Shape:
        - input, L: (\*, n, n)
        - info: (\*)

    Raises:
        LinAlgError: With ``check_errors``, a matrix is not positive-definite.

    Differs from PyTorch:
        The factor of a matrix that is not positive-definite is nan; there it is what was done before the failure.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.cholesky_ex(-plugrad.eye(2)).info
        tensor(1, dtype=plugrad.int32)
    """
    x = checks.tensor("linalg_cholesky_ex", "input", input)
    checks.square("linalg.cholesky_ex", x)
    checks.floating("linalg.cholesky_ex", x, low=False, kernel="cholesky_cpu")
    if check_errors:
        factor = _cholesky("linalg.cholesky_ex", "linalg_cholesky_ex", x, upper)
        return return_types.linalg_cholesky_ex((factor, ops.cholesky_failure(ops.zeros_like(factor.detach()) + factor)))
    info = ops.cholesky_failure(ops.matrix_transpose(x) if upper else x)
    failed = (info != 0).unsqueeze(-1).unsqueeze(-1)
    one = ops.eye(x.raw.shape[-1], dtype=x.dtype, device=x.device)
    factor = ops.linalg_cholesky(ops.where(failed, one, x), upper=bool(upper))
    nan = ops.full_like(factor.detach(), float("nan"))
    nan = ops.triu(nan) if upper else ops.tril(nan)
    return return_types.linalg_cholesky_ex((ops.where(failed, nan, factor), info))


# -- QR ----------------------------------------------------------------------------------------------------------------


def qr(A: Any, mode: str = "reduced") -> Any:  # noqa: N803 - PyTorch's name
    r"""Return a matrix as a product of orthonormal columns and a triangle.

    .. math:: A = Q R

    Args:
        A: The matrices.
        mode: ``"reduced"``; ``"complete"`` for a square Q; ``"r"`` for R alone.

    Returns:
        (Q, R), a named tuple. With ``"r"`` Q is empty.

    Shape:
        - A: (\*, m, n)
        - Q: (\*, m, k), R: (\*, k, n) with k the smaller of m and n, or m with ``"complete"``

    Raises:
        RuntimeError: An unknown mode; in backward with ``"r"``, and with ``"complete"`` where m > n.

    Example::

        >>> import plugrad
        >>> Q, R = plugrad.linalg.qr(plugrad.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> (Q @ R - plugrad.tensor([[3.0, 1.0], [4.0, 2.0]])).abs().max().item() < 1e-5
        True
    """
    return return_types.linalg_qr(_qr(checks.tensor("linalg_qr", "A", A), mode))


def _qr(x: Any, mode: Any) -> tuple[Any, Any]:
    if mode not in ("reduced", "complete", "r"):
        text = f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        raise RuntimeError(text)
    checks.matrix("linalg.qr", x)
    checks.floating("linalg.qr", x, low=False, kernel="geqrf_cpu")
    if mode == "r":
        return ops.zeros((0,), dtype=x.dtype, device=x.device), ops.qr_triangle(x)
    return tuple(ops.linalg_qr(x, mode=mode))


def householder_product(input: Any, tau: Any) -> Any:
    r"""Return the first columns of a product of reflections.

    .. math:: Q = H_1 H_2 \dots H_k, \quad H_i = 1 - \tau_i v_i v_i^H

    Args:
        input: The vectors :math:`v_i` as columns; above the diagonal, and on it, where each has its 1, nothing is read.
        tau: The factors.

    Returns:
        The first n columns of Q.

    Shape:
        - input, Output: (\*, m, n) with m >= n
        - tau: (\*, k) with k <= n

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.householder_product(plugrad.tensor([[0.0], [1.0]]), plugrad.tensor([1.0]))
        tensor([[ 0.],
                [-1.]])
    """
    x = checks.tensor("linalg_householder_product", "input", input)
    tau = checks.tensor("linalg_householder_product", "tau", tau, 2)
    name = "plugrad.linalg.householder_product"
    if x.raw.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    m, n = x.raw.shape[-2:]
    if m < n:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if n < tau.raw.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if tau.raw.ndim != x.raw.ndim - 1:
        text = f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to "
        raise RuntimeError(f"{text}{tau.raw.ndim} and input.ndim is equal to {x.raw.ndim}")
    if tuple(tau.raw.shape[:-1]) != tuple(x.raw.shape[:-2]):
        text = f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
        raise RuntimeError(text + str(list(tau.raw.shape[:-1])))
    checks.same_dtype(name, tau, x, "tau", "input")
    vectors = ops.tril(x, k=-1) + ops.eye(m, n, dtype=x.dtype, device=x.device)
    y = ops.zeros_like(x.detach()) + ops.eye(m, n, dtype=x.dtype, device=x.device)
    for i in reversed(range(tau.raw.shape[-1])):
        v = vectors[..., :, i : i + 1]
        y = y - tau[..., i : i + 1].unsqueeze(-1) * (v @ (v.conj().mT @ y if x.dtype.is_complex else v.mT @ y))
    return y


# -- eigenvalues -------------------------------------------------------------------------------------------------------


def _hermitian(function: str, x: Any, UPLO: Any) -> tuple[Any, bool]:  # noqa: N803 - PyTorch's name
    x = checks.tensor(function, "input", x)
    checks.square("linalg.eigh", x)
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    checks.lacking("linalg_eigh_cpu", x)
    return x, UPLO.upper() == "U"


def eigh(input: Any, UPLO: str = "L") -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the eigenvalues and eigenvectors of a hermitian matrix.

    .. math:: A = Q \operatorname{diag}(\lambda) Q^H

    Args:
        input: Hermitian (or symmetric) matrices, of which one triangle is read.
        UPLO: Which: ``"L"`` for the lower, ``"U"`` for the upper.

    Returns:
        (eigenvalues, eigenvectors), a named tuple: real values that rise, and orthonormal columns.

    Shape:
        - input, eigenvectors: (\*, n, n)
        - eigenvalues: (\*, n)

    Raises:
        LinAlgError: The iteration did not end.
        RuntimeError: The input is no stack of square matrices; in backward, a loss depends on the phases of complex
            vectors. (A backend that can't look at its numbers returns nan then.)

    Example::

        >>> import plugrad
        >>> plugrad.linalg.eigh(plugrad.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([1., 2.])
    """
    x, upper = _hermitian("linalg_eigh", input, UPLO)
    try:
        return return_types.linalg_eigh(ops.eigh_triangle(x, upper=upper))
    except Exception as error:
        raise checks.not_converged("linalg.eigh", x, "eigenvalues", error) from error


def eigvalsh(input: Any, UPLO: str = "L") -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the eigenvalues of a hermitian matrix.

    Args:
        input: Hermitian (or symmetric) matrices, of which one triangle is read.
        UPLO: Which: ``"L"`` for the lower, ``"U"`` for the upper.

    Returns:
        The eigenvalues, real and rising.

    Shape:
        - input: (\*, n, n)
        - Output: (\*, n)

    Raises:
        LinAlgError: The iteration did not end.
        RuntimeError: The input is no stack of square matrices.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.eigvalsh(plugrad.tensor([[2.0, 1.0], [1.0, 2.0]]))
        tensor([1., 3.])
    """
    x, upper = _hermitian("linalg_eigvalsh", input, UPLO)
    try:
        return ops.eigvalsh_triangle(x, upper=upper)
    except Exception as error:
        raise checks.not_converged("linalg.eigh", x, "eigenvalues", error) from error


def _general(function: str, x: Any) -> Any:
    x = checks.tensor(function, "input", x)
    checks.square(function.replace("_", "."), x)
    if not x.dtype.is_inexact:
        raise RuntimeError(with_hint(f"Unknown Complex ScalarType for {x.dtype.legacy_name}", "convert: x.float()."))
    checks.lacking("linalg_eig_out_cpu", x)
    return x


def eig(input: Any) -> Any:
    r"""Return the eigenvalues and eigenvectors of a square matrix.

    .. math:: A V = V \operatorname{diag}(\lambda)

    Args:
        input: The matrices.

    Returns:
        (eigenvalues, eigenvectors), a named tuple, complex; the vectors are columns of length 1.

    Shape:
        - input, eigenvectors: (\*, n, n)
        - eigenvalues: (\*, n)

    Raises:
        RuntimeError: The input is no stack of square matrices, or not finite; in backward, a loss depends on the
            phases of the vectors.
        KernelNotFoundError: The backend's library has no ``eig``; the standard has it only from 2025.12 on.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.eig(plugrad.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([2.+0.j, 1.+0.j])
    """
    x = _general("linalg_eig", input)
    try:
        return return_types.linalg_eig(ops.linalg_eig(x))
    except Exception as error:
        raise checks.not_converged("plugrad.linalg.eig", x, "eigenvalues", error) from error


def eigvals(input: Any) -> Any:
    r"""Return the eigenvalues of a square matrix.

    Args:
        input: The matrices.

    Returns:
        The eigenvalues, complex, in no order.

    Shape:
        - input: (\*, n, n)
        - Output: (\*, n)

    Raises:
        RuntimeError: The input is no stack of square matrices, or not finite.
        KernelNotFoundError: The backend's library has no ``eig``.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.eigvals(plugrad.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([2.+0.j, 1.+0.j])
    """
    x = _general("linalg_eigvals", input)
    try:
        return ops.linalg_eigvals(x)
    except Exception as error:
        raise checks.not_converged("plugrad.linalg.eig", x, "eigenvalues", error) from error


# -- singular values ---------------------------------------------------------------------------------------------------


def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the singular values and singular vectors of a matrix.

    .. math:: A = U \operatorname{diag}(S) V^H

    Args:
        A: The matrices.
        full_matrices: Return square U and V. Of the further columns no derivative is taken: they are arbitrary.
        driver: Not supported, as in PyTorch on a CPU.

    Returns:
        (U, S, Vh), a named tuple, with S real and falling.

    Shape:
        - A: (\*, m, n)
        - S: (\*, k) with k the smaller of m and n
        - U: (\*, m, m), Vh: (\*, n, n); or (\*, m, k) and (\*, k, n)

    Raises:
        LinAlgError: The iteration did not end, as for nan.
        RuntimeError: In backward, a loss depends on the phases of complex vectors.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.svd(plugrad.tensor([[3.0, 0.0], [0.0, -4.0]])).S
        tensor([4., 3.])
    """
    x = _singular("linalg_svd", A, driver)
    return return_types.linalg_svd(_svd(x, bool(full_matrices)))


def _singular(function: str, x: Any, driver: Any) -> Any:
    x = checks.tensor(function, "A", x)
    checks.matrix("linalg.svd", x)
    checks.floating("linalg.svd", x, low=False, kernel="linalg_svd_cpu")
    if driver is not None:
        raise RuntimeError(
            "plugrad.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    return x


def _svd(x: Any, full_matrices: bool) -> Any:
    try:
        return ops.linalg_svd(x, full_matrices=full_matrices)
    except Exception as error:
        raise checks.not_converged("linalg.svd", x, "singular values", error) from error


def svdvals(A: Any, *, driver: str | None = None) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the singular values of a matrix.

    Args:
        A: The matrices.
        driver: Not supported, as in PyTorch on a CPU.

    Returns:
        The singular values, real and falling.

    Shape:
        - A: (\*, m, n)
        - Output: (\*, k) with k the smaller of m and n

    Raises:
        LinAlgError: The iteration did not end, as for nan.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.svdvals(plugrad.tensor([[3.0, 0.0], [0.0, -4.0]]))
        tensor([4., 3.])
    """
    x = _singular("linalg_svdvals", A, driver)
    try:
        return ops.linalg_svdvals(x)
    except Exception as error:
        raise checks.not_converged("linalg.svd", x, "singular values", error) from error
