"""Comparisons that look at what matters: shape, NaN, infinities and, where asked, the sign of zero."""

from __future__ import annotations

from typing import Any

import numpy as np


def values(tensor: Any) -> np.ndarray:
    """A tensor's numbers on the host, without anybody's ``numpy()``: tests run on devices that have none."""
    detached = tensor.detach()
    return np.array(detached.tolist()).reshape(tuple(detached.shape))


def assert_equal(actual: Any, expected: Any) -> None:
    """Same shape and the very same numbers; NaN equals NaN."""
    expected = np.asarray(expected)
    actual = values(actual)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    np.testing.assert_array_equal(actual, expected)


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Same shape and numbers within a tolerance, relative above 1 and absolute below; NaN equals NaN."""
    expected = values(expected) if hasattr(expected, "detach") else np.asarray(expected)
    actual = values(actual)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def assert_signs_of_zero(actual: Any, expected: Any) -> None:
    """Where both are zero, both are the same zero."""
    actual, expected = values(actual), np.asarray(expected, dtype=float)
    zero = (actual == 0) & (expected == 0)
    np.testing.assert_array_equal(np.signbit(actual[zero]), np.signbit(expected[zero]))
