"""The extension of linear algebra: signatures, and values beside array-api-strict, on the chosen backend."""

from __future__ import annotations

import inspect

import array_api_strict as strict
import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp
from tests.array_api.test_conformance import compare, host
from tests.array_api.test_signatures import agree

NAMES = sorted(strict.linalg.__all__)
DTYPES = ["float32", "float64", "complex64", "complex128"]
SQUARE = [(3, 3), (2, 2, 2), (1, 1), (0, 0), (2, 0, 2, 2)]
MATRICES = [(3, 2), (2, 3), (2, 3, 3), (1, 2), (0, 2, 2)]


def draw(shape, dtype, seed=0):
    rng = np.random.default_rng([seed, *shape])
    values = rng.uniform(-1, 1, shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.uniform(-1, 1, shape)
    return np.asarray(values).astype(dtype)


def regular(shape, dtype, seed=0):
    """Square matrices whose inverse is no larger than themselves."""
    return draw(shape, dtype, seed) + 3 * np.eye(shape[-1], dtype=dtype)


def hermitian(shape, dtype):
    x = draw(shape, dtype)
    return x + np.conj(np.swapaxes(x, -1, -2))


def definite(shape, dtype):
    x = draw(shape, dtype)
    return np.matmul(x, np.conj(np.swapaxes(x, -1, -2))) + 2 * np.eye(shape[-1], dtype=dtype)


def check(name, device, *arrays, args=(), **options):
    """Compare a call with array-api-strict's."""
    with np.errstate(all="ignore"):
        expected = getattr(strict.linalg, name)(*[strict.asarray(a) for a in arrays], *args, **options)
    found = getattr(xp.linalg, name)(*[plugrad.tensor(a, device=device) for a in arrays], *args, **options)
    compare(name, found, expected)


def test_every_function_is_there():
    # pytest adds names such as "@pytest_ar" to modules whose assertions it explains.
    assert sorted(n for n in vars(xp.linalg) if n.isidentifier() and not n.startswith("_")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_signature(name):
    function = getattr(xp.linalg, name)
    agree(function, getattr(strict.linalg, name), name)
    text = inspect.getdoc(function)
    assert text.partition("\n\n")[0].endswith(".")
    for parameter in inspect.signature(function).parameters:
        assert f"{parameter}:" in text, f"{name}() does not say what {parameter} is"


def test_functions_of_both_namespaces_are_the_same():
    for name in ("matmul", "matrix_transpose", "tensordot", "vecdot"):
        assert getattr(xp.linalg, name) is getattr(xp, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SQUARE)
def test_square(shape, dtype, device):
    for name in ("det", "inv", "slogdet"):
        check(name, device, regular(shape, dtype))
    check("cholesky", device, definite(shape, dtype))
    check("eigvalsh", device, hermitian(shape, dtype))
    for n in (0, 1, 2, 3, -1, -2):
        check("matrix_power", device, regular(shape, dtype), args=(n,))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", MATRICES)
def test_matrices(shape, dtype, device):
    x = draw(shape, dtype)
    check("svdvals", device, x)
    check("pinv", device, x)
    check("pinv", device, x, rtol=0.5)
    check("matrix_rank", device, x)
    check("matrix_rank", device, x, rtol=0.5)
    if 0 not in shape:
        for ord in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
            check("matrix_norm", device, x, ord=ord)
        check("matrix_norm", device, x, keepdims=True)
    for offset in (0, 1, -1):
        check("diagonal", device, x, offset=offset)
        check("trace", device, x, offset=offset)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("upper", [False, True])
def test_cholesky(upper, dtype, device):
    x = definite((2, 3, 3), dtype)
    found = host(xp.linalg.cholesky(plugrad.tensor(x, device=device), upper=upper))
    adjoint = np.conj(np.swapaxes(found, -1, -2))
    np.testing.assert_allclose(adjoint @ found if upper else found @ adjoint, x, rtol=1e-4)
    np.testing.assert_array_equal(found, np.triu(found) if upper else np.tril(found))


@pytest.mark.parametrize("dtype", DTYPES)
def test_decompositions(dtype, device):
    x = hermitian((2, 3, 3), dtype)
    found = xp.linalg.eigh(plugrad.tensor(x, device=device))
    values, vectors = host(found.eigenvalues), host(found.eigenvectors)
    assert values.dtype == np.zeros(1, dtype).real.dtype
    np.testing.assert_allclose(x @ vectors, vectors * values[:, None, :], rtol=1e-4, atol=1e-5)
    assert (np.diff(values) >= 0).all()
    for shape in ((2, 3, 2), (2, 2, 3)):
        x = draw(shape, dtype)
        for full in (True, False):
            found = xp.linalg.svd(plugrad.tensor(x, device=device), full_matrices=full)
            u, s, vh = map(host, found)
            assert found.S is found[1]
            assert u.shape[-1] == (shape[-2] if full else 2)
            assert vh.shape[-2] == (shape[-1] if full else 2)
            np.testing.assert_allclose((u[..., :2] * s[:, None, :]) @ vh[..., :2, :], x, rtol=1e-4, atol=1e-5)
        for mode in ("reduced", "complete"):
            found = xp.linalg.qr(plugrad.tensor(x, device=device), mode=mode)
            q, r = map(host, found)
            assert found.R is found[1]
            assert q.shape[-1] == (shape[-2] if mode == "complete" else min(shape[1:]))
            np.testing.assert_allclose(q @ r, x, rtol=1e-4, atol=1e-5)
            np.testing.assert_array_equal(r, np.triu(r))


@pytest.mark.parametrize("dtype", DTYPES)
def test_solve(dtype, device):
    for left, right in (
        ((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((2, 3, 3), (2, 3, 1)), ((3, 3), (2, 3, 4)),
        # no stack of vectors, as PyTorch would take it for
        ((3, 3, 3), (3, 3)), ((4, 3, 3), (3, 4)), ((2, 4, 3, 3), (4, 3, 3)),
    ):  # fmt: skip
        check("solve", device, regular(left, dtype), draw(right, dtype, 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_vectors(dtype, device):
    x = draw((2, 3), dtype)
    check("outer", device, x[0], x[1, :2])
    check("cross", device, x, draw((3,), dtype, 1))
    check("cross", device, x.T.copy(), draw((3, 1), dtype, 1), axis=-2)
    check("vecdot", device, x, draw((3,), dtype, 1))
    for ord in (2, 1, 0, 3, 0.5, -1, float("inf"), -float("inf")):
        for options in ({}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}):
            check("vector_norm", device, x, ord=ord, **options)


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("shape", [(2, 3), (), (0, 2)])
def test_norms_of_no_axis_are_those_of_elements(shape, keepdims):
    x = xp.asarray(draw(shape, "complex128"))
    for ord in (2, 1, 3, -1, float("inf"), -float("inf")):
        y = xp.linalg.vector_norm(x, axis=(), ord=ord, keepdims=keepdims)
        assert y.dtype is xp.float64
        assert y.shape == shape
        np.testing.assert_allclose(y.numpy(), np.abs(x.numpy()), rtol=1e-12)
    assert xp.linalg.vector_norm(xp.asarray([0.0, -2.0]), axis=(), ord=0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("shapes", [((), (2, 2)), ((2, 2), ()), ((), ()), ((), (3, 2, 2)), ((2,), ())])
def test_products_need_dimensions(shapes):
    x1, x2 = (xp.ones(shape) for shape in shapes)
    for matmul in (xp.matmul, xp.linalg.matmul):
        with pytest.raises(RuntimeError, match="both arguments to matmul need to be at least 1D"):
            matmul(x1, x2)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint16"])
def test_integers(dtype, device):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    check("trace", device, x)
    check("diagonal", device, x)
    check("outer", device, x[0], x[1])
    check("matmul", device, x, x.T.copy())
    assert xp.linalg.trace(plugrad.tensor(x, device=device), dtype=xp.float64).dtype is xp.float64


def test_dtypes_are_brought_together(device):
    a, b = xp.ones(3, dtype=xp.float32, device=device), xp.ones(3, dtype=xp.float64, device=device)
    assert xp.linalg.outer(a, b).dtype is xp.float64
    assert xp.linalg.cross(a, b).dtype is xp.float64
    assert xp.linalg.solve(xp.eye(3, device=device), b).dtype is xp.float64


def test_refusals(device):
    x = xp.zeros((2, 2), device=device)
    with pytest.raises(plugrad.linalg.LinAlgError):
        xp.linalg.inv(x)
    with pytest.raises(plugrad.linalg.LinAlgError):
        xp.linalg.cholesky(x - 1.0)
    with pytest.raises(ValueError, match=r"outer\(\) takes vectors"):
        xp.linalg.outer(x, x)
    with pytest.raises(ValueError, match="mode must be"):
        xp.linalg.qr(x, mode="r")
    with pytest.raises(ValueError, match="a matrix has two"):
        xp.linalg.trace(x[0])
