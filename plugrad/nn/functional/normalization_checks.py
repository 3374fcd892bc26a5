"""What normalization refuses, in PyTorch's words."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import check_floating, require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_BOTH = "running_mean and running_var must either both be None or neither be None"


def check_batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    eps: float,
) -> None:
    """Refuse what does not fit in ``batch_norm``."""
    require_tensors("batch_norm", input=input)
    if training:
        check_several(tuple(input.shape))
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if input.ndim < 2:
        channels = 0
    else:
        channels = input.shape[1]
    named = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    if training and (running_mean is None) != (running_var is None):
        raise ValueError(with_hint(_BOTH, "batch_norm follows both, or none."))
    for name, value in named.items():
        if value is None:
            if not training and name.startswith("running"):
                raise RuntimeError(
                    with_hint(f"{name} must be defined in evaluation mode", "without statistics, pass training=True.")
                )
        elif value.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {value.numel()}")
    check_floating("batch_norm", input)
    _check_dtypes(input, named)
    for value in named.values():
        if value is not None and value.ndim != 1:
            raise RuntimeError(f"TensorAccessor expected 1 dims but tensor has {value.ndim}")


def check_several(size: tuple[int, ...]) -> None:
    """Refuse one value for each channel: it has no deviation."""
    if not size:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if size[0] * prod(size[2:]) == 1:
        shown = f"plugrad.Size({list(size)})"
        raise ValueError(
            with_hint(
                f"Expected more than 1 value per channel when training, got input size {shown}",
                "one value has no variance: use a larger batch, or eval().",
            )
        )


def _check_dtypes(input: Tensor, named: dict[str, Tensor | None]) -> None:
    """Parameters have the input's dtype; those of halves may be float32."""
    half = input.dtype.itemsize < 4
    for value in named.values():
        if value is not None and value.dtype is not input.dtype and not (half and value.dtype.name == "float32"):
            if input.dtype.name == "float64":
                text = "mixed dtype (CPU): all inputs must share same datatype."
            else:
                text = f"mixed dtype (CPU): expect parameter to have scalar type of {input.dtype.legacy_name}"
            raise RuntimeError(with_hint(text, f"the input is {input.dtype}, a parameter {value.dtype}."))


def check_instance_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, use_input_stats: bool
) -> None:
    """Refuse what does not fit in ``instance_norm``."""
    require_tensors("instance_norm", input=input)
    if use_input_stats:
        if prod(input.shape[2:]) == 1:
            shown = f"plugrad.Size({list(input.shape)})"
            raise ValueError(
                with_hint(
                    f"Expected more than 1 spatial element when training, got input size {shown}",
                    "one value has no variance.",
                )
            )
        if (running_mean is None) != (running_var is None):
            raise ValueError(with_hint(_BOTH, "instance_norm follows both, or none."))
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")


def check_group_norm(input: Tensor, groups: int, weight: Tensor | None, bias: Tensor | None) -> None:
    """Refuse what does not fit in ``group_norm``."""
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    n, channels = input.shape[:2]
    if n * channels // groups * prod(input.shape[2:]) == 1:
        size = [n * channels // groups, groups, *input.shape[2:]]
        raise ValueError(
            with_hint(
                f"Expected more than 1 value per channel when training, got input size {size}",
                "a group of one value has no variance.",
            )
        )
    if groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {groups}")
    if channels % groups:
        raise RuntimeError(
            with_hint(
                "Expected number of channels in input to be divisible by num_groups, but got input of shape "
                f"{list(input.shape)} and num_groups={groups}",
                "channels are dimension 1.",
            )
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(value.shape)} and input of shape {list(input.shape)}"
            )
    check_floating("GroupNormKernelImpl", input)
    for value in (weight, bias):
        if value is not None and value.dtype is not input.dtype:
            raise RuntimeError(
                with_hint(
                    f"mixed dtype (CPU): expect parameter to have scalar type of {input.dtype.legacy_name}",
                    f"the input is {input.dtype}, the parameter {value.dtype}.",
                )
            )


def check_rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None) -> tuple[int, ...]:
    """Refuse what does not fit in ``rms_norm``; the normalized shape as a tuple."""
    require_tensors("rms_norm", input=input)
    if not isinstance(normalized_shape, Sequence):
        raise TypeError(
            with_hint(
                "rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
                f"{type(normalized_shape).__name__}",
                "it is the shape of the last dimensions.",
            )
        )
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            "but got normalized_shape = []"
        )
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, but got weight of shape {list(weight.shape)} "
            f"and normalized_shape = {list(shape)}"
        )
    if tuple(input.shape[-len(shape) :]) != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            with_hint(
                f"Given normalized_shape=[{sizes}], expected input with shape [*{sizes}], but got input of "
                f"size{list(input.shape)}",
                f"the last dimensions of the input must be {list(shape)}.",
            )
        )
    check_floating("rms_norm", input)
    return shape
