"""The same tensors on every device, and the default device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import load_plugin
from tests.support.library import AGAINST_TORCH, torch

pytestmark = pytest.mark.skipif(AGAINST_TORCH, reason="plugrad's devices")

MAKERS: dict[str, Callable[[str | None], Any]] = {
    "tensor": lambda d: torch.tensor([1.0, 2.0], device=d),
    "as_tensor": lambda d: torch.as_tensor([1, 2], device=d),
    "as_tensor of an array": lambda d: torch.as_tensor(np.ones(2, np.float32), device=d),
    "asarray": lambda d: torch.asarray([True, False], device=d),
    "zeros": lambda d: torch.zeros(2, device=d),
    "ones": lambda d: torch.ones(2, device=d),
    "empty": lambda d: torch.empty(2, device=d) * 0,
    "full": lambda d: torch.full((2,), 3, device=d),
    "eye": lambda d: torch.eye(2, 3, device=d),
    "arange": lambda d: torch.arange(3, device=d),
    "arange of floats": lambda d: torch.arange(0, 1, 0.3, device=d),
    "linspace": lambda d: torch.linspace(0, 1, 3, device=d),
    "logspace": lambda d: torch.logspace(0, 1, 3, device=d),
    "tril_indices": lambda d: torch.tril_indices(2, 2, device=d),
    "rand": lambda d: torch.rand(2, device=d, generator=None) * 0,
    "randint": lambda d: torch.randint(1, 2, (2,), device=d),
}


@pytest.mark.parametrize("name", ["loopback", "strict"])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_on_a_device_as_on_the_cpu(make: Callable[[str | None], Any], name: str) -> None:
    load_plugin(name)
    there, here = make(name), make("cpu")
    assert there.device.type == name
    assert there.dtype is here.dtype
    np.testing.assert_array_equal(np.array(there.tolist()), np.array(here.tolist()))
    torch.set_default_device(name)
    try:
        assert torch.get_default_device().type == name
        assert make(None).device is there.device
    finally:
        torch.set_default_device(None)
    assert torch.get_default_device() == torch.device("cpu")


def test_like_and_new_stay_on_the_device() -> None:
    load_plugin("loopback")
    x = torch.ones(2, device="loopback")
    for y in (
        torch.zeros_like(x),
        torch.full_like(x, 2),
        x.new_zeros(3),
        x.new_full((2,), 1),
        x.new_tensor([1]),
    ):
        assert y.device is x.device
    assert torch.ones_like(x, device="cpu").device.type == "cpu"


def test_array_is_not_shared_with_a_device() -> None:
    load_plugin("loopback")
    source = np.zeros(2)
    x = torch.as_tensor(source, device="loopback")
    source[0] = 1
    assert x.tolist() == [0, 0]


def test_array_of_the_device_is_taken_as_it_is() -> None:
    backend = load_plugin("strict")
    raw = backend.namespace.asarray([1.0, 2.0])
    x = torch.as_tensor(raw, device="strict")
    assert x.tolist() == [1.0, 2.0]
    assert x.device.type == "strict"


def test_default_device_belongs_to_the_context() -> None:
    load_plugin("loopback")
    torch.set_default_device("loopback")
    seen: list[Any] = []
    try:
        thread = threading.Thread(target=lambda: seen.append(torch.zeros(1).device.type))
        thread.start()
        thread.join()
    finally:
        torch.set_default_device(None)
    assert seen == ["cpu"]


def test_device_in_a_with_statement_is_the_default() -> None:
    load_plugin("loopback")
    with torch.device("loopback"):
        assert torch.zeros(1).device.type == "loopback"
        with torch.device("cpu"):
            assert torch.zeros(1).device.type == "cpu"
        assert torch.get_default_device().type == "loopback"
    assert torch.zeros(1).device.type == "cpu"


def test_the_only_device_of_a_type_has_one_name() -> None:
    assert torch.zeros(1, device="cpu:0").device is torch.zeros(1).device
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.zeros(1, device="cpu:1")


def test_standard_functions_make_tensors_on_their_device() -> None:
    load_plugin("strict")
    x = torch.ones(2, device="strict:1")
    xp = x.__array_namespace__()
    made = [
        xp.zeros((2,)), xp.ones(2, dtype=xp.int64), xp.empty((2,)), xp.full((2,), 3), xp.eye(2), xp.arange(3),
        xp.linspace(0, 1, 3), xp.asarray([1.0, 2.0]), xp.zeros_like(x), xp.ones_like(x, dtype=xp.bool),
        xp.full_like(x, 2), xp.empty_like(x),
    ]  # fmt: skip
    assert all(y.device is x.device for y in made)
    assert made[3].dtype is torch.int64
    assert made[5].tolist() == [0, 1, 2]
    assert made[9].tolist() == [True, True]
    # Rules on raw arrays make theirs there too.
    raw = x.device.xp.zeros((2,), dtype=x.raw.dtype)
    assert (raw + x.raw).shape == (2,)
