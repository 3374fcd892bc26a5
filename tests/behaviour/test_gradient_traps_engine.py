"""Silent wrong gradients reported against other systems: engine, Function and higher order (35 to 47).

44, a rule that ships because its test never ran, is in plugrad/testing/conformance. 48, workers of a data loader that draw
the same numbers, has no place here: there is no data loader.
"""

from __future__ import annotations

import contextlib
import gc
import math
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, raises, torch

Function = torch.autograd.Function


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


class IntermediateSaved(Function):
    """x e**x, with the intermediate e**x saved: its own dependence on x is lost to a second derivative."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        e = x.exp()
        ctx.save_for_backward(x, e)
        return x * e

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, e = ctx.saved_tensors
        return g * (e + x * e)


class IntermediateOnContext(Function):
    """The same, kept as an attribute."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.e = x.exp()
        ctx.save_for_backward(x)
        return x * ctx.e

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * (ctx.e + x * ctx.e)


class OutputSaved(Function):
    """e**x with its output saved, which is connected: any order is right."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        return g * y


def second_derivative(function: Callable[[Any], Any], at: float) -> float:
    x = leaf(at)
    (first,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return second.item()


@differs_from_torch("PyTorch takes the intermediate for a constant")
@pytest.mark.parametrize("function", [IntermediateSaved, IntermediateOnContext])
def test_trap_35_second_derivative_through_a_saved_intermediate(function: Any) -> None:
    with contextlib.suppress(RuntimeError):
        assert second_derivative(function.apply, 1.0) == pytest.approx(3 * math.e)


@pytest.mark.parametrize("function", [IntermediateSaved, IntermediateOnContext])
def test_trap_35_first_derivative_through_a_saved_intermediate(function: Any) -> None:
    x = leaf(1.0)
    function.apply(x).sum().backward()
    assert x.grad.item() == pytest.approx(2 * math.e)


def test_trap_35_saved_inputs_and_outputs_are_connected() -> None:
    assert second_derivative(OutputSaved.apply, 1.0) == pytest.approx(math.e)


def test_trap_36_marked_in_place_function() -> None:
    class Doubles(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    x = leaf(1.0, 2.0)
    y = x * 3
    z = Doubles.apply(y)
    assert z is y
    (z * z).sum().backward()
    assert x.grad.tolist() == [72.0, 144.0]


def test_trap_36_unmarked_edit_of_a_computed_input_is_right_or_refused() -> None:
    class Unmarked(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    x = leaf(1.0, 2.0)
    y = x * 3
    kept = (y * y).sum()
    with pytest.raises(RuntimeError):
        (Unmarked.apply(y).sum() + kept).backward()
    assert x.grad is None


def test_trap_36_graph_of_a_function_holds_no_cycle() -> None:
    gc.disable()
    try:
        x = leaf(1.0)
        y = OutputSaved.apply(x)
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_trap_37_second_derivative_of_a_linear_function() -> None:
    x = leaf(1.0, 2.0)
    (first,) = torch.autograd.grad((x * 3).sum(), x, create_graph=True)
    assert first.tolist() == [3.0, 3.0]
    assert not first.requires_grad
    with raises(RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"):
        first.sum().backward()


def test_trap_38_backward_inside_backward() -> None:
    class CubeByInnerGraph(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                inner = x.detach().requires_grad_()
                (d,) = torch.autograd.grad((inner**3).sum(), inner)
            return g * d

    x = leaf(2.0)
    (CubeByInnerGraph.apply(x) * 5).sum().backward()
    assert x.grad.item() == 60.0


def test_trap_38_backward_that_is_recorded_inside_of_a_recorded_backward() -> None:
    class CubeByInnerGraph(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                inner = x * 1
                (d,) = torch.autograd.grad((inner**3).sum(), inner, create_graph=torch.is_grad_enabled())
            return g * d

    x = leaf(2.0)
    (first,) = torch.autograd.grad(CubeByInnerGraph.apply(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)
    assert (first.item(), second.item(), third.item()) == (12.0, 12.0, 6.0)


def test_trap_38_gradient_penalty_accumulates_through_backward() -> None:
    x, w = leaf(2.0), leaf(3.0)
    (gx,) = torch.autograd.grad((w * x**2).sum(), x, create_graph=True)
    (gx**2).sum().backward()
    assert w.grad.item() == 2 * (2 * 3 * 2) * (2 * 2)
    assert x.grad.item() == 2 * (2 * 3 * 2) * (2 * 3)


def index() -> Any:
    return torch.tensor([0, 0, 2])


SELECTIONS: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    "index": (lambda x: x[index()], [2.0, 0.0, 1.0]),
    "slice": (lambda x: x[1:], [0.0, 1.0, 1.0]),
    "mask": (lambda x: x[torch.tensor([True, False, True])], [1.0, 0.0, 1.0]),
    "gather": (lambda x: x.gather(0, index()), [2.0, 0.0, 1.0]),
    "index_select": (lambda x: x.index_select(0, index()), [2.0, 0.0, 1.0]),
    "max": (lambda x: x.max(), [0.0, 1.0, 0.0]),
    "max along": (lambda x: x.max(0)[0], [0.0, 1.0, 0.0]),
    "amin": (lambda x: x.amin(), [0.0, 0.0, 1.0]),
    "sort": (lambda x: x.sort()[0][1:], [1.0, 1.0, 0.0]),
    "topk": (lambda x: x.topk(2)[0], [1.0, 1.0, 0.0]),
    "where": (lambda x: torch.where(x > 2, x, torch.zeros_like(x)), [1.0, 1.0, 0.0]),
    "masked_fill": (lambda x: x.masked_fill(x > 4, 0.0), [1.0, 0.0, 1.0]),
    "masked_select": (lambda x: x.masked_select(x > 2), [1.0, 1.0, 0.0]),
    "clamp": (lambda x: x.clamp(2, 4), [1.0, 0.0, 0.0]),
    "relu": (lambda x: torch.relu(x - 2) + 2, [1.0, 1.0, 0.0]),
    "maximum": (lambda x: torch.maximum(x, torch.full_like(x, 2.0)), [1.0, 1.0, 0.0]),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_trap_39_second_derivative_of_a_selection(name: str) -> None:
    """Of the selected numbers cubed: six times the number, where and as often as it was selected."""
    select, times = SELECTIONS[name]
    x = leaf(3.0, 5.0, 1.0)
    (first,) = torch.autograd.grad((select(x) ** 3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert_close(second, [6 * n * v for n, v in zip(times, [3.0, 5.0, 1.0], strict=True)])


def test_trap_40_nested_derivatives_do_not_confuse_their_variables() -> None:
    def inner(x: Any) -> Any:
        y = leaf(1.0)
        (d,) = torch.autograd.grad((x + y).sum(), y, create_graph=True)
        return d

    x = leaf(1.0)
    (outer,) = torch.autograd.grad((x * inner(x)).sum(), x)
    assert outer.item() == 1.0


def test_trap_41_equal_numbers_are_two_variables() -> None:
    a, b = leaf(2.0), leaf(2.0)
    (a * 3 + b * 5).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (3.0, 5.0)
    c = leaf(2.0)
    (c * 2.0 + c * 2.0).sum().backward()
    assert c.grad.item() == 4.0


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (lambda x: x + x, 2.0),
        (lambda x: x * x, 6.0),
        (lambda x: x / x, 0.0),
        (lambda x: x - x, 0.0),
        (lambda x: x.reshape(1, 1) @ x.reshape(1, 1), 6.0),
        (lambda x: torch.cat([x, x, x]), 3.0),
        (lambda x: torch.stack([x, x]), 2.0),
        (lambda x: torch.where(x > 0, x, x), 1.0),
        (lambda x: torch.einsum("i,i->i", x, x), 6.0),
        (lambda x: torch.lerp(x, x, 0.3), 1.0),
        (lambda x: torch.addmm(x.reshape(1, 1), x.reshape(1, 1), x.reshape(1, 1)), 7.0),
    ],
    ids=["add", "mul", "div", "sub", "matmul", "cat", "stack", "where", "einsum", "lerp", "addmm"],
)
def test_trap_42_one_tensor_used_twice_accumulates(use: Callable[[Any], Any], expected: float) -> None:
    x = leaf(3.0)
    use(x).sum().backward()
    assert x.grad.item() == pytest.approx(expected)


def test_trap_42_one_parameter_in_two_layers() -> None:
    first, second = torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)
    second.weight = first.weight
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, 1.0]]))
    model = torch.nn.Sequential(first, second)
    assert len(list(model.parameters())) == 1
    model(torch.tensor([[1.0, 1.0]])).sum().backward()
    # y = W W x: the gradient of sum(y) is 1 (W x)^T + W^T 1 x^T
    assert first.weight.grad.tolist() == [[4.0, 2.0], [6.0, 4.0]]


def test_trap_43_comparisons_pass_no_gradient_and_break_nothing() -> None:
    x = leaf(-1.0, 2.0)
    ((x > 0) * x).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
    y = leaf(1.0, 3.0)
    (y * (y == y).double() + (y < 2).long() * y).sum().backward()
    assert y.grad.tolist() == [2.0, 1.0]


def test_trap_47_shared_parameter_is_stepped_once() -> None:
    first, second = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    second.weight = first.weight
    with torch.no_grad():
        first.weight.fill_(1.0)
    model = torch.nn.ModuleList([first, second])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    (first.weight.sum() * 2).backward()
    optimizer.step()
    assert first.weight.item() == pytest.approx(0.8)
    assert second.weight is first.weight


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda z: (z * z.conj()).real.sum(), 2 + 4j),  # |z|**2: 2 z
        (lambda z: (z * z).real.sum(), 2 - 4j),  # Re z**2: conj(2 z)
        (lambda z: z.imag.sum(), 1j),
        (lambda z: z.abs().sum(), (1 + 2j) / abs(1 + 2j)),
    ],
    ids=["abs2", "square", "imag", "abs"],
)
def test_trap_45_complex_gradient_is_the_conjugate_one(function: Callable[[Any], Any], expected: complex) -> None:
    """dL/dx + i dL/dy, the direction of steepest ascent; JAX gives its conjugate."""
    z = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    function(z).backward()
    assert z.grad.tolist() == pytest.approx([expected])


def test_trap_45_complex_step_downhill() -> None:
    z = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    (z.abs() ** 2).sum().backward()
    with torch.no_grad():
        z -= 0.5 * z.grad
    assert z.tolist() == pytest.approx([0j])
