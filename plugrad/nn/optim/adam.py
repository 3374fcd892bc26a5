"""Adam and AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes
from plugrad.core.modes import enable_grad
from plugrad.core.tensor import Tensor
from plugrad.nn.optim.optimizer import Optimizer
from plugrad.nn.optim.update import Steps, check_one_element, constant_for, record_rule, update_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@update_rule
def adam_update(
    xp: Any,
    param: Any,
    grad: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    max_exp_avg_sq: Any = None,
    *,
    step: float,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: float,
    weight_decay: Any,
    decoupled: bool,
    maximize: bool,
) -> tuple[Any, ...]:
    """One step of `Adam`; ``max_exp_avg_sq`` is None without ``amsgrad``."""
    if maximize:
        grad = -grad
    if weight_decay is not None:
        if decoupled:
            param *= 1 - lr * weight_decay
        else:
            grad = grad + weight_decay * param
    change = grad - exp_avg
    change *= 1 - beta1
    exp_avg += change
    square = grad * grad
    square *= 1 - beta2
    exp_avg_sq *= beta2
    exp_avg_sq += square
    second = exp_avg_sq
    changed: tuple[Any, ...] = (exp_avg, exp_avg_sq)
    if max_exp_avg_sq is not None:
        second = xp.maximum(max_exp_avg_sq, exp_avg_sq)
        changed = (exp_avg, exp_avg_sq, second)
    # Not in place: when the step is recorded, the root is saved for its gradient.
    denominator = xp.divide(xp.sqrt(second), (1 - beta2**step) ** 0.5)
    denominator += eps
    change = exp_avg / denominator
    change *= lr / (1 - beta1**step)
    param -= change
    return param, *changed


@update_rule
def adam_update_complex(xp: Any, *arrays: Any, **options: Any) -> tuple[Any, ...]:
    """One step of `Adam` on complex arrays: real and imaginary parts are parameters of their own."""
    real, imag = (adam_update(xp, *[part(x) for x in arrays], **options) for part in (xp.real, xp.imag))
    return tuple(x + 1j * y for x, y in zip(real, imag, strict=True))


class Adam(Optimizer):
    """Adam (Kingma and Ba, https://arxiv.org/abs/1412.6980).

    With the gradient g, plus weight_decay * p, negated with ``maximize``, and t the number of the step,
    m <- beta1 * m + (1 - beta1) * g, v <- beta2 * v + (1 - beta2) * g**2, and
    p <- p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps).
    With ``amsgrad``, the largest v so far stands in the place of v.

    Args:
        params: Parameters, pairs of name and parameter, or parameter groups.
        lr: Learning rate; a number or a Tensor of one element.
        betas: beta1 and beta2; both floats or both Tensors of one element.
        eps: Added to the denominator.
        weight_decay: Factor of the parameter that is added to its gradient (L2 penalty).
        amsgrad: Whether to use the largest v (https://openreview.net/forum?id=ryQu7f-RZ).
        foreach: Accepted as in PyTorch; the update is the same.
        maximize: Whether to go up instead of down.
        capturable: Accepted as in PyTorch; nothing is ever synchronized.
        differentiable: Whether the step is recorded, so that gradients flow through it.
        fused: Accepted as in PyTorch; a backend's fused kernel is used where there is one.
        decoupled_weight_decay: Whether weight decay works as in `AdamW`.

    Raises:
        ValueError: An option is out of its range.

    Example::

        >>> import plugrad
        >>> w = plugrad.ones(2, requires_grad=True)
        >>> optimizer = plugrad.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.9000, 0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_one_element("lr", lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i in range(2):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i in range(2):
            if isinstance(betas[i], Tensor) and foreach and not capturable:
                raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
            check_one_element(f"betas[{i}]", betas[i])
        if fused and differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if fused and foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        defaults = {
            "lr": lr,
            "betas": tuple(beta.squeeze() if isinstance(beta, Tensor) else beta for beta in betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            # Options that older versions of PyTorch did not have.
            group.setdefault("amsgrad", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            group.setdefault("decoupled_weight_decay", False)
            group.setdefault("fused", None)
            for parameter in group["params"]:
                known = self.state.get(parameter)
                if known and not isinstance(known["step"], Tensor):
                    known["step"] = _step_count(float(known["step"]))

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
        differentiable = group["differentiable"]
        beta1, beta2 = group["betas"]
        constants = {"lr": group["lr"], "beta1": beta1, "beta2": beta2, "weight_decay": group["weight_decay"]}
        tensors = {name: value for name, value in constants.items() if isinstance(value, Tensor)}
        options = {
            **constants,
            "eps": group["eps"],
            "decoupled": group["decoupled_weight_decay"],
            "maximize": group["maximize"],
        }
        if isinstance(options["weight_decay"], (int, float)) and options["weight_decay"] == 0:
            options["weight_decay"] = None
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")
        steps, complex_steps = Steps(adam_update), Steps(adam_update_complex)
        for parameter in group["params"]:
            grad = parameter.grad
            if grad is None:
                continue
            for name, value in tensors.items():
                options[name] = constant_for(value, parameter, differentiable)
            state = self.state[parameter]
            if "step" not in state:
                state["step"] = _step_count(0.0)
            for name in names:
                if name not in state:
                    state[name] = creation.zeros_like(grad)
            options["step"] = _count_up(state)
            moments = [state[name] for name in names]
            if differentiable:
                rule = adam_update_complex if parameter.dtype.is_complex else adam_update
                moments = record_rule(rule, parameter, grad, moments, options)
                state.update(zip(names, moments, strict=True))
            else:
                (complex_steps if parameter.dtype.is_complex else steps).add(parameter, grad, moments, options)
        steps.finish()
        complex_steps.finish()


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, https://arxiv.org/abs/1711.05101).

    As `Adam`, but weight decay stays out of the gradient: before the step, p <- p * (1 - lr * weight_decay).

    Args:
        params: Parameters, pairs of name and parameter, or parameter groups.
        lr: Learning rate; a number or a Tensor of one element.
        betas: beta1 and beta2; both floats or both Tensors of one element.
        eps: Added to the denominator.
        weight_decay: Factor of weight decay.
        amsgrad: Whether to use the largest v.
        maximize: Whether to go up instead of down.
        foreach: Accepted as in PyTorch; the update is the same.
        capturable: Accepted as in PyTorch; nothing is ever synchronized.
        differentiable: Whether the step is recorded, so that gradients flow through it.
        fused: Accepted as in PyTorch; a backend's fused kernel is used where there is one.

    Raises:
        ValueError: An option is out of its range.

    Example::

        >>> import plugrad
        >>> w = plugrad.ones(2, requires_grad=True)
        >>> optimizer = plugrad.optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([0.8500, 0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


def _step_count(value: float) -> Tensor:
    """The number of steps so far, as PyTorch keeps it: a Tensor on the CPU, wherever the parameter is."""
    double = dtypes.get_default_dtype() is dtypes.float64
    return creation.tensor(value, dtype=dtypes.float64 if double else dtypes.float32, device="cpu")


def _count_up(state: dict[str, Any]) -> float:
    """Add one to the number of steps, and return it."""
    count = state["step"]
    # On the CPU, so that reading it waits for no device.
    value = count.raw + 1
    count.raw = value
    return float(value)
