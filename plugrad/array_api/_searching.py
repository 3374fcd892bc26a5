"""The standard's functions that search, sort and count."""

from __future__ import annotations

from typing import Any, NamedTuple

from plugrad.array_api._common import array, indices, together
from plugrad.core import dtypes
from plugrad.core.dispatch import cast
from plugrad.core.errors import with_hint
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

__all__ = [
    "argmax", "argmin", "argsort", "count_nonzero", "nonzero", "searchsorted", "sort", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "where",
]  # fmt: skip


class UniqueAll(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest element is, the first of several.

    Args:
        x: An array.
        axis: The axis; None searches the flattened array.
        keepdims: Whether the axis stays, with size 1.
    """
    return FUNCTIONS["argmax"](x, axis=axis, keepdims=keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest element is, the first of several.

    Args:
        x: An array.
        axis: The axis; None searches the flattened array.
        keepdims: Whether the axis stays, with size 1.
    """
    return FUNCTIONS["argmin"](x, axis=axis, keepdims=keepdims)


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The indices that sort an array along an axis.

    Args:
        x: An array.
        axis: The axis.
        descending: The largest first.
        stable: Whether equal elements keep their order; they do anyway.
    """
    return FUNCTIONS["order"](array("argsort", x), axis=axis, descending=descending)


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements are not 0.

    Args:
        x: An array.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return cast(FUNCTIONS["count_nonzero"](x, axis=axis, keepdims=keepdims), dtypes.int64)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Where the elements are that are not 0.

    Args:
        x: An array of at least one dimension.

    Returns:
        For each axis an array of indices.

    Raises:
        ValueError: for an array without dimensions.
    """
    if not array("nonzero", x).ndim:
        raise ValueError(with_hint("nonzero() takes arrays of one dimension or more", "reshape(x, (1,)) has one."))
    found = FUNCTIONS["nonzero"](x)
    return found if isinstance(found, tuple) else (found,)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where elements would have to be put in for the order to stay.

    Args:
        x1: A sorted one-dimensional array.
        x2: The elements.
        side: ``"left"``: before equal ones. ``"right"``: after them.
        sorter: Indices that sort x1, if it is not sorted.

    Shape:
        - Output: that of x2.

    Raises:
        ValueError: for another ``side``.
    """
    if side not in ("left", "right"):
        raise ValueError(with_hint(f"side must be 'left' or 'right', not {side!r}", "'left' is the default."))
    x1, x2 = together(array("searchsorted", x1), array("searchsorted", x2))
    if sorter is not None:
        x1 = FUNCTIONS["take"](x1, indices(sorter), axis=0)
    return FUNCTIONS["searchsorted"](x1, x2, side=side)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The elements in order along an axis; each takes its gradient along.

    Args:
        x: An array.
        axis: The axis.
        descending: The largest first.
        stable: Whether equal elements keep their order; they do anyway.
    """
    return FUNCTIONS["sort_indexed"](array("sort", x), axis=axis, descending=descending)[0]


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """The elements of one array where a condition holds, of another elsewhere.

    Args:
        condition: An array of booleans.
        x1: An array or a number.
        x2: An array or a number.

    Shape:
        - Output: what all three broadcast to.
    """
    if not isinstance(x1, Value) and not isinstance(x2, Value):
        # The standard wants an array; of two numbers it is PyTorch's.
        dtype = dtypes.promote_types(dtypes.of_scalar(x1), dtypes.of_scalar(x2))
        x1 = FUNCTIONS["full"]((), x1, dtype=dtype, device=array("where", condition).device)
    return FUNCTIONS["where"](condition, *together(x1, x2))


def unique_all(x: Any, /) -> UniqueAll:
    """The different elements of an array, where each is first, which one every element is, and how often each comes.

    Every nan is different from all others. The values take their gradient to the first of their kind.

    Args:
        x: An array.

    Returns:
        A tuple with names: values, in order; indices; inverse_indices; counts.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.unique_all(xp.asarray([3, 1, 3])).counts
        tensor([1, 2])
    """
    shape = tuple(array("unique_all", x).raw.shape)
    flat = FUNCTIONS["reshape"](x, shape=(-1,) if 0 not in shape else (0,))
    keys = flat.detach()
    order = _order(keys)
    keys = FUNCTIONS["take"](keys, order, axis=0)
    n = keys.raw.shape[0]
    starts = FUNCTIONS["ones_like"](keys, dtype=dtypes.bool_)
    if n > 1:
        starts = FUNCTIONS["concat"]([starts[:1], keys[1:] != keys[:-1]], axis=0)
    (first,) = nonzero(starts)
    number = FUNCTIONS["cumulative_sum"](cast(starts, dtypes.int64), axis=0) - 1
    inverse = FUNCTIONS["take"](number, FUNCTIONS["order"](order), axis=0)
    where_first = FUNCTIONS["take"](order, first, axis=0)
    ends = FUNCTIONS["concat"]([first[1:], FUNCTIONS["full_like"](first[:1], n)], axis=0)
    values = FUNCTIONS["take"](flat, where_first, axis=0)
    return UniqueAll(values, where_first, FUNCTIONS["reshape"](inverse, shape=shape), ends - first)


def _order(x: Any) -> Any:
    """The indices that sort a flat array, stably; complex numbers by their real part, then by the imaginary one."""
    if not x.dtype.is_complex:
        return FUNCTIONS["order"](x)
    by_imaginary = FUNCTIONS["order"](FUNCTIONS["imag"](x))
    real = FUNCTIONS["take"](FUNCTIONS["real"](x), by_imaginary, axis=0)
    return FUNCTIONS["take"](by_imaginary, FUNCTIONS["order"](real), axis=0)


def unique_counts(x: Any, /) -> UniqueCounts:
    """The different elements of an array, and how often each comes.

    Args:
        x: An array.

    Returns:
        A tuple with names: values, in order; counts.
    """
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The different elements of an array, and which one every element is.

    Args:
        x: An array.

    Returns:
        A tuple with names: values, in order; inverse_indices.
    """
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Any:
    """The different elements of an array, in order.

    Args:
        x: An array.
    """
    return unique_all(x).values
