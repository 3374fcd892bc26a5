"""PyTorch's names in the main namespace for what linalg has, and what was never moved there."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, ops, return_types
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.methods import matrices, matrix_norms, matrix_products
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.equations import inverse_of, pinv
from plugrad.core.methods.matrix_factors import MatrixFactorMethods
from plugrad.core.methods.reduction import vector_norm

__all__ = [
    "chain_matmul", "cross", "det", "inverse", "logdet", "matrix_exp", "matrix_power", "norm", "pinverse",
    "slogdet", "vander",
]  # fmt: skip

det = matrices.det
matrix_exp = matrices.matrix_exp
matrix_power = matrices.matrix_power


def inverse(input: Any) -> Any:
    r"""Return the inverse of a square matrix; see ``linalg.inv``.

    Args:
        input: The matrices.

    Returns:
        Their inverses.

    Shape:
        - input, Output: (\*, n, n)

    Raises:
        LinAlgError: A matrix is singular.

    Example::

        >>> import plugrad
        >>> plugrad.inverse(plugrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    return inverse_of("linalg.inv", "inverse", input, "input")


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    r"""Return the pseudo-inverse of a matrix; see ``linalg.pinv``.

    Args:
        input: The matrices.
        rcond: Singular values of at most this times the largest count as 0.

    Returns:
        The pseudo-inverses.

    Shape:
        - input: (\*, m, n)
        - Output: (\*, n, m)

    Example::

        >>> import plugrad
        >>> plugrad.pinverse(plugrad.tensor([[2.0, 0.0]]))
        tensor([[0.5000],
                [0.0000]])
    """
    return pinv(checks.tensor("pinverse", "input", input), rcond)


def slogdet(input: Any) -> Any:
    r"""Return the sign of the determinant and the logarithm of its size; see ``linalg.slogdet``.

    Args:
        input: The matrices.

    Returns:
        (sign, logabsdet), a named tuple.

    Shape:
        - input: (\*, n, n)
        - sign, logabsdet: (\*)

    Example::

        >>> import plugrad
        >>> plugrad.slogdet(plugrad.eye(2)).sign
        tensor(1.)
    """
    return return_types.slogdet(matrices.signed_logarithm("slogdet", "linalg.slogdet", input, "input"))


def logdet(input: Any) -> Any:
    r"""Return the logarithm of the determinant: -inf where it is 0, nan where it is negative.

    .. math:: y = \log \det A

    Args:
        input: The matrices.

    Returns:
        The logarithms.

    Shape:
        - input: (\*, n, n)
        - Output: (\*)

    Raises:
        RuntimeError: The input is no stack of square matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.logdet(plugrad.eye(2))
        tensor(0.)
    """
    x = checks.tensor("logdet", "input", input)
    checks.square("logdet", x)
    checks.floating("logdet", x, low=False)
    sign, size = ops.linalg_slogdet(x)
    if x.dtype.is_complex:
        return sign.log() + size
    return ops.where(sign == -1, math.nan, size)


def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    r"""Return the p-norm of all elements, or the norms over dimensions.

    .. math:: \lVert x \rVert_p = \Big(\sum_i |x_i|^p\Big)^{1/p}

    Args:
        input: The tensor, of a floating dtype.
        p: The order: any number, ``inf`` (the largest size), ``-inf`` (the smallest), 0 (the count of nonzeros);
            ``"fro"``, which is 2; or ``"nuc"``, the sum of the singular values over two dimensions.
        dim: The dimension or dimensions; all by default.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.

    Returns:
        A tensor. At 0 its gradient is 0.

    Raises:
        RuntimeError: for integers, an unknown order, and for the inf-norm of nothing.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[3.0, 4.0], [0.0, 0.0]])
        >>> x.norm()
        tensor(5.)
        >>> x.norm(1, dim=1)
        tensor([7., 0.])
    """
    x = checks.tensor("norm", "input", input)
    pair = dim if dim is None or isinstance(dim, int) else tuple(dim)
    if isinstance(p, str) and p != "fro":
        if p == "nuc":
            pair = tuple(range(x.raw.ndim)) if pair is None else pair
        else:
            pair = (-2, -1)  # for the message
        return matrix_norms.matrix_norm(x, p, pair, keepdim, dtype=dtype)
    if p is None or p == "fro":
        p = 2
        if isinstance(pair, tuple) and len(pair) > 2:
            return matrix_norms.matrix_norm(x, "fro", pair, keepdim, dtype=dtype)
    return vector_norm(x, arguments.as_number("linalg_vector_norm", "ord", 2, p), dim, keepdim, dtype=dtype)


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    r"""Return the cross products of vectors of three dimensions; see ``linalg.cross``.

    Args:
        input: One factor.
        other: The other, of the same dtype.
        dim: The dimension of the vectors; the first of size 3 by default.

    Returns:
        The products.

    Raises:
        RuntimeError: There is no dimension of size 3, or the dtypes differ.

    Example::

        >>> import plugrad
        >>> plugrad.cross(plugrad.tensor([1.0, 0.0, 0.0]), plugrad.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    a = checks.tensor("cross", "input", input)
    b = checks.tensor("cross", "other", other, 2)
    if dim is None:
        if 3 not in a.raw.shape:
            raise RuntimeError(with_hint("no dimension of size 3 in input", f"it has shape {list(a.raw.shape)}."))
        dim = shape_of(a).index(3)
    return matrix_products.cross(a, b, dim=dim)


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the powers of each element of a vector as a row, the highest first.

    .. math:: V_{ij} = x_i^{N - 1 - j}

    Args:
        x: The vector.
        N: How many powers; as many as elements by default.
        increasing: The lowest power first.

    Returns:
        The rows.

    Shape:
        - x: (n)
        - Output: (n, N)

    Raises:
        RuntimeError: The input is no vector, or N is negative.

    Example::

        >>> import plugrad
        >>> plugrad.vander(plugrad.tensor([2, 3]), 3)
        tensor([[4, 2, 1],
                [9, 3, 1]])
    """
    x = checks.tensor("vander", "x", x)
    if x.raw.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.raw.shape[0] if N is None else arguments.as_int("vander", "N", 2, N)
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    found = matrix_products.powers(x if x.dtype.is_inexact else x.long(), count)
    return found if increasing else ops.flip(found, axis=1)


def chain_matmul(*matrices_: Any) -> Any:
    r"""Multiply several matrices in the order of the least work; ``linalg.multi_dot`` is the newer name.

    Args:
        matrices_: The matrices.

    Returns:
        Their product.

    Raises:
        RuntimeError: There are none, or the shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.chain_matmul(plugrad.ones(2, 3), plugrad.ones(3, 1))
        tensor([[3.],
                [3.]])
    """
    if not matrices_:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in matrices_:
        checks.tensor("chain_matmul", "matrices", x)
        if x.raw.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {x.raw.ndim}, expected 2 instead.")
    return matrices_[0] if len(matrices_) == 1 else matrix_products.multi_dot(matrices_)


class MatrixMethods(MatrixFactorMethods):
    """The methods of this chapter."""

    __slots__ = ()

    cross = cross
    det = det
    inverse = inverse
    logdet = logdet
    matrix_exp = matrix_exp
    matrix_power = matrix_power
    norm = norm
    pinverse = pinverse
    slogdet = slogdet
