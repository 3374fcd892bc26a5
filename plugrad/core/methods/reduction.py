"""Reductions by arithmetic under PyTorch's names: sums, means, products, norms, all and any."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.value import Value

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "logsumexp",
    "mean",
    "nanmean",
    "nansum",
    "prod",
    "sum",
]

_sum_of_all = ops.sum


def _summands(name: str, input: Any, dtype: Any) -> Any:
    """The tensor in the dtype that is summed in: integers and booleans in int64 unless told otherwise."""
    dtype = arguments.as_dtype(name, dtype)
    if dtype is None:
        if input.dtype.is_inexact:
            return input
        dtype = dtypes.int64
    input = dispatch.cast(input, dtype)
    # Libraries have no sums of booleans.
    return dispatch.cast(input, dtypes.int64) if dtype is dtypes.bool_ else input


def _result(y: Any, dtype: Any) -> Any:
    """A sum or a product in the dtype that was asked for: libraries widen small integers."""
    return y if dtype is None or y.dtype is dtype else dispatch.cast(y, dtype)


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Any:
    r"""Return the sum of all elements, or the sums over dimensions.

    .. math:: y = \sum_i x_i

    Args:
        input: The tensor.
        dim: The dimension or dimensions to sum over; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        dtype: Convert the elements to this dtype first. Integers and booleans are summed in int64 by default.
        names: NumPy's names.

    Returns:
        A tensor; of no dimension where all are summed over.

    Shape:
        The input's without ``dim``.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if one is named twice.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.sum()
        tensor(10.)
        >>> x.sum(0, keepdim=True)
        tensor([[4., 6.]])
    """
    if dim is None and keepdim is False and dtype is None and not names and isinstance(input, Value):
        if input.dtype.is_inexact:
            return _sum_of_all(input)
        if input.dtype is dtypes.bool_:
            return ops.count_nonzero(input)
    return _summed("sum", input, dim, keepdim, dtype, names, ops.sum, ops.sum_over)


def _summed(name: str, input: Any, dim: Any, keepdim: Any, dtype: Any, names: Any, all_of: Any, over: Any) -> Any:
    x = dimensions.tensor(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, dim, keepdim, names)
    axis = dimensions.axes(name, dim, x.raw.ndim)
    keepdims = dimensions.flag(name, keepdim)
    op = all_of if dim is None else over
    if dtype is None and x.dtype.is_inexact:
        return op(x, axis=axis, keepdims=keepdims)
    y = op(_summands(name, x, dtype), axis=axis, keepdims=keepdims)
    return _result(y, arguments.as_dtype(name, dtype))


def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Any:
    """Return the sum of all elements that are not nan, or the sums over dimensions.

    Args:
        input: The tensor.
        dim: The dimension or dimensions to sum over; all by default.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.
        names: NumPy's names.

    Returns:
        A tensor. nan gets the gradient 0.

    Example::

        >>> import plugrad
        >>> plugrad.nansum(plugrad.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    x = dimensions.tensor("nansum", input)
    over = ops.nansum if x.dtype.is_inexact else ops.sum
    return _summed("nansum", x, dim, keepdim, dtype, names, over, over)


def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Any:
    r"""Return the mean of all elements, or the means over dimensions.

    .. math:: y = \frac{1}{n} \sum_i x_i

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions to average over; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        dtype: Convert the elements to this dtype first.
        names: NumPy's names.

    Returns:
        A tensor. The mean of nothing is nan.

    Raises:
        RuntimeError: for integers, which need ``dtype``.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.mean(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
        tensor([1.5000, 3.5000])
    """
    x = dimensions.tensor("mean", input)
    if dtype is not None or not x.dtype.is_inexact:
        x = _averaged("mean", x, dtype)
    if dim is None and keepdim is False and not names:
        return ops.mean(x)
    if names:
        dim, keepdim = dimensions.numpys("mean", dim, keepdim, names)
    axis = dimensions.axes("mean", dim, x.raw.ndim)
    return (ops.mean if dim is None else ops.mean_over)(x, axis=axis, keepdims=dimensions.flag("mean", keepdim))


def _averaged(name: str, x: Any, dtype: Any) -> Any:
    """The tensor in a floating dtype, or PyTorch's error."""
    dtype = arguments.as_dtype(name, dtype)
    wanted, what = (x.dtype, "Input") if dtype is None else (dtype, "Optional")
    if not wanted.is_inexact:
        raise RuntimeError(
            with_hint(
                f"{name}(): could not infer output dtype. {what} dtype must be either a floating point or "
                f"complex dtype. Got: {wanted.legacy_name}",
                "convert first, x.float(), or pass dtype=plugrad.float32.",
            )
        )
    return dispatch.cast(x, wanted)


def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Any:
    """Return the mean of all elements that are not nan, or the means over dimensions.

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions to average over; all by default.
        keepdim: Keep them, with size 1.
        dtype: Convert the elements to this dtype first.
        names: NumPy's names.

    Returns:
        A tensor. The mean of nothing is nan.

    Raises:
        RuntimeError: for integers.

    Example::

        >>> import plugrad
        >>> plugrad.nanmean(plugrad.tensor([1.0, float("nan"), 3.0]))
        tensor(2.)
    """
    x = dimensions.tensor("nanmean", input)
    if not x.dtype.is_inexact:
        raise RuntimeError(
            with_hint(
                f"nanmean(): expected input to have floating point or complex dtype but got {x.dtype.legacy_name}",
                "convert first: x.float().",
            )
        )
    if names:
        dim, keepdim = dimensions.numpys("nanmean", dim, keepdim, names)
    axis = dimensions.axes("nanmean", dim, x.raw.ndim)
    keepdims = dimensions.flag("nanmean", keepdim)
    x = _averaged("nanmean", x, dtype)
    present = ops.count_nonzero(ops.logical_not(ops.isnan(x.detach())), axis=axis, keepdims=keepdims)
    return ops.divide(ops.nansum(x, axis=axis, keepdims=keepdims), dispatch.cast(present, x.dtype.to_real()))


def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Any:
    r"""Return the product of all elements, or the products over one dimension.

    .. math:: y = \prod_i x_i

    The gradient of an element is the product of the others, also where there are zeros, and to any order.

    Args:
        input: The tensor.
        dim: The dimension to multiply over; all by default. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        dtype: Convert the elements to this dtype first. Integers and booleans are multiplied in int64 by default.
        names: NumPy's names.

    Returns:
        A tensor. The product of nothing is 1.

    Raises:
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([2.0, 0.0, 3.0], requires_grad=True)
        >>> x.prod().backward()
        >>> x.grad
        tensor([0., 6., 0.])
    """
    x = dimensions.tensor("prod", input)
    if names:
        dim, keepdim = dimensions.numpys("prod", dim, keepdim, names)
    x = _summands("prod", x, dtype)
    dtype = arguments.as_dtype("prod", dtype)
    if dim is None:
        if keepdim is not False:
            raise dimensions.refused("prod", keepdim=keepdim)
        return _result(ops.prod(x), dtype)
    axis = dimensions.one("prod", dim, x.raw.ndim)
    keepdims = dimensions.flag("prod", keepdim)
    return _result(ops.prod_over(x, axis=axis if x.raw.ndim else None, keepdims=keepdims), dtype)


def logsumexp(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    r"""Return the logarithms of the sums of exponentials over dimensions, without overflow.

    .. math:: y = \log \sum_i e^{x_i}

    Args:
        input: The tensor; integers are converted to the default floating dtype.
        dim: The dimension or dimensions to sum over. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A tensor. That of nothing is -inf.

    Raises:
        TypeError: without ``dim``.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1000.0, 1000.0]).logsumexp(0)
        tensor(1000.6932)
    """
    x = dimensions.tensor("logsumexp", input)
    if names:
        dim, keepdim = dimensions.numpys("logsumexp", dim, keepdim, names)
    if dim is None:
        raise TypeError('logsumexp() missing 1 required positional arguments: "dim"')
    axis = dimensions.axes("logsumexp", dim, x.raw.ndim)
    return ops.logsumexp(x, axis=axis, keepdims=dimensions.flag("logsumexp", keepdim))


def vector_norm(x: Any, ord: Any, dim: Any, keepdim: bool, dtype: Any = None) -> Any:
    """The norm of vectors, with the checks and texts of PyTorch's linalg.vector_norm."""
    dtype = arguments.as_dtype("linalg_vector_norm", dtype)
    if not x.dtype.is_inexact:
        raise RuntimeError(
            with_hint(
                f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {x.dtype.legacy_name}",
                "convert first: x.float().",
            )
        )
    if dtype is not None:
        if not dtype.is_inexact:
            raise RuntimeError(
                f"linalg.vector_norm: dtype should be floating point or complex, but got {dtype.legacy_name}"
            )
        x = dispatch.cast(x, dtype)
    shape = x.raw.shape
    axis = dimensions.axes("linalg_vector_norm", dim, len(shape), 3)
    if abs(ord) == math.inf and 0 in shape:
        text = f"linalg.vector_norm cannot compute the {ord} norm on "
        empty = [a for a in axis or () if shape[a] == 0]
        if axis is None:
            raise RuntimeError(f"{text}an empty tensor because the operation does not have an identity")
        if empty:
            raise RuntimeError(
                f"{text}the dimension {empty[0]}because this dimension is empty and the operation does not "
                f"have an identity"
            )
    ord = int(ord) if ord == int(ord if abs(ord) != math.inf else 0) else ord
    keepdims = dimensions.flag("linalg_vector_norm", keepdim, 4)
    return ops.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _truth(name: str, op: Any, input: Any, dim: Any, keepdim: Any, names: dict[str, Any]) -> Any:
    if not isinstance(input, Value):
        raise dimensions.refused(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, dim, keepdim, names)
    if keepdim.__class__ is not bool:
        raise dimensions.refused(name, dim, keepdim)
    axis = dimensions.several(name, dim, input.raw.ndim)
    if not input.raw.ndim:
        axis = None
    y = op(input, axis=axis, keepdims=keepdim)
    # uint8 was the dtype of masks once: PyTorch keeps it.
    return dispatch.cast(y, dtypes.uint8) if input.dtype is dtypes.uint8 else y


def all(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return whether all elements are true, everywhere or along dimensions.

    Args:
        input: The tensor. Whatever is not 0 is true.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A boolean tensor (uint8 for uint8). All of nothing are true.

    Example::

        >>> import plugrad
        >>> plugrad.all(plugrad.tensor([[True, False], [True, True]]), 1)
        tensor([False,  True])
    """
    return _truth("all", ops.all, input, dim, keepdim, names)


def any(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return whether any element is true, anywhere or along dimensions.

    Args:
        input: The tensor. Whatever is not 0 is true.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A boolean tensor (uint8 for uint8). None of nothing is true.

    Example::

        >>> import plugrad
        >>> plugrad.any(plugrad.tensor([[True, False], [False, False]]), 1)
        tensor([ True, False])
    """
    return _truth("any", ops.any, input, dim, keepdim, names)


def count_nonzero(input: Any, dim: Any = None, **names: Any) -> Any:
    """Return how many elements are not 0, everywhere or along dimensions.

    Args:
        input: The tensor.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        names: NumPy's name.

    Returns:
        An int64 tensor.

    Example::

        >>> import plugrad
        >>> plugrad.count_nonzero(plugrad.tensor([[0, 1], [2, 3]]), 0)
        tensor([1, 2])
    """
    x = dimensions.tensor("count_nonzero", input)
    if names:
        if list(names) != ["axis"] or dim is not None:
            raise dimensions.refused("count_nonzero", *([] if dim is None else [dim]), **names)
        dim = names["axis"]
    return ops.count_nonzero(x, axis=dimensions.axes("count_nonzero", dim, x.raw.ndim))


class ReductionMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()

    sum = sum
    nansum = nansum
    mean = mean
    nanmean = nanmean
    prod = prod
    logsumexp = logsumexp
    all = all
    any = any
    count_nonzero = count_nonzero
