"""Update rules: how an optimizer changes raw arrays, on every backend.

A rule is a function of (xp, param, grad, state arrays..., options). Like an op's generic definition it is
written in the Array API standard, but it changes its arrays: it returns what they have become. ``x += y``
is the way to write that: in place where a library's arrays can be written to, a new array where they
can't. A backend may replace a rule by a fused kernel of the same name, or have one for many parameters at once, which
is called ``<rule>_of_many``, takes lists of arrays, and returns for each parameter what the rule returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import faults
from plugrad.core.inplace import bump, check_writable
from plugrad.core.modes import enable_grad, no_grad
from plugrad.core.namespace import DEFINITIONS, has_kernel
from plugrad.core.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def update_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Let backends find, and replace, an update rule under its name."""
    DEFINITIONS[rule.__name__] = rule
    return rule


def apply_rule(
    rule: Callable[..., Any], parameter: Tensor, grad: Tensor, state: list[Any], options: dict[str, Any]
) -> None:
    """Change a parameter and its state by a rule. Nothing is recorded.

    Args:
        rule: The update rule.
        parameter: The parameter.
        grad: Its gradient, which is only read.
        state: The tensors of the parameter's state that the rule takes, in order.
        options: The rule's options.

    Raises:
        RuntimeError: The parameter can't be changed in place; see `plugrad.core.inplace`.
    """
    device = parameter.device
    raws = [parameter.raw, *[tensor.raw for tensor in state]]
    _check(parameter)
    try:
        changed = getattr(device.xp, rule.__name__)(raws[0], grad.raw, *raws[1:], **options)
    except Exception as error:
        faults.note(error, rule.__name__, device)
        raise
    _put(parameter, state, raws, changed)


def _check(parameter: Tensor) -> None:
    backend: Any = parameter.device.backend
    if parameter.version is None or backend.overlaps_itself(parameter.raw):
        with no_grad():
            check_writable(parameter)


def _put(parameter: Tensor, state: list[Any], raws: list[Any], changed: Any) -> None:
    """Let a parameter and its state, whose arrays were ``raws``, be what a rule returned."""
    backend: Any = parameter.device.backend
    if changed[0] is not raws[0]:
        parameter.raw = backend.write(raws[0], changed[0])
    bump(parameter)
    for i, tensor in enumerate(state, 1):
        if changed[i] is not raws[i]:
            tensor.raw = backend.write(raws[i], changed[i])
        if tensor.version is not None:
            tensor.version[0] += 1


class Steps:
    """The steps of one rule: each at once, or, where a backend has a kernel for many parameters, together at the end.

    Args:
        rule: The update rule.
    """

    def __init__(self, rule: Callable[..., Any]) -> None:
        self._rule = rule
        self._many = f"{rule.__name__}_of_many"
        # Steps that wait, by device and options.
        self._waiting: dict[Any, list[tuple[Tensor, Tensor, list[Any]]]] = {}
        self._seen: set[int] = set()

    def add(self, parameter: Tensor, grad: Tensor, state: list[Any], options: dict[str, Any]) -> None:
        """Do what `apply_rule` does, now or in `finish`."""
        device = parameter.device
        if not has_kernel(device.xp, self._many) or not all(
            [x is None or isinstance(x, (int, float)) for x in options.values()]
        ):
            apply_rule(self._rule, parameter, grad, state, options)
            return
        _check(parameter)
        if id(parameter) in self._seen:
            # One parameter twice: its second step is of what the first one made of it.
            self.finish()
        self._seen.add(id(parameter))
        self._waiting.setdefault((device, tuple(options.items())), []).append((parameter, grad, state))

    def finish(self) -> None:
        """Do all that waits."""
        waiting, self._waiting = self._waiting, {}
        self._seen.clear()
        for (device, options), steps in waiting.items():
            raws = [[parameter.raw, *[tensor.raw for tensor in state]] for parameter, _, state in steps]
            params, *states = [list(column) for column in zip(*raws, strict=True)]
            try:
                changed = getattr(device.xp, self._many)(
                    params, [grad.raw for _, grad, _ in steps], *states, **dict(options)
                )
            except Exception as error:
                faults.note(error, self._many, device)
                raise
            for (parameter, _, state), before, after in zip(steps, raws, changed, strict=True):
                _put(parameter, state, before, after)


def record_rule(
    rule: Callable[..., Any], parameter: Tensor, grad: Tensor, state: list[Any], options: dict[str, Any]
) -> list[Any]:
    """Do what `apply_rule` does, recorded, so that gradients flow through the step; return the new state."""
    others: list[Any]
    with enable_grad():
        # Copies: what an earlier step saved for its gradient must not change under it.
        copies = [tensor.clone() for tensor in state]
        changed, *others = rule(parameter.device.ops, parameter, grad, *copies, **options)
        if changed is not parameter:
            parameter.copy_(changed)
    return others


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
