"""Reductions that select under PyTorch's names: max, min and median with their positions."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, dtypes, ops, return_types
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.value import Value

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "median", "min"]

_EMPTY = "Specify the reduction dim with the 'dim' argument."


def _ordered(x: Any, kernel: str) -> None:
    if x.dtype.is_complex:
        raise NotImplementedError(
            with_hint(
                f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'",
                "complex numbers have no order; compare x.abs().",
            )
        )


def _not_empty(name: str, shape: tuple[int, ...], axis: tuple[int, ...] | None) -> None:
    """Refuse what has no extremum."""
    if 0 not in shape:
        return
    if axis is None:
        kind = IndexError if name.startswith("arg") else RuntimeError
        text = f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
        raise kind(text if name.startswith("arg") else f"{text} {_EMPTY}")
    for a in axis:
        if shape[a] == 0:
            raise IndexError(
                with_hint(
                    f"{name}{'' if name == 'aminmax' else '()'}: Expected reduction dim {a} to have non-zero size.",
                    f"the input has shape {list(shape)}.",
                )
            )


def _extremum(
    name: str,
    input: Any,
    dim: Any,
    keepdim: Any,
    other: Any,
    names: dict[str, Any],
    elementwise: Any,
    of_all: Any,
    of_bools: Any,
    along: Any,
    kind: Any,
) -> Any:
    """max and min in their three forms."""
    x = dimensions.tensor(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, dim, keepdim, names)
    if isinstance(dim, Value) and other is None:
        dim, other = None, dim
    if other is not None:
        if not isinstance(other, Value) or dim is not None or keepdim is not False:
            raise dimensions.refused(name, *([] if dim is None else [dim]), other=other)
        return elementwise(x, other)
    shape = x.raw.shape
    if dim is None:
        if keepdim is not False:
            raise dimensions.refused(name, keepdim=keepdim)
        _ordered(x, f"{name}_all")
        _not_empty(name, shape, None)
        # The standard has no order of booleans.
        return of_bools(x) if x.dtype is dtypes.bool_ else of_all(x)
    axis = dimensions.one(name, dim, len(shape))
    keepdims = dimensions.flag(name, keepdim)
    _ordered(x, name)
    return kind(_along(name, x, axis, keepdims, along))


def _along(name: str, x: Any, axis: int, keepdims: bool, along: Any) -> tuple[Any, Any]:
    """Values and indices along one dimension, of 0-d tensors and booleans too."""
    if not x.raw.ndim:
        values, indices = _along(name, ops.reshape(x, shape=(1,)), 0, True, along)
        return ops.clone(ops.reshape(values, shape=())), ops.clone(ops.reshape(indices, shape=()))
    _not_empty(name, x.raw.shape, (axis,))
    if x.dtype is dtypes.bool_:
        values, indices = along(dispatch.cast(x, dtypes.uint8), axis=axis, keepdims=keepdims)
        return dispatch.cast(values, dtypes.bool_), indices
    values, indices = along(x, axis=axis, keepdims=keepdims)
    return values, dispatch.cast(indices, dtypes.int64)


def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, **names: Any) -> Any:
    """Return the largest element, the largest ones along ``dim`` and where they are, or the larger of two.

    Args:
        input: The tensor.
        dim: A dimension, or a second tensor: ``max(x, y)`` is ``maximum(x, y)``. Also called ``axis``.
        keepdim: Keep the dimension, with size 1. Also called ``keepdims``.
        other: The second tensor, by name.
        names: NumPy's names.

    Returns:
        A tensor; with ``dim`` a named tuple (values, indices), the first index at ties. nan counts as the
        largest. Without ``dim`` the gradient is shared evenly by all elements that are largest; with it, it
        goes to the one at the index.

    Raises:
        RuntimeError: for the largest of nothing.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1.0, 5.0], [7.0, 3.0]])
        >>> x.max()
        tensor(7.)
        >>> x.max(1)
        plugrad.return_types.max(
        values=tensor([5., 7.]),
        indices=tensor([1, 0]))
        >>> plugrad.max(x, plugrad.tensor(4.0))
        tensor([[4., 5.],
                [7., 4.]])
    """
    return _extremum(
        "max",
        input,
        dim,
        keepdim,
        other,
        names,
        ops.maximum,
        ops.max_of_all,
        ops.any,
        ops.max_along,
        return_types.max,
    )


def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, **names: Any) -> Any:
    """Return the smallest element, the smallest ones along ``dim`` and where they are, or the smaller of two.

    Args:
        input: The tensor.
        dim: A dimension, or a second tensor: ``min(x, y)`` is ``minimum(x, y)``. Also called ``axis``.
        keepdim: Keep the dimension, with size 1. Also called ``keepdims``.
        other: The second tensor, by name.
        names: NumPy's names.

    Returns:
        A tensor; with ``dim`` a named tuple (values, indices), the first index at ties. nan counts as the
        smallest. Without ``dim`` the gradient is shared evenly by all elements that are smallest; with it,
        it goes to the one at the index.

    Raises:
        RuntimeError: for the smallest of nothing.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> values, indices = plugrad.tensor([[1.0, 5.0], [7.0, 3.0]]).min(dim=0)
        >>> values, indices
        (tensor([1., 3.]), tensor([0, 1]))
    """
    return _extremum(
        "min",
        input,
        dim,
        keepdim,
        other,
        names,
        ops.minimum,
        ops.min_of_all,
        ops.all,
        ops.min_along,
        return_types.min,
    )


def _over(name: str, input: Any, dim: Any, keepdim: Any, names: dict[str, Any], op: Any, of_bools: Any) -> Any:
    x = dimensions.tensor(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, None if dim == () else dim, keepdim, names)
    axis = dimensions.axes(name, dim, x.raw.ndim)
    keepdims = dimensions.flag(name, keepdim)
    _ordered(x, f"{'max' if name == 'amax' else 'min'}_values_cpu")
    _not_empty(name, x.raw.shape, axis)
    return (of_bools if x.dtype is dtypes.bool_ else op)(x, axis=axis, keepdims=keepdims)


def amax(input: Any, dim: Any = (), keepdim: bool = False, **names: Any) -> Any:
    """Return the largest elements over dimensions.

    Args:
        input: The tensor.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A tensor. Its gradient is shared evenly by all elements that are largest.

    Raises:
        RuntimeError: for the largest of nothing.
        IndexError: if a dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> plugrad.amax(plugrad.tensor([[1.0, 5.0], [7.0, 3.0]]), (0, 1))
        tensor(7.)
    """
    return _over("amax", input, dim, keepdim, names, ops.max, ops.any)


def amin(input: Any, dim: Any = (), keepdim: bool = False, **names: Any) -> Any:
    """Return the smallest elements over dimensions.

    Args:
        input: The tensor.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        keepdim: Keep them, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A tensor. Its gradient is shared evenly by all elements that are smallest.

    Raises:
        RuntimeError: for the smallest of nothing.
        IndexError: if a dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> plugrad.amin(plugrad.tensor([[1.0, 5.0], [7.0, 3.0]]), 0)
        tensor([1., 3.])
    """
    return _over("amin", input, dim, keepdim, names, ops.min, ops.all)


def aminmax(input: Any, *, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return the smallest and the largest element, or those along one dimension.

    Args:
        input: The tensor.
        dim: The dimension; all by default. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A named tuple (min, max).

    Raises:
        RuntimeError: for those of nothing.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> low, high = plugrad.aminmax(plugrad.tensor([3.0, 1.0, 2.0]))
        >>> low, high
        (tensor(1.), tensor(3.))
    """
    x = dimensions.tensor("aminmax", input)
    if names:
        dim, keepdim = dimensions.numpys("aminmax", dim, keepdim, names)
    if dim is None and 0 in x.raw.shape:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    axis = None if dim is None else dimensions.one("aminmax", dim, x.raw.ndim)
    return return_types.aminmax(
        [
            _over("aminmax", x, axis, keepdim, {}, ops.min, ops.all),
            _over("aminmax", x, axis, keepdim, {}, ops.max, ops.any),
        ]
    )


def _place(name: str, op: Any, input: Any, dim: Any, keepdim: Any, names: dict[str, Any]) -> Any:
    x = dimensions.tensor(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, dim, keepdim, names)
    if x.dtype is dtypes.bool_:
        raise RuntimeError(with_hint(f"{name}(): does not support bool input", "convert first: x.int()."))
    if x.dtype.is_complex:
        raise RuntimeError(with_hint(f"{name}(): does not support complex input", "compare x.abs()."))
    shape = x.raw.shape
    axis = None if dim is None else dimensions.one(name, dim, len(shape))
    keepdims = dimensions.flag(name, keepdim)
    _not_empty(name, shape, None if axis is None else (axis,))
    if not shape:
        axis, keepdims = None, False
    return dispatch.cast(op(x, axis=axis, keepdims=keepdims), dtypes.int64)


def argmax(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return where the largest element is: in the flattened tensor, or along one dimension.

    Args:
        input: The tensor.
        dim: The dimension. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        An int64 tensor; the first index at ties. nan counts as the largest.

    Raises:
        RuntimeError: for booleans.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1.0, 5.0], [7.0, 3.0]])
        >>> x.argmax(), x.argmax(1)
        (tensor(2), tensor([1, 0]))
    """
    return _place("argmax", ops.argmax, input, dim, keepdim, names)


def argmin(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return where the smallest element is: in the flattened tensor, or along one dimension.

    Args:
        input: The tensor.
        dim: The dimension. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        An int64 tensor; the first index at ties. nan counts as the smallest.

    Raises:
        RuntimeError: for booleans.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> plugrad.argmin(plugrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=0)
        tensor([0, 1])
    """
    return _place("argmin", ops.argmin, input, dim, keepdim, names)


def median(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return the median of all elements, or the medians along one dimension and where they are.

    Args:
        input: The tensor.
        dim: The dimension. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A tensor; with ``dim`` a named tuple (values, indices). Of two middle elements the lower one. nan
        where there is one. Which of equal elements an index names is not defined.

    Raises:
        NotImplementedError: for booleans.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([4.0, 1.0, 3.0, 2.0]).median()
        tensor(2.)
    """
    x = dimensions.tensor("median", input)
    if names:
        dim, keepdim = dimensions.numpys("median", dim, keepdim, names)
    if x.dtype is dtypes.bool_ or x.dtype.is_complex:
        kernel = "median_cpu" if dim is None else "median_out"
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'", "convert first: x.int().")
        )
    if dim is None:
        if keepdim is not False:
            raise TypeError('median() missing 1 required positional arguments: "dim"')
        return ops.median(x)
    axis = dimensions.one("median", dim, x.raw.ndim)
    keepdims = dimensions.flag("median", keepdim)
    return return_types.median(_along("median", x, axis, keepdims, ops.median_along))


class ExtremumMethods:
    """The methods of this chapter."""

    __slots__ = ()

    max = max
    min = min
    amax = amax
    amin = amin
    aminmax = aminmax
    argmax = argmax
    argmin = argmin
    median = median
