"""GELU and SiLU."""

import numpy as np
import pytest

from plugrad.backends.cupy.kernels_activation import KERNELS

from .compare import DTYPES, draw, expected, same, took

OPS = [("gelu", {}), ("gelu", {"approximate": "tanh"}), ("silu", {})]
SHAPES = [(1,), (7,), (4, 4), (3, 5, 11), (70, 31), ()]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "options"), OPS)
@pytest.mark.parametrize("shape", SHAPES)
def test_forward_and_backward(emulated, name, options, shape, dtype):
    x, grad = draw(emulated, shape, dtype, 1), draw(emulated, shape, dtype, 2)
    same(KERNELS[name](x, **options), expected(name, x, **options), dtype)
    assert took(name)
    same(KERNELS[f"{name}_backward"](grad, x, **options), expected(f"{name}_backward", grad, x, **options), dtype)
    assert took(f"{name}_backward")


@pytest.mark.parametrize(("name", "options"), OPS)
def test_strides_and_unaligned_memory(emulated, name, options):
    x, grad = draw(emulated, (9, 6), "float32", 1).T, draw(emulated, (55,), "float32", 2)[1:].reshape(6, 9)
    same(KERNELS[name](x, **options), expected(name, x, **options), "float32")
    same(KERNELS[name](grad, **options), expected(name, grad, **options), "float32")
    found = KERNELS[f"{name}_backward"](grad, x, **options)
    same(found, expected(f"{name}_backward", grad, x, **options), "float32")
    assert took(name, name, f"{name}_backward")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), OPS)
def test_large_numbers_infinities_and_nan(emulated, name, options, dtype):
    x = emulated.array(np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 30.0, -30.0, 1000.0, -1000.0], dtype))
    same(KERNELS[name](x, **options), expected(name, x, **options), dtype)
    grad = emulated.array(np.ones_like(x))
    same(KERNELS[f"{name}_backward"](grad, x, **options), expected(f"{name}_backward", grad, x, **options), dtype)


@pytest.mark.parametrize(("name", "options"), OPS)
def test_what_goes_to_the_definition(emulated, name, options):
    assert KERNELS[name](draw(emulated, (0, 3), "float32"), **options).shape == (0, 3)
    if name == "silu":
        x = emulated.array(np.array([1 + 1j, -2j], "complex64"))
        np.testing.assert_allclose(KERNELS[name](x), x / (1 + np.exp(-x)), rtol=1e-6)
    x, grad = draw(emulated, (4, 3), "float32"), draw(emulated, (3,), "float32")
    found = KERNELS[f"{name}_backward"](grad, x, **options)
    np.testing.assert_allclose(found, expected(f"{name}_backward", grad, x, **options), rtol=1e-5, atol=1e-6)
    found = KERNELS[f"{name}_backward"](draw(emulated, (4, 3), "float64"), x, **options)
    assert found.dtype == np.float64
    assert took()
