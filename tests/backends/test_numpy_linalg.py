"""NumPy's kernels of linear algebra: with SciPy and without it, and in blocks, what the definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from plugrad.backends.numpy import kernels_decompositions as kernels
from plugrad.backends.numpy import kernels_distances
from plugrad.core.namespace import DEFINITIONS, Namespace

PLAIN = Namespace("NumPy without kernels", np, {})
RNG = np.random.default_rng(0)
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])


def draw(dtype, *shape):
    x = RNG.uniform(-1, 1, shape)
    if dtype.startswith("complex"):
        x = x + 1j * RNG.uniform(-1, 1, shape)
    return x.astype(dtype)


def close(a, b):
    assert a.dtype == b.dtype
    limit = 1e-3 if a.dtype.itemsize <= 4 or a.dtype == "complex64" else 1e-10
    np.testing.assert_allclose(a, b, rtol=limit, atol=limit)


@pytest.fixture(params=["SciPy", "no SciPy"])
def scipy(request, monkeypatch):
    if request.param == "SciPy":
        pytest.importorskip("scipy")
    else:
        monkeypatch.setattr(kernels, "_scipy", lambda *names: None)


@DTYPES
@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (2, 3, 4, 4), (0, 3, 3), (3, 0), (2, 0, 0)])
def test_lu_is_the_definition(scipy, dtype, shape):
    x = draw(dtype, *shape)
    packed, pivots, info = kernels.lu_packed(x)
    expected = DEFINITIONS["lu_packed"](PLAIN, x)
    close(packed, expected[0])
    assert pivots.dtype == info.dtype == np.int32
    np.testing.assert_array_equal(pivots, expected[1])
    np.testing.assert_array_equal(info, expected[2])


def test_lu_tells_the_first_pivot_that_is_zero(scipy):
    x = np.array([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 1.0], [0.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]])
    assert kernels.lu_packed(x)[2].tolist() == [2, 1, 0]


@DTYPES
@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("unitriangular", [True, False])
@pytest.mark.parametrize(
    ("a", "b"), [((4, 4), (4, 4)), ((3, 20, 20), (20, 20)), ((2, 3, 3), (1, 3, 3)), ((0, 3, 3), (3, 3))]
)
def test_solve_triangular_is_the_definition(scipy, dtype, upper, left, unitriangular, a, b):
    x1, x2 = draw(dtype, *a) / 8 + np.eye(a[-1], dtype=dtype), draw(dtype, *b)
    options = {"upper": upper, "left": left, "unitriangular": unitriangular}
    expected = DEFINITIONS["solve_triangular"](PLAIN, x1, x2, **options)
    close(kernels.solve_triangular(x1, x2, **options), expected)
    turned = np.ascontiguousarray(x1.mT).mT
    close(kernels.solve_triangular(turned, x2, **options), expected)


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_solve_triangular_of_a_singular_matrix_is_not_finite(scipy, upper, left):
    x1 = np.array([[1.0, 2.0, 3.0], [2.0, 0.0, 4.0], [3.0, 4.0, 1.0]])
    y = kernels.solve_triangular(x1, np.ones((3, 3)), upper=upper, left=left)
    assert not np.isfinite(y).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0, 1, 2, 3, np.inf])
@pytest.mark.parametrize(("a", "b"), [((300, 7), (200, 7)), ((2, 3, 2), (4, 2)), ((0, 2), (3, 2)), ((2, 1, 2), (3, 2))])
def test_cdist_is_the_definition(dtype, p, a, b):
    x1, x2 = draw(dtype, *a), draw(dtype, *b)
    x2[..., 0, :] = x1[..., :1, :].reshape(-1, x1.shape[-1])[:1] if x1.size else 0
    y = kernels_distances.cdist(x1, x2, p=p)
    close(y, DEFINITIONS["cdist"](PLAIN, x1, x2, p=p))
    grad = draw(dtype, *y.shape)
    with np.errstate(all="ignore"):
        expected = DEFINITIONS["cdist_gradient"](PLAIN, grad, x1, x2, y, p=p)
    close(kernels_distances.cdist_gradient(grad, x1, x2, y, p=p), expected)


def test_cofactors_of_singular_matrices():
    x = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
    expected = [[4.0, 4.0, -4.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(kernels.cofactors(x), expected, atol=1e-12)
    np.testing.assert_allclose(kernels.cofactors(np.stack([x, np.eye(3)])), [expected, np.eye(3)], atol=1e-12)
