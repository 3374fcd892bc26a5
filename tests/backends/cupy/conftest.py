"""The CUDA kernels, run on the processor through their launch wrappers."""

import numpy as np
import pytest

from plugrad.backends.cupy import faults, kernels_optimizer, launch
from plugrad.backends.numpy.namespace import KERNELS
from plugrad.core.namespace import Namespace
from tests.support import cuda_on_cpu


@pytest.fixture
def emulated():
    """The stand-in for CuPy. What has no kernel is computed by NumPy; ``launched`` says what had one."""
    if cuda_on_cpu.compiler() is None:
        pytest.skip("no g++ to compile CUDA kernels for the processor with")
    launch.use(cuda_on_cpu.Library, Namespace("numpy", np, KERNELS))
    cuda_on_cpu.Kernel.launched.clear()
    yield cuda_on_cpu.Library
    launch.use(None, None)
    faults.forget()
    kernels_optimizer.forget()
    cuda_on_cpu.forget()
