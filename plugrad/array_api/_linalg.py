"""The standard's functions of linear algebra, for ``plugrad.array_api.linalg``."""

from __future__ import annotations

from typing import Any, NamedTuple

from plugrad.array_api._common import accumulated, array, in_dtype, together
from plugrad.core.errors import with_hint
from plugrad.core.methods import decompositions, equations, matrices, matrix_norms, matrix_products
from plugrad.core.namespace import FUNCTIONS

__all__ = [
    "cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matrix_norm", "matrix_power",
    "matrix_rank", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "trace", "vector_norm",
]  # fmt: skip


class EighResult(NamedTuple):
    """What ``eigh`` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What ``qr`` returns."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """What ``slogdet`` returns."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """What ``svd`` returns."""

    U: Any
    S: Any
    Vh: Any


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    r"""The triangular factor of positive-definite matrices.

    .. math:: x = L L^H

    Args:
        x: Hermitian positive-definite matrices.
        upper: Return :math:`L^H` instead.

    Raises:
        LinAlgError: if one is not positive-definite.
    """
    return decompositions.cholesky(array("cholesky", x), upper=upper)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The cross products of vectors of three elements.

    Args:
        x1: An array of vectors.
        x2: An array of vectors; the other axes broadcast.
        axis: The axis along which a vector lies.
    """
    x1, x2 = together(array("cross", x1), array("cross", x2))
    ndim = max(x1.ndim, x2.ndim)
    return matrix_products.cross(_with_axes(x1, ndim), _with_axes(x2, ndim), dim=axis)


def det(x: Any, /) -> Any:
    """The determinants of square matrices.

    Args:
        x: Square matrices.
    """
    return matrices.det(array("det", x))


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of matrices.

    Args:
        x: Matrices.
        offset: How far above the main diagonal.

    Shape:
        - Output: (..., length of the diagonal)
    """
    return FUNCTIONS["diagonal"](_matrices("diagonal", x), offset=offset, axis1=-2, axis2=-1)


def eigh(x: Any, /) -> EighResult:
    """The eigenvalues and eigenvectors of Hermitian matrices, the smallest value first.

    Args:
        x: Hermitian (real: symmetric) matrices.

    Returns:
        A tuple with names: eigenvalues, eigenvectors (in columns).
    """
    return EighResult(*decompositions.eigh(array("eigh", x)))


def eigvalsh(x: Any, /) -> Any:
    """The eigenvalues of Hermitian matrices, the smallest first.

    Args:
        x: Hermitian (real: symmetric) matrices.
    """
    return decompositions.eigvalsh(array("eigvalsh", x))


def inv(x: Any, /) -> Any:
    """The inverses of square matrices.

    Args:
        x: Square matrices.

    Raises:
        LinAlgError: if one has no inverse.
    """
    return equations.inv(array("inv", x))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norms of matrices.

    Args:
        x: Matrices.
        keepdims: Whether the last two axes stay, with size 1.
        ord: ``"fro"``: Frobenius; ``"nuc"``: the sum of the singular values; 2, -2: the largest, the smallest of
            them; 1, -1, inf, -inf: the largest, the smallest sum of absolute values in a column, in a row.
    """
    return matrix_norms.matrix_norm(array("matrix_norm", x), ord, keepdim=keepdims)


def matrix_power(x: Any, n: int, /) -> Any:
    """The powers of square matrices.

    Args:
        x: Square matrices.
        n: The exponent. A negative one is that of the inverse.
    """
    return matrices.matrix_power(array("matrix_power", x), n)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values are not small.

    Args:
        x: Matrices.
        rtol: What is small, relative to the largest; the larger size times the precision by default. A number or an
            array that broadcasts with the stack.
    """
    return matrix_norms.matrix_rank(array("matrix_rank", x), rtol=rtol)


def outer(x1: Any, x2: Any, /) -> Any:
    """The product of every element of one vector with every one of another.

    Args:
        x1: A vector.
        x2: A vector.

    Shape:
        - Output: (size of x1, size of x2)

    Raises:
        ValueError: if one is no vector.
    """
    for x in (array("outer", x1), array("outer", x2)):
        if x.ndim != 1:
            raise ValueError(with_hint(f"outer() takes vectors, not {x.ndim} dimensions", "reshape(x, (-1,)) is one."))
    x1, x2 = together(x1, x2)
    return FUNCTIONS["multiply"](FUNCTIONS["expand_dims"](x1, axis=1), x2)


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """The pseudo-inverses of matrices.

    Args:
        x: Matrices.
        rtol: Which singular values count as 0, relative to the largest; the larger size times the precision by default.
    """
    return equations.pinv(array("pinv", x), rtol=rtol)


def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    """Matrices as products of one with orthonormal columns and an upper triangle.

    Args:
        x: Matrices.
        mode: ``"reduced"``: as many columns as needed. ``"complete"``: a square Q, which has no derivative where x has
            more rows than columns.

    Returns:
        A tuple with names: Q, R.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(with_hint(f"mode must be 'reduced' or 'complete', not {mode!r}", "'reduced' is the default."))
    return QRResult(*decompositions.qr(array("qr", x), mode))


def slogdet(x: Any, /) -> SlogdetResult:
    """The signs of determinants, and the logarithms of their absolute values.

    Args:
        x: Square matrices.

    Returns:
        A tuple with names: sign, logabsdet.
    """
    return SlogdetResult(*matrices.slogdet(array("slogdet", x)))


def solve(x1: Any, x2: Any, /) -> Any:
    """The solutions of systems of linear equations.

    .. math:: x_1 y = x_2

    Args:
        x1: Square matrices.
        x2: One vector, or matrices whose columns are right-hand sides.

    Raises:
        LinAlgError: if a matrix has no inverse.
    """
    x1, x2 = together(array("solve", x1), array("solve", x2))
    # PyTorch could take a matrix for a stack of vectors.
    return equations.solve(x1, _with_axes(x2, x1.ndim) if x2.ndim > 1 else x2)


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    r"""The singular values of matrices, and the vectors that belong to them.

    .. math:: x = U \operatorname{diag}(S) V^H

    Args:
        x: Matrices.
        full_matrices: Whether U and Vh are square.

    Returns:
        A tuple with names: U, S (the largest first), Vh.
    """
    return SVDResult(*decompositions.svd(array("svd", x), full_matrices))


def svdvals(x: Any, /) -> Any:
    """The singular values of matrices, the largest first.

    Args:
        x: Matrices.
    """
    return decompositions.svdvals(array("svdvals", x))


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of diagonals of matrices.

    Args:
        x: Matrices.
        offset: How far above the main diagonal.
        dtype: In which to add; of integers the default one by default.
    """
    x = accumulated(_matrices("trace", x), dtype)
    return in_dtype(FUNCTIONS["sum"](diagonal(x, offset=offset), axis=-1), dtype)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    r"""The norms of vectors.

    .. math:: \left( \sum_i |x_i|^{ord} \right)^{1 / ord}

    Args:
        x: An array.
        axis: The axis, or several, along which a vector lies; all by default; of no axis, (), each element is a vector.
        keepdims: Whether the axes stay, with size 1.
        ord: The order; inf and -inf: the largest and smallest absolute value; 0: how many are not 0.
    """
    if isinstance(axis, tuple) and not axis:  # PyTorch's () are all axes
        return matrix_norms.vector_norm(FUNCTIONS["expand_dims"](array("vector_norm", x), axis=-1), ord, -1)
    return matrix_norms.vector_norm(array("vector_norm", x), ord, axis, keepdims)


def _with_axes(x: Any, ndim: int) -> Any:
    """``x`` with new first axes, if it has fewer than ``ndim``."""
    missing = ndim - x.ndim
    return FUNCTIONS["reshape"](x, shape=(*(1,) * missing, *x.raw.shape)) if missing > 0 else x


def _matrices(name: str, x: Any) -> Any:
    if array(name, x).ndim < 2:
        raise ValueError(with_hint(f"{name}() of {x.ndim} dimensions", "a matrix has two."))
    return x
