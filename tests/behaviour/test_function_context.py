"""What a Function notes on its context, what it returns, and who owns the gradients."""

from __future__ import annotations

import gc
import weakref
from collections import namedtuple
from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, raises, torch, warns

Function = torch.autograd.Function


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


def make(forward: Any, backward: Any = lambda ctx, *g: g[0], **names: Any) -> Any:
    """A Function of two plain functions."""
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward), **names})


# -- attributes --------------------------------------------------------------------------------------------------------

NAMES = [
    "device",
    "shapes",
    "outputs",
    "edges",
    "versions",
    "number",
    "hooks",
    "function",
    "node",
    "raw",
    "dtype",
    "lends",
    "x",
]


def test_attributes_may_have_any_name() -> None:
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        for name in NAMES:
            setattr(ctx, name, name.upper())
        ctx.save_for_backward(x)
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        seen.extend(getattr(ctx, name) for name in NAMES)
        return g * 2 + 0 * ctx.saved_tensors[0]

    x = leaf()
    y = make(forward, backward).apply(x)
    assert y.grad_fn.x == "X"
    y.sum().backward()
    assert seen == [name.upper() for name in NAMES]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_attributes_may_be_set_in_backward() -> None:
    def backward(ctx: Any, g: Any) -> Any:
        ctx.calls = getattr(ctx, "calls", 0) + 1
        return g * 2

    y = make(lambda ctx, x: x * 2, backward).apply(leaf())
    total = y.sum()
    total.backward(retain_graph=True)
    total.backward(retain_graph=True)
    torch.autograd.grad(total, y, retain_graph=True)
    assert y.grad_fn.calls == 2


def test_missing_attribute() -> None:
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.factor

    with pytest.raises(AttributeError, match="'MadeBackward' object has no attribute 'factor'"):
        make(lambda ctx, x: x * 2, backward).apply(leaf()).sum().backward()


def second(function: Any, x: Any, *others: Any) -> Any:
    (first,) = torch.autograd.grad(function.apply(x, *others).sum(), x, create_graph=True)
    return torch.autograd.grad(first.sum(), x, allow_unused=True)[0]


Pair = namedtuple("Pair", "a b")

HOLDERS = {
    "itself": lambda t: t,
    "list": lambda t: [1, t],
    "tuple": lambda t: (t, "text"),
    "named tuple": lambda t: Pair(1, t),
    "dictionary": lambda t: {"kept": [t]},
}


def taken_out(held: Any) -> Any:
    while isinstance(held, (list, tuple, dict)):
        items = list(held.values()) if isinstance(held, dict) else list(held)
        held = next(x for x in items if not isinstance(x, (int, str)))
    return held


@pytest.mark.parametrize("name", ["kept", "_kept"])
@pytest.mark.parametrize("holder", HOLDERS)
@differs_from_torch("PyTorch returns a wrong second derivative without a word")
def test_second_derivative_through_an_intermediate_attribute(holder: str, name: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        setattr(ctx, name, HOLDERS[holder](x.exp() * 3))
        return x.exp() * 3

    function = make(forward, lambda ctx, g: g * taken_out(getattr(ctx, name)))
    x = leaf()
    function.apply(x).sum().backward()
    assert_close(x.grad, 3 * x.detach().exp())
    with raises(
        RuntimeError,
        "double backward through MadeBackward: it saved a tensor that is neither an input nor an output of its "
        "forward, so what that tensor depends on is not recorded",
    ):
        second(function, leaf())


@differs_from_torch("PyTorch returns a wrong second derivative without a word")
def test_second_derivative_through_an_intermediate_beside_an_output() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.kept = [y, x * 1]
        return y * x

    with pytest.raises(RuntimeError, match="it saved a tensor that is neither an input nor an output"):
        second(make(forward, lambda ctx, g: g * ctx.kept[0] * (1 + ctx.kept[1])), leaf())

    def returned(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.kept = [y, x * 1]
        return y

    with pytest.raises(RuntimeError, match="it saved a tensor that is neither an input nor an output"):
        second(make(returned, lambda ctx, g: g * (ctx.kept[0] + 0 * ctx.kept[1])), leaf())


@pytest.mark.parametrize("holder", HOLDERS)
def test_second_derivative_through_an_output_attribute(holder: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.kept = HOLDERS[holder](y)
        return y

    x = leaf()
    assert_close(second(make(forward, lambda ctx, g: g * taken_out(ctx.kept)), x), x.detach().exp())


@pytest.mark.parametrize("holder", HOLDERS)
def test_second_derivative_through_input_attributes(holder: str) -> None:
    def forward(ctx: Any, x: Any, constant: Any) -> Any:
        ctx.x, ctx.constant = HOLDERS[holder](x), constant
        return x * x * constant

    function = make(forward, lambda ctx, g: (2 * g * ctx.constant * taken_out(ctx.x), None))
    assert second(function, leaf(), torch.tensor([1.0, 10.0, 100.0])).tolist() == [2.0, 20.0, 200.0]


def test_second_derivative_through_an_output_that_is_not_differentiable() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        mask = (x > 1.5).to(x.dtype)
        ctx.mark_non_differentiable(mask)
        ctx.save_for_backward(mask, x)
        ctx.mask = mask
        return x * x * mask, mask

    def backward(ctx: Any, g: Any, _: Any) -> Any:
        mask, x = ctx.saved_tensors
        return 2 * g * x * mask * ctx.mask

    x = leaf()
    y, mask = make(forward, backward).apply(x)
    assert not mask.requires_grad
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == [0.0, 2.0, 2.0]


@differs_from_torch("PyTorch holds a cycle until the collector runs")
@pytest.mark.parametrize("holder", HOLDERS)
def test_output_as_attribute_is_no_reference_cycle(holder: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.kept = HOLDERS[holder](y)
        return y

    gc.disable()
    try:
        y = make(forward, lambda ctx, g: g * taken_out(ctx.kept)).apply(leaf())
        node = weakref.ref(y.grad_fn)
        y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()


@differs_from_torch("PyTorch does not look at attributes")
@pytest.mark.parametrize("which", ["input", "output"])
def test_attribute_that_was_edited_is_noticed(which: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.kept = x if which == "input" else y
        return y

    x = leaf() * 1
    y = make(forward, lambda ctx, g: g * ctx.kept).apply(x)
    total = y.sum()
    with torch.no_grad():
        (x if which == "input" else y).add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        total.backward()


def test_saved_leaf_with_other_data() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    x = leaf()
    y = make(forward, lambda ctx, g: 2 * g * ctx.saved_tensors[0]).apply(x).sum()
    x.data = torch.zeros(3)
    y.backward()
    # PyTorch takes the new values, which is wrong.
    assert x.grad.tolist() in ([2.0, 4.0, 6.0], [0.0, 0.0, 0.0])


def test_context_after_the_graph_was_freed() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        ctx.kept = 3
        return x * 2

    y = make(forward).apply(leaf())
    assert y.grad_fn.saved_tensors[0].tolist() == [1.0, 2.0, 3.0]
    y.sum().backward()
    assert y.grad_fn.kept == 3
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        _ = y.grad_fn.saved_tensors


def test_saved_variables_is_deprecated() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    with warns(DeprecationWarning, "'saved_variables' is deprecated; use 'saved_tensors'"):
        make(forward, lambda ctx, g: ctx.saved_variables[0] * g).apply(leaf()).sum().backward()


def test_mark_shared_storage_is_deprecated() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_shared_storage((x, x))
        return x * 2

    with warns(FutureWarning, "`mark_shared_storage` is deprecated."):
        make(forward).apply(leaf())


def test_saved_tensors_can_be_cleared_on_access() -> None:
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(ctx.saved_tensors[0].tolist())
        with pytest.raises(RuntimeError, match="saved_tensors can only be accessed once when clear_saved_tensors"):
            _ = ctx.saved_tensors
        return g * 2

    x = leaf()
    make(forward, backward, clear_saved_tensors_on_access=True).apply(x).sum().backward()
    assert seen == [[1.0, 2.0, 3.0]]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
