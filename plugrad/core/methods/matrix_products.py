"""PyTorch's linalg: products of vectors and of several matrices."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.dtypes import int64
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import shape_of, spelled
from plugrad.core.methods import diagonals
from plugrad.core.methods import linalg as products
from plugrad.core.methods import matrix_checks as checks

__all__ = [
    "cross", "diagonal", "matmul", "multi_dot", "vander", "vecdot",
]  # fmt: skip


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
