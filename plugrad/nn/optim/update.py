"""Update rules: how an optimizer changes raw arrays, on every backend.

A rule is a function of (xp, param, grad, state arrays..., options). Like an op's generic definition it is
written in the Array API standard, but it changes its arrays: it returns what they have become. ``x += y``
is the way to write that: in place where a library's arrays can be written to, a new array where they
can't. A backend may replace a rule by a fused kernel of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core.errors import INFERENCE_INPLACE
from plugrad.core.modes import enable_grad, mode
from plugrad.core.namespace import DEFINITIONS
from plugrad.core.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def update_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Let backends find, and replace, an update rule under its name."""
    DEFINITIONS[rule.__name__] = rule
    return rule


def apply_rule(
    rule: Callable[..., Any],
    parameter: Tensor,
    grad: Tensor,
    state: dict[str, Any],
    names: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    """Change a parameter and its state by a rule. Nothing is recorded.

    Args:
        rule: The update rule.
        parameter: The parameter.
        grad: Its gradient, which is only read.
        state: The parameter's state.
        names: Which entries of the state the rule takes, in order; None stands for those that are missing.
        options: The rule's options.
    """
    if parameter.version is None and mode() >= 0:
        raise RuntimeError(INFERENCE_INPLACE)
    device = parameter.device
    backend: Any = device.backend
    tensors = [parameter, *[state.get(name) for name in names]]
    raws = [None if tensor is None else tensor.raw for tensor in tensors]
    results = getattr(device.xp, rule.__name__)(raws[0], grad.raw, *raws[1:], **options)
    for tensor, raw, result in zip(tensors, raws, results, strict=True):
        if tensor is None:
            continue
        if result is not raw:
            tensor.raw = backend.write(raw, result)
        if tensor.version is not None:
            tensor.version[0] += 1


def record_rule(
    rule: Callable[..., Any],
    parameter: Tensor,
    grad: Tensor,
    state: dict[str, Any],
    names: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    """Do what `apply_rule` does, recorded: gradients flow through the step (``differentiable=True``)."""
    with enable_grad():
        # Copies: what an earlier step saved for its gradient must not change under it.
        copies = [state[name].clone() if name in state else None for name in names]
        results = rule(parameter.device.ops, parameter, grad, *copies, **options)
    state.update({name: new for name, new in zip(names, results[1:], strict=True) if new is not None})


def constant_for(value: Any, parameter: Tensor, differentiable: bool) -> Any:
    """An option that may be a Tensor of one element, as a rule computes with it on the parameter's device."""
    if not isinstance(value, Tensor):
        return value
    value = value.reshape(()).to(parameter.device, parameter.dtype)
    return value if differentiable else value.raw


def check_one_element(name: str, value: Any) -> None:
    """A Tensor that is an option must have one element."""
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")
