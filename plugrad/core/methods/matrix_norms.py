"""PyTorch's linalg: ranks, norms and condition numbers of matrices."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dispatch, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.dtypes import int64
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.equations import inv_ex, tolerances
from plugrad.core.methods.reduction import vector_norm as _vector_norm
from plugrad.core.value import Value

__all__ = [
    "cond", "matrix_norm", "matrix_rank", "norm", "vector_norm",
]  # fmt: skip


def matrix_rank(
    A: Any,  # noqa: N803 - PyTorch's name
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Any:
    r"""Return how many singular values of a matrix are not 0.

    Args:
        A: The matrices.
        tol: Another name of ``atol``.
        hermitian: The matrices are hermitian; the sizes of their eigenvalues are counted.
        atol: Singular values of at most this count as 0. 0 by default.
        rtol: The same relative to the largest one; by default the larger size times the dtype's eps, or 0 with
            a positive ``atol``.

    Returns:
        The ranks, int64.

    Shape:
        - A: (\*, m, n)
        - Output: (\*)

    Raises:
        RuntimeError: The input is no stack of matrices of a floating dtype.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.matrix_rank(plugrad.ones(3, 3))
        tensor(1)
    """
    x = checks.tensor("linalg_matrix_rank", "A", A)
    checks.matrix("plugrad.linalg.matrix_rank", x, "input")
    if not x.dtype.is_inexact or x.dtype.itemsize < 4:
        raise RuntimeError("This function doesn't handle types other than float and double")
    if hermitian:
        checks.square("linalg.eigh", x)
    if tol is not None and atol is None:
        atol, rtol = tol, 0.0 if rtol is None else rtol
    atol, rtol = tolerances("linalg_matrix_rank", x, atol, rtol)
    x = x.detach()
    try:
        values = ops.abs(ops.eigvalsh_triangle(x)) if hermitian else ops.linalg_svdvals(x)
    except Exception as error:
        raise checks.not_converged("linalg.svd", x, "singular values", error) from error
    if not values.raw.shape[-1]:
        return ops.sum(values.to(int64), axis=-1)
    limits = [ops.expand_dims(t, axis=-1) if isinstance(t, Value) and t.raw.ndim else t for t in (atol, rtol)]
    relative = limits[1] * ops.max(values, axis=-1, keepdims=True)
    counted = (values > limits[0]) & (values > relative)
    return ops.sum(counted.to(int64), axis=-1)


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    r"""Return the norms of vectors.

    .. math:: \lVert x \rVert_p = \Big(\sum_i |x_i|^p\Big)^{1/p}

    Args:
        x: The tensor, of a floating dtype.
        ord: The order p: any number, ``inf`` (the largest size), ``-inf`` (the smallest), 0 (the count of nonzeros).
        dim: The dimension or dimensions; all by default.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.

    Returns:
        The norms. At 0 their gradient is 0.

    Raises:
        RuntimeError: for integers, and for the inf-norm of nothing.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.vector_norm(plugrad.tensor([3.0, -4.0]), 1)
        tensor(7.)
    """
    x = checks.tensor("linalg_vector_norm", "x", x)
    ord = arguments.as_number("linalg_vector_norm", "ord", 2, ord)
    return _vector_norm(x, ord, dim, keepdim, dtype=dtype)


def _converted(name: str, x: Any, dtype: Any) -> Any:
    dtype = arguments.as_dtype(name.replace(".", "_"), dtype)
    checks.floating(name, x)
    if dtype is None:
        return x
    if not dtype.is_inexact:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {dtype.legacy_name}")
    return dispatch.cast(x, dtype)


def matrix_norm(
    A: Any,  # noqa: N803 - PyTorch's name
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    r"""Return the norms of matrices.

    Args:
        A: The matrices, of a floating dtype.
        ord: ``"fro"``, the root of the sum of squares; ``"nuc"``, the sum of the singular values; 2 and -2, the
            largest and the smallest of them; 1 and -1, the largest and the smallest sum of the sizes in a column;
            ``inf`` and ``-inf``, the same of rows.
        dim: The two dimensions of the matrices.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.

    Returns:
        The norms.

    Raises:
        RuntimeError: for an unknown order, and where ``dim`` is no pair of different dimensions.

    Example::

        >>> import plugrad
        >>> A = plugrad.tensor([[3.0, 0.0], [0.0, -4.0]])
        >>> plugrad.linalg.matrix_norm(A), plugrad.linalg.matrix_norm(A, "nuc")
        (tensor(5.), tensor(7.))
    """
    name = "linalg.matrix_norm"
    x = checks.tensor("linalg_matrix_norm", "A", A)
    checks.matrix(name, x)
    pair = [dim] if isinstance(dim, int) else list(dim)
    if len(pair) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, pair))}")
    rows, columns = (normalized_dim(d, x.raw.ndim) for d in pair)
    if rows == columns:
        raise RuntimeError(f"{name}: dims must be different. Got ({pair[0]}, {pair[1]})")
    known = ord in ("fro", "nuc") if isinstance(ord, str) else ord in (1, -1, 2, -2, math.inf, -math.inf)
    if not known:
        raise RuntimeError(with_hint(f"{name}: Order {ord} not supported.", "orders are 'fro', 'nuc', ±1, ±2, ±inf."))
    x = _converted(name, x, dtype)
    if ord == "fro":
        return _vector_norm(x, 2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        values = _values_of(x, rows, columns)
        if ord == "nuc":
            found = ops.sum(values, axis=-1)
        elif not values.raw.shape[-1]:
            found = ops.sum(values, axis=-1)  # of nothing: 0, as in PyTorch
        else:
            found = (ops.max if ord == 2 else ops.min)(values, axis=-1)
        for axis in sorted((rows, columns)) if keepdim else ():
            found = ops.expand_dims(found, axis=axis)
        return found
    summed, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = _vector_norm(x, 1, summed, True)
    found = sums.amax(compared, keepdim=True) if ord > 0 else sums.amin(compared, keepdim=True)
    return (
        found
        if keepdim
        else ops.reshape(found, shape=tuple([n for i, n in enumerate(shape_of(found)) if i not in (rows, columns)]))
    )


def _values_of(x: Any, rows: int, columns: int) -> Any:
    others = [i for i in range(x.raw.ndim) if i not in (rows, columns)]
    if [*others, rows, columns] != list(range(x.raw.ndim)):
        x = x.permute([*others, rows, columns])
    try:
        return ops.linalg_svdvals(x)
    except Exception as error:
        raise checks.not_converged("linalg.svd", x, "singular values", error) from error


def norm(
    A: Any,  # noqa: N803 - PyTorch's name
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    r"""Return the norms of vectors or of matrices.

    Args:
        A: The tensor, of a floating dtype.
        ord: The order of ``vector_norm`` where there is one dimension, of ``matrix_norm`` where there are two. None is
            the root of the sum of squares over any number of dimensions.
        dim: One dimension, or two. By default all, of which there must be at most two unless ``ord`` is None.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.

    Returns:
        The norms.

    Raises:
        RuntimeError: for an unknown order, and where the number of dimensions does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.norm(plugrad.tensor([[3.0, 0.0], [0.0, 4.0]]))
        tensor(5.)
    """
    x = checks.tensor("linalg_norm", "A", A)
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim)
    if ord is None:
        return _vector_norm(x, 2, dim, keepdim, dtype=dtype)
    count = 1 if isinstance(dim, int) else x.raw.ndim if dim is None else len(dim)
    if dim is None and count not in (1, 2):
        text = f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {count}D."
        raise RuntimeError(with_hint(text, "name the dimensions: dim=(-2, -1) for matrices."))
    if count not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if isinstance(ord, str) or count == 2:
        return matrix_norm(x, ord, ((0, 1) if count == 2 else (0,)) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(x, ord, dim, keepdim, dtype=dtype)


def cond(input: Any, p: Any = None) -> Any:
    r"""Return the condition number of a matrix: how much solving its equations can enlarge an error.

    .. math:: \kappa(A) = \lVert A \rVert_p \, \lVert A^{-1} \rVert_p

    Args:
        input: The matrices.
        p: The order of ``matrix_norm``; None and 2 take the singular values, the largest over the smallest, also
            of matrices that are not square.

    Returns:
        The condition numbers; ``inf`` for singular matrices.

    Raises:
        RuntimeError: for an unknown order, and for matrices that are not square with other orders than 2 and -2.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.cond(plugrad.tensor([[4.0, 0.0], [0.0, 2.0]]))
        tensor(2.)
    """
    x = checks.tensor("linalg_cond", "input", input)
    if x.raw.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    known = p in ("fro", "nuc") if isinstance(p, str) else p in (None, 1, -1, 2, -2, math.inf, -math.inf)
    if not known:
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if 0 in x.raw.shape[-2:]:
        return ops.zeros(shape_of(x)[:-2], dtype=x.dtype.to_real() if x.dtype.is_complex else x.dtype, device=x.device)
    if p in (None, 2, -2):
        checks.floating("linalg.svd", x, low=False, kernel="linalg_svd_cpu")
        values = _values_of(x, x.raw.ndim - 2, x.raw.ndim - 1)
        large, small = values[..., 0], values[..., -1]
        return small / large if p == -2 else large / small
    checks.square(f"linalg.cond(ord={p})" if not isinstance(p, str) else "linalg.cond(ord=" + p + ")", x)
    inverse, info = inv_ex(x)
    found = matrix_norm(x, p) * matrix_norm(inverse, p)
    return ops.where(info != 0, ops.full_like(found.detach(), math.inf), found)
