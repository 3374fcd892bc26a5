"""How much memory activations take, as tracemalloc sees it: NumPy tells it of every array."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple


class Memory(NamedTuple):
    """Bytes above those of the model: what the forward pass leaves behind, and the most during both passes."""

    kept: int
    peak: int


def mlp(library: Any, layers: int, width: int) -> Any:
    """A deep MLP of layers of one width."""
    nn = library.nn
    modules: list[Any] = []
    for _ in range(layers):
        modules += [nn.Linear(width, width), nn.Tanh()]
    return nn.Sequential(*modules)


def measured(forward: Callable[[], Any]) -> Memory:
    """What a loss and its backward pass take."""
    # Gradients are there already, so that they do not count.
    forward().backward()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        loss = forward()
        kept, _ = tracemalloc.get_traced_memory()
        loss.backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Memory(kept - before, peak - before)


def checkpointing(
    library: Any, layers: int = 64, every: int = 8, width: int = 256, batch: int = 256
) -> tuple[Memory, Memory]:
    """The activations of a deep MLP, all kept, and with a checkpoint for every so many layers."""
    checkpoint = library.utils.checkpoint.checkpoint
    model = mlp(library, layers, width)
    modules = list(model.children())
    size = 2 * every
    segments = [library.nn.Sequential(*modules[i : i + size]) for i in range(0, len(modules), size)]
    x = library.rand(batch, width)

    def checkpointed() -> Any:
        y = x
        for segment in segments:
            y = checkpoint(segment, y, use_reentrant=False)
        return y.mean()

    return measured(lambda: model(x).mean()), measured(checkpointed)
