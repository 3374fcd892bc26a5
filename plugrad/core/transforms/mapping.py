"""The level of ``func.vmap``: its raw arrays are batched arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.levels import innermost
from plugrad.core.transforms.batched import Batched, plain
from plugrad.core.transforms.batching import namespace_over
from plugrad.core.transforms.nesting import LevelBackend

_RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
    "randomness flags on vmap or perform the randomness operation out of vmap"
)


class VmapBackend(LevelBackend):
    """The level of ``func.vmap``: batched arrays."""

    shown = "BatchedTensor"

    def __init__(self, device: Any) -> None:
        super().__init__(device)
        # Made here, once for each parent: the rules are bound to the level below for functions that make arrays.
        self.functions = namespace_over(self.parent)

    def completed(self, name: str) -> Any:
        return getattr(self.functions, name)

    def constant(self, x: Any) -> Any:
        return Batched(x, None)

    def apply(self, function: Callable[..., Any], raw: Any) -> Any:
        return Batched(function(raw.data), raw.level)

    def value(self, raw: Any) -> Any:
        return raw.data

    def to_host(self, array: Any) -> Any:
        x = plain(array)
        return x.device.backend.to_host(x.raw)

    def drawn(self, draw: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        level = innermost()
        while level is not None and level.kind is not VmapBackend:
            level = level.outer
        if level is None or level.randomness == "error":
            raise RuntimeError(with_hint(_RANDOM, "vmap(f, randomness='different')."))
        where = self.parent
        if level.randomness == "same":
            raw = draw(*args)
            return Batched(dispatch.Tensor(raw, where, where.backend.dtype_of(raw)), None)
        sizes = [i for i, a in enumerate(args) if isinstance(a, tuple)]
        if len(sizes) == 1:
            raw = draw(*[(level.size, *a) if i == sizes[0] else a for i, a in enumerate(args)])
            return Batched(dispatch.Tensor(raw, where, where.backend.dtype_of(raw)), level)
        draws = [draw(*args) for _ in range(level.size)]
        tensors = [dispatch.Tensor(raw, where, where.backend.dtype_of(raw)) for raw in draws]
        return Batched(ops.stack(tensors, axis=0), level)

    def described(self, x: Any, depth: int) -> str:
        value = "    " + repr(x.raw.data).replace("\n", "\n    ")
        return f"{self.shown}(lvl={depth}, bdim={None if x.raw.level is None else 0}, value=\n{value}\n)"
