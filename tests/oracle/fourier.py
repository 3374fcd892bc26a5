"""Samples of Fourier transforms: sizes, dimensions, norms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.oracle.harness import Draw, Row, Sample, sample

Samples = Callable[[Draw], Iterator[Sample]]

REAL = ("float32", "float64")
EVERY = (*REAL, "complex64", "complex128")
TOLERANCE = {"float32": 1e-4, "complex64": 1e-4}


def integers(draw: Draw, *shape: int) -> Iterator[Sample]:
    """They become float32, which is as exact as that."""
    if draw.dtype in ("float32", "complex64"):
        yield sample(draw.ints(*shape))


def one(draw: Draw) -> Iterator[Sample]:
    for norm in (None, "backward", "ortho", "forward"):
        yield sample(draw(2, 4), norm=norm)
        yield sample(draw(2, 5), norm=norm)
    for n in (2, 3, 6, 7):
        yield sample(draw(2, 4), n)
        yield sample(draw(4, 2), n=n, dim=0, norm="ortho")
    yield sample(draw(4, 2, 3), dim=1)
    yield sample(draw(3), 1)
    yield from integers(draw, 4)
    yield from (sample(laid) for laid in draw.layouts(draw(3, 4)))


def several(draw: Draw) -> Iterator[Sample]:
    for norm in (None, "backward", "ortho", "forward"):
        yield sample(draw(3, 4), norm=norm)
        yield sample(draw(2, 3, 5), dim=(0, 2), norm=norm)
    yield sample(draw(3, 4), (5, 3))
    yield sample(draw(2, 3, 4), s=(3, 6), dim=(1, 0))
    yield sample(draw(2, 3, 4), s=(-1, 3), dim=(1, 2))
    yield from integers(draw, 3, 4)
    yield from (sample(laid) for laid in draw.layouts(draw(3, 4)))


def any_number(draw: Draw) -> Iterator[Sample]:
    yield from several(draw)
    yield sample(draw(2, 3, 4))
    yield sample(draw(2, 3, 4), (2,))
    yield sample(draw(2, 3, 4), 3)
    yield sample(draw(2, 3, 4), dim=1)


def without_any(draw: Draw) -> Iterator[Sample]:
    yield from any_number(draw)
    yield sample(draw())
    yield sample(draw(3), dim=())


def frequencies(draw: Draw) -> Iterator[Sample]:
    for n in (0, 1, 4, 5):
        yield sample(n)
    yield sample(5, 0.5)
    yield sample(4, d=2)
    yield sample(4, d=0)


def shifts(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4))
    yield sample(draw(5), 0)
    yield sample(draw(3, 4, 5), dim=(0, -1))
    yield sample(draw(3, 4), (0, 0))


row = partial(Row, method=False, tolerance=TOLERANCE)

ROWS: dict[str, Row] = {
    **{f"fft.{name}": row(one, dtypes=EVERY) for name in ("fft", "ifft", "irfft", "hfft")},
    **{f"fft.{name}": row(one, dtypes=REAL) for name in ("rfft", "ihfft")},
    **{f"fft.{name}": row(several, dtypes=EVERY) for name in ("fft2", "ifft2", "irfft2", "hfft2")},
    **{f"fft.{name}": row(several, dtypes=REAL) for name in ("rfft2", "ihfft2")},
    **{f"fft.{name}": row(without_any, dtypes=EVERY) for name in ("fftn", "ifftn")},
    **{f"fft.{name}": row(any_number, dtypes=EVERY) for name in ("irfftn", "hfftn")},
    **{f"fft.{name}": row(any_number, dtypes=REAL) for name in ("rfftn", "ihfftn")},
    **{f"fft.{name}": row(frequencies, dtypes=("float32",)) for name in ("fftfreq", "rfftfreq")},
    **{f"fft.{name}": row(shifts, dtypes=EVERY) for name in ("fftshift", "ifftshift")},
}
