"""One seed means the same on every backend: the demo's first losses are NumPy's, and so is what it learns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import plugrad
from plugrad import nn
from plugrad.cli import _example
from tests.support.plugins import load_plugin

for _module in ("sklearn", "matplotlib", "tqdm"):
    pytest.importorskip(_module)

#: Backends of tests/plugins and examples/plugins, and what each needs.
BACKENDS = {"strict": "array_api_strict", "single": "array_api_strict", "loopback": "numpy", "torch": "torch", "jax": "jax"}  # fmt: skip
STEPS = 10


class Enough(Exception):
    """The first losses are known."""


@pytest.fixture(params=BACKENDS)
def where(request):
    pytest.importorskip(BACKENDS[request.param])
    if request.param == "torch":
        pytest.importorskip("array_api_compat")
    return load_plugin(request.param).devices[0]


def first_losses(device, monkeypatch):
    """The losses of the demo's first batches, as it computes them."""
    digits = _example("digits")
    losses = []
    cross_entropy = nn.functional.cross_entropy

    def recorded(*args):
        loss = cross_entropy(*args)
        losses.append(loss.item())
        if len(losses) > STEPS:
            raise Enough
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(nn.functional, "cross_entropy", recorded)
        with pytest.raises(Enough):
            digits.main(device, epochs=1, seed=4)
    return losses[:STEPS]


def test_the_first_losses_are_numpys(where, monkeypatch):
    found, expected = first_losses(where, monkeypatch), first_losses("cpu", monkeypatch)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    # They are a training's: with another seed the numbers differ by far more.
    assert max(abs(a - b) for a, b in itertools.pairwise(expected)) > 1e-2


def test_initial_values_dropout_and_order_are_drawn_alike(where):
    drawn = []
    for device in (where, "cpu"):
        plugrad.manual_seed(1)
        model = nn.Linear(5, 3).to(device)
        order = plugrad.randperm(50, device=device)
        dropped = nn.functional.dropout(plugrad.ones(40, device=device), 0.3)
        noise = plugrad.randn(20, device=device)
        drawn.append([t.tolist() for t in (model.weight, order, dropped, noise)])
    assert drawn[0] == drawn[1]


def test_the_demo_learns_as_much_as_on_numpy(where, tmp_path):
    digits = _example("digits")
    # A fifth of what the command trains: enough to come near its goal.
    found = digits.main(where, epochs=6, out=tmp_path / "there")
    expected = digits.main("cpu", epochs=6, out=tmp_path / "here")
    assert expected > 0.93
    # Rounding is another on each; a few digits of 360 may go either way.
    assert abs(found - expected) <= 4 / 360
    assert (tmp_path / "there" / "loss.png").exists()
