"""Complex numbers with infinite, nan and zero parts, where the standard's values are not NumPy's and PyTorch's."""

from __future__ import annotations

import cmath
import itertools
import math

import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp

INF, NAN = math.inf, math.nan
PARTS = [NAN, INF, -INF, 0.0, -0.0, 1.0, -2.0, 3.0, 1e-9, 1e30]

# The standard's list for expm1: real part, imaginary part, result. Those with a sign that it leaves open are in OPEN.
EXPM1 = [
    (0.0, 0.0, 0j),
    (-0.0, 0.0, 0j),
    (1.0, INF, complex(NAN, NAN)),
    (-2.0, NAN, complex(NAN, NAN)),
    (INF, 0.0, complex(INF, 0.0)),
    (-INF, 1.0, complex(-1.0, 0.0)),
    (-INF, 2.0, complex(-1.0, 0.0)),
    (INF, 1.0, complex(INF, INF)),
    (INF, 2.0, complex(-INF, INF)),
    (-INF, INF, complex(-1.0, 0.0)),
    (INF, INF, complex(INF, NAN)),
    (-INF, NAN, complex(-1.0, 0.0)),
    (INF, NAN, complex(INF, NAN)),
    (NAN, 0.0, complex(NAN, 0.0)),
    (NAN, 1.0, complex(NAN, NAN)),
    (NAN, INF, complex(NAN, NAN)),
    (NAN, NAN, complex(NAN, NAN)),
]
OPEN = {(-INF, INF): "imag", (-INF, NAN): "imag", (INF, INF): "real", (INF, NAN): "real"}


def agree(found, expected, open_sign=False):
    if math.isnan(expected):
        return math.isnan(found)
    return abs(found) == abs(expected) and (open_sign or math.copysign(1, found) == math.copysign(1, expected))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(("a", "b", "expected"), EXPM1)
def test_expm1(a, b, expected, dtype):
    with np.errstate(all="ignore"):
        y = xp.expm1(xp.asarray([complex(a, b)], dtype=getattr(xp, dtype)))
        mirrored = complex(xp.expm1(xp.asarray(complex(a, -b), dtype=getattr(xp, dtype))))
    assert y.dtype is getattr(xp, dtype)
    found = complex(y[0])
    for part in ("real", "imag"):
        assert agree(getattr(found, part), getattr(expected, part), OPEN.get((a, b)) == part), found
    # expm1(conj(x)) is conj(expm1(x))
    if (a, b) not in OPEN and a == a and b == b:
        assert agree(mirrored.real, found.real), (mirrored, found)
        assert agree(mirrored.imag, -found.imag), (mirrored, found)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_expm1_of_finite_numbers_is_numpys(dtype):
    x = np.asarray([complex(a, b) for a, b in itertools.product(PARTS, PARTS)], dtype)
    x = x[np.isfinite(x) & (x != 0)]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(xp.expm1(plugrad.tensor(x)).numpy(), np.expm1(x))


def test_expm1_has_exps_derivative():
    values = [0j, complex(1.0, 2.0), complex(-1e-9, 1e-9), complex(INF, 0.0), complex(-INF, 1.0), complex(NAN, 1.0)]
    slopes = []
    for function in (xp.expm1, xp.exp):
        x = xp.asarray(values, dtype=xp.complex128).requires_grad_()
        with np.errstate(all="ignore"):
            xp.sum(xp.real(function(x))).backward()
        slopes.append(x.grad.numpy())
    np.testing.assert_allclose(*slopes, rtol=1e-14)
    assert slopes[0][1] == pytest.approx(cmath.exp(values[1]).conjugate(), rel=1e-14)


def test_real_expm1_is_unchanged():
    x = xp.asarray([NAN, INF, -INF, -0.0, 1e-9])
    y = xp.expm1(x).tolist()
    assert math.isnan(y[0])
    assert y[1:3] == [INF, -1.0]
    assert math.copysign(1, y[3]) == -1
    assert y[4] == pytest.approx(1e-9)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_tanh(dtype):
    """NumPy's values; the sign of the zero beside infinities is that of the imaginary part, and not of sin(2b)."""
    x = np.asarray([complex(a, b) for a, b in itertools.product([*PARTS, 30.0], [*PARTS, 1.6, 3.0])], dtype)
    with np.errstate(all="ignore"):
        y, expected = xp.tanh(plugrad.tensor(x)).numpy(), np.tanh(x)
    np.testing.assert_array_equal(y, expected)
    infinite = np.isinf(x.real) & np.isfinite(x.imag)
    assert infinite.any()
    assert np.array_equal(np.signbit(y.imag)[infinite], np.signbit(x.imag)[infinite])
    rest = ~infinite & ~np.isnan(x)
    assert np.array_equal(np.signbit(y.imag)[rest], np.signbit(expected.imag)[rest])


def test_tanh_is_differentiable():
    x = xp.asarray([complex(0.5, 2.0), complex(INF, 2.0), complex(-INF, 0.0)], dtype=xp.complex128).requires_grad_()
    xp.sum(xp.real(xp.tanh(x))).backward()
    assert x.grad[0].item() == pytest.approx((1 - cmath.tanh(complex(0.5, 2.0)) ** 2).conjugate(), rel=1e-12)
    assert x.grad[1:].tolist() == [0j, 0j]


def test_square_roots_of_infinities_are_cmaths():
    """The standard's list has two of these the other way round: those are the suite's expected failures."""
    for a, b in ((INF, 1.0), (-INF, 1.0), (INF, -1.0), (-INF, -1.0)):
        found, expected = complex(xp.sqrt(xp.asarray(complex(a, b)))), cmath.sqrt(complex(a, b))
        assert agree(found.real, expected.real), (a, b, found, expected)
        assert agree(found.imag, expected.imag), (a, b, found, expected)
