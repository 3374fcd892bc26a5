"""Samples of the short-time Fourier transform and of its inverse."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.harness import Draw, Row, Sample, sample

REAL = ("float32", "float64")
EVERY = (*REAL, "complex64", "complex128")


def _weights(draw: Draw, size: int) -> object:
    return draw(size, low=0.5, high=2.0)


def transforms(draw: Draw) -> Iterator[Sample]:
    window = _weights(draw, 6)
    for shape in ((20,), (2, 21)):
        yield sample(draw(*shape), 6, window=window, return_complex=True)
        yield sample(draw(*shape), 6, 2, window=window, return_complex=True, normalized=True)
    x = draw(2, 17)
    for mode in ("constant", "replicate", "circular"):
        yield sample(x, 6, window=window, pad_mode=mode, return_complex=True)
    yield sample(x, 6, 2, 4, _weights(draw, 4), return_complex=True)
    yield sample(x, 6, 2, 3, _weights(draw, 3), False, return_complex=True)
    yield sample(x, 6, 2, 4, _weights(draw, 4), False, return_complex=True, align_to_window=True)
    yield sample(x, 5, 3, window=_weights(draw, 5), onesided=False, return_complex=True)


def inverses(draw: Draw) -> Iterator[Sample]:
    window = _weights(draw, 6).real
    for shape in ((4, 5), (2, 4, 5)):
        yield sample(draw(*shape), 6, window=window)
        yield sample(draw(*shape), 6, 2, window=window, normalized=True)
    x = draw(2, 4, 7)
    yield sample(x, 6, 2, 6, window, False)
    yield sample(x, 6, 2, 4, _weights(draw, 4).real, True, length=9)
    yield sample(draw(6, 5), 6, window=window, onesided=False)
    yield sample(draw(6, 5), 6, window=window, onesided=False, return_complex=True)
    yield sample(draw(3, 5), 5, window=_weights(draw, 5).real, length=3)


TOLERANCE = {"float32": 1e-4, "complex64": 1e-4}
ROWS: dict[str, Row] = {
    "stft": Row(transforms, dtypes=EVERY, tolerance=TOLERANCE),
    "istft": Row(inverses, dtypes=("complex64", "complex128"), tolerance=TOLERANCE),
}
