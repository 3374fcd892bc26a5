"""The standard's functions on Tensors, as code written for the standard calls them."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close

A = np.arange(6.0).reshape(2, 3)

CALLS = {
    "sum": lambda xp, x: xp.sum(x, axis=0, dtype=xp.float32),
    "prod": lambda xp, x: xp.prod(x, axis=1, keepdims=True),
    "mean": lambda xp, x: xp.mean(x, axis=(0, 1)),
    "var": lambda xp, x: xp.var(x, axis=1, correction=1.0),
    "std": lambda xp, x: xp.std(x, keepdims=True),
    "max": lambda xp, x: xp.max(x, axis=1),
    "min": lambda xp, x: xp.min(x),
    "argmax": lambda xp, x: xp.argmax(x, axis=0),
    "count_nonzero": lambda xp, x: xp.count_nonzero(x, axis=1),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=1, include_initial=True),
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=0, dtype=xp.float32),
    "diff": lambda xp, x: xp.diff(x, axis=0),
    "all": lambda xp, x: xp.all(x, axis=1),
    "concat": lambda xp, x: xp.concat([x, x], axis=None),
    "stack": lambda xp, x: xp.stack([x, x], axis=1),
    "unstack": lambda xp, x: xp.unstack(x, axis=1)[2],
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, x[0])[1],
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=-1),
    "squeeze": lambda xp, x: xp.squeeze(x[:1], axis=0),
    "permute_dims": lambda xp, x: xp.permute_dims(x, axes=(1, 0)),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1),
    "flip": lambda xp, x: xp.flip(x, axis=1),
    "roll": lambda xp, x: xp.roll(x, shift=1, axis=0),
    "tile": lambda xp, x: xp.tile(x, (2, 1, 2)),
    "repeat": lambda xp, x: xp.repeat(x, 2, axis=1),
    "tril": lambda xp, x: xp.tril(x, k=1),
    "meshgrid": lambda xp, x: xp.meshgrid(x[0], x[1], indexing="xy")[0],
}


@pytest.mark.parametrize("name", CALLS)
def test_standard_function(name, device):
    x = plugrad.tensor(A.tolist(), dtype=plugrad.float64, device=device, requires_grad=True)
    y = CALLS[name](x.__array_namespace__(), x)
    expected = CALLS[name](np, A) if name != "tile" else np.tile(A, (2, 1, 2))
    if name == "cumulative_prod":
        assert y.dtype is plugrad.float32
    assert_close(y, expected, 1e-6)
    if y.requires_grad:
        y.sum().backward()
        assert x.grad.shape == x.shape


def test_a_function_of_the_standard_can_be_differentiated(device):
    def standardized(x):
        xp = x.__array_namespace__()
        return (x - xp.mean(x, axis=-1, keepdims=True)) / xp.std(x, axis=-1, keepdims=True)

    x = plugrad.tensor([[1.0, 2.0, 4.0]], dtype=plugrad.float64, device=device, requires_grad=True)
    standardized(x).sum().backward()
    assert_close(x.grad, np.zeros((1, 3)), 1e-12)
