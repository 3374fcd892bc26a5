"""tools/gpu_check runs from end to end without a GPU, over the stand-in, and says so."""

from __future__ import annotations

import json

import pytest

from tools.gpu_check.__main__ import main
from tools.gpu_check.checks import CHECKS
from tools.gpu_check.measures import MEASURES

# It trains, which takes a while, and needs what `plugrad demo` needs: tests/cli runs the demo.
SLOW = ("demo", "conformance")


@pytest.mark.parametrize("names", [[n for n in CHECKS if n not in SLOW], list(MEASURES)])
def test_dry_run(tmp_path, capsys, names):
    status = main(["--dry", "--only", ",".join(names), "--out", str(tmp_path)])
    said = capsys.readouterr()
    assert status == 0, said.out + said.err
    # Beside the report, the list of those that were made on a GPU, of which a dry run is none.
    (page,), (data,) = tmp_path.glob("gpu-check-*.md"), tmp_path.glob("*.json")
    assert page.stem not in (tmp_path / "index.md").read_text()
    assert "it says nothing about any GPU" in page.read_text()
    found = json.loads(data.read_text())
    assert found["dry"] is True
    assert [r["status"] for r in found["results"]] == ["pass"] * len(names)
    assert all(f"| {r['name']} | pass |" in page.read_text() for r in found["results"])


def test_a_check_that_fails_is_reported(tmp_path, monkeypatch, capsys):
    def broken(dry):
        raise ValueError("this went wrong")

    monkeypatch.setitem(CHECKS, "indices", broken)
    assert main(["--dry", "--only", "indices", "--out", str(tmp_path)]) == 1
    assert "FAIL     indices: ValueError: this went wrong" in capsys.readouterr().out


def test_without_a_gpu_it_says_why(tmp_path, capsys, monkeypatch):
    from plugrad.backends.cupy import diagnose

    monkeypatch.setattr(diagnose, "reason", lambda: "no NVIDIA driver was found\nHint: install one.")
    assert main(["--out", str(tmp_path)]) == 2
    assert "no NVIDIA driver was found" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
