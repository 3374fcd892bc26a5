"""The kit's fixtures and hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugrad.core.errors import BackendError
from plugrad.testing.conformance import kit
from plugrad.testing.conformance.kit import backend as backend
from plugrad.testing.conformance.kit import device as device
from plugrad.testing.conformance.kit import nothing_leaks as nothing_leaks

#: The entries of --plugrad-xfails that match no test, where all tests were collected.
UNMATCHED = pytest.StashKey[list[str]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    kit.generate(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.parent == kit.HERE]
    if not ours:
        return
    kit.tested_backend(config)
    file = config.getoption("plugrad_xfails")
    entries = kit.read_xfails(Path(file)) if file is not None else []
    unmatched = kit.mark_xfails(ours, entries)
    if kit.is_whole(config, ours):
        config.stash[UNMATCHED] = [entry.part for entry in unmatched]
    kit.choose(config, items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    name = kit.op_of(item)
    if name is not None:
        item.user_properties.append(("plugrad_op", name))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    """What a backend may lack is no failure: the test is skipped, and the report card says what is missing."""
    try:
        return (yield)
    except (BackendError, TypeError) as error:
        reason = kit.lacking(error, pyfuncitem)
        if reason is None:
            raise
        pytest.skip(reason)
