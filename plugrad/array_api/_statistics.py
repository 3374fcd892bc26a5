"""The standard's reductions and running sums."""

from __future__ import annotations

from typing import Any

from plugrad.array_api._common import accumulated, in_dtype, together
from plugrad.core.namespace import FUNCTIONS

__all__ = [
    "all", "any", "cumulative_prod", "cumulative_sum", "diff", "max", "mean", "min", "prod", "std", "sum", "var",
]  # fmt: skip


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements are true (not 0).

    Args:
        x: An array.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["all"](x, axis=axis, keepdims=keepdims)


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether an element is true (not 0).

    Args:
        x: An array.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["any"](x, axis=axis, keepdims=keepdims)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The product of an element and all before it.

    Args:
        x: An array.
        axis: The axis; it may be None where x has one only.
        dtype: In which to multiply; of integers the default one by default.
        include_initial: Whether the result starts with a 1.
    """
    return in_dtype(
        FUNCTIONS["cumulative_prod"](accumulated(x, dtype), axis=axis, include_initial=include_initial), dtype
    )


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The sum of an element and all before it.

    Args:
        x: An array.
        axis: The axis; it may be None where x has one only.
        dtype: In which to add; of integers the default one by default.
        include_initial: Whether the result starts with a 0.
    """
    return in_dtype(
        FUNCTIONS["cumulative_sum"](accumulated(x, dtype), axis=axis, include_initial=include_initial), dtype
    )


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours, taken n times.

    Args:
        x: An array.
        axis: The axis.
        n: How many times.
        prepend: What to put before x first.
        append: What to put after x first.
    """
    x, prepend, append = together(x, prepend, append)
    return FUNCTIONS["diff"](x, axis=axis, n=n, prepend=prepend, append=append)


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element; nan if there is one. Several largest share the gradient.

    Args:
        x: An array.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["max"](x, axis=axis, keepdims=keepdims)


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean.

    Args:
        x: An array of floating point (or complex) numbers.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["mean"](x, axis=axis, keepdims=keepdims)


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element; nan if there is one. Several smallest share the gradient.

    Args:
        x: An array.
        axis: An axis or several; all by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["min"](x, axis=axis, keepdims=keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product.

    Args:
        x: An array.
        axis: An axis or several; all by default.
        dtype: In which to multiply; of integers the default one by default.
        keepdims: Whether the axes stay, with size 1.
    """
    return in_dtype(FUNCTIONS["prod"](accumulated(x, dtype), axis=axis, keepdims=keepdims), dtype)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The standard deviation.

    Args:
        x: An array of floating point numbers.
        axis: An axis or several; all by default.
        correction: What is taken from the number of elements before dividing by it.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["std"](x, axis=axis, correction=correction, keepdims=keepdims)


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum.

    Args:
        x: An array.
        axis: An axis or several; all by default.
        dtype: In which to add; of integers the default one by default.
        keepdims: Whether the axes stay, with size 1.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.sum(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        tensor([4., 6.])
    """
    return in_dtype(FUNCTIONS["sum"](accumulated(x, dtype), axis=axis, keepdims=keepdims), dtype)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance.

    Args:
        x: An array of floating point numbers.
        axis: An axis or several; all by default.
        correction: What is taken from the number of elements before dividing by it.
        keepdims: Whether the axes stay, with size 1.
    """
    return FUNCTIONS["var"](x, axis=axis, correction=correction, keepdims=keepdims)
