"""Layers, losses and optimizers: a few steps of training give the CPU's losses."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad import nn, optim
from plugrad.testing.conformance.calls import best_dtype


class _Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 11)

    def forward(self, tokens):
        x = self.embed(tokens)
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return self.head((x + self.feed(x)).mean(dim=1))


def _mlp():
    return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Dropout(0.2), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3))


def _convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.SiLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3, 3),
    )  # fmt: skip


MODELS = {
    "mlp": (_mlp, lambda: plugrad.randn(8, 6), 3),
    "convolutions": (_convolutions, lambda: plugrad.randn(4, 1, 8, 8), 3),
    "attention": (_Attention, lambda: plugrad.randint(0, 11, (4, 5)), 11),
}
OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "Adam": lambda p: optim.Adam(p, lr=0.01),
}


def _losses(model, optimizer, device, dtype):
    make, inputs, classes = MODELS[model]
    plugrad.manual_seed(3)
    net = make().to(dtype)
    x = inputs()
    x = (x.to(dtype) if x.dtype.is_floating_point else x).to(device)
    target = plugrad.randint(0, classes, (len(x),)).to(device)
    net.to(device)
    stepper = OPTIMIZERS[optimizer](net.parameters())
    found = []
    for _ in range(6):
        stepper.zero_grad()
        loss = nn.functional.cross_entropy(net(x), target)
        loss.backward()
        stepper.step()
        found.append(loss.item())
    assert all(p.grad.device is p.device is loss.device for p in net.parameters())
    return found


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_losses_are_the_cpus(model, optimizer, backend, device):
    if device != "cpu" and backend.generator(0) is not None and model == "mlp":
        pytest.skip("the backend draws dropout's masks itself")
    single = best_dtype(device) == "float32"
    dtype = plugrad.float32 if single else plugrad.float64
    found = _losses(model, optimizer, device, dtype)
    np.testing.assert_allclose(found, _losses(model, optimizer, "cpu", dtype), rtol=1e-4 if single else 1e-5)
    assert found[-1] < found[0], "nothing was learnt"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_in_float32(optimizer, device):
    found = _losses("convolutions", optimizer, device, plugrad.float32)
    np.testing.assert_allclose(found, _losses("convolutions", optimizer, "cpu", plugrad.float32), rtol=1e-4)
