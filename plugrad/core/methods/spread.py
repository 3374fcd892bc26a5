"""Variances and standard deviations under PyTorch's names."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.value import Value

__all__ = ["std", "std_mean", "var", "var_mean"]


def _spread(
    name: str, input: Any, dim: Any, unbiased: Any, keepdim: Any, correction: Any, names: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The tensor and the op's options, for var and std in their three forms."""
    if not isinstance(input, Value):
        raise dimensions.refused(name, input)
    if names:
        dim, keepdim = dimensions.numpys(name, dim, keepdim, names)
    if dim.__class__ is bool and unbiased is None:
        dim, unbiased = None, dim
    if unbiased is not None and (unbiased.__class__ is not bool or correction is not None):
        given = {} if correction is None else {"correction": correction}
        raise dimensions.refused(name, *([] if dim is None else [dim]), unbiased, **given)
    if keepdim.__class__ is not bool or not isinstance(correction, (int, float, type(None))):
        raise dimensions.refused(name, correction=correction, keepdim=keepdim)
    if not input.dtype.is_inexact:
        what = name if name in ("var_mean", "std_mean") else "std and var"
        raise RuntimeError(
            with_hint(
                f"{what} only support floating point and complex dtypes",
                "convert first: x.float().",
            )
        )
    shape = input.raw.shape
    axis = dimensions.axes(name, dim, len(shape))
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    count = math.prod(shape if axis is None else [shape[a] for a in axis])
    if count <= correction:
        warnings.warn(
            f"{name.partition('_')[0]}(): degrees of freedom is <= 0. Correction should be strictly less "
            f"than the reduction factor (input numel divided by output numel).",
            UserWarning,
            stacklevel=3,
        )
    return input, {"axis": axis, "correction": float(correction), "keepdims": keepdim}


def var(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
    **names: Any,
) -> Any:
    r"""Return the variance of all elements, or the variances over dimensions.

    .. math:: \sigma^2 = \frac{1}{\max(0, n - c)} \sum_i (x_i - \bar x)^2

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        unbiased: The older way to say ``correction``: True for 1, False for 0.
        keepdim: Keep the dimensions, with size 1. Also called ``keepdims``.
        correction: The c of the formula, 1 by default.
        names: NumPy's names.

    Returns:
        A tensor; nan where n and c are 1. Warns where n - c is not positive.

    Raises:
        RuntimeError: for integers.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0, 3.0, 4.0])
        >>> x.var()
        tensor(1.6667)
        >>> x.var(correction=0)
        tensor(1.2500)
    """
    x, options = _spread("var", input, dim, unbiased, keepdim, correction, names)
    return ops.variance(x, **options)


def std(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
    **names: Any,
) -> Any:
    r"""Return the standard deviation of all elements, or those over dimensions.

    .. math:: \sigma = \sqrt{\frac{1}{\max(0, n - c)} \sum_i (x_i - \bar x)^2}

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions; all by default. Also called ``axis``.
        unbiased: The older way to say ``correction``: True for 1, False for 0.
        keepdim: Keep the dimensions, with size 1. Also called ``keepdims``.
        correction: The c of the formula, 1 by default.
        names: NumPy's names.

    Returns:
        A tensor; nan where n and c are 1. Its gradient is 0 where it is 0. Warns where n - c is not positive.

    Raises:
        RuntimeError: for integers.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.std(plugrad.tensor([[1.0, 3.0], [5.0, 5.0]]), 1)
        tensor([1.4142, 0.0000])
    """
    x, options = _spread("std", input, dim, unbiased, keepdim, correction, names)
    return ops.deviation(x, **options)


def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
    **names: Any,
) -> tuple[Any, Any]:
    """Return the variance and the mean of all elements, or those over dimensions.

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions; all by default.
        unbiased: The older way to say ``correction``: True for 1, False for 0.
        keepdim: Keep the dimensions, with size 1.
        correction: What is subtracted from the count of elements, 1 by default.
        names: NumPy's names.

    Returns:
        (variance, mean).

    Example::

        >>> import plugrad
        >>> plugrad.var_mean(plugrad.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    x, options = _spread("var_mean", input, dim, unbiased, keepdim, correction, names)
    return ops.variance(x, **options), ops.mean(x, axis=options["axis"], keepdims=keepdim)


def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
    **names: Any,
) -> tuple[Any, Any]:
    """Return the standard deviation and the mean of all elements, or those over dimensions.

    Args:
        input: The tensor, of a floating dtype.
        dim: The dimension or dimensions; all by default.
        unbiased: The older way to say ``correction``: True for 1, False for 0.
        keepdim: Keep the dimensions, with size 1.
        correction: What is subtracted from the count of elements, 1 by default.
        names: NumPy's names.

    Returns:
        (standard deviation, mean).

    Example::

        >>> import plugrad
        >>> plugrad.std_mean(plugrad.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    x, options = _spread("std_mean", input, dim, unbiased, keepdim, correction, names)
    return ops.deviation(x, **options), ops.mean(x, axis=options["axis"], keepdims=keepdim)


class SpreadMethods:
    """The methods of this chapter."""

    __slots__ = ()

    var = var
    std = std
