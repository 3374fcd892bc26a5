"""The functional face of pooling by the largest; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional.pooling_checks import (
    batched,
    check_dtype,
    check_line,
    check_pooled,
    check_unpool,
    check_windows,
    unpooled,
    window,
    window_counts,
)

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_Sizes = int | Sequence[int]


_LARGEST = {1: _ops.max_pool, 2: _ops.max_pool2d, 3: _ops.max_pool3d}
_UNPOOL = {1: _ops.max_unpool, 2: _ops.max_unpool2d, 3: _ops.max_unpool3d}


def _largest(
    count: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Tensor, Tensor]:
    """The largest elements of windows, and their places."""
    function = f"max_pool{count}d"
    x, had_batch = batched(function, count, input)
    size = window(function, "kernel_size", kernel_size, count, 2)
    options: dict[str, Any] = {
        "size": size,
        "stride": size if stride is None or stride == [] else window(function, "stride", stride, count, 3),
        "padding": window(function, "padding", padding, count, 4),
        "dilation": window(function, "dilation", dilation, count, 5),
    }
    if count == 1:
        check_line(x, options)
    else:
        check_windows(function, count, x, options)
    shape = window_counts(x, options, ceil_mode)
    check_pooled(function, x, shape, size)
    check_dtype(function, count, x)
    y, index = _LARGEST[count](x, **options, ceil_mode=ceil_mode)
    return (y, index) if had_batch else (y.squeeze(0), index.squeeze(0))


def _unpooled(
    count: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Tensor:
    """Zeros with the elements at their places."""
    function = f"max_unpool{count}d"
    size = window(function, "kernel_size", kernel_size, count)
    strides = size if stride is None else window(function, "stride", stride, count)
    shape = unpooled(input, size, strides, window(function, "padding", padding, count), output_size)
    check_unpool(count, input, indices)
    if count == 3 and min(strides) <= 0:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(strides)}")
    single = input.ndim == count + 1
    x, index = (input.unsqueeze(0), indices.unsqueeze(0)) if single else (input, indices)
    try:
        y: Tensor = _UNPOOL[count](x, index, shape=shape)
    except IndexError as error:
        room = math.prod(shape)
        wrong = next((i for i in indices.reshape(-1).tolist() if not 0 <= i < room), 0)
        volume = "x".join(map(str, [*shape, 1] if count == 1 else shape))
        raise RuntimeError(f"Found an invalid max index: {wrong} (output volumes are of size {volume})") from error
    return y.squeeze(0) if single else y


def max_pool1d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest element of each window along one axis; of equal ones the first gets the gradient.

    Args:
        input: (N, C, W), or a single sample without N.
        kernel_size: The size of a window: an int.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Whether to return the places of the largest elements too, counted over all axes pooled along.

    Returns:
        The largest elements; or a pair of them and their places.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool1d(plugrad.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    found = _largest(1, input, kernel_size, stride, padding, dilation, ceil_mode)
    return found if return_indices else found[0]


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the largest element of each window along one axis, and its place.

    Args:
        input: (N, C, W), or a single sample without N.
        kernel_size: The size of a window: an int.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool1d_with_indices(plugrad.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        (tensor([[3., 2.]]), tensor([[1, 2]]))
    """
    return _largest(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest element of each window along two axes; of equal ones the first gets the gradient.

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 2 of them.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Whether to return the places of the largest elements too, counted over all axes pooled along.

    Returns:
        The largest elements; or a pair of them and their places.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool2d(plugrad.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """
    found = _largest(2, input, kernel_size, stride, padding, dilation, ceil_mode)
    return found if return_indices else found[0]


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the largest element of each window along two axes, and its place.

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 2 of them.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool2d_with_indices(plugrad.arange(16.0).reshape(1, 4, 4), 2)
        (tensor([[[ 5.,  7.],
                 [13., 15.]]]), tensor([[[ 5,  7],
                 [13, 15]]]))
    """
    return _largest(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest element of each window along three axes; of equal ones the first gets the gradient.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 3 of them.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Whether to return the places of the largest elements too, counted over all axes pooled along.

    Returns:
        The largest elements; or a pair of them and their places.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool3d(plugrad.zeros(1, 4, 4, 4), 2).shape
        plugrad.Size([1, 2, 2, 2])
    """
    found = _largest(3, input, kernel_size, stride, padding, dilation, ceil_mode)
    return found if return_indices else found[0]


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    dilation: _Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the largest element of each window along three axes, and its place.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 3 of them.
        stride: How far apart windows are; their size by default.
        padding: How many places around the input belong to it; they never win.
        dilation: How far apart places in a window are.
        ceil_mode: Whether the last window may stick out.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size or an option does not fit.
        TypeError: A size is no int.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_pool3d_with_indices(plugrad.zeros(1, 4, 4, 4), 2)[1].shape
        plugrad.Size([1, 2, 2, 2])
    """
    return _largest(3, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the largest elements of windows along one axis where they were, with zeros around.

    Args:
        input: (N, C, W), or a single sample without N.
        indices: The places, as `max_pool1d` returns them; of the same shape.
        kernel_size: The size of a window: an int.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.
        output_size: The size before pooling, where several could have been.

    Raises:
        RuntimeError: A shape or a place does not fit.
        ValueError: No such size could have been pooled.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_unpool1d(plugrad.tensor([[3.0, 5.0]]), plugrad.tensor([[1, 2]]), 2)
        tensor([[0., 3., 5., 0.]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the largest elements of windows along two axes where they were, with zeros around.

    Args:
        input: (N, C, H, W), or a single sample without N.
        indices: The places, as `max_pool2d` returns them; of the same shape.
        kernel_size: The size of a window: an int, or 2 of them.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.
        output_size: The size before pooling, where several could have been.

    Raises:
        RuntimeError: A shape or a place does not fit.
        ValueError: No such size could have been pooled.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_unpool2d(plugrad.ones(1, 1, 1), plugrad.tensor([[[3]]]), 2)
        tensor([[[0., 0.],
                 [0., 1.]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: _Sizes,
    stride: _Sizes | None = None,
    padding: _Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the largest elements of windows along three axes where they were, with zeros around.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        indices: The places, as `max_pool3d` returns them; of the same shape.
        kernel_size: The size of a window: an int, or 3 of them.
        stride: How far apart windows are; their size by default.
        padding: As it was pooled with.
        output_size: The size before pooling, where several could have been.

    Raises:
        RuntimeError: A shape or a place does not fit.
        ValueError: No such size could have been pooled.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.max_unpool3d(plugrad.ones(1, 1, 1, 1), plugrad.tensor([[[[3]]]]), 2).shape
        plugrad.Size([1, 2, 2, 2])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)
