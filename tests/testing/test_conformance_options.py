"""The conformance kit as its users run it: its options, and lists of known failures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KIT = "plugrad.testing.conformance"


@pytest.fixture
def kit(tmp_path):
    """Run the kit from an empty folder, as somebody who has plugrad installed; returns status and output."""

    def run(*arguments, xfails=None):
        if xfails is not None:
            (tmp_path / "xfails.txt").write_text(xfails)
            arguments = (*arguments, "--plugrad-xfails=xfails.txt")
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        # By its name, whether an installation has the entry point or not: pytest takes it once.
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--tb=short", "--pyargs", KIT, *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=300,
            env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                 "PYTEST_PLUGINS": "plugrad_pytest"},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


def test_ops_chooses_by_names_and_patterns(kit):
    status, output = kit("--ops=exp,asin*", "--level=quick")
    assert status == 0, output
    for name in ("exp", "asin", "asinh"):
        assert f"test_gradients[{name}-2]" in output
    assert "exp2" not in output
    assert "test_trap_44" not in output
    assert "no tests" not in output
    assert "got empty parameter set" not in output


def test_quick_is_one_sample_of_each_op(kit):
    _, quick = kit("--ops=add", "--level=quick")
    _, full = kit("--ops=add", "--level=full")
    assert quick.count("PASSED") < full.count("PASSED")
    assert quick.count("test_gradients[add-") == 1
    assert full.count("test_gradients[add-") > 4


def test_an_op_that_does_not_exist(kit):
    status, output = kit("--ops=nonesuch")
    assert status != 0
    assert "--ops: no op is called 'nonesuch'" in output


def test_a_backend_that_is_not_installed(kit):
    status, output = kit("--plugrad-backend=nonesuch", "--ops=exp")
    assert status == 4, output
    assert "--plugrad-backend=nonesuch: backend 'nonesuch' is not installed" in output


def test_a_level_that_does_not_exist(kit):
    status, output = kit("--level=long")
    assert status == 4
    assert "invalid choice: 'long'" in output


def test_a_listed_test_that_passes_is_a_failure(kit):
    status, output = kit("--ops=exp", "--level=quick", xfails="test_gradients[exp-2]  # it has none\n")
    assert status == 1
    assert "[XPASS(strict)] it has none" in output


def test_an_entry_needs_a_reason(kit):
    status, output = kit("--ops=exp", xfails="# a comment\n\ntest_gradients[exp-0]\n")
    assert status == 4, output
    assert "xfails.txt:3: 'test_gradients[exp-0]' has no reason" in output


def test_a_file_that_does_not_exist(kit):
    status, output = kit("--ops=exp", "--plugrad-xfails=nowhere.txt")
    assert status == 4, output
    assert "nowhere.txt: No such file" in output


def test_an_entry_that_matches_nothing(kit):
    listed = "test_gradients[no_such_op-  # gone\n"
    # -k takes all other tests away; what the kit's own list says is looked at before.
    status, output = kit("-k", "every_entry", xfails=listed)
    assert status == 1, output
    assert "test_gradients[no_such_op-" in output
    status, output = kit("-k", "every_entry")
    assert status == 0, output


def test_other_runs_of_pytest_do_not_see_the_short_options(tmp_path):
    """A project with options of the same names, in an environment where plugrad is installed."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--level', type=int)\n    parser.addoption('--ops')\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it(request):\n    assert request.config.getoption('--level') == 3\n"
        "    assert 'plugrad' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--level=3"], cwd=tmp_path,
        capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
             "PYTEST_PLUGINS": "plugrad_pytest"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
