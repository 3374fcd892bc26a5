"""gradcheck and gradgradcheck pass right derivatives, and catch wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import torch

gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck
Function = torch.autograd.Function


def leaf(*shape: int) -> Any:
    torch.manual_seed(1)
    return (torch.rand(shape, dtype=torch.float64) + 0.5).requires_grad_()


RIGHT: dict[str, Callable[..., Any]] = {
    "one function": torch.exp,
    "two inputs": lambda a, b: a * b.sin(),
    "broadcast": lambda a, b: a / b[:1],
    "many outputs": lambda a, b: (a * b, a + b, b.exp()),
    "matmul": lambda a, b: a @ b.t(),
    "reduction": lambda a, b: (a * b).sum(),
    "integer output beside": lambda a, b: (a * b, a.argmax()),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck], ids=["gradcheck", "gradgradcheck"])
def test_right_derivatives_pass(check: Callable[..., bool], name: str) -> None:
    inputs = (leaf(2, 3), leaf(2, 3))[: 1 if name == "one function" else 2]
    assert check(RIGHT[name], inputs) is True


def test_inputs_may_be_one_tensor() -> None:
    assert gradcheck(torch.sin, leaf(3))
    assert gradgradcheck(torch.sin, leaf(3))


def test_inputs_without_gradients_are_left_alone() -> None:
    plain = torch.ones(3, dtype=torch.float64)
    assert gradcheck(lambda x, p, n: x * p * n, (leaf(3), plain, 2))
    assert plain.grad is None


def test_inputs_are_unchanged() -> None:
    x = leaf(3)
    before = x.tolist()
    gradcheck(torch.exp, (x,))
    assert x.tolist() == before
    assert x.grad is None


class WrongFactor(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * g


class WrongSign(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.cos()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return x.sin() * g


class WrongSecond(Function):
    """The gradient is right; as a function of x it is not, for it was computed off the graph."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x.detach() ** 2 * g


class WrongCorner(Function):
    """Right everywhere but in one element."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        wrong = torch.ones_like(g)
        wrong[-1] = 1.01
        return wrong * g


class NoGradient(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return None


@pytest.mark.parametrize("wrong", [WrongFactor, WrongSign, WrongCorner, NoGradient])
def test_wrong_derivative_fails(wrong: Any) -> None:
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(wrong.apply, (leaf(3),))
    assert gradcheck(wrong.apply, (leaf(3),), raise_exception=False) is False


def test_wrong_second_derivative_fails() -> None:
    assert gradcheck(WrongSecond.apply, (leaf(3),))
    with pytest.raises(RuntimeError, match="mismatch"):
        gradgradcheck(WrongSecond.apply, (leaf(3),))
    assert gradgradcheck(WrongSecond.apply, (leaf(3),), raise_exception=False) is False


def test_wrong_derivative_of_the_second_input_is_named() -> None:
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 1"):
        gradcheck(lambda a, b: a * WrongFactor.apply(b), (leaf(3), leaf(3)))


def test_wrong_derivative_of_the_second_output_is_named() -> None:
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 1 with respect to input 0"):
        gradcheck(lambda a: (a * 2, WrongFactor.apply(a)), (leaf(3),))


def test_gradient_that_is_not_deterministic_fails() -> None:
    calls = []

    class Wavers(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            calls.append(1)
            return g * (1 + 1e-8 * len(calls))

    with pytest.raises(RuntimeError, match="not reentrant"):
        gradcheck(Wavers.apply, (leaf(3),))
    assert gradcheck(Wavers.apply, (leaf(3),), nondet_tol=1e-3)


def test_tolerances() -> None:
    class Nearly(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 1.01

    assert not gradcheck(Nearly.apply, (leaf(3),), raise_exception=False)
    assert gradcheck(Nearly.apply, (leaf(3),), rtol=0.1)
    assert gradcheck(Nearly.apply, (leaf(3),), atol=0.1)


def test_no_input_with_gradients_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="gradcheck expects at least one input tensor to require gradient"):
        gradcheck(torch.exp, (torch.ones(2, dtype=torch.float64),))


def test_single_precision_warns() -> None:
    with pytest.warns(UserWarning, match="is not a double precision floating point or complex"):
        gradcheck(torch.exp, (torch.ones(2, requires_grad=True),), eps=1e-2, atol=1e-1)


def test_gradgradcheck_with_grad_outputs() -> None:
    x = leaf(3)
    assert gradgradcheck(torch.exp, (x,), (torch.ones(3, dtype=torch.float64, requires_grad=True),))


def test_check_undefined_grad() -> None:
    assert gradcheck(lambda x: x.unbind(0), (leaf(2, 3),), check_undefined_grad=True)
