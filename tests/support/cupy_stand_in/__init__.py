"""CuPy, as far as plugrad's backend uses it, over the host's memory: what only works because an array is NumPy's fails.

Arrays refuse bool(), float() and int(), NumPy functions and foreign operands; reductions return 0-d arrays; an index out
of bounds wraps around silently; signatures are CuPy's own (test_stand_in.py compares them with a real CuPy where there
is one). Every transfer and every wait for the device is counted, and so is every operator with a number on its right,
which CuPy sends through NumPy. CUDA kernels run on the processor where that is asked for (cuda_on_cpu).
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.support.cupy_stand_in import arrays, device, functions, linear_algebra, state
from tests.support.cupy_stand_in.arrays import _open, _wrap
from tests.support.cupy_stand_in.device import _gemm
from tests.support.cupy_stand_in.linear_algebra import _errstate
from tests.support.cupy_stand_in.state import _malloc, _state, configure

__version__ = "14.2.0"
newaxis, pi, e, inf, nan = None, np.pi, np.e, np.inf, np.nan

# It has to look like one module.
for _module in (state, arrays, functions, linear_algebra, device):
    globals().update({name: value for name, value in vars(_module).items() if not name.startswith("_")})


class _Special:
    """cupyx.scipy.special by SciPy."""

    def __getattr__(self, name):
        import scipy.special

        function = getattr(scipy.special, name)
        return lambda *args: _wrap(np.asarray(function(*[_open(a) for a in args])))


companions: dict[str, Any] = {
    "cupyx": SimpleNamespace(
        errstate=_errstate, empty_pinned=lambda shape, dtype=float, order="C": np.empty(shape, dtype)
    ),
    "cupyx.scipy.special": _Special(),
    "cupy_backends.cuda.libs.cublas": SimpleNamespace(gemmStridedBatchedEx=_gemm),
}


def install(**settings: Any) -> None:
    """Let plugrad's backend compute with this instead of CuPy."""
    from plugrad.backends.cupy import launch

    configure(**settings)
    _forget()
    launch.use(sys.modules[__name__], None, kernels=bool(_state["emulate"]))


def uninstall() -> None:
    """Let it compute with CuPy again."""
    from plugrad.backends.cupy import launch

    _forget()
    launch.use(None, None)


def _forget() -> None:
    """Let plugrad find its GPUs anew."""
    from plugrad.backends.cupy import backend, faults, kernels_optimizer, memory
    from plugrad.core import default_device, device, registry

    _state["allocator"] = _malloc
    faults.forget()
    memory.forget()
    kernels_optimizer.forget()
    backend.forget()
    for where in device.known():
        if where.type == "cuda":
            where.backend = where.xp = where.ops = None
    for table in (registry._loaded, registry._namespaces, registry._of_several):
        table.pop("cupy", None)
    device.switch = None
    registry._by_device_type.pop("cuda", None)
    default_device._places.clear()
