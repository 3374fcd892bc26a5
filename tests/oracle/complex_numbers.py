"""Samples of complex numbers for the functions that are about them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample
from tests.oracle.pointwise import PAIRS, unary

COMPLEX = ("complex64", "complex128")
REAL_OF = {"complex64": "float32", "complex128": "float64"}


def parts(draw: Draw) -> Iterator[Sample]:
    for shape in ((), (3,), (2, 3), (0, 2), (2, 1, 3)):
        yield sample(draw(*shape))
    for laid in draw.layouts(draw(2, 3)):
        yield sample(laid)
    yield sample(np.array([1j, -1j, 1, -1, 2 + 0j, -0.0 - 2j]).astype(draw.dtype))


def either(draw: Draw) -> Iterator[Sample]:
    """Real and whole numbers too."""
    if draw.dtype not in REAL_OF:
        yield from unary().samples(draw)
        return
    yield from parts(draw)
    yield sample(Draw(REAL_OF[draw.dtype])(2, 3))
    yield sample(np.array([0.0, -0.0, -2.0, np.nan, np.inf]).astype(REAL_OF[draw.dtype]))
    yield sample(draw.ints(4))


def matrices(draw: Draw) -> Iterator[Sample]:
    for shape in ((2, 3), (4, 2, 3), (0, 2)):
        yield sample(draw(*shape))
    yield sample(Draw(REAL_OF[draw.dtype])(2, 3))


def pairs(draw: Draw) -> Iterator[Sample]:
    """Two real numbers: a positive one first, as polar asks."""
    real = Draw(REAL_OF[draw.dtype])
    for a, b in PAIRS:
        yield sample(real(*a, low=0.2, high=2.0), real(*b))


def doubled(draw: Draw) -> Iterator[Sample]:
    real = Draw(REAL_OF[draw.dtype])
    for shape in ((2,), (3, 2), (2, 3, 2), (0, 2)):
        yield sample(real(*shape))


def _sets(part: str):
    """A part replaced, or changed in place through its view."""

    def assigned(lib, x, value):
        y = x * 1
        setattr(y, part, value)
        return y

    def multiplied(lib, x, value):
        y = x * 1
        getattr(y, part).mul_(value)
        return y

    def seen(lib, x, value):
        y = x * 1
        view = lib.view_as_real(y)
        getattr(y, part).copy_(value)
        return view * 2, y * y

    return {"assigned": assigned, "multiplied": multiplied, "seen": seen}


def replaced(draw: Draw) -> Iterator[Sample]:
    real = Draw(REAL_OF[draw.dtype])
    yield sample(draw(2, 3), real(2, 3))
    yield sample(draw(2, 3), real(3))
    yield sample(draw(), real())


def edited(draw: Draw) -> Iterator[Sample]:
    real = Draw(REAL_OF[draw.dtype])
    yield sample(draw(2, 3), real(2, 3, 2))


def _edit(lib, x, value):
    """In place through the two forms of one memory, in both directions."""
    y = x * 1
    lib.view_as_real(y).mul_(value)
    pairs = value * 1
    lib.view_as_complex(pairs).mul_(y)
    lib.view_as_real(y.T)[0].add_(value.sum())
    return y, pairs


ROWS = {
    "real": Row(either, dtypes=COMPLEX, calls={"property": lambda lib, x: x.real}, method=False),
    "imag": Row(either, dtypes=COMPLEX, calls={"property": lambda lib, x: x.imag}, method=False),
    "conj": Row(either, dtypes=COMPLEX),
    "conj_physical": Row(either, dtypes=COMPLEX),
    "resolve_conj": Row(either, dtypes=COMPLEX),
    "resolve_neg": Row(either, dtypes=COMPLEX),
    "is_conj": Row(either, dtypes=COMPLEX),
    "is_neg": Row(either, dtypes=COMPLEX),
    "isreal": Row(either, dtypes=COMPLEX),
    "angle": Row(either, dtypes=COMPLEX),
    "sgn": Row(either, dtypes=("float32", "float64", *COMPLEX)),
    "adjoint": Row(matrices, dtypes=COMPLEX, calls={"property": lambda lib, x: x.mH}),
    "mH": Row(matrices, dtypes=COMPLEX, calls={"property": lambda lib, x: x.mH}, function=False, method=False),
    "H": Row(lambda draw: iter([sample(draw(2, 3))]), dtypes=COMPLEX, calls={"property": lambda lib, x: x.H},
             function=False, method=False),
    "view_as_real": Row(either, dtypes=COMPLEX),
    "view_as_complex": Row(doubled, dtypes=COMPLEX),
    "complex": Row(pairs, dtypes=COMPLEX),
    "polar": Row(pairs, dtypes=COMPLEX),
    "a real part set": Row(replaced, dtypes=COMPLEX, calls=_sets("real"), function=False, method=False),
    "an imaginary part set": Row(replaced, dtypes=COMPLEX, calls=_sets("imag"), function=False, method=False),
    "a view edited": Row(edited, dtypes=COMPLEX, calls={"edit": _edit}, function=False, method=False),
}  # fmt: skip
