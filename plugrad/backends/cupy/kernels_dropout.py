"""The kernel of dropout, which computes its mask, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy.launch import BLOCK, blocks_for, function, generic, library, takes
from plugrad.core.ops import dropout

# Definitions of ops are untyped.
_threshold: Any = dropout.threshold


def dropout_by_seed(x: Any, *, p: float, seed: int) -> Any:
    if not takes(x):
        return generic("dropout_by_seed", x, p=p, seed=seed)
    cupy = library()
    out = cupy.empty(x.shape, x.dtype)
    # A thread draws four words at once, for as many numbers.
    function("dropout", x.dtype)(
        (blocks_for(x.size, 4 * BLOCK),),
        (BLOCK,),
        (
            cupy.ascontiguousarray(x),
            out,
            np.uint64(seed),
            np.uint64(0),
            np.uint64(_threshold(p)),
            np.float64(1 / (1 - p) if p < 1 else 0.0),
            np.int64(x.size),
        ),
    )
    return out


KERNELS: Final[dict[str, Callable[..., Any]]] = {"dropout_by_seed": dropout_by_seed}
