"""gradcheck of complex numbers, forward mode and batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import raises, torch

gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck
Function = torch.autograd.Function


def leaf(*shape: int) -> Any:
    torch.manual_seed(1)
    return (torch.rand(shape, dtype=torch.float64) + 0.5).requires_grad_()


# -- complex numbers ---------------------------------------------------------------------------------------------------


def complex_leaf() -> Any:
    return torch.tensor([1.0 + 2.0j, 2.0 - 1.0j, 0.5 + 0.3j], dtype=torch.complex128, requires_grad=True)


COMPLEX: dict[str, Callable[..., Any]] = {
    "holomorphic": lambda z, x: z.exp() * z,
    "real output": lambda z, x: z.abs() * x,
    "conjugate": lambda z, x: z * z.conj(),
    "parts": lambda z, x: (z.real, z.imag, z),
    "real input": lambda z, x: (z * x, x * x),
    "sum": lambda z, x: (z * z * x).sum(),
}


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck], ids=["gradcheck", "gradgradcheck"])
def test_right_complex_derivatives_pass(check: Callable[..., bool], name: str, fast_mode: bool) -> None:
    assert check(COMPLEX[name], (complex_leaf(), leaf(3)), fast_mode=fast_mode) is True


class Square(Function):
    """A gradient that is right for real numbers."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * g * x


class ConjugatedSquare(Square):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * g * x.conj()


@pytest.mark.parametrize("fast_mode", [False, True])
def test_gradient_that_does_not_conjugate_fails(fast_mode: bool) -> None:
    assert gradcheck(Square.apply, (leaf(3),), fast_mode=fast_mode)
    assert gradcheck(ConjugatedSquare.apply, (complex_leaf(),), fast_mode=fast_mode)
    assert gradgradcheck(ConjugatedSquare.apply, (complex_leaf(),), fast_mode=fast_mode)
    for function in (Square.apply, lambda z: Square.apply(z).abs(), lambda z: (z.real, Square.apply(z))):
        assert not gradcheck(function, (complex_leaf(),), fast_mode=fast_mode, raise_exception=False)


def test_message_names_the_part() -> None:
    z = torch.tensor([1.0 + 2.0j, 2.0 - 1.0j], dtype=torch.complex128, requires_grad=True)
    with pytest.raises(RuntimeError) as info:
        gradcheck(Square.apply, (z,))
    text = str(info.value)
    assert text.startswith(
        "While considering the imaginary part of complex outputs only, Jacobian mismatch for output 0 with respect to "
        "input 0,\n"
        "numerical:tensor([[ 4.0000+2.0000j,  0.0000+0.0000j],\n        [ 0.0000+0.0000j, -2.0000+4.0000j]]"
    )
    assert "\nanalytical:tensor([[-4.+2.j,  0.+0.j],\n        [ 0.+0.j,  2.+4.j]]" in text
    with pytest.raises(RuntimeError, match=r"^Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(lambda z: Square.apply(z).abs(), (z,))


# -- forward mode and batches ------------------------------------------------------------------------------------------

FORWARD: dict[str, tuple[Callable[..., Any], Callable[[], tuple[Any, ...]]]] = {
    "exp": (lambda x: x.exp(), lambda: (leaf(3),)),
    "two": (lambda a, b: (a * b.sin(), a.sum()), lambda: (leaf(3), leaf(3))),
    "matrices": (lambda a, b: a @ b @ b, lambda: (leaf(2, 2), leaf(2, 2))),
    "complex": (lambda z: z.exp(), lambda: (complex_leaf(),)),
    "mixed": (lambda z, x: z * x, lambda: (complex_leaf(), leaf(3))),
    "parts": (lambda z: (z.real, z.abs()), lambda: (complex_leaf(),)),
}


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("name", FORWARD)
def test_right_derivatives_pass_forward_and_batched(name: str, fast_mode: bool) -> None:
    function, inputs = FORWARD[name]
    assert gradcheck(function, inputs(), check_forward_ad=True, check_batched_grad=True, fast_mode=fast_mode)
    assert gradcheck(function, inputs(), check_forward_ad=True, check_backward_ad=False, fast_mode=fast_mode)
    assert gradcheck(
        function, inputs(), check_forward_ad=True, check_batched_forward_grad=name != "parts", fast_mode=fast_mode
    )
    assert gradgradcheck(function, inputs(), check_fwd_over_rev=True, check_batched_grad=True, fast_mode=fast_mode)
    assert gradgradcheck(
        function, inputs(), check_fwd_over_rev=True, check_rev_over_rev=False, check_undefined_grad=False,
        fast_mode=fast_mode,
    )  # fmt: skip


class WrongForward(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        return t * 3


def test_wrong_tangent_fails() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert gradcheck(WrongForward.apply, (x,))
    with raises(
        RuntimeError,
        "Jacobian computed with forward mode mismatch for output 0 with respect to input 0,\n"
        "numerical:tensor([[2.0000, 0.0000],\n        [0.0000, 2.0000]], dtype=torch.float64)\n"
        "analytical:tensor([[3., 0.],\n        [0., 3.]], dtype=torch.float64)",
    ):
        gradcheck(WrongForward.apply, (x,), check_forward_ad=True)
    with pytest.raises(RuntimeError, match="Jacobian computed with forward mode mismatch for output 0"):
        gradcheck(WrongForward.apply, (x,), check_forward_ad=True, fast_mode=True)
    with pytest.raises(RuntimeError, match="While considering the imaginary part of complex inputs only, Jacobian com"):
        gradcheck(WrongForward.apply, (complex_leaf(),), check_forward_ad=True)


def test_backward_that_can_not_be_batched_fails() -> None:
    class Looks(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * (2 if g.sum().item() < 1e9 else 3)

    assert gradcheck(Looks.apply, (leaf(3),))
    with pytest.raises(RuntimeError, match=r"^While computing batched gradients, got: "):
        gradcheck(Looks.apply, (leaf(3),), check_batched_grad=True)


def test_checks_that_make_no_sense() -> None:
    x = leaf(3)
    with raises(AssertionError, "Expected at least one of check_forward_ad or check_backward_ad to be True"):
        gradcheck(torch.exp, (x,), check_backward_ad=False)
    with raises(AssertionError, "Setting check_batched_grad=True requires check_backward_ad to be True"):
        gradcheck(torch.exp, (x,), check_batched_grad=True, check_backward_ad=False, check_forward_ad=True)
    with raises(AssertionError, "Setting check_batched_forward_grad=True requires check_forward_ad to be True"):
        gradcheck(torch.exp, (x,), check_batched_forward_grad=True)
    with raises(AssertionError, "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"):
        gradgradcheck(torch.exp, (x,), check_rev_over_rev=False)
    with raises(AssertionError, "Setting check_undefined_grad=True requires check_rev_over_rev to be True"):
        gradgradcheck(torch.exp, (x,), check_rev_over_rev=False, check_fwd_over_rev=True)
    with raises(AssertionError, "Setting check_batched_grad=True requires check_rev_over_rev to be True"):
        gradgradcheck(
            torch.exp, (x,), check_rev_over_rev=False, check_fwd_over_rev=True, check_undefined_grad=False,
            check_batched_grad=True,
        )  # fmt: skip
