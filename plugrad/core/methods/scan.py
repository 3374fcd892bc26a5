"""Scans under PyTorch's names: cumulative sums, products and extrema, and differences."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops, return_types
from plugrad.core.errors import with_hint
from plugrad.core.inplace import update
from plugrad.core.methods import dimensions
from plugrad.core.namespace import FUNCTIONS

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "diff", "logcumsumexp"]


def _required(name: str, dim: Any, axis: Any) -> Any:
    if dim is None and axis is None:
        raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
    return axis if dim is None else dim


def _scanned(name: str, op: Any, x: Any, dim: Any) -> Any:
    """A scan along a dimension; a 0-d tensor is scanned as a vector of one."""
    axis = dimensions.one(name, dim, x.raw.ndim)
    if x.raw.ndim:
        return op(x, axis=axis)
    y = op(ops.reshape(x, shape=(1,)), axis=0)
    if isinstance(y, tuple):
        return tuple([ops.clone(ops.reshape(part, shape=())) for part in y])
    return ops.clone(ops.reshape(y, shape=()))


def _cumulated(name: str, op: Any, input: Any, dim: Any, dtype: Any, axis: Any) -> Any:
    x = dimensions.tensor(name, input)
    dim = _required(name, dim, axis)
    dtype = arguments.as_dtype(name, dtype)
    if dtype is None:
        dtype = x.dtype if x.dtype.is_inexact else dtypes.int64
    if dtype is dtypes.bool_:
        raise NotImplementedError(
            with_hint(f"\"{name}_out_cpu\" not implemented for 'Bool'", "ask for an integer dtype.")
        )
    # Libraries widen small integers.
    y = _scanned(name, op, dispatch.cast(x, dtype), dim)
    return y if y.dtype is dtype else dispatch.cast(y, dtype)


def cumsum(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    r"""Return the running sums along a dimension.

    .. math:: y_i = x_1 + x_2 + \dots + x_i

    Args:
        input: The tensor.
        dim: The dimension.
        dtype: Convert the elements to this dtype first. Integers and booleans are summed in int64 by default.
        axis: NumPy's name of ``dim``.

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: without ``dim``.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.cumsum(plugrad.tensor([1, 2, 3]), 0)
        tensor([1, 3, 6])
    """
    return _cumulated("cumsum", ops.cumulative_sum, input, dim, dtype, axis)


def cumprod(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    r"""Return the running products along a dimension.

    .. math:: y_i = x_1 \cdot x_2 \cdots x_i

    The gradient is right where there are zeros, to any order: nothing is divided.

    Args:
        input: The tensor.
        dim: The dimension.
        dtype: Convert the elements to this dtype first. Integers and booleans are multiplied in int64 by default.
        axis: NumPy's name of ``dim``.

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: without ``dim``.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.cumprod(plugrad.tensor([1, 2, 3]), 0)
        tensor([1, 2, 6])
    """
    return _cumulated("cumprod", ops.cumulative_prod, input, dim, dtype, axis)


def _changed(name: str, function: Any, op: Any, input: Any, dim: Any, dtype: Any, axis: Any) -> Any:
    x = dimensions.tensor(name, input)
    dim = _required(name, dim, axis)
    if arguments.as_dtype(name, dtype) not in (None, x.dtype):
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {x.dtype.name} and output tensor dtype {dtype.name} should match"
        )
    if x.dtype is dtypes.bool_:
        raise NotImplementedError(with_hint(f"\"{name}out_cpu\" not implemented for 'Bool'", "convert first: x.int()."))
    if not x.raw.ndim:
        dimensions.one(name, dim, 0)
        return update(ops.multiply.op, x, (1,), {})
    return update(op.op, x, (), {"axis": dimensions.one(name, dim, x.raw.ndim)})


def cumsum_(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    """In-place form of ``cumsum``.

    Returns:
        This tensor.
    """
    return _changed("cumsum_", cumsum, ops.cumulative_sum, input, dim, dtype, axis)


def cumprod_(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    """In-place form of ``cumprod``.

    Returns:
        This tensor.
    """
    return _changed("cumprod_", cumprod, ops.cumulative_prod, input, dim, dtype, axis)


def logcumsumexp(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    r"""Return the logarithms of the running sums of exponentials along a dimension, without overflow.

    .. math:: y_i = \log \sum_{j \le i} e^{x_j}

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension.
        axis: NumPy's name of ``dim``.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: for integers.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.logcumsumexp(plugrad.tensor([1000.0, 1000.0]), 0)
        tensor([1000.0000, 1000.6932])
    """
    x = dimensions.tensor("logcumsumexp", input)
    dim = _required("logcumsumexp", dim, axis)
    if not x.dtype.is_inexact:
        raise NotImplementedError(
            with_hint(
                f"\"logcumsumexp_out_cpu\" not implemented for '{x.dtype.legacy_name}'",
                "convert first: x.float().",
            )
        )
    return _scanned("logcumsumexp", ops.cumulative_logsumexp, x, dim)


def _running(name: str, op: Any, input: Any, dim: Any, axis: Any) -> Any:
    x = dimensions.tensor(name, input)
    dim = _required(name, dim, axis)
    if not x.raw.ndim and dimensions.is_dim(dim) and dim not in (0, -1):
        raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
    if x.dtype.is_complex:
        raise NotImplementedError(f"\"{name}_helper_cpu\" not implemented for '{x.dtype.legacy_name}'")
    kind = getattr(return_types, name)
    if x.dtype is dtypes.bool_:
        values, indices = _scanned(name, op, dispatch.cast(x, dtypes.uint8), dim)
        return kind((dispatch.cast(values, dtypes.bool_), indices))
    return kind(_scanned(name, op, x, dim))


def cummax(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Return the running maxima along a dimension and where each was last met.

    Args:
        input: The tensor.
        dim: The dimension.
        axis: NumPy's name of ``dim``.

    Returns:
        A named tuple (values, indices). From a nan on all values are nan.

    Raises:
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.cummax(plugrad.tensor([1.0, 3.0, 2.0, 3.0]), 0)
        plugrad.return_types.cummax(
        values=tensor([1., 3., 3., 3.]),
        indices=tensor([0, 1, 1, 3]))
    """
    return _running("cummax", ops.cumulative_max, input, dim, axis)


def cummin(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Return the running minima along a dimension and where each was last met.

    Args:
        input: The tensor.
        dim: The dimension.
        axis: NumPy's name of ``dim``.

    Returns:
        A named tuple (values, indices). From a nan on all values are nan.

    Raises:
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> values, indices = plugrad.cummin(plugrad.tensor([3.0, 1.0, 2.0]), 0)
        >>> values, indices
        (tensor([3., 1., 1.]), tensor([0, 1, 1]))
    """
    return _running("cummin", ops.cumulative_min, input, dim, axis)


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Return the differences between neighbours along a dimension, ``n`` times over.

    Args:
        input: The tensor.
        n: How many times.
        dim: The dimension.
        prepend: A tensor to put in front first.
        append: A tensor to put behind first.

    Returns:
        A tensor, in that dimension ``n`` smaller. Booleans differ where they are not equal.

    Raises:
        RuntimeError: for a tensor without dimensions, a negative ``n``, or what is put in front or behind
        not fitting. IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.diff(plugrad.tensor([1, 4, 9, 16]))
        tensor([3, 5, 7])
    """
    x = dimensions.tensor("diff", input)
    n = arguments.as_int("diff", "n", 1, n)
    if not x.raw.ndim:
        raise RuntimeError(with_hint("diff expects input to be at least one-dimensional", "x.reshape(1) is a vector."))
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    axis = dimensions.one("diff", dim, x.raw.ndim, 2)
    parts = [_fitting(x, part, axis) for part in (prepend, x, append) if part is not None]
    if n == 0:
        # PyTorch puts nothing in front or behind then.
        return ops.clone(x)
    if len(parts) > 1:
        x = ops.concat(parts, axis=axis)
    lead = (slice(None),) * axis
    for _ in range(min(n, x.raw.shape[axis])):
        later = ops.basic_slice(x, key=(*lead, slice(1, None, 1), ...))
        earlier = ops.basic_slice(x, key=(*lead, slice(0, later.raw.shape[axis], 1), ...))
        x = ops.not_equal(later, earlier) if x.dtype is dtypes.bool_ else ops.subtract(later, earlier)
    return x


def _fitting(x: Any, part: Any, axis: int) -> Any:
    """What is to be put before or behind ``x``, or PyTorch's error."""
    dimensions.tensor("diff", part)
    shape, other = x.raw.shape, part.raw.shape
    if len(other) != len(shape):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for i, (size, found) in enumerate(zip(shape, other, strict=True)):
        if size != found and i != axis:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along "
                f"the differencing dimension; input.size({i}) = {size}, but got tensor.size({i}) = {found}"
            )
    return part


def _diff(x: Any, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """The differences between neighbours along an axis (the standard's function)."""
    return diff(x, n, axis, prepend, append)


FUNCTIONS["diff"] = _diff


class ScanMethods:
    """The methods of this chapter."""

    __slots__ = ()

    cumsum = cumsum
    cumsum_ = cumsum_
    cumprod = cumprod
    cumprod_ = cumprod_
    logcumsumexp = logcumsumexp
    cummax = cummax
    cummin = cummin
    diff = diff
