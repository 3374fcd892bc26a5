"""A user's Function under function transforms and in forward mode: its own backward, jvp and vmap are used there."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import NAME, differs_from_torch, raises, torch

Function = torch.autograd.Function
func: Any = import_module(f"{NAME}.func")
forward_ad: Any = import_module(f"{NAME}.autograd.forward_ad")

MORE = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"


def two() -> Any:
    return torch.tensor(2.0)


def one() -> Any:
    return torch.tensor(1.0)


def three() -> Any:
    return torch.tensor([1.0, 2.0, 3.0])


class Cube(Function):
    """x**3, and its derivative as a second output."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x**3, 3 * x**2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        (x,), (_, derivative) = inputs, output
        ctx.save_for_backward(x, derivative)
        ctx.save_for_forward(x, derivative)

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, derivative = ctx.saved_tensors
        return g * derivative + h * 6 * x

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        x, derivative = ctx.saved_tensors
        return t * derivative, t * 6 * x


class Odd(Function):
    """Its derivatives are on purpose not those of its forward: who uses them can be seen."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x * 2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 10 * x

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        return t * 100


class Product(Function):
    """a b, which looks at the shape of a single element."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a: Any, b: Any) -> Any:
        return a * b

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.shape = tuple(inputs[0].shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        assert ctx.shape == (3,)
        return g * b, g * a


class SumOver(Function):
    """A sum along a dimension, with a vmap of its own."""

    seen: list[Any] = []  # noqa: RUF012 - a note

    @staticmethod
    def forward(x: Any, dim: int) -> Any:
        return x.sum(dim)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, ctx.dim = inputs
        ctx.shape = x.shape

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.unsqueeze(ctx.dim).expand(ctx.shape), None

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, dim: int) -> Any:
        SumOver.seen.append((info.batch_size, info.randomness, in_dims[1]))
        return SumOver.apply(x.movedim(in_dims[0], 0), dim + 1), 0


class WithoutSetup(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


def cube(x: Any) -> Any:
    return Cube.apply(x)[0]


def odd_sum(v: Any) -> Any:
    return Odd.apply(v).sum()


# -- reverse mode ------------------------------------------------------------------------------------------------------


def test_grad_to_any_order() -> None:
    grad = func.grad
    assert grad(cube)(two()).item() == 12.0
    assert grad(grad(cube))(two()).item() == 12.0
    assert grad(grad(grad(cube)))(two()).item() == 6.0
    assert grad(grad(grad(grad(cube))))(two()).item() == 0.0


def test_every_level_uses_the_backward_of_the_user() -> None:
    grad = func.grad
    assert grad(Odd.apply)(two()).item() == 20.0
    assert grad(grad(Odd.apply))(two()).item() == 10.0
    # The outer level meets forward only through the call of the same Function.
    assert grad(lambda x: Odd.apply(x) * grad(Odd.apply)(x))(two()).item() == 20.0 * 20.0 + 4.0 * 10.0


def test_vjp_and_jacobians() -> None:
    assert func.vjp(cube, three())[1](torch.ones(3))[0].tolist() == [3.0, 12.0, 27.0]
    assert func.jacrev(Odd.apply)(three()).diagonal().tolist() == [10.0, 20.0, 30.0]
    assert func.jacfwd(Odd.apply)(three()).diagonal().tolist() == [100.0, 100.0, 100.0]


def test_inside_of_ordinary_backward() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    func.grad(cube)(x).backward()
    assert x.grad.item() == 12.0


def test_marked_changes_in_place() -> None:
    class Doubles(Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.mul_(2)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.mark_dirty(inputs[0])

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 7

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t.mul_(9)

    same = []

    def f(x: Any) -> Any:
        y = x * 1
        z = Doubles.apply(y)
        same.append(z is y)
        return y

    assert func.grad(f)(two()).item() == 7.0
    y, t = func.jvp(f, (two(),), (one(),))
    assert (y.item(), t.item()) == (4.0, 9.0)
    assert same == [True, True]


@differs_from_torch("PyTorch takes it without a word")
def test_unmarked_change_in_place() -> None:
    class Doubles(Odd):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.mul_(2)

    with pytest.raises(RuntimeError, match=r"changed one of its inputs in place without ctx.mark_dirty\(\): input 0"):
        func.grad(lambda x: Doubles.apply(x * 1))(two())


def test_nothing_is_recorded_under_no_grad_inside() -> None:
    def f(x: Any) -> Any:
        with torch.no_grad():
            y = Odd.apply(x)
        return x * y

    assert func.grad(f)(two()).item() == 4.0


@differs_from_torch("PyTorch gives 0")
def test_intermediate_of_setup_context() -> None:
    class Exp(Odd):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.exp()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.kept = inputs[0].exp()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.kept

    assert_close(func.grad(Exp.apply)(two()), two().exp())
    assert_close(func.grad(func.grad(Exp.apply))(two()), two().exp())


@differs_from_torch("PyTorch gives 0")
def test_once_differentiable() -> None:
    class Square(Odd):
        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0]

    assert func.grad(Square.apply)(two()).item() == 4.0
    text = "trying to differentiate twice a function that was marked with @once_differentiable"
    with raises(RuntimeError, text):
        func.grad(func.grad(Square.apply))(two())
    with raises(RuntimeError, text):
        func.jvp(func.grad(Square.apply), (two(),), (one(),))
    with raises(RuntimeError, text):
        func.vmap(func.grad(func.grad(Square.apply)))(three())


# -- vmap --------------------------------------------------------------------------------------------------------------


def test_generated_rule() -> None:
    vmap, grad = func.vmap, func.grad
    assert vmap(Odd.apply)(three()).tolist() == [2.0, 4.0, 6.0]
    assert vmap(grad(Odd.apply))(three()).tolist() == [10.0, 20.0, 30.0]
    assert vmap(grad(grad(Odd.apply)))(three()).tolist() == [10.0, 10.0, 10.0]
    assert grad(lambda v: vmap(Odd.apply)(v).sum())(three()).tolist() == [10.0, 20.0, 30.0]
    assert grad(lambda v: grad(lambda v: vmap(Odd.apply)(v).sum())(v).sum())(three()).tolist() == [10.0] * 3
    assert grad(lambda m: vmap(vmap(Odd.apply))(m).sum())(torch.ones(2, 3)).tolist() == [[10.0] * 3] * 2
    assert vmap(lambda x: func.jvp(Odd.apply, (x,), (one(),))[1])(three()).tolist() == [100.0, 100.0, 100.0]
    assert func.hessian(odd_sum)(three()).diagonal().tolist() == [10.0, 10.0, 10.0]


@differs_from_torch("PyTorch fails with an assertion")
def test_generated_rule_forward() -> None:
    y, t = func.jvp(func.vmap(Odd.apply), (three(),), (torch.ones(3),))
    assert (y.tolist(), t.tolist()) == ([2.0, 4.0, 6.0], [100.0, 100.0, 100.0])


@pytest.mark.parametrize("in_dims", [(0, None), (1, 0), (None, 0)])
def test_gradients_of_what_is_batched_and_what_is_not(in_dims: Any) -> None:
    a = {0: torch.arange(6.0).reshape(2, 3), 1: torch.arange(6.0).reshape(3, 2), None: three()}[in_dims[0]]
    b = three() if in_dims[1] is None else torch.arange(6.0).reshape(2, 3)

    def f(a: Any, b: Any) -> Any:
        return (func.vmap(Product.apply, in_dims)(a, b) ** 2).sum()

    def plain(a: Any, b: Any) -> Any:
        return (func.vmap(lambda a, b: a * b, in_dims)(a, b) ** 2).sum()

    for found, expected in zip(func.grad(f, (0, 1))(a, b), func.grad(plain, (0, 1))(a, b), strict=True):
        assert_close(found, expected)
    leaves = [a.clone().requires_grad_(), b.clone().requires_grad_()]
    for found, expected in zip(torch.autograd.grad(f(*leaves), leaves), func.grad(plain, (0, 1))(a, b), strict=True):
        assert_close(found, expected)


class ByAttributes(Function):
    """Its tensors are attributes: an input, an output, and one that setup_context makes."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x.exp()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.kept = {"x": inputs[0], "y": [output]}
        ctx.two = inputs[0] * 0 + 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.kept["y"][0] * ctx.two / 2 + 0 * ctx.kept["x"]


@differs_from_torch("PyTorch's attributes belong to a run of vmap that has ended")
def test_attributes_are_batched_too() -> None:
    v = three()
    assert_close(func.vmap(func.grad(ByAttributes.apply))(v), v.exp())
    f = lambda v: func.vmap(ByAttributes.apply)(v).sum()  # noqa: E731 - of one line
    assert_close(func.grad(f)(v), v.exp())
    leaf = three().requires_grad_()
    (first,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    assert_close(first, v.exp())
    with pytest.raises(RuntimeError, match="it saved a tensor that is neither an input nor an output of its forward"):
        first.sum().backward()


def test_vmap_of_its_own() -> None:
    m = torch.arange(6.0).reshape(2, 3)
    assert func.vmap(SumOver.apply, (1, None))(m, 0).tolist() == [3.0, 5.0, 7.0]
    assert SumOver.seen[-1] == (3, "error", None)
    assert func.vmap(lambda x: SumOver.apply(x, 0), randomness="same")(m).tolist() == [3.0, 12.0]
    assert SumOver.seen[-1] == (2, "same", None)
    assert func.vmap(func.grad(lambda x: SumOver.apply(x, 0)))(m).tolist() == [[1.0] * 3] * 2
    found = func.grad(lambda m: (func.vmap(lambda x: SumOver.apply(x, 0))(m) ** 2).sum())(m)
    assert found.tolist() == [[6.0] * 3, [24.0] * 3]
    calls = len(SumOver.seen)
    assert func.vmap(lambda x: x + SumOver.apply(three(), 0))(m).tolist() == [[6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]
    assert len(SumOver.seen) == calls  # nothing was batched


def test_backward_for_a_batch_of_incoming_gradients() -> None:
    """No vmap of the Function is needed: its backward runs on batched gradients."""
    v = three().requires_grad_()
    for function, expected in ((Odd, [10.0, 20.0, 30.0]), (WithoutSetup, [2.0, 2.0, 2.0])):
        (found,) = torch.autograd.grad(function.apply(v), v, torch.eye(3), is_grads_batched=True)
        assert found.diagonal().tolist() == expected
        found = torch.autograd.functional.jacobian(function.apply, three(), vectorize=True)
        assert found.diagonal().tolist() == expected


def test_tensors_that_forward_and_backward_make() -> None:
    class Shifted(Odd):
        @staticmethod
        def forward(x: Any) -> Any:
            return torch.zeros(()) + x + torch.ones(2).sum()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * torch.full((), 5.0)

    assert func.grad(Shifted.apply)(two()).item() == 5.0
    assert func.vmap(func.grad(Shifted.apply))(three()).tolist() == [5.0] * 3
    assert func.grad(lambda v: func.vmap(Shifted.apply)(v).sum())(three()).tolist() == [5.0] * 3


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_setup_context_is_required() -> None:
    text = (
        "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must "
        f"override the setup_context staticmethod. {MORE}"
    )
    for call in (
        lambda: func.grad(WithoutSetup.apply)(two()),
        lambda: func.vmap(WithoutSetup.apply)(three()),
        lambda: func.jvp(WithoutSetup.apply, (two(),), (one(),)),
        lambda: func.grad(lambda x: x * WithoutSetup.apply(torch.ones(())))(two()),
    ):
        with raises(RuntimeError, text):
            call()


def test_vmap_is_required() -> None:
    with raises(
        RuntimeError,
        "You tried to vmap over Cube, but it does not have vmap support. Please override and implement the vmap "
        f"staticmethod or set generate_vmap_rule=True. {MORE}",
    ):
        func.vmap(cube)(three())


def test_one_of_two_ways_to_vmap() -> None:
    class Both(Odd):
        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return x, 0

    with raises(
        RuntimeError,
        "You tried to vmap over Both, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. "
        "Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. "
        f"{MORE}",
    ):
        func.vmap(Both.apply)(three())


def test_what_vmap_may_not_return() -> None:
    def returning(result: Any) -> Any:
        class Returns(Odd):
            generate_vmap_rule = False

            @staticmethod
            def vmap(info: Any, in_dims: Any, x: Any) -> Any:
                return result(x)

        return Returns.apply

    text = (
        "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible "
        "with the output. "
    )
    with raises(RuntimeError, f"{text}Got a {torch.Tensor} instead"):
        func.vmap(returning(lambda x: x))(three())
    with raises(RuntimeError, f"{text}Got 3 returns instead"):
        func.vmap(returning(lambda x: (x, 0, 1)))(three())
    with pytest.raises(RuntimeError, match=r"vmap staticmethod returned an incompatible \(output, out_dims\) tuple"):
        func.vmap(returning(lambda x: (x, (0, 1))))(three())


@differs_from_torch("PyTorch makes a class for each call")
@pytest.mark.parametrize(
    "call",
    [
        lambda: func.grad(func.grad(Odd.apply))(two()),
        lambda: func.vmap(func.grad(ByAttributes.apply))(three()),
        lambda: func.grad(lambda v: func.vmap(ByAttributes.apply)(v).sum())(three()),
        lambda: func.jvp(Odd.apply, (two(),), (one(),)),
        lambda: func.hessian(odd_sum)(three()),
    ],
)
def test_no_reference_cycles(call: Any) -> None:
    call()
    gc.collect()
    gc.disable()
    try:
        call()
        assert gc.collect() == 0
    finally:
        gc.enable()
