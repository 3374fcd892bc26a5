"""What goes into a Function and comes out of it: structures, keywords, memory, and misuse."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest

from tests.support.library import raises, torch, warns

Function = torch.autograd.Function
Pair = namedtuple("Pair", "a b")


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


def make(forward: Any, backward: Any = lambda ctx, *g: g[0], **names: Any) -> Any:
    """A Function of two plain functions."""
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward), **names})


# -- outputs -----------------------------------------------------------------------------------------------------------


def test_what_is_recorded_of_structures() -> None:
    """Tensors in a tuple are outputs; those in lists, dictionaries and nested tuples are handed on as they are."""
    x = leaf()
    pair = make(lambda ctx, x: Pair(x * 2, x * 3)).apply(x)
    assert type(pair) is tuple
    assert [y.requires_grad for y in pair] == [True, True]
    assert [y.requires_grad for y in make(lambda ctx, x: [x * 2, x * 3]).apply(x)] == [False, False]
    assert not make(lambda ctx, x: {"a": x * 2}).apply(x)["a"].requires_grad
    outer, (inner,) = make(lambda ctx, x: (x * 2, (x * 3,))).apply(x)
    assert (outer.requires_grad, inner.requires_grad) == (True, False)


def test_same_output_twice() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        return y, y

    x = leaf()
    a, b = make(forward, lambda ctx, g, h: (g + 10 * h) * 2).apply(x)
    assert a is b
    assert a.output_nr == 1
    (a + 3 * b).sum().backward()
    assert x.grad.tolist() == [80.0, 80.0, 80.0]


def test_integer_outputs_get_zeros() -> None:
    seen = []

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append((h.dtype, tuple(h.shape), h.tolist()))
        return g

    make(lambda ctx, x: (x * 2, x.argsort()), backward).apply(leaf())[0].sum().backward()
    assert seen == [(torch.int64, (3,), [0, 0, 0])]


def test_all_outputs_not_differentiable() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        ctx.mark_non_differentiable(y)
        return y

    y = make(forward).apply(leaf())
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)


# -- arguments ---------------------------------------------------------------------------------------------------------


def test_keywords_are_arguments_too() -> None:
    x, weight = leaf(), leaf(1.0, 10.0, 100.0)
    needs = []

    def backward(ctx: Any, g: Any) -> Any:
        needs.append(ctx.needs_input_grad)
        return g * weight.detach(), g * x.detach()

    make(lambda ctx, x, weight: x * weight, backward).apply(x, weight=weight).sum().backward()
    assert needs == [(True, True)]
    assert x.grad.tolist() == [1.0, 10.0, 100.0]
    assert weight.grad.tolist() == [1.0, 2.0, 3.0]


def test_keywords_and_defaults_with_setup_context() -> None:
    seen = []

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.factor = inputs[1]
        seen.append(inputs[1:])

    function = make(
        lambda x, factor=2: x * factor, lambda ctx, g: (g * ctx.factor, None), setup_context=staticmethod(setup_context)
    )
    x = leaf()
    (function.apply(x) + function.apply(x, 3) + function.apply(x, factor=4)).sum().backward()
    assert seen == [(2,), (3,), (4,)]
    assert x.grad.tolist() == [9.0, 9.0, 9.0]


def test_untracked_input_may_be_changed_unmarked() -> None:
    """Batch normalization updates its running statistics so."""
    x, statistics = leaf(), torch.zeros(3)

    def forward(ctx: Any, x: Any, statistics: Any) -> Any:
        statistics.add_(x)
        return x * 2

    make(forward, lambda ctx, g: (g * 2, None)).apply(x, statistics).sum().backward()
    assert statistics.tolist() == [1.0, 2.0, 3.0]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_of_what_needs_none_are_dropped() -> None:
    x = leaf()
    make(lambda ctx, x, c: x * c, lambda ctx, g: (g, torch.ones(7))).apply(x, torch.ones(3)).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_boxed_grads_call() -> None:
    def backward(ctx: Any, grads: Any) -> Any:
        assert isinstance(grads, list)
        return 2 * grads.pop()

    x = leaf()
    make(lambda ctx, x: x * 2, backward, boxed_grads_call=True).apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


# -- memory of gradients -----------------------------------------------------------------------------------------------


def test_gradient_does_not_share_memory_with_the_seed() -> None:
    x, seed = leaf(), torch.ones(3)
    y = make(lambda ctx, x: x * 1, lambda ctx, g: g).apply(x)
    y.backward(seed, retain_graph=True)
    y.backward(seed)
    assert seed.tolist() == [1.0, 1.0, 1.0]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradient_does_not_share_memory_with_a_constant() -> None:
    x, constant = leaf(), torch.ones(3)
    y = make(lambda ctx, x: x * 1, lambda ctx, g: constant).apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert constant.tolist() == [1.0, 1.0, 1.0]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_of_two_inputs_do_not_share_memory() -> None:
    a, b = leaf(), leaf()
    y = make(lambda ctx, a, b: a + b, lambda ctx, g: (g, g)).apply(a, b).sum()
    y.backward()
    a.grad.add_(5)
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


# -- misuse ------------------------------------------------------------------------------------------------------------


def mark(method: str, value: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        getattr(ctx, method)(value)
        return x * 2

    return make(forward)


def test_marks_take_tensors_only() -> None:
    with pytest.raises(RuntimeError, match="mark_dirty can only accept variables, but argument"):
        mark("mark_dirty", 3).apply(leaf())
    with pytest.raises(RuntimeError, match="mark_non_differentiable only accepts variable arguments, but got"):
        mark("mark_non_differentiable", 3).apply(leaf())
    with raises(
        AssertionError,
        "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes on ctx.",
    ):
        mark("save_for_forward", 3).apply(leaf())


def test_dirty_tensor_that_is_no_input() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        ctx.mark_dirty(y)
        return y

    with warns(UserWarning, "ctx.mark_dirty() received a tensor that was not an input."):
        y = make(forward).apply(leaf())
    assert y.requires_grad


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (lambda g: (g, g), "returned an incorrect number of gradients (expected 1, got 2)"),
        (lambda g: [g], "expected Variable or None (got list)"),
    ],
)
def test_wrong_structure_of_gradients(returned: Any, text: str) -> None:
    y = make(lambda ctx, x: x * 2, lambda ctx, g: returned(g)).apply(leaf())
    with pytest.raises(RuntimeError) as info:
        y.sum().backward()
    assert text in str(info.value)


def test_gradient_of_a_number() -> None:
    y = make(lambda ctx, x, n: x * n, lambda ctx, g: (g, g)).apply(leaf(), 2)
    with raises(
        RuntimeError,
        "function MadeBackward returned a gradient different than None at position 2, but the corresponding forward "
        "input was not a Variable",
    ):
        y.sum().backward()


def test_complex_gradient_of_a_real_input() -> None:
    y = make(lambda ctx, x: x * 2, lambda ctx, g: g.to(torch.complex64)).apply(leaf())
    with pytest.raises(RuntimeError, match="input_is_complex == grad_is_complex"):
        y.sum().backward()


def test_saved_inference_tensor() -> None:
    with torch.inference_mode():
        constant = torch.ones(3)

    def forward(ctx: Any, x: Any, constant: Any) -> Any:
        ctx.save_for_backward(constant)
        return x * 2

    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        make(forward, lambda ctx, g: (g, None)).apply(leaf(), constant)


def test_methods_that_are_not_there() -> None:
    with raises(
        NotImplementedError,
        "You must implement the jvp function for custom autograd.Function to use it with forward mode AD.",
    ):
        Function.jvp(None)
    with raises(
        NotImplementedError,
        "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
        "generate_vmap_rule=True.",
    ):
        Function.vmap(None, ())
    assert Function.generate_vmap_rule is False
