"""Samples of convolutions, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.oracle.harness import Draw, Row, Sample, sample

LINES = {1: (7,), 2: (6, 5), 3: (4, 5, 4)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 1)}


def convolution(n: int) -> Callable[[Draw], Iterator[Sample]]:
    def samples(draw: Draw) -> Iterator[Sample]:
        line, kernel = LINES[n], KERNELS[n]
        x, w, b = draw(2, 3, *line), draw(4, 3, *kernel), draw(4)
        yield sample(x, w)
        yield sample(x, w, b)
        yield sample(draw(3, *line), w, b)
        yield sample(x, w, b, 2)
        yield sample(x, w, b, padding=1)
        yield sample(x, w, padding=tuple(range(n)), stride=tuple(range(1, n + 1)))
        yield sample(x, w, b, dilation=2, padding=2)
        yield sample(x, w, b, stride=(2,), dilation=(1,), padding=(1,))
        yield sample(x, w, b, padding="valid")
        yield sample(x, draw(4, 3, *[3] * n), padding="same")
        yield sample(draw(2, 4, *line), draw(6, 2, *kernel), draw(6), groups=2)
        yield sample(draw(2, 4, *line), draw(4, 1, *kernel), groups=4, padding=1)
        yield sample(draw(2, 4, *line), draw(8, 1, *kernel), groups=4, stride=2)
        yield sample(x, draw(4, 3, *[1] * n), b)
        yield sample(draw(0, 3, *line), w, b)
        for laid in draw.layouts(x):
            if laid.layout != "transposed":
                yield sample(laid, w, b)

    return samples


def transposed(n: int) -> Callable[[Draw], Iterator[Sample]]:
    def samples(draw: Draw) -> Iterator[Sample]:
        line, kernel = LINES[n], KERNELS[n]
        x, w, b = draw(2, 3, *line), draw(3, 4, *kernel), draw(4)
        yield sample(x, w)
        yield sample(x, w, b)
        yield sample(draw(3, *line), w, b)
        yield sample(x, w, b, 2)
        yield sample(x, w, b, 2, 1, 1)
        yield sample(x, w, b, padding=1, dilation=2)
        yield sample(x, w, stride=3, output_padding=2)
        yield sample(draw(2, 4, *line), draw(4, 3, *kernel), draw(6), groups=2)
        yield sample(draw(2, 4, *line), draw(4, 1, *kernel), groups=4, stride=2, padding=0)
        yield sample(x, draw(3, 4, *[1] * n), b)

    return samples


# Oddly sized windows with "same" padding, of which PyTorch warns.
ROWS: dict[str, Row] = {
    f"nn.functional.{name}{n}d": Row(samples(n), tolerance={"float32": 5e-5})
    for n in (1, 2, 3)
    for name, samples in {"conv": convolution, "conv_transpose": transposed}.items()
}


def _refused() -> dict[str, Callable[[Any], Any]]:
    def conv(*shapes: tuple[int, ...], **options: Any) -> Callable[[Any], Any]:
        return lambda lib: lib.nn.functional.conv2d(*map(lib.ones, shapes), **options)

    def back(*shapes: tuple[int, ...], **options: Any) -> Callable[[Any], Any]:
        return lambda lib: lib.nn.functional.conv_transpose2d(*map(lib.ones, shapes), **options)

    x, w, v = (1, 3, 4, 4), (4, 3, 2, 2), (3, 4, 2, 2)
    return {
        "conv2d: dimensions": conv((2, 3), w),
        "conv2d: more dimensions": conv((2, 3, 4, 4, 4), w),
        "conv2d: channels": conv(x, (4, 2, 2, 2)),
        "conv2d: channels of one sample": conv((3, 4, 4), (4, 2, 2, 2)),
        "conv2d: a large window": conv((1, 3, 1, 1), w),
        "conv2d: no places": conv((1, 3, 0, 4), w),
        "conv2d: bias": conv(x, w, (3,)),
        "conv2d: a matrix as bias": conv(x, w, (4, 1)),
        "conv2d: stride": conv(x, w, stride=0),
        "conv2d: padding": conv(x, w, padding=-1),
        "conv2d: dilation": conv(x, w, dilation=0),
        "conv2d: groups": conv(x, w, groups=0),
        "conv2d: odd groups": conv((1, 4, 4, 4), (3, 2, 2, 2), groups=2),
        "conv2d: strides": conv(x, w, stride=(1, 1, 1)),
        "conv2d: paddings": conv(x, w, padding=(1, 1, 1)),
        "conv2d: padding by name": conv(x, w, padding="foo"),
        "conv2d: same with a stride": conv(x, w, padding="same", stride=2),
        "conv2d: no channels out": conv(x, (0, 3, 2, 2)),
        "conv2d: an empty window": conv(x, (4, 3, 0, 2)),
        "conv2d: dtype of the weight": lambda lib: lib.nn.functional.conv2d(lib.ones(x), lib.ones(w).double()),
        "conv2d: dtype of the bias": lambda lib: lib.nn.functional.conv2d(
            lib.ones(x), lib.ones(w), lib.ones(4).double()
        ),
        "conv2d: booleans": lambda lib: lib.nn.functional.conv2d(*[lib.ones(2, 2, 2, 2, dtype=lib.bool)] * 2),
        "conv3d: booleans": lambda lib: lib.nn.functional.conv3d(*[lib.ones(2, 2, 2, 2, 2, dtype=lib.bool)] * 2),
        "conv_transpose2d: int32": lambda lib: lib.nn.functional.conv_transpose2d(
            *[lib.ones(2, 2, 2, 2, dtype=lib.int32)] * 2
        ),
        "conv1d: dimensions": lambda lib: lib.nn.functional.conv1d(lib.ones(3, 4, 4, 4), lib.ones(4, 4, 2)),
        "conv1d: a large window": lambda lib: lib.nn.functional.conv1d(lib.ones(3, 4), lib.ones(4, 3, 9)),
        "conv3d: dimensions": lambda lib: lib.nn.functional.conv3d(lib.ones(3, 4, 4), lib.ones(4, 3, 2, 2, 2)),
        "conv_transpose2d: dimensions": back((2, 3), v),
        "conv_transpose2d: channels": back(x, (4, 2, 2, 2)),
        "conv_transpose2d: bias": back(x, v, (3,)),
        "conv_transpose2d: output padding": back(x, v, output_padding=1),
        "conv_transpose2d: negative output padding": back(x, v, output_padding=-1),
        "conv_transpose2d: output padding with a stride": back(x, v, stride=2, output_padding=2),
        "conv_transpose2d: padding": back(x, v, padding=9),
        "conv_transpose2d: nothing left": back((1, 3, 1, 1), v, padding=1),
        "conv_transpose2d: stride": back(x, v, stride=0),
        "conv_transpose2d: groups": back(x, v, groups=2),
    }


REFUSED = _refused()
