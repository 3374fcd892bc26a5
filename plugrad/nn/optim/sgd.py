"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import creation
from plugrad.core.modes import enable_grad
from plugrad.nn.optim.optimizer import Optimizer
from plugrad.nn.optim.update import Steps, check_one_element, constant_for, record_rule, update_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugrad.core.tensor import Tensor


@update_rule
def sgd_update(
    xp: Any,
    param: Any,
    grad: Any,
    velocity: Any = None,
    *,
    lr: Any,
    momentum: float,
    dampening: float,
    weight_decay: Any,
    nesterov: bool,
    maximize: bool,
    first: bool,
) -> tuple[Any, ...]:
    """One step of `SGD`. The ``velocity``, of momentum only, is zero where ``first`` is true."""
    if maximize:
        grad = -grad
    if weight_decay is not None:
        grad = grad + weight_decay * param
    if velocity is None:
        param -= lr * grad
        return (param,)
    if first:
        velocity += grad
    else:
        velocity *= momentum
        velocity += grad if dampening == 0 else (1 - dampening) * grad
    param -= lr * (grad + momentum * velocity if nesterov else velocity)
    return param, velocity


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, Nesterov's too, and weight decay.

    g is the gradient plus weight_decay * p, and negated with ``maximize``. Without momentum
    p <- p - lr * g. With it, the velocity v, which starts as g, becomes
    v <- momentum * v + (1 - dampening) * g, and p <- p - lr * v; with Nesterov's momentum
    p <- p - lr * (g + momentum * v) (Sutskever et al., 2013, with the learning rate outside of v).

    Args:
        params: Parameters, pairs of name and parameter, or parameter groups.
        lr: Learning rate; a number or a Tensor of one element.
        momentum: Factor of the velocity.
        dampening: What is taken from the gradient that enters the velocity.
        weight_decay: Factor of the parameter that is added to its gradient (L2 penalty).
        nesterov: Whether to use Nesterov's momentum.
        maximize: Whether to go up instead of down.
        foreach: Accepted as in PyTorch; the update is the same.
        differentiable: Whether the step is recorded, so that gradients flow through it.
        fused: Accepted as in PyTorch; a backend's fused kernel is used where there is one.

    Raises:
        ValueError: An option is out of its range.

    Example::

        >>> import plugrad
        >>> w = plugrad.ones(2, requires_grad=True)
        >>> optimizer = plugrad.optim.SGD([w], lr=0.1, momentum=0.9)
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     (w * w).sum().backward()
        ...     optimizer.step()
        >>> w
        tensor([0.4600, 0.4600], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_one_element("lr", lr)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        if fused and differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if fused and foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            # Options that older versions of PyTorch did not have.
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient.

        Args:
            closure: Computes the loss again and returns it.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        differentiable, momentum = group["differentiable"], group["momentum"]
        lr, weight_decay = group["lr"], group["weight_decay"]
        numbers = isinstance(lr, (int, float)) and isinstance(weight_decay, (int, float))
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": group["dampening"],
            "weight_decay": None if numbers and weight_decay == 0 else weight_decay,
            "nesterov": group["nesterov"],
            "maximize": group["maximize"],
            "first": False,
        }
        steps = Steps(sgd_update)
        for parameter in group["params"]:
            grad = parameter.grad
            if grad is None:
                continue
            if not numbers:
                options["lr"] = constant_for(lr, parameter, differentiable)
                options["weight_decay"] = constant_for(weight_decay, parameter, differentiable)
            buffers = []
            if momentum != 0:
                velocity = self.state[parameter].get("momentum_buffer")
                options["first"] = first = velocity is None
                if first:
                    velocity = creation.zeros_like(grad)
                    self.state[parameter]["momentum_buffer"] = velocity
                buffers.append(velocity)
            if not differentiable:
                steps.add(parameter, grad, buffers, options)
            elif momentum == 0:
                record_rule(sgd_update, parameter, grad, buffers, options)
            else:
                (velocity,) = record_rule(sgd_update, parameter, grad, buffers, options)
                self.state[parameter]["momentum_buffer"] = velocity
        steps.finish()
