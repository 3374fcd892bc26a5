"""What the functional face refuses, in PyTorch's words: types, shapes and dtypes, from their facts alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plugrad.core import dtypes
from plugrad.core.arguments import LARGEST, mistyped
from plugrad.core.dispatch import broadcast_shapes
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.core.tensor import Tensor

if TYPE_CHECKING:
    pass


def require_tensors(function: str, **arguments: Any) -> None:
    """Every argument must be a Tensor; those that may be None are left out by the caller."""
    for i, (name, value) in enumerate(arguments.items()):
        if not isinstance(value, Tensor):
            raise mistyped(function, name, i + 1, "Tensor", value)


def check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse what does not fit in ``bilinear``."""
    require_tensors("bilinear", input1=input1, input2=input2, weight=weight)
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for i in range(input1.ndim - 1):
        if input1.shape[i] != input2.shape[i]:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {input1.shape[i]} and "
                f"{input2.shape[i]}"
            )
    for i, x in ((1, input1), (2, input2)):
        if x.shape[-1] != weight.size(i):
            raise RuntimeError(
                f"bilinear(): input{i} size does not match weight size: got {x.shape[-1]} but expected "
                f"{weight.shape[i]}"
            )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )


def check_layer_norm(input: Tensor, shape: tuple[int, ...], weight: Tensor | None, bias: Tensor | None) -> None:
    """Refuse what does not fit in ``layer_norm``."""
    require_tensors("layer_norm", input=input)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            "but got normalized_shape = []"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and tuple(parameter.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
            )
    if tuple(input.shape[-len(shape) :]) != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            with_hint(
                f"Given normalized_shape=[{sizes}], expected input with shape [*, {sizes}], but got input of "
                f"size{list(input.shape)}",
                f"the last dimensions of the input must be {list(shape)}.",
            )
        )
    if input.dtype.category < 2:
        raise NotImplementedError(f"\"LayerNormKernelImpl\" not implemented for '{input.dtype.legacy_name}'")
    for parameter in (weight, bias):
        if parameter is not None and parameter.dtype is not input.dtype:
            raise RuntimeError(
                with_hint(
                    f"mixed dtype (CPU): expect parameter to have scalar type of {input.dtype.legacy_name}",
                    f"the input is {input.dtype}, the parameter {parameter.dtype}.",
                )
            )


def check_dropout(input: Tensor, p: float, training: bool) -> None:
    """Refuse what ``dropout`` can't scale."""
    require_tensors("dropout", input=input)
    if math.isnan(p):
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    if training and p != 0 and not input.dtype.is_inexact:
        raise RuntimeError(
            with_hint(
                f"result type Float can't be cast to the desired output type {input.dtype.legacy_name}",
                "dropout scales what it keeps; convert the input: input.float().",
            )
        )


def check_embedding(indices: Tensor, weight: Tensor, padding_idx: int | None) -> None:
    """Refuse what does not fit in ``embedding``."""
    require_tensors("embedding", weight=weight, indices=indices)
    rows = weight.size(0)
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            with_hint(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
                f"Int; but got {indices.type()} instead (while checking arguments for embedding)",
                "convert it: input.long().",
            )
        )


# Activations


def check_floating(kernel: str, input: Tensor) -> None:
    """Refuse integers and booleans, in the name of PyTorch's kernel."""
    if not input.dtype.is_inexact:
        raise NotImplementedError(
            with_hint(
                f"\"{kernel}\" not implemented for '{input.dtype.legacy_name}'",
                "convert the input: input.float().",
            )
        )


def check_prelu(input: Tensor, weight: Tensor) -> None:
    """Refuse weights that do not fit in ``prelu``."""
    require_tensors("prelu", input=input, weight=weight)
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            with_hint(
                f"prelu: Type promoting not supported. Got {input.dtype.legacy_name} and {weight.dtype.legacy_name}",
                f"convert the weights: weight.to({input.dtype}).",
            )
        )
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.numel() != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise RuntimeError(
                with_hint(
                    f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                    f"{weight.numel()} and channel size = {channels}.",
                    "a weight belongs to each channel, which is dimension 1.",
                )
            )


def check_lambda(input: Tensor, lambd: float) -> None:
    """Refuse a negative width of ``softshrink``."""
    require_tensors("softshrink", input=input)
    check_floating("softshrink_check", input)
    if not lambd >= 0:
        largest = LARGEST.get(input.dtype.name, math.inf)
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {input.dtype.legacy_name}, but found {lambd:g}"
        )


def limits(input: Tensor, min_val: float, max_val: float) -> tuple[float, float]:
    """The limits of ``hardtanh`` in the input's kind, refused where they are none."""
    require_tensors("hardtanh", input=input)
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype.category == 1:
        if input.dtype.name.startswith("u") and min_val < 0:
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
        return int(min_val), int(max_val)
    return min_val, max_val


# Losses


def is_usual_batch(input: Any, target: Any, weight: Any) -> bool:
    """Whether these are rows of scores and a class for each: what needs no further look, and so is fast."""
    if weight is None and isinstance(input, Tensor) and isinstance(target, Tensor):
        scores, classes = input.raw.shape, target.raw.shape
        return (
            len(scores) == 2
            and len(classes) == 1
            and scores[0] == classes[0]
            and target.dtype is dtypes.int64
            and input.dtype.is_floating_point
        )
    return False


def check_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> None:
    """Refuse what does not fit together in ``cross_entropy``."""
    require_tensors("cross_entropy_loss", input=input, target=target)
    last = "lastdim_" if input.ndim < 3 else ""
    check_real(f"log_softmax_{last}kernel_impl", input)
    if input.shape == target.shape:
        check_probabilities(input, target, weight, ignore_index)
    else:
        check_classes("cross_entropy_loss", input, target, weight)


def check_classes(name: str, input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Refuse scores and classes that do not fit together in ``nll_loss`` and ``cross_entropy``."""
    require_tensors(name, input=input, target=target)
    ndim = input.ndim
    if ndim < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {ndim})")
    if ndim != 1 and input.shape[0] != target.size(0):
        raise ValueError(
            with_hint(
                f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({target.shape[0]}).",
                f"the input has shape {list(input.shape)}, the target {list(target.shape)}.",
            )
        )
    if ndim <= 2:
        if target.ndim > 1:
            raise RuntimeError(
                with_hint(
                    "0D or 1D target tensor expected, multi-target not supported",
                    f"the target has shape {list(target.shape)}; target.squeeze(1) drops a dimension of 1.",
                )
            )
        if ndim == 1 and target.ndim == 1 and target.shape[0] != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")
    else:
        expected = (input.shape[0], *input.shape[2:])
        if tuple(target.shape) != expected:
            if ndim == 4 and target.ndim == 3:
                raise RuntimeError(f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}")
            raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)}")
    if target.dtype.name not in ("int64", "uint8"):
        raise RuntimeError(
            with_hint(
                f"expected target dtype to be Long or Byte, but got {target.dtype.legacy_name}",
                "the target holds class numbers; convert it: target.long().",
            )
        )
    check_class_weight("", input, weight)
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(
            with_hint(
                f"expected scalar type {input.dtype.legacy_name} but found {weight.dtype.legacy_name}",
                f"convert the weights: weight.to({input.dtype}).",
            )
        )


def check_real(kernel: str, input: Tensor) -> None:
    """Refuse scores that are no real floating point numbers, in the name of PyTorch's kernel."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(
            with_hint(
                f"\"{kernel}\" not implemented for '{input.dtype.legacy_name}'",
                "convert the input: input.float().",
            )
        )


def check_class_weight(prefix: str, input: Tensor, weight: Tensor | None) -> None:
    """Refuse weights that are not one for each class."""
    classes = input.shape[0] if input.ndim == 1 else input.shape[1]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"{prefix}weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )


def check_probabilities(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> None:
    """Refuse what does not fit in ``cross_entropy`` with a target of probabilities."""
    if not target.dtype.is_floating_point:
        raise RuntimeError(
            with_hint(
                f"Expected floating point type for target with class probabilities, got {target.dtype.legacy_name}",
                "a target of the input's shape holds probabilities, not class numbers.",
            )
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    check_class_weight("cross_entropy: ", input, weight)


def check_binary(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Refuse shapes and dtypes that do not fit in ``binary_cross_entropy``."""
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if target.dtype is not input.dtype:
        raise RuntimeError(
            with_hint(
                f"Found dtype {target.dtype.legacy_name} but expected {input.dtype.legacy_name}",
                f"convert the target: target.to({input.dtype}).",
            )
        )
    if weight is not None:
        own, factor = tuple(target.shape), tuple(weight.shape)
        for i in range(1, min(len(own), len(factor)) + 1):
            if own[-i] != factor[-i] and 1 not in (own[-i], factor[-i]):
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {factor[-i]} at {-i}! Mismatching "
                    f"argument at index 1 had {weight.shape}; but expected shape should be broadcastable to "
                    f"{list(own)}"
                )
        _check_not_growing(own, weight)


def check_binary_logits(input: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None) -> None:
    """Refuse what does not fit in ``binary_cross_entropy_with_logits``."""
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if input.dtype.category > target.dtype.category:
        raise RuntimeError(
            with_hint(
                f"result type {input.dtype.legacy_name} can't be cast to the desired output type "
                f"{target.dtype.legacy_name}",
                f"convert the target: target.to({input.dtype}).",
            )
        )
    for factor in (pos_weight, weight):
        if factor is not None:
            _check_not_growing(tuple(input.shape), factor)


def _check_not_growing(own: tuple[int, ...], factor: Tensor) -> None:
    """A factor must broadcast to the losses without making them larger."""
    shape = broadcast_shapes(tuple(factor.shape), own)
    if shape != own:
        raise RuntimeError(f"output with shape {list(own)} doesn't match the broadcast shape {list(shape)}")


def check_no_probability_missed(loss: Tensor, input: Tensor, target: Tensor) -> None:
    """Refuse values that are no probabilities: they make ``binary_cross_entropy`` nan, and only they do.

    Not on devices that compute asynchronously: there looking at a value would wait for the device.
    """
    backend: Any = loss.device.backend
    if getattr(backend.capabilities, "asynchronous", False):
        return
    with no_grad():
        if not loss.isnan().any():
            return
        for name, x in (("input", input), ("target", target)):
            if not ((x >= 0) & (x <= 1)).all():
                raise RuntimeError(
                    with_hint(
                        f"all elements of {name} should be between 0 and 1",
                        "binary_cross_entropy_with_logits takes scores of any size.",
                    )
                )
