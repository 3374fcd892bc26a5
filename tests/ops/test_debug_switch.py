"""The debug switch raises no false alarm: what the backend's kernels return is what the definitions promise."""

from __future__ import annotations

import pytest

import plugrad
from plugrad.core import registry
from plugrad.core.op import OPS
from plugrad.testing.conformance.calls import call, every_sample, outputs_of


@pytest.fixture
def debugging():
    plugrad.set_debug_enabled(True)
    yield
    plugrad.set_debug_enabled(False)


def test_no_op_is_refused(device, debugging):
    """Forward and backward of a small sample of every op: whatever is computed, no check complains of it."""
    wrong = {}
    for name, number, case in [p.values for p in every_sample(quick=True)]:
        try:
            _, (function, leaves) = call(name, number, case, device, requires_grad=not OPS[name].constant)
            for y in outputs_of(function(*leaves)):
                if isinstance(y, plugrad.Tensor) and y.requires_grad and y.dtype.is_floating_point:
                    y.sum().backward(retain_graph=True)
        except plugrad.BackendError as error:
            if str(error).startswith("op '"):
                wrong[name] = str(error)
        except Exception:
            pass
    assert wrong == {}


def test_layers_and_optimizers_are_not_refused(device, debugging):
    plugrad.manual_seed(0)
    model = plugrad.nn.Sequential(plugrad.nn.Linear(4, 8), plugrad.nn.ReLU(), plugrad.nn.Linear(8, 3)).to(device)
    x = plugrad.ones(5, 4, device=device)
    target = plugrad.tensor([0, 1, 2, 0, 1], device=device)
    for optimizer in (
        plugrad.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        plugrad.optim.Adam(model.parameters(), lr=0.1),
        plugrad.optim.AdamW(model.parameters(), lr=0.1, amsgrad=True),
    ):
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = plugrad.nn.functional.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0]


def test_the_switch_changes_the_namespace_and_nothing_else(device):
    where = plugrad.ones(1, device=device).device
    plain = where.xp
    x = plugrad.ones(2, device=device, requires_grad=True)
    y = x.exp()
    plugrad.set_debug_enabled(True)
    try:
        assert plugrad.is_debug_enabled()
        assert where.xp is not plain
        # What was recorded before is differentiated with checks.
        y.sum().backward()
    finally:
        plugrad.set_debug_enabled(False)
    assert where.xp is plain
    assert x.grad.shape == (2,)
    assert registry.resolve(str(where)).xp is plain
