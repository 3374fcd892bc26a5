"""The kernels as users meet them: on a backend that has them, through layers, losses and optimizers."""

import subprocess
import sys

import numpy as np
import pytest

import plugrad
from plugrad import nn
from tests.support import cuda_on_cpu, cupy_stand_in
from tests.support.cuda_on_cpu import Kernel
from tests.support.plugins import load_plugin

if cuda_on_cpu.compiler() is None:
    pytest.skip("no g++ to compile CUDA kernels for the processor with", allow_module_level=True)

DEVICE = "emulated"
F = nn.functional

#: The ops that the kernels are of, or lie under.
OPS = (
    "softmax,softmax_backward,log_softmax,log_softmax_backward,gelu,gelu_backward,silu,silu_backward,layer_norm,"
    "layer_norm_backward,cross_entropy_of_logits,cross_entropy_backward,dropout_by_seed,embedding_backward,im2col,"
    "col2im,convolution,max_pool,max_pool_backward,avg_pool,avg_pool_backward,adaptive_max_pool"
)


@pytest.fixture(autouse=True)
def emulated():
    load_plugin("emulated")
    Kernel.launched.clear()


def launched():
    """How often each kernel was launched since the last question."""
    names = [name.partition("<")[0] for name in Kernel.launched]
    Kernel.launched.clear()
    return {name: names.count(name) for name in names}


def on_both(make, *shapes, seed=0):
    """What a function makes of tensors, and its gradients, on the device and on the CPU; both as NumPy's arrays."""
    values = [np.random.default_rng(seed + i).standard_normal(s).astype("f4") for i, s in enumerate(shapes)]
    found = []
    for device in (DEVICE, "cpu"):
        inputs = [plugrad.tensor(v, device=device, requires_grad=True) for v in values]
        y = make(*inputs)
        grads = plugrad.autograd.grad((y * y).sum(), inputs)
        found.append([t.detach().cpu().numpy() for t in (y, *grads)])
    for ours, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-5)


def test_layers_run_through_the_kernels():
    on_both(lambda x: F.softmax(x, dim=-1), (3, 40))
    assert launched() == {"softmax": 1, "softmax_backward": 1}
    on_both(lambda x: F.log_softmax(x, -1), (3, 4, 5))
    assert launched() == {"log_softmax": 1, "log_softmax_backward": 1}
    on_both(lambda x, w, b: F.layer_norm(x, (40,), w, b), (3, 40), (40,), (40,))
    assert launched() == {"layer_norm": 1, "layer_norm_backward": 1, "layer_norm_parts": 1, "layer_norm_total": 2}
    on_both(lambda x: F.gelu(x) + F.silu(x) + F.gelu(x, approximate="tanh"), (50,))
    assert launched() == {"gelu": 2, "gelu_backward": 2, "silu": 1, "silu_backward": 1}
    on_both(lambda x: F.max_pool2d(x, 3, 1, 1) + F.avg_pool2d(x, 3, 1, 1), (2, 2, 6, 6))
    assert launched() == {"max_pool": 1, "max_pool_backward": 1, "avg_pool": 1, "avg_pool_backward": 1}
    on_both(lambda x: F.adaptive_max_pool2d(x, (2, 3)), (2, 2, 5, 5))
    assert launched() == {"unpool_add": 1}


def indices(values, device):
    return plugrad.tensor(values, device=device)


def test_embedding_adds_up_its_gradient():
    for deterministic, kernel in ((False, "embedding_add"), (True, "embedding_sum")):
        plugrad.use_deterministic_algorithms(deterministic)
        try:
            on_both(lambda w: F.embedding(indices([[1, 2], [1, 4]], w.device), w, padding_idx=4), (5, 3))
        finally:
            plugrad.use_deterministic_algorithms(False)
        assert launched() == {kernel: 1}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_keeps_no_array_of_the_logits_size(reduction):
    options = {"reduction": reduction, "label_smoothing": 0.1, "ignore_index": 2}
    on_both(lambda x: F.cross_entropy(x, indices([1, 2, 0, 3], x.device), **options), (4, 7))
    assert launched() == {"cross_entropy": 1, "cross_entropy_total": 1, "cross_entropy_backward": 1}
    x = plugrad.randn(4, 7, device=DEVICE, requires_grad=True)
    loss = F.cross_entropy(x, indices([1, 2, 0, 3], DEVICE), reduction=reduction)
    kept = []
    with plugrad.autograd.graph.saved_tensors_hooks(lambda t: kept.append(tuple(t.shape)) or t, lambda t: t):
        F.cross_entropy(x * 1, indices([1, 2, 0, 3], DEVICE), reduction=reduction)
    # The logits themselves, and numbers of each row.
    assert kept.count((4, 7)) == 1
    assert loss.grad_fn.name() == "NllLossBackward0"


def test_cross_entropy_is_differentiable_twice():
    values = np.random.default_rng(1).standard_normal((4, 7))
    second = []
    for device in (DEVICE, "cpu"):
        x = plugrad.tensor(values, device=device, requires_grad=True)
        loss = F.cross_entropy(x, indices([1, 2, 0, 3], device), label_smoothing=0.2)
        (g,) = plugrad.autograd.grad(loss, x, create_graph=True)
        (h,) = plugrad.autograd.grad((g * g).sum(), x)
        second.append(h.cpu().numpy())
    np.testing.assert_allclose(*second, rtol=1e-10)


@pytest.mark.parametrize("target", [7, -1])
def test_a_class_that_is_not_there_is_an_index_error(target):
    x = plugrad.randn(4, 7, device=DEVICE)
    with pytest.raises(IndexError, match=f"Target {target} is out of bounds"):
        F.cross_entropy(x, indices([1, target, 0, 3], DEVICE))


def test_dropout_keeps_no_mask_and_computes_it_again():
    x = plugrad.ones(1000, device=DEVICE, requires_grad=True)
    kept = []
    with plugrad.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        generator = plugrad.manual_seed(5)
        y = F.dropout(x, 0.4)
        other = F.dropout(x, 0.4)
    assert kept == []
    assert launched() == {"dropout": 2}
    assert not plugrad.equal(y, other)
    (g,) = plugrad.autograd.grad(y.sum(), x)
    assert plugrad.equal(g, y.detach())
    assert abs(float((y == 0).float().mean()) - 0.4) < 0.07
    generator.manual_seed(5)
    assert plugrad.equal(F.dropout(x, 0.4), y)


def test_dropout_under_a_checkpoint_draws_the_same_again():
    layer = nn.Dropout(0.5)
    x = plugrad.ones(64, device=DEVICE, requires_grad=True)
    y = plugrad.utils.checkpoint.checkpoint(lambda t: layer(t) * t, x, use_reentrant=False)
    (g,) = plugrad.autograd.grad(y.sum(), x)
    assert plugrad.equal(g, 2 * y.detach())


def network(device):
    plugrad.manual_seed(3)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 32), nn.LayerNorm(32),
        nn.SiLU(), nn.Linear(32, 5),
    )  # fmt: skip
    return model.to(device)


OPTIMIZERS = {
    "sgd": (lambda p: plugrad.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01), "sgd"),
    "plain sgd": (lambda p: plugrad.optim.SGD(p, lr=0.05), "sgd"),
    "adam": (lambda p: plugrad.optim.Adam(p, lr=0.01, amsgrad=True), "adam"),
    "adamw": (lambda p: plugrad.optim.AdamW(p, lr=0.01, weight_decay=0.1), "adam"),
}


@pytest.fixture(params=[DEVICE, "cuda"])
def device(request):
    """The kernels on NumPy's backend, and on CuPy's over the stand-in for CuPy."""
    if request.param == "cuda":
        cupy_stand_in.install(emulate=True)
    yield request.param
    if request.param == "cuda":
        cupy_stand_in.uninstall()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_network_trains_as_on_the_cpu(device, name):
    make, kernel = OPTIMIZERS[name]
    ours = device
    x = np.random.default_rng(0).standard_normal((6, 1, 8, 8)).astype("f4")
    losses = {}
    for device in (ours, "cpu"):
        model = network(device)
        optimizer = make(model.parameters())
        inputs, target = plugrad.tensor(x, device=device), indices([0, 1, 2, 3, 4, 0], device)
        losses[device] = []
        for _ in range(6):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), target)
            loss.backward()
            optimizer.step()
            losses[device].append(loss.item())
        state = {k: v.cpu().numpy() for k, v in model.state_dict().items()}
        losses[device, "state"] = state
    np.testing.assert_allclose(losses[ours], losses["cpu"], rtol=1e-4)
    assert losses["cpu"][-1] < losses["cpu"][0]
    for k, v in losses["cpu", "state"].items():
        np.testing.assert_allclose(losses[ours, "state"][k], v, rtol=1e-3, atol=1e-4)
    # One launch for all eight parameters, six times.
    assert launched()[kernel] == 6


def test_steps_count_as_changes_of_parameters():
    w = nn.Parameter(plugrad.ones(3, device=DEVICE))
    y = (w * w).sum()
    before = w._version
    optimizer = plugrad.optim.Adam([w])
    w.grad = plugrad.ones(3, device=DEVICE)
    optimizer.step()
    assert w._version > before
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_rate_that_is_a_tensor_steps_one_by_one():
    w = nn.Parameter(plugrad.ones(3, device=DEVICE))
    optimizer = plugrad.optim.SGD([w], lr=plugrad.tensor(0.5))
    w.grad = plugrad.ones(3, device=DEVICE)
    optimizer.step()
    assert w.tolist() == [0.5, 0.5, 0.5]
    assert launched() == {}


def test_the_conformance_kit_passes_on_the_kernels():
    # Derivatives of both orders, transforms, layouts and dtypes of every op that has a kernel, or lies over one.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "plugrad/testing/conformance"]
    command += [f"--plugrad-backend={DEVICE}", f"--ops={OPS}", "--level=quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
