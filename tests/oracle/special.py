"""Samples of special functions and of further elementwise functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample
from tests.oracle.pointwise import PAIRS, binary, unary

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
# PyTorch's trigamma, Bessel functions and erfcx have errors of this size.
ROUGH = {"float32": 1e-4, "float64": 1e-6}


def of(low: float, high: float, *points: float) -> Callable[[Draw], Iterator[Sample]]:
    """Of numbers in a range, at points, and of whole numbers."""

    def samples(draw: Draw) -> Iterator[Sample]:
        yield from unary(low, high).samples(draw)
        if points and draw.dtype[0] != "c":
            yield sample(np.array(points).astype(draw.dtype))
        if draw.dtype == "float32":
            # Whole numbers give the default dtype.
            yield sample(draw.ints(4, low=1, high=6))

    return samples


def special(samples: Callable[[Draw], Iterator[Sample]], **options: object) -> Row:
    return Row(samples, **{"method": False, "tolerance": TOLERANCE, **options})


def logits(draw: Draw) -> Iterator[Sample]:
    yield from of(0.05, 0.95, 0.0, 1.0, 0.2, 1.5, -1.0)(draw)
    yield sample(draw(3, low=0.0, high=1.0), 0.3)
    yield sample(draw(3), eps=0.1)


def orders(draw: Draw) -> Iterator[Sample]:
    for n in range(4):
        yield sample(n, draw(2, 3, low=0.2, high=6.0))
        yield sample(n, draw(4, low=-3.9, high=-3.1))
    yield sample(-1, draw(2))
    yield sample(1, draw.ints(3, low=1, high=5))


def dimensions(draw: Draw) -> Iterator[Sample]:
    for p in (1, 2, 4):
        yield sample(draw(2, 3, low=2.6, high=5.0), p)
    yield sample(draw(3), 0)
    yield sample(draw.ints(3, low=3, high=6), p=2)


def integers(draw: Draw) -> Iterator[Sample]:
    for a, b in PAIRS:
        yield sample(draw.ints(*a, low=-30, high=30), draw.ints(*b, low=-30, high=30))
    yield sample(np.array([0, -4, 0, 2**62]), np.array([0, 6, 5, 2**61]))
    yield sample(draw.ints(3, dtype="int32"), draw.ints(3))
    yield sample(draw.ints(3, dtype="uint8", low=0), draw.ints(3, dtype="uint8", low=0))
    yield sample(draw.bools(3), draw.bools(3))
    yield sample(draw(3), draw(3))


def steps(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3)
    x.reshape(-1)[::2] = 0
    yield sample(x, draw(2, 3))
    yield sample(x, draw(3))
    yield sample(np.array([0.0, -0.0, math.nan, math.inf]).astype(draw.dtype), draw(1))
    yield sample(draw.ints(3), draw.ints(3))
    yield sample(draw(3), draw.ints(3))


def scaled(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(3))
    # PyTorch's slope is cut to an integer where the exponents are integers: 0 where they are negative.
    yield sample(draw(2, 3), draw.ints(2, 3, low=0))


def split(draw: Draw) -> Iterator[Sample]:
    yield from unary(-100.0, 100.0).samples(draw)
    yield sample(np.array([0.0, -0.0, 1.0, -0.5, math.inf, -math.inf, math.nan, 1024.0]).astype(draw.dtype))
    yield sample(draw.ints(3))


def gammas(draw: Draw) -> Iterator[Sample]:
    for a, b in PAIRS:
        yield sample(fixed(draw(*a, low=0.3, high=3.0)), draw(*b, low=0.1, high=4.0))
    yield sample(draw(3, low=0.3), draw(3, low=0.3))
    yield sample(draw.ints(3, low=1), draw.ints(3, low=1))


def zetas(draw: Draw) -> Iterator[Sample]:
    for a, b in PAIRS:
        yield sample(fixed(draw(*a, low=1.2, high=8.0)), draw(*b, low=0.2, high=5.0))
    yield sample(2.0, draw(3, low=0.2))
    yield sample(fixed(draw(3, low=1.2)), 2.0)
    yield sample(fixed(np.array([1.0, 0.5, 2.0, 3.0]).astype(draw.dtype)), draw(4, low=0.2))


def logarithms(draw: Draw) -> Iterator[Sample]:
    for a, b in PAIRS:
        yield sample(draw(*a), draw(*b, low=-0.9))
    yield sample(draw(3), 2.0)
    yield sample(2, draw(3, low=-0.5))
    zeros = np.array([0.0, 0.0, 1.0, 2.0]).astype(draw.dtype)
    yield sample(zeros, np.array([-1.0, 3.0, -1.0, 3.0]).astype(draw.dtype))


def polynomials(draw: Draw) -> Iterator[Sample]:
    for degree in (0, 1, 2, 5):
        yield sample(draw(2, 3, low=-0.95, high=0.95), fixed(np.array(degree, draw.dtype)))
        yield sample(draw(3, low=-0.95, high=0.95), degree)
    yield sample(draw(3, low=-0.95, high=0.95), fixed(np.array([0.0, 3.0, -1.0]).astype(draw.dtype)))


UNARY = {
    "digamma": of(0.2, 12.0, 0.0, -0.0, -0.5, -7.3, math.nan, 100.0),
    "erfc": of(-4.0, 4.0, 6.0, -6.0, 0.0, math.inf, -math.inf, math.nan),
    "erfinv": of(-0.95, 0.95, 0.0, 1.0, -1.0, 1.5, 0.999, math.nan),
    "i0": of(-5.0, 5.0, 0.0, 20.0),
    "lgamma": of(0.2, 12.0, -0.5, -7.3, 1.0, 2.0, math.nan, 1e3),
    "sinc": of(-3.0, 3.0, 0.3, 1.0),
}
ALONE = {
    "entr": of(0.1, 3.0, 0.0, -1.0, math.nan),
    "erfcx": of(-3.0, 6.0, 30.0, 0.0, math.inf),
    "i0e": of(-5.0, 5.0, 0.0, 20.0), "i1": of(-5.0, 5.0, 0.0, 8.0), "i1e": of(-5.0, 5.0, 0.0, 20.0),
    "log_ndtr": of(-10.0, 4.0, -30.0), "ndtr": of(-4.0, 4.0, 0.0, 9.0), "ndtri": of(0.05, 0.95, 0.0, 1.0, 2.0),
}  # fmt: skip
CONSTANT = {
    **dict.fromkeys(("airy_ai", "bessel_j0", "bessel_j1", "modified_bessel_i0", "modified_bessel_i1"), of(-4.0, 4.0)),
    **dict.fromkeys(("bessel_y0", "bessel_y1", "modified_bessel_k0", "modified_bessel_k1"), of(0.3, 5.0)),
    **dict.fromkeys(("scaled_modified_bessel_k0", "scaled_modified_bessel_k1"), of(0.3, 5.0)),
    "spherical_bessel_j0": of(0.1, 5.0),
}
FAMILIES = (
    *(f"{shifted}chebyshev_polynomial_{kind}" for shifted in ("", "shifted_") for kind in "tuvw"),
    *("hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"),
)
OTHER_NAMES = {
    "special.gammaln": UNARY["lgamma"], "special.psi": UNARY["digamma"], "special.multigammaln": dimensions,
    "special.expit": of(-3.0, 3.0), "special.gammainc": gammas, "special.polygamma": orders, "special.logit": logits,
}  # fmt: skip

SOME_REFUSED = {
    *("frexp", "gcd", "heaviside", "igamma", "igammac", "lcm", "mvlgamma", "polygamma"),
    *("special.gammainc", "special.multigammaln", "special.polygamma"),
}

ROWS = {
    **{name: Row(samples, tolerance=ROUGH if "gamma" in name else TOLERANCE) for name, samples in UNARY.items()},
    **{f"special.{name}": special(samples, tolerance=ROUGH) for name, samples in ALONE.items()},
    **{f"special.{name}": special(samples, tolerance=ROUGH) for name, samples in CONSTANT.items()},
    **{f"special.{name}": special(polynomials) for name in FAMILIES},
    **{name: special(samples, tolerance=ROUGH) for name, samples in OTHER_NAMES.items()},
    "special.xlog1py": special(logarithms),
    "special.zeta": special(zetas),
    "polygamma": special(orders, tolerance=ROUGH, calls={"method": lambda lib, n, x: x.polygamma(n)}),
    "mvlgamma": Row(dimensions, tolerance=ROUGH),
    "igamma": Row(gammas, tolerance=TOLERANCE),
    "igammac": Row(gammas, tolerance=TOLERANCE),
    "logit": Row(logits, tolerance=TOLERANCE),
    "logaddexp2": binary(),
    "ldexp": Row(scaled),
    "frexp": Row(split),
    "heaviside": Row(steps),
    "gcd": Row(integers),
    "lcm": Row(integers),
}
