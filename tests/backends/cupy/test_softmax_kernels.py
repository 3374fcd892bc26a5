"""Softmax, its logarithm and their derivatives."""

import numpy as np
import pytest

from plugrad.backends.cupy.kernels_softmax import KERNELS

from .compare import DTYPES, draw, expected, same, took

FORWARD = ["softmax", "log_softmax"]
SIZES = [1, 2, 31, 32, 33, 128, 1000, 1024, 1025, 5000]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("n", SIZES)
def test_forward(emulated, name, n, dtype):
    x = draw(emulated, (5, n), dtype, n, scale=5.0)
    y = KERNELS[name](x, axis=-1)
    same(y, expected(name, x, axis=1), dtype)
    assert took(name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("n", SIZES)
def test_backward(emulated, name, n, dtype):
    grad, x = draw(emulated, (5, n), dtype, n), draw(emulated, (5, n), dtype, n + 1)
    y = emulated.array(expected(name, x, axis=1).astype(x.dtype))
    dx = KERNELS[f"{name}_backward"](grad, y, axis=1)
    # The sum of n numbers of this size, in float32 for half types.
    same(dx, expected(f"{name}_backward", grad, y, axis=1), dtype, scale=max(1, n**0.5))
    assert took(f"{name}_backward")


@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("shape", [(7,), (2, 3, 4), (1, 33), (131, 3)])
def test_shapes(emulated, name, shape):
    x = draw(emulated, shape, "float32")
    same(KERNELS[name](x, axis=len(shape) - 1), expected(name, x, axis=-1), "float32")
    assert took(name)


@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("n", [8, 1032])
def test_memory_that_does_not_start_on_16_bytes(emulated, name, n):
    x = draw(emulated, (3 * n + 1,), "float32")[1:].reshape(3, n)
    same(KERNELS[name](x, axis=1), expected(name, x, axis=1), "float32")
    assert took(name)


@pytest.mark.parametrize("name", FORWARD)
def test_strided_memory(emulated, name):
    x = draw(emulated, (6, 40), "float32").T
    same(KERNELS[name](x, axis=1), expected(name, x, axis=1), "float32")
    assert took(name)


@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("n", [4, 70, 1500])
def test_infinities_and_nans(emulated, name, n):
    generator = np.random.default_rng(n)
    rows = [generator.standard_normal(n) for _ in range(9)]
    rows[1][0] = -np.inf
    rows[2][: n - 1] = -np.inf
    rows[3][:] = -np.inf
    rows[4][n // 2] = np.inf
    rows[5][n - 1] = np.nan
    rows[6][:] = generator.choice([-np.inf, np.nan], n)
    rows[7][:] = generator.choice([-np.inf, 1.0], n)
    rows[8][:] = 1e30 * rows[8]
    x = emulated.array(np.array(rows, np.float32))
    same(KERNELS[name](x, axis=1), expected(name, x, axis=1), "float32")
    assert took(name)


@pytest.mark.parametrize("name", FORWARD)
def test_what_goes_to_the_definition(emulated, name):
    for x, axis in [
        (draw(emulated, (3, 4), "float32"), 0),
        (draw(emulated, (2, 3, 4), "float32"), 1),
        (draw(emulated, (), "float32"), 0),
        (draw(emulated, (0, 3), "float32"), 1),
        (draw(emulated, (3, 0), "float32"), 1),
        (draw(emulated, (3, 4), "complex64"), 1),
    ]:
        with np.errstate(divide="ignore"):
            y = KERNELS[name](x, axis=axis)
        assert y.shape == x.shape
        if x.dtype.kind == "f":
            np.testing.assert_allclose(y, expected(name, x, axis=axis), rtol=1e-5)
        assert took()
