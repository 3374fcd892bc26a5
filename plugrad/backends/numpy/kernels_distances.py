"""Kernels of distances: a block of rows at a time, so that what lies between never is large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from plugrad.backends.numpy.quiet import quiet
from plugrad.core.namespace import DEFINITIONS, Namespace

_PLAIN: Final = Namespace("numpy", np, {})

# So many differences at once stay in a core's cache.
_BLOCK: Final = 1 << 16


def _blocks(x1: Any, x2: Any) -> Iterator[slice]:
    """The rows of ``x1`` in runs that make at most a block of differences, or one row."""
    rows = x1.shape[-2]
    one = max(1, x2.shape[-2] * x2.shape[-1] * max(x1[..., 0, 0].size, x2[..., 0, 0].size)) if rows else 1
    step = max(1, _BLOCK // one)
    for start in range(0, rows, step):
        yield slice(start, start + step)


@quiet
def cdist(x1: Any, x2: Any, *, p: Any = 2) -> Any:
    """Of squares the sum is taken without their array."""
    if 0 in x1.shape or 0 in x2.shape:
        return DEFINITIONS["cdist"](_PLAIN, x1, x2, p=p)
    lead = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    y = np.empty((*lead, x1.shape[-2], x2.shape[-2]), x1.dtype)
    for rows in _blocks(x1, x2):
        d = x1[..., rows, None, :] - x2[..., None, :, :]
        if p == 2:
            y[..., rows, :] = np.sqrt(np.einsum("...k,...k->...", d, d))
        else:
            y[..., rows, :] = DEFINITIONS["vector_norm"](_PLAIN, d, ord=p, axis=-1)
    return y


@quiet
def cdist_gradient(grad: Any, x1: Any, x2: Any, distances: Any, *, p: Any) -> Any:
    """The definition, for a block of rows at a time."""
    definition = DEFINITIONS["cdist_gradient"]
    if 0 in distances.shape or 0 in x1.shape:
        return definition(_PLAIN, grad, x1, x2, distances, p=p)
    parts = []
    for rows in _blocks(x1, x2):
        g, a, y = grad[..., rows, :], x1[..., rows, :], distances[..., rows, :]
        if p == 2:
            # No gradient at distance 0.
            weights = np.where(y == 0, 0, g / np.where(y == 0, 1, y))
            parts.append((weights[..., None, :] @ (a[..., None, :] - x2[..., None, :, :]))[..., 0, :])
        else:
            parts.append(definition(_PLAIN, g, a, x2, y, p=p))
    return np.concatenate(parts, axis=-2) if len(parts) > 1 else parts[0]


KERNELS: Final[dict[str, Callable[..., Any]]] = {"cdist": cdist, "cdist_gradient": cdist_gradient}
