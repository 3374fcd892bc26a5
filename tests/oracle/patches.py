"""Samples of parts that are replaced, turned, split and listed in every way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample
from tests.oracle.indexing import places
from tests.oracle.more_shapes import joined
from tests.oracle.shapes import Samples, plain


def even_parts(*shapes: tuple[int, ...]) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shape in shapes:
            yield sample(draw(*shape), 2)
            yield sample(draw(*shape), [1, 3])
            yield sample(draw(*shape), (2,))
            yield sample(draw(*shape), 1)

    return samples


def at_least(draw: Draw) -> Iterator[Sample]:
    for shape in ((), (3,), (2, 3), (2, 3, 4), (0,)):
        yield sample(draw(*shape))
    yield sample(draw(), draw(3))
    yield sample([draw(), draw(2, 2)])


def rot90(draw: Draw) -> Iterator[Sample]:
    for k in (0, 1, 2, 3, -1, 5):
        yield sample(draw(2, 3), k)
        yield sample(draw(2, 3, 4), k, [2, 0])
    yield sample(draw(2, 3))
    yield sample(draw(0, 3), 1, (-1, 0))
    yield sample(draw.ints(2, 3), dims=(1, 0))


def narrow_copy(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 3), 0, 1, 2)
    yield sample(draw(5, 3), -1, -2, 1)


def select_scatter(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), draw(4), 0, 1)
    yield sample(draw(3, 4), draw(3), -1, -2)
    yield sample(draw(3), draw(), 0, 0)
    yield sample(draw(3, 4), draw.ints(4), 0, 1)


def slice_scatter(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), draw(3, 2), 1, 0, 4, 2)
    yield sample(draw(3, 4), draw(3, 4))
    yield sample(draw(3, 4), draw(1, 4), 0, -1)
    yield sample(draw(3, 4), draw(0, 4), start=2, end=1)
    yield sample(draw(5), draw(2), 0, 1, 99, 3)


def diagonal_scatter(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), draw(3))
    yield sample(draw(3, 4), draw(2), -1)
    yield sample(draw(2, 3, 4), draw(3, 2), offset=1, dim1=0, dim2=-1)
    yield sample(draw(3, 4), draw(0), 9)


def as_strided(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), (2, 2), (4, 1))
    yield sample(draw(3, 4), (3, 2), (1, 2), 3)
    yield sample(draw(6), (2, 3), (1, 1), 1)
    yield sample(draw(6), (), (), 5)
    yield sample(draw(6), (0, 2), (100, 100))
    yield sample(draw(4), (3,), (0,))


def as_strided_scatter(draw: Draw) -> Iterator[Sample]:
    # PyTorch's derivative by the tensor itself is wrong: its own gradcheck says so.
    yield sample(fixed(draw(3, 4)), draw(2, 2), (2, 2), (4, 1))
    yield sample(fixed(draw(3, 4)), draw(3, 2), (3, 2), (4, 2), 1)
    yield sample(fixed(draw(6)), draw(), (), (), 5)


def fill_diagonal(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), 7.5)
    yield sample(draw(7, 3), 2, wrap=True)
    yield sample(draw(7, 3), 2)
    yield sample(draw(2, 2, 2), 1.0)
    yield sample(draw.ints(3, 3), 7.5)
    yield sample(draw(0, 3), 7.5, True)


def sum_to_size(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), 3, 1)
    yield sample(draw(3, 4), (4,))
    yield sample(draw(3, 4), 3, 4)
    yield sample(draw(2, 3, 4), 1, 1)
    yield sample(draw(3, 4), ())
    yield sample(draw.ints(3, 4), 1, 4)


def cartesian_prod(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3), draw(2))
    yield sample(draw(3), draw(2), draw(2))
    yield sample(draw(3))
    yield sample(draw(3), draw(0))


def combinations(draw: Draw) -> Iterator[Sample]:
    for r in (0, 1, 2, 3, 5):
        yield sample(draw(4), r)
        yield sample(draw(4), r, with_replacement=True)
    yield sample(draw.ints(3))


def unravel_index(draw: Draw) -> Iterator[Sample]:
    yield sample(places(0, 5, 11), (3, 4))
    yield sample(places(12, -1, -13), (3, 4))
    yield sample(np.array([[3, 7]], dtype=np.int32), (2, 2, 2))
    yield sample(places(3), 4)
    yield sample(np.array(3), ())


def attribute(name: str) -> dict[str, Callable[..., Any]]:
    return {"attribute": lambda lib, x: getattr(x, name)}


ROWS: dict[str, Row] = {
    "hsplit": Row(even_parts((4,), (3, 4), (2, 4, 3))),
    "vsplit": Row(even_parts((4, 3), (4, 1, 2))),
    "dsplit": Row(even_parts((2, 3, 4))),
    "row_stack": Row(joined((3,), (3, 2))),
    "atleast_1d": Row(at_least),
    "atleast_2d": Row(at_least),
    "atleast_3d": Row(at_least),
    "rot90": Row(rot90),
    "narrow_copy": Row(narrow_copy),
    "select_scatter": Row(select_scatter),
    "slice_scatter": Row(slice_scatter),
    "diagonal_scatter": Row(diagonal_scatter),
    "as_strided": Row(as_strided, calls={"as method": lambda lib, x, *args: x.as_strided(*args)}, method=False),
    "as_strided_scatter": Row(as_strided_scatter),
    "fill_diagonal": Row(fill_diagonal, function=False),
    "sum_to_size": Row(sum_to_size, function=False),
    "ndimension": Row(plain((), (3, 4)), function=False),
    "adjoint": Row(plain((3, 4), (2, 3, 4))),
    "mH": Row(plain((3, 4), (2, 3, 4)), calls=attribute("mH"), function=False, method=False),
    "H": Row(plain((3, 4), (0, 2)), calls=attribute("H"), function=False, method=False),
    "cartesian_prod": Row(cartesian_prod),
    "combinations": Row(combinations),
    "unravel_index": Row(unravel_index),
}
