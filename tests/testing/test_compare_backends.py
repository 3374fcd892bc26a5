"""compare_backends finds the op that is wrong: in forward, in a derivative, inside a rule."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

import plugrad
from plugrad import nn
from plugrad.backends.array_api import ArrayAPIBackend
from plugrad.testing import compare_backends
from tests.support.plugins import load_plugin

numbers = itertools.count()


@pytest.fixture
def backend_with():
    """Register a backend of NumPy's arrays with these kernels; returns its device."""

    def register(**kernels):
        name = f"planted{next(numbers)}"

        class Planted(ArrayAPIBackend):
            def kernels(self):
                return {**super().kernels(), **kernels}

        plugrad.register_backend(Planted(name=name, namespace=np, devices=(name,)))
        return name

    return register


def layers(x, w):
    """A function in which tanh is the third of its ops to be wrong, were it."""
    y = (x @ w).exp()
    return (plugrad.tanh(y) * y).mean()


def inputs():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3, 4)) * 0.3, rng.normal(size=(4, 2))]


@pytest.mark.parametrize("name", ["strict", "loopback"])
def test_backends_that_agree(name):
    load_plugin(name)
    report = compare_backends(layers, inputs(), "cpu", name)
    assert report.ok, report
    assert report.compared >= 10
    assert report.op is None
    assert repr(report).startswith("<BackendReport: cpu and ")


def test_a_wrong_kernel(backend_with):
    device = backend_with(tanh=lambda x: np.tanh(x) * 1.01)
    report = compare_backends(layers, inputs(), "cpu", device)
    assert not report.ok
    assert (report.kind, report.op) == ("forward", "tanh")
    x, w = inputs()
    np.testing.assert_allclose(report.inputs[0], np.exp(x @ w))
    expected, found = report.results
    np.testing.assert_allclose(expected[0], np.tanh(report.inputs[0]))
    np.testing.assert_allclose(found[0], 1.01 * expected[0])
    assert "the result of tanh() departs, after 2 op calls that agree" in repr(report)


def test_a_wrong_kernel_that_only_a_rule_calls(backend_with):
    device = backend_with(tanh_backward=lambda g, y: g * (1 - y), sgn=lambda x: -np.sign(x))
    report = compare_backends(lambda x: plugrad.abs(x).sum(), [np.array([1.0, -2.0])], "cpu", device)
    assert (report.kind, report.op, report.within) == ("gradient", "abs", "sgn")
    np.testing.assert_array_equal(report.inputs[0], [1, -2])
    np.testing.assert_allclose(report.results[0][0], [1.5, -1.5])
    np.testing.assert_array_equal(report.results[1][0], -report.results[0][0])
    assert "the gradient of abs() departs, in sgn() of its rule" in repr(report)


def test_a_kernel_that_raises(backend_with):
    def broken(x):
        raise ValueError("no such cable")

    device = backend_with(exp=broken)
    report = compare_backends(layers, inputs(), "cpu", device)
    assert (report.kind, report.op) == ("forward", "exp")
    assert isinstance(report.results[1], ValueError)
    assert "no such cable" in repr(report)


def test_a_kernel_of_another_dtype(backend_with):
    device = backend_with(exp=lambda x: np.exp(x).astype("float32"))
    report = compare_backends(layers, inputs(), "cpu", device)
    assert (report.kind, report.op) == ("forward", "exp")


def test_rounding_is_no_difference_and_tolerances_are_the_callers(backend_with):
    device = backend_with(exp=lambda x: np.exp(x) * (1 + 1e-5))
    assert not compare_backends(layers, inputs(), "cpu", device).ok
    assert compare_backends(layers, inputs(), "cpu", device, rtol=1e-3, atol=1e-3).ok


def test_a_function_that_takes_another_way(backend_with):
    device = backend_with()

    def other(x):
        return (x * 2 if x.device.type == "cpu" else x * 3).sum()

    report = compare_backends(other, [np.ones(2)], "cpu", device)
    assert (report.kind, report.op) == ("whole", None)
    assert report.results[0][0] == 4
    assert report.results[1][0] == 6


def test_a_module(backend_with):
    plugrad.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 3))
    x = np.random.default_rng(0).normal(size=(2, 1, 4, 4)).astype("float32")
    target = plugrad.tensor([0, 2])
    before = plugrad.get_rng_state().tolist()
    report = compare_backends(net, [x], "cpu", backend_with())
    assert report.ok, report
    assert all(p.grad is None and p.device.type == "cpu" for p in net.parameters())
    assert plugrad.get_rng_state().tolist() == before

    def loss(x, target):
        return nn.functional.cross_entropy(x.flatten(1), target)

    assert compare_backends(loss, [x, target], "cpu", backend_with()).ok
    device = backend_with(log_softmax=lambda x, *, axis: x)
    report = compare_backends(loss, [x, target], "cpu", device)
    assert not report.ok


def test_in_place_and_indices(backend_with):
    def change(x, where):
        y = x * 1
        y[where] = 2.0
        y[:, 1:].mul_(3)
        return (y.gather(1, plugrad.zeros(2, 1, dtype=plugrad.int64, device=x.device)) * x).sum() + y.cumsum(0).sum()

    arguments = [np.arange(6.0).reshape(2, 3), plugrad.tensor([1])]
    for name in ("strict", "loopback"):
        load_plugin(name)
        report = compare_backends(change, arguments, "cpu", name)
        assert report.ok, report
    device = backend_with(cumulative_sum=lambda x, *, axis=None, dtype=None, include_initial=False: x)
    assert compare_backends(change, arguments, "cpu", device).op == "cumulative_sum"


def test_the_snippet_shows_the_difference_by_itself(tmp_path):
    """With a backend that every interpreter has."""
    plugin = """
import numpy as np
import plugrad
from plugrad.backends.array_api import ArrayAPIBackend

class Planted(ArrayAPIBackend):
    def kernels(self):
        return {"tanh": lambda x: np.tanh(x) * 2, "sign": lambda x: -np.sign(x)}

plugrad.register_backend(Planted(name="planted", namespace=np, devices=("planted",)))
"""
    script = (
        plugin
        + """
from plugrad.testing import compare_backends
import sys
fn = plugrad.tanh if sys.argv[1] == "forward" else (lambda x: plugrad.cat([x.abs(), x]).sum())
inputs = [np.linspace(-1, 1, int(sys.argv[2]))]
print(compare_backends(fn, inputs, "cpu", "planted").snippet)
"""
    )
    (tmp_path / "make.py").write_text(script)
    for kind, size in (("forward", 2), ("forward", 100), ("gradient", 2)):
        made = subprocess.run(
            [sys.executable, "make.py", kind, str(size)], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        (tmp_path / "shown.py").write_text(plugin + made.stdout)
        shown = subprocess.run([sys.executable, "shown.py"], cwd=tmp_path, capture_output=True, text=True)
        assert shown.returncode == 0, made.stdout + shown.stderr
        first, second = shown.stdout.split("planted", 1)
        assert first.startswith("cpu ")
        if size == 2:
            a, b = ("-0.7616", "-1.5232") if kind == "forward" else ("-1.5000", "1.5000")
            assert a in first
            assert b in second
