"""Samples of activations, and of glu."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample

Samples = Callable[[Draw], Iterator[Sample]]

# Kinks of all activations, and what has no number.
SPECIAL = [0.0, -0.0, 3.0, -3.0, 6.0, 0.5, -0.5, 1.0, -1.0, 20.0, 21.0, -200.0, np.inf, -np.inf, np.nan]


def elementwise(*more: Any, special: list[float] = SPECIAL, **options: Any) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        yield sample(draw(3, 4, low=-7.0, high=7.0), *more, **options)
        yield sample(draw(), *more, **options)
        yield sample(np.zeros((0, 3), draw.dtype), *more, **options)
        yield sample(np.array(special).astype(draw.dtype), *more, **options)
        for laid in draw.layouts(draw(3, 4)):
            yield sample(laid, *more, **options)

    return samples


def several(*parts: Samples) -> Samples:
    return lambda draw: (given for part in parts for given in part(draw))


def prelu(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), draw(1))
    yield sample(draw(3, 4), draw())
    yield sample(draw(3, 4), draw(4))
    yield sample(draw(2, 3, 4), draw(3))
    yield sample(draw(2, 3, 4, 2), draw(3))
    yield sample(draw(4), draw(1))
    yield sample(draw(), draw(1))


def glu(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4))
    yield sample(draw(4, 3), 0)
    yield sample(draw(2, 6, 3), dim=1)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid, -1)


FINITE = [x for x in SPECIAL if np.isfinite(x)]

# PyTorch computes with 1 / 6 and 1 / alpha in float32.
LOOSE = {"hardsigmoid": {"float64": 1e-7}, "celu": {"float64": 1e-6}}

ROWS: dict[str, Row] = {
    f"nn.functional.{name}": Row(samples, tolerance=LOOSE.get(name, {}))
    for name, samples in {
        "relu": elementwise(),
        "relu6": elementwise(),
        "elu": several(elementwise(), elementwise(0.7)),
        "selu": elementwise(),
        "celu": several(elementwise(), elementwise(0.7)),
        "leaky_relu": several(elementwise(), elementwise(0.3)),
        "hardtanh": several(elementwise(), elementwise(-0.5, 3.0)),
        "hardswish": elementwise(special=FINITE),
        "hardsigmoid": elementwise(),
        "hardshrink": several(elementwise(), elementwise(1.0)),
        "softshrink": several(elementwise(), elementwise(1.0)),
        "tanhshrink": elementwise(),
        "threshold": several(elementwise(1.0, 20.0), elementwise(-1.0, 0.0)),
        "logsigmoid": elementwise(),
        "softsign": elementwise(),
        # Not at the threshold: PyTorch's second derivative is cut before it, its first after.
        "softplus": several(elementwise(special=[0.0, 21.0, -200.0, np.inf, -np.inf]), elementwise(0.5, 2.9)),
        "mish": elementwise(special=FINITE),
        "silu": elementwise(special=FINITE),
        "gelu": several(elementwise(special=FINITE), elementwise(special=FINITE, approximate="tanh")),
        "sigmoid": elementwise(),
        "tanh": elementwise(),
        "rrelu": several(elementwise(), elementwise(0.2, 0.6)),
        "prelu": prelu,
        "glu": glu,
    }.items()
}


def whole(lib: Any, *shape: int) -> Any:
    return lib.ones(shape, dtype=lib.int64)


def truths(lib: Any, *shape: int) -> Any:
    return lib.ones(shape, dtype=lib.bool)


def _refused() -> dict[str, Callable[[Any], Any]]:
    cases: dict[str, Callable[[Any], Any]] = {
        "prelu: weights": lambda lib: lib.nn.functional.prelu(lib.ones(2, 4), lib.ones(3)),
        "prelu: a number": lambda lib: lib.nn.functional.prelu(lib.ones(()), lib.ones(3)),
        "prelu: a vector": lambda lib: lib.nn.functional.prelu(lib.ones(4), lib.ones(4)),
        "prelu: a matrix of weights": lambda lib: lib.nn.functional.prelu(lib.ones(2, 4), lib.ones(4, 1)),
        "prelu: dtype": lambda lib: lib.nn.functional.prelu(lib.ones(2, 4), lib.ones(1).double()),
        "prelu: type": lambda lib: lib.nn.functional.prelu(lib.ones(2), 1.0),
        "hardtanh: limits": lambda lib: lib.nn.functional.hardtanh(lib.ones(2), 2.0, 1.0),
        "hardtanh: bytes": lambda lib: lib.nn.functional.hardtanh(lib.ones(2, dtype=lib.uint8), -1.0, 1.0),
        "celu: alpha": lambda lib: lib.nn.functional.celu(lib.ones(2), 0.0),
        "softshrink: lambda": lambda lib: lib.nn.functional.softshrink(lib.ones(2), -1.0),
        "softshrink: lambda, float64": lambda lib: lib.nn.functional.softshrink(lib.ones(2).double(), -1.0),
        "rrelu: bounds": lambda lib: lib.nn.functional.rrelu(lib.ones(2), 1.0, 0.5),
        "rrelu: integers": lambda lib: lib.nn.functional.rrelu(whole(lib, 2), training=True),
        "glu: odd": lambda lib: lib.nn.functional.glu(lib.ones(3)),
        "glu: dimension": lambda lib: lib.nn.functional.glu(lib.ones(4), 3),
        "glu: a number": lambda lib: lib.nn.functional.glu(lib.ones(())),
        "glu: integers": lambda lib: lib.nn.functional.glu(whole(lib, 4)),
        "tanhshrink: booleans": lambda lib: lib.nn.functional.tanhshrink(truths(lib, 4)),
    }
    for name in [
        "elu",
        "selu",
        "celu",
        "leaky_relu",
        "rrelu",
        "hardswish",
        "hardsigmoid",
        "hardshrink",
        "softshrink",
        "logsigmoid",
        "mish",
        "silu",
    ]:
        cases[f"{name}: integers"] = lambda lib, name=name: getattr(lib.nn.functional, name)(whole(lib, 2))
        cases[f"{name}: booleans"] = lambda lib, name=name: getattr(lib.nn.functional, name)(truths(lib, 2))
    for name in ["relu6", "hardtanh"]:
        cases[f"{name}: booleans"] = lambda lib, name=name: getattr(lib.nn.functional, name)(truths(lib, 2))
    return cases


REFUSED = _refused()
