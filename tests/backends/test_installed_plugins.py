"""The example plugins as a third party's: installed with pip, found by their entry points, used from anywhere.

It runs where they are installed, as in the tox environments that are named after them.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys

import pytest


def version_of(name):
    """The version of an example plugin, or None where it is not installed."""
    try:
        return importlib.metadata.version(f"plugrad-{name}")
    except importlib.metadata.PackageNotFoundError:
        return None


@pytest.fixture(params=["jax", "torch"])
def name(request):
    if version_of(request.param) is None:
        pytest.skip(f"plugrad-{request.param} is not installed")
    return request.param


def run(folder, *arguments):
    """A fresh interpreter in an empty folder, so that nothing but what is installed can be found."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLUGRAD_")}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_entry_point_is_found(name):
    (found,) = [e for e in importlib.metadata.entry_points(group="plugrad.backends") if e.name == name]
    assert found.value == f"plugrad_{name}"
    assert found.dist.name == f"plugrad-{name}"


def test_it_is_listed_with_its_distribution_and_version(name, tmp_path):
    listed = run(tmp_path, "-m", "plugrad", "backends")
    (row,) = [line for line in listed.splitlines() if line.split()[:1] == [name]]
    assert row.split()[1:3] == [f"plugrad-{name}", version_of(name)]
    assert "unusable" not in row


def test_its_device_works_in_a_fresh_interpreter(name, tmp_path):
    code = f"""
import plugrad
x = plugrad.tensor(1.0, device="{name}", requires_grad=True)
(x * 3).exp().backward()
print(x.device.type, round(x.grad.item(), 3), x.dtype, x.to("cpu").device)
"""
    assert run(tmp_path, "-c", code).split() == [name, "60.257", "plugrad.float32", "cpu"]


def test_importing_plugrad_does_not_load_it(name, tmp_path):
    code = (
        f"import plugrad, sys; plugrad.ones(2).sum(); print('plugrad_{name}' in sys.modules, '{name}' in sys.modules)"
    )
    assert run(tmp_path, "-c", code).split() == ["False", "False"]
