"""What autograd.functional has in common: tuples in and out, the ``strict`` checks, zeros for what is independent."""

from __future__ import annotations

from typing import Any

from plugrad.core import autograd
from plugrad.core.filled import zeros_like
from plugrad.core.tensor import Tensor

OUTPUTS = "outputs of the user-provided function"


def as_tuple(values: Any, what: str, function: str) -> tuple[bool, tuple[Tensor, ...]]:
    """Whether ``values`` is a tuple, and the tuple of Tensors that it is or would be."""
    several = isinstance(values, tuple)
    found = values if several else (values,)
    for i, value in enumerate(found):
        if not isinstance(value, Tensor):
            which = f"value at index {i}" if several else f"given {what}"
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the {which} has "
                f"type {type(value)}."
            )
    return several, found


def one(values: Any, several: bool) -> Any:
    """A tuple, or its only item where no tuple was given."""
    return values if several else values[0]


def nested(values: Any, outer: bool, inner: bool) -> Any:
    """The same for a tuple of tuples."""
    return one(values if inner else tuple([x[0] for x in values]), outer)


def prepared(
    inputs: tuple[Tensor, ...], create_graph: bool, need_graph: bool, inside: bool = False
) -> tuple[Tensor, ...]:
    """New Tensors of the same values, so that those that the function captured elsewhere are not differentiated.

    ``inside`` says that the function transform around is this module's own.
    """
    found = []
    for x in inputs:
        if create_graph and x.requires_grad:
            found.append(x.view(x.shape))
        elif inside:
            found.append(x.detach())
            found[-1].requires_grad = need_graph
        else:
            # Refused inside of a function transform, whose derivatives would be lost here.
            found.append(x.detach().requires_grad_(need_graph))
    return tuple(found)


def finished(values: Any, create_graph: bool) -> Any:
    """Results without history, unless it was asked for."""
    if create_graph:
        return values
    return tuple([x.detach() if isinstance(x, Tensor) else finished(x, create_graph) for x in values])


def check_vector(v: tuple[Tensor, ...], others: tuple[Tensor, ...], several: bool) -> None:
    """A vector must have the structure and the shapes of what it is multiplied with."""
    if len(others) != len(v):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(others)} but got {len(v)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (x, other) in enumerate(zip(v, others, strict=True)):
        if x.shape != other.shape:
            where = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{where}v has invalid size: should be {other.shape} but got {x.shape}.")


def is_single(values: tuple[Tensor, ...]) -> bool:
    """Whether it is one Tensor of one element."""
    return len(values) == 1 and values[0].numel() == 1


_INDEPENDENT = {
    "outputs": (
        "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
        "differentiable manner from the input when running in strict mode."
    ),
    "grad_inputs": (
        "The gradient with respect to input {} is independent of the inputs of the user-provided function. This is not "
        "allowed in strict mode."
    ),
    "jacobian": (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} "
        "is independent of the input. This is not allowed in strict mode. You should ensure that your function is "
        "twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function "
        "for example)."
    ),
    "hessian": (
        "The hessian of the user-provided function with respect to input {} is independent of the input. This is not "
        "allowed in strict mode. You should ensure that your function is thrice differentiable and that the hessian "
        "depends on the inputs."
    ),
}


def check_tracked(values: Any, what: str, strict: bool) -> None:
    """In strict mode, all of these must have been computed from the inputs."""
    for i, x in enumerate(values if strict else ()):
        if x is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode."
            )
        if not x.requires_grad:
            raise RuntimeError(_INDEPENDENT[what].format(i))


def check_scalar(outputs: tuple[Tensor, ...], several: bool, function: str) -> None:
    """A Hessian is that of one number."""
    if several:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")


def gradients(
    outputs: Any,
    inputs: tuple[Tensor, ...],
    grad_outputs: Any = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    is_grads_batched: bool = False,
) -> tuple[Any, ...]:
    """``autograd.grad`` that passes over outputs without history, and gives None for inputs that are not used."""
    given = (None,) * len(outputs) if grad_outputs is None else grad_outputs
    pairs = [(y, v) for y, v in zip(outputs, given, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    found: tuple[Any, ...] = autograd.grad(
        [y for y, _ in pairs], inputs, [v for _, v in pairs], allow_unused=True, create_graph=create_graph,
        retain_graph=retain_graph, is_grads_batched=is_grads_batched,
    )  # fmt: skip
    return found


_NONE = {
    "back": "The output of the user-provided function is independent of input {}. This is not allowed in strict mode.",
    "back_trick": (
        "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the double "
        "backward trick to compute forward mode gradients. This is not allowed in strict mode."
    ),
    "double_back": (
        "The jacobian of the user-provided function is independent of input {}. This is not allowed in strict mode."
    ),
    "double_back_trick": (
        "The hessian of the user-provided function is independent of entry {} in the grad_jacobian. This is not "
        "allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD."
    ),
}


def filled(
    grads: tuple[Any, ...], references: tuple[Tensor, ...], strict: bool, create_graph: bool, stage: str
) -> tuple[Tensor, ...]:
    """Zeros for gradients that are None, or an error in strict mode. ``stage`` says which derivative they are of."""
    result = []
    for i, (grad, reference) in enumerate(zip(grads, references, strict=True)):
        if grad is None:
            if strict:
                raise RuntimeError(_NONE[stage].format(i))
            result.append(zeros_like(reference))
            continue
        if strict and create_graph and not grad.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode when create_graph=True."
            )
        result.append(grad)
    return tuple(result)
