"""The user's own Function: everything that a context offers."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from tests.support.library import torch, unchanged, warns

Function = torch.autograd.Function
once_differentiable = torch.autograd.function.once_differentiable


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g


class Affine(Function):
    """a x + b with a number in the middle, and a report of which inputs need a gradient."""

    needs: tuple[bool, ...] = ()

    @staticmethod
    def forward(ctx: Any, x: Any, a: float, b: Any) -> Any:
        ctx.a = a
        return x * a + b

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        Affine.needs = ctx.needs_input_grad
        return g * ctx.a, None, g


def test_value_gradient_and_history() -> None:
    x = leaf()
    y = Cube.apply(x)
    assert y.tolist() == [1.0, 8.0, 27.0]
    assert type(y.grad_fn).__name__ == "CubeBackward"
    assert repr(y).endswith("grad_fn=<CubeBackward>)")
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 12.0, 27.0]


def test_second_derivative() -> None:
    x = leaf()
    (first,) = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)
    assert second.tolist() == [6.0, 12.0, 18.0]
    assert third.tolist() == [6.0, 6.0, 6.0]


def test_inputs_that_are_no_tensors() -> None:
    x, b = leaf(), leaf()
    y = Affine.apply(x, 2.0, b)
    (y * y).sum().backward()
    assert x.grad.tolist() == [2 * 2 * 3.0, 2 * 2 * 6.0, 2 * 2 * 9.0]
    assert b.grad.tolist() == [6.0, 12.0, 18.0]


@pytest.mark.parametrize("needs", [(True, True), (True, False), (False, True)])
def test_needs_input_grad(needs: tuple[bool, bool]) -> None:
    x, b = (torch.ones(3, requires_grad=flag) for flag in needs)
    Affine.apply(x, 2.0, b).sum().backward()
    assert Affine.needs == (needs[0], False, needs[1])


def test_nothing_is_recorded_where_nothing_needs_it() -> None:
    assert not Cube.apply(torch.ones(3)).requires_grad
    with torch.no_grad():
        assert not Cube.apply(leaf()).requires_grad


def test_forward_runs_without_recording() -> None:
    seen = []

    class Looks(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            seen.append((torch.is_grad_enabled(), x.requires_grad, (x * 2).requires_grad))
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(torch.is_grad_enabled())
            return 2 * g

    Looks.apply(leaf()).sum().backward()
    assert seen == [(False, True, False), False]


def test_backward_records_under_create_graph() -> None:
    seen = []

    class Looks(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(torch.is_grad_enabled())
            return 2 * g

    x = leaf()
    torch.autograd.grad(Looks.apply(x).sum(), x, create_graph=True)
    assert seen == [True]


def test_many_outputs() -> None:
    class SumAndProduct(Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a + b, a * b

        @staticmethod
        def backward(ctx: Any, g_sum: Any, g_product: Any) -> Any:
            a, b = ctx.saved_tensors
            return g_sum + g_product * b, g_sum + g_product * a

    a, b = leaf(2.0), leaf(5.0)
    total, product = SumAndProduct.apply(a, b)
    assert total.output_nr == 0
    assert product.output_nr == 1
    (total + 10 * product).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (51.0, 21.0)


def test_unused_output_comes_as_zeros() -> None:
    seen = []

    class Twice(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, x.reshape(3, 1) * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append((g.tolist(), h.tolist()))
            return 2 * g + 3 * h.reshape(3)

    x = leaf()
    Twice.apply(x)[0].sum().backward()
    assert seen == [([1.0, 1.0, 1.0], [[0.0], [0.0], [0.0]])]


def test_unused_output_comes_as_none_if_asked() -> None:
    seen = []

    class Twice(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append((g is None, h is None))
            return 3 * h

    Twice.apply(leaf())[1].sum().backward()
    assert seen == [(True, False)]


def test_none_gradient_leaves_grad_alone() -> None:
    class Blocks(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None

    x = leaf()
    Blocks.apply(x).sum().backward()
    assert x.grad is None


def test_extra_none_gradients_are_taken() -> None:
    class TooMany(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g, None, None

    x = leaf()
    TooMany.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradient_is_summed_to_the_shape_of_the_input() -> None:
    class Stretch(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.expand(4, 3) * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = leaf()
    Stretch.apply(x).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0, 4.0]


def test_mark_non_differentiable() -> None:
    class SortedAndPlaces(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y, places = x.sort()
            floats = places.to(x.dtype)
            ctx.mark_non_differentiable(places, floats)
            ctx.save_for_backward(places)
            return y, places, floats

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any, __: Any) -> Any:
            (places,) = ctx.saved_tensors
            return torch.zeros_like(g).scatter(0, places, g)

    x = leaf(3.0, 1.0, 2.0)
    y, places, floats = SortedAndPlaces.apply(x)
    assert (y.requires_grad, places.requires_grad, floats.requires_grad) == (True, False, False)
    (y * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]


def test_integer_outputs_do_not_require_grad() -> None:
    class Places(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, x.argsort()

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            return 2 * g

    y, places = Places.apply(leaf())
    assert y.requires_grad
    assert not places.requires_grad


def test_mark_dirty() -> None:
    class AddOne(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            x.add_(1)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 7

    x = leaf()
    y = x * 2
    z = AddOne.apply(y)
    assert z is y
    assert y._version >= 1
    assert type(y.grad_fn).__name__ == "AddOneBackward"
    y.sum().backward()
    assert x.grad.tolist() == [14.0, 14.0, 14.0]


def test_returned_input_is_a_view_with_this_history() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 5

    x = leaf()
    y = Same.apply(x)
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [5.0, 5.0, 5.0]


def test_setup_context() -> None:
    class Scaled(Function):
        @staticmethod
        def forward(x: Any, factor: float) -> Any:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, output = ctx.saved_tensors
            assert output.tolist() == (x * ctx.factor).tolist()
            return g * ctx.factor, None

    x = leaf()
    Scaled.apply(x, 3.0).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]


def test_vjp_is_another_name_for_backward() -> None:
    class Double(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def vjp(ctx: Any, g: Any) -> Any:
            return 2 * g

    x = leaf()
    Double.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_once_differentiable() -> None:
    class OnceCube(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            assert not torch.is_grad_enabled()
            (x,) = ctx.saved_tensors
            return 3 * x.detach() ** 2 * g

    x = leaf()
    OnceCube.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0, 27.0]

    (first,) = torch.autograd.grad((OnceCube.apply(x) * x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="trying to differentiate twice"):
        first.sum().backward()


def test_saved_none() -> None:
    class WithNone(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, None)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, nothing = ctx.saved_tensors
            assert nothing is None
            return 2 * x * g

    x = leaf()
    WithNone.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_saved_input_comes_back_as_the_tensor_that_was_given() -> None:
    seen = []

    class Keeps(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            seen.append((x.requires_grad, x.is_leaf, x.tolist()))
            return 2 * g

    Keeps.apply(leaf()).sum().backward()
    assert seen == [(True, True, [1.0, 2.0, 3.0])]


def test_saved_value_that_was_edited_is_noticed() -> None:
    x = leaf()
    y = x * 1
    z = Cube.apply(y).sum()
    with unchanged(x):
        y.add_(1)
        with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
            z.backward()
    assert x.grad is None


def test_backward_twice_with_retain_graph() -> None:
    x = leaf()
    y = Cube.apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [6.0, 24.0, 54.0]


def test_same_input_twice() -> None:
    x = leaf(3.0)
    Affine.apply(x, 4.0, x).sum().backward()
    assert x.grad.item() == 5.0


def test_dictionary_of_results_passes_through() -> None:
    class Report(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, "name", 3

        @staticmethod
        def backward(ctx: Any, g: Any, *_: Any) -> Any:
            return 2 * g

    y, name, number = Report.apply(leaf())
    assert (name, number) == ("name", 3)
    y.sum().backward()


def test_memory_of_a_function_is_back_without_the_collector() -> None:
    gc.disable()
    try:
        x = leaf()
        y = Cube.apply(Cube.apply(x))
        node = weakref.ref(y.grad_fn)
        inner = weakref.ref(y.grad_fn.next_functions[0][0])
        y.sum().backward()
        del y
        assert node() is None
        assert inner() is None
    finally:
        gc.enable()


def test_hooks_on_the_result() -> None:
    x = leaf()
    y = Cube.apply(x)
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 24.0, 54.0]


def test_instances_are_deprecated() -> None:
    with warns(DeprecationWarning, f"{Cube} should not be instantiated."):
        Cube()
