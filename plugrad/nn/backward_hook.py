"""Full backward hooks: how a module sees the gradients of its outputs and of its inputs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import hooks
from plugrad.core.function.function import Function
from plugrad.core.modes import is_grad_enabled
from plugrad.core.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


class BackwardHookFunction(Function):
    """Hands its inputs on: a node whose hooks see the gradients that pass a module's border."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the inputs."""
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients."""
        return gradients


class BackwardHook:
    """The backward hooks of one call of a module.

    A node at each border carries them: at the outputs it notes the gradients that come in, after the
    pre-hooks have had them; at the inputs it passes what goes out through the hooks.

    Args:
        module: The module.
        hooks: ``hook(module, grad_input, grad_output)``.
        pre_hooks: ``hook(module, grad_output)``.
    """

    def __init__(self, module: Any, hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None
        self.output_count = self.input_count = -1
        # Positions of the tensors among outputs and inputs; None where nothing requires a gradient.
        self.output_positions: list[int] | None = None
        self.input_positions: list[int] | None = None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's arguments, with their tensors led through a node that runs the hooks."""
        watched, self.input_positions = _watch(args, self._at_inputs, before=False)
        self.input_count = len(args)
        return watched

    def watch_outputs(self, result: Any) -> Any:
        """The module's output, with its tensors led through a node that notes their gradients."""
        outputs = result if isinstance(result, tuple) else (result,)
        watched, self.output_positions = _watch(outputs, self._at_outputs, before=True)
        self.output_count = len(outputs)
        return watched if isinstance(result, tuple) else watched[0]

    def _at_outputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        positions = self.output_positions
        assert positions is not None
        grad_outputs = _spread(positions, gradients, self.output_count)
        for hook in self.pre_hooks:
            changed = hook(self.module, grad_outputs)
            if changed is None:
                continue
            if len(changed) != len(grad_outputs):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, got "
                    f"{len(changed)}, but expected {len(grad_outputs)}"
                )
            grad_outputs = changed
        if self.input_positions is None:
            self._run_without_inputs(grad_outputs)
        else:
            self.grad_outputs = grad_outputs
        return tuple(grad_outputs[i] for i in positions)

    def _run_without_inputs(self, grad_outputs: tuple[Any, ...]) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs "
            "since no inputs require gradients. See "
            "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook"
            " for more details.",
            stacklevel=2,
        )
        grad_inputs = (None,) * self.input_count
        for hook in self.hooks:
            changed = hook(self.module, grad_inputs, grad_outputs)
            if changed is not None and not (isinstance(changed, tuple) and all(x is None for x in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or "
                    "None for all gradients."
                )

    def _at_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if self.grad_outputs is None:
            # The gradient came past the outputs, through a tensor that the module gave away otherwise.
            return None
        assert self.input_positions is not None
        grad_inputs = _spread(self.input_positions, gradients, self.input_count)
        for hook in self.hooks:
            changed = hook(self.module, grad_inputs, self.grad_outputs)
            if changed is None:
                continue
            if len(changed) != len(grad_inputs):
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(changed)}, "
                    f"but expected {len(grad_inputs)}"
                )
            grad_inputs = changed
        self.grad_outputs = None
        return tuple(grad_inputs[i] for i in self.input_positions)


def _spread(positions: list[int], values: tuple[Any, ...], size: int) -> tuple[Any, ...]:
    """The values at their positions, None elsewhere."""
    result: list[Any] = [None] * size
    for position, value in zip(positions, values, strict=True):
        result[position] = value
    return tuple(result)


def _watch(
    values: tuple[Any, ...], watcher: Callable[[tuple[Any, ...]], Any], before: bool
) -> tuple[tuple[Any, ...], list[int] | None]:
    """Lead the tensors among ``values`` through a node with a hook; positions of the tensors, or None.

    Args:
        values: The inputs or outputs of a module.
        watcher: Sees the gradients at the node, and may return others.
        before: It sees those that come to the node, else those that leave it.
    """
    positions = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[i] for i in positions]
    if not (is_grad_enabled() and any(t.requires_grad for t in tensors)):
        return values, None
    watched = BackwardHookFunction.apply(*tensors)
    node = next(t.grad_fn for t in watched if t.grad_fn is not None)
    if before:
        hooks.add(hooks.of_node(node).before, watcher)
    else:
        hooks.add(hooks.of_node(node).after, lambda outgoing, incoming: watcher(outgoing))
    result = list(values)
    for position, tensor in zip(positions, watched, strict=True):
        result[position] = tensor
    # A named tuple stays one.
    return (tuple(result) if type(values) is tuple else type(values)(*result)), positions
