"""Checkpoints: when and how often values are computed again, what is noticed, and what is refused."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.library import NAME, differs_from_torch, raises, torch

module: Any = importlib.import_module(f"{NAME}.utils.checkpoint")
checkpoint: Callable[..., Any] = module.checkpoint
grad = torch.autograd.grad


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (0.5, 1.5), requires_grad=True)


def chain(x: Any) -> Any:
    return (x * x).sin().exp() * x


def gradient(x: Any, run: Callable[[Any], Any]) -> Any:
    x.grad = None
    run(x).sum().backward()
    return x.grad


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
    assert "test_checkpoint_again.py" in text
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
