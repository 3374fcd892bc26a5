"""Checkpoints: the same gradients, random numbers included, from values that are computed again in backward."""

from __future__ import annotations

import contextlib
import gc
import importlib
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.library import NAME, differs_from_torch, raises, torch

module: Any = importlib.import_module(f"{NAME}.utils.checkpoint")
checkpoint: Callable[..., Any] = module.checkpoint
grad = torch.autograd.grad
dropout = torch.nn.functional.dropout

BOTH = pytest.mark.parametrize("reentrant", [False, True])


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (0.5, 1.5), requires_grad=True)


def chain(x: Any) -> Any:
    return (x * x).sin().exp() * x


def gradient(x: Any, run: Callable[[Any], Any]) -> Any:
    x.grad = None
    run(x).sum().backward()
    return x.grad


class Calls:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.count = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.count += 1
        return self.function(*args, **kwargs)


# --- gradients


@BOTH
def test_gradients_are_the_same(reentrant: bool) -> None:
    x, calls = leaf(), Calls(chain)
    expected = gradient(x, chain)
    found = gradient(x, lambda x: checkpoint(calls, x, use_reentrant=reentrant))
    assert torch.equal(found, expected)
    assert calls.count == 2


@BOTH
def test_parameters_inside_get_their_gradients(reentrant: bool) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 3)
    x = torch.ones(2, 3, requires_grad=True)
    layer(x).tanh().sum().backward()
    expected, layer.weight.grad = layer.weight.grad, None
    checkpoint(lambda x: layer(x).tanh(), x, use_reentrant=reentrant).sum().backward()
    assert torch.equal(layer.weight.grad, expected)


@BOTH
def test_several_arguments_and_outputs(reentrant: bool) -> None:
    def function(x: Any, number: float, y: Any) -> tuple[Any, Any]:
        return x * y * number, x.exp()

    def run(call: Callable[..., Any]) -> list[Any]:
        x, y = leaf(), leaf(2.0, 3.0)
        a, b = call(x, 3.0, y)
        (a * b).sum().backward()
        return [x.grad, y.grad]

    for found, expected in zip(
        run(lambda *args: checkpoint(function, *args, use_reentrant=reentrant)), run(function), strict=True
    ):
        assert torch.equal(found, expected)


@BOTH
def test_two_backward_walks(reentrant: bool) -> None:
    x, calls = leaf(), Calls(chain)
    y = checkpoint(calls, x, use_reentrant=reentrant)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert calls.count == 3
    assert torch.allclose(x.grad, 2 * gradient(x, chain))
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.sum().backward()


def test_keyword_arguments() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda x, *, w: (x * w).exp(), x, w=w, use_reentrant=False)
    y.sum().backward()
    assert torch.allclose(w.grad, (x * y).detach())


@differs_from_torch("PyTorch computes with the changed values")
def test_tensors_in_keywords_and_nested_arguments_are_protected() -> None:
    for run in (
        lambda x, w: checkpoint(lambda x, w: (x * w).exp(), x, w=w, use_reentrant=False),
        lambda x, w: checkpoint(lambda x, ws: (x * ws[0]).exp(), x, [w], use_reentrant=False),
    ):
        w = torch.ones(2)
        y = run(leaf(), w)
        w.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_nested_arguments() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda both: (both["x"] * both["rest"][0]).exp(), {"x": x, "rest": (w, None)}, use_reentrant=False)
    y.sum().backward()
    assert torch.allclose(w.grad, (x * y).detach())


def test_derivatives_of_derivatives() -> None:
    x = leaf()

    def third(run: Callable[[Any], Any]) -> Any:
        y = run(x)
        for _ in range(3):
            (y,) = grad(y.sum(), x, create_graph=True)
        return y.detach()

    assert torch.allclose(third(lambda x: checkpoint(chain, x, use_reentrant=False)), third(chain))


def test_gradients_of_some_inputs() -> None:
    x, w = leaf(), leaf(2.0, 3.0)
    y = checkpoint(lambda x: (x * w).exp(), x, use_reentrant=False)
    (dx,) = grad(y.sum(), x)
    assert torch.allclose(dx, (w * y).detach())
    assert w.grad is None


def test_checkpoints_within_checkpoints() -> None:
    counts = [Calls(torch.sin), Calls(torch.exp), Calls(torch.tanh)]

    def inner(x: Any) -> Any:
        return counts[0](checkpoint(lambda z: counts[1](z) * z, x * 2, use_reentrant=False))

    def nested(x: Any) -> Any:
        return counts[2](checkpoint(inner, x.exp(), use_reentrant=False)) * x

    def plain(x: Any) -> Any:
        z = x.exp() * 2
        return (z.exp() * z).sin().tanh() * x

    x = leaf(-0.5, 0.1)
    found = gradient(x, lambda x: checkpoint(nested, x, use_reentrant=False))
    assert torch.allclose(found, gradient(x, plain))
    assert counts[2].count == 2


def test_reentrant_within_reentrant() -> None:
    def nested(x: Any) -> Any:
        return checkpoint(chain, x * 2, use_reentrant=True).sin()

    x = leaf()
    with warnings.catch_warnings():
        # The outer call records nothing, so that nothing in the inner one requires a gradient.
        warnings.filterwarnings("ignore", "None of the inputs have requires_grad=True")
        found = gradient(x, lambda x: checkpoint(nested, x, use_reentrant=True))
    assert torch.allclose(found, gradient(x, lambda x: chain(x * 2).sin()))


@pytest.mark.parametrize("early_stop", [True, False])
def test_walk_within_the_function(early_stop: bool) -> None:
    def function(x: Any) -> Any:
        y = x.sin()
        (dy,) = grad(y.cos().sum(), x, create_graph=True)
        return dy * y

    x = leaf()
    expected = gradient(x, function)
    found = gradient(x, lambda x: checkpoint(function, x, use_reentrant=False, early_stop=early_stop))
    assert torch.allclose(found, expected)


def test_function_of_the_users_within() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x = leaf()
    found = gradient(x, lambda x: checkpoint(lambda x: Cube.apply(x.exp()).sin(), x, use_reentrant=False))
    assert torch.allclose(found, gradient(x, lambda x: (x.exp() ** 3).sin()))


def test_without_gradients_it_is_a_call() -> None:
    calls = Calls(chain)
    with torch.no_grad():
        y = checkpoint(calls, leaf(), use_reentrant=False)
    assert not y.requires_grad
    y = checkpoint(calls, torch.ones(2), use_reentrant=False)
    assert not y.requires_grad
    assert calls.count == 2


# --- random numbers


def noisy(x: Any) -> Any:
    return dropout(dropout(x.exp(), 0.5) * x.sin(), 0.3)


@BOTH
def test_trap_46_dropout_is_the_same_mask(reentrant: bool) -> None:
    x = torch.full((100,), 0.7, requires_grad=True)
    for seed in range(5):
        torch.manual_seed(seed)
        expected, after = gradient(x, noisy), torch.rand(2)
        torch.manual_seed(seed)
        found = gradient(x, lambda x: checkpoint(noisy, x, use_reentrant=reentrant))
        assert torch.equal(found, expected)
        assert torch.equal(torch.rand(2), after)  # and the stream goes on as if nothing had been


def test_trap_46_nested() -> None:
    def nested(x: Any) -> Any:
        return noisy(checkpoint(noisy, noisy(x), use_reentrant=False))

    x = torch.full((100,), 0.7, requires_grad=True)
    torch.manual_seed(3)
    expected = gradient(x, lambda x: noisy(noisy(noisy(x))))
    torch.manual_seed(3)
    assert torch.equal(gradient(x, lambda x: checkpoint(nested, x, use_reentrant=False)), expected)


@differs_from_torch("PyTorch puts back the default generators only, and draws another mask")
@BOTH
def test_trap_46_generators_of_ones_own(reentrant: bool) -> None:
    generator = torch.Generator(leaf().device)

    def function(x: Any) -> Any:
        return x.exp() * torch.rand(100, generator=generator)

    x = torch.full((100,), 0.7, requires_grad=True)
    generator.manual_seed(1)
    expected, after = gradient(x, function), torch.rand(2, generator=generator)
    generator.manual_seed(1)
    found = gradient(x, lambda x: checkpoint(function, x, use_reentrant=reentrant))
    assert torch.equal(found, expected)
    assert torch.equal(torch.rand(2, generator=generator), after)


def test_random_state_can_be_left_alone() -> None:
    masks = []

    def function(x: Any) -> Any:
        masks.append(torch.rand(20))
        return x.exp()

    checkpoint(function, leaf(), use_reentrant=False, preserve_rng_state=False).sum().backward()
    assert not torch.equal(*masks)


# --- when it is computed again


def test_second_call_ends_early() -> None:
    after: list[int] = []

    def function(x: Any) -> Any:
        y = x.exp().sin()
        after.append(1)
        return y

    def run(**options: Any) -> int:
        after.clear()
        checkpoint(function, leaf(), use_reentrant=False, **options).sum().backward()
        return len(after)

    assert run() == 1
    assert run(early_stop=False) == 2
    with module.set_checkpoint_early_stop(False):
        assert run() == 2
        with module.set_checkpoint_early_stop(True):
            assert run(early_stop=False) == 1
    assert run() == 1


def test_early_stop_is_not_caught_by_the_function() -> None:
    def function(x: Any) -> Any:
        with contextlib.suppress(Exception):
            return chain(x)
        return None

    x = leaf()
    assert torch.equal(gradient(x, lambda x: checkpoint(function, x, use_reentrant=False)), gradient(x, chain))


def test_contexts_of_both_calls() -> None:
    seen: list[str] = []

    @contextlib.contextmanager
    def noting(name: str) -> Iterator[None]:
        seen.append(f"{name} in")
        yield
        seen.append(f"{name} out")

    y = checkpoint(
        chain, leaf(), use_reentrant=False, early_stop=False, context_fn=lambda: (noting("first"), noting("again"))
    )
    assert seen == ["first in", "first out"]
    y.sum().backward()
    assert seen[2:] == ["again in", "again out"]


def test_context_that_hides_an_error() -> None:
    def fails(x: Any) -> Any:
        raise KeyError

    with raises(
        RuntimeError,
        "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the "
        "checkpointed forward. This is not supported because checkpoint cannot return a value for a failed forward.",
    ):
        checkpoint(
            fails,
            leaf(),
            use_reentrant=False,
            context_fn=lambda: (contextlib.suppress(KeyError), contextlib.nullcontext()),
        )


def test_error_of_the_function_passes() -> None:
    with pytest.raises(ZeroDivisionError):
        checkpoint(lambda x: 1 / 0, leaf(), use_reentrant=False)
    fail = [False]

    def function(x: Any) -> Any:
        y = x.exp()
        if fail[0]:
            raise KeyError("again")
        return y.sin()

    x = leaf()
    y = checkpoint(function, x, use_reentrant=False)
    fail[0] = True
    with pytest.raises(KeyError, match="again"):
        y.sum().backward()
    assert torch.is_grad_enabled()
    _ = x.exp().sum().backward()  # no hook is left behind


def different(first: Callable[[Any], Any], again: Callable[[Any], Any]) -> Any:
    """A checkpoint of a function that is another one the second time."""
    functions = [first, again]
    return lambda x, **options: checkpoint(lambda x: functions.pop(0)(x), x, use_reentrant=False, **options)


def test_fewer_tensors_are_noticed() -> None:
    y = different(lambda x: x.exp().sin(), lambda x: x.exp())(leaf())
    with raises(
        module.CheckpointError,
        "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
        "recomputation.\nNumber of tensors saved during forward: 2\nNumber of tensors saved during recomputation: 1.",
    ):
        y.sum().backward()


def test_more_tensors_are_noticed() -> None:
    y = different(lambda x: x.exp(), lambda x: x.exp().sin())(leaf(), early_stop=False)
    with raises(
        module.CheckpointError,
        "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward "
        "pass.",
    ):
        y.sum().backward()


def test_other_tensors_are_noticed() -> None:
    run = different(lambda x: x.exp(), lambda x: x[:1].exp())
    with pytest.raises(module.CheckpointError) as error:
        run(leaf()).sum().backward()
    text = str(error.value)
    assert text.startswith(
        f"{NAME}.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
        "forward pass.\ntensor at position 0:\nsaved metadata: {'shape': "
    )
    assert "[2]" in text
    assert "[1]" in text


def test_check_can_be_turned_off() -> None:
    x = leaf()
    run = different(lambda x: x.exp(), lambda x: x.double().exp().float())
    run(x, determinism_check="none", early_stop=False).sum().backward()
    assert torch.allclose(x.grad, x.detach().exp())


def test_debug_tells_what_was_recorded() -> None:
    run = different(lambda x: x.exp().sin(), lambda x: x.exp())
    with pytest.raises(module.CheckpointError) as error:
        run(leaf(), debug=True).sum().backward()
    text = str(error.value)
    assert "ERROR: Detected non-determinism while running activation checkpointing" in text
    assert "test_checkpoint.py" in text
    run = different(lambda x: x.exp().sin(), lambda x: x.exp())
    with module.set_checkpoint_debug_enabled(True), pytest.raises(module.CheckpointError, match="Detected"):
        run(leaf()).sum().backward()


@differs_from_torch("PyTorch lists all its operators, plugrad those that it recorded")
def test_debug_names_the_nodes() -> None:
    run = different(lambda x: x.exp().sin(), lambda x: x.exp())
    with pytest.raises(module.CheckpointError) as error:
        run(leaf(), debug=True).sum().backward()
    first, _, again = str(error.value).partition("Operators recorded during recomputation")
    assert "ExpBackward0" in first
    assert "SinBackward0   (2 of 2 in original)" in first
    assert "SinBackward0" not in again


# --- what is refused


def test_arguments_that_do_not_go_together() -> None:
    x = leaf()
    with raises(ValueError, "Unexpected keyword arguments: other"):
        checkpoint(chain, x, use_reentrant=True, other=1)
    with raises(ValueError, "Passing `context_fn` or `debug` is only supported when use_reentrant=False."):
        checkpoint(chain, x, use_reentrant=True, debug=True)
    with raises(ValueError, "determinism_check should be one of ['default', 'none'], but got some"):
        checkpoint(chain, x, use_reentrant=False, determinism_check="some")
    with raises(ValueError, "debug=True is incompatible with non-default context_fn"):
        checkpoint(
            chain,
            x,
            use_reentrant=False,
            debug=True,
            context_fn=lambda: (contextlib.nullcontext(), contextlib.nullcontext()),
        )
    with raises(ValueError, "Unexpected keyword arguments: other"):
        module.checkpoint_sequential([chain], 1, x, use_reentrant=False, other=1)
    with raises(RuntimeError, "Only tuple of tensors is supported. Got Unsupported input type: list"):
        module.detach_variable([x])


def test_reentrance_should_be_said() -> None:
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
        y = checkpoint(chain, leaf())
    assert type(y.grad_fn).__name__ == "CheckpointFunctionBackward"
    with pytest.warns(UserWarning, match=r"checkpoint_sequential: the use_reentrant parameter should be"):
        module.checkpoint_sequential([chain], 1, leaf())


def test_reentrant_warns_of_inputs_without_gradients() -> None:
    w = leaf()
    with pytest.warns(UserWarning, match=r"None of the inputs have requires_grad=True\. Gradients will be None"):
        y = checkpoint(lambda x: x * w, torch.ones(2), use_reentrant=True)
    assert not y.requires_grad


def test_reentrant_refuses_partial_walks() -> None:
    text = (
        "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter "
        "to .backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without "
        "passing the `inputs` argument."
    )
    x = leaf()
    with raises(RuntimeError, text):
        grad(checkpoint(chain, x, use_reentrant=True).sum(), x)
    with raises(RuntimeError, text):
        checkpoint(chain, x, use_reentrant=True).sum().backward(inputs=[x])
    checkpoint(chain, x, use_reentrant=True).sum().backward()


@differs_from_torch("PyTorch returns gradients without their history")
def test_reentrant_refuses_second_derivatives() -> None:
    x = leaf()
    y = checkpoint(chain, x, use_reentrant=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="no second derivatives"):
            y.sum().backward(create_graph=True)


def test_argument_changed_since_is_refused() -> None:
    for reentrant in (False, True):
        z = leaf() * 1
        y = checkpoint(chain, z, use_reentrant=reentrant)
        with torch.no_grad():
            z.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


@differs_from_torch("PyTorch computes with the changed parameter")
def test_parameter_changed_since_is_refused() -> None:
    w = leaf()
    y = checkpoint(lambda x: (x * w).exp() * w, leaf(), use_reentrant=False)
    with torch.no_grad():
        w.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


# --- sequences


@BOTH
@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_sequence(reentrant: bool, segments: int) -> None:
    torch.manual_seed(0)
    layers: list[Any] = []
    for _ in range(5):
        layers += [torch.nn.Linear(4, 4), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers)
    x = torch.ones(2, 4, requires_grad=True)

    def gradients(run: Callable[[Any], Any]) -> list[Any]:
        model.zero_grad()
        x.grad = None
        run(x).sum().backward()
        return [x.grad, *[p.grad for p in model.parameters()]]

    expected = gradients(model)
    for functions in (model, layers):
        found = gradients(
            lambda x, functions=functions: module.checkpoint_sequential(functions, segments, x, use_reentrant=reentrant)
        )
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


# --- threads and memory


def test_two_threads_walk_through_one_graph() -> None:
    x = leaf()
    y = checkpoint(chain, x, use_reentrant=False)
    (expected,) = grad(y.sum(), x, retain_graph=True)
    found: list[Any] = []

    def walk() -> None:
        found.extend([grad(y.sum(), x, retain_graph=True)[0] for _ in range(20)])

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(torch.equal(g, expected) for g in found)


@BOTH
def test_activations_are_not_kept(reentrant: bool) -> None:
    kept: list[weakref.ref[Any]] = []

    def function(x: Any) -> Any:
        for _ in range(4):
            x = x.exp()
            kept.append(weakref.ref(x))
        return x * 2

    x = leaf(-1.0, -2.0)
    y = checkpoint(function, x, use_reentrant=reentrant)
    gc.collect()
    assert [r() for r in kept] == [None] * 4
    y.sum().backward()
    gc.collect()
    assert [r() for r in kept] == [None] * len(kept)


@differs_from_torch("PyTorch's frames are freed by its garbage collector")
@BOTH
def test_no_reference_cycles(reentrant: bool) -> None:
    torch.manual_seed(0)
    gc.collect()
    gc.disable()
    try:
        x = leaf()
        held = Calls(noisy)
        y = checkpoint(held, x * 1, use_reentrant=reentrant)
        z = y.sum()
        z.backward(retain_graph=True)
        z.backward()
        kept = [weakref.ref(v) for v in (x, y, z, held)]
        del x, y, z, held
        assert [r() for r in kept] == [None] * 4
    finally:
        gc.enable()


@differs_from_torch("PyTorch's frames are freed by its garbage collector")
def test_no_reference_cycles_without_backward_and_after_errors() -> None:
    gc.collect()
    gc.disable()
    try:
        held = Calls(lambda x: checkpoint(chain, x.exp(), use_reentrant=False))
        y = checkpoint(held, leaf(), use_reentrant=False)
        kept = [weakref.ref(v) for v in (y, held)]
        del y, held
        assert [r() for r in kept] == [None] * 2
    finally:
        gc.enable()
