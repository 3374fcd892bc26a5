"""Samples of reductions and scans."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample

Make = Callable[..., np.ndarray]
Samples = Callable[[Draw], Iterator[Sample]]

DIMS: tuple[Any, ...] = (0, 1, -1, (0,), (0, 2), (0, 1, 2))


def reduction(
    *,
    many_dims: bool = True,
    full: bool = True,
    none: bool = False,
    empty: bool = True,
    ints: bool = True,
    dtype: bool = False,
    low: float = -2.0,
    distinct: bool = False,
) -> Samples:
    """Over everything, one dimension, several; kept or not; of 0-d, empty and laid out inputs."""

    def samples(draw: Draw) -> Iterator[Sample]:
        def make(*shape: int) -> np.ndarray:
            return draw.distinct(*shape) if distinct else draw(*shape, low=low)

        x = make(2, 3, 4)
        if full:
            yield sample(x)
            yield sample(make())
        if none:
            yield sample(x, dim=None)
            yield sample(x, dim=None, keepdim=True)
        for dim in DIMS:
            if isinstance(dim, int) or many_dims:
                yield sample(x, dim)
                yield sample(x, dim=dim, keepdim=True)
        yield sample(make(), 0)
        yield sample(make(), dim=-1, keepdim=True)
        for laid in draw.layouts(make(3, 4)):
            if full:
                yield sample(laid)
            if not (distinct and laid.layout == "expanded"):
                yield sample(laid, 1)
        if empty:
            if full:
                yield sample(np.zeros((0, 3), draw.dtype))
            yield sample(np.zeros((0, 3), draw.dtype), 0)
            yield sample(np.zeros((0, 3), draw.dtype), 1)
        if ints:
            yield sample(draw.ints(2, 3), 0)
            yield sample(draw.ints(2, 3, low=0, dtype="uint8"), 1)
            yield sample(draw.bools(2, 3), 1)
        if dtype:
            yield sample(x, dtype=np.dtype("float64"))
            yield sample(x, 1, dtype=np.dtype("float64"))
            yield sample(draw.ints(2, 3), dtype=np.dtype("float32"))

    return samples


def pair_of_maxima(draw: Draw) -> Iterator[Sample]:
    """All three forms: everything, along a dimension, of two tensors."""
    x = draw.distinct(2, 3, 4)
    yield sample(x)
    yield sample(draw.distinct())
    yield sample(draw.ints(2, 3))
    for dim in (0, 1, -1):
        yield sample(x, dim)
        yield sample(x, dim=dim, keepdim=True)
    yield sample(x, 1, True)
    yield sample(draw(), 0)
    yield sample(np.zeros((0, 3), draw.dtype), 1)
    yield sample(np.zeros((2, 0), draw.dtype), 0)
    yield sample(np.array([1.0, math.nan, 3.0]).astype(draw.dtype))
    yield sample(np.array([[1.0, math.nan], [3.0, 2.0]]).astype(draw.dtype), 1)
    yield sample(np.array([[2.0, 2.0], [1.0, 1.0]]).astype(draw.dtype))
    yield sample(np.array([[2.0, 2.0], [1.0, 1.0]]).astype(draw.dtype), 1)
    yield sample(draw(2, 3), draw(3))
    yield sample(draw(2, 1), draw(3))


def extremum(draw: Draw) -> Iterator[Sample]:
    yield from reduction(empty=False, distinct=True)(draw)
    yield sample(draw.distinct(2, 3, 4), ())
    yield sample(np.array([[2.0, 2.0], [1.0, 1.0]]).astype(draw.dtype))
    yield sample(np.zeros((0, 3), draw.dtype), 1)


def place(draw: Draw) -> Iterator[Sample]:
    yield from reduction(many_dims=False, none=True, empty=False, distinct=True)(draw)
    yield sample(np.array([1.0, math.nan, 3.0]).astype(draw.dtype))


def spread(draw: Draw) -> Iterator[Sample]:
    """var and std, which PyTorch warns about where too few numbers are left."""
    x = draw(2, 3, 4)
    yield sample(x)
    for dim in DIMS:
        yield sample(x, dim)
        yield sample(x, dim=dim, keepdim=True)
    for correction in (0, 1, 2):
        yield sample(x, correction=correction)
        yield sample(x, 1, correction=correction)
    yield sample(x, unbiased=False)
    yield sample(x, 1, unbiased=False)
    yield sample(x, dim=None)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 1)


def norm(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    yield sample(x)
    for p in (1, 2, 3, 0.5, math.inf, -math.inf, 0, "fro"):
        yield sample(x, p)
        yield sample(x, p, 1)
        yield sample(x, p=p, dim=-1, keepdim=True)
    yield sample(draw(3, 4), 2, (0, 1))
    yield sample(draw(3, 4), dim=(0,))
    yield sample(draw())
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 2, 1)


def logsumexp(draw: Draw) -> Iterator[Sample]:
    yield from reduction(full=False, ints=False, empty=False)(draw)
    yield sample(draw(2, 3) * 500, 1)
    yield sample(np.zeros((2, 0), draw.dtype), 0)


def scan(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    for dim in (0, 1, 2, -1):
        yield sample(x, dim)
    yield sample(x, dim=1, dtype=np.dtype("float64"))
    yield sample(draw(), 0)
    yield sample(np.zeros((0, 3), draw.dtype), 0)
    yield sample(np.zeros((2, 0), draw.dtype), 0)
    yield sample(draw.ints(2, 3), 1)
    yield sample(draw.bools(2, 3), 1)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 1)
    with_zeros = draw(3, 4)
    with_zeros[1, 2] = with_zeros[1, 3] = with_zeros[0, 0] = 0
    yield sample(with_zeros, 1)
    yield sample(with_zeros, 0)


def product(draw: Draw) -> Iterator[Sample]:
    yield from reduction(many_dims=False, dtype=True)(draw)
    with_zeros = draw(3, 4)
    with_zeros[1, 2] = with_zeros[1, 3] = with_zeros[0, 0] = 0
    yield sample(with_zeros)
    yield sample(with_zeros, 0)
    yield sample(with_zeros, 1)
    one_zero = draw(5)
    one_zero[2] = 0
    yield sample(one_zero)


def truth(draw: Draw) -> Iterator[Sample]:
    for make in (draw.bools, lambda *s: draw(*s).round(), lambda *s: draw.ints(*s, low=0, high=2)):
        x = make(2, 3, 4)
        yield sample(x)
        for dim in (0, -1, (0, 2)):
            yield sample(x, dim)
            yield sample(x, dim=dim, keepdim=True)
    yield sample(draw.ints(2, 3, low=0, high=2, dtype="uint8"))
    yield sample(np.zeros((0, 3), bool))
    yield sample(np.zeros((0, 3), bool), 0)
    yield sample(np.zeros((), bool))


ROWS: dict[str, Row] = {
    "sum": Row(reduction(none=True, dtype=True)),
    "mean": Row(reduction(none=True, ints=False)),
    "prod": Row(product),
    "var": Row(spread),
    "std": Row(spread),
    "max": Row(pair_of_maxima),
    "min": Row(pair_of_maxima),
    "amax": Row(extremum),
    "amin": Row(extremum),
    "argmax": Row(place),
    "argmin": Row(place),
    "all": Row(truth),
    "any": Row(truth),
    "logsumexp": Row(logsumexp),
    "norm": Row(norm),
    "cumsum": Row(scan),
    "cumprod": Row(scan),
}
