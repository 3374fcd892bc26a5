"""Devices: tensors are made there, come and go, don't mix with others, and say where they are."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.testing.conformance.calls import values

MAKERS = {
    "tensor": lambda d: plugrad.tensor([1.0, 2.0], device=d),
    "as_tensor": lambda d: plugrad.as_tensor([1, 2], device=d),
    "as_tensor of an array": lambda d: plugrad.as_tensor(np.ones(2, np.float32), device=d),
    "asarray": lambda d: plugrad.asarray([True, False], device=d),
    "zeros": lambda d: plugrad.zeros(2, device=d),
    "ones": lambda d: plugrad.ones(2, 0, device=d),
    "empty": lambda d: plugrad.empty(2, device=d) * 0,
    "full": lambda d: plugrad.full((2,), 3, device=d),
    "eye": lambda d: plugrad.eye(2, 3, device=d),
    "arange": lambda d: plugrad.arange(3, device=d),
    "arange of floats": lambda d: plugrad.arange(0, 1, 0.3, device=d),
    "linspace": lambda d: plugrad.linspace(0, 1, 3, device=d),
    "logspace": lambda d: plugrad.logspace(0, 1, 3, device=d),
    "tril_indices": lambda d: plugrad.tril_indices(2, 2, device=d),
    "randint": lambda d: plugrad.randint(1, 2, (2,), device=d),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_made_there_as_on_the_cpu(make, device):
    there, here = make(device), make("cpu")
    assert there.device is plugrad.zeros((), device=device).device
    assert there.device.type == plugrad.device(device).type
    assert there.dtype is here.dtype
    assert there.shape == here.shape
    np.testing.assert_allclose(values(there), values(here), rtol=1e-6)
    plugrad.set_default_device(device)
    try:
        assert make(None).device is there.device
    finally:
        plugrad.set_default_device(None)
    with plugrad.device(device):
        assert make(None).device is there.device


def test_like_and_new_stay_there(device):
    x = plugrad.ones(2, device=device)
    made = (
        plugrad.zeros_like(x), plugrad.full_like(x, 2), plugrad.rand_like(x), x.new_zeros(3), x.new_full((2,), 1),
        x.new_tensor([1]), x + 1, x.sum(), x[0], x.clone(), x.detach(), x.to(plugrad.int64),
    )  # fmt: skip
    assert all(y.device is x.device for y in made)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)], ids=str)
def test_there_and_back(shape, device):
    x = plugrad.arange(float(np.prod(shape, dtype=int))).reshape(shape)
    y = x.to(device)
    assert y.shape == x.shape
    assert y.dtype is x.dtype
    z = y.cpu()
    assert z.device is x.device
    assert z.tolist() == y.tolist() == x.tolist()
    assert y.to(device) is y
    np.testing.assert_array_equal(y.numpy(force=True), x.numpy())


def test_copies_between_devices_share_nothing(device):
    x = plugrad.zeros(2)
    y = x.to(device, copy=True)
    x[0] = 1
    z = y.to("cpu", copy=True)
    y += 5
    assert (x.tolist(), y.tolist(), z.tolist()) == ([1, 0], [5, 5], [0, 0])


def test_an_array_of_the_hosts_is_copied(device):
    if device == "cpu":
        pytest.skip("it is the CPU, which shares the host's memory")
    source = np.zeros(2)
    x = plugrad.as_tensor(source.astype("float32"), device=device)
    y = plugrad.tensor(source.astype("float32"), device=device)
    source[0] = 1
    assert x.tolist() == y.tolist() == [0, 0]


def test_gradient_goes_back_to_the_device_it_came_from(device):
    x = plugrad.tensor([1.0, 2.0], requires_grad=True)
    weights = plugrad.tensor([3.0, 4.0], device=device, requires_grad=True)
    y = x.to(device)
    (y * weights).sum().cpu().backward()
    assert (x.grad.device.type, x.grad.tolist()) == ("cpu", [3, 4])
    assert x.grad.device is x.device
    assert (weights.grad.device, weights.grad.tolist()) == (y.device, [1, 2])
    (g,) = plugrad.autograd.grad((x.to(device) ** 3).sum(), x, create_graph=True)
    x.grad = None
    g.sum().backward()
    assert x.grad.tolist() == [6, 12]


MIXED = {
    "add": lambda a, b: a + b,
    "matmul": lambda a, b: a @ b,
    "where": lambda a, b: plugrad.where(a > 0, a, b),
    "cat": lambda a, b: plugrad.cat([a, b]),
    "in place": lambda a, b: a.add_(b),
    "loss": lambda a, b: plugrad.nn.functional.mse_loss(a, b),
}


@pytest.mark.parametrize("mix", MIXED.values(), ids=MIXED)
def test_devices_do_not_mix(mix, device):
    if device == "cpu":
        pytest.skip("there is only the CPU")
    here, there = plugrad.ones(2, 2), plugrad.ones(2, 2, device=device)
    for first, second in ((here, there), (there, here)):
        text = "Expected all tensors to be on the same device, but found at least two devices, "
        with pytest.raises(RuntimeError) as info:
            mix(first, second)
        assert str(info.value).startswith(text)
        line = str(info.value).partition("\n")[0]
        assert str(here.device) in line
        assert str(there.device) in line
    assert here.tolist() == there.tolist() == [[1, 1], [1, 1]]


def test_counts(backend):
    for kind in backend.devices:
        count = backend.device_count(kind)
        assert count >= 1
        several = backend.capabilities.several_devices
        for index in range(count):
            where = plugrad.zeros(1, device=f"{kind}:{index}").device
            assert where.type == kind
            assert where.index == (index if several else None)
        with pytest.raises(RuntimeError, match="invalid device ordinal"):
            plugrad.zeros(1, device=f"{kind}:{count}")
        assert plugrad.zeros(1, device=kind).device is plugrad.zeros(1, device=f"{kind}:0").device


def test_several_devices(backend):
    kind = backend.devices[0]
    if backend.device_count(kind) < 2:
        pytest.skip("there is one device")
    first, second = plugrad.ones(2, device=f"{kind}:0"), plugrad.ones(2, device=f"{kind}:1")
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        first + second
    moved = first.to(second.device)
    assert (moved + second).tolist() == [2, 2]
    assert moved.device is second.device
    with plugrad.device(f"{kind}:1"):
        net = plugrad.nn.Linear(2, 2)
        loss = net(second.reshape(1, 2)).sum()
    loss.backward()
    assert net.weight.grad.device is second.device
    for made in (plugrad.zeros_like(second), second.clone(), second.sum(), plugrad.nonzero(second)):
        assert made.device is second.device


def test_printing_says_where(device):
    for make in (
        lambda d: plugrad.tensor([1.0, 2.5], device=d),
        lambda d: plugrad.tensor([[1, 2], [3, 4]], device=d),
        lambda d: plugrad.tensor(True, device=d),
        lambda d: plugrad.zeros(0, device=d),
        lambda d: plugrad.zeros(60, 60, device=d),
        lambda d: plugrad.ones(2, device=d, requires_grad=True),
        lambda d: plugrad.ones(2, device=d, requires_grad=True) * 2,
    ):
        there, here = make(device), make("cpu")
        shown = repr(there)
        if device != "cpu":
            assert f"device='{there.device}'" in shown
            assert str(there.device.type) in there.type()
        assert "".join(shown.replace(f", device='{there.device}'", "").split()) == "".join(repr(here).split())
    assert f"{plugrad.tensor(2.5, device=device):.2f}" == "2.50"


def test_python_values(device):
    assert plugrad.tensor(2.5, device=device).item() == 2.5
    assert int(plugrad.tensor(3, device=device)) == 3
    assert float(plugrad.tensor(0.5, device=device)) == 0.5
    assert bool(plugrad.tensor(1.0, device=device))
    assert [x.item() for x in plugrad.tensor([1, 2], device=device)] == [1, 2]
    assert len(plugrad.zeros(3, 2, device=device)) == 3


def test_synchronize_and_memory_do_not_raise(backend):
    for kind in backend.devices:
        index = 0 if backend.capabilities.several_devices else None
        assert plugrad.zeros(1, device=kind).tolist() == [0]
        backend.synchronize(index)
        stats = backend.memory_stats(index)
        assert all(isinstance(n, int) and n >= 0 for n in stats.values())
