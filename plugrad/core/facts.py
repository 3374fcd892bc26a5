"""The words in which an op's block states its test facts: pure data, read by the tests.

    @op(node="Gather", exempt=("index",), samples=lambda: [case(real(3, 4), integers(2, 4, high=3), axis=0)])

``samples`` is a function, so that import pays nothing. Elementwise ops need none: the suite makes them. ``through`` is
a function of ``xp`` and the sample arrays that makes them fit: symmetric, or far from singular.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Array(NamedTuple):
    """One sample array: its kind (``real``, ``complex``, ``integer``, ``boolean``), shape, and range."""

    kind: str
    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    distinct: bool = False


class Case(NamedTuple):
    """One call of an op: array arguments (None, or a list, where the op takes such) and options."""

    args: tuple[Any, ...]
    options: dict[str, Any]


def real(*shape: int, low: float = -2.0, high: float = 2.0, distinct: bool = False) -> Array:
    """Floating point values in [low, high); ``distinct``: well apart from each other, for ops that select."""
    return Array("real", shape, low, high, distinct)


def integers(*shape: int, high: int, low: int = 0, distinct: bool = False) -> Array:
    """int64 values in [low, high); ``distinct``: without repetition."""
    return Array("integer", shape, low, high, distinct)


def booleans(*shape: int) -> Array:
    """Random truth values."""
    return Array("boolean", shape)


def complexes(*shape: int, low: float = -2.0, high: float = 2.0) -> Array:
    """Complex values, both parts in [low, high)."""
    return Array("complex", shape, low, high)


def case(*args: Any, **options: Any) -> Case:
    """A call with these array arguments and options."""
    return Case(args, options)
