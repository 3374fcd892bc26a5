"""The backend that the tests run on, and what no test may leave behind."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parent / "plugins"
EXAMPLES = Path(__file__).parents[1] / "examples" / "plugins"


def folder_of(name):
    """Where the source of a plugin is: those of the tests, or an example of a third party's."""
    return next((f for f in (PLUGINS / name, EXAMPLES / f"plugrad-{name}") if f.is_dir()), None)


def pytest_addoption(parser):
    parser.addoption(
        "--plugrad-backend", default="numpy", help="the backend that the op suite runs on (default: numpy)"
    )


def load_plugin(name):
    """Register a backend of tests/plugins or examples/plugins by hand, unless it is installed."""
    from plugrad.core import registry

    if name in registry.installed():
        return registry.load(name)
    folder = str(folder_of(name))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    backend = importlib.import_module(f"plugrad_{name}").plugrad_backend()
    registry.register_backend(backend)
    return backend


def pytest_collection_modifyitems(config, items):
    """Mark what a backend can't pass: its folder lists a part of each test's name and the reason."""
    folder = folder_of(config.getoption("--plugrad-backend"))
    if folder is None or not (folder / "xfails.txt").exists():
        return
    listed = folder / "xfails.txt"
    entries = [line.partition("#") for line in listed.read_text().splitlines() if line.partition("#")[0].strip()]
    for item in items:
        for name, _, reason in entries:
            if name.strip() in item.nodeid:
                item.add_marker(pytest.mark.xfail(reason=reason.strip(), strict=True))


@pytest.fixture(scope="session")
def backend(request):
    """The backend chosen by --plugrad-backend."""
    from plugrad.core import registry

    name = request.config.getoption("--plugrad-backend")
    return load_plugin(name) if folder_of(name) is not None else registry.load(name)


@pytest.fixture(scope="session")
def device(backend):
    """The device string of the chosen backend."""
    return "cpu" if backend.name == "numpy" else backend.devices[0]


@pytest.fixture(autouse=True)
def on_the_backend(request):
    """The behaviour tests make their tensors on the chosen backend, without naming it."""
    if request.config.getoption("--plugrad-backend") == "numpy" or "behaviour" not in request.path.parts:
        yield
        return
    import plugrad

    plugrad.set_default_device(request.getfixturevalue("device"))
    yield
    plugrad.set_default_device(None)


@pytest.fixture(autouse=True)
def nothing_leaks():
    """A test that leaves grad mode, the default dtype or the default device changed fails."""
    from plugrad.core import default_device, dtypes, modes

    before = modes.mode(), dtypes.get_default_dtype(), default_device.get_default_device()
    yield
    after = modes.mode(), dtypes.get_default_dtype(), default_device.get_default_device()
    modes.set_mode(before[0])
    dtypes.set_default_dtype(before[1])
    default_device.set_default_device(before[2])
    assert after == before, "the test left grad mode, the default dtype or the default device changed"
