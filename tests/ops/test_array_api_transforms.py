"""Functions of plugrad.array_api under vmap and in forward mode: the samples of the gradients' tests."""

from __future__ import annotations

import pytest

import plugrad
import plugrad.array_api as xp
from tests.ops.test_array_api_gradients import NAMES, _draw, calls
from tests.support.compare import assert_close

# The size of their result depends on values.
DYNAMIC = {"unique_all", "unique_counts", "unique_inverse", "unique_values"}


def _tuple(y):
    return y if isinstance(y, tuple) else (y,)


@pytest.mark.parametrize("name", NAMES)
def test_batched(name, device):
    """A batch at once is what its elements are one by one."""
    for function, inputs in calls(name):
        batch = [_draw((2, *shape), low, high, seed, device).detach() for seed, (shape, low, high) in enumerate(inputs)]
        if name in DYNAMIC:
            with pytest.raises(
                RuntimeError, match="vmap: We do not support batching operators that can output dynamic"
            ):
                plugrad.vmap(function)(*batch)
            continue
        found = _tuple(plugrad.vmap(function)(*batch))
        single = [_tuple(function(*[x[i] for x in batch])) for i in range(2)]
        for k, y in enumerate(found):
            assert_close(y, plugrad.stack([single[0][k], single[1][k]]).numpy(force=True), 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_forward_mode(name, device):
    """What forward mode says of a direction is what backward mode says, seen from the other side."""
    for function, inputs in calls(name):
        leaves = [_draw(shape, low, high, seed, device) for seed, (shape, low, high) in enumerate(inputs)]
        ys = [y for y in _tuple(function(*leaves)) if y.requires_grad]
        seeds = [plugrad.linspace(0.5, 1.5, y.numel(), dtype=y.dtype, device=device).reshape(y.shape) for y in ys]
        grads = plugrad.autograd.grad(ys, leaves, seeds)
        directions = tuple(
            plugrad.linspace(1, 2, x.numel(), dtype=x.dtype, device=device).reshape(x.shape) for x in leaves
        )
        _, tangents = plugrad.func.jvp(function, tuple(x.detach() for x in leaves), directions)
        forward = sum(xp.real(xp.conj(seed) * t).sum() for seed, t in zip(seeds, _tuple(tangents), strict=True))
        backward = sum((g * v).sum() for g, v in zip(grads, directions, strict=True))
        assert_close(forward.detach(), backward.numpy(force=True), 1e-10)
