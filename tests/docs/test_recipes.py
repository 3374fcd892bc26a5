"""The recipes of CONTRIBUTING.md work as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import plugrad
from plugrad.autograd import gradcheck, gradgradcheck
from plugrad.core.op import op

CONTRIBUTING = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


def block(heading: str, language: str) -> str:
    """The first code block in a language under a heading."""
    section = CONTRIBUTING.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert found, f"no {language} block under '{heading}'"
    return found[1]


def test_add_an_op(registers: None) -> None:
    # Under a name of its own, else it would replace the op that is there.
    source = re.sub(r"\blog1p\b(?!\(x\)$)", "log1p_of_the_recipe", block("Add an op", "py"), flags=re.MULTILINE)
    known: dict[str, object] = {"op": op}
    exec(compile(source, "CONTRIBUTING.md", "exec"), known)
    log1p = known["log1p_of_the_recipe"]
    x = plugrad.tensor([-0.5, 0.0, 3.0], dtype=plugrad.float64, requires_grad=True)
    assert log1p(x).tolist() == pytest.approx(plugrad.log1p(x).tolist())
    assert gradcheck(log1p, (x,))
    assert gradgradcheck(log1p, (x,))


def test_add_a_backend(tmp_path: Path) -> None:
    pytest.importorskip("array_api_strict", reason="the library of the recipe's backend")
    source, entry_point = block("Add a backend", "py"), block("Add a backend", "toml")
    assert len(source.splitlines()) < 30
    group, name, module = re.findall(r'"(.+?)"\]\n(\w+) = "(\w+)"', entry_point)[0]
    (tmp_path / f"{module}.py").write_text(source.replace("mylib.array_api", "array_api_strict"))
    metadata = tmp_path / "mylib_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mylib-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    script = f"""
import sys
sys.path.append({str(tmp_path)!r})
import plugrad
import plugrad.cli
model = plugrad.nn.Linear(3, 1).to("mylib")
x = plugrad.ones(2, 3, device="mylib", requires_grad=True)
model(x).relu().sum().backward()
print(x.grad.device, tuple(x.grad.shape))
plugrad.cli.main(["backends"])
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("mylib (2, 3)\n")
    assert re.search(r"^mylib +mylib-plugin +1\.0 +mylib +usable$", ended.stdout, re.MULTILINE)
