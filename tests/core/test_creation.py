"""Tensors from nothing: zeros, ranges, triangles, and those that follow another tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import raises, torch

Refused = tuple[type[Exception], str, Callable[[], Any]]

REFUSED: dict[str, Refused] = {
    "negative size": (
        RuntimeError,
        "zeros: Dimension size must be non-negative.",
        lambda: torch.zeros(2, -1),
    ),
    "float as size": (
        TypeError,
        "zeros(): argument 'size' (position 1) must be tuple of ints, not float",
        lambda: torch.zeros(2.0),
    ),
    "float among sizes": (
        TypeError,
        "zeros(): argument 'size' failed to unpack the object at pos 2 with error \"type must be tuple of "
        'ints,but got float"',
        lambda: torch.zeros(2, 2.0),
    ),
    "no sizes": (TypeError, 'zeros() missing 1 required positional arguments: "size"', lambda: torch.zeros()),
    "two sequences": (
        TypeError,
        "zeros() takes 1 positional argument but 2 were given",
        lambda: torch.zeros((2,), 3),
    ),
    "size beyond memory": (
        RuntimeError,
        "Storage size calculation overflowed with sizes=[1099511627776, 1099511627776]",
        lambda: torch.zeros(2**40, 2**40),
    ),
    "fill of another kind": (
        TypeError,
        "full(): argument 'fill_value' (position 2) must be Number, not str",
        lambda: torch.full((2,), "a"),
    ),
    "fill that does not fit": (
        RuntimeError,
        "value cannot be converted to type uint8_t without overflow",
        lambda: torch.full((2,), 300, dtype=torch.uint8),
    ),
    "fill with too large a float": (
        RuntimeError,
        "value cannot be converted to type float without overflow",
        lambda: torch.full((2,), 1e300, dtype=torch.float32),
    ),
    "complex fill of floats": (
        RuntimeError,
        "value cannot be converted to type float without overflow",
        lambda: torch.full_like(torch.zeros(2), 1j),
    ),
    "full without a sequence": (
        TypeError,
        "full(): argument 'size' (position 1) must be tuple of ints, not int",
        lambda: torch.full(2, 3),
    ),
    "like a list": (
        TypeError,
        "zeros_like(): argument 'input' (position 1) must be Tensor, not list",
        lambda: torch.zeros_like([1.0]),
    ),
    "eye of less than nothing": (
        RuntimeError,
        "n must be greater or equal to 0, got -1",
        lambda: torch.eye(-1),
    ),
    "endless range": (RuntimeError, "unsupported range: 0 -> inf", lambda: torch.arange(float("inf"))),
    "range of booleans": (
        NotImplementedError,
        "\"arange_cpu\" not implemented for 'Bool'",
        lambda: torch.arange(2, dtype=torch.bool),
    ),
    "range to a string": (
        TypeError,
        "arange(): argument 'end' (position 1) must be Number, not str",
        lambda: torch.arange("a"),
    ),
    "step that truncates to nothing": (
        ValueError,
        "step must be nonzero",
        lambda: torch.arange(0, 2, 0.5, dtype=torch.int64),
    ),
    "linspace of dimensions": (
        RuntimeError,
        "linspace only supports 0-dimensional start and end tensors, but got start with 1 dimension(s).",
        lambda: torch.linspace(torch.zeros(1), 1, 3),
    ),
    "linspace loses the imaginary part": (
        RuntimeError,
        "torch.linspace(): inferred dtype c10::complex<float> can't be safely cast to passed dtype Float",
        lambda: torch.linspace(0, 1j, 3, dtype=torch.float32),
    ),
    "triangle of negative size": (
        RuntimeError,
        "row must be non-negative, got-1",
        lambda: torch.tril_indices(-1, 3),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), REFUSED.values(), ids=REFUSED)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_arange_rounds_each_number_once() -> None:
    x = torch.arange(1000.0, 1100.0, 0.1)
    expected = (1000 + 0.1 * np.arange(1000)).astype(np.float32)
    np.testing.assert_allclose(np.array(x.tolist()), expected, rtol=2e-7)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((5,), [0, 1, 2, 3, 4]),
        ((2, 5), [2, 3, 4]),
        ((5, 0, -2), [5, 3, 1]),
        ((0,), []),
        ((3, 3), []),
        ((2**53, 2**53 + 3), [2**53, 2**53 + 1, 2**53 + 2]),
        ((-(2**63), -(2**63) + 2), [-(2**63), -(2**63) + 1]),
        ((2**63 - 3, 2**63 - 1), [2**63 - 3, 2**63 - 2]),
    ],
)
def test_arange_of_integers(args: tuple[int, ...], expected: list[int]) -> None:
    x = torch.arange(*args)
    assert x.dtype is torch.int64
    assert x.tolist() == expected


def test_arange_of_small_integers() -> None:
    assert torch.arange(256, dtype=torch.uint8).tolist() == list(range(256))
    assert torch.arange(0.9, 3.1, dtype=torch.int64).tolist() == [0, 1, 2]
    assert torch.arange(start=1, end=4, step=2).tolist() == [1, 3]
    assert torch.arange(torch.tensor(3)).tolist() == [0, 1, 2]


def test_linspace_is_exact_at_both_ends() -> None:
    for steps in (2, 3, 10, 101):
        x = torch.linspace(-0.1, 0.7, steps, dtype=torch.float64).tolist()
        assert (x[0], x[-1]) == (-0.1, 0.7)
        np.testing.assert_allclose(x, np.linspace(-0.1, 0.7, steps), rtol=1e-15, atol=1e-16)
    assert torch.linspace(0, 10, 4, dtype=torch.int64).tolist() == [0, 3, 6, 10]
    assert torch.linspace(-3, 3, 4, dtype=torch.int32).tolist() == [-3, -1, 1, 3]
    assert torch.linspace(0, 1j, 3).tolist() == [0, 0.5j, 1j]
    assert torch.linspace(5, 9, 1).tolist() == [5]


def test_logspace() -> None:
    assert torch.logspace(0, 2, 3).tolist() == [1, 10, 100]
    assert torch.logspace(0, 3, 4, 2).tolist() == [1, 2, 4, 8]
    assert torch.logspace(0, 1, 3, base=-2)[1].isnan()


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 3])
def test_indices_of_triangles(offset: int) -> None:
    for rows, columns in ((3, 3), (2, 4), (4, 2), (0, 3)):
        lower = torch.tril_indices(rows, columns, offset)
        upper = torch.triu_indices(rows, columns, offset)
        assert lower.tolist() == np.array(np.tril_indices(rows, offset, columns)).tolist()
        assert upper.tolist() == np.array(np.triu_indices(rows, offset, columns)).tolist()
        assert lower.dtype is upper.dtype is torch.int64


def test_like_follows_and_overrides() -> None:
    x = torch.tensor([[1, 2]], dtype=torch.int32)
    for make in (torch.zeros_like, torch.ones_like, torch.empty_like):
        assert make(x).dtype is torch.int32
        assert tuple(make(x).shape) == (1, 2)
        assert make(x, dtype=torch.float64, requires_grad=True).requires_grad
    assert torch.full_like(x, 3.7).tolist() == [[3, 3]]
    assert not torch.zeros_like(torch.ones(2, requires_grad=True)).requires_grad


def test_new_follows_and_overrides() -> None:
    x = torch.ones(2, dtype=torch.float64)
    assert x.new_zeros(2, 3).dtype is torch.float64
    assert x.new_zeros((2, 3)).shape == x.new_empty(size=(2, 3)).shape == (2, 3)
    assert x.new_ones(2, dtype=torch.bool).tolist() == [True, True]
    assert x.new_full((2,), 3).tolist() == [3.0, 3.0]
    assert torch.tensor([1]).new_full((2,), 1.5).tolist() == [1, 1]
    assert x.new_tensor([1, 2]).dtype is torch.float64
    assert torch.tensor([1]).new_tensor([1.5]).tolist() == [1]
    with raises(RuntimeError, "Trying to create tensor with negative dimension -1: [-1]"):
        x.new_zeros(-1)
