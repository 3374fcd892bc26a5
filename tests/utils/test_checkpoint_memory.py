"""What checkpoints are for: the bytes of arrays that the forward pass leaves behind."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import plugrad
from plugrad.utils.checkpoint import checkpoint, checkpoint_sequential

LAYERS, WIDTH, BATCH = 64, 64, 256


@pytest.fixture
def model() -> Any:
    plugrad.manual_seed(0)
    modules: list[Any] = []
    for _ in range(LAYERS):
        modules += [plugrad.nn.Linear(WIDTH, WIDTH), plugrad.nn.Tanh()]
    return plugrad.nn.Sequential(*modules)


def bytes_of_arrays() -> int:
    """NumPy tells tracemalloc of every array."""
    found = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, numpy.lib.tracemalloc_domain)])
    return sum(trace.size for trace in found.traces)


def kept(forward: Callable[[], Any]) -> int:
    """Bytes of the arrays that a forward pass leaves behind. All are freed by backward."""
    forward().backward()
    gc.collect()
    tracemalloc.start()
    try:
        loss = forward()
        after = bytes_of_arrays()
        loss.backward()
        del loss
        # New gradients, in the place of the old ones that were allocated before.
        left = bytes_of_arrays()
    finally:
        tracemalloc.stop()
    assert left < BATCH * WIDTH
    return after


@pytest.mark.parametrize("reentrant", [False, True])
def test_one_checkpoint_for_eight_layers_keeps_six_times_less(model: Any, reentrant: bool) -> None:
    # So that the first segment is recorded with reentrance too.
    x = plugrad.rand(BATCH, WIDTH, requires_grad=True)
    x.grad = plugrad.zeros(BATCH, WIDTH)
    modules = list(model.children())
    segments = [plugrad.nn.Sequential(*modules[i : i + 16]) for i in range(0, len(modules), 16)]
    assert len(segments) == 8

    def checkpointed() -> Any:
        y = x
        for segment in segments:
            y = checkpoint(segment, y, use_reentrant=reentrant)
        return y.mean()

    plain = kept(lambda: model(x).mean())
    assert plain >= LAYERS * BATCH * WIDTH * 4
    assert plain > 6 * kept(checkpointed)


def test_sequence_in_segments_keeps_less(model: Any) -> None:
    x = plugrad.rand(BATCH, WIDTH)
    plain = kept(lambda: model(x).mean())
    # The last segment is not checkpointed.
    assert plain > 3 * kept(lambda: checkpoint_sequential(model, 8, x, use_reentrant=False).mean())
