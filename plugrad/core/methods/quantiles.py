"""Quantiles, the median without nans, and the mode, under PyTorch's names."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import arguments, dispatch, dtypes, ops, return_types
from plugrad.core.arguments import type_name
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.methods.along import line
from plugrad.core.promote import plain
from plugrad.core.value import Value

__all__ = ["mode", "nanmedian", "nanquantile", "quantile"]

_INTERPOLATIONS: Final = ("linear", "lower", "higher", "midpoint", "nearest")


def _levels(name: str, x: Any, q: Any) -> Any:
    """The quantiles that are asked for, as a tensor of the dtype of ``x``."""
    if isinstance(q, Value):
        if q.raw.ndim > 1:
            raise RuntimeError(with_hint("quantile() q must be a scalar or 1D tensor", f"it is {q.raw.ndim}D."))
        if q.dtype is not x.dtype:
            raise RuntimeError(
                with_hint(
                    "quantile() q tensor must be same dtype as the input tensor",
                    f"q.to({x.dtype}) converts it.",
                )
            )
        # As PyTorch: values are looked at where that costs nothing. Elsewhere the ranks are out of bounds.
        numbers = ops.reshape(q, shape=(-1,)).tolist() if q.device.type == "cpu" else []
        if not all([0 <= value <= 1 for value in numbers]):
            raise RuntimeError(with_hint("quantile() q values must be in the range [0, 1]", "0.5 is the median."))
        return q
    number = plain(q)
    if isinstance(q, bool):
        number = float(q)
    if number is None or isinstance(number, complex):
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({type_name(q)}), but expected one of:\n"
            ' * (Tensor q, int dim = None, bool keepdim = False, *, str interpolation = "linear")\n'
            ' * (float q, int dim = None, bool keepdim = False, *, str interpolation = "linear")\n'
        )
    if not 0 <= number <= 1:
        raise RuntimeError(
            with_hint(f"quantile() q must be in the range [0, 1] but got {number:g}", "0.5 is the median.")
        )
    return x.new_tensor(float(number))


def _quantile(name: str, input: Any, q: Any, dim: Any, keepdim: Any, interpolation: str, without_nans: bool) -> Any:
    x = dimensions.tensor(name, input)
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            with_hint(
                "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
                f"{interpolation}",
                "linear is the default.",
            )
        )
    if not x.numel():
        raise RuntimeError(with_hint("quantile() input tensor must be non-empty", f"its shape is {list(x.raw.shape)}."))
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            with_hint("quantile() input tensor must be either float or double dtype", f"this one is {x.dtype}.")
        )
    levels = _levels(name, x, q)
    keepdims = dimensions.flag(name, keepdim)
    shape = tuple(x.raw.shape)
    if dim is None:
        kept = (1,) * len(shape)
        rows = ops.reshape(x, shape=(-1,))
    else:
        axis = dimensions.one(name, dim, len(shape))
        kept = (*shape[:axis], 1, *shape[axis + 1 :]) if shape else ()
        rows = line(x).movedim(axis, -1)
    found = _interpolated(rows, ops.reshape(levels, shape=(-1,)), interpolation, without_nans)
    # The quantiles come first.
    found = found.movedim(-1, 0)
    if keepdims:
        found = ops.reshape(found, shape=(found.raw.shape[0], *kept))
    return found if levels.raw.ndim else ops.reshape(found, shape=tuple(found.raw.shape[1:]))


def _interpolated(rows: Any, levels: Any, interpolation: str, without_nans: bool) -> Any:
    """The quantiles of rows, in a new last dimension."""
    ordered = ops.sort_indexed(rows, axis=-1)[0]
    last = rows.raw.shape[-1] - 1
    missing = ops.isnan(rows.detach())
    if without_nans:
        count = ops.sum(ops.astype(ops.logical_not(missing), dtype=rows.dtype), axis=-1, keepdims=True)
        ranks = ops.multiply(levels, ops.maximum(ops.subtract(count, 1), 0))
    else:
        # nans are sorted to the end: there is the result where there is one.
        ranks = ops.where(ops.any(missing, axis=-1, keepdims=True), last, ops.multiply(levels, last))
    rounded = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.round}.get(interpolation)
    if rounded is not None:
        ranks = rounded(ranks)
    below = ops.floor(ranks)
    low = ops.take_along_axis(ordered, ops.astype(below.detach(), dtype=dtypes.int64), axis=-1)
    if rounded is not None:
        return low
    high = ops.take_along_axis(ordered, ops.astype(ops.ceil(ranks.detach()), dtype=dtypes.int64), axis=-1)
    weight = 0.5 if interpolation == "midpoint" else ops.subtract(ranks, below)
    return ops.lerp(low, high, weight)


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """Return quantiles of all elements, or along a dimension.

    Args:
        input: A tensor of float32 or float64.
        q: A number from 0 to 1, or a vector of such, of the dtype of ``input``.
        dim: The dimension; all elements by default.
        keepdim: Keep the dimension, with size 1.
        interpolation: Between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Returns:
        A tensor. A vector ``q`` adds a first dimension. nan where there is one.

    Raises:
        RuntimeError: for other dtypes, for no elements, and if ``q`` is out of range.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.quantile(plugrad.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
        tensor(2.5000)
        >>> plugrad.tensor([[0.0, 1.0], [4.0, 3.0]]).quantile(plugrad.tensor([0.0, 1.0]), dim=1)
        tensor([[0., 3.],
                [1., 4.]])
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """Return quantiles of the elements that are no nan; see ``quantile``.

    Args:
        input: A tensor of float32 or float64.
        q: A number from 0 to 1, or a vector of such, of the dtype of ``input``.
        dim: The dimension; all elements by default.
        keepdim: Keep the dimension, with size 1.
        interpolation: Between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Returns:
        A tensor; nan where all are.

    Raises:
        RuntimeError: for other dtypes, for no elements, and if ``q`` is out of range.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.nanquantile(plugrad.tensor([1.0, float("nan"), 2.0]), 0.5)
        tensor(1.5000)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _selected(name: str, x: Any, dim: Any, keepdim: Any, along: Any, kind: Any, kernel: str, bools: bool) -> Any:
    """Values and indices along a dimension."""
    if x.dtype.is_complex or (x.dtype is dtypes.bool_ and not bools):
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'", "convert first.")
        )
    shape = x.raw.shape
    axis = dimensions.one(name, dim, len(shape))
    keepdims = dimensions.flag(name, keepdim)
    if shape and shape[axis] == 0:
        raise IndexError(
            with_hint(
                f"{name}(): Expected reduction dim {axis} to have non-zero size.",
                f"the input has shape {list(shape)}.",
            )
        )
    values, indices = along(line(x), axis=axis, keepdims=keepdims)
    if not shape:
        values, indices = ops.reshape(values, shape=()), ops.reshape(indices, shape=())
    return kind((values, dispatch.cast(indices, dtypes.int64)))


def nanmedian(input: Any, dim: Any = None, keepdim: bool = False, **names: Any) -> Any:
    """Return the median of what is no nan: of all elements, or along one dimension and where it is.

    Args:
        input: The tensor.
        dim: The dimension. Also called ``axis``.
        keepdim: Keep it, with size 1. Also called ``keepdims``.
        names: NumPy's names.

    Returns:
        A tensor; with ``dim`` a named tuple (values, indices). Of two middle elements the lower one; nan where all
        are.

    Raises:
        NotImplementedError: for booleans and complex numbers.
        IndexError: if the dimension is out of range or empty.

    Example::

        >>> import plugrad
        >>> plugrad.nanmedian(plugrad.tensor([1.0, float("nan"), 3.0, 2.0]))
        tensor(2.)
    """
    x = dimensions.tensor("nanmedian", input)
    if names:
        dim, keepdim = dimensions.numpys("nanmedian", dim, keepdim, names)
    if dim is not None:
        arguments_ = (ops.nanmedian_along, return_types.nanmedian, "median_out", False)
        return _selected("nanmedian", x, dim, keepdim, *arguments_)
    if x.dtype.is_complex or x.dtype is dtypes.bool_:
        raise NotImplementedError(
            with_hint(f"\"median_cpu\" not implemented for '{x.dtype.legacy_name}'", "convert first.")
        )
    if not x.dtype.is_inexact and not x.numel():
        return x.new_tensor(arguments.limits(x.dtype)[0])
    return ops.nanmedian(x)


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """Return what comes most often along a dimension, the smallest of several, and where it comes last.

    Args:
        input: The tensor.
        dim: The dimension.
        keepdim: Keep it, with size 1.

    Returns:
        (values, indices), a named tuple.

    Raises:
        NotImplementedError: for complex numbers.
        IndexError: if the dimension is out of range or empty.

    Differs from PyTorch:
        All nans count as one value, the largest; PyTorch promises nothing of them.

    Example::

        >>> import plugrad
        >>> plugrad.mode(plugrad.tensor([2, 1, 3, 1]))
        plugrad.return_types.mode(
        values=tensor(1),
        indices=tensor(3))
    """
    x = dimensions.tensor("mode", input)
    return _selected("mode", x, dim, keepdim, ops.mode_along, return_types.mode, "mode_cpu", True)


class QuantileMethods:
    """The methods of this chapter."""

    __slots__ = ()

    quantile = quantile
    nanquantile = nanquantile
    nanmedian = nanmedian
    mode = mode
