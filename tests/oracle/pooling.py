"""Samples of pooling, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

Samples = Callable[[Draw], Iterator[Sample]]
LINES = {1: (9,), 2: (6, 7), 3: (4, 5, 6)}
SIZES = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}


def plain(n: int, draw: Draw, **options: Any) -> Iterator[Sample]:
    line, size = LINES[n], SIZES[n]
    x = draw.distinct(2, 3, *line)
    yield sample(x, 2, **options)
    yield sample(draw.distinct(3, *line), size, **options)
    yield sample(x, size, stride=1, **options)
    yield sample(x, size, tuple(range(1, n + 1)), padding=1, **options)
    yield sample(x, 2, stride=3, ceil_mode=True, **options)
    yield sample(x, 3, stride=2, padding=1, ceil_mode=True, **options)
    yield sample(x, [2] * n, [2] * n, **options)
    yield sample(draw(0, 3, *line), 2, **options)
    for laid in draw.layouts(draw.distinct(3, *line)):
        yield sample(laid, 1 if laid.layout == "transposed" else 2, **options)


def largest(n: int) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        line, size = LINES[n], SIZES[n]
        for indices in (False, True):
            yield from plain(n, draw, return_indices=indices)
        x = draw.distinct(2, 3, *line)
        yield sample(x, 2, dilation=2, return_indices=True)
        yield sample(x, size, stride=1, padding=1, dilation=2, return_indices=True)
        yield sample(np.zeros((1, 1, *line), draw.dtype), 2, stride=1, padding=1, return_indices=True)
        yield sample(np.full((1, 1, *line), -np.inf, draw.dtype), 3, padding=1, return_indices=True)
        y = draw.distinct(1, 1, *line)
        y.flat[[1, 3, 4]] = np.nan
        yield sample(y, 3, stride=2, padding=1, return_indices=True)

    return samples


def mean(n: int) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        line = LINES[n]
        for include in (True, False):
            yield from plain(n, draw, count_include_pad=include)
        if n > 1:
            yield sample(draw(2, 3, *line), 3, divisor_override=4, padding=1)
            yield sample(draw.ints(2, 3, *line), 2)
        yield sample(draw.ints(2, 3, *line), 2)

    return samples


def norm(n: int) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        x = draw(2, 3, *LINES[n], low=0.1, high=2.0)
        yield sample(x, 2, 2)
        yield sample(x, 3.0, SIZES[n] if n > 1 else 3, 1)
        yield sample(x, 1, 2, stride=3, ceil_mode=True)
        yield sample(draw.distinct(2, 3, *LINES[n]), np.inf, 2)
        yield sample(draw.distinct(2, 3, *LINES[n]), -np.inf, 2)

    return samples


def adaptive(n: int, more: dict[str, Any]) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        x = draw.distinct(2, 3, *LINES[n])
        for size in (1, 2, 3, 4, 0):
            yield sample(x, size, **more)
        yield sample(x[0], 5 if n == 1 else tuple(range(2, n + 2)), **more)
        if n > 1:
            yield sample(x, (None, *[3] * (n - 1)), **more)
            yield sample(x, LINES[n], **more)
        yield sample(draw(0, 3, *LINES[n]), 2, **more)

    return samples


def unpool(n: int) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        axes = "".join("abc"[:n])
        even, odd = (2, 2, *[4] * n), (1, 2, *[5] * n)
        for shape, options in ((even, {}), (odd, {"output_size": (5,) * n})):
            values = draw.distinct(*shape)
            index = largest_places(values, n)
            yield sample(draw(*index.shape), index, 2, **options)
        assert axes
        index = largest_places(draw.distinct(2, *[4] * n), n)
        yield sample(draw(*index.shape), index, 2, 2)

    return samples


def largest_places(x: np.ndarray, n: int) -> np.ndarray:
    """Where the largest element of each 2 x ... x 2 window is."""
    line = x.shape[-n:]
    cut = x[(..., *[slice(0, m // 2 * 2) for m in line])]
    split = cut.reshape(*x.shape[:-n], *[k for m in line for k in (m // 2, 2)])
    lead = x.ndim - n
    order = (*range(lead), *range(lead, lead + 2 * n, 2), *range(lead + 1, lead + 2 * n, 2))
    windows = split.transpose(order).reshape(*x.shape[:-n], *[m // 2 for m in line], -1)
    inside = np.unravel_index(windows.argmax(-1), (2,) * n)
    grid = np.meshgrid(*[2 * np.arange(m // 2) for m in line], indexing="ij")
    return np.asarray(np.ravel_multi_index([g + i for g, i in zip(grid, inside, strict=True)], line)).astype("int64")


def fractional(n: int) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        line, u = (7, 8, 6)[:n], fixed(draw(2, 3, n, low=0.0, high=1.0))
        x = draw.distinct(2, 3, *line)
        yield sample(x, 2, 3, return_indices=True, _random_samples=u)
        yield sample(x, (2, 3, 1)[:n], (4, 3, 5)[:n], return_indices=True, _random_samples=u)
        yield sample(x, 2, output_ratio=(0.5, 0.4, 0.7)[:n], _random_samples=u)
        yield sample(x[0], 3, 1, _random_samples=fixed(draw(1, 3, n, low=0.0, high=1.0)))

    return samples


ROWS: dict[str, Row] = {}
for _n in (2, 3):
    ROWS[f"nn.functional.fractional_max_pool{_n}d"] = Row(fractional(_n))
    ROWS[f"nn.functional.fractional_max_pool{_n}d_with_indices"] = Row(fractional(_n))
for _n in (1, 2, 3):
    ROWS[f"nn.functional.max_pool{_n}d"] = Row(largest(_n))
    ROWS[f"nn.functional.max_pool{_n}d_with_indices"] = Row(lambda draw, n=_n: plain(n, draw))
    ROWS[f"nn.functional.avg_pool{_n}d"] = Row(mean(_n))
    ROWS[f"nn.functional.lp_pool{_n}d"] = Row(norm(_n), tolerance={"float32": 5e-5})
    ROWS[f"nn.functional.adaptive_avg_pool{_n}d"] = Row(adaptive(_n, {}))
    ROWS[f"nn.functional.adaptive_max_pool{_n}d"] = Row(adaptive(_n, {"return_indices": True}))
    ROWS[f"nn.functional.adaptive_max_pool{_n}d_with_indices"] = Row(adaptive(_n, {}))
    ROWS[f"nn.functional.max_unpool{_n}d"] = Row(unpool(_n))


def _refused() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}

    def add(name: str, what: str, shape: tuple[int, ...], *args: Any, dtype: str = "float32", **options: Any) -> None:
        found[f"{name}: {what}"] = lambda lib: getattr(lib.nn.functional, name)(
            lib.ones(shape, dtype=getattr(lib, dtype)), *args, **options
        )

    lines = {1: (1, 4), 2: (1, 4, 4), 3: (1, 4, 4, 4)}
    for n, x in lines.items():
        for kind in ("max", "avg"):
            name = f"{kind}_pool{n}d"
            if name != "avg_pool2d":
                add(name, "one dimension", (3,), 2)
            add(name, "a small input", (1,) * (n + 1), 2)
            add(name, "padding", x, 2, padding=2)
            add(name, "negative padding", x, 2, padding=-1)
            add(name, "stride", x, 2, stride=0)
            add(name, "size", x, 0)
            add(name, "sizes", x, (2,) * 4)
            add(name, "no channels", (1, 0, *x[1:]), 2)
            if n < 3 or kind == "avg":
                add(name, "booleans", x, 2, dtype="bool")
        add(f"max_pool{n}d", "dilation", x, 2, dilation=0)
        add(f"avg_pool{n}d", "int32", x, 2, dtype="int32")
        add(f"avg_pool{n}d", "integers' size", x, 9, dtype="int64")
        for kind in ("avg", "max"):
            name = f"adaptive_{kind}_pool{n}d"
            add(name, "one dimension", (3,), 2)
            add(name, "a negative size", x, -1)
            add(name, "sizes", x, (2,) * (n + 1))
            add(name, "integers", x, 2, dtype="int64")
            add(name, "no places", (1, 1, *[0] * n), 2)
            if kind == "max" or n == 3:
                add(name, "no channels", (1, 0, *x[1:]), 2)
    add("max_pool1d", "integers", (1, 4), 2, dtype="int64")
    add("max_pool2d", "strides", (1, 4, 4), 2, (1, 1, 1))
    add("max_pool2d", "no places", (1, 1, 0, 4), 2)
    add("max_pool2d", "a float", (1, 4, 4), 1.5)
    add("avg_pool2d", "divisor", (1, 4, 4), 2, divisor_override=0)
    x = (1, 1, 4, 4)
    add("fractional_max_pool2d", "no size", x, 2)
    add("fractional_max_pool2d", "a large window", x, 5, output_size=2)
    add("fractional_max_pool2d", "many windows", x, 2, output_size=4)
    add("fractional_max_pool2d", "ratios", x, 2, output_ratio=(0.5, 0.5, 0.5))
    add("fractional_max_pool2d", "sizes", x, (2, 2, 2), output_size=2)
    add("fractional_max_pool2d", "output sizes", x, 2, output_size=(2, 2, 2))
    add("fractional_max_pool2d", "no channels", (1, 0, 4, 4), 2, output_size=2)
    add("fractional_max_pool3d", "a large window", (1, 1, 4, 4, 4), 5, output_size=2)
    add("adaptive_avg_pool1d", "None", (1, 4), None)
    add("adaptive_avg_pool2d", "None", (1, 4, 4), None)

    def unpooled(n: int, shape: tuple[int, ...], index: tuple[int, ...], factor: int, **options: Any) -> Any:
        return lambda lib: getattr(lib.nn.functional, f"max_unpool{n}d")(
            lib.ones(shape), lib.ones(index, dtype=lib.int64) * factor, 2, **options
        )

    return found | {
        "max_unpool2d: place": unpooled(2, (1, 2, 2), (1, 2, 2), 20),
        "max_unpool2d: a negative place": unpooled(2, (1, 2, 2), (1, 2, 2), -1),
        "max_unpool2d: places": unpooled(2, (1, 2, 2), (1, 2, 3), 1),
        "max_unpool2d: dimensions": unpooled(2, (2, 2), (2, 2), 1),
        "max_unpool2d: size": unpooled(2, (1, 2, 2), (1, 2, 2), 1, output_size=(9, 9)),
        "max_unpool2d: sizes": unpooled(2, (1, 2, 2), (1, 2, 2), 1, output_size=(9,)),
        "max_unpool1d: place": unpooled(1, (1, 2), (1, 2), 9),
        "max_unpool3d: place": unpooled(3, (1, 2, 2, 2), (1, 2, 2, 2), 99),
        "max_unpool3d: stride": unpooled(3, (1, 2, 2, 2), (1, 2, 2, 2), 1, stride=0),
        "max_unpool3d: dimensions": unpooled(3, (2, 2, 2), (2, 2, 2), 1),
        "max_unpool2d: dtype": lambda lib: lib.nn.functional.max_unpool2d(lib.ones(1, 2, 2), lib.ones(1, 2, 2), 2),
    }


REFUSED = _refused()
