"""The functional face of pooling by means and norms; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional import max_pooling
from plugrad.nn.functional.pooling_checks import (
    batched,
    check_dtype,
    check_pooled,
    check_windows,
    window,
    window_counts,
)

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_Sizes = int | Sequence[int]


_MEAN = {1: _ops.avg_pool, 2: _ops.avg_pool2d, 3: _ops.avg_pool3d}


def _mean(
    count: int,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    """The means of windows."""
    function = f"avg_pool{count}d"
    x, had_batch = batched(function, count, input)
    size = window(function, "kernel_size", kernel_size, count, 2)
    options: dict[str, Any] = {
        "size": size,
        "stride": size if stride is None or stride == [] else window(function, "stride", stride, count, 3),
        "padding": window(function, "padding", padding, count, 4),
    }
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    check_windows(function, count, x, options)
    check_pooled(function, x, window_counts(x, options, ceil_mode), size)
    check_dtype(function, count, x)
    whole = None if x.dtype.is_inexact else x.dtype
    y: Tensor = _MEAN[count](
        x if whole is None else x.double(),
        **options,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
    if whole is not None:
        y = y.trunc().to(whole)
    return y if had_batch else y.squeeze(0)


def _norm(count: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    """The norms of windows."""
    if norm_type in (math.inf, -math.inf):
        pool = getattr(max_pooling, f"max_pool{count}d")
        magnitude = input.abs()
        if norm_type > 0:
            largest: Tensor = pool(magnitude, kernel_size, stride, 0, 1, ceil_mode)
            return largest
        least: Tensor = -pool(-magnitude, kernel_size, stride, 0, 1, ceil_mode)
        return least
    places = math.prod(window(f"lp_pool{count}d", "kernel_size", kernel_size, count))
    out = _mean(count, input.pow(norm_type), kernel_size, stride, 0, ceil_mode, True, None)
    result: Tensor = (out.sign() * out.abs().relu()).mul(places).pow(1.0 / norm_type)
    return result


def avg_pool1d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Take the mean of each window along one axis.

    Args:
        input: (N, C, W), or a single sample without N.
        kernel_size: The size of a window: an int.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends of each axis.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.avg_pool1d(plugrad.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[2., 1.]])
    """
    return _mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the p-norm of each window along one axis: (sum of x**p)**(1 / p).

    Args:
        input: (N, C, W), or a single sample without N.
        norm_type: The power p; infinity for the largest magnitude.
        kernel_size: The size of a window: an int.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.lp_pool1d(plugrad.tensor([[3.0, 4.0]]), 2, 2)
        tensor([[5.]])
    """
    return _norm(1, input, norm_type, kernel_size, stride, ceil_mode)


def avg_pool2d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Take the mean of each window along two axes.

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 2 of them.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends of each axis.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.
        divisor_override: What sums are divided by; how many places were summed by default.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.avg_pool2d(plugrad.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 2.5000,  4.5000],
                 [10.5000, 12.5000]]])
    """
    return _mean(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the p-norm of each window along two axes: (sum of x**p)**(1 / p).

    Args:
        input: (N, C, H, W), or a single sample without N.
        norm_type: The power p; infinity for the largest magnitude.
        kernel_size: The size of a window: an int, or 2 of them.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.lp_pool2d(plugrad.ones(1, 2, 2), 2, 2)
        tensor([[[2.]]])
    """
    return _norm(2, input, norm_type, kernel_size, stride, ceil_mode)


def avg_pool3d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Take the mean of each window along three axes.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 3 of them.
        stride: How far apart windows are; their size by default.
        padding: How many zeros there are at both ends of each axis.
        ceil_mode: Whether the last window may stick out.
        count_include_pad: Whether zeros around the input count.
        divisor_override: What sums are divided by; how many places were summed by default.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.avg_pool3d(plugrad.zeros(1, 4, 4, 4), 2).shape
        plugrad.Size([1, 2, 2, 2])
    """
    return _mean(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the p-norm of each window along three axes: (sum of x**p)**(1 / p).

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        norm_type: The power p; infinity for the largest magnitude.
        kernel_size: The size of a window: an int, or 3 of them.
        stride: How far apart windows are; their size by default.
        ceil_mode: Whether the last window may stick out.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.lp_pool3d(plugrad.ones(1, 4, 4, 4), 2, 2).shape
        plugrad.Size([1, 2, 2, 2])
    """
    return _norm(3, input, norm_type, kernel_size, stride, ceil_mode)
