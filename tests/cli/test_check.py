"""``plugrad check`` and ``plugrad backends``, each in an interpreter of its own beside plugins as pip installs them."""

from __future__ import annotations

import json
import sys

import pytest

import plugrad.testing
from plugrad import cli
from tests.backends.test_registry import GOOD, Site

CLI = "import sys; from plugrad import cli; sys.exit(cli.main({arguments}))"

#: A backend with a wrong tanh: in float32 and float64 alike.
WRONG = """
import numpy, plugrad
from plugrad.backends.array_api import ArrayAPIBackend

class Wrong(ArrayAPIBackend):
    def kernels(self):
        return {**super().kernels(), "tanh": lambda x: numpy.tanh(x) * 1.001}

@plugrad.hookimpl
def plugrad_backend():
    return Wrong(name="wrong", namespace=numpy, devices=("wrong",))
"""

FAST = """
import numpy, plugrad

@plugrad.hookimpl
def plugrad_kernels(backend):
    return {"exp": numpy.exp, "sin": numpy.sin}
"""


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)


def run(site, *arguments, **environment):
    return site.run(CLI.format(arguments=list(arguments)), **environment)


def test_a_card_of_a_wrong_backend(site, tmp_path):
    site.install("plugrad-wrong", "wrong", WRONG)
    arguments = ("check", "wrong", "--level=quick", "--ops=tanh,exp")
    done = run(site, *arguments, "--out", str(tmp_path / "card"))
    assert done.returncode == 1, done.stdout + done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line[:1].isalpha()}
    assert lines["tanh"][1:] == ["native", "plugrad-wrong", "1.0", "FAILED", "FAILED", "FAILED", "FAILED", "ok"]
    assert lines["exp"][1:] == ["native", "the", "library's", "function", "ok", "ok", "ok", "ok", "ok"]
    assert "test_all_ops.py::test_forward_equals_the_generic_definition[tanh-" in done.stdout
    assert "The backend does not conform." in done.stdout
    assert "slowest: " in done.stdout
    card = json.loads((tmp_path / "card" / "card.json").read_text())
    assert card["ok"] is False
    assert card["about"]["of"] == "plugrad-wrong 1.0"
    assert card["ops"]["exp"]["gradient"] == "passed"
    assert card["ops"]["tanh"]["forward"] == "failed"
    assert card["totals"]["failed"] == len(card["failures"]) > 0
    assert (
        sum(card["totals"][word] for word in ("passed", "failed", "xfailed", "unsupported", "skipped"))
        == (card["totals"]["tests"])
    )
    page = (tmp_path / "card" / "card.md").read_text()
    assert "| tanh | native | plugrad-wrong 1.0 | FAILED |" in page

    # Known failures are no failures, and say why they are.
    (tmp_path / "xfails.txt").write_text("[tanh-  # its author can't spell it\n")
    done = run(site, *arguments, "--xfails", str(tmp_path / "xfails.txt"))
    assert done.returncode == 1, "walks agree with each other, so a part of the tests passes"
    assert "its author can't spell it" in done.stdout
    assert "XPASS(strict)" in done.stdout


def test_what_a_library_lacks_is_unsupported(site, tmp_path):
    source = """
        import numpy, plugrad
        from plugrad.backends.array_api import ArrayAPIBackend

        class WithoutLinalg:
            def __getattr__(self, name):
                if name == "linalg":
                    raise AttributeError(name)
                return getattr(numpy, name)

        @plugrad.hookimpl
        def plugrad_backend():
            return ArrayAPIBackend(name="plain", namespace=WithoutLinalg(), devices=("plain",))
    """
    site.install("plugrad-plain", "plain", source)
    done = run(site, "check", "plain", "--level=quick", "--ops=linalg_qr,exp", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 ops: 1 native, 0 generic, 1 unsupported" in done.stdout
    assert "    linalg_qr  backend 'plain' has no 'linalg_qr', and plugrad has no generic definition" in done.stdout
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["ops"]["linalg_qr"]["how"] == card["ops"]["linalg_qr"]["forward"] == "unsupported"
    assert "## Unsupported" in (tmp_path / "card.md").read_text()


def test_a_good_backend_passes(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"))
    done = run(site, "check", "mylib", "--level=quick", "--ops=exp,mm")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 ops: 1 native, 1 generic, 0 unsupported" in done.stdout
    assert done.stdout.rstrip().endswith("The backend conforms.")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("nonesuch",), ("backend 'nonesuch' is not installed",)),
        (("bad",), ("backend 'bad' of plugrad-bad 1.0 failed to load", "Cause: ImportError: libbad.so.1")),
        (("numpy", "--ops=nonesuch"), ("--ops: no op is called 'nonesuch'",)),
        (("numpy", "--xfails=nowhere.txt"), ("nowhere.txt: No such file",)),
    ],
    ids=["missing", "broken", "op", "file"],
)
def test_what_can_not_start_ends_with_two(site, arguments, texts):
    site.install("plugrad-bad", "bad", "raise ImportError('libbad.so.1')")
    done = run(site, "check", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for text in texts:
        assert text in done.stderr


def test_without_pytest_it_says_what_to_install(monkeypatch, capsys):
    # As if nobody had imported it: the package has it as an attribute too.
    monkeypatch.delitem(sys.modules, "plugrad.testing.report", raising=False)
    monkeypatch.delattr(plugrad.testing, "report", raising=False)
    monkeypatch.setitem(sys.modules, "pytest", None)
    assert cli.main(["check", "numpy"]) == 2
    assert 'pip install "plugrad[test]"' in capsys.readouterr().err


def test_table_of_backends(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"), version="3.1")
    site.install("plugrad-bad", "bad", "raise ImportError('libbad.so.1')")
    site.install("fast-numpy", "numpy.fast", FAST, group="plugrad.kernels", version="0.2")
    site.install("no-use", "nothere.fast", FAST, group="plugrad.kernels")
    done = run(site, "backends")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["backend", "distribution", "version", "devices", "status"] in rows
    assert ["mylib", "plugrad-mylib", "3.1", "mylib", "usable"] in rows
    assert ["bad", "plugrad-bad", "1.0", "-", "unusable"] in rows
    assert ["numpy.fast", "fast-numpy", "0.2", "numpy", "2", "used"] in rows
    assert ["nothere.fast", "no-use", "1.0", "nothere", "not", "used"] in rows
    assert "bad is unusable: backend 'bad' of plugrad-bad 1.0 failed to load: ImportError: libbad.so.1" in done.stdout
    assert "kernels nothere.fast are not used: backend 'nothere' is not installed" in done.stdout


def test_where_ops_come_from(site):
    site.install("fast-numpy", "numpy.fast", FAST, group="plugrad.kernels", version="0.2")
    done = run(site, "backends", "numpy", "--kernels")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    assert rows["exp"] == ["kernel", "fast-numpy", "0.2"]
    assert rows["softmax"] == ["kernel", "plugrad"]
    assert rows["cos"] == ["library", "the", "library's", "function"]
    assert rows["xlogy"] == ["no,", "generic", "plugrad's", "definition"]
    assert done.stdout.rstrip().endswith("0 missing")


def test_one_backend(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"))
    done = run(site, "backends", "mylib")
    assert done.stdout.startswith("mylib of plugrad-mylib 1.0: usable\ndevices       mylib\n")
    assert "float32" in done.stdout
    assert "no views" in done.stdout


def test_a_backend_that_is_not_there_has_no_kernels(capsys):
    assert cli.main(["backends", "nonesuch", "--kernels"]) == 2
    assert "backend 'nonesuch' is not installed" in capsys.readouterr().err
    assert cli.main(["backends", "--kernels"]) == 2
    assert "--kernels needs the backend's name" in capsys.readouterr().err
