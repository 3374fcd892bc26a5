"""The functional face of convolution; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value
from plugrad.nn.functional.convolution_checks import (
    check_convolution,
    check_convolution_dtypes,
    check_output,
    expanded,
)

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_Sizes = int | Sequence[int]


def _batched(function: str, count: int, input: Tensor) -> tuple[Tensor, bool]:
    """The input with its batch axis, and whether it had one."""
    if not isinstance(input, Value):
        raise wrong_type(function, "input", 1, input)
    if input.ndim not in (count + 1, count + 2):
        raise RuntimeError(
            with_hint(
                f"Expected {count + 1}D (unbatched) or {count + 2}D (batched) input to {function}, but got input of "
                f"size: {list(input.shape)}",
                "the axes are (batch,) channels, and those to slide along.",
            )
        )
    return (input, True) if input.ndim == count + 2 else (input.unsqueeze(0), False)


def _same(input: Tensor, weight: Tensor, dilation: tuple[int, ...]) -> tuple[Tensor, tuple[int, ...]]:
    """The input and the padding that keep the size; what can't be the same at both ends is padded here."""
    total = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    if any([n % 2 for n in total]):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=4,
        )
        wide = (*input.shape[:2], *[n + t % 2 for n, t in zip(input.shape[2:], total, strict=True)])
        input = _ops.place(input, shape=wide, key=tuple([slice(0, n, 1) for n in input.shape]))
    return input, tuple([n // 2 for n in total])


def _convolved(
    function: str,
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    x, batched = _batched(function, count, input)
    check_convolution_dtypes(function, input, weight, bias)
    options: dict[str, Any] = {
        "stride": expanded(function, "stride", stride, count),
        "dilation": expanded(function, "dilation", dilation, count),
        "groups": groups,
    }
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise RuntimeError(with_hint(f"Invalid padding string: '{padding}'", "it is 'same' or 'valid'."))
        options["padding"] = (0,) * count
        if padding == "same":
            if options["stride"] != (1,) * count:
                raise RuntimeError("padding='same' is not supported for strided convolutions")
            x, options["padding"] = _same(x, weight, options["dilation"])
    else:
        options["padding"] = expanded(function, "padding", padding, count)
    check_convolution(function, x, weight, bias, options, transposed=False)
    y: Tensor = _ops.convolution(x, weight, bias, **options)
    return y if batched else y.squeeze(0)


def _transposed(
    function: str,
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    x, batched = _batched(function, count, input)
    check_convolution_dtypes(function, input, weight, bias)
    options: dict[str, Any] = {
        "stride": expanded(function, "stride", stride, count),
        "padding": expanded(function, "padding", padding, count),
        "output_padding": expanded(function, "output_padding", output_padding, count),
        "dilation": expanded(function, "dilation", dilation, count),
        "groups": groups,
    }
    check_convolution(function, x, weight, bias, options, transposed=True)
    shape = tuple(
        [
            (n - 1) * s - 2 * p + d * (k - 1) + o + 1
            for n, k, s, p, d, o in zip(
                x.shape[2:],
                weight.shape[2:],
                options["stride"],
                options["padding"],
                options["dilation"],
                options["output_padding"],
                strict=True,
            )
        ]
    )
    check_output(x, shape, options)
    del options["output_padding"]
    y: Tensor = _ops.convolution_transposed(x, weight, bias, shape=shape, **options)
    return y if batched else y.squeeze(0)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes | str = 0,
    dilation: _Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve along one axis: each channel out is the sum over windows of channels in times its weight.

    Args:
        input: (N, channels in, W), or a single sample without N.
        weight: (channels out, channels in / groups, k).
        bias: (channels out).
        stride: How far apart windows are.
        padding: How many zeros at both ends of each axis; ``"valid"``: none; ``"same"``: as many as keep the size.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels, that do not see each other.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv1d(plugrad.ones(1, 2, 5), plugrad.ones(3, 2, 3)).shape
        plugrad.Size([1, 3, 3])
    """
    return _convolved("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes = 0,
    output_padding: _Sizes = 0,
    groups: int = 1,
    dilation: _Sizes = 1,
) -> Tensor:
    """Apply the transposed convolution along one axis: the gradient of `conv1d` by its input.

    Args:
        input: (N, channels in, W), or a single sample without N.
        weight: (channels in, channels out / groups, k).
        bias: (channels out).
        stride: How far apart windows are in the output.
        padding: How many elements are cut off at both ends of each axis.
        output_padding: How many are added at one end of each axis.
        groups: Into how many groups of channels, that do not see each other.
        dilation: How far apart places in a window are.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv_transpose1d(plugrad.ones(1, 2, 5), plugrad.ones(2, 3, 3)).shape
        plugrad.Size([1, 3, 7])
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes | str = 0,
    dilation: _Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve along two axes: each channel out is the sum over windows of channels in times its weight.

    Args:
        input: (N, channels in, H, W), or a single sample without N.
        weight: (channels out, channels in / groups, kH, kW).
        bias: (channels out).
        stride: How far apart windows are: an int, or 2 of them.
        padding: How many zeros at both ends of each axis; ``"valid"``: none; ``"same"``: as many as keep the size.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels, that do not see each other.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv2d(plugrad.ones(1, 2, 5, 5), plugrad.ones(3, 2, 3, 3)).shape
        plugrad.Size([1, 3, 3, 3])
    """
    return _convolved("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes = 0,
    output_padding: _Sizes = 0,
    groups: int = 1,
    dilation: _Sizes = 1,
) -> Tensor:
    """Apply the transposed convolution along two axes: the gradient of `conv2d` by its input.

    Args:
        input: (N, channels in, H, W), or a single sample without N.
        weight: (channels in, channels out / groups, kH, kW).
        bias: (channels out).
        stride: How far apart windows are in the output.
        padding: How many elements are cut off at both ends of each axis.
        output_padding: How many are added at one end of each axis.
        groups: Into how many groups of channels, that do not see each other.
        dilation: How far apart places in a window are.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv_transpose2d(plugrad.ones(1, 2, 5, 5), plugrad.ones(2, 3, 3, 3)).shape
        plugrad.Size([1, 3, 7, 7])
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes | str = 0,
    dilation: _Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve along three axes: each channel out is the sum over windows of channels in times its weight.

    Args:
        input: (N, channels in, D, H, W), or a single sample without N.
        weight: (channels out, channels in / groups, kD, kH, kW).
        bias: (channels out).
        stride: How far apart windows are: an int, or 3 of them.
        padding: How many zeros at both ends of each axis; ``"valid"``: none; ``"same"``: as many as keep the size.
        dilation: How far apart places in a window are.
        groups: Into how many groups of channels, that do not see each other.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv3d(plugrad.ones(1, 2, 5, 5, 5), plugrad.ones(3, 2, 3, 3, 3)).shape
        plugrad.Size([1, 3, 3, 3, 3])
    """
    return _convolved("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sizes = 1,
    padding: _Sizes = 0,
    output_padding: _Sizes = 0,
    groups: int = 1,
    dilation: _Sizes = 1,
) -> Tensor:
    """Apply the transposed convolution along three axes: the gradient of `conv3d` by its input.

    Args:
        input: (N, channels in, D, H, W), or a single sample without N.
        weight: (channels in, channels out / groups, kD, kH, kW).
        bias: (channels out).
        stride: How far apart windows are in the output.
        padding: How many elements are cut off at both ends of each axis.
        output_padding: How many are added at one end of each axis.
        groups: Into how many groups of channels, that do not see each other.
        dilation: How far apart places in a window are.

    Raises:
        RuntimeError: A size, an option or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.conv_transpose3d(plugrad.ones(1, 2, 5, 5, 5), plugrad.ones(2, 3, 3, 3, 3)).shape
        plugrad.Size([1, 3, 7, 7, 7])
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)
