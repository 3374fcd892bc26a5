"""Steps of SGD and Adam for all parameters of a group in one launch, over a table of where their arrays are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import sources
from plugrad.backends.cupy.launch import BLOCK, enabled, function, generic, library

# Bits of the kernels' options.
_MAXIMIZE, _DECAY, _DECOUPLED, _NESTEROV, _FIRST = 1, 2, 4, 8, 16
#: Tensors of at least so many numbers get a launch of their own kind: the grid is as wide as the largest needs.
_LARGE: Final = 1 << 18
_MOST_TENSORS: Final = 65535
_MOST_BLOCKS_OF_TENSOR: Final = 4096

#: The tables last uploaded, by kernel and size class: their rows, and the array on the device.
_tables: dict[Any, tuple[tuple[tuple[int, ...], ...], Any]] = {}


def forget() -> None:
    """Drop the tables, which belong to one library's memory."""
    _tables.clear()


def _table(key: Any, rows: tuple[tuple[int, ...], ...]) -> Any:
    """The rows on the device. They seldom change: parameters stay, and gradients get the memory of the last step's."""
    known = _tables.get(key)
    if known is not None and known[0] == rows:
        return known[1]
    if len(_tables) > 256:
        _tables.clear()
    table = library().asarray(np.array(rows, np.int64))
    _tables[key] = rows, table
    return table


def _covered(arrays: tuple[Any, ...]) -> bool:
    """Whether a kernel is for a parameter, its gradient and its state."""
    param, grad, *state = arrays
    name = param.dtype.name
    if not enabled() or name not in sources.TYPES or grad.dtype != param.dtype or not param.size:
        return False
    for a in state:
        if a.dtype != state[0].dtype or (a.dtype != param.dtype and (a.dtype.name != "float32" or name == "float64")):
            return False
    return all([a.shape == param.shape for a in arrays]) and all([a.flags.c_contiguous for a in (param, *state)])


def _together(
    rule: str, kernel: str, width: int, lists: tuple[list[Any], ...], numbers: tuple[Any, ...], options: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """Step all parameters, and return for each what its rule returns: the arrays, which were changed."""
    cupy = library()
    results: list[Any] = [None] * len(lists[0])
    groups: dict[Any, list[tuple[int, ...]]] = {}
    # Copies that the kernels are yet to read.
    kept = []
    for i, arrays in enumerate(zip(*lists, strict=True)):
        if not _covered(arrays):
            results[i] = generic(rule, *arrays, **options)
            continue
        param, grad, *state = arrays
        if not grad.flags.c_contiguous:
            grad = cupy.ascontiguousarray(grad)
            kept.append(grad)
        addresses = [a.data.ptr for a in (param, grad, *state)]
        row = (*addresses, *[0] * (width - 1 - len(addresses)), param.size)
        state_dtype = state[0].dtype if state else param.dtype
        groups.setdefault((param.dtype, state_dtype, param.size >= _LARGE), []).append(row)
        results[i] = (param, *state)
    for (dtype, state_dtype, large), rows in groups.items():
        for start in range(0, len(rows), _MOST_TENSORS):
            part = tuple(rows[start : start + _MOST_TENSORS])
            table = _table((kernel, dtype, state_dtype, large, start, part[0][0]), part)
            most = max([row[-1] for row in part])
            blocks = min(-(-most // (4 * BLOCK)), _MOST_BLOCKS_OF_TENSOR)
            function(kernel, dtype, state_dtype)((blocks, len(part)), (BLOCK,), (table, *numbers))
    return results


def sgd_update_of_many(*lists: list[Any], **options: Any) -> list[tuple[Any, ...]]:
    """sgd_update of every parameter."""
    decay = options["weight_decay"]
    bits = (
        _MAXIMIZE * options["maximize"]
        + _DECAY * (decay is not None)
        + _NESTEROV * options["nesterov"]
        + _FIRST * options["first"]
    )
    numbers = (
        np.float64(options["lr"]),
        np.float64(options["momentum"]),
        np.float64(options["dampening"]),
        np.float64(decay or 0.0),
        np.int32(bits),
    )
    return _together("sgd_update", "sgd", 4, lists, numbers, options)


def adam_update_of_many(*lists: list[Any], **options: Any) -> list[tuple[Any, ...]]:
    """adam_update of every parameter; the largest second moments are there with amsgrad only."""
    lr, beta1, beta2, step = options["lr"], options["beta1"], options["beta2"], options["step"]
    decay = options["weight_decay"]
    bits = _MAXIMIZE * options["maximize"] + _DECAY * (decay is not None) + _DECOUPLED * options["decoupled"]
    numbers = (
        np.float64(lr),
        np.float64(beta1),
        np.float64(beta2),
        np.float64(options["eps"]),
        np.float64(decay or 0.0),
        np.float64(lr / (1 - beta1**step)),
        np.float64((1 - beta2**step) ** 0.5),
        np.int32(bits),
    )
    return _together("adam_update", "adam", 6, lists, numbers, options)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "sgd_update_of_many": sgd_update_of_many,
    "adam_update_of_many": adam_update_of_many,
}
