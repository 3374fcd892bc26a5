"""The functional face of sliding windows; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional.windows_checks import check_fold, check_unfold, sizes_of

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_Sizes = int | Sequence[int]


def unfold(
    input: Tensor,
    kernel_size: _Sizes,
    dilation: _Sizes = 1,
    padding: _Sizes = 0,
    stride: _Sizes = 1,
) -> Tensor:
    """Gather sliding windows into columns: (N, C, H, W) becomes (N, C * places in a window, number of windows).

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or two.
        dilation: How far apart places in a window are.
        padding: How many zeros are at both ends of each axis.
        stride: How far apart windows are.

    Raises:
        RuntimeError: A size or an option does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.unfold(plugrad.arange(9.0).reshape(1, 1, 3, 3), 2)
        tensor([[[0., 1., 3., 4.],
                 [1., 2., 4., 5.],
                 [3., 4., 6., 7.],
                 [4., 5., 7., 8.]]])
    """
    options = sizes_of(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    x, batched = check_unfold(input, options)
    y: Tensor = _ops.im2col(x, size=options.pop("kernel_size"), **options)
    return y if batched else y.squeeze(0)


def fold(
    input: Tensor,
    output_size: _Sizes,
    kernel_size: _Sizes,
    dilation: _Sizes = 1,
    padding: _Sizes = 0,
    stride: _Sizes = 1,
) -> Tensor:
    """Add columns up as sliding windows, the derivative of `unfold`: (N, C * places, windows) becomes (N, C, H, W).

    Args:
        input: (N, C * places in a window, number of windows), or a single sample without N.
        output_size: H and W: an int, or two.
        kernel_size: The size of a window: an int, or two.
        dilation: How far apart places in a window are.
        padding: How many zeros are at both ends of each axis.
        stride: How far apart windows are.

    Raises:
        RuntimeError: A size or an option does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.fold(plugrad.ones(1, 4, 4), (3, 3), 2)
        tensor([[[[1., 2., 1.],
                  [2., 4., 2.],
                  [1., 2., 1.]]]])
    """
    options = sizes_of(
        output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    x, batched = check_fold(input, options)
    y: Tensor = _ops.col2im(x, shape=options.pop("output_size"), size=options.pop("kernel_size"), **options)
    return y if batched else y.squeeze(0)
