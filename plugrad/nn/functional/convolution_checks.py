"""What convolutions refuse, in PyTorch's words, and their arguments as tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

AXES = ("depth", "height", "width")


def expanded(function: str, name: str, value: Any, count: int) -> tuple[int, ...]:
    """A number for each axis, of one number or a sequence of them."""
    if isinstance(value, int):
        return (value,) * count
    given = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else None
    if given is None or not all([isinstance(n, int) for n in given]):
        raise TypeError(
            with_hint(
                f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}",
                f"{name} is an int or {count} of them.",
            )
        )
    if len(given) == 1:
        return given * count
    if len(given) != count:
        raise RuntimeError(
            with_hint(
                f"expected {name} to be a single integer value or a list of {count} values to match the convolution "
                f"dimensions, but got {name}={list(given)}",
                f"there are {count} axes to slide along.",
            )
        )
    return given


def check_convolution(
    function: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    options: dict[str, Any],
    transposed: bool,
) -> None:
    """Refuse what does not fit. The input has its batch axis already."""
    groups, stride, padding, dilation = (options[name] for name in ("groups", "stride", "padding", "dilation"))
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(options.get("output_padding", (0,))) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    sizes, size = list(weight.shape), list(input.shape)
    if len(sizes) != len(size):
        raise RuntimeError(
            f"Expected {len(sizes)}-dimensional input for {len(sizes)}-dimensional weight {sizes}, but got "
            f"{len(size)}-dimensional input of size {size} instead"
        )
    if sizes[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{sizes} instead"
        )
    if sizes[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{sizes}] instead"
        )
    channels = sizes[0] if transposed else sizes[1] * groups
    if size[1] != channels:
        kind = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            with_hint(
                f"Given {kind}, weight of size {sizes}, expected input{size} to have {channels} channels, but got "
                f"{size[1]} channels instead",
                "channels are dimension 1 of a batch, dimension 0 of a single sample.",
            )
        )
    out = sizes[1] * groups if transposed else sizes[0]
    if bias is not None and tuple(bias.shape) != (out,):
        kind = "transposed=1, weight" if transposed else "weight"
        raise RuntimeError(
            f"Given {kind} of size {sizes}, expected bias to be 1-dimensional with {out} elements, but got bias of "
            f"size {list(bias.shape)} instead"
        )
    if 0 in sizes[2:]:
        names = AXES[-len(sizes) + 2 :]
        given = " ".join([f"kernel_{name}: {k}" for name, k in zip(names, sizes[2:], strict=True)])
        raise RuntimeError(f"kernel size should be greater than zero, but got {given}")
    if not transposed:
        wide = [n + 2 * p for n, p in zip(size[2:], padding, strict=True)]
        spans = [d * (k - 1) + 1 for d, k in zip(dilation, sizes[2:], strict=True)]
        if any([n < span for n, span in zip(wide, spans, strict=True)]):
            raise RuntimeError(
                f"Calculated padded input size per channel: ({_product(wide)}). Kernel size: ({_product(spans)}). "
                "Kernel size can't be greater than actual input size"
            )


def _product(sizes: list[int]) -> str:
    return " x ".join(map(str, sizes))


def check_output(input: Tensor, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    """Refuse a padding of a transposed convolution's output that does not fit, and outputs of no size."""
    padding, stride, dilation = (options[name] for name in ("output_padding", "stride", "dilation"))
    if any([p >= s and p >= d for p, s, d in zip(padding, stride, dilation, strict=True)]):
        names = AXES[-len(shape) :]
        given = " ".join(
            [
                f"{what}_{name}: {n}"
                for what, numbers in (("output_padding", padding), ("stride", stride), ("dilation", dilation))
                for name, n in zip(names, numbers, strict=True)
            ]
        )
        raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {given}")
    if min(shape) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({_product(list(input.shape[2:]))}). Calculated output size per "
            f"channel: ({_product(list(shape))}). Output size is too small"
        )


def check_convolution_dtypes(function: str, input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse arguments that are no tensors, of several dtypes, or of one that PyTorch's kernels do not have."""
    require_tensors(function, input=input, weight=weight)
    if bias is not None:
        require_tensors(function, input=input, weight=weight, bias=bias)
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            with_hint(
                f"expected scalar type {input.dtype.legacy_name} but found {weight.dtype.legacy_name}",
                f"the input is {input.dtype}, the weight {weight.dtype}.",
            )
        )
    if bias is not None and bias.dtype is not input.dtype:
        names = [x.dtype.legacy_name.lower() for x in (input, bias)]
        raise RuntimeError(
            with_hint(
                f"Input type ({names[0]}) and bias type ({names[1]}) should be the same",
                f"convert the bias: bias.to({input.dtype}).",
            )
        )
    _check_kernel(function, input)


def _check_kernel(function: str, input: Tensor) -> None:
    transposed = "transpose" in function
    if input.dtype.is_inexact or input.dtype.name == "int64" or (input.dtype.category == 1 and not transposed):
        return
    if transposed:
        kernel = "slow_conv_transpose3d_out_cpu" if function.endswith("3d") else "slow_conv_transpose2d_out_cpu"
    else:
        kernel = "compute_columns3d" if function.endswith("3d") else "slow_conv2d_cpu"
    text = f"\"{kernel}\" not implemented for '{input.dtype.legacy_name}'"
    raise NotImplementedError(with_hint(text, "convert the input: input.float()."))
