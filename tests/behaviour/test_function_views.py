"""A Function whose outputs are views or inputs, and one that changes views in place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch

Function = torch.autograd.Function

OVERRIDES = (
    "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to "
    "handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect "
    "gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)
SEVERAL = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views to "
    "be modified inplace. You should replace the inplace operation by an out-of-place one."
)
BEFORE = "its base or another view of its base has been modified inplace."


def leaf() -> Any:
    return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)


def make(forward: Any, backward: Any = lambda ctx, *g: g[0]) -> Any:
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


Same = make(lambda ctx, x: x, lambda ctx, g: g * 5)
Column = make(lambda ctx, x: x.reshape(3, 1), lambda ctx, g: g.reshape(3) * 5)
Parts = make(lambda ctx, x: (x[:1], x[1:]), lambda ctx, g, h: torch.cat([g, h]) * 5)
Copied = make(lambda ctx, x: (x * 2).reshape(3, 1), lambda ctx, g: g.reshape(3) * 2)


def tripled(ctx: Any, x: Any) -> Any:
    ctx.mark_dirty(x)
    return x.mul_(3)


Tripled = make(tripled, lambda ctx, g: g * 3)


@pytest.mark.parametrize("function", [Same, Column])
@pytest.mark.parametrize("computed", [False, True])
def test_output_is_a_view_of_the_input(function: Any, computed: bool) -> None:
    x = leaf()
    y = x * 1 if computed else x
    z = function.apply(y)
    assert z is not y
    assert z._is_view()
    assert z._base is y
    assert type(z.grad_fn).__name__ == "MadeBackward"
    (z.sum() + y.sum()).backward()
    assert x.grad.tolist() == [6.0, 6.0, 6.0]


@pytest.mark.parametrize("function", [Same, Column, Copied])
@pytest.mark.parametrize("computed", [False, True])
def test_output_that_is_a_view_must_not_be_changed(function: Any, computed: bool) -> None:
    x = leaf()
    z = function.apply(x * 1 if computed else x)
    with raises(RuntimeError, f"Output 0 of Made is a view and is being modified inplace. {OVERRIDES}"):
        z.add_(1)
    with pytest.raises(RuntimeError, match="This view was created inside a custom Function"):
        z[0] = 1.0
    z.sum().backward()


def test_one_of_several_views_must_not_be_changed() -> None:
    y, z = Parts.apply(leaf() * 1)
    with raises(RuntimeError, f"Output 1 of Made is a view and is being modified inplace. {SEVERAL}"):
        z.add_(1)
    view, other = make(lambda ctx, x: (x[:1], x * 2), lambda ctx, g, h: 2 * h).apply(leaf() * 1)
    with raises(RuntimeError, f"Output 0 of Made is a view and is being modified inplace. {SEVERAL}"):
        view.add_(1)
    other.add_(1)  # which is no view
    assert type(other.grad_fn).__name__ == "AddBackward0"
    del y


@pytest.mark.parametrize("function", [Same, Column])
def test_view_of_a_base_that_was_changed(function: Any) -> None:
    base = leaf() * 1
    z = function.apply(base)
    base.mul_(2)
    with raises(RuntimeError, f"Output 0 of Made is a view and {BEFORE} {OVERRIDES}"):
        z.sum().backward()


def test_view_without_gradients_is_an_ordinary_view() -> None:
    x = torch.ones(3)
    z = Column.apply(x)
    assert z._is_view()
    z.add_(1)
    assert x.tolist() == [2.0, 2.0, 2.0]
    same = Same.apply(x)
    assert same is not x
    same.add_(1)
    assert x.tolist() == [3.0, 3.0, 3.0]


def test_returned_input_under_no_grad() -> None:
    x = leaf()
    with torch.no_grad():
        y = Same.apply(x)
    assert (y is x, y.requires_grad, y.is_leaf, y._is_view()) == (False, False, True, False)


def test_input_returned_twice() -> None:
    x = leaf()
    a, b = make(lambda ctx, x: (x, x), lambda ctx, g, h: g + 10 * h).apply(x)
    assert (a is b, a.output_nr, b.output_nr) == (False, 0, 1)
    (a + 3 * b).sum().backward()
    assert x.grad.tolist() == [31.0, 31.0, 31.0]


# -- changes in place --------------------------------------------------------------------------------------------------


def test_changed_tensor_takes_its_views_along() -> None:
    x = leaf()
    y = x * 1
    view = y[1:]
    assert Tripled.apply(y) is y
    assert view.tolist() == [6.0, 9.0]
    view.sum().backward()
    assert x.grad.tolist() == [0.0, 3.0, 3.0]


def test_changed_view_takes_its_base_along() -> None:
    x = leaf()
    base = x * 1
    view, other = base[:2], base[1:]
    assert Tripled.apply(view) is view
    assert base.tolist() == [3.0, 6.0, 3.0]
    assert type(base.grad_fn).__name__ == "CopySlices"
    (base.sum() + 10 * other.sum()).backward(retain_graph=True)
    assert x.grad.tolist() == [3.0, 33.0, 11.0]
    x.grad = None
    (view * view).sum().backward()
    assert x.grad.tolist() == [18.0, 36.0, 0.0]


def test_changed_view_of_a_constant() -> None:
    x, base = leaf(), torch.zeros(3)
    view = base[:2]

    def forward(ctx: Any, view: Any, x: Any) -> Any:
        ctx.mark_dirty(view)
        return view.add_(x[:2])

    make(forward, lambda ctx, g: (g, torch.cat([g, torch.zeros(1)]))).apply(view, x)
    assert base.requires_grad
    base.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


def test_change_is_counted() -> None:
    x = leaf() * 1
    saved = x.exp().mul(x)
    Tripled.apply(x)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        saved.sum().backward()


def test_retained_gradient_of_a_changed_tensor() -> None:
    x = leaf()
    y = x * 1
    y.retain_grad()
    Tripled.apply(y)
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0, 1.0]
    assert x.grad.tolist() == [3.0, 3.0, 3.0]


def test_changed_output_is_not_differentiable() -> None:
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.mark_dirty(x)
        ctx.mark_non_differentiable(x)
        return x.mul_(2), y * 3

    x, y = torch.ones(3), leaf()
    changed, other = make(forward, lambda ctx, g, h: (None, 3 * h)).apply(x, y)
    assert changed is x
    assert not x.requires_grad
    other.sum().backward()
    assert y.grad.tolist() == [3.0, 3.0, 3.0]


def test_changes_that_are_refused() -> None:
    with raises(RuntimeError, "a leaf Variable that requires grad has been used in an in-place operation."):
        Tripled.apply(leaf())
    with raises(RuntimeError, "a view of a leaf Variable that requires grad is being used in an in-place operation."):
        Tripled.apply(leaf()[:2])
    with raises(RuntimeError, f"Output 0 of Unbind is a view and is being modified inplace. {SEVERAL}"):
        Tripled.apply((leaf() * 1).unbind()[0])
    base = leaf() * 1
    with torch.no_grad():
        view = base[:2]
    with pytest.raises(RuntimeError):
        Tripled.apply(view)


@differs_from_torch("PyTorch has written by then")
def test_what_is_refused_is_not_written() -> None:
    for x in (leaf(), (leaf() * 1).unbind()[1]):
        before = x.tolist()
        with pytest.raises(RuntimeError):
            Tripled.apply(x)
        assert x.tolist() == before


def test_changed_view_among_several_outputs() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(3), x * 2

    with pytest.raises(
        RuntimeError, match="If your Function modifies inplace an input that is a view of another Tensor"
    ):
        make(forward).apply((leaf() * 1)[:2])
    x = leaf()
    changed, _ = make(forward, lambda ctx, g, h: 3 * g + 6 * h).apply(x * 1)
    changed.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]
