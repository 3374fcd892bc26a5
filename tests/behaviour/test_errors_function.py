"""Mistakes in a user's own Function raise PyTorch's exception with PyTorch's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch, warns

Function = torch.autograd.Function


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


class TwoInputsOneGradient(Function):
    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        return a * b

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class ShortGradient(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g[:2]


class NoBackward(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2


class NoForward(Function):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class SavesANumber(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(1)
        return x * 2


class DirtyNotReturned(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        x.mul_(2)
        return x + 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class ChangesUnmarked(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(2)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return 2 * g


class OnceOnly(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


class TextAsGradient(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return "gradient"


def test_too_few_gradients() -> None:
    a, b = leaf(), leaf()
    y = TwoInputsOneGradient.apply(a, b)
    with raises(
        RuntimeError,
        "function TwoInputsOneGradientBackward returned an incorrect number of gradients (expected 2, got 1)",
    ):
        y.sum().backward()
    assert a.grad is None
    assert b.grad is None


def test_gradient_of_another_shape() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "Function ShortGradientBackward returned an invalid gradient at index 0 - got [2] but expected shape "
        "compatible with [3]",
    ):
        ShortGradient.apply(x).sum().backward()
    assert x.grad is None


def test_gradient_that_is_no_tensor() -> None:
    x = leaf()
    with raises(RuntimeError, "expected Variable or None (got str)"):
        TextAsGradient.apply(x).sum().backward()
    assert x.grad is None


def test_no_backward() -> None:
    y = NoBackward.apply(leaf())
    with raises(
        NotImplementedError,
        "You must implement either the backward or vjp method for your custom autograd.Function to use it "
        "with "
        "backward mode AD.",
    ):
        y.sum().backward()


def test_no_forward() -> None:
    with raises(
        NotImplementedError,
        "You must implement the forward function for custom autograd.Function.",
    ):
        NoForward.apply(leaf())


def test_saved_value_that_is_no_tensor() -> None:
    with raises(TypeError, "save_for_backward can only save variables, but argument 0 is of type int"):
        SavesANumber.apply(leaf())


def test_dirty_input_that_is_not_returned() -> None:
    with raises(
        RuntimeError,
        "Some elements marked as dirty during the forward method were not returned as output. The inputs "
        "that are "
        "modified inplace must all be outputs of the Function.",
    ):
        DirtyNotReturned.apply(leaf() * 1)


@differs_from_torch("PyTorch takes an unmarked in-place edit of a leaf without a word")
def test_unmarked_change_of_a_leaf() -> None:
    x = leaf()
    with pytest.raises(RuntimeError):
        ChangesUnmarked.apply(x).sum().backward()


def test_second_derivative_of_a_once_differentiable_function() -> None:
    x = leaf()
    (first,) = torch.autograd.grad(OnceOnly.apply(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError) as info:
        first.sum().backward()
    # the first where nothing of the gradient requires grad, the second where its graph was recorded
    assert str(info.value).startswith(
        (
            "element 0 of tensors does not require grad",
            "trying to differentiate twice a function that was marked",
        )
    )


def test_call_of_an_instance() -> None:
    class Legacy(Function):
        def forward(self, x: Any) -> Any:  # no static method
            return x * 2

    def call() -> Any:
        return Legacy()(leaf())

    def expect(action: Callable[[], Any]) -> None:
        with raises(
            RuntimeError,
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style "
            "autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
        ):
            action()

    with warns(
        DeprecationWarning,
        f"{Legacy} should not be instantiated. Methods on autograd functions are all static",
    ):
        expect(call)


def test_mark_dirty_of_a_leaf_that_requires_grad() -> None:
    class Doubles(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    with raises(RuntimeError, "a leaf Variable that requires grad has been used in an in-place operation."):
        Doubles.apply(leaf())
