"""The backend that the tests run on, and what no test may leave behind."""

from __future__ import annotations

import pytest

from plugrad.testing.conformance import kit
from plugrad.testing.conformance.kit import backend as backend
from plugrad.testing.conformance.kit import device as device
from plugrad.testing.conformance.kit import nothing_leaks as nothing_leaks
from tests.support.plugins import folder_of
from tests.support.plugins import load_plugin as load_plugin


def pytest_collection_modifyitems(config, items):
    """Mark what a backend can't pass of these tests; what it can't pass of the conformance kit is in its xfails.txt."""
    folder = folder_of(config.getoption("--plugrad-backend"))
    listed = folder / "tests_xfails.txt" if folder is not None else None
    if listed is not None and listed.exists():
        kit.mark_xfails([item for item in items if item.path.parent != kit.HERE], kit.read_xfails(listed))


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
