"""PyTorch's linalg: determinants, powers, ranks, norms of matrices, and products of several."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dispatch, ops, return_types
from plugrad.core.dispatch import normalized_dim
from plugrad.core.dtypes import bool_, int64
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import shape_of, spelled
from plugrad.core.methods import diagonals
from plugrad.core.methods import linalg as products
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.equations import inv, inv_ex, tolerances
from plugrad.core.methods.reduction import vector_norm as _vector_norm
from plugrad.core.value import Value

__all__ = [
    "cond", "cross", "det", "diagonal", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank",
    "multi_dot", "norm", "slogdet", "vander", "vecdot", "vector_norm",
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


def signed_logarithm(function: str, name: str, A: Any, argument: str = "A") -> Any:  # noqa: N803
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


# -- ranks and norms ---------------------------------------------------------------------------------------------------


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


# -- products ----------------------------------------------------------------------------------------------------------

matmul = products.matmul


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:  # noqa: N803 - PyTorch's name
    """Return a diagonal of each matrix of a stack, as a view.

    Args:
        A: The matrices.
        offset: Which: 0 is the main one, positive ones are above it.
        dim1: The dimension of the rows.
        dim2: The dimension of the columns.

    Returns:
        A view whose last dimension is the diagonal.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.diagonal(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([1, 4])
    """
    return diagonals.diagonal(checks.tensor("linalg_diagonal", "A", A), offset, dim1, dim2)


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    r"""Return the cross products of vectors of three dimensions.

    .. math:: c = a \times b

    Args:
        input: One factor.
        other: The other, of the same dtype.
        dim: The dimension of the vectors, of size 3.

    Returns:
        The products, which stand at right angles to both.

    Raises:
        RuntimeError: The size is not 3, or the numbers of dimensions or the dtypes differ.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.cross(plugrad.tensor([1.0, 0.0, 0.0]), plugrad.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    a = checks.tensor("linalg_cross", "input", input)
    b = checks.tensor("linalg_cross", "other", other, 2)
    if a.raw.ndim != b.raw.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = normalized_dim(arguments.as_int("linalg_cross", "dim", 3, dim), a.raw.ndim)
    m, n = a.raw.shape[axis], b.raw.shape[axis]
    if m != 3 or n != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {m} and {n}")
    if a.dtype is not b.dtype:
        text = f"expected scalar type {a.dtype.legacy_name} but found {b.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, f"convert one of them: x.to({a.dtype})."))
    dispatch.broadcast_shapes(shape_of(a), shape_of(b))
    return ops.linalg_cross(a, b, axis=axis - a.raw.ndim)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    r"""Return the inner products of vectors along a dimension.

    .. math:: \sum_i \overline{x_i} \, y_i

    Args:
        x: One factor, which is conjugated.
        y: The other, of the same dtype.
        dim: The dimension of the vectors.

    Returns:
        The products, of the shape that x and y broadcast to without ``dim``.

    Raises:
        RuntimeError: The shapes or the dtypes do not fit, or the dtype is an integer one.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.vecdot(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
        tensor(11.)
    """
    a = checks.tensor("linalg_vecdot", "x", x)
    b = checks.tensor("linalg_vecdot", "y", y, 2)
    checks.floating("linalg.vecdot", a)
    checks.same_dtype("linalg.vecdot", a, b, "x", "y")
    if a.raw.ndim == b.raw.ndim == 1:
        return products.vdot(a, b)
    dim = arguments.as_int("linalg_vecdot", "dim", 3, dim)
    if a.dtype.is_complex:
        a = a.conj()
    return ops.sum(a * b, axis=normalized_dim(dim, max(a.raw.ndim, b.raw.ndim)))


def multi_dot(tensors: Any) -> Any:
    r"""Multiply several matrices, in the order of the least work.

    Args:
        tensors: The matrices; the first and the last may be vectors.

    Returns:
        Their product.

    Raises:
        RuntimeError: There are fewer than two, or the shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.multi_dot([plugrad.ones(2, 3), plugrad.ones(3, 4), plugrad.ones(4)])
        tensor([12., 12.])
    """
    arrays = list(tensors)
    count = len(arrays)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    for i, x in enumerate(arrays):
        checks.tensor("linalg_multi_dot", "tensors", x)
        end = i in (0, count - 1)
        if x.raw.ndim != 2 and not (end and x.raw.ndim == 1):
            where = ("the first tensor" if i == 0 else "the last tensor") if end else f"tensor {i}"
            must = "1D or 2D" if end else "2D"
            raise RuntimeError(f"multi_dot(): {where} must be {must} but got {x.raw.ndim}D")
        if x.dtype is not arrays[0].dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {spelled(arrays[0].dtype)} "
                f"and tensor {i} {spelled(x.dtype)}"
            )
    first, last = arrays[0].raw.ndim == 1, arrays[-1].raw.ndim == 1
    if first:
        arrays[0] = ops.expand_dims(arrays[0], axis=0)
    if last:
        arrays[-1] = ops.expand_dims(arrays[-1], axis=-1)
    for i in range(count - 1):
        a, b = shape_of(arrays[i]), shape_of(arrays[i + 1])
        if a[1] != b[0]:
            text = f"multi_dot(): tensors {i} and {i + 1} with shapes {list(a)} and {list(b)} cannot be multiplied"
            raise RuntimeError(text)
    y = _multiplied(arrays, _best_order([shape_of(a)[0] for a in arrays] + [shape_of(arrays[-1])[1]]), 0, count - 1)
    if first:
        y = ops.squeeze(y, axis=0)
    return ops.squeeze(y, axis=-1) if last else y


def _best_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """For every run of matrices, after which one to split it. Cormen et al., Introduction to Algorithms, chapter 14."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return split


def _multiplied(arrays: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return arrays[i]
    k = split[i, j]
    return ops.matmul(_multiplied(arrays, split, i, k), _multiplied(arrays, split, k + 1, j))


def vander(x: Any, *, N: Any = None) -> Any:  # noqa: N803 - PyTorch's name
    r"""Return the powers of each element as a row.

    .. math:: V_{ij} = x_i^j

    Args:
        x: The elements.
        N: How many powers, from 0 on; as many as elements by default.

    Returns:
        The rows.

    Shape:
        - x: (\*, n)
        - Output: (\*, n, N)

    Raises:
        RuntimeError: N is less than 2.

    Example::

        >>> import plugrad
        >>> plugrad.linalg.vander(plugrad.tensor([2, 3]), N=3)
        tensor([[1, 2, 4],
                [1, 3, 9]])
    """
    x = checks.tensor("linalg_vander", "x", x)
    count = (x.raw.shape[-1] if x.raw.shape else 1) if N is None else arguments.as_int("linalg_vander", "N", 2, N)
    if count < 2:
        raise RuntimeError("N must be greater than 1.")
    if not x.dtype.category:
        x = x.to(int64)
    return powers(x, count)


def powers(x: Any, count: int) -> Any:
    """The powers of each element, from 0 to ``count - 1``, in a new last dimension."""
    columns = ops.expand_dims(x, axis=-1)
    one = ops.ones_like(columns.detach())
    if count < 2:
        return one[..., :count]
    repeated = ops.broadcast_to(columns, shape=(*shape_of(x), count - 1))
    found = repeated.cumprod(-1)
    return ops.concat([one if found.dtype is x.dtype else one.to(found.dtype), found], axis=-1)
