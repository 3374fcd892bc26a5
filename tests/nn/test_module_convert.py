"""Conversions of a tree: dtype and device of parameters, gradients and buffers."""

from __future__ import annotations

import pytest

from tests.support.library import differs_from_torch, torch, warns

nn = torch.nn


def model():
    net = nn.Sequential(nn.Linear(2, 1))
    net.register_buffer("count", torch.tensor([1, 2]))
    net.register_buffer("mean", torch.zeros(2))
    net.register_buffer("none", None)
    net(torch.ones(1, 2)).sum().backward()
    return net


def dtypes(net):
    return [t.dtype for t in (net[0].weight, net[0].weight.grad, net.mean, net.count)]


@pytest.mark.parametrize(
    "arguments",
    [
        ((torch.float64,), {}),
        (("cpu", torch.float64), {}),
        ((), {"dtype": torch.float64}),
        ((), {"device": "cpu", "dtype": torch.float64, "non_blocking": True}),
        ((torch.device("cpu"), torch.float64, True), {}),
        ((torch.zeros(1, dtype=torch.float64),), {}),
    ],
)
def test_to(arguments):
    args, kwargs = arguments
    net = model()
    weight = net[0].weight
    assert net.to(*args, **kwargs) is net
    assert net[0].weight is weight
    assert dtypes(net) == [torch.float64] * 3 + [torch.int64]


def test_to_a_device_keeps_dtypes():
    net = model().double()
    net.to("cpu")
    assert dtypes(net) == [torch.float64] * 3 + [torch.int64]


def test_named_conversions():
    net = model()
    assert dtypes(net.double())[0] is torch.float64
    assert dtypes(net.float()) == [torch.float32] * 3 + [torch.int64]
    assert dtypes(net.half()) == [torch.float16] * 3 + [torch.int64]
    assert dtypes(net.cpu())[0] is torch.float16
    assert net.type(torch.float64).count.dtype is torch.float64


def test_to_refuses_integers_and_nonsense():
    net = model()
    with pytest.raises(TypeError, match="only accepts floating point or complex dtypes, but got"):
        net.to(torch.int64)
    with pytest.raises(TypeError):
        net.to(typo=1)
    assert dtypes(net) == [torch.float32] * 3 + [torch.int64]


def test_to_a_complex_dtype_is_warned_of():
    net = nn.Linear(1, 1)
    with warns(UserWarning, "Complex modules are a new feature under active development"):
        net.to(torch.complex64)
    assert net.weight.dtype is torch.complex64


def test_an_optimizer_keeps_its_parameters():
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    net.double()
    before = net[0].bias.item()
    optimizer.step()
    assert net[0].bias.item() == before - 1
    assert net[0].bias.dtype is torch.float64


def test_to_empty():
    net = nn.Sequential(nn.Linear(2, 3))
    weight = net[0].weight
    net.to_empty(device="cpu")
    assert net[0].weight is weight
    assert tuple(weight.shape) == (3, 2)
    assert weight.requires_grad


def test_frozen_parameters_stay_frozen():
    net = nn.Linear(1, 1).requires_grad_(False).double()
    assert not net.weight.requires_grad


@differs_from_torch("PyTorch can share memory between processes")
def test_share_memory_is_refused():
    with pytest.raises(NotImplementedError, match="share_memory is not supported"):
        nn.Linear(1, 1).share_memory()
