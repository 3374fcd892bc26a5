"""tools.on_gpu runs tests where there is a GPU; a missing one is no failure, one that can't be used is."""

from __future__ import annotations

import pytest

from tools import on_gpu


def test_without_a_gpu_nothing_is_run_and_nothing_fails(capfd):
    assert on_gpu.main(["--no-such-option"], why_not=lambda: "CuPy is not installed", has_gpu=lambda: False) == 0
    assert "not run on a GPU: CuPy is not installed" in capfd.readouterr().out


def test_a_gpu_that_can_not_be_used_is_a_failure(capfd):
    assert on_gpu.main([], why_not=lambda: "no NVRTC", has_gpu=lambda: True) == 1
    assert "has a GPU, and the backend can't use it: no NVRTC" in capfd.readouterr().err


@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["--no-such-option"], 4)])
def test_with_a_gpu_the_status_is_that_of_pytest(arguments, status, capfd):
    assert on_gpu.main(arguments, why_not=lambda: None, has_gpu=lambda: True) == status


def test_the_reason_is_the_registrys():
    reason = on_gpu.why_not()
    assert reason is None or isinstance(reason, str)
