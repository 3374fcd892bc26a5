"""Samples of normalization, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

SHAPES = ((4, 3), (2, 3, 4), (2, 3, 2, 2), (5, 3, 1))


def batch_norm(draw: Draw) -> Iterator[Sample]:
    for shape in SHAPES:
        x = draw(*shape)
        yield sample(x, None, None, training=True)
        yield sample(x, fixed(draw(3)), fixed(draw(3, low=0.5)), draw(3), draw(3), True)
        yield sample(x, fixed(draw(3)), fixed(draw(3, low=0.5)), draw(3), draw(3), False)
        yield sample(x, fixed(draw(3)), fixed(draw(3, low=0.5)), None, draw(3), eps=1e-2)
        yield sample(x, None, None, draw(3), None, True, eps=1e-2)
    yield sample(draw(0, 3), fixed(draw(3)), fixed(draw(3, low=0.5)))
    for laid in draw.layouts(draw(4, 3)):
        yield sample(laid, None, None, draw(3), draw(3), True)


def instance_norm(draw: Draw) -> Iterator[Sample]:
    for shape in ((2, 3, 4), (2, 3, 2, 2)):
        x = draw(*shape)
        yield sample(x)
        yield sample(x, fixed(draw(3)), fixed(draw(3, low=0.5)), draw(3), draw(3))
        yield sample(x, fixed(draw(3)), fixed(draw(3, low=0.5)), draw(3), draw(3), use_input_stats=False)
        yield sample(x, weight=draw(3), eps=1e-2)


def group_norm(draw: Draw) -> Iterator[Sample]:
    for shape in ((2, 4), (2, 4, 3), (2, 4, 2, 3)):
        for groups in (1, 2):
            yield sample(draw(*shape), groups)
            yield sample(draw(*shape), groups, draw(4), draw(4))
        yield sample(draw(*shape), 2, weight=draw(4), eps=1e-2)
    yield sample(draw(2, 4, 3), 4, bias=draw(4))


def rms_norm(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(4, 3), (3,))
    yield sample(draw(4, 3), [3], draw(3))
    yield sample(draw(2, 4, 3), (4, 3), weight=draw(4, 3), eps=1e-2)
    yield sample(draw(3), (3,), None, 1e-5)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, (4,), draw(4))


def local_response_norm(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 5, 3), 2)
    yield sample(draw(2, 5, 3, 2), 3, alpha=0.5, beta=0.6, k=2.0)
    yield sample(draw(1, 3, 2, 2, 2), 4, 1.0)


def normalize(draw: Draw) -> Iterator[Sample]:
    for p in (2.0, 1, 3, np.inf):
        yield sample(draw(3, 4), p)
    yield sample(draw(3, 4), dim=0, eps=10.0)
    yield sample(draw(2, 3, 4), 2.0, -1)
    yield sample(draw(3), dim=0)


ROWS: dict[str, Row] = {
    "nn.functional.batch_norm": Row(batch_norm, tolerance={"float64": 1e-8, "float32": 1e-3}),
    "nn.functional.instance_norm": Row(instance_norm, tolerance={"float64": 1e-8, "float32": 1e-3}),
    "nn.functional.group_norm": Row(group_norm, tolerance={"float64": 1e-8, "float32": 1e-3}),
    "nn.functional.rms_norm": Row(rms_norm, tolerance={"float32": 1e-4}),
    "nn.functional.local_response_norm": Row(local_response_norm, tolerance={"float32": 1e-4}),
    "nn.functional.normalize": Row(normalize, tolerance={"float32": 1e-4}),
}


def _refused() -> dict[str, Callable[[Any], Any]]:
    def batch(
        shape: tuple[int, ...], *sizes: tuple[int, ...] | None, dtype: str = "float32", **options: Any
    ) -> Callable[[Any], Any]:
        def call(lib: Any) -> Any:
            given = [None if size is None else lib.ones(size) for size in sizes]
            return lib.nn.functional.batch_norm(lib.ones(shape, dtype=getattr(lib, dtype)), *given, **options)

        return call

    def one(name: str, shape: tuple[int, ...], *args: Any, dtype: str = "float32", **options: Any) -> Any:
        def call(lib: Any) -> Any:
            given = [lib.ones(a[1]) if isinstance(a, tuple) and a[:1] == ("ones",) else a for a in args]
            named = {
                k: lib.ones(a[1]) if isinstance(a, tuple) and a[:1] == ("ones",) else a for k, a in options.items()
            }
            return getattr(lib.nn.functional, name)(lib.ones(shape, dtype=getattr(lib, dtype)), *given, **named)

        return call

    c = (3,)
    return {
        "batch_norm: one value": batch((1, 3), c, c, training=True),
        "batch_norm: no statistics": batch((2, 3), None, None),
        "batch_norm: no variance": batch((2, 3), c, None),
        "batch_norm: no variance in training": batch((3, 2), (2,), None, training=True),
        "batch_norm: means": batch((2, 3), (4,), (4,)),
        "batch_norm: variances": batch((2, 3), c, (4,)),
        "batch_norm: weights": batch((2, 3), c, c, (4,)),
        "batch_norm: biases": batch((2, 3), c, c, c, (4,)),
        "batch_norm: a vector": batch((3,), c, c),
        "batch_norm: integers": batch((2, 3), c, c, dtype="int64"),
        "batch_norm: dtypes": batch((2, 3), c, c, dtype="float64"),
        "batch_norm: dtypes in training": batch((2, 3), c, c, dtype="float64", training=True),
        "batch_norm: eps in training": batch((2, 3), c, c, training=True, eps=0.0),
        "batch_norm: eps": batch((2, 3), c, c, eps=-1.0),
        "batch_norm: a matrix": batch((2, 3), c, (3, 1)),
        "batch_norm: gradients of statistics": lambda lib: lib.nn.functional.batch_norm(
            lib.ones(2, 3), lib.zeros(3).requires_grad_(), lib.ones(3)
        ),
        "batch_norm: dtype of the weight": lambda lib: lib.nn.functional.batch_norm(
            lib.ones(2, 3), lib.zeros(3), lib.ones(3), lib.ones(3).double()
        ),
        "instance_norm: one value": one("instance_norm", (2, 3)),
        "instance_norm: one place": one("instance_norm", (2, 3, 1)),
        "instance_norm: no statistics": one("instance_norm", (2, 3, 4), use_input_stats=False),
        "instance_norm: weights": one("instance_norm", (2, 3, 4), weight=("ones", (2,))),
        "instance_norm: integers": one("instance_norm", (2, 3, 4), dtype="int64"),
        "instance_norm: no variances": one("instance_norm", (2, 3, 4), ("ones", c)),
        "group_norm: a vector": one("group_norm", (2,), 1),
        "group_norm: groups": one("group_norm", (2, 3), 2),
        "group_norm: one value": one("group_norm", (1, 1), 1),
        "group_norm: weights": one("group_norm", (2, 4), 2, ("ones", c)),
        "group_norm: no groups": one("group_norm", (2, 4), 0),
        "group_norm: negative": one("group_norm", (2, 4), -1),
        "group_norm: integers": one("group_norm", (2, 4), 2, dtype="int64"),
        "rms_norm: shape": one("rms_norm", (2, 3), (4,)),
        "rms_norm: no shape": one("rms_norm", (2, 3), ()),
        "rms_norm: weights": one("rms_norm", (2, 3), (3,), ("ones", (4,))),
        "rms_norm: integers": one("rms_norm", (2, 3), (3,), dtype="int64"),
        "rms_norm: a number": one("rms_norm", (2, 3), 3),
        "local_response_norm: dimensions": one("local_response_norm", (2, 3), 2),
        "local_response_norm: size": one("local_response_norm", (2, 3, 4), 0),
        "normalize: dimension": one("normalize", (3,), dim=2),
    }


REFUSED = _refused()
