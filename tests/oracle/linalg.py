"""Samples of products of matrices and tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.oracle.harness import Draw, Row, Sample, sample

Samples = Callable[[Draw], Iterator[Sample]]

MATMUL = (
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (1, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((6, 5, 2, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((0, 3), (3, 4)),
    ((0, 2, 3), (3, 4)),
    ((0,), (0,)),
    ((1, 1), (1, 1)),
)


def of_shapes(*pairs: tuple[tuple[int, ...], ...], layouts: bool = True) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shapes in pairs:
            yield sample(*(draw(*shape) for shape in shapes))
        if layouts:
            for laid in draw.layouts(draw(3, 4)):
                yield sample(laid, draw(*((4,) if len(pairs[0][1]) == 1 else (4, 2))))
                if len(pairs[0][0]) == 2:
                    yield sample(draw(2, 3), laid) if len(pairs[0][1]) == 2 else sample(laid, draw(4))
        yield sample(*(draw.ints(*shape) for shape in pairs[0]))

    return samples


EQUATIONS: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = (
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk", ((2, 3), (3, 4))),
    ("ij->ji", ((2, 3),)),
    ("ij->", ((2, 3),)),
    ("ij->j", ((2, 3),)),
    ("ii", ((3, 3),)),
    ("ii->i", ((3, 3),)),
    ("i,i", ((3,), (3,))),
    ("i,j->ij", ((2,), (3,))),
    ("bij,bjk->bik", ((5, 2, 3), (5, 3, 4))),
    ("bi,bj->b", ((5, 2), (5, 3))),
    ("...ij,...jk->...ik", ((6, 5, 2, 3), (5, 3, 4))),
    ("...i->...", ((2, 3, 4),)),
    ("i...,i...->...", ((3, 2), (3, 2))),
    ("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2))),
    ("ijk,jil->kl", ((2, 3, 4), (3, 2, 5))),
    ("bhqd,bhkd->bhqk", ((2, 3, 4, 5), (2, 3, 6, 5))),
    ("i j, j k -> i k", ((2, 3), (3, 4))),
    ("ba", ((2, 3),)),
    ("ij,ij->ij", ((2, 3), (2, 3))),
    ("ij,ij->", ((2, 3), (1, 3))),
    ("iij->j", ((3, 3, 2),)),
)


def einsum(draw: Draw) -> Iterator[Sample]:
    for equation, shapes in EQUATIONS:
        yield sample(equation, *(draw(*shape) for shape in shapes))
    yield sample("ij,jk->ik", [draw(2, 3), draw(3, 4)])
    for laid in draw.layouts(draw(3, 4)):
        yield sample("ij,jk->ik", laid, draw(4, 2))


def addmm(draw: Draw) -> Iterator[Sample]:
    a, b = draw(2, 3), draw(3, 4)
    yield sample(draw(2, 4), a, b)
    yield sample(draw(4), a, b)
    yield sample(draw(2, 1), a, b)
    yield sample(draw(), a, b)
    yield sample(draw(2, 4), a, b, beta=0.5, alpha=-2.0)
    yield sample(draw(4), a, b, beta=0)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(draw(4), draw(2, 3), laid)


def addbmm(draw: Draw) -> Iterator[Sample]:
    a, b = draw(5, 2, 3), draw(5, 3, 4)
    yield sample(draw(2, 4), a, b)
    yield sample(draw(2, 4), a, b, beta=0.5, alpha=-2.0)
    yield sample(draw(2, 4), draw(0, 2, 3), draw(0, 3, 4))
    yield sample(draw.ints(2, 4), draw.ints(5, 2, 3), draw.ints(5, 3, 4))


def linear(draw: Draw) -> Iterator[Sample]:
    for shape in ((3,), (2, 3), (5, 2, 3), (0, 3)):
        yield sample(draw(*shape), draw(4, 3), draw(4))
        yield sample(draw(*shape), draw(4, 3))
    yield sample(draw(2, 3), draw(4, 3), None)
    yield sample(draw(2, 3), draw(3))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, draw(2, 4), draw(2))
        yield sample(draw(2, 4), laid, draw(3))


def at(lib: Any, a: Any, b: Any) -> Any:
    return a @ b


ROWS: dict[str, Row] = {
    "matmul": Row(of_shapes(*MATMUL), {"@": at}),
    "mm": Row(of_shapes(((2, 3), (3, 4)), ((2, 0), (0, 4)), ((0, 3), (3, 4)))),
    "bmm": Row(of_shapes(((5, 2, 3), (5, 3, 4)), ((0, 2, 3), (0, 3, 4)), layouts=False)),
    "mv": Row(of_shapes(((2, 3), (3,)), ((0, 3), (3,)))),
    "dot": Row(of_shapes(((3,), (3,)), ((0,), (0,)), layouts=False)),
    "outer": Row(of_shapes(((2,), (3,)), ((0,), (3,)), layouts=False)),
    "einsum": Row(einsum),
    "addbmm": Row(addbmm),
    "addmm": Row(addmm),
    "nn.functional.linear": Row(linear),
}
