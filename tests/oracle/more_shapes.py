"""Samples of further ops that join, split, repeat, pick and search."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample
from tests.oracle.indexing import MASK, places
from tests.oracle.shapes import Samples, each, plain, transpose

FIVE = np.array([1.0, 2.0, 2.0, 5.0])


def broadcast_shapes(draw: Draw) -> Iterator[Sample]:
    yield sample((2, 1), (3,))
    yield sample((), (2, 3), (1, 1))


def broadcast_tensors(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 1), draw(3))
    yield sample(draw(), draw(2, 3), draw(1, 1))


def unflatten(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(6, 4), 0, (2, 3))
    yield sample(draw(6, 4), -1, (2, -1))


def diag(draw: Draw) -> Iterator[Sample]:
    for offset in (0, 1, -2):
        yield sample(draw(3), offset)
        yield sample(draw(3, 4), offset)


def diag_embed(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3))
    yield sample(draw(2, 3), 1)
    yield sample(draw(2, 3), offset=-1, dim1=0, dim2=2)


def diagflat(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3))
    yield sample(draw(2, 2), 1)


def joined(*shapes: tuple[int, ...]) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shape in shapes:
            yield sample([draw(*shape), draw(*shape)])
        yield sample((draw(*shapes[-1]), draw.ints(*shapes[-1])))

    return samples


def meshgrid(draw: Draw) -> Iterator[Sample]:
    for indexing in ("ij", "xy"):
        yield sample(draw(2), draw(3), indexing=indexing)
        yield sample(draw(2), draw(3), draw(4), indexing=indexing)


def tensor_split(draw: Draw) -> Iterator[Sample]:
    for cut in (2, 3, [1, 3], (2,)):
        yield sample(draw(5, 6), cut)
    yield sample(draw(5, 6), 4, dim=1)


def split_with_sizes(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 6), [2, 3])
    yield sample(draw(5, 6), [1, 5], 1)


def repeat_interleave(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), 2)
    yield sample(draw(2, 3), 3, dim=1)
    yield sample(draw(2, 3), places(1, 2), dim=0)
    yield sample(draw(2, 3), places(0, 2, 1), dim=1)


def narrow(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 3), 0, 1, 2)
    yield sample(draw(5, 3), -1, -2, 1)
    yield sample(draw(5, 3), 1, 3, 0)


def select(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 3), 0, 1)
    yield sample(draw(5, 3), -1, -2)


def index_put(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, (places(0, 2), places(1, 3)), draw(2))
    yield sample(x, (places(0, 2),), draw(2, 4))
    yield sample(x, (places(0, 0),), draw(2, 4), accumulate=True)
    yield sample(x, (MASK,), draw())


def index_copy(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), 0, places(2, 0), draw(2, 4))
    yield sample(draw(3, 4), -1, places(1), draw(3, 1))


def index_fill(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), 0, places(2, 0, 2), 7.0)
    yield sample(draw(3, 4), 1, places(1), draw())


def put(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), places(0, 11, 5), draw(3))
    yield sample(draw(3, 4), places(0, 0, -1), draw(3), accumulate=True)


def take(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), places(0, 11, 5))
    yield sample(draw(3, 4), places([0, 0], [-1, 2]))


def masked_scatter(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), MASK, draw(8))
    yield sample(draw(3, 4), MASK[0], draw(3, 4))


def kthvalue(draw: Draw) -> Iterator[Sample]:
    yield sample(draw.distinct(3, 5), 2)
    yield sample(draw.distinct(3, 5), 1, 0)
    yield sample(draw.distinct(3, 5), 3, dim=1, keepdim=True)


def msort(draw: Draw) -> Iterator[Sample]:
    yield sample(draw.distinct(4, 3))


def bucketize(draw: Draw) -> Iterator[Sample]:
    for right in (False, True):
        yield sample(np.array([[0.0, 2.0], [3.0, 9.0]]), FIVE, right=right)
    yield sample(2.0, FIVE)
    yield sample(draw.ints(4), places(-2, 0, 3))


def searchsorted(draw: Draw) -> Iterator[Sample]:
    for right in (False, True):
        yield sample(FIVE, np.array([[0.0, 2.0], [3.0, 9.0]]), right=right)
    yield sample(FIVE, 2.0)
    yield sample(np.sort(draw(2, 5), 1), draw(2, 3))
    yield sample(FIVE, FIVE, side="right")


def unique(draw: Draw) -> Iterator[Sample]:
    x = draw.ints(8, low=0, high=4)
    yield sample(x)
    yield sample(x, return_inverse=True)
    yield sample(x, return_inverse=True, return_counts=True)
    yield sample(draw.ints(6, 2, low=0, high=2), dim=0)
    yield sample(draw(3, 4).round())


def unique_consecutive(draw: Draw) -> Iterator[Sample]:
    x = draw.ints(12, low=0, high=2)
    yield sample(x)
    yield sample(x, return_inverse=True, return_counts=True)


def argwhere(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4).round())
    yield sample(MASK)


def as_other(first: tuple[int, ...], second: tuple[int, ...]) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        yield sample(draw(*first), draw(*second))
        yield sample(draw(*first), draw.ints(*second))

    return samples


def unfold(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(7), 0, 3, 2)
    yield sample(draw(3, 5), 1, 2, 1)
    yield sample(draw(3, 5), -1, 5, 1)


ROWS: dict[str, Row] = {
    "expand_as": Row(as_other((3, 1), (2, 3, 4)), function=False),
    "reshape_as": Row(as_other((3, 4), (2, 6)), function=False),
    "view_as": Row(as_other((3, 4), (2, 6)), function=False),
    "type_as": Row(as_other((3,), (2,)), function=False),
    "unfold": Row(unfold, function=False),
    "broadcast_shapes": Row(broadcast_shapes),
    "broadcast_tensors": Row(broadcast_tensors),
    "ravel": Row(plain((), (3,), (2, 3))),
    "unflatten": Row(unflatten),
    "diag": Row(diag),
    "diag_embed": Row(diag_embed),
    "diagflat": Row(diagflat),
    "trace": Row(plain((3, 3), (2, 4))),
    "column_stack": Row(joined((3,), (3, 2))),
    "hstack": Row(joined((3,), (3, 2))),
    "vstack": Row(joined((3,), (3, 2))),
    "dstack": Row(joined((3,), (3, 2), (2, 3, 4))),
    "concat": Row(joined((3,), (3, 2))),
    "concatenate": Row(joined((3,), (3, 2))),
    "meshgrid": Row(meshgrid),
    "tensor_split": Row(tensor_split),
    "split_with_sizes": Row(split_with_sizes),
    "fliplr": Row(plain((2, 3))),
    "flipud": Row(plain((3,), (2, 3))),
    "repeat_interleave": Row(repeat_interleave),
    "moveaxis": Row(each((2, 3, 4), (0, 2), (-1, 0), ((0, 1), (2, 0)))),
    "swapaxes": Row(transpose),
    "swapdims": Row(transpose),
    "narrow": Row(narrow),
    "select": Row(select),
    "index_put": Row(index_put),
    "index_copy": Row(index_copy),
    "index_fill": Row(index_fill),
    "put": Row(put),
    "take": Row(take),
    "masked_scatter": Row(masked_scatter),
    "kthvalue": Row(kthvalue),
    "msort": Row(msort),
    "bucketize": Row(bucketize, method=False),
    "searchsorted": Row(searchsorted, method=False),
    "unique": Row(unique),
    "unique_consecutive": Row(unique_consecutive),
    "argwhere": Row(argwhere),
}
