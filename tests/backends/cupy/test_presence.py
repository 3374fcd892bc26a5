"""What plugrad says of CuPy on machines that lack some of what it needs: each time its own reason, and never an error.

CuPy is a package of the tests' own here, in an interpreter of its own, that fails as CuPy 14.2 does.
"""

from __future__ import annotations

import pytest

from tests.support.installed import Site

CUPY = """
import sys, types
__version__ = "{version}"
class ndarray: pass
class CUDARuntimeError(RuntimeError): pass
calls = []

def count():
    calls.append("getDeviceCount")
    if not {devices}:
        raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
    return {devices}

class Cuda(types.ModuleType):
    def __getattr__(self, name):
        if name == "cublas" and not {cublas}:
            raise ImportError("libcublas.so.12: cannot open shared object file: No such file or directory")
        if name in ("Stream", "Device", "get_cublas_handle"):
            raise AssertionError("a probe made a " + name)
        if name == "cublas":
            return types.SimpleNamespace()
        raise AttributeError(name)

def nvrtc():
    if not {nvrtc}:
        raise RuntimeError("DynamicLibNotFoundError: Failure finding \\"libnvrtc.so\\"\\n  in all these places")
    return (12, 9)

cuda = Cuda("cupy.cuda")
cuda.runtime = types.SimpleNamespace(getDeviceCount=count, driverGetVersion=lambda: {driver})
cuda.nvrtc = types.SimpleNamespace(getVersion=nvrtc)

def is_available():
    return bool({devices}) and {driver} > 0
"""

WHOLE = {"version": "14.2.0", "devices": 1, "driver": 12080, "nvrtc": True, "cublas": True}
WHY = "from plugrad.backends.cupy import diagnose; print(diagnose.reason())"

#: A CuPy that is installed here for real must not be seen.
HIDE = """
import importlib.metadata as m
everything = m.distributions
m.distributions = lambda **options: [
    d for d in everything(**options)
    if not (d.metadata["Name"] or "").startswith("cupy") or {folder!r} in str(d.locate_file(""))
]
"""


class Machine(Site):
    """A site with CuPy wheels, of which the package is ``code``."""

    def __init__(self, folder, wheels=("cupy-cuda12x",), code=None, **lacks):
        super().__init__(folder)
        for wheel in wheels:
            info = folder / f"{wheel.replace('-', '_')}-14.2.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {wheel}\nVersion: 14.2.0\n")
        (folder / "cupy.py").write_text(CUPY.format(**{**WHOLE, **lacks}) if code is None else code)

    def run(self, code, **environment):
        return super().run(HIDE.format(folder=str(self.folder)) + code, **environment)


site_with = Machine


EVERYTHING = """
import plugrad
from plugrad.backends.cupy import diagnose
from plugrad.cli import main
print(diagnose.reason())
print("--")
print(main(["backends"]))
print("--")
try:
    plugrad.ones(2, device="cuda")
except plugrad.BackendError as error:
    print(error)
print("--")
print(plugrad.cuda.is_available(), (plugrad.ones(2) * 2).tolist())
"""


def says(site, *texts):
    """The reason has these texts, the list of backends too, who uses a GPU gets them as an error, and the CPU works."""
    done = site.run(EVERYTHING)
    assert done.returncode == 0, done.stderr
    reason, listed, raised, works = done.stdout.split("--\n")
    for where in (reason, listed, raised):
        assert all(text in where for text in texts), where
    assert listed.endswith("0\n")
    assert raised.startswith(("device 'cuda:0' can't be used: ", "device 'cuda' can't be used: "))
    assert raised.count("Hint: ") == 1
    assert works == "False [2.0, 2.0]\n"


def test_nothing_is_wrong(tmp_path):
    assert site_with(tmp_path).run(WHY).stdout.strip() == "None"


def test_no_cupy(tmp_path):
    code = "raise ModuleNotFoundError(\"No module named 'cupy'\", name='cupy')"
    says(
        site_with(tmp_path, (), code=code),
        "CuPy is not installed",
        'pip install "plugrad[cupy]" for CUDA 12, or "plugrad[cupy13]" for CUDA 13',
    )


def test_two_wheels(tmp_path):
    says(
        site_with(tmp_path, ("cupy-cuda12x", "cupy-cuda13x")),
        "2 CuPy wheels are installed, whose files overwrite each other: cupy-cuda12x 14.2.0, cupy-cuda13x 14.2.0",
        "pip uninstall -y cupy-cuda12x cupy-cuda13x, then pip install",
    )


@pytest.mark.parametrize(
    "error", ["ImportError('libfoo.so')", "ValueError('numpy.dtype size changed')", "OSError('x')"]
)
def test_a_broken_installation(tmp_path, error):
    says(site_with(tmp_path, code=f"raise {error}"), "CuPy can't be imported: ", "reinstall it")


def test_an_old_cupy(tmp_path):
    says(site_with(tmp_path, version="13.6.0"), "CuPy 13.6.0 is too old", "it brings 14.1 or newer")


def test_no_driver(tmp_path):
    says(site_with(tmp_path, driver=0, devices=0), "no NVIDIA driver was found", "install NVIDIA's driver")


def test_an_old_driver(tmp_path):
    says(
        site_with(tmp_path, ("cupy-cuda13x",)),
        "CuPy is for CUDA 13, and there is a driver for CUDA 12.8",
        "upgrade NVIDIA's driver",
    )


def test_a_driver_and_no_gpu(tmp_path):
    says(
        site_with(tmp_path, devices=0),
        "there is a driver for CUDA 12.8, but no GPU can be used (CUDARuntimeError: cudaErrorNoDevice",
        "CUDA_VISIBLE_DEVICES",
    )


def test_a_driver_and_no_nvrtc(tmp_path):
    says(
        site_with(tmp_path, nvrtc=False),
        "NVRTC, which compiles CuPy's kernels, can't be loaded: RuntimeError: DynamicLibNotFoundError",
        'pip install "cupy-cuda12x[ctk]" brings it',
    )


def test_no_cublas(tmp_path):
    says(site_with(tmp_path, cublas=False), "cuBLAS can't be loaded", 'pip install "cupy-cuda12x[ctk]" brings it')


def test_a_probe_that_fails_is_a_reason(tmp_path):
    site = site_with(tmp_path, code=CUPY.format(**WHOLE) + "\ndel cuda.runtime.driverGetVersion\n")
    says(site, "it can't be told: AttributeError")


def test_diagnose_stops_at_what_is_broken(tmp_path):
    done = site_with(tmp_path, nvrtc=False).run(
        "from plugrad.backends.cupy import diagnose; raise SystemExit(diagnose.main())"
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines if not line.startswith(" ")] == [
        ["ok", "installed"], ["ok", "import"], ["ok", "driver"], ["BROKEN", "NVRTC"],
    ]  # fmt: skip
    assert "ctk" in lines[-1]


def test_nothing_is_imported_before_it_is_asked_for(tmp_path):
    site = site_with(tmp_path, code="raise SystemExit('imported')")
    code = "import plugrad, plugrad.cli; from plugrad.core import registry; registry.load('cupy'); print('fine')"
    assert site.run(code).stdout.strip() == "fine"
