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

_CONTROL_FLOW = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that "
    "yet, please file an issue at https://github.com/pytorch/pytorch/issues .\nHint: plugrad.where chooses by value."
)

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

    def captured(self, name: str, bound: bool) -> str | None:
        return (
            "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in "
            "extra_args that has more elements than `self`. This happened due to `other` being vmapped over but `self` "
            "not being vmapped over in a vmap. Please try to use out-of-place operators instead of inplace arithmetic. "
            "If said operator is being called inside the PyTorch framework, please file a bug report instead."
        )

    def truth(self, raw: Any) -> bool:
        if raw.level is not None:
            raise RuntimeError(_CONTROL_FLOW)
        return bool(raw.data)

    def described(self, x: Any, depth: int) -> str:
        value = "    " + repr(x.raw.data).replace("\n", "\n    ")
        return f"{self.shown}(lvl={depth}, bdim={None if x.raw.level is None else 0}, value=\n{value}\n)"
