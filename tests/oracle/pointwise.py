"""Samples of arithmetic and pointwise ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample

SHAPES = ((), (3,), (2, 3), (0,), (2, 0, 3))
PAIRS = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((4, 1, 3), (2, 1)),
    ((0,), (1,)),
    ((2, 0), (0,)),
)


def unary(low: float = -2.0, high: float = 2.0) -> Row:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shape in SHAPES:
            yield sample(draw(*shape, low=low, high=high))
        for laid in draw.layouts(draw(3, 4, low=low, high=high)):
            yield sample(laid)

    return Row(samples)


def binary(
    low: float = -2.0,
    high: float = 2.0,
    scalars: tuple[Any, ...] = (),
    options: tuple[dict[str, Any], ...] = (),
    second_low: float | None = None,
) -> Row:
    """Of two tensors, and of a tensor and Python numbers."""
    low2 = low if second_low is None else second_low

    def samples(draw: Draw) -> Iterator[Sample]:
        for first, second in PAIRS:
            yield sample(draw(*first, low=low, high=high), draw(*second, low=low2, high=high))
        x = draw(3, 4, low=low, high=high)
        for laid in draw.layouts(x):
            yield sample(laid, draw(4, low=low2, high=high))
            yield sample(draw(2, 3, 1, low=low, high=high), laid if low2 == low else abs(laid.array))
        for scalar in scalars:
            yield sample(x, scalar)
        for chosen in options:
            yield sample(draw(2, 3, low=low, high=high), draw(3, low=low2, high=high), **chosen)

    return Row(samples)


def compared() -> Row:
    def samples(draw: Draw) -> Iterator[Sample]:
        for first, second in PAIRS:
            yield sample(draw(*first).round(), draw(*second).round())
        yield sample(draw(2, 3).round(), 1)
        yield sample(draw(2, 3).round(), 0.5)
        yield sample(draw.ints(2, 3), draw.ints(3))

    return Row(samples)


def bitwise(shift: bool = False) -> Row:
    def samples(draw: Draw) -> Iterator[Sample]:
        low, high = (0, 5) if shift else (-9, 9)
        for dtype in ("int64", "int32", "uint8"):
            x = draw.ints(2, 3, low=0 if dtype == "uint8" else -9, high=9, dtype=dtype)
            yield sample(x, draw.ints(3, low=max(low, 0) if dtype == "uint8" else low, high=high, dtype=dtype))
            yield sample(x, 3)
        if not shift:
            yield sample(draw.bools(2, 3), draw.bools(3))

    return Row(samples)


def negated() -> Row:
    def samples(draw: Draw) -> Iterator[Sample]:
        yield sample(draw.ints(2, 3))
        yield sample(draw.ints(3, low=0, dtype="uint8"))
        yield sample(draw.bools(4))

    return Row(samples)


def logical(count: int) -> Row:
    def samples(draw: Draw) -> Iterator[Sample]:
        for make in (draw.bools, lambda *s: draw(*s).round(), lambda *s: draw.ints(*s, low=-1, high=2)):
            yield sample(*(make(2, 3) for _ in range(count)))
        yield sample(*(draw.bools(*shape) for shape in ((2, 1), (3,))[:count]))

    return Row(samples)


def clamp(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3)
    yield sample(x, -1.0, 1.0)
    yield sample(x, -1, 1)
    yield sample(x, min=0.5)
    yield sample(x, max=0.5)
    yield sample(x, 1.0, -1.0)
    yield sample(x, draw(3, low=-1.0, high=0.0), draw(2, 1, low=0.5, high=1.0))
    yield sample(x, min=draw(3))
    yield sample(draw.ints(2, 3), -2, 2)
    yield sample(draw.ints(2, 3), -1.5)
    yield sample(draw(), -1.0, 1.0)
    yield sample(draw(0), -1.0, 1.0)


def where(draw: Draw) -> Iterator[Sample]:
    yield sample(draw.bools(2, 3), draw(2, 3), draw(3))
    yield sample(draw.bools(3), draw(2, 1), draw())
    yield sample(draw.bools(2, 3), draw(2, 3), 0.0)
    yield sample(draw.bools(2, 3), 1, draw(2, 3))
    yield sample(draw.bools(2, 3), 1.5, 2.5)
    yield sample(draw.bools(2, 3), 1, 2)
    yield sample(draw.bools(0, 3), draw(3), draw(0, 3))
    yield sample(draw.bools(2), draw.ints(2), draw(2))
    yield sample(draw.bools(2, 3))


def lerp(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(3), 0.25)
    yield sample(draw(2, 3), draw(3), 0.75)
    yield sample(draw(2, 3), draw(2, 1), draw(3))
    yield sample(draw(), draw(), draw())


def gelu(draw: Draw) -> Iterator[Sample]:
    for approximate in ("none", "tanh"):
        yield sample(draw(2, 3, low=-4.0, high=4.0), approximate=approximate)
    for laid in draw.layouts(draw(3, 4)):
        yield sample(laid)
    yield sample(draw())
    yield sample(draw(0))


def softplus(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3))
    yield sample(draw(2, 3, low=-30.0, high=30.0))
    yield sample(draw(2, 3), beta=2.0)
    yield sample(draw(2, 3), 0.5, 1.0)


def rounded(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3) * 3)
    yield sample(np.array([0.5, 1.5, 2.5, -0.5, -1.5]).astype(draw.dtype))
    yield sample(draw(2, 3) * 10, decimals=1)
    yield sample(draw(2, 3) * 1000, decimals=-2)


SCALARS = (2, 0.5, -1.5, True)

ROWS: dict[str, Row] = {
    "add": binary(scalars=SCALARS, options=({"alpha": 2}, {"alpha": -0.5})),
    "sub": binary(scalars=SCALARS[:3], options=({"alpha": 2}, {"alpha": -0.5})),
    "mul": binary(scalars=SCALARS),
    "div": binary(
        0.5,
        4.0,
        scalars=(2, 0.5, -1.5),
        options=({"rounding_mode": None}, {"rounding_mode": "floor"}, {"rounding_mode": "trunc"}),
    ),
    "pow": binary(0.3, 2.0, scalars=(2, 0, 1, -1, 0.5, -0.5, 3.0)),
    "fmod": binary(0.6, 7.0, scalars=(2, 1.5, -1.5)),
    "remainder": binary(0.6, 7.0, scalars=(2, 1.5, -1.5)),
    "atan2": binary(),
    "minimum": binary(),
    "maximum": binary(),
    "neg": unary(),
    "abs": unary(),
    "sign": unary(),
    "exp": unary(),
    "expm1": unary(),
    "log": unary(0.1, 4.0),
    "log1p": unary(-0.8, 4.0),
    "log2": unary(0.1, 4.0),
    "log10": unary(0.1, 4.0),
    "sqrt": unary(0.1, 4.0),
    "rsqrt": unary(0.1, 4.0),
    "square": unary(),
    "reciprocal": unary(0.2, 3.0),
    "sin": unary(-7.0, 7.0),
    "cos": unary(-7.0, 7.0),
    "tan": unary(-1.2, 1.2),
    "asin": unary(-0.9, 0.9),
    "acos": unary(-0.9, 0.9),
    "atan": unary(-4.0, 4.0),
    "sinh": unary(),
    "cosh": unary(),
    "tanh": unary(),
    "sigmoid": unary(-8.0, 8.0),
    "relu": unary(),
    "erf": unary(),
    "floor": unary(-4.0, 4.0),
    "ceil": unary(-4.0, 4.0),
    "trunc": unary(-4.0, 4.0),
    "round": Row(rounded),
    "isnan": unary(),
    "isinf": unary(),
    "isfinite": unary(),
    "clamp": Row(clamp),
    "where": Row(where, method=False),
    "lerp": Row(lerp),
    "nn.functional.gelu": Row(gelu),
    "nn.functional.silu": unary(-8.0, 8.0),
    "nn.functional.relu": unary(),
    "nn.functional.softplus": Row(softplus),
    "nn.functional.sigmoid": unary(-8.0, 8.0),
    "nn.functional.tanh": unary(),
    **{name: compared() for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: logical(2) for name in ("logical_and", "logical_or", "logical_xor")},
    "logical_not": logical(1),
    **{name: bitwise() for name in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    **{name: bitwise(shift=True) for name in ("bitwise_left_shift", "bitwise_right_shift")},
    "bitwise_not": negated(),
}

# What Python's operators do, both ways round.
Operator = Callable[[Any, Any], Any]
OPERATORS: dict[str, Operator] = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "a // b": lambda a, b: a // b,
    "a % b": lambda a, b: a % b,
    "a ** b": lambda a, b: a**b,
    "a == b": lambda a, b: a == b,
    "a != b": lambda a, b: a != b,
    "a < b": lambda a, b: a < b,
    "a <= b": lambda a, b: a <= b,
    "a > b": lambda a, b: a > b,
    "a >= b": lambda a, b: a >= b,
    "a & b": lambda a, b: a & b,
    "a | b": lambda a, b: a | b,
    "a ^ b": lambda a, b: a ^ b,
    "a << b": lambda a, b: a << b,
    "a >> b": lambda a, b: a >> b,
}
