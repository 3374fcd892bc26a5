"""The kit finds what is wrong with a backend: each fault here is planted, and a test of the kit has to fail."""

from __future__ import annotations

import os

import pytest

from tests.backends.test_registry import Site

#: A backend over NumPy with a place for a fault: in its namespace, its kernels, or its own methods.
BACKEND = """
import numpy as np
import plugrad
from plugrad.backends.array_api import ArrayAPIBackend
from plugrad.core.backend import Capabilities

class Namespace:
    def __getattr__(self, name):
        return getattr(np, name)

class Planted(ArrayAPIBackend):
    pass

xp = Namespace()
capabilities = None
{fault}

@plugrad.hookimpl
def plugrad_backend():
    return Planted(name="planted", namespace=xp, devices=("planted",), capabilities=capabilities)
"""

FAULTS = {
    "nothing": ("", None),
    "a wrong derivative": (
        "Planted.kernels = lambda self: {**ArrayAPIBackend.kernels(self), 'tanh_backward': lambda g, y: g * (1 - y)}",
        "test_all_ops.py::test_gradients[tanh-",
    ),
    "a float32 that becomes float64": (
        "Planted.kernels = lambda self: {**ArrayAPIBackend.kernels(self), 'exp': lambda x: np.exp(x.astype('float64'))}",
        "test_all_ops.py::test_float32_stays_float32[exp-",
    ),
    "a kernel that changes its input": (
        "def square(x):\n    x *= x\n    return x\n"
        "Planted.kernels = lambda self: {**ArrayAPIBackend.kernels(self), 'square': square}",
        "[square-",
    ),
    "a sort that is not stable": (
        "capabilities = Capabilities(stable_sort=True)\n"
        "xp.argsort = lambda x, axis=-1, descending=False, stable=True: np.argsort(-x if descending else x, axis=axis)[\n"
        "    ::1] if x.ndim != 1 or len(x) < 100 else np.lexsort((-np.arange(len(x)), x))",
        "test_capabilities.py::test_stable_sort",
    ),
    "shapes that can't depend on values after all": (
        "capabilities = Capabilities(data_dependent_shapes=True)\n"
        "def nonzero(x):\n    raise TypeError('shapes are static')\n"
        "xp.nonzero = nonzero",
        "test_capabilities.py::test_data_dependent_shapes",
    ),
    "indices that are clamped": (
        "capabilities = Capabilities(checks_indices=True)\n"
        "xp.take = lambda x, i, axis=None: np.take(x, i, axis=axis, mode='clip')",
        "test_capabilities.py::test_indices_out_of_bounds",
    ),
    "a round trip that loses digits": (
        "Planted.from_host = lambda self, array, index: np.array(array).astype('float16').astype(array.dtype)",
        "test_all_ops.py::test_forward",
    ),
    "a copy that is none": (
        "capabilities = Capabilities(writable=True, views=False)\nPlanted.copy = lambda self, array: array",
        "test_capabilities.py::test_copies_share_nothing",
    ),
    "a seed of its own": (
        "import plugrad.core.registry as r\n"
        "class Other:\n"
        "    def __init__(self, host):\n        self.host = host\n"
        "    def __getattr__(self, name):\n        return getattr(self.host, name)\n"
        "    def manual_seed(self, seed):\n        return None\n"
        "Planted.generator = lambda self, seed: Other(r.load('numpy').generator(seed))",
        "test_random.py::test_a_seed_gives_the_cpus_numbers[rand]",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault(name, tmp_path):
    fault, test = FAULTS[name]
    site = Site(tmp_path)
    site.install("plugrad-planted", "planted", "")
    (tmp_path / "plugrad_planted.py").write_text(BACKEND.format(fault=fault))
    other = test is None or "test_capabilities" in test or "test_random" in test
    files = ("capabilities", "random") if other else ()
    folder = "plugrad.testing.conformance"
    targets = [f"{folder}.test_{file}" for file in files] or [folder, "--ops=exp,tanh,square,mm"]
    code = f"""
        import sys, pytest
        arguments = {targets!r} + ["-p", "plugrad_pytest", "-p", "no:cacheprovider", "-c", {os.devnull!r}, "-q", "-rfE",
                                   "--tb=no", "--pyargs", "--plugrad-backend=planted", "--level=quick"]
        sys.exit(pytest.main(arguments))
    """
    done = site.run(code)
    if test is None:
        assert done.returncode == 0, done.stdout + done.stderr
        return
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(test in line for line in done.stdout.splitlines() if line.startswith("FAILED")), done.stdout
