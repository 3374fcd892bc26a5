"""gradcheck and gradgradcheck pass right derivatives, and catch wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.support.library import NAME, raises, torch

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


# -- messages ----------------------------------------------------------------------------------------------------------


def test_message_shows_both_jacobians() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with raises(
        RuntimeError,
        "Jacobian mismatch for output 0 with respect to input 0,\n"
        "numerical:tensor([[2.0000, 0.0000],\n        [0.0000, 4.0000]], dtype=torch.float64)\n"
        "analytical:tensor([[3., 0.],\n        [0., 6.]], dtype=torch.float64)",
    ):
        gradcheck(WrongFactor.apply, (x,))


def test_inputs_are_counted_among_those_that_are_differentiated() -> None:
    plain = torch.ones(3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(lambda p, x: p * WrongFactor.apply(x), (plain, leaf(3)))


def test_message_of_the_fast_mode_shows_the_whole_jacobians() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with pytest.raises(RuntimeError) as info:
        gradcheck(WrongFactor.apply, (x,), fast_mode=True)
    text = str(info.value)
    assert text.startswith("Jacobian mismatch for output 0 with respect to input 0,\nnumerical:")
    assert "Below, we recompute numerical and analytical jacobians in slow mode:" in text
    assert "The max per-element difference (slow mode) is: " in text


def test_error_class() -> None:
    error = import_module(f"{NAME}.autograd.gradcheck").GradcheckError
    assert issubclass(error, RuntimeError)
    with pytest.raises(error):
        gradcheck(WrongFactor.apply, (leaf(3),))


# -- the fast mode -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck], ids=["gradcheck", "gradgradcheck"])
def test_right_derivatives_pass_fast(check: Callable[..., bool], name: str) -> None:
    inputs = (leaf(2, 3), leaf(2, 3))[: 1 if name == "one function" else 2]
    assert check(RIGHT[name], inputs, fast_mode=True) is True


@pytest.mark.parametrize("wrong", [WrongFactor, WrongSign, NoGradient])
def test_wrong_derivative_fails_fast(wrong: Any) -> None:
    assert gradcheck(wrong.apply, (leaf(3),), fast_mode=True, raise_exception=False) is False
    assert gradcheck(lambda x: (x, x * 2, wrong.apply(x)), (leaf(3),), fast_mode=True, raise_exception=False) is False


def test_wrong_second_derivative_fails_fast() -> None:
    assert gradcheck(WrongSecond.apply, (leaf(3),), fast_mode=True)
    assert gradgradcheck(WrongSecond.apply, (leaf(3),), fast_mode=True, raise_exception=False) is False


# -- what else is checked ----------------------------------------------------------------------------------------------


def test_function_that_knows_its_input_from_elsewhere() -> None:
    """A module's parameters, say, which the function does not take as arguments."""
    x = leaf(3)
    assert gradcheck(lambda _: x * x.sin(), (x,))
    assert not gradcheck(lambda _: WrongFactor.apply(x), (x,), raise_exception=False)
    y = leaf(3) * 1
    assert gradcheck(lambda _: y.exp(), (y,))


def test_output_without_a_gradient_must_not_depend_on_the_input() -> None:
    with raises(RuntimeError, "Numerical gradient for function expected to be zero"):
        gradcheck(lambda x: x.detach(), (leaf(3),))
    with raises(RuntimeError, "Numerical gradient for function expected to be zero"):
        gradcheck(lambda x: x.detach(), (leaf(3),), fast_mode=True)
    assert gradcheck(lambda x: x.detach().sign(), (leaf(3),))
    assert gradcheck(lambda x: x.detach().sign(), (leaf(3),), fast_mode=True)
    assert gradcheck(lambda x: (x.detach(), x * 2), (leaf(3),))


@pytest.mark.parametrize("fast_mode", [False, True])
def test_backward_must_be_multiplied_by_the_gradient(fast_mode: bool) -> None:
    class Ones(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return torch.ones_like(g)

    with raises(RuntimeError, "backward not multiplied by grad_output"):
        gradcheck(lambda x: Ones.apply(x).sum(), (leaf(3),), fast_mode=fast_mode)


def test_backward_must_take_undefined_gradients() -> None:
    class Two(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            if g is None or h is None:
                raise RuntimeError("no gradient")
            return 2 * g + 3 * h

    with pytest.raises(RuntimeError, match="no gradient"):
        gradcheck(Two.apply, (leaf(3),))


def test_outputs_must_keep_their_shapes_and_dtypes() -> None:
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)

    def shape(x: Any) -> Any:
        return x[: 1 if x.detach()[0].item() > 0.5 else 2]

    with pytest.raises(
        AssertionError, match="Expected `func` to return outputs with the same shape when inputs are pe"
    ):
        gradcheck(shape, (x,))

    def dtype(x: Any) -> Any:
        return x.float() if x.detach()[0].item() > 0.5 else x * 1

    with pytest.raises(AssertionError, match="outputs with the same dtype when inputs are perturbed on index"):
        gradcheck(dtype, (x,))


def test_expanded_input_is_refused() -> None:
    with pytest.raises(RuntimeError, match="The 0th input has a dimension with stride 0"):
        gradcheck(torch.exp, (leaf(1).expand(3),))


def test_gradgradcheck_with_gaps() -> None:
    assert gradgradcheck(lambda x: (x.exp(), x.sin()), (leaf(2, 3),), gen_non_contig_grad_outputs=True)


def test_random_numbers_of_the_user_are_left_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3).tolist()
    torch.manual_seed(3)
    gradcheck(torch.exp, (leaf_of(3),), fast_mode=True)
    assert torch.rand(3).tolist() == expected


def leaf_of(*shape: int) -> Any:
    return torch.ones(shape, dtype=torch.float64, requires_grad=True)


def test_empty_and_single_numbers() -> None:
    assert gradcheck(torch.exp, (leaf_of(),))
    assert gradgradcheck(torch.exp, (leaf_of(),))
    assert gradcheck(lambda x, y: x * y, (leaf_of(0), leaf_of(1)))


def test_masked_and_check_grad_dtypes() -> None:
    assert gradcheck(torch.exp, (leaf(3),), masked=True, check_grad_dtypes=True)
    assert gradgradcheck(torch.exp, (leaf(3),), masked=True, check_grad_dtypes=True)
