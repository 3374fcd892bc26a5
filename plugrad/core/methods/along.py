"""What the functions that take an index along one dimension share: argument checks, and the in-place form."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import arguments, dtypes, inplace, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.methods import keys, writing
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

INDICES: Final = (dtypes.int64, dtypes.int32)


def tensor(name: str, argument: str, position: int, value: Any) -> Any:
    if not isinstance(value, Value):
        raise wrong_type(name, argument, position, value)
    return value


def dimension(name: str, x: Any, dim: Any) -> int:
    return normalized_dim(arguments.as_int(name, "dim", 2, dim), x.raw.ndim)


def line(x: Any) -> Any:
    """A tensor of no dimension as one of one element: PyTorch gives it a dimension here."""
    return x if not isinstance(x, Value) or x.raw.shape else ops.reshape(x, shape=(1,))


def explained(
    error: IndexError, x: Any, index: Any, dim: int, kind: type[Exception] = RuntimeError, prefix: str = ""
) -> Exception:
    """PyTorch's error for the first index that is out of bounds, after a library said that there is one."""
    found = keys.out_of_bounds(x, (index,), (dim,), lowest=False)
    return error if found is None else kind(prefix + str(found))


def applied(function: Any, in_place: bool, x: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An op, on a tensor that has a dimension, or on one that has none as if it had one."""
    if x.raw.shape:
        return writing.change(function.op, x, args, options) if in_place else function(x, *args, **options)
    result = ops.clone(ops.reshape(function(line(x), *args, **options), shape=()))
    if in_place:
        inplace.check_writable(x)
        return inplace.assign(x, result)
    return result
