"""PyTorch's names for ops: linear algebra."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.linalg_refusals import (
    refuse_bmm,
    refuse_dot,
    refuse_matmul,
    refuse_mm,
    refuse_vector_product,
    require_tensors,
    shape_of,
)
from plugrad.core.methods.einsum import einsum
from plugrad.core.methods.linalg_sums import ProductSumMethods, addbmm, addmm, addmv, addr, baddbmm
from plugrad.core.value import Value

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "dot", "einsum", "ger", "inner", "kron", "matmul", "mm",
    "mv", "outer", "tensordot", "vdot",
]  # fmt: skip

_mm = dispatch.operator(ops.mm)


def matmul(input: Any, other: Any) -> Any:
    r"""Multiply vectors, matrices and stacks of matrices.

    .. math:: y_{ij} = \sum_k a_{ik} b_{kj}

    Two vectors give their dot product; a matrix and a vector, on either side, a vector; stacks of matrices
    the products of their matrices, where the dimensions before the last two broadcast.

    Args:
        input: The left factor.
        other: The right factor, of the same dtype.

    Returns:
        The product.

    Shape:
        - input: (\*, n, k) or (k)
        - other: (\*, k, m) or (k)
        - Output: (\*, n, m), without n or m where that factor is a vector

    Raises:
        RuntimeError: The sizes that are summed over differ, the stacks do not broadcast, the dtypes differ,
            or a factor has no dimension.

    Example::

        >>> import plugrad
        >>> a = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> plugrad.matmul(a, a)
        tensor([[ 7., 10.],
                [15., 22.]])
        >>> plugrad.matmul(a, plugrad.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    return _matmul(input, other, 1)


def _matmul(input: Any, other: Any, position: int) -> Any:
    """The product, with the position of the first argument in messages."""
    if not isinstance(input, Value) or not isinstance(other, Value):
        require_tensors("matmul", position, input=input, other=other)
    try:
        return ops.matmul(input, other)
    except Exception:
        refuse_matmul(input, other)
        raise


def _operator(self: Any, other: Any) -> Any:
    """``self @ other``."""
    if not isinstance(other, Value):
        return NotImplemented
    try:
        if self.raw.ndim == 2 and other.raw.ndim == 2:
            return _mm(self, other)
        return ops.matmul(self, other)
    except Exception:
        refuse_matmul(self, other)
        raise


def mm(input: Any, mat2: Any) -> Any:
    r"""Multiply two matrices.

    .. math:: y_{ij} = \sum_k a_{ik} b_{kj}

    Args:
        input: The left matrix.
        mat2: The right matrix, of the same dtype.

    Returns:
        The product.

    Shape:
        - input: (n, k)
        - mat2: (k, m)
        - Output: (n, m)

    Raises:
        RuntimeError: A factor is no matrix, or the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> a = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> plugrad.mm(a, a)
        tensor([[ 7., 10.],
                [15., 22.]])
    """
    require_tensors("mm", input=input, mat2=mat2)
    for name, x in (("self", input), ("mat2", mat2)):
        if x.raw.ndim != 2:
            text = f"{name} must be a matrix"
            raise RuntimeError(with_hint(text, f"it has {x.raw.ndim} dimensions; matmul takes any number of them."))
    try:
        return _mm(input, mat2)
    except Exception:
        refuse_mm(input, mat2)
        raise


def bmm(input: Any, mat2: Any) -> Any:
    r"""Multiply the matrices of two stacks of the same height.

    .. math:: y_{bij} = \sum_k a_{bik} b_{bkj}

    Args:
        input: The left factors.
        mat2: The right factors, of the same dtype.

    Returns:
        The products.

    Shape:
        - input: (b, n, k)
        - mat2: (b, k, m)
        - Output: (b, n, m)

    Raises:
        RuntimeError: A factor has not three dimensions, or the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.bmm(plugrad.ones(2, 1, 3), plugrad.ones(2, 3, 1))
        tensor([[[3.]],
        <BLANKLINE>
                [[3.]]])
    """
    require_tensors("bmm", input=input, mat2=mat2)
    refuse_bmm(input, mat2)
    return ops.bmm(input, mat2)


def mv(input: Any, vec: Any) -> Any:
    r"""Multiply a matrix and a vector.

    .. math:: y_i = \sum_k a_{ik} b_k

    Args:
        input: The matrix.
        vec: The vector, of the same dtype.

    Returns:
        The product.

    Shape:
        - input: (n, k)
        - vec: (k)
        - Output: (n)

    Raises:
        RuntimeError: The ranks, the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.mv(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]), plugrad.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    require_tensors("mv", input=input, vec=vec)
    if input.raw.ndim != 2 or vec.raw.ndim != 1:
        text = f"vector + matrix @ vector expected, got 1, {input.raw.ndim}, {vec.raw.ndim}"
        raise RuntimeError(with_hint(text, "these are the numbers of dimensions; matmul takes others."))
    refuse_vector_product(input, vec)
    return ops.mv(input, vec)


def dot(input: Any, tensor: Any) -> Any:
    r"""Multiply two vectors: the sum of the products of their elements.

    .. math:: y = \sum_k a_k b_k

    Args:
        input: One vector.
        tensor: The other, of the same dtype.

    Returns:
        The product, a tensor without dimensions.

    Shape:
        - input, tensor: (n)
        - Output: ()

    Raises:
        RuntimeError: A factor is no vector, or the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.dot(plugrad.tensor([2.0, 3.0]), plugrad.tensor([2.0, 1.0]))
        tensor(7.)
    """
    require_tensors("dot", input=input, tensor=tensor)
    refuse_dot(input, tensor)
    return ops.dot(input, tensor)


def vdot(input: Any, other: Any) -> Any:
    r"""Multiply two vectors, the first of which is conjugated.

    .. math:: y = \sum_k \overline{a_k} b_k

    Args:
        input: One vector.
        other: The other, of the same dtype.

    Returns:
        The product, a tensor without dimensions.

    Shape:
        - input, other: (n)
        - Output: ()

    Raises:
        RuntimeError: A factor is no vector, or the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.vdot(plugrad.tensor([2.0, 3.0]), plugrad.tensor([2.0, 1.0]))
        tensor(7.)
    """
    require_tensors("vdot", input=input, other=other)
    refuse_dot(input, other)
    return ops.vdot(input, other)


def outer(input: Any, vec2: Any) -> Any:
    r"""Multiply every element of one vector with every element of another.

    .. math:: y_{ij} = a_i b_j

    Args:
        input: The vector along the rows' side.
        vec2: The vector along the columns' side.

    Returns:
        The matrix of products.

    Shape:
        - input: (n)
        - vec2: (m)
        - Output: (n, m)

    Raises:
        RuntimeError: An argument is no vector.

    Example::

        >>> import plugrad
        >>> plugrad.outer(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    require_tensors("outer", input=input, vec2=vec2)
    _check_vectors("outer", self=input, vec2=vec2)
    return input.reshape(-1, 1) * vec2


ger = outer


def _check_vectors(function: str, **arguments: Any) -> None:
    for name, x in arguments.items():
        if x.raw.ndim != 1:
            raise RuntimeError(
                with_hint(f"{function}: Expected 1-D argument {name}, but got {x.raw.ndim}-D", "flatten it first.")
            )


def inner(input: Any, other: Any) -> Any:
    r"""Sum products over the last dimension of both.

    .. math:: y_{ij} = \sum_k a_{ik} b_{jk}

    Args:
        input: One factor.
        other: The other, with the same last size.

    Returns:
        The sums; where a factor has no dimension, the plain product.

    Shape:
        - input: (\*, k)
        - other: (\*\*, k)
        - Output: (\*, \*\*)

    Raises:
        RuntimeError: The last sizes or the dtypes differ.

    Example::

        >>> import plugrad
        >>> plugrad.inner(plugrad.tensor([1.0, 2.0]), plugrad.tensor([[0.0, 1.0], [1.0, 1.0]]))
        tensor([2., 3.])
    """
    require_tensors("inner", input=input, other=other)
    a, b = shape_of(input), shape_of(other)
    if not a or not b:
        return input * other
    if a[-1] != b[-1]:
        raise RuntimeError(
            with_hint(
                f"inner() the last dimension must match on both input tensors but got shapes {list(a)} and {list(b)}",
                "both are summed over their last dimension.",
            )
        )
    return tensordot(input, other, ([-1], [-1]))


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    r"""Sum products over several dimensions of both.

    .. math:: y_{i_0 \dots j_0 \dots} = \sum_{k_0 \dots} a_{i_0 \dots k_0 \dots} b_{k_0 \dots j_0 \dots}

    Args:
        a: The left factor.
        b: The right factor, of the same dtype.
        dims: The number of dimensions, the last of ``a`` and the first of ``b``; or two lists of dimensions.

    Returns:
        The sums, with the dimensions of ``a`` that are left and then those of ``b``.

    Raises:
        RuntimeError: The dimensions, their sizes or the dtypes do not fit.
        IndexError: There is no such dimension.

    Example::

        >>> import plugrad
        >>> plugrad.tensordot(plugrad.ones(3, 4, 5), plugrad.ones(4, 3, 2), dims=([1, 0], [0, 1])).shape
        plugrad.Size([5, 2])
    """
    require_tensors("tensordot", a=a, b=b)
    if isinstance(dims, Value):
        tensor: Any = dims
        dims = tensor.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.raw.ndim, b.raw.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (range(-dims, 0), range(dims))
    dims_a, dims_b = ([d] if isinstance(d, int) else list(d) for d in dims)
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype is not b.dtype:
        raise RuntimeError(with_hint("both inputs should have same dtype", f"convert one of them: x.to({a.dtype})."))
    for i, (j, k) in enumerate(zip(dims_a, dims_b, strict=True)):
        dims_a[i], dims_b[i] = dispatch.normalized_dim(j, a.raw.ndim), dispatch.normalized_dim(k, b.raw.ndim)
        m, n = a.raw.shape[dims_a[i]], b.raw.shape[dims_b[i]]
        if m == 1 and n != 1:
            b = b.sum(k, keepdim=True, dtype=b.dtype)
        elif n == 1 and m != 1:
            a = a.sum(j, keepdim=True, dtype=a.dtype)
        elif m != n:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {j} and second has size "
                f"{n} in dim {k}"
            )
    for side in (dims_a, dims_b):
        for d in side:
            if side.count(d) > 1:
                raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return ops.tensordot(a, b, axes=(tuple(dims_a), tuple(dims_b)))


def kron(input: Any, other: Any) -> Any:
    r"""Compute the Kronecker product: ``other`` repeated, multiplied by each element of ``input``.

    .. math:: y_{i p + k,\, j q + l} = a_{ij} b_{kl}

    Args:
        input: The left factor.
        other: The right factor.

    Returns:
        The product, of a size that is the product of both sizes in each dimension.

    Example::

        >>> import plugrad
        >>> plugrad.kron(plugrad.eye(2), plugrad.tensor([[1.0, 2.0]]))
        tensor([[1., 2., 0., 0.],
                [0., 0., 1., 2.]])
    """
    require_tensors("kron", input=input, other=other)
    a, b = shape_of(input), shape_of(other)
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    left = input.reshape([n for size in a for n in (size, 1)])
    right = other.reshape([n for size in b for n in (1, size)])
    return (left * right).reshape([m * n for m, n in zip(a, b, strict=True)])


class LinalgMethods(ProductSumMethods):
    """The methods and operators of this chapter."""

    __slots__ = ()

    __matmul__ = _operator
    # Not in place, as in PyTorch: `x @= y` names a new tensor.
    __imatmul__ = __matmul__
    bmm = bmm
    dot = dot
    ger = ger
    inner = inner
    kron = kron
    mm = mm
    mv = mv
    outer = outer
    vdot = vdot

    def __rmatmul__(self, other: Any) -> Any:
        """``other @ self``."""
        return _operator(other, self) if isinstance(other, Value) else NotImplemented

    def matmul(self, other: Any) -> Any:
        """Multiply by ``other`` on the right; see `plugrad.matmul`.

        Args:
            other: The right factor.

        Returns:
            The product.
        """
        return _matmul(self, other, 0)
