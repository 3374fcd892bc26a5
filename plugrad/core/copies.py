"""Deep copies and pickles of Tensors: leaves with their flags, without their place in a graph."""

from __future__ import annotations

import copy
from typing import Any

from plugrad.core import registry
from plugrad.core.value import Value

_NOT_COPIED = frozenset(
    (
        "_grad", "accumulator", "base", "creation", "detached_from", "hooks", "post_accumulate_hooks", "steps", "views",
    )
)  # fmt: skip


def _leaf(cls: Any, raw: Any, device: Any, dtype: Any, requires_grad: bool) -> Any:
    out: Any = object.__new__(cls)
    Value.__init__(out, raw, device, dtype)
    out.tracked = requires_grad
    return out


def deep_copy(x: Any, memo: dict[int, Any]) -> Any:
    """What ``copy.deepcopy`` makes of a Tensor.

    Raises:
        RuntimeError: if it was computed.
    """
    if x.edge is not None:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
            "moment.  If you were attempting to deepcopy a module, this may be because of a "
            "plugrad.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001\n"
            "Hint: copy.deepcopy(x.detach()) copies the values."
        )
    if id(x) in memo:
        return memo[id(x)]
    out = _leaf(type(x), x.device.backend.copy(x.raw), x.device, x.dtype, x.tracked)
    memo[id(x)] = out
    if x._grad is not None:
        out._grad = copy.deepcopy(x._grad, memo)
    for key, value in x.__dict__.items():
        if key not in _NOT_COPIED:
            out.__dict__[key] = copy.deepcopy(value, memo)
    return out


def pickled(x: Any) -> tuple[Any, ...]:
    """How a Tensor is made again: of the host's array.

    Raises:
        RuntimeError: if it was computed.
    """
    if x.edge is not None:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) can be pickled\nHint: pickle x.detach()."
        )
    host = x.device.backend.to_host(x.raw)
    return _rebuild, (type(x), host, str(x.device), x.dtype, x.tracked)


def _rebuild(cls: Any, host: Any, device: str, dtype: Any, requires_grad: bool) -> Any:
    where = registry.resolve(device)
    return _leaf(cls, where.backend.from_host(host, where.index), where, dtype, requires_grad)
