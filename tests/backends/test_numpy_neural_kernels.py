"""Kernels of padding, group norm and adaptive pooling: what their definitions give, at sizes that go in parts too."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from plugrad.core import registry
from plugrad.core.namespace import DEFINITIONS, Namespace


def generic() -> Namespace:
    """The definitions over NumPy, with kernels for what the standard has no function for."""
    backend = registry.load("numpy")
    needed = ("index_accumulate", "place", "astype", "take", "rsqrt", "avg_pool", "avg_pool_backward", "drop_where")
    kernels = {name: kernel for name, kernel in backend.kernels().items() if name in needed}
    return Namespace("numpy", np, kernels)


def kernel(name: str) -> Any:
    return registry.load("numpy").kernels()[name]


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 4), (1, 2, 4, 3, 5)])
def test_padding(mode: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    axes = min(len(shape) - 1, 3)
    x = random.standard_normal(shape)
    for widths in itertools.product([(0, 0), (1, 2), (2, 0), (0, 2), (-1, 1)], repeat=axes):
        expected = DEFINITIONS["pad_with_inside"](generic(), x, widths=widths, mode=mode)
        y = kernel("pad_with_inside")(x, widths=widths, mode=mode)
        np.testing.assert_array_equal(y, expected)
        grad = random.standard_normal(y.shape)
        options: Any = {"shape": shape, "widths": widths, "mode": mode}
        expected = DEFINITIONS["pad_with_inside_backward"](generic(), grad, **options)
        np.testing.assert_allclose(kernel("pad_with_inside_backward")(grad, **options), expected, rtol=1e-13)


def test_padding_as_wide_as_it_may_be() -> None:
    x = np.arange(4.0).reshape(1, 4)
    reflected = kernel("pad_with_inside")(x, widths=((3, 3),), mode="reflect")
    assert reflected.tolist() == [[3, 2, 1, 0, 1, 2, 3, 2, 1, 0]]
    assert kernel("pad_with_inside")(x, widths=((4, 4),), mode="circular").tolist() == [[0, 1, 2, 3] * 3]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 6), (3, 4, 5), (4, 8, 33, 41), (0, 4, 3), (2, 4, 0)])
@pytest.mark.parametrize("affine", [True, False])
def test_group_norm(shape: tuple[int, ...], dtype: str, affine: bool) -> None:
    random = np.random.default_rng(1)
    x, grad = (random.standard_normal(shape).astype(dtype) + 2 for _ in range(2))
    weight, bias = (random.standard_normal(shape[1]).astype(dtype) if affine else None for _ in range(2))
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-10}
    with np.errstate(all="ignore"):
        expected = DEFINITIONS["group_norm"](generic(), x, weight, bias, groups=2, eps=1e-5)
        found = kernel("group_norm")(x, weight, bias, groups=2, eps=1e-5)
        for y, want in zip(found, expected, strict=True):
            assert (y.shape, y.dtype) == (want.shape, want.dtype)
            if y.size and x.size:
                np.testing.assert_allclose(y, want, **tolerance)
        for wanted in ((True, True, True), (True, False, False), (False, True, False), (False, False, True)):
            options: Any = {"groups": 2, "eps": 1e-5, "wanted": wanted}
            expected = DEFINITIONS["group_norm_backward"](generic(), grad, x, weight, *found[1:], **options)
            gradients = kernel("group_norm_backward")(grad, x, weight, *found[1:], **options)
            for y, want in zip(gradients, expected, strict=True):
                assert (y.shape, y.dtype) == (want.shape, want.dtype)
                np.testing.assert_allclose(y, want, rtol=1e-3 if dtype == "float32" else 1e-9, atol=1e-3)


@pytest.mark.parametrize("count", [(1, 1), (2, 3), (4, 6), (3, 4), (5, 7)])
def test_an_infinity_stays_in_its_part(count: tuple[int, int]) -> None:
    """Adaptive pooling sums each part by itself: no product with zeros spreads what is infinite."""
    x = np.zeros((1, 2, 4, 6))
    x[0, 0, 0, 0] = np.inf
    y = DEFINITIONS["adaptive_avg_pool"](registry.resolve("cpu").xp, x, shape=count)
    assert y.shape == (1, 2, *count)
    # Only parts that begin with the first element have it.
    starts = [np.arange(c) * n // c == 0 for n, c in zip((4, 6), count, strict=True)]
    np.testing.assert_array_equal(np.isinf(y[0, 0]), starts[0][:, None] & starts[1])
    assert not np.isnan(y).any()
