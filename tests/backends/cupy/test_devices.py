"""plugrad.cuda, memory, transfers and waits, over the stand-in for CuPy."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad import nn
from tests.support import cupy_stand_in as stand_in
from tests.support.library import raises


@pytest.fixture
def gpu():
    stand_in.install()
    yield stand_in
    stand_in.uninstall()


@pytest.fixture
def two_gpus():
    stand_in.install(devices=2)
    yield stand_in
    stand_in.uninstall()


def test_there_is_one(gpu):
    assert plugrad.cuda.is_available()
    assert plugrad.cuda.device_count() == 1
    assert plugrad.cuda.current_device() == 0
    assert plugrad.cuda.get_device_name() == plugrad.cuda.get_device_name("cuda:0") == "Stand-in"
    x = plugrad.ones(2, device="cuda")
    assert str(x.device) == "cuda:0"
    assert x.is_cuda
    assert x.get_device() == 0


def test_there_is_none(monkeypatch):
    stand_in.install()
    monkeypatch.setattr(stand_in.cuda.runtime, "driverGetVersion", lambda: 0)
    try:
        assert not plugrad.cuda.is_available()
        assert plugrad.cuda.device_count() == 0
        assert plugrad.cuda.memory_allocated() == plugrad.cuda.max_memory_allocated() == 0
        plugrad.cuda.empty_cache()
        with pytest.raises(plugrad.BackendError, match="no NVIDIA driver was found"):
            plugrad.cuda.synchronize()
        with pytest.raises(plugrad.BackendError, match="no NVIDIA driver was found"):
            plugrad.cuda.Stream()
    finally:
        stand_in.uninstall()


def test_other_devices_are_refused(gpu):
    for function in (plugrad.cuda.set_device, plugrad.cuda.synchronize, plugrad.cuda.Stream):
        with raises(ValueError, "Expected a cuda device, but got: cpu"):
            function("cpu")
    with raises(RuntimeError, "invalid device ordinal"):
        plugrad.cuda.synchronize(1)


# -- several GPUs ------------------------------------------------------------------------------------------------


def test_each_computes_its_own(two_gpus):
    x = plugrad.tensor([1.0, 2.0], device="cuda:1", requires_grad=True)
    assert two_gpus.cuda.runtime.getDevice() == 0
    y = (x * x + 1).exp().sum()
    y.backward()
    assert x.grad.raw.device_id == y.raw.device_id == 1
    assert two_gpus.cuda.runtime.getDevice() == 0
    np.testing.assert_allclose(x.grad.tolist(), [2 * np.exp(2.0), 4 * np.exp(5.0)], rtol=1e-6)


def test_they_do_not_mix(two_gpus):
    text = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cuda:1!"
    with raises(RuntimeError, text):
        plugrad.ones(2, device="cuda:0") + plugrad.ones(2, device="cuda:1")


def test_a_copy_goes_from_one_to_the_other(two_gpus):
    x = plugrad.tensor([1.0, 2.0], device="cuda:0", requires_grad=True)
    two_gpus.counts.reset()
    y = x.to("cuda:1")
    assert two_gpus.counts.to_host == two_gpus.counts.to_device == 0
    (y * 3).sum().backward()
    assert x.grad.raw.device_id == 0
    assert x.grad.tolist() == [3.0, 3.0]


def test_the_current_one_is_what_cuda_means(two_gpus):
    assert str(plugrad.ones(1, device="cuda").device) == "cuda:0"
    with plugrad.cuda.device(1):
        assert plugrad.cuda.current_device() == 1
        assert str(plugrad.ones(1, device="cuda").device) == "cuda:1"
    assert str(plugrad.ones(1, device="cuda").device) == "cuda:0"
    plugrad.cuda.set_device("cuda:1")
    assert plugrad.cuda.current_device() == 1
    plugrad.cuda.set_device(0)


def test_one_gpu_is_not_guarded(gpu):
    where = plugrad.ones(1, device="cuda").device
    assert where.xp.exp is stand_in.exp


# -- streams and events ------------------------------------------------------------------------------------------


def test_streams(gpu):
    stream, other = plugrad.cuda.Stream(), plugrad.cuda.Stream(priority=-1)
    before = plugrad.cuda.current_stream()
    with plugrad.cuda.stream(stream):
        assert plugrad.cuda.current_stream() == stream != before
        with plugrad.cuda.stream(other):
            assert plugrad.cuda.current_stream() == other
        with plugrad.cuda.stream(None):
            assert plugrad.cuda.current_stream() == stream
    assert plugrad.cuda.current_stream() == before
    stream.wait_stream(other)
    assert stream.query()
    stream.synchronize()
    assert gpu.counts.log == ["Stream.synchronize"]


def test_events(gpu):
    start, end = plugrad.cuda.Event(enable_timing=True), plugrad.cuda.Event(enable_timing=True)
    start.record()
    plugrad.ones(3, device="cuda") * 2
    end.record()
    end.wait()
    end.synchronize()
    assert end.query()
    assert start.elapsed_time(end) >= 0


def test_synchronize(gpu):
    plugrad.cuda.synchronize()
    assert gpu.counts.log == ["deviceSynchronize"]


# -- memory ------------------------------------------------------------------------------------------------------


def test_memory_is_counted(gpu):
    before = plugrad.cuda.memory_allocated()
    x = plugrad.zeros(1000, device="cuda")
    assert plugrad.cuda.memory_allocated() - before == 4000
    plugrad.cuda.reset_peak_memory_stats()
    y = x + 1
    del y
    assert plugrad.cuda.memory_allocated() - before == 4000
    assert 4000 <= plugrad.cuda.max_memory_allocated() - before <= 8100
    free, total = plugrad.cuda.mem_get_info()
    assert free < total
    text = plugrad.cuda.memory_summary()
    assert "cuda:0, Stand-in" in text
    assert all(word in text for word in ("allocated", "peak", "reserved"))
    plugrad.cuda.empty_cache()
    assert gpu.counts.log == ["free_all_blocks"]


def test_out_of_memory_says_what_is_full(gpu):
    stand_in.configure(limit=10_000)
    x = plugrad.zeros(2000, device="cuda")
    for too_much in (lambda: x + 1, lambda: plugrad.zeros(5000, device="cuda"), lambda: x.clone()):
        with pytest.raises(plugrad.OutOfMemoryError) as info:
            too_much()
        text = str(info.value)
        assert text.startswith("CUDA out of memory. Tried to allocate ")
        assert "GPU 0 has a total capacity of 16.00 GiB of which" in text
        assert "Arrays use " in text
        assert "\nHint: try a smaller batch" in text
        # Who waits for CuPy's own error gets it.
        assert isinstance(info.value, (RuntimeError, MemoryError))
        assert isinstance(info.value, stand_in.OutOfMemoryError)
    assert plugrad.cuda.OutOfMemoryError is plugrad.OutOfMemoryError
    assert x.tolist() == [0.0] * 2000


# -- copies, and memory shared with other libraries ----------------------------------------------------------------


def test_a_copy_to_the_host_may_come_later(gpu):
    x = plugrad.tensor([1.0, 2.0], device="cuda")
    gpu.counts.reset()
    for y in (x.cpu(non_blocking=True), x.to("cpu", non_blocking=True)):
        assert gpu.counts.waits == 0
        plugrad.cuda.synchronize()
        assert y.tolist() == [1.0, 2.0]
        gpu.counts.reset()
    assert x.to("cpu").tolist() == [1.0, 2.0]
    assert gpu.counts.waits == 1
    y = plugrad.ones(2).cuda(non_blocking=True)
    assert gpu.counts.waits == 1
    assert y.is_cuda


class ByDLPack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__()

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class ByInterface:
    def __init__(self, array):
        self.__cuda_array_interface__ = array.__cuda_array_interface__


@pytest.mark.parametrize("kind", [ByDLPack, ByInterface])
def test_memory_of_others_is_shared(gpu, kind):
    theirs = stand_in.asarray(np.array([1.0, 2.0], np.float32))
    x = plugrad.as_tensor(kind(theirs))
    assert str(x.device) == "cuda:0"
    theirs[0] = 5.0
    assert x.tolist() == [5.0, 2.0]
    x[1] = 7.0
    assert theirs.get().tolist() == [5.0, 7.0]
    gpu.counts.reset()
    y = plugrad.tensor(kind(theirs))
    assert gpu.counts.to_host == gpu.counts.to_device == 0
    theirs[0] = 0.0
    assert y.tolist() == [5.0, 7.0]


def test_ours_is_shared(gpu):
    x = plugrad.tensor([1.0, 2.0], device="cuda")
    assert x.__dlpack_device__()[0] == 2
    for theirs in (stand_in.asarray(x), stand_in.from_dlpack(x)):
        x[0] += 1
        assert theirs.get().tolist() == x.tolist()
    with raises(
        RuntimeError,
        "Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't required, use var.detach() to get Variable that doesn't require grad.",
    ):
        _ = x.requires_grad_().__cuda_array_interface__
    assert not hasattr(plugrad.ones(2), "__cuda_array_interface__")


def test_views_do_not_own_their_memory(gpu):
    x = plugrad.arange(12.0, device="cuda").reshape(3, 4)
    backend = x.device.backend
    z = plugrad.view_as_complex(x.reshape(3, 2, 2))
    views = [x.unfold(1, 2, 1), x.as_strided((2, 2), (1, 1)), z, plugrad.view_as_real(z), x.T, x[1], x.real]
    for view in views:
        assert not backend.owns_memory(view.raw) or view.raw is x.raw
        assert backend.shares_memory(view.raw, x.raw)
    assert plugrad.view_as_real(z).tolist() == x.reshape(3, 2, 2).tolist()
    z[0, 0] = 5 + 6j
    assert x[0].tolist() == [5.0, 6.0, 2.0, 3.0]
    assert backend.owns_memory((x + 1).raw)


# -- indices -----------------------------------------------------------------------------------------------------


def test_an_index_out_of_bounds_raises_at_the_next_wait(gpu):
    x = plugrad.arange(3.0, device="cuda")
    index = plugrad.tensor([0, 5], device="cuda")
    gpu.counts.reset()
    y = x.index_select(0, index)
    assert gpu.counts.waits == 0
    with pytest.raises(IndexError, match="index is out of bounds"):
        y.tolist()
    # It was said once.
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_or_when_somebody_synchronizes(gpu):
    x = plugrad.arange(3.0, device="cuda")
    x[plugrad.tensor([-4], device="cuda")]
    with pytest.raises(IndexError, match="index is out of bounds"):
        plugrad.cuda.synchronize()


def test_or_at_once_under_the_debug_switch(gpu):
    x = plugrad.arange(3.0, device="cuda")
    index = plugrad.tensor([3], device="cuda")
    plugrad.set_debug_enabled(True)
    try:
        with pytest.raises(IndexError, match=r"out of range in self\nHint: index 3 is out of bounds"):
            x.index_select(0, index)
    finally:
        plugrad.set_debug_enabled(False)


# -- what waits --------------------------------------------------------------------------------------------------


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
        )

    def forward(self, x):
        return self.layers(x)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: plugrad.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: plugrad.optim.Adam(p, lr=0.1),
        lambda p: plugrad.optim.AdamW(p, lr=0.1),
    ],
)
def test_a_training_step_waits_for_nothing(gpu, optimizer):
    plugrad.manual_seed(0)
    model = Classifier().to("cuda")
    steps = optimizer(model.parameters())
    x, target = plugrad.randn(5, 6, device="cuda"), plugrad.tensor([0, 1, 2, 0, 1], device="cuda")

    def step():
        steps.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        steps.step()
        return loss

    step()
    gpu.counts.reset()
    loss = step()
    assert (gpu.counts.waits, gpu.counts.to_host) == (0, 0), gpu.counts.log
    assert not gpu.counts.slow, "a number stands on the right of an operator"
    # Dropout draws its mask on the host, unless the GPU does.
    assert gpu.counts.to_device <= 1
    assert np.isfinite(loss.item())
    assert gpu.counts.waits > 0


def test_walks_ask_only_backends_in_use_for_their_current_device(two_gpus, monkeypatch):
    """Where a library has several devices, a backend that can't be used here has no current one to ask for."""
    from plugrad.core import device, registry

    x = plugrad.ones(2, device="cuda:1", requires_grad=True)
    (x * 2).sum().backward()
    switch = device.switch
    assert switch is not None
    two_gpus.uninstall()
    registry.load("cupy")
    monkeypatch.setattr(device, "switch", switch)
    x = plugrad.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2]
