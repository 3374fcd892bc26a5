"""Sums of a tensor and a product: addmm and its kin."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.inplace import in_place
from plugrad.core.linalg_refusals import (
    refuse_bmm,
    refuse_expansion,
    refuse_mm,
    refuse_sum,
    refuse_vector_product,
    require_tensors,
    shape_of,
    spelled,
)

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]


def _factors(x: Any, beta: Any, alpha: Any) -> dict[str, Any]:
    """The options of the op: integers get integer factors, as PyTorch converts them."""
    return {"beta": beta, "alpha": alpha} if x.dtype.is_inexact else {"beta": int(beta), "alpha": int(alpha)}


def _check_addmm(input: Any, mat1: Any, mat2: Any) -> None:
    require_tensors("addmm", input=input, mat1=mat1, mat2=mat2)
    for name, x in (("mat1", mat1), ("mat2", mat2)):
        if x.raw.ndim != 2:
            text = f"{name} must be a matrix, got {x.raw.ndim}-D tensor"
            raise RuntimeError(with_hint(text, "matmul takes tensors of any rank: beta * input + alpha * (a @ b)."))
    if mat1.dtype is not mat2.dtype:
        names = f"{mat1.dtype.legacy_name} and {mat2.dtype.legacy_name}"
        text = f"mat1 and mat2 must have the same dtype, but got {names}"
        raise RuntimeError(with_hint(text, f"convert one of them: mat1.to({mat2.dtype})."))
    refuse_mm(mat1, mat2)
    refuse_sum(input, mat2, (shape_of(mat1)[0], shape_of(mat2)[1]))


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    r"""Add a product of matrices to a tensor.

    .. math:: y = \beta \, x + \alpha \, (A B)

    Args:
        input: What is added. With ``beta`` 0 its values do not count, not even infinities and nan.
        mat1: The matrix A.
        mat2: The matrix B.
        beta: The factor of ``input``.
        alpha: The factor of the product.

    Returns:
        The sum.

    Shape:
        - input: broadcasts to (n, m)
        - mat1: (n, k)
        - mat2: (k, m)
        - Output: (n, m)

    Raises:
        RuntimeError: The ranks, the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.addmm(plugrad.tensor([1.0, 2.0]), plugrad.ones(2, 3), plugrad.ones(3, 2))
        tensor([[4., 5.],
                [4., 5.]])
    """
    _check_addmm(input, mat1, mat2)
    return ops.addmm(input, mat1, mat2, **_factors(input, beta, alpha))


def _check_addmv(input: Any, mat: Any, vec: Any) -> None:
    require_tensors("addmv", input=input, mat=mat, vec=vec)
    ranks = input.raw.ndim, mat.raw.ndim, vec.raw.ndim
    if ranks[0] > 1 or ranks[1:] != (2, 1):
        text = f"vector + matrix @ vector expected, got {', '.join(map(str, ranks))}"
        raise RuntimeError(with_hint(text, "these are the numbers of dimensions."))
    if mat.dtype is vec.dtype is not input.dtype:
        names = ", ".join([x.dtype.legacy_name for x in (input, mat)])
        text = f"addmv input tensors must have the same dtype, but got {names}, and {vec.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, f"convert the input: x.to({mat.dtype})."))
    refuse_vector_product(mat, vec)
    rows, columns = shape_of(mat)
    if shape_of(input) not in ((), (1,), (rows,)):
        text = f"size mismatch, got input ({shape_of(input)[0]}), mat ({rows}x{columns}), vec ({columns})"
        raise RuntimeError(with_hint(text, f"the product has size {rows}."))


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    r"""Add the product of a matrix and a vector to a vector.

    .. math:: y = \beta \, x + \alpha \, (A v)

    Args:
        input: What is added. With ``beta`` 0 its values do not count, not even infinities and nan.
        mat: The matrix A.
        vec: The vector v.
        beta: The factor of ``input``.
        alpha: The factor of the product.

    Returns:
        The sum.

    Shape:
        - input: broadcasts to (n)
        - mat: (n, k)
        - vec: (k)
        - Output: (n)

    Raises:
        RuntimeError: The ranks, the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.addmv(plugrad.tensor([1.0, 2.0]), plugrad.ones(2, 3), plugrad.ones(3), alpha=2)
        tensor([7., 8.])
    """
    _check_addmv(input, mat, vec)
    return ops.addmv(input, mat, vec, **_factors(input, beta, alpha))


def _check_addr(input: Any, vec1: Any, vec2: Any) -> None:
    require_tensors("addr", input=input, vec1=vec1, vec2=vec2)
    for name, x in (("vec1", vec1), ("vec2", vec2)):
        if x.raw.ndim != 1:
            text = f"addr: Expected 1-D argument {name}, but got {x.raw.ndim}-D"
            raise RuntimeError(with_hint(text, "flatten it first."))
    refuse_expansion(shape_of(input), (*shape_of(vec1), *shape_of(vec2)))


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    r"""Add the outer product of two vectors to a tensor.

    .. math:: y = \beta \, x + \alpha \, (u v^T)

    Args:
        input: What is added. With ``beta`` 0 its values do not count, not even infinities and nan.
        vec1: The vector u.
        vec2: The vector v.
        beta: The factor of ``input``.
        alpha: The factor of the product.

    Returns:
        The sum.

    Shape:
        - input: broadcasts to (n, m)
        - vec1: (n)
        - vec2: (m)
        - Output: (n, m)

    Raises:
        RuntimeError: The ranks or the sizes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.addr(plugrad.zeros(2, 2), plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    _check_addr(input, vec1, vec2)
    return ops.addr(input, vec1, vec2, **_factors(input, beta, alpha))


def _check_baddbmm(input: Any, batch1: Any, batch2: Any) -> None:
    require_tensors("baddbmm", input=input, batch1=batch1, batch2=batch2)
    if not input.dtype is batch1.dtype is batch2.dtype:
        names = [spelled(x.dtype) for x in (input, batch1, batch2)]
        text = f"Input dtypes must be the same, got: input {names[0]}, batch1: {names[1]}, batch2: {names[2]}"
        raise RuntimeError(with_hint(text, f"convert with x.to({batch1.dtype})."))
    refuse_bmm(batch1, batch2)
    refuse_expansion(shape_of(input), (*shape_of(batch1)[:2], shape_of(batch2)[2]))


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    r"""Add the products of two stacks of matrices to a tensor.

    .. math:: y_b = \beta \, x_b + \alpha \, (A_b B_b)

    Args:
        input: What is added. With ``beta`` 0 its values do not count, not even infinities and nan.
        batch1: The matrices A.
        batch2: The matrices B.
        beta: The factor of ``input``.
        alpha: The factor of the products.

    Returns:
        The sums.

    Shape:
        - input: broadcasts to (b, n, m)
        - batch1: (b, n, k)
        - batch2: (b, k, m)
        - Output: (b, n, m)

    Raises:
        RuntimeError: The ranks, the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.baddbmm(plugrad.zeros(2), plugrad.ones(3, 1, 4), plugrad.ones(3, 4, 2)).shape
        plugrad.Size([3, 1, 2])
    """
    _check_baddbmm(input, batch1, batch2)
    return ops.baddbmm(input, batch1, batch2, **_factors(input, beta, alpha))


def _check_addbmm(input: Any, batch1: Any, batch2: Any) -> None:
    require_tensors("addbmm", input=input, batch1=batch1, batch2=batch2)
    for name, x in (("batch1", batch1), ("batch2", batch2)):
        if x.raw.ndim != 3:
            text = f"{name} must be a 3D tensor"
            raise RuntimeError(with_hint(text, f"it has {x.raw.ndim} dimensions; addmm takes two matrices."))
    for name, x, y in (("mat1", batch1, batch2), ("self", input, batch2)):
        if x.dtype is not y.dtype:
            names = f"{x.dtype.legacy_name} and {y.dtype.legacy_name}"
            text = f"{name} and mat2 must have the same dtype, but got {names}"
            raise RuntimeError(with_hint(text, f"convert one of them: x.to({y.dtype})."))
    a, b = shape_of(batch1), shape_of(batch2)
    if a[0] != b[0]:
        text = f"batch1 and batch2 must have same number of batches, got {a[0]} and {b[0]}"
        raise RuntimeError(with_hint(text, "the products are summed over the batch."))
    if a[2] != b[1]:
        text = f"Incompatible matrix sizes for bmm ({a[1]}x{a[2]} and {b[1]}x{b[2]})"
        raise RuntimeError(with_hint(text, f"{a[2]} and {b[1]} must be equal."))
    refuse_expansion(shape_of(input), (a[1], b[2]))


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    r"""Add the sum of the products of two stacks of matrices to a matrix.

    .. math:: y = \beta \, x + \alpha \sum_b A_b B_b

    Args:
        input: What is added. With ``beta`` 0 its values do not count, not even infinities and nan.
        batch1: The matrices A.
        batch2: The matrices B.
        beta: The factor of ``input``.
        alpha: The factor of the products.

    Returns:
        The sum.

    Shape:
        - input: broadcasts to (n, m)
        - batch1: (b, n, k)
        - batch2: (b, k, m)
        - Output: (n, m)

    Raises:
        RuntimeError: The ranks, the sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.addbmm(plugrad.zeros(1, 2), plugrad.ones(3, 1, 4), plugrad.ones(3, 4, 2))
        tensor([[12., 12.]])
    """
    _check_addbmm(input, batch1, batch2)
    return ops.addbmm(input, batch1, batch2, **_factors(input, beta, alpha))


def _changed(function: Any, check: Any) -> Any:
    """The in-place form: PyTorch's checks, and those of every in-place op."""
    update = in_place(function)

    def changed(self: Any, first: Any, second: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        check(self, first, second)
        return update(self, first, second, **_factors(self, beta, alpha))

    changed.__name__ = changed.__qualname__ = update.__name__
    changed.__doc__ = update.__doc__
    return changed


class ProductSumMethods:
    """The methods of this chapter."""

    __slots__ = ()

    addbmm = addbmm
    addbmm_ = _changed(ops.addbmm, _check_addbmm)
    addmm = addmm
    addmm_ = _changed(ops.addmm, _check_addmm)
    addmv = addmv
    addmv_ = _changed(ops.addmv, _check_addmv)
    addr = addr
    addr_ = _changed(ops.addr, _check_addr)
    baddbmm = baddbmm
    baddbmm_ = _changed(ops.baddbmm, _check_baddbmm)
