"""The command ``plugrad``: what it prints and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import plugrad
from plugrad import cli


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugrad", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"plugrad {plugrad.__version__}\n"


def test_no_command_is_an_error_with_usage() -> None:
    ended = run()
    assert ended.returncode == 2
    assert "usage: plugrad" in ended.stderr


def test_info_shows_versions_and_numpys_device() -> None:
    ended = run("info")
    assert ended.returncode == 0, ended.stderr
    assert plugrad.__version__ in ended.stdout
    for name in ("Python", "numpy", "pluggy", "safetensors"):
        assert name in ended.stdout
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert ["numpy", "plugrad", plugrad.__version__, "cpu", "usable"] in rows


def test_a_disabled_backend_is_listed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "out of order\nHint: repair it."

    def load(name: str) -> None:
        raise plugrad.BackendError(reason)

    monkeypatch.setattr(cli.registry, "installed", lambda: {"mylib": "mylib-plugin 1.2"})
    monkeypatch.setattr(cli.registry, "load", load)
    assert cli.main(["backends"]) == 0
    out = capsys.readouterr().out
    assert ["mylib", "mylib-plugin", "1.2", "-", "unusable"] in [line.split() for line in out.splitlines()]
    assert "unusable" in out
    assert "mylib is unusable: out of order\n    Hint: repair it." in out


def test_demo_without_its_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli.main(["demo"]) == 2
    err = capsys.readouterr().err
    assert "matplotlib" in err
    assert 'pip install "plugrad[demo]"' in err


@pytest.mark.parametrize("epochs", ["0", "-1", "many"])
def test_demo_refuses_a_senseless_number_of_epochs(epochs: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", "--epochs", epochs])
    assert ended.value.code == 2
    assert "invalid positive integer value" in capsys.readouterr().err


class TestDemo:
    """With the extra `demo` installed, as in ``tox -e demo`` and in a development environment."""

    @pytest.fixture(autouse=True)
    def extra(self) -> None:
        for name in ("sklearn", "matplotlib", "tqdm"):
            pytest.importorskip(name, reason="needs the extra `demo`")

    def test_an_unknown_device_is_refused_before_anything_runs(self, tmp_path: Path) -> None:
        ended = run("demo", "--device", "nonesuch", "--out", str(tmp_path / "out"))
        assert ended.returncode == 2
        assert "nonesuch" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert not (tmp_path / "out").exists()

    def test_one_epoch_misses_the_goal_but_saves_and_draws(self, tmp_path: Path) -> None:
        ended = run("demo", "--epochs", "1", "--seed", "3", "--out", str(tmp_path))
        assert ended.returncode == 1
        assert "epoch   1" in ended.stdout
        assert "predicts the same" in ended.stdout
        assert "under 97%" in ended.stderr
        assert {path.name for path in tmp_path.iterdir()} == {"digits.safetensors", "loss.png"}
        assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")

    def test_the_whole_run_reaches_the_goal_and_repeats_itself(self, tmp_path: Path) -> None:
        first, second = run("demo", "--out", str(tmp_path)), run("demo", "--out", str(tmp_path))
        assert first.returncode == 0, first.stdout + first.stderr
        assert first.stdout.count("epoch") == 30
        assert first.stdout == second.stdout
