"""Kernels beside the generic definitions, which compute in float64."""

import numpy as np

from plugrad.backends.cupy import sources
from plugrad.backends.numpy.namespace import KERNELS
from plugrad.core.namespace import DEFINITIONS, Namespace
from tests.support.cuda_on_cpu import Kernel

DTYPES = list(sources.TYPES)

#: The definitions over what NumPy spells differently, with none of its fused kernels.
PLAIN = Namespace("numpy", np, {n: k for n, k in KERNELS.items() if n not in DEFINITIONS or n in dir(np)})

#: Of each dtype: how far a result may be off, relative and absolute.
TOLERANCES = {"float64": (1e-11, 1e-12), "float32": (2e-5, 2e-6), "float16": (4e-3, 4e-3), "bfloat16": (3e-2, 2e-2)}


def dtype_of(name):
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def draw(library, shape, dtype, seed=0, scale=2.0):
    """Numbers of a dtype, in guarded memory, and the same exactly in float64."""
    values = (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype_of(dtype))
    return library.array(values)


def wide(x):
    """An array of numbers as the definitions take them."""
    x = np.asarray(x)
    return np.array(x, np.float64) if x.dtype.kind not in "iub" else np.array(x)


def expected(name, *arrays, **options):
    """What the op's definition makes of the arrays in float64."""
    with np.errstate(all="ignore"):
        return DEFINITIONS[name](PLAIN, *[None if a is None else wide(a) for a in arrays], **options)


def same(found, wanted, dtype, factor=1.0, scale=None):
    """Equal within what the dtype allows, and of that dtype and shape."""
    assert found.dtype.name == dtype
    assert found.shape == np.shape(wanted)
    relative, absolute = TOLERANCES[dtype]
    np.testing.assert_allclose(
        wide(found), wanted, rtol=factor * relative, atol=factor * absolute * (scale or 1), equal_nan=True
    )


def took(*names):
    """Whether these kernels, and no other, were launched since the last question."""
    launched = [name.partition("<")[0] for name in Kernel.launched]
    Kernel.launched.clear()
    return launched == list(names)
