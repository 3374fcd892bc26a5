"""PyTorch's linalg: determinants, powers and exponentials of matrices."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, ops, return_types
from plugrad.core.dtypes import bool_
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.equations import inv

__all__ = [
    "det", "matrix_exp", "matrix_power", "slogdet",
]  # fmt: skip


# -- determinants, powers, the exponential -----------------------------------------------------------------------------


def det(A: Any) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the determinant of a square matrix.

    Its gradient is right for singular matrices too.

    Args:
        A: The matrices.

    Returns:
        Their determinants.

    Shape:
        - A: (\*, n, n)
        - Output: (\*)

    Raises:
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.det(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor(8.)
    """
    x = checks.tensor("linalg_det", "A", A)
    checks.square("linalg.det", x)
    checks.floating("linalg.det", x, low=False, kernel="lu_cpu")
    return ops.linalg_det(x)


def slogdet(A: Any) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the sign of the determinant and the logarithm of its size, where itself would overflow.

    .. math:: \det A = s \, e^{l}

    Args:
        A: The matrices.

    Returns:
        (sign, logabsdet), a named tuple: 1 or -1 (complex numbers of size 1 for complex matrices), or 0 and -inf
        where the matrix is singular.

    Shape:
        - A: (\*, n, n)
        - sign, logabsdet: (\*)

    Raises:
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.slogdet(plugrad.tensor([[0.0, 1.0], [1.0, 0.0]]))
        plugrad.return_types.linalg_slogdet(
        sign=tensor(-1.),
        logabsdet=tensor(0.))
    """
    return return_types.linalg_slogdet(signed_logarithm("linalg_slogdet", "linalg.slogdet", A))


def signed_logarithm(function: str, name: str, A: Any, argument: str = "A") -> Any:  # noqa: N803 - PyTorch's name
    """``slogdet`` as a plain tuple, with the name of the function in messages."""
    x = checks.tensor(function, argument, A)
    checks.square(name, x)
    checks.floating(name, x, low=False)
    return ops.linalg_slogdet(x)


def matrix_exp(input: Any) -> Any:
    r"""Return the exponential of a square matrix.

    .. math:: e^A = \sum_k A^k / k!

    Args:
        input: The matrices.

    Returns:
        Their exponentials.

    Shape:
        - input, Output: (\*, n, n)

    Raises:
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.matrix_exp(plugrad.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])
    """
    x = checks.tensor("linalg_matrix_exp", "input", input)
    checks.floating("linalg.matrix_exp", x)
    checks.square("linalg.matrix_exp", x)
    checks.floating("linalg.matrix_exp", x, low=False)
    return ops.linalg_matrix_exp(x)


def matrix_power(input: Any, n: int) -> Any:
    r"""Return an integer power of a square matrix; a negative one of its inverse.

    Args:
        input: The matrices.
        n: The exponent.

    Returns:
        The powers, by repeated squaring.

    Shape:
        - input, Output: (\*, n, n)

    Raises:
        LinAlgError: The exponent is negative and a matrix singular.
        RuntimeError: The input is no stack of square matrices.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.matrix_power(plugrad.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]])
    """
    x = checks.tensor("linalg_matrix_power", "input", input)
    checks.square("linalg.matrix_power", x)
    n = arguments.as_int("linalg_matrix_power", "n", 2, n)
    if n == 0:
        one = ops.eye(x.raw.shape[-1], dtype=x.dtype, device=x.device)
        # A constant, of which PyTorch has a gradient nevertheless: 0.
        return ops.where(ops.zeros((), dtype=bool_, device=x.device), x, one)
    if n == 1:
        return ops.clone(x)
    if n < 0:
        x, n = inv(x), -n
    result = None
    while n:
        if n & 1:
            result = x if result is None else ops.matmul(result, x)
        n >>= 1
        if n:
            x = ops.matmul(x, x)
    return result
