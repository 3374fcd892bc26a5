"""Anomaly mode: which op a gradient goes wrong at, and where in the user's code it was called."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.library import NAME, raises, torch

autograd = torch.autograd

ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging."
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # 0 / 0 in the forward pass
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
    assert not torch.is_anomaly_enabled()


def zero() -> Any:
    return torch.tensor([0.0], requires_grad=True)


def nan_below(x: Any) -> Any:
    return (x * 0) / x


def shown(run: Any, kind: type[Exception] = RuntimeError) -> tuple[str, list[str]]:
    """The text of the error, and those of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(kind) as error:
            run()
    texts = [str(w.message) for w in caught if w.category is UserWarning]
    return str(error.value), [t for t in texts if t != ENABLED]


def quietly() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return autograd.detect_anomaly()


def test_nan_names_the_op_and_the_output_and_shows_the_call() -> None:
    def run() -> None:
        with autograd.detect_anomaly():
            nan_below(zero()).sum().backward()

    text, (warning,) = shown(run)
    assert text == "Function 'DivBackward0' returned nan values in its 1th output."
    assert warning.startswith("Error detected in DivBackward0. Traceback of forward call that caused the error:\n")
    assert "in nan_below\n    return (x * 0) / x\n" in warning
    assert "in run\n    nan_below(zero()).sum().backward()\n" in warning


def test_error_stays_where_warnings_are_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with autograd.set_detect_anomaly(True), pytest.raises(RuntimeError, match="returned nan values"):
            nan_below(zero()).sum().backward()


def test_enabling_warns() -> None:
    with pytest.warns(UserWarning, match="Anomaly Detection") as caught:
        autograd.detect_anomaly()
    assert str(caught[0].message) == ENABLED
    assert caught[0].filename == __file__


def test_without_the_mode_in_forward_there_is_no_traceback() -> None:
    y = nan_below(zero()).sum()

    def run() -> None:
        with autograd.set_detect_anomaly(True):
            y.backward()

    text, (warning,) = shown(run)
    assert text == "Function 'DivBackward0' returned nan values in its 1th output."
    assert warning.startswith(
        "Error detected in DivBackward0. No forward pass information available. Enable detect anomaly during forward "
        "pass for more information."
    )


def test_nan_can_be_let_pass() -> None:
    x = zero()
    with autograd.set_detect_anomaly(True, check_nan=False):
        nan_below(x).sum().backward()
    assert x.grad.isnan().all()


def test_nan_is_not_looked_for_where_no_gradient_is_wanted() -> None:
    x, y = zero(), zero()
    with autograd.set_detect_anomaly(True):
        # nan for y only
        z = x / torch.ones(1) + (y * 0) / y.detach()
        assert autograd.grad(z.sum(), x)[0].tolist() == [1.0]


def test_infinities_are_no_anomaly() -> None:
    x = zero()
    with autograd.set_detect_anomaly(True):
        x.log().sum().backward()
    assert x.grad.isinf().all()


def test_other_errors_are_shown_too() -> None:
    class Failing(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("failed")

    def run() -> None:
        with autograd.set_detect_anomaly(True):
            Failing.apply(zero()).sum().backward()

    text, (warning,) = shown(run, ValueError)
    assert text == "failed"
    assert warning.startswith("Error detected in FailingBackward. Traceback of forward call that caused the error:\n")
    assert "Failing.apply(zero()).sum().backward()" in warning


def test_errors_of_hooks_are_shown_too() -> None:
    def run() -> None:
        with autograd.set_detect_anomaly(True):
            y = zero() * 2
            y.register_hook(lambda g: 1 / 0)
            y.sum().backward()

    _, (warning,) = shown(run, ZeroDivisionError)
    assert warning.startswith("Error detected in MulBackward0.")
    assert "y = zero() * 2" in warning


def test_in_place_error_points_at_the_traceback() -> None:
    def run() -> None:
        with autograd.set_detect_anomaly(True):
            a = zero().exp()
            b = a * a
            a.add_(1)
            b.sum().backward()

    text, (warning,) = shown(run)
    assert text.endswith(
        "is at version 1; expected version 0 instead. Hint: the backtrace further above shows the operation that "
        "failed to compute its gradient. The variable in question was changed in there or anywhere later. Good luck!"
    )
    assert "b = a * a" in warning


def test_in_place_error_names_the_mode_where_it_is_off() -> None:
    a = zero().exp()
    b = a * a
    a.add_(1)
    with pytest.raises(RuntimeError, match=rf"with {NAME}\.autograd\.set_detect_anomaly\(True, check_nan=False\)\.$"):
        b.sum().backward()


def test_second_derivative_shows_what_induced_it() -> None:
    def run() -> None:
        with autograd.set_detect_anomaly(True):
            x = zero()
            y = x.sqrt()
            (first,) = autograd.grad(y.sum(), x, create_graph=True)
            autograd.grad((first * 0).sum(), x)

    text, caught = shown(run)
    assert text == "Function 'DivBackward0' returned nan values in its 1th output."
    assert len(caught) == 2
    assert "autograd.grad(y.sum(), x, create_graph=True)" in caught[0]
    assert caught[1].startswith(
        "\n\nPrevious calculation was induced by SqrtBackward0. Traceback of forward call that induced the previous "
        "calculation:\n"
    )
    assert "y = x.sqrt()" in caught[1]


def test_hooks_can_repair_a_gradient() -> None:
    x = zero()
    with autograd.set_detect_anomaly(True):
        y = nan_below(x)
        y.grad_fn.register_hook(lambda g, h: tuple(v.nan_to_num() for v in g))
        y.sum().backward()
    assert x.grad is not None

    def run() -> None:
        with autograd.set_detect_anomaly(True):
            z = zero() * 2
            z.grad_fn.register_hook(lambda g, h: (g[0] * float("nan"), None))
            z.sum().backward()

    assert shown(run)[0] == "Function 'MulBackward0' returned nan values in its 0th output."


def test_node_keeps_its_traceback_in_metadata() -> None:
    with autograd.set_detect_anomaly(True):
        y = zero() * 2
    assert "y = zero() * 2" in "".join(y.grad_fn.metadata["traceback_"])
    assert (zero() * 2).grad_fn.metadata == {}


def test_switches() -> None:
    def state() -> tuple[bool, bool]:
        return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()

    assert state() == (False, True)
    with quietly():
        assert state() == (True, True)
        with autograd.set_detect_anomaly(True, check_nan=False):
            assert state() == (True, False)
        assert state() == (True, True)
        with autograd.set_detect_anomaly(False):
            assert state() == (False, True)
        assert state() == (True, True)
    assert state() == (False, True)
    autograd.set_detect_anomaly(True, False)
    assert state() == (True, False)
    torch.set_anomaly_enabled(False)
    assert state() == (False, True)


def test_gradients_are_the_same() -> None:
    x = torch.tensor([0.5, 1.5], requires_grad=True)
    with autograd.set_detect_anomaly(True):
        (first,) = autograd.grad((x.sin() * x).sum(), x, create_graph=True)
        first.sum().backward()
    assert torch.allclose(x.grad, (2 * x.cos() - x * x.sin()).detach())


def test_mode_makes_no_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        with autograd.set_detect_anomaly(True):
            x = torch.tensor([0.5, 1.5], requires_grad=True)
            y = (x * x).exp()
            (first,) = autograd.grad(y.sum(), x, create_graph=True)
            first.sum().backward()
        kept = [weakref.ref(v) for v in (x, y, first)]
        del x, y, first
        assert [r() for r in kept] == [None] * 3
    finally:
        gc.enable()


def test_freed_graph_is_explained() -> None:
    def run() -> None:
        with autograd.set_detect_anomaly(True):
            x = zero()
            y = x * x
            y.sum().backward()
            y.sum().backward()

    with raises(RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward."):  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run()
