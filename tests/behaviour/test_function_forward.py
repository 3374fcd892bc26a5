"""Functions in forward mode: under ``func.jvp`` and with tangents by hand."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from tests.behaviour.test_function_transforms import Odd, Product, WithoutSetup, cube, one, three, two
from tests.support.compare import assert_close
from tests.support.library import NAME, differs_from_torch, raises, torch

Function = torch.autograd.Function
func: Any = import_module(f"{NAME}.func")
forward_ad: Any = import_module(f"{NAME}.autograd.forward_ad")


# -- forward mode ------------------------------------------------------------------------------------------------------


def test_jvp() -> None:
    y, t = func.jvp(cube, (two(),), (one(),))
    assert (y.item(), t.item()) == (8.0, 12.0)
    assert func.jvp(Odd.apply, (two(),), (one(),))[1].item() == 100.0
    assert func.jvp(func.grad(Odd.apply), (two(),), (one(),))[1].item() == 10.0
    assert func.grad(lambda x: func.jvp(Odd.apply, (x,), (one(),))[1] * x)(two()).item() == 100.0


@differs_from_torch("PyTorch gives 0, which is wrong")
def test_jvp_of_jvp() -> None:
    def twice(t: Any) -> Any:
        return func.jvp(lambda x: func.jvp(cube, (x,), (t(x),))[1], (two(),), (one(),))[1].item()

    assert twice(lambda x: one()) == 12.0  # of 3 x**2
    assert twice(lambda x: x) == 36.0  # of 3 x**3


def test_tangents_that_jvp_gets() -> None:
    seen: list[Any] = []

    def function(materialize: bool) -> Any:
        class Notes(Function):
            @staticmethod
            def forward(a: Any, b: Any, n: int) -> Any:
                return a * b

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                ctx.set_materialize_grads(materialize)

            @staticmethod
            def jvp(ctx: Any, t: Any, s: Any, n: Any) -> Any:
                seen.append((None if s is None else s.tolist(), n))
                return t

        return Notes

    for made in (function(True), function(False)):
        func.jvp(lambda x, made=made: made.apply(x, torch.ones(3), 5), (three(),), (three(),))
    assert seen == [([0.0, 0.0, 0.0], None), (None, None)]


class Tangents(Function):
    """Returns from jvp what it is told to."""

    @staticmethod
    def forward(x: Any, result: Any) -> Any:
        return x * 1, x * 2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.result = inputs[1]

    @staticmethod
    def jvp(ctx: Any, t: Any, _: Any) -> Any:
        return ctx.result(t)


def test_what_jvp_may_not_return() -> None:
    with raises(RuntimeError, "Function's jvp returned an invalid number of forward gradients (expected 2 but got 1)"):
        func.jvp(lambda x: Tangents.apply(x, lambda t: t), (two(),), (one(),))
    with raises(
        RuntimeError,
        "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
        "supported. Tensor is of size [] while the given forward gradient is of size [3].",
    ):
        func.jvp(lambda x: Tangents.apply(x, lambda t: (torch.ones(3), t)), (two(),), (one(),))
    with raises(
        NotImplementedError,
        "You must implement the jvp function for custom autograd.Function to use it with forward mode AD.",
    ):
        func.jvp(lambda x: Product.apply(x, x), (three(),), (three(),))


class ByHand(Function):
    """forward with a context, as forward_ad allows."""

    @staticmethod
    def forward(ctx: Any, x: Any, factor: int) -> Any:
        ctx.factor = factor
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**3 * factor

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2 * ctx.factor, None

    @staticmethod
    def jvp(ctx: Any, t: Any, _: Any) -> Any:
        (x,) = ctx.saved_tensors
        return t * 3 * x**2 * ctx.factor


def test_forward_mode_by_hand() -> None:
    with forward_ad.dual_level():
        y = ByHand.apply(forward_ad.make_dual(two(), one()), 2)
        primal, tangent = forward_ad.unpack_dual(y)
        assert (primal.item(), tangent.item()) == (16.0, 24.0)
        # Nothing has a tangent: jvp is not needed.
        assert WithoutSetup.apply(two()).item() == 4.0
        with pytest.raises(NotImplementedError, match="You must implement the jvp function"):
            WithoutSetup.apply(forward_ad.make_dual(two(), one()))


def test_backward_of_what_has_a_tangent() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    with forward_ad.dual_level():
        y = ByHand.apply(forward_ad.make_dual(x, one()), 2)
        primal, tangent = forward_ad.unpack_dual(torch.autograd.grad(y, x)[0])
        assert (primal.item(), tangent.item()) == (24.0, 24.0)
        tangent = forward_ad.unpack_dual(ByHand.apply(forward_ad.make_dual(x, one()), 2)).tangent
        assert torch.autograd.grad(tangent, x)[0].item() == 24.0


@differs_from_torch("PyTorch loses the tangent without a word")
def test_backward_through_an_intermediate_without_tangent() -> None:
    class Exp(ByHand):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.kept = x.exp()
            return x.exp()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.kept

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t * ctx.kept

    x = torch.tensor(2.0, requires_grad=True)
    with forward_ad.dual_level():
        y = Exp.apply(forward_ad.make_dual(x, one()))
        assert_close(forward_ad.unpack_dual(y).tangent, two().exp())
        with pytest.raises(RuntimeError, match="whose tangent is not known"):
            torch.autograd.grad(y, x)


@differs_from_torch("PyTorch gives a wrong gradient without a word")
def test_gradient_of_a_tangent_through_an_intermediate() -> None:
    class Exp(ByHand):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_forward(y * 1)
            return y

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t * ctx.saved_tensors[0]

    x = torch.tensor(2.0, requires_grad=True)
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(Exp.apply(forward_ad.make_dual(x, one()))).tangent
    assert_close(tangent, two().exp())
    with pytest.raises(RuntimeError, match="double backward through ExpBackward: it saved a tensor that is neither"):
        tangent.backward()
