"""Data that no tensor can be made of raises PyTorch's exception with PyTorch's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import AGAINST_TORCH, raises, torch

Case = tuple[type[Exception], str, Callable[[], Any]]

SUPPORTED = (
    "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, "
    "int8, "
    "uint64, uint32, uint16, uint8, and bool."
)

CASES: dict[str, Case] = {
    "ragged": (
        ValueError,
        "expected sequence of length 1 at dim 1 (got 2)",
        lambda: torch.tensor([[1], [1, 2]]),
    ),
    "ragged deeper": (
        ValueError,
        "expected sequence of length 2 at dim 2 (got 1)",
        lambda: torch.tensor([[[1, 2], [3, 4]], [[1, 2], [3]]]),
    ),
    "number among sequences": (
        TypeError,
        "expected Tensor as element 1 in argument 0, but got int",
        lambda: torch.stack([torch.ones(()), 1]),
    ),
    "array of strings": (
        TypeError,
        "can't convert np.ndarray of type numpy.str_. " + SUPPORTED,
        lambda: torch.tensor(np.array(["a"])),
    ),
    "array of objects": (
        TypeError,
        "can't convert np.ndarray of type numpy.object_. " + SUPPORTED,
        lambda: torch.from_numpy(np.array([None])),
    ),
    "string": (TypeError, "new(): invalid data type 'str'", lambda: torch.tensor("a")),
    "None": (RuntimeError, "Could not infer dtype of NoneType", lambda: torch.tensor(None)),
    "list is no array": (
        TypeError,
        "expected np.ndarray (got list)",
        lambda: torch.from_numpy([1.0]),
    ),
    "negative stride": (
        ValueError,
        "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
        "currently supported. (You can probably work around this by making a copy of your array  with "
        "array.copy().)",
        lambda: torch.from_numpy(np.arange(3.0)[::-1]),
    ),
    "arange against its step": (
        RuntimeError,
        "upper bound and lower bound inconsistent with step sign",
        lambda: torch.arange(3, 0),
    ),
    "arange without step": (RuntimeError, "step must be nonzero", lambda: torch.arange(0, 3, 0)),
    "linspace of a negative number": (
        RuntimeError,
        "number of steps must be non-negative",
        lambda: torch.linspace(0, 1, -1),
    ),
    "negative size": (
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [-1]",
        lambda: torch.ones(-1),
    ),
    "negative deviation": (
        RuntimeError,
        "normal expects std >= 0.0, but found std -1",
        lambda: torch.normal(0.0, -1.0, (2,)),
    ),
    "empty range of integers": (
        RuntimeError,
        "random_ expects 'from' to be less than 'to', but got from=3 >= to=3",
        lambda: torch.randint(3, 3, (2,)),
    ),
    "multinomial of nothing": (
        RuntimeError,
        "cannot sample n_sample <= 0 samples",
        lambda: torch.multinomial(torch.ones(3), 0),
    ),
    "multinomial of too many": (
        RuntimeError,
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
        lambda: torch.multinomial(torch.ones(3), 4),
    ),
    "multinomial of negative weights": (
        RuntimeError,
        "probability tensor contains either `inf`, `nan` or element < 0",
        lambda: torch.multinomial(torch.tensor([1.0, -1.0]), 1),
    ),
    "bernoulli out of range": (
        RuntimeError,
        "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  "
        "If so, "
        "please report an enhancement request to PyTorch.)",
        lambda: torch.bernoulli(torch.tensor([1.5])),
    ),
    "default dtype of integers": (
        TypeError,
        "only floating-point types are supported as the default type",
        lambda: torch.set_default_dtype(torch.int64),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), CASES.values(), ids=CASES)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_unknown_device_is_named() -> None:
    with pytest.raises(RuntimeError, match="foo"):
        torch.zeros(2, device="foo")


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch says that it was built without CUDA")
def test_unknown_device_lists_the_known_ones() -> None:
    with pytest.raises(RuntimeError, match="cpu"):
        torch.zeros(2, device="foo")
