"""The options of the conformance kit for pytest.

pytest loads this in every run of an environment where plugrad is installed. So it stands outside the package and
imports nothing of it, and options whose names others might use are only there where a command line speaks of plugrad.
"""

from __future__ import annotations

import pytest

LEVELS = ("quick", "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("plugrad", "plugrad.testing.conformance (which also takes --ops and --level)")
    group.addoption(
        "--plugrad-backend", default="numpy", metavar="NAME", help="the backend that is tested (default: numpy)"
    )
    group.addoption(
        "--plugrad-xfails",
        default=None,
        metavar="FILE",
        help="tests that fail on this backend: on each line a part of the test's id, two spaces, # and the reason",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    if any("plugrad" in argument for argument in args):
        add_kit_options(parser)


def add_kit_options(parser: pytest.Parser) -> None:
    """Add the options that only the kit has."""
    group = parser.getgroup("plugrad")
    group.addoption("--ops", default=None, metavar="NAMES", help="test these ops only: names or patterns, with commas")
    group.addoption(
        "--level", default="full", choices=LEVELS, help="quick: one small sample of each op; full: all (default: full)"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    named = (
        config.getoption("plugrad_backend") != "numpy",
        config.getoption("plugrad_xfails"),
        config.getoption("ops", None),
    )
    if any(named):
        from plugrad.testing.conformance import kit  # noqa: PLC0415 - this run is about plugrad

        kit.check_options(config)
