"""Samples of quantiles, counts, integrals of samples, and reductions by index."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample
from tests.oracle.indexing import places

NAN = float("nan")


def quantile(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 5)
    for q in (0.0, 0.3, 0.5, 1, True):
        yield sample(x, q)
        yield sample(x, q, 1)
    for way in ("linear", "lower", "higher", "midpoint", "nearest"):
        yield sample(x, 0.45, 0, True, interpolation=way)
        yield sample(x, fixed(np.array([0.2, 0.65, 1.0], dtype=draw.dtype)), dim=-1, interpolation=way)
    yield sample(x, np.array([0.21, 0.66], dtype=draw.dtype), dim=1, keepdim=True)
    yield sample(x, np.array([0.21], dtype=draw.dtype), keepdim=True)
    yield sample(x, np.array(0.21, dtype=draw.dtype))
    yield sample(draw(), 0.3)
    yield sample(draw(), 0.3, dim=0, keepdim=True)


def nanquantile(draw: Draw) -> Iterator[Sample]:
    yield from quantile(draw)
    x = draw.distinct(3, 5)
    x[0, 1] = x[1, 0] = x[1, 4] = NAN
    yield sample(x, 0.45)
    yield sample(x, 0.45, 1, True)
    yield sample(x, fixed(np.array([0.2, 0.65], dtype=draw.dtype)), dim=1)


def nanmedian(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 6)
    yield sample(x)
    yield sample(x, 1)
    x[0, 1] = x[1, 0] = x[1, 4] = NAN
    yield sample(x)
    yield sample(x, 1)
    yield sample(x, dim=0, keepdim=True)
    yield sample(draw())
    yield sample(draw(), 0)
    yield sample(draw.ints(7), 0)
    yield sample(np.array([1.0, 1.0, 2.0, NAN]).astype(draw.dtype))


def mode(draw: Draw) -> Iterator[Sample]:
    for shape, dim in (((3, 8), 1), ((6, 2), 0), ((2, 5, 3), -2), ((3, 4), -1)):
        yield sample(draw.ints(*shape, low=0, high=3), dim)
        yield sample(draw.ints(*shape, low=0, high=3).astype(draw.dtype), dim)
    yield sample(draw.ints(3, 8, low=0, high=3).astype(draw.dtype), 1, True)
    yield sample(draw.bools(5))
    yield sample(draw())
    yield sample(draw(0, 3))


def bincount(draw: Draw) -> Iterator[Sample]:
    yield sample(draw.ints(9, low=0, high=5))
    yield sample(draw.ints(9, low=0, high=5), minlength=8)
    yield sample(draw.ints(9, low=0, high=5), fixed(draw(9)))
    yield sample(draw.ints(9, low=0, high=5, dtype="uint8"), draw.ints(9), 3)
    yield sample(draw.ints(0), minlength=2)


def histc(draw: Draw) -> Iterator[Sample]:
    x = draw(30)
    yield sample(x)
    yield sample(x, 4)
    yield sample(x, 7, -1, 1)
    yield sample(x, bins=5, min=-0.5, max=2.5)
    yield sample(np.ones(3, draw.dtype), 4)
    yield sample(draw(0), 4)
    yield sample(np.array([0.5, NAN, 1.0], draw.dtype), 2, 0, 1)


def histogram(draw: Draw) -> Iterator[Sample]:
    x = fixed(draw(5, 6))
    edges = fixed(np.array([-2.0, -1.0, 0.5, 1.0], draw.dtype))
    for density in (False, True):
        yield sample(x, 4, density=density)
        yield sample(x, 5, range=(-1.0, 1.5), density=density)
        yield sample(x, edges, density=density)
        yield sample(x, edges, weight=fixed(draw(5, 6, low=0.1)), density=density)
    yield sample(fixed(np.ones(3, draw.dtype)), 4)
    yield sample(fixed(draw(0)), 4)
    yield sample(fixed(np.arange(9).astype(draw.dtype)), fixed(np.array([0, 3, 6], draw.dtype)))


def histogramdd(draw: Draw) -> Iterator[Sample]:
    x = fixed(draw(20, 2))
    edges = fixed(np.array([-2.0, -1.0, 0.5, 1.0], draw.dtype))
    for density in (False, True):
        yield sample(x, [3, 4], density=density)
        yield sample(x, 3, density=density)
        yield sample(x, [2, 2], range=[-1.0, 1.0, 0.0, 2.0], density=density)
        yield sample(x, [edges, edges], weight=fixed(draw(20, low=0.1)), density=density)


def isin(draw: Draw) -> Iterator[Sample]:
    x, others = draw.ints(3, 4), draw.ints(5)
    yield sample(x, others)
    yield sample(x, others, invert=True, assume_unique=True)
    yield sample(x, others.astype(draw.dtype))
    yield sample(draw(4).round(), draw(2, 2).round())
    yield sample(x, 2)
    yield sample(2, x)
    yield sample(1.5, x)
    yield sample(x, draw(0))
    yield sample(x, draw(0), invert=True)
    yield sample(np.array([NAN, 1.0]), np.array([NAN, 1.0]))


def nonzero_static(draw: Draw) -> Iterator[Sample]:
    for size in (0, 1, 4, 20):
        yield sample(draw(3, 4).round(), size=size)
        yield sample(draw.bools(5), size=size, fill_value=7)
    yield sample(draw(), size=2)
    yield sample(draw(0, 3), size=2)


def trapezoid(draw: Draw) -> Iterator[Sample]:
    y = draw(3, 5)
    yield sample(y)
    yield sample(y, dx=0.5)
    yield sample(y, dx=2, dim=0)
    yield sample(y, draw(5))
    yield sample(y, draw(3), dim=0)
    yield sample(y, draw(3, 5))
    yield sample(draw(2, 3, 4), draw(3, 4), dim=1)
    yield sample(draw.ints(3, 5))
    yield sample(draw.ints(3, 5), draw.ints(5))
    yield sample(draw(4, 1))


def trapezoid_of_none(draw: Draw) -> Iterator[Sample]:
    yield from trapezoid(draw)
    yield sample(draw(0, 3), dim=0)


def gradient(draw: Draw) -> Iterator[Sample]:
    x = draw(4, 5)
    for order in (1, 2):
        yield sample(x, edge_order=order)
        yield sample(x, spacing=0.5, dim=0, edge_order=order)
        yield sample(x, spacing=[2.0, 3], edge_order=order)
        yield sample(x, spacing=(np.array([0.0, 1.0, 3.0, 4.0], draw.dtype), draw(5).cumsum()), edge_order=order)
        yield sample(x, spacing=[draw(5).cumsum()], dim=(-1,), edge_order=order)
        yield sample(draw.ints(4, 5), edge_order=order)
    yield sample(x, spacing=2.0, dim=(1, 0))
    yield sample(draw(2), spacing=3)
    yield sample(draw())
    yield sample(draw(3, 3), spacing=[places(0, 1, 2)] * 2)


def scatter_reduce(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 5)
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include_self in (True, False):
            yield sample(x, 1, draw.ints(3, 6, low=0, high=5), draw(3, 6), reduce, include_self=include_self)
            yield sample(x, 0, draw.ints(4, 2, low=0, high=3), draw(5, 3), reduce=reduce, include_self=include_self)
            yield sample(draw.ints(4), -1, places(1, 1, 3), draw.ints(3), reduce, include_self=include_self)
        yield sample(draw(), 0, np.array(0), draw(), reduce)
        yield sample(x, 1, np.zeros((3, 0), np.int64), draw(3, 2), reduce, include_self=False)
        yield sample(x.round(), 0, draw.ints(7, 5, low=0, high=3), draw(7, 5).round(), reduce)
        if reduce != "mean":
            yield sample(draw.bools(4), 0, places(1, 1, 3), draw.bools(3), reduce)


def index_reduce(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 5)
    for reduce in ("prod", "mean", "amax", "amin"):
        for include_self in (True, False):
            yield sample(x, 0, places(1, 1, 0, 1), draw(4, 5), reduce, include_self=include_self)
            yield sample(x, -1, places(4, 0), draw(3, 2), reduce=reduce, include_self=include_self)
            yield sample(draw.ints(4), 0, places(1, 1, 3), draw.ints(3), reduce, include_self=include_self)
        yield sample(draw(), 0, np.array(0), draw(), reduce)


ROWS: dict[str, Row] = {
    "quantile": Row(quantile),
    "nanquantile": Row(nanquantile),
    "nanmedian": Row(nanmedian),
    "mode": Row(mode),
    "bincount": Row(bincount),
    "histc": Row(histc),
    "histogram": Row(histogram),
    "histogramdd": Row(histogramdd),
    "isin": Row(isin),
    "nonzero_static": Row(nonzero_static),
    "scatter_reduce": Row(scatter_reduce, second=False),
    "index_reduce": Row(index_reduce),
    "trapezoid": Row(trapezoid_of_none),
    "trapz": Row(trapezoid_of_none),
    "cumulative_trapezoid": Row(trapezoid),
    "gradient": Row(gradient),
}
