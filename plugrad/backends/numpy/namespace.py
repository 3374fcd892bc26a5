"""The NumPy backend's kernels, collected: what NumPy spells differently, or what can be faster than its function.

A raw 0-d value may be a NumPy scalar here: NumPy's functions return them, they are immutable, and their arithmetic
through Python's operators takes 50 ns where a ufunc on 0-d arrays takes 300. So arithmetic goes through operators,
which cost the same as the ufunc on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.numpy import (
    kernels_batch_norm,
    kernels_complex,
    kernels_convolution,
    kernels_counts,
    kernels_decompositions,
    kernels_distances,
    kernels_gamma,
    kernels_group_norm,
    kernels_index,
    kernels_linalg,
    kernels_neural,
    kernels_padding,
    kernels_pointwise,
    kernels_pooling,
    kernels_powers,
    kernels_reduce,
    kernels_scipy,
    kernels_shape,
    kernels_special,
)

KERNELS: Final[dict[str, Callable[..., Any]]] = {
    **kernels_pointwise.KERNELS,
    **kernels_powers.KERNELS,
    **kernels_complex.KERNELS,
    **kernels_special.KERNELS,
    **kernels_gamma.KERNELS,
    **kernels_scipy.KERNELS,
    **kernels_shape.KERNELS,
    **kernels_reduce.KERNELS,
    **kernels_index.KERNELS,
    **kernels_counts.KERNELS,
    **kernels_linalg.KERNELS,
    **kernels_decompositions.KERNELS,
    **kernels_distances.KERNELS,
    **kernels_neural.KERNELS,
    **kernels_batch_norm.KERNELS,
    **kernels_group_norm.KERNELS,
    **kernels_padding.KERNELS,
    **kernels_convolution.KERNELS,
    **kernels_pooling.KERNELS,
}
