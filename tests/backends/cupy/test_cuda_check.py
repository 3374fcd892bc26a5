"""tools.cuda_check compiles every kernel where CuPy and NVRTC are, and finds what is wrong with one."""

import re

import pytest

from plugrad.backends.cupy import sources
from tools import cuda_check

needs_compiler = pytest.mark.skipif(
    cuda_check.unavailable_reason() is not None, reason=f"NVRTC: {cuda_check.unavailable_reason()}"
)
ARCHITECTURE = "sm_90"


def kernels_of(text):
    """The name of each kernel of a file, and where its body begins."""
    return [(m[1], m.end()) for m in re.finditer(r"__global__ void (\w+)\([^)]*\) \{", text)]


@pytest.mark.parametrize("name", sources.INSTANTIATIONS)
def test_every_kernel_of_a_file_is_instantiated_and_nothing_else(name):
    written = {kernel for kernel, _ in kernels_of(sources.source(name))}
    assert written == {i.partition("<")[0] for i in sources.INSTANTIATIONS[name]}
    assert len(set(sources.INSTANTIATIONS[name])) == len(sources.INSTANTIATIONS[name])


def test_every_file_is_listed():
    from importlib.resources import files

    folder = files("plugrad.backends.cupy") / "kernels"
    assert {f.name[:-3] for f in folder.iterdir() if f.name.endswith(".cu")} == set(sources.INSTANTIATIONS)


@needs_compiler
@pytest.mark.parametrize("name", sources.INSTANTIATIONS)
def test_a_missing_semicolon_is_caught_in_every_kernel(name):
    text = sources.source(name)
    for kernel, start in kernels_of(text):
        place = text.index(";", start)
        # The front end refuses, so that no machine code is made: quick.
        report = cuda_check.check(name, ARCHITECTURE, text[:place] + text[place + 1 :])
        assert report.error is not None, f"{kernel} compiles without its first semicolon"
        assert f"{name}.cu(" in report.error
        assert "expected" in report.error


@needs_compiler
def test_an_instantiation_that_does_not_compile_is_caught():
    text = "template <class T> __global__ void good(T* x) { x[0] = T(1.f); }"
    binary, mangled, _ = cuda_check.compile_source(text, ARCHITECTURE, ["good<float>", "good<double>"])
    assert binary[:4] == b"\x7fELF"
    assert set(mangled) == {"good<float>", "good<double>"}
    # An error of this type only, so not one of the template's syntax.
    bad = "struct Two { int two; };\n" + text.replace("T(1.f)", "T(1.f) + Two{2}")
    with pytest.raises(Exception, match="no operator"):
        cuda_check.compile_source(bad, ARCHITECTURE, ["good<float>"])


@needs_compiler
def test_the_command_reports_and_fails(capsys, monkeypatch):
    name = next(iter(sources.INSTANTIATIONS))
    monkeypatch.setitem(sources.INSTANTIATIONS, name, sources.INSTANTIATIONS[name][:1])
    good = cuda_check.check(name, ARCHITECTURE)
    assert good.error is None
    ((registers, spilled),) = good.kernels.values()
    assert 8 < registers <= 255
    assert spilled == 0
    monkeypatch.setattr(cuda_check, "run", lambda *_: [good])
    assert cuda_check.main([name, "--arch", ARCHITECTURE]) == 0
    assert "1 kernels compiled, 0 of 1 files refused" in capsys.readouterr().out
    bad = cuda_check.check(name, ARCHITECTURE, "__global__ void f() { int }")
    monkeypatch.setattr(cuda_check, "run", lambda *_: [good, bad])
    assert cuda_check.main([name, "--arch", ARCHITECTURE]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert "error:" in out


def test_without_cupy_the_command_says_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(cuda_check, "unavailable_reason", lambda: "CuPy is not installed")
    assert cuda_check.main([]) == 2
    assert "CuPy is not installed" in capsys.readouterr().err
