"""plugrad-jax and plugrad-torch: memory, devices, dtypes, and the way to and from other libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import plugrad
from plugrad import nn
from tests.support.plugins import folder_of, load_plugin


@pytest.fixture(scope="module")
def torch():
    library = pytest.importorskip("torch")
    pytest.importorskip("array_api_compat")
    load_plugin("torch")
    return library


@pytest.fixture(scope="module")
def jax():
    library = pytest.importorskip("jax")
    load_plugin("jax")
    return library


@pytest.fixture(params=["torch", "jax"])
def device(request):
    request.getfixturevalue(request.param)
    return request.param


def run(name, code, **environment):
    """Code in a fresh interpreter with the plugin registered; what it prints."""
    begin = f"from tests.support.plugins import load_plugin\nimport plugrad\nload_plugin('{name}')\n"
    root = str(folder_of(name).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(code)], capture_output=True, text=True, check=False, cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)]), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


DTYPES = ["bool", "uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 3), (), (0,)])
def test_every_dtype_goes_there_and_back(device, dtype, shape):
    kind = getattr(plugrad, dtype)
    x = plugrad.ones(shape).to(kind)
    there = x.to(device)
    assert there.device.type == device
    assert there.dtype is kind
    assert there.device.backend.dtype_of(there.raw) is kind
    back = (there & there if dtype == "bool" else there * there).cpu()
    assert back.dtype is kind
    assert back.tolist() == x.tolist()


def test_what_goes_there_is_a_copy(device):
    for make in (plugrad.from_numpy, lambda a: plugrad.tensor(a, device=device)):
        # Long enough that JAX would share the memory of NumPy's array.
        array = np.zeros(4096, np.float32)
        x = make(array).to(device)
        array[:] = 1.0
        assert x.sum().item() == 0.0
        back = x.cpu()
        back += 1
        assert x.sum().item() == 0.0


def test_numpy_reads_it_through_dlpack(device):
    x = plugrad.arange(6.0, device=device).reshape(2, 3)
    np.testing.assert_array_equal(np.from_dlpack(x), np.arange(6.0).reshape(2, 3))


def test_no_tensor_of_torchs_requires_a_gradient(torch):
    mine = torch.ones(3, requires_grad=True)
    x = plugrad.tensor(mine, device="torch", requires_grad=True)
    y = (x.exp() * x).sum()
    y.backward()
    assert not any(t.requires_grad for t in (x.raw, y.raw, x.grad.raw))
    np.testing.assert_allclose(x.grad.tolist(), [2 * np.e] * 3, rtol=1e-6)
    assert mine.grad is None


def test_torch_is_written_in_place_through_views(torch):
    mine = torch.zeros(3, 4)
    x = plugrad.as_tensor(mine, device="torch")
    x.T[1:3].add_(2.0)
    x[0].mul_(5.0)
    assert mine.tolist() == [[0, 10, 10, 0], [0, 2, 2, 0], [0, 2, 2, 0]]
    assert x.raw.data_ptr() == mine.data_ptr()
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        plugrad.zeros(3, 1, device="torch").expand(3, 2).add_(1.0)
    y = plugrad.zeros(5, device="torch")
    with pytest.raises(RuntimeError, match=r"partial overlap|some elements of the input tensor"):
        y[1:].add_(y[:-1])


def test_conjugates_are_arrays_of_their_own(torch):
    x = plugrad.tensor([1 + 2j], device="torch")
    y = x.conj().resolve_conj()
    assert not y.raw.is_conj()
    y.mul_(2)
    assert x.tolist() == [1 + 2j]


def test_torch_lacks_some_integers_and_says_so(torch):
    with pytest.raises(TypeError, match=r"^backend 'torch' has no plugrad\.uint16\nHint: it has bool, uint8, int8"):
        plugrad.zeros(2, dtype=plugrad.uint16, device="torch")


def test_jax_has_64_bits_unless_the_user_says_otherwise(jax):
    code = """
        x = plugrad.zeros(3, dtype=plugrad.float64, device="jax")
        print(x.dtype, plugrad.tensor([1], device="jax").dtype)
    """
    assert run("jax", code) == ["plugrad.float64", "plugrad.int64"]
    code = """
        for data in ([1], [0.5]):
            try:
                plugrad.tensor(data, dtype=None if data == [1] else plugrad.float64, device="jax")
            except TypeError as error:
                print(str(error).split()[-1] != "", str(error).partition("\\n")[0].replace(" ", "_"))
        model = plugrad.nn.Linear(3, 1).to("jax")
        loss = plugrad.nn.functional.mse_loss(model(plugrad.ones(2, 3, device="jax")), plugrad.zeros(2, 1, device="jax"))
        loss.backward()
        plugrad.optim.Adam(model.parameters()).step()
        print(loss.dtype)
    """
    assert run("jax", code, JAX_ENABLE_X64="0") == [
        "True", "backend_'jax'_has_no_plugrad.int64", "True", "backend_'jax'_has_no_plugrad.float64", "plugrad.float32",
    ]  # fmt: skip


def test_jax_has_all_its_devices(jax):
    code = """
        x = plugrad.arange(6.0, device="jax:1", requires_grad=True)
        y = (x.reshape(2, 3) * plugrad.ones(2, 3, device="jax:1")).index_add(
            0, plugrad.tensor([1], device="jax:1"), plugrad.ones(1, 3, device="jax:1"))
        y.sum().backward()
        print(y.device, x.grad.device, *{d.id for t in (y, x.grad) for d in t.raw.devices()})
        z = x.detach().to("jax:0")
        print(z.device, *{d.id for d in z.raw.devices()}, plugrad.zeros(1, device="jax").device)
        try:
            x + z
        except RuntimeError as error:
            print("at least two devices" in str(error))
        x.device.backend.synchronize(1)
    """
    found = run("jax", code, XLA_FLAGS="--xla_force_host_platform_device_count=3")
    assert found == ["jax:1", "jax:1", "1", "jax:0", "0", "jax:0", "True"]


def test_a_layer_learns_in_place_on_both(device):
    plugrad.manual_seed(0)
    layer = nn.Linear(3, 3).to(device)
    x = plugrad.randn(8, 3, device=device)
    optimizer = plugrad.optim.SGD(layer.parameters(), lr=0.5, momentum=0.5)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = (layer(x) - x).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
