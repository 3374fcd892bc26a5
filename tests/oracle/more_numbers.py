"""Samples of further pointwise ops, reductions and products."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, sample
from tests.oracle.linalg import of_shapes
from tests.oracle.pointwise import PAIRS, binary, clamp, unary
from tests.oracle.reductions import scan, spread

NAN = math.nan


def with_nans(draw: Draw, *shape: int) -> np.ndarray:
    x = draw(*shape)
    x.reshape(-1)[::3] = NAN
    return x


def of_nans(draw: Draw) -> Iterator[Sample]:
    x = with_nans(draw, 2, 3, 4)
    yield sample(x)
    for dim in (0, 1, -1, (0, 2)):
        yield sample(x, dim)
        yield sample(x, dim=dim, keepdim=True)
    yield sample(np.full(3, NAN, draw.dtype))


def nan_to_num(draw: Draw) -> Iterator[Sample]:
    x = np.array([NAN, math.inf, -math.inf, 1.0]).astype(draw.dtype)
    yield sample(x)
    yield sample(x, 5.0)
    yield sample(x, nan=1.0, posinf=2.0, neginf=-3.0)
    yield sample(draw.ints(3))


def lower(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), 0.5)
    yield sample(draw(2, 3), draw(3))
    yield sample(draw.ints(3), 1)


def fused(draw: Draw) -> Iterator[Sample]:
    """addcmul and addcdiv."""
    yield sample(draw(2, 3), draw(2, 3), draw(2, 3, low=0.5))
    yield sample(draw(2, 3), draw(3), draw(2, 1, low=0.5), value=-0.5)
    yield sample(draw(3), draw(2, 3), draw(3, low=0.5), value=2)


def pairs_of(draw: Draw, low: float = -2.0) -> Iterator[Sample]:
    for first, second in PAIRS:
        yield sample(draw(*first, low=low), draw(*second, low=low))


def close(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3)
    yield sample(x, x)
    yield sample(x, x + 1e-7)
    yield sample(x, x + 1)
    yield sample(x, x + 1, atol=2.0)
    yield sample(x, x * 1.01, rtol=0.1)
    nans = with_nans(draw, 4)
    yield sample(nans, nans)
    yield sample(nans, nans, equal_nan=True)


def equality(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3)
    yield sample(x, x)
    yield sample(x, x + 1)
    yield sample(x, draw(3))


def one_number(draw: Draw) -> Iterator[Sample]:
    yield sample(np.array([1.5]).astype(draw.dtype))
    yield sample(np.array(0.0).astype(draw.dtype))
    yield sample(np.array(True))


def kinds(draw: Draw) -> Iterator[Sample]:
    for dtype in ("bool", "uint8", "int32", "float16", "float64"):
        yield sample(np.ones((2, 3), dtype))


def casts(draw: Draw) -> Iterator[Sample]:
    for first in ("bool", "uint8", "int64", "float32"):
        for second in ("bool", "int8", "int64", "float64"):
            yield sample(np.dtype(first), np.dtype(second))


def median(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 5)
    yield sample(x)
    yield sample(x, 1)
    yield sample(x, 0, True)
    yield sample(x, dim=-1, keepdim=True)
    yield sample(draw.distinct(4))
    yield sample(draw())


def running(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(3, 5)
    for dim in (0, 1, -1):
        yield sample(x, dim)
    yield sample(draw(), 0)
    yield sample(np.array([1.0, 3.0, 3.0, 2.0]).astype(draw.dtype), 0)


def count_nonzero(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4).round()
    yield sample(x)
    for dim in (0, -1, (0, 2)):
        yield sample(x, dim)
    yield sample(draw.bools(3, 4), dim=1)


def aminmax(draw: Draw) -> Iterator[Sample]:
    x = draw.distinct(2, 3)
    yield sample(x)
    yield sample(x, dim=1)
    yield sample(x, dim=0, keepdim=True)


def diff(draw: Draw) -> Iterator[Sample]:
    x = draw(3, 5)
    yield sample(x)
    yield sample(x, 2)
    yield sample(x, n=1, dim=0)
    yield sample(x, prepend=draw(3, 1))
    yield sample(x, dim=0, append=draw(2, 5))
    yield sample(x, 0, prepend=draw(3, 1))
    yield sample(draw.bools(5))


def addmv(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2), draw(2, 3), draw(3))
    yield sample(draw(2), draw(2, 3), draw(3), beta=0.5, alpha=-2.0)
    yield sample(draw(), draw(2, 3), draw(3))


def addr(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(2), draw(3))
    yield sample(draw(3), draw(2), draw(3), beta=0.5, alpha=-2.0)


def baddbmm(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 2, 4), draw(5, 2, 3), draw(5, 3, 4))
    yield sample(draw(2, 4), draw(5, 2, 3), draw(5, 3, 4), beta=0.5, alpha=-2.0)


def inner(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3), draw(3))
    yield sample(draw(2, 3), draw(4, 3))
    yield sample(draw(2, 3), draw())


def kron(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(3, 2))
    yield sample(draw(3), draw(2, 2))


def tensordot(draw: Draw) -> Iterator[Sample]:
    a, b = draw(2, 3, 4), draw(3, 4, 5)
    yield sample(a, b)
    yield sample(a, b, 2)
    yield sample(a, draw(4, 6), dims=1)
    yield sample(a, draw(4, 2), dims=([2, 0], [0, 1]))
    yield sample(draw(2), draw(3), 0)


ONE: dict[str, Row] = {
    "signbit": unary(),
    "isneginf": unary(),
    "isposinf": unary(),
    "exp2": unary(),
    "frac": unary(),
    "positive": unary(),
    "deg2rad": unary(-180.0, 180.0),
    "rad2deg": unary(),
    "acosh": unary(1.2, 4.0),
    "asinh": unary(),
    "atanh": unary(-0.9, 0.9),
    "nan_to_num": Row(nan_to_num),
    "clamp_min": Row(lower),
    "clamp_max": Row(lower),
    "clip": Row(clamp),
}
TWO: dict[str, Row] = {
    "copysign": binary(scalars=(2, -0.5)),
    "float_power": binary(0.3, 2.0, scalars=(2, -0.5)),
    "floor_divide": Row(lambda draw: pairs_of(draw, 0.5)),
    "hypot": binary(0.2, 3.0),
    "nextafter": binary(),
    "logaddexp": binary(),
    "rsub": binary(scalars=(2, 0.5)),
    "true_divide": binary(0.5, 3.0, scalars=(2, 0.5)),
    "xlogy": binary(0.3, 3.0, scalars=(2,)),
    "fmax": binary(),
    "fmin": binary(),
    "addcmul": Row(fused),
    "addcdiv": Row(fused),
}
REDUCED: dict[str, Row] = {
    "nansum": Row(of_nans),
    "nanmean": Row(of_nans),
    "std_mean": Row(spread),
    "var_mean": Row(spread),
    "median": Row(median),
    "cummax": Row(running),
    "cummin": Row(running),
    "count_nonzero": Row(count_nonzero),
    "aminmax": Row(aminmax),
    "diff": Row(diff),
    "logcumsumexp": Row(lambda draw: (s for s in scan(draw) if floats_only(s))),
}
PREDICATES: dict[str, Row] = {
    "isclose": Row(close),
    "allclose": Row(close),
    "equal": Row(equality),
    "is_nonzero": Row(one_number),
    **{name: Row(kinds) for name in ("is_complex", "is_floating_point", "is_signed", "is_tensor", "numel")},
    "can_cast": Row(casts, method=False),
}
PRODUCTS: dict[str, Row] = {
    "addmv": Row(addmv),
    "addr": Row(addr),
    "baddbmm": Row(baddbmm),
    "inner": Row(inner),
    "kron": Row(kron),
    "tensordot": Row(tensordot),
    "vdot": Row(of_shapes(((3,), (3,)), ((0,), (0,)), layouts=False)),
}


def floats_only(given: Sample) -> bool:
    first: Any = given.args[0]
    return first.dtype.kind in "fc" and "dtype" not in given.kwargs


def bilinear(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(5, 2), draw(5, 3), draw(4, 2, 3), draw(4))
    yield sample(draw(5, 2), draw(5, 3), draw(4, 2, 3))


def along(draw: Draw) -> Iterator[Sample]:
    for dim in (0, 1, -1):
        yield sample(draw(2, 3), dim=dim)


def leaky(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3))
    yield sample(draw(2, 3), 0.2)
    yield sample(draw(2, 3), negative_slope=-0.5)


FUNCTIONAL: dict[str, Row] = {
    "nn.functional.bilinear": Row(bilinear),
    "nn.functional.softmin": Row(along),
    "nn.functional.leaky_relu": Row(leaky),
}
ROWS: dict[str, Row] = ONE | TWO | REDUCED | PREDICATES | PRODUCTS | FUNCTIONAL
