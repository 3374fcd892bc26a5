"""Samples of ops that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample

Samples = Callable[[Draw], Iterator[Sample]]


def each(shape: tuple[int, ...], *given: Any, layouts: bool = True) -> Samples:
    """One input of a shape with every one of the given arguments: a tuple of them or a dict."""

    def samples(draw: Draw) -> Iterator[Sample]:
        x = draw(*shape)
        for arguments in given:
            if isinstance(arguments, dict):
                yield sample(x, **arguments)
            else:
                yield sample(x, *arguments)
        if layouts and len(shape) > 1:
            for laid in draw.layouts(x):
                if isinstance(given[0], dict):
                    yield sample(laid, **given[0])
                else:
                    yield sample(laid, *given[0])
        yield sample(draw.ints(*shape), *(given[0] if isinstance(given[0], tuple) else ()))

    return samples


def together(*samples: Samples) -> Samples:
    def all_of_them(draw: Draw) -> Iterator[Sample]:
        for one in samples:
            yield from one(draw)

    return all_of_them


def reshape(draw: Draw) -> Iterator[Sample]:
    for shape in ((6, 4), (-1,), (2, -1, 2), (1, 24, 1), (24,)):
        yield sample(draw(2, 3, 4), shape)
    yield sample(draw(), (1, 1))
    yield sample(draw(1), ())
    yield sample(draw(0, 3), (3, 0))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, (2, 6))


def cat(draw: Draw) -> Iterator[Sample]:
    yield sample([draw(2, 3), draw(4, 3)])
    yield sample([draw(2, 3), draw(2, 1), draw(2, 0)], 1)
    yield sample((draw(2, 3), draw(2, 3)), dim=-1)
    yield sample([draw(0), draw(2, 3)])  # an empty vector fits everything
    yield sample([draw.ints(2), draw(3)])
    yield sample([draw(2), draw(2).astype("float64")])
    yield sample([draw.bools(2), draw.ints(1)])
    for laid in draw.layouts(draw(3, 4)):
        yield sample([laid, draw(3, 4)], 1)


def stack(draw: Draw) -> Iterator[Sample]:
    yield sample([draw(2, 3), draw(2, 3)])
    for dim in (0, 1, 2, -1):
        yield sample([draw(2, 3), draw(2, 3), draw(2, 3)], dim)
    yield sample([draw(), draw()])
    yield sample([draw.ints(2), draw(2)])


def triangle(draw: Draw) -> Iterator[Sample]:
    for diagonal in (0, 1, -1, 5, -5):
        yield sample(draw(3, 4), diagonal)
        yield sample(draw(2, 4, 3), diagonal=diagonal)
    yield sample(draw.ints(3, 3))
    yield sample(draw.bools(3, 3))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid)


def diagonal(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4))
    for offset in (0, 1, -1, 3, -2):
        yield sample(draw(3, 4), offset)
    yield sample(draw(2, 3, 4), 1, 0, 2)
    yield sample(draw(2, 3, 4), offset=-1, dim1=-1, dim2=-2)
    yield sample(draw(3, 4), 9)


def squeeze(draw: Draw) -> Iterator[Sample]:
    x = draw(1, 3, 1, 2)
    yield sample(x)
    for dim in (0, 1, 2, -1, (0, 2), (0, 1)):
        yield sample(x, dim)
    yield sample(draw())
    yield sample(draw(), 0)
    yield sample(draw(1, 1))


def transpose(draw: Draw) -> Iterator[Sample]:
    for pair in ((0, 1), (1, -1), (-3, 2), (1, 1)):
        yield sample(draw(2, 3, 4), *pair)
    yield sample(draw(), 0, -1)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 0, 1)


def plain(*shapes: tuple[int, ...]) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shape in shapes:
            yield sample(draw(*shape))
        if len(shapes[-1]) == 2:
            for laid in draw.layouts(draw(3, 4)):
                yield sample(laid)
        yield sample(draw.ints(*shapes[-1]))

    return samples


def parts(draw: Draw) -> Iterator[Sample]:
    x = draw(5, 6)
    for size in (2, 5, 9, [2, 3], [1, 0, 4]):
        yield sample(x, size)
    yield sample(x, 4, 1)
    yield sample(x, [1, 5], dim=-1)
    yield sample(draw(0, 3), 2)


def chunks(draw: Draw) -> Iterator[Sample]:
    x = draw(5, 6)
    for count in (1, 2, 3, 4, 7):
        yield sample(x, count)
        yield sample(x, count, dim=1)


def view_as_it_is(lib: Any, x: Any, shape: Any) -> Any:
    return x.view(*shape)


def reshape_as_it_is(lib: Any, x: Any, shape: Any) -> Any:
    return x.reshape(*shape)


def views(draw: Draw) -> Iterator[Sample]:
    for shape in ((6, 4), (-1,), (2, -1, 2), (24, 1)):
        yield sample(draw(2, 3, 4), shape)
    yield sample(np.zeros((0, 3), draw.dtype), (3, 0))


ROWS: dict[str, Row] = {
    "reshape": Row(reshape, {"spread": reshape_as_it_is}),
    "view": Row(views, {"spread": view_as_it_is}, function=False),
    "flatten": Row(
        together(each((2, 3, 4), (), (1,), (0, 1), (-2, -1), (1, 1)), plain((), (0, 3))),
    ),
    "permute": Row(
        each((2, 3, 4), ((2, 0, 1),), ((0, -1, 1),), layouts=False),
        {"spread": lambda lib, x, dims: x.permute(*dims)},
    ),
    "transpose": Row(transpose),
    "t": Row(plain((), (3,), (2, 3))),
    "T": Row(plain((), (3,), (2, 3)), {"attribute": lambda lib, x: x.T}, function=False, method=False),
    "mT": Row(plain((2, 3, 4), (2, 3)), {"attribute": lambda lib, x: x.mT}, function=False, method=False),
    "expand": Row(
        each((3, 1), ((3, 4),), ((2, 3, 4),), ((-1, 4),), ((5, -1, 4),), layouts=False),
        {"spread": lambda lib, x, shape: x.expand(*shape)},
        function=False,
    ),
    "broadcast_to": Row(each((3, 1), ((3, 4),), ((2, 3, 4),), layouts=False)),
    "squeeze": Row(squeeze),
    "unsqueeze": Row(together(each((2, 3), (0,), (1,), (2,), (-1,), (-3,)), each((), (0,), (-1,)))),
    "cat": Row(cat),
    "stack": Row(stack),
    "split": Row(parts),
    "chunk": Row(chunks),
    "unbind": Row(each((2, 3), (), (0,), (1,), (-1,))),
    "flip": Row(
        each((2, 3, 4), ((0,),), ((0, 2),), ((-1,),)),
        {"spread": lambda lib, x, dims: x.flip(*dims)},
    ),
    "roll": Row(each((2, 3, 4), (1,), (-2, 1), ((1, -1), (0, 2)), (5,), (3, -1))),
    "repeat": Row(
        each((2, 3), ((2, 1),), ((2, 1, 3),), ((0, 2),)),
        {"spread": lambda lib, x, times: x.repeat(*times)},
        function=False,
    ),
    "tile": Row(each((2, 3), ((2,),), ((2, 1),), ((2, 1, 3),))),
    "movedim": Row(each((2, 3, 4), (0, 2), (-1, 0), ((0, 1), (2, 0)))),
    "tril": Row(triangle),
    "triu": Row(triangle),
    "diagonal": Row(diagonal),
    "contiguous": Row(plain((), (2, 3)), function=False),
    "clone": Row(plain((), (0, 2), (2, 3))),
}
