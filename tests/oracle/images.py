"""Samples of padding, sliding windows, resampling and sampling, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample

IMAGES = {1: (1, 2, 5), 2: (2, 2, 4, 5), 3: (1, 2, 3, 4, 5)}


def pad(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    yield sample(x, (1, 2))
    yield sample(x, (1, 2, 0, 1), "constant", 2.5)
    yield sample(x, (-1, 2, 1, -2, 0, 1))
    yield sample(x, [-1, -1], value=3)
    yield sample(x, ())
    yield sample(draw.ints(2, 3), (1, 1), value=1.5)
    yield sample(draw.bools(2, 3), (1, 1), value=True)
    for mode in ("reflect", "replicate", "circular"):
        yield sample(draw(2, 4), (1, 2), mode)
        yield sample(draw(1, 2, 4), (3, -1), mode)
        yield sample(draw(1, 2, 4), (-1, -1), mode)
        yield sample(draw(1, 2, 4, 3), (1, 2, 3, 0), mode)
        yield sample(draw(2, 4, 3), (2, 0, 0, 2), mode)
        yield sample(draw(1, 2, 3, 2, 4), (1, 2, 1, 0, 2, 1), mode)
        yield sample(draw(2, 3, 2, 4), (1, 2, 0, 0, 1, 1), mode)
        yield sample(draw(0, 2, 4), (1, 2), mode)
        yield sample(draw.ints(2, 4), (1, 1), mode)
        for laid in draw.layouts(draw(3, 4)):
            yield sample(laid, (1, 1), mode)


def unfold(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 5, 4)
    yield sample(x, 2)
    yield sample(x[0], (2, 3))
    yield sample(x, 2, 2, 1, 2)
    yield sample(x, kernel_size=(3, 2), dilation=(1, 2), padding=(1, 0), stride=(2, 1))
    yield sample(draw(0, 3, 5, 4), 2)


def fold(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 12, 12), (5, 4), 2)
    yield sample(draw(12, 12), (5, 4), (2, 2))
    yield sample(draw(1, 4, 9), (5, 4), 2, padding=1, stride=2, dilation=1)
    yield sample(draw(1, 8, 16), 4, 2, 2, (1, 1))
    yield sample(draw(0, 4, 4), 3, 2)


def interpolate(draw: Draw) -> Iterator[Sample]:
    for n, shape in IMAGES.items():
        x = draw(*shape)
        linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[n]
        for size in (3, 7, 10, 1, [4, 6, 5][:n]):
            for mode in ("nearest", "nearest-exact", "area", linear):
                yield sample(x, size, mode=mode)
            yield sample(x, size, mode=linear, align_corners=True)
        # Where a factor leaves the size as it is, PyTorch's gradient is not that of what it computed.
        for factor in (2.0, 0.6, 1.4, [1.7, 0.5, 2][:n]):
            for mode in ("nearest", "nearest-exact", "area", linear):
                yield sample(x, scale_factor=factor, mode=mode)
            yield sample(x, None, factor, linear, True)
            yield sample(x, scale_factor=factor, mode=linear, recompute_scale_factor=True)
    x = draw(2, 2, 4, 5)
    for mode in ("bilinear", "bicubic"):
        for corners in (False, True):
            for options in ({"size": (2, 7)}, {"size": (3, 3)}, {"scale_factor": 1.6}, {"scale_factor": (0.5, 2.5)}):
                yield sample(x, mode=mode, align_corners=corners, **options)
                yield sample(x, mode=mode, align_corners=corners, antialias=True, **options)
    yield sample(x, (2, 7), mode="lanczos", antialias=True)
    yield sample(draw(0, 2, 4), 3)
    yield sample(draw.ints(1, 2, 4, low=0, dtype="uint8"), 6)
    yield sample(draw.ints(1, 2, 4, low=0, dtype="uint8"), 3)


def upsample(draw: Draw) -> Iterator[Sample]:
    """Old names, of which both libraries warn."""
    yield sample(draw(1, 2, 3, 4), 5)
    yield sample(draw(1, 2, 3, 4), scale_factor=2)


def grid_sample(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4, 5)
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (False, True):
                yield sample(x, draw(2, 3, 4, 2, low=-2.5, high=2.5), mode, padding, corners)
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            y = draw(1, 2, 3, 2, 4)
            yield sample(y, draw(1, 2, 3, 1, 3, low=-1.5, high=1.5), mode, padding, True)
            yield sample(y, draw(1, 2, 3, 1, 3, low=-1.5, high=1.5), mode, padding, False)
    yield sample(
        x, np.array([[[[1.0, -1.0]]], [[[0.0, 1.0]]]]).astype(draw.dtype), padding_mode="border", align_corners=True
    )


def affine_grid(draw: Draw) -> Iterator[Sample]:
    for corners in (False, True):
        yield sample(draw(2, 2, 3), (2, 1, 3, 4), corners)
        yield sample(draw(1, 3, 4), [1, 1, 2, 3, 4], corners)
    yield sample(draw(1, 2, 3), (1, 1, 1, 3), False)


def pixel_shuffle(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(1, 8, 2, 3), 2)
    yield sample(draw(2, 1, 9, 1, 2), 3)
    yield sample(draw(4, 2, 2), 1)


def pixel_unshuffle(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(1, 2, 4, 6), 2)
    yield sample(draw(2, 1, 1, 3, 6), 3)
    yield sample(draw(4, 2, 2), 1)


def channel_shuffle(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 6, 2), 2)
    yield sample(draw(1, 6, 2, 2), 3)


ROWS: dict[str, Row] = {
    "nn.functional.pad": Row(pad),
    "nn.functional.unfold": Row(unfold),
    "nn.functional.fold": Row(fold),
    "nn.functional.interpolate": Row(interpolate, tolerance={"float32": 5e-5}),
    "nn.functional.upsample": Row(upsample),
    "nn.functional.upsample_nearest": Row(upsample),
    "nn.functional.upsample_bilinear": Row(upsample, tolerance={"float32": 5e-5}),
    # PyTorch has no second derivative of the bicubic one.
    "nn.functional.grid_sample": Row(grid_sample, second=False, tolerance={"float32": 1e-3}),
    "nn.functional.affine_grid": Row(affine_grid),
    "nn.functional.pixel_shuffle": Row(pixel_shuffle),
    "nn.functional.pixel_unshuffle": Row(pixel_unshuffle),
    "nn.functional.channel_shuffle": Row(channel_shuffle),
}


def _refused() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}

    def add(name: str, what: str, shape: tuple[int, ...], *args: Any, dtype: str = "float32", **options: Any) -> None:
        def call(lib: Any) -> Any:
            given = [lib.ones(tuple(a[1:])) if isinstance(a, list) and a[:1] == ["ones"] else a for a in args]
            return getattr(lib.nn.functional, name)(lib.ones(shape, dtype=getattr(lib, dtype)), *given, **options)

        found[f"{name}: {what}"] = call

    add("pad", "odd", (2, 3), (1,))
    add("pad", "too many", (2, 3), (1,) * 6)
    add("pad", "too narrow", (2, 3), (-4, 0))
    add("pad", "mode", (2, 3), (1, 1), "foo")
    add("pad", "value", (2, 3), (1, 1), "reflect", 1.0)
    add("pad", "a number", (2, 3), 1)
    add("pad", "floats", (2, 3), (1.5, 1))
    add("pad", "a vector", (3,), (1, 1), "reflect")
    add("pad", "reflect wide", (2, 3), (3, 1), "reflect")
    add("pad", "reflect two of two", (2, 3), (1, 1, 1, 1), "reflect")
    add("pad", "reflect wide rows", (1, 1, 2, 3), (1, 1, 2, 1), "reflect")
    add("pad", "reflect wide planes", (1, 1, 2, 2, 3), (1, 1, 1, 1, 2, 1), "reflect")
    add("pad", "replicate nothing", (1, 1, 0), (1, 1), "replicate")
    add("pad", "replicate to nothing", (1, 1, 3), (-2, -2), "replicate")
    add("pad", "reflect to nothing", (1, 1, 3), (-2, -2), "reflect")
    add("pad", "circular wide", (2, 3), (4, 1), "circular")
    add("pad", "circular to nothing", (1, 1, 3), (-2, -2), "circular")
    add("pad", "one of four", (1, 1, 2, 3), (1, 1), "replicate")
    x = (1, 1, 3, 3)
    add("unfold", "size", x, 4)
    add("unfold", "nothing", x, 0)
    add("unfold", "stride", x, 2, stride=0)
    add("unfold", "dilation", x, 2, dilation=0)
    add("unfold", "padding", x, 2, padding=-1)
    add("unfold", "sizes", x, (2, 2, 2))
    add("unfold", "integers", x, 2, dtype="int64")
    add("unfold", "no channels", (1, 0, 3, 3), 2)
    add("fold", "a vector", (4,), 3, 2)
    add("fold", "places", (1, 3, 4), 3, 2)
    add("fold", "windows", (1, 4, 5), 3, 2)
    add("fold", "sizes", (1, 4, 4), (3, 3, 3), 2)
    add("fold", "small", (1, 4, 4), 1, 2)
    add("fold", "integers", (1, 4, 4), 3, 2, dtype="int64")
    add("fold", "stride", (1, 4, 4), 3, 2, stride=0)
    add("fold", "nothing", (1, 4, 4), 3, 0)
    x = (1, 1, 4)
    add("interpolate", "no size", x)
    add("interpolate", "size and factor", x, 2, 2.0)
    add("interpolate", "sizes", x, (2, 2))
    add("interpolate", "factors", x, scale_factor=(2.0, 2.0))
    add("interpolate", "bilinear", x, 2, mode="bilinear")
    add("interpolate", "linear", (1, 1, 4, 4), 2, mode="linear")
    add("interpolate", "trilinear", (1, 1, 4, 4), 2, mode="trilinear")
    add("interpolate", "bicubic", x, 2, mode="bicubic")
    add("interpolate", "dimensions", (1, 4), 2)
    add("interpolate", "corners", x, 2, align_corners=True)
    add("interpolate", "mode", x, 2, mode="foo")
    add("interpolate", "no places", x, 0)
    add("interpolate", "negative", x, -1)
    add("interpolate", "recompute", x, 2, recompute_scale_factor=True)
    add("interpolate", "a small factor", x, scale_factor=0.1)
    add("interpolate", "antialias", x, 2, antialias=True)
    add("interpolate", "integers", x, 2, dtype="int64")
    add("interpolate", "integers, linear", x, 2, mode="linear", dtype="int64")
    add("interpolate", "bytes, linear", x, 2, mode="linear", dtype="uint8")
    add("interpolate", "no channels", (1, 0, 4), 2)
    add("interpolate", "of nothing", (1, 1, 0), 2)
    add("interpolate", "floats", (1, 1, 4, 4), (2, 2.5))
    add("interpolate", "lanczos", (1, 1, 4, 4), 2, mode="lanczos")
    x = (1, 1, 4, 4)
    add("grid_sample", "coordinates", x, ["ones", 1, 2, 2, 3], align_corners=False)
    add("grid_sample", "dimensions", (1, 1, 4), ["ones", 1, 2, 2], align_corners=False)
    add("grid_sample", "batch", x, ["ones", 2, 2, 2, 2], align_corners=False)
    add("grid_sample", "mode", x, ["ones", 1, 2, 2, 2], mode="foo")
    add("grid_sample", "padding", x, ["ones", 1, 2, 2, 2], padding_mode="foo")
    add("grid_sample", "bicubic", (1, 1, 4, 4, 4), ["ones", 1, 2, 2, 2, 3], mode="bicubic", align_corners=False)
    add("grid_sample", "nothing", (1, 1, 0, 4), ["ones", 1, 2, 2, 2], align_corners=False)
    add("grid_sample", "grid", x, ["ones", 1, 2, 2], align_corners=False)
    add("grid_sample", "dtype", x, ["ones", 1, 2, 2, 2], align_corners=False, dtype="float64")
    add("affine_grid", "integers", (1, 2, 3), (1, 1, 2, 2), False, dtype="int64")
    add("affine_grid", "matrix", (1, 2, 2), (1, 1, 2, 2), False)
    add("affine_grid", "volume", (1, 2, 3), (1, 1, 2, 2, 2), False)
    add("affine_grid", "size", (1, 2, 3), (1, 2, 2), False)
    add("affine_grid", "nothing", (1, 2, 3), (1, 1, 0, 2), False)
    add("affine_grid", "batch", (2, 2, 3), (1, 1, 2, 2), False)
    add("pixel_shuffle", "factor", (1, 4, 2, 2), 0)
    add("pixel_shuffle", "channels", (1, 3, 2, 2), 2)
    add("pixel_shuffle", "dimensions", (2, 2), 2)
    add("pixel_unshuffle", "height", (1, 1, 3, 4), 2)
    add("pixel_unshuffle", "width", (1, 1, 4, 3), 2)
    add("pixel_unshuffle", "factor", (1, 1, 4, 3), 0)
    add("channel_shuffle", "dimensions", (1, 4), 2)
    add("channel_shuffle", "channels", (1, 3, 2), 2)
    add("channel_shuffle", "groups", (1, 3, 2), 0)
    return found


REFUSED = _refused()
