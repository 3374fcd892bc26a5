"""What leaves a tensor and comes back: state_dict, pickle, deep copies, NumPy, DLPack."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import plugrad
from plugrad import nn, optim
from plugrad.testing.conformance.calls import values


def test_state_dict(device):
    plugrad.manual_seed(0)
    first = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).to(device)
    first(plugrad.randn(5, 3, device=device))
    here = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    here.load_state_dict(first.state_dict())
    there = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).to(device)
    there.load_state_dict(here.state_dict())
    for (name, a), b, c in zip(
        first.state_dict().items(), here.state_dict().values(), there.state_dict().values(), strict=True
    ):
        assert (a.device, b.device.type, c.device) == (c.device, "cpu", a.device), name
        np.testing.assert_array_equal(values(a), values(b))
        np.testing.assert_array_equal(values(a), values(c))


def test_state_of_an_optimizer(device):
    p = plugrad.ones(3, device=device, requires_grad=True)
    stepper = optim.Adam([p], lr=0.1)
    (p * p).sum().backward()
    stepper.step()
    q = p.detach().clone().requires_grad_()
    again = optim.Adam([q], lr=0.1)
    again.load_state_dict(copy.deepcopy(stepper.state_dict()))
    for x, s in ((p, stepper), (q, again)):
        x.grad = plugrad.ones(3, device=device)
        s.step()
    np.testing.assert_array_equal(values(p), values(q))


def test_pickle_and_copies(device):
    x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]], device=device, requires_grad=True)
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.device is x.device
        assert y.requires_grad
        assert y.dtype is x.dtype
        assert y.tolist() == x.tolist()
        with plugrad.no_grad():
            y += 1
        assert x.tolist() == [[1, 2], [3, 4]]
    net = pickle.loads(pickle.dumps(nn.Linear(2, 2).to(device)))
    assert net.weight.device is x.device
    assert isinstance(net.weight, nn.Parameter)


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 2)], ids=str)
def test_numpys_arrays(shape, device):
    host = np.arange(np.prod(shape, dtype=int), dtype="float32").reshape(shape)
    for source in (host, host.astype("int64"), host > 2, np.asarray(host.T)):
        x = plugrad.tensor(source, device=device)
        assert x.dtype.name == source.dtype.name
        np.testing.assert_array_equal(x.cpu().numpy(), source)
        back = x.numpy(force=True)
        assert back.dtype == source.dtype
        np.testing.assert_array_equal(back, source)
        backwards = plugrad.tensor(source[..., ::-1] if source.ndim else source, device=device)
        np.testing.assert_array_equal(values(backwards), source[..., ::-1] if source.ndim else source)
    if device != "cpu":
        with pytest.raises(TypeError, match=r"can't convert .* device type tensor to numpy\. Use Tensor\.cpu\(\)"):
            plugrad.ones(2, device=device).numpy()


def test_dlpack(device):
    x = plugrad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device=device)
    if not hasattr(x.raw, "__dlpack__"):
        pytest.skip("the library has no DLPack")
    y = plugrad.from_dlpack(x)
    assert y.tolist() == x.tolist()
    assert y.dtype is x.dtype
    if int(x.__dlpack_device__()[0]) == 1:
        np.testing.assert_array_equal(np.from_dlpack(x), values(x))


def test_the_librarys_own_arrays(backend, device):
    x = plugrad.tensor([1.0, 2.0], device=device)
    y = plugrad.as_tensor(backend.copy(x.raw), device=device)
    assert y.device is x.device
    assert y.tolist() == [1, 2]
    assert y.dtype is x.dtype
    assert backend.is_array(x.raw)
    assert not backend.is_array([1.0])
    assert not backend.is_array(x)


def test_the_standards_namespace(device):
    x = plugrad.tensor([1.0, 4.0], device=device, requires_grad=True)
    xp = x.__array_namespace__()
    y = xp.sqrt(xp.asarray([2.0, 3.0], dtype=xp.float32) * x + xp.zeros(2, dtype=xp.float32))
    assert y.device is x.device
    xp.sum(y).backward()
    np.testing.assert_allclose(values(x.grad), [1 / 2**0.5, 3 / (2 * 12**0.5)], rtol=1e-6)
