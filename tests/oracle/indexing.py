"""Samples of reading, writing, gathering, scattering and sorting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

I64 = np.int64


def places(*numbers: Any) -> np.ndarray:
    return np.array(numbers, dtype=I64)


MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
EVERYTHING = slice(None)

# Indices into a tensor of shape (3, 4, 5)
INDICES: dict[str, Any] = {
    "integer": 1,
    "negative integer": -1,
    "two integers": (1, 2),
    "three integers": (0, -1, 2),
    "slice": slice(1, 3),
    "steps": (slice(None, None, 2), slice(1, None, 3)),
    "negative bounds": slice(-2, -1),
    "empty slice": slice(2, 1),
    "far slice": slice(1, 99),
    "ellipsis": (Ellipsis, 2),
    "ellipsis between": (1, Ellipsis, slice(0, 2)),
    "None": (None, EVERYTHING, None),
    "everything": EVERYTHING,
    "nothing": (),
    "tensor": places(2, 0, 2),
    "negative tensor": places(-1, -3),
    "tensor of two dimensions": places([0, 1], [2, 2]),
    "tensor of no dimension": np.array(1),
    "empty tensor": np.zeros(0, I64),
    "list": [2, 0],
    "two tensors": (places(0, 2), places(1, 3)),
    "two tensors that broadcast": (places([0], [2]), places(1, 3)),
    "tensors apart": (places(0, 2), EVERYTHING, places(1, 4)),
    "tensors behind a slice": (EVERYTHING, places(0, 2), places(1, 4)),
    "tensor and integer": (places(0, 2), 1),
    "integer and tensor": (1, places(0, 2)),
    "integer apart from a tensor": (1, EVERYTHING, places(0, 2)),
    "tensor and slice": (places(0, 2), slice(1, 3)),
    "slice, tensor and ellipsis": (slice(0, 2), places(0, 3), Ellipsis),
    "tensor and None": (places(0, 2), None),
    "mask of one dimension": np.array([True, False, True]),
    "mask of two dimensions": MASK,
    "mask behind a slice": (EVERYTHING, np.array([True, False, True, True])),
    "mask and tensor": (np.array([True, False, True]), places(1, 3)),
    "mask and integer": (MASK, 2),
    "mask of nothing": np.zeros(3, bool),
    "integer tensor of another width": np.array([0, 2], dtype=np.int32),
}


def _read(lib: Any, x: Any, index: Any) -> Any:
    return x[index]


def _write(lib: Any, x: Any, index: Any, value: Any) -> Any:
    y = x.clone()
    y[index] = value
    return y


def reading(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4, 5)
    for index in INDICES.values():
        yield sample(x, index)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, (1, slice(0, 2)))
        yield sample(laid, places(2, 0))
    yield sample(draw(), ())
    yield sample(draw(), None)
    yield sample(draw(), Ellipsis)


def writing(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4, 5)
    for name, index in INDICES.items():
        unlisted = list(index) if isinstance(index, list) else index
        # PyTorch selects by the integer first, and leaves the tensor's dimension where it stands
        shape = (4, 2) if name == "integer apart from a tensor" else x[unlisted].shape
        yield sample(x, index, 7.0)
        # The same place twice: PyTorch gives a value the gradient of both, plugrad that of what stayed.
        repeated = name in ("tensor", "tensor of two dimensions")
        yield sample(x, index, fixed(draw()) if repeated else draw())
        if not repeated:  # else any of them may win
            yield sample(x, index, draw(*shape))
            if shape and 0 not in shape:
                yield sample(x, index, draw(*(1 for _ in shape)))
    yield sample(draw(), (), 2.0)
    yield sample(draw.ints(3), 1, 5)
    yield sample(draw(3), 1, draw.ints())
    yield sample(draw(3, 4), (slice(None), 1), draw(3).astype("float64"))


def gather(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, 0, draw.ints(2, 4, low=0, high=3))
    yield sample(x, 1, draw.ints(3, 7, low=0, high=4))
    yield sample(x, -1, draw.ints(2, 2, low=0, high=4))
    yield sample(x, 1, np.zeros((3, 0), I64))
    yield sample(draw(), 0, np.array(0))
    yield sample(draw(2, 3, 4), 1, draw.ints(2, 5, 4, low=0, high=3))
    for laid in draw.layouts(x):
        yield sample(laid, 1, draw.ints(3, 2, low=0, high=4))


def distinct_places(draw: Draw, rows: int, columns: int, high: int) -> np.ndarray:
    return np.stack([draw.random.permutation(high)[:columns] for _ in range(rows)]).astype(I64)


def scatter(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 5)
    index = distinct_places(draw, 3, 2, 5)
    yield sample(x, 1, index, draw(3, 2))
    yield sample(x, 1, index, draw(3, 4))
    yield sample(x, 1, index, 7.5)
    yield sample(x, 0, distinct_places(draw, 5, 2, 3).T.copy(), draw(2, 5))
    yield sample(x, -1, index, src=draw(3, 2))
    yield sample(x, 1, index.astype(np.int32), draw(3, 2))
    yield sample(x, 1, index, value=2.0)
    yield sample(draw.ints(4), 0, places(1, 3), draw.ints(2))
    yield sample(draw(), 0, np.array(0), draw())


def scatter_add(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 5)
    yield sample(x, 1, draw.ints(3, 6, low=0, high=5), draw(3, 6))
    yield sample(x, 0, draw.ints(4, 5, low=0, high=3), draw(4, 5))
    yield sample(x, -1, draw.ints(2, 3, low=0, high=5), draw(3, 4))
    yield sample(x, 1, np.zeros((3, 0), I64), draw(3, 2))
    yield sample(draw.ints(4), 0, places(1, 1), draw.ints(2))


def index_select(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4, 5)
    yield sample(x, 0, places(2, 0, 2))
    yield sample(x, 1, places(3))
    yield sample(x, -1, places(0, 0, 4))
    yield sample(x, 0, np.zeros(0, I64))
    yield sample(x, 0, np.array(1))
    yield sample(x, 0, np.array([0, 1], dtype=np.int32))
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, 1, places(2, 2, 0))


def index_add(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, 0, places(2, 0, 2), draw(3, 4))
    yield sample(x, 1, places(1, 1), draw(3, 2))
    yield sample(x, -1, places(0, 3), draw(3, 2), alpha=-0.5)
    yield sample(x, 0, np.zeros(0, I64), np.zeros((0, 4), draw.dtype))
    yield sample(draw.ints(3), 0, places(1, 1), draw.ints(2))


def masked_fill(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, MASK, 2.5)
    yield sample(x, MASK, draw())
    yield sample(x, MASK[0], -1)
    yield sample(x, MASK[:, :1], 0.0)
    yield sample(draw(2, 3, 4), MASK, 1.0)
    yield sample(draw.ints(3, 4), MASK, 9)
    for laid in draw.layouts(x):
        yield sample(laid, MASK, 2.5)


def masked_select(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, MASK)
    yield sample(x, MASK[0])
    yield sample(draw(4), MASK)
    yield sample(x, np.zeros((3, 4), bool))
    for laid in draw.layouts(x):
        yield sample(laid, MASK)


def take_along_dim(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 4)
    yield sample(x, draw.ints(3, 2, low=0, high=4), 1)
    yield sample(x, draw.ints(1, 4, low=0, high=3), 0)
    yield sample(x, draw.ints(1, 2, low=0, high=4), dim=-1)
    yield sample(x, draw.ints(5, low=0, high=12))


def nonzero(draw: Draw) -> Iterator[Sample]:
    yield sample(MASK)
    yield sample(draw(3, 4).round())
    yield sample(np.zeros((2, 3)))
    yield sample(draw.ints(3, low=0, high=2))
    yield sample(np.array(1.0))
    yield sample(np.array(0.0))
    yield sample(MASK, as_tuple=True)


def sort(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 4)
    yield sample(x)
    for dim in (0, 1, -1):
        for descending in (False, True):
            yield sample(x, dim, descending)
            yield sample(x, dim=dim, descending=descending)
    yield sample(draw.distinct(2, 3, 4), 1)
    yield sample(draw())
    yield sample(np.zeros((0, 3), draw.dtype), 0)
    yield sample(draw.random.permutation(9).reshape(3, 3), 0)
    yield sample(np.array([2.0, np.nan, -1.0, np.inf]).astype(draw.dtype))
    yield sample(np.array([2.0, np.nan, -1.0, np.inf]).astype(draw.dtype), descending=True)
    for stable in ({"stable": True}, {"stable": True, "dim": 0}, {"stable": True, "descending": True}):
        yield sample(draw.ints(6, 4, low=0, high=3).astype(draw.dtype), **stable)
    yield sample(draw.layouts(x).__next__(), 1)


def argsort(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 4)
    yield sample(x)
    yield sample(x, 0)
    yield sample(x, dim=1, descending=True)
    yield sample(draw.ints(6, 4, low=0, high=3), dim=0, stable=True)
    yield sample(draw())


def topk(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 6)
    for k in (0, 1, 3, 6):
        yield sample(x, k)
    yield sample(x, 2, 0)
    yield sample(x, 2, dim=-1, largest=False)
    yield sample(draw.distinct(2, 3, 4), 2, 1)
    yield sample(draw(), 1)
    yield sample(draw.random.permutation(9), 4)


Call = Callable[..., Any]
ROWS: dict[str, Row] = {
    "x[i]": Row(reading, {"read": _read}, function=False, method=False),
    "x[i] = v": Row(writing, {"write": _write}, function=False, method=False),
    "gather": Row(gather),
    "scatter": Row(scatter),
    "scatter_add": Row(scatter_add),
    "index_select": Row(index_select),
    "index_add": Row(index_add),
    "masked_fill": Row(masked_fill),
    "masked_select": Row(masked_select),
    "take_along_dim": Row(take_along_dim),
    "nonzero": Row(nonzero),
    "sort": Row(sort),
    "argsort": Row(argsort),
    "topk": Row(topk),
}
