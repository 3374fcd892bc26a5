"""Checkpoints and anomaly mode within function transforms, and hooks on saved tensors, which are refused there."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import plugrad
from plugrad import func, vmap
from plugrad.autograd.graph import saved_tensors_hooks
from plugrad.utils.checkpoint import checkpoint


def plain(x: Any) -> Any:
    return (x * x).sin().exp().sum()


def checkpointed(x: Any) -> Any:
    return checkpoint(lambda x: (x * x).sin().exp(), x, use_reentrant=False).sum()


def hooked(x: Any) -> Any:
    # They run unrecorded: what is outside of the transform could not be differentiated.
    with saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        return plain(x)


def watched(x: Any) -> Any:
    with plugrad.autograd.set_detect_anomaly(True):
        return plain(x)


TRANSFORMS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "grad": func.grad,
    "vmap of grad": lambda f: vmap(func.grad(f)),
    "jacrev of jacrev": lambda f: func.jacrev(func.jacrev(f)),
    "hessian": func.hessian,
    "jvp": lambda f: lambda x: func.jvp(f, (x,), (x + 1,))[1],
    "autograd through vmap": lambda f: lambda x: plugrad.autograd.grad(vmap(f)(x.requires_grad_()).sum(), x)[0],
}


@pytest.mark.parametrize("function", [checkpointed, watched])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_agree(name: str, function: Callable[[Any], Any]) -> None:
    x = plugrad.tensor([[0.5, 1.0], [1.5, 2.0]])
    expected = TRANSFORMS[name](plain)(x.clone())
    assert plugrad.allclose(TRANSFORMS[name](function)(x.clone()), expected)


@pytest.mark.parametrize("name", ["grad", "vmap of grad", "jacrev of jacrev", "hessian"])
def test_hooks_on_saved_tensors_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="don't yet support saved tensor hooks"):
        TRANSFORMS[name](hooked)(plugrad.tensor([[0.5, 1.0], [1.5, 2.0]]))


def test_checkpoint_within_a_transform_is_differentiated_from_outside() -> None:
    def outside(f: Callable[[Any], Any]) -> Any:
        x = plugrad.tensor([0.5, 1.0], requires_grad=True)
        func.grad(f)(x).sum().backward()
        return x.grad

    assert plugrad.allclose(outside(checkpointed), outside(plain))


def test_each_sample_has_its_own_mask_both_times() -> None:
    def noisy(x: Any) -> Any:
        return plugrad.nn.functional.dropout(x.exp()) * x

    def gradients(f: Callable[[Any], Any]) -> Any:
        plugrad.manual_seed(0)
        return vmap(func.grad(lambda x: f(x).sum()), randomness="different")(plugrad.ones(4, 8))

    found = gradients(lambda x: checkpoint(noisy, x, use_reentrant=False))
    assert plugrad.equal(found, gradients(noisy))
    assert not plugrad.equal(found[0], found[1])


def test_nan_of_one_sample_is_found() -> None:
    def divided(x: Any) -> Any:
        return ((x * 0) / x).sum()

    x = plugrad.tensor([[1.0, 0.0], [1.0, 2.0]])
    with plugrad.autograd.set_detect_anomaly(True), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.warns(UserWarning, match="Error detected in DivBackward0"):
            with pytest.raises(RuntimeError, match="'DivBackward0' returned nan values in its 1th output"):
                _ = vmap(func.grad(divided))(x)
        assert plugrad.isfinite(vmap(func.grad(divided))(x + 1)).all()
