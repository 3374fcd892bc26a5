"""For the tests and the conformance kit run from a checkout: plugins that are not installed, from their folders."""

from __future__ import annotations

import contextlib
import os

import pytest

import plugrad_pytest
from tests.support import cupy_stand_in
from tests.support.plugins import folder_of, load_plugin


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    # Installed, plugrad brings them through its entry point.
    if not pluginmanager.is_registered(plugrad_pytest):
        pluginmanager.register(plugrad_pytest, "plugrad_pytest")
    with contextlib.suppress(ValueError):  # they are there already where the command line speaks of plugrad
        plugrad_pytest.add_kit_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    name = config.getoption("plugrad_backend")
    if os.environ.get("PLUGRAD_TESTS_CUPY"):
        # The CuPy backend without CuPy and a GPU: "definitions", or "kernels" for CUDA kernels on the processor too.
        cupy_stand_in.install(emulate=os.environ["PLUGRAD_TESTS_CUPY"] == "kernels")
    folder = folder_of(name)
    if folder is None:
        return
    load_plugin(name)
    xfails = folder / "xfails.txt"
    if config.option.plugrad_xfails is None and xfails.exists():
        config.option.plugrad_xfails = str(xfails)
