"""Whether CuPy can compute here, and if not, what is missing and what to install.

``reason()`` is asked when the device is first used and by ``plugrad info``: it never raises, and makes neither a
context nor a stream on the GPU. ``diagnose()`` goes on to what only using the GPU can show. On the command line:
``python -m plugrad.backends.cupy.diagnose``.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from plugrad.backends.cupy import launch
from plugrad.core.errors import with_hint

#: The first version that this backend is written for.
OLDEST: Final = (14, 1)

INSTALL: Final = 'pip install "plugrad[cupy]" for CUDA 12, or "plugrad[cupy13]" for CUDA 13'


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    #: What is wrong, or None.
    wrong: str | None
    #: What was found, or what to do where something is wrong.
    detail: str


def wheels() -> list[str]:
    """The installed distributions that bring a ``cupy`` package, each with its version."""
    found = set()
    for dist in importlib.metadata.distributions():
        try:
            name = (dist.metadata["Name"] or "").lower().replace("_", "-")
        except Exception:  # the metadata of a distribution that is half gone
            continue
        if re.fullmatch(r"cupy|cupy-cuda\d+x?|cupy-rocm-[\d-]+", name):
            found.add(f"{name} {dist.version}")
    return sorted(found)


def _control(cuda: str) -> str:
    """The wheel that brings CUDA's libraries along."""
    return f"cupy-cuda{cuda}x[ctk]"


def _cuda_of(found: list[str]) -> str:
    """The major version of CUDA that the installed wheel is for."""
    match = re.match(r"cupy-cuda(\d+)", found[0]) if found else None
    return match.group(1)[:2] if match else "12"


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" =-")]
    return f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")


def _imported() -> Any:
    with warnings.catch_warnings():
        # Of two wheels CuPy only warns; _wheels says more.
        warnings.simplefilter("ignore")
        return launch.library()


# Each check returns what it found, or raises _Wrong.
class _Wrong(Exception):  # noqa: N818 - not an error of anybody's program
    def __init__(self, wrong: str, advice: str) -> None:
        super().__init__(wrong)
        self.finding = (wrong, advice)


def _wheels() -> str:
    found = wheels()
    if len(found) > 1:
        names = [name.partition(" ")[0] for name in found]
        raise _Wrong(
            f"{len(found)} CuPy wheels are installed, whose files overwrite each other: {', '.join(found)}",
            f"pip uninstall -y {' '.join(names)}, then {INSTALL}.",
        )
    return ", ".join(found) or "none known to pip"


def _import() -> str:
    try:
        cupy = _imported()
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise _Wrong(f"CuPy can't be imported: {_first_line(error)}", f"reinstall it: {INSTALL}.") from error
        raise _Wrong("CuPy is not installed", f"{INSTALL}.") from error
    except Exception as error:
        advice = f"reinstall it, with the NumPy that it was built for: {INSTALL}."
        raise _Wrong(f"CuPy can't be imported: {_first_line(error)}", advice) from error
    version = getattr(cupy, "__version__", "")
    numbers = tuple([int(n) for n in re.findall(r"\d+", version)[:2]])
    if numbers < OLDEST:
        raise _Wrong(f"CuPy {version} is too old", f"{INSTALL}; it brings {OLDEST[0]}.{OLDEST[1]} or newer.")
    return f"CuPy {version}"


def _driver() -> str:
    cupy = _imported()
    cuda = _cuda_of(wheels())
    version = int(cupy.cuda.runtime.driverGetVersion())
    if not version:
        raise _Wrong(
            "no NVIDIA driver was found",
            "install NVIDIA's driver for your GPU (`nvidia-smi` shows whether it works), or use device='cpu'.",
        )
    found = f"a driver for CUDA {version // 1000}.{version % 1000 // 10}"
    if version // 1000 < int(cuda):
        raise _Wrong(f"CuPy is for CUDA {cuda}, and there is {found}", "upgrade NVIDIA's driver.")
    if not cupy.is_available():
        try:
            cupy.cuda.runtime.getDeviceCount()
            cause = "it reports none"
        except Exception as error:
            cause = _first_line(error)
        raise _Wrong(
            f"there is {found}, but no GPU can be used ({cause})",
            "`nvidia-smi` lists GPUs; CUDA_VISIBLE_DEVICES may hide them; containers need --gpus.",
        )
    return f"{found}, {cupy.cuda.runtime.getDeviceCount()} GPU"


def _nvrtc() -> str:
    cupy = _imported()
    try:
        version = cupy.cuda.nvrtc.getVersion()
    except Exception as error:
        raise _Wrong(
            f"NVRTC, which compiles CuPy's kernels, can't be loaded: {_first_line(error)}",
            f'pip install "{_control(_cuda_of(wheels()))}" brings it.',
        ) from error
    return f"NVRTC {version[0]}.{version[1]}"


def _cublas() -> str:
    cupy = _imported()
    try:
        _ = cupy.cuda.cublas
    except Exception as error:
        raise _Wrong(
            f"cuBLAS can't be loaded: {_first_line(error)}",
            f'pip install "{_control(_cuda_of(wheels()))}" brings it.',
        ) from error
    return "cuBLAS loads"


def _handle() -> str:
    cupy = _imported()
    try:
        cupy.cuda.get_cublas_handle()
    except Exception as error:
        raise _Wrong(
            f"cuBLAS does not start: {_first_line(error)}", "the GPU may be out of memory, or in use."
        ) from error
    return "cuBLAS starts"


def _kernel() -> str:
    cupy = _imported()
    try:
        total = cupy.arange(10, dtype="f4").sum().get()
    except Exception as error:
        raise _Wrong(
            f"a kernel can't be compiled and run: {_first_line(error)}",
            f'CUDA\'s headers may be missing: pip install "{_control(_cuda_of(wheels()))}" brings them.',
        ) from error
    if total != 45:
        raise _Wrong(f"a sum came out as {total}, not 45", "the GPU or its driver is broken.")
    return "a kernel compiles, and computes what it should"


def _gemm() -> str:
    try:
        importlib.import_module("cupy_backends.cuda.libs.cublas").gemmStridedBatchedEx  # noqa: B018 - whether it is there
    except Exception as error:
        raise _Wrong(
            f"CuPy's binding of batched products is not where it was: {_first_line(error)}",
            "products of batches are computed by cupy.matmul instead, slower; please report this.",
        ) from error
    return "batched products through cuBLAS"


#: What can be looked at without a context on the GPU. The order is that of dependence.
_BEFORE: Final[dict[str, Callable[[], str]]] = {
    "installed": _wheels,
    "import": _import,
    "driver": _driver,
    "NVRTC": _nvrtc,
    "cuBLAS": _cublas,
}

_AFTER: Final[dict[str, Callable[[], str]]] = {"cuBLAS handle": _handle, "kernel": _kernel, "batched products": _gemm}


def _look(checks: dict[str, Callable[[], str]]) -> Iterator[Finding]:
    for what, check in checks.items():
        try:
            yield Finding(what, None, check())
        except _Wrong as wrong:
            yield Finding(what, *wrong.finding)
            return
        except Exception as error:
            yield Finding(what, f"it can't be told: {_first_line(error)}", f"reinstall CuPy: {INSTALL}.")
            return


def reason() -> str | None:
    """Why CuPy can't be used here, with a hint, or None. Does not raise, and starts nothing on the GPU."""
    for finding in _look(_BEFORE):
        if finding.wrong is not None:
            return with_hint(finding.wrong, finding.detail)
    return None


def diagnose() -> list[Finding]:
    """Everything that a GPU needs, in order, up to the first that is broken. Uses the GPU if there is one."""
    found = list(_look(_BEFORE))
    if found[-1].wrong is None:
        found += _look(_AFTER)
    return found


def main() -> int:
    """Print what was found, and return 1 if anything is wrong."""
    found = diagnose()
    for finding in found:
        text = finding.detail if finding.wrong is None else f"{finding.wrong}\n{'':18}Hint: {finding.detail}"
        print(f"{'ok' if finding.wrong is None else 'BROKEN':6}  {finding.what:9} {text}")  # noqa: T201 - a command of its own
    return int(found[-1].wrong is not None)


if __name__ == "__main__":
    sys.exit(main())
