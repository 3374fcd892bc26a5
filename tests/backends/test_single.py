"""A library without float64 and complex128: float32 is enough, and what needs more says so."""

from __future__ import annotations

import re

import numpy as np
import pytest

import plugrad
from plugrad import nn, optim
from plugrad.core import views
from plugrad.core.op import OPS
from plugrad.testing.conformance.calls import call, every_sample, outputs_of
from plugrad.testing.samples import to_host
from tests.support.plugins import load_plugin

pytest.importorskip("array_api_strict")


@pytest.fixture(scope="module", autouse=True)
def single():
    return load_plugin("single").devices[0]


def model():
    return nn.Sequential(nn.Linear(4, 16), nn.LayerNorm(16), nn.GELU(), nn.Dropout(0.2), nn.Linear(16, 3))


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "Adam": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01),
}


def losses(device, optimizer, steps=10):
    plugrad.manual_seed(3)
    x = plugrad.randn(32, 4, device=device)
    target = x[:, :3].argmax(dim=1)
    net = model().to(device)
    stepper = OPTIMIZERS[optimizer](net.parameters())
    found = []
    for _ in range(steps):
        stepper.zero_grad()
        loss = nn.functional.cross_entropy(net(x), target, label_smoothing=0.1)
        loss.backward()
        stepper.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_mlp_learns_as_it_does_on_the_host(single, optimizer):
    found = losses(single, optimizer)
    np.testing.assert_allclose(found, losses("cpu", optimizer), rtol=2e-5)
    assert found[-1] < found[0] - 0.2


@pytest.mark.parametrize(("name", "number", "case"), every_sample(quick=False))
def test_every_op_computes_in_float32(single, name, number, case):
    """Values and gradients are the host's; nothing on the way asks for float64."""
    results = []
    for device in (single, "cpu"):
        plugrad.manual_seed(0)
        differentiable = not (OPS[name].constant or OPS[name].undefined)
        try:
            _, (function, leaves) = call(name, number, case, device, "float32", requires_grad=differentiable)
            ys = [y for y in outputs_of(function(*leaves)) if isinstance(y, plugrad.Tensor)]
        except TypeError as error:
            if device == "cpu" or "has no plugrad." not in str(error):
                raise
            asked = "plugrad.float64" in repr(case) or "plugrad.complex128" in repr(case)
            assert asked, "the op itself asked for a dtype that nobody named"
            return
        total = [plugrad.core.ops.real_part(y).sum() for y in ys if y.requires_grad]
        grads = plugrad.autograd.grad(total, leaves, allow_unused=True) if total and leaves else []
        results.append([to_host(y.detach()) for y in [*ys, *[g for g in grads if g is not None]]])
    for y, want in zip(*results, strict=True):
        assert y.dtype == want.dtype
        np.testing.assert_allclose(y, want, rtol=2e-4, atol=2e-5)


ASKING = {
    "creation": lambda d: plugrad.ones(2, dtype=plugrad.float64, device=d),
    "data": lambda d: plugrad.tensor([1.0], dtype=plugrad.float64, device=d),
    "random": lambda d: plugrad.rand(2, dtype=plugrad.float64, device=d),
    "double": lambda d: plugrad.ones(2, device=d).double(),
    "moving": lambda d: plugrad.ones(2, dtype=plugrad.float64).to(d),
    "NumPy's array": lambda d: plugrad.tensor(np.ones(2), device=d),
    "module": lambda d: nn.Linear(2, 2).double().to(d),
    "a reduction": lambda d: plugrad.ones(2, device=d).sum(dtype=plugrad.float64),
}


@pytest.mark.parametrize("name", ASKING)
def test_asking_for_float64_says_that_there_is_none(single, name):
    with pytest.raises(TypeError) as info:
        ASKING[name](single)
    assert re.fullmatch(
        r"backend 'single' has no plugrad\.float64\nHint: it has bool, .*float32, complex64; convert first, .*",
        str(info.value),
    )


def test_numbers_that_are_drawn_in_float64_are_rounded_on_the_host(single):
    found = []
    for device in (single, "cpu"):
        plugrad.manual_seed(0)
        found.append(nn.functional.rrelu(-plugrad.ones(40, device=device), training=True).tolist())
    assert found[0] == found[1]


def test_positions_in_views_of_many_complex_numbers(single, monkeypatch):
    """float32 does not count far enough: the numbers of elements are looked up in two parts."""
    monkeypatch.setattr(views, "_EXACT", 4)
    monkeypatch.setattr(views, "_DIGITS", 3)
    found = []
    for device in (single, "cpu"):
        x = plugrad.ones(3, 4, dtype=plugrad.complex64, device=device, requires_grad=True)
        y = x * 1
        plugrad.view_as_real(y)[1, 2:, 0].mul_(3.0)
        (y * y).real.sum().backward()
        found.append((y.tolist(), x.grad.tolist()))
    assert found[0] == found[1]


def test_asking_for_complex128_too(single):
    with pytest.raises(TypeError, match=r"backend 'single' has no plugrad\.complex128\nHint: it has"):
        plugrad.ones(2, device=single).to(plugrad.complex128)
    assert plugrad.fft.fft(plugrad.ones(4, device=single)).dtype is plugrad.complex64


def test_the_namespace_has_no_name_of_it(single):
    xp = plugrad.ones(2, device=single).device.xp
    assert xp.float32 is not None
    with pytest.raises(TypeError, match=r"has no plugrad\.float64"):
        _ = xp.float64
