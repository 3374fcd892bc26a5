"""Every function that is compared with PyTorch, on every backend: values and gradients are those of the CPU."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import plugrad
from plugrad.core.errors import KernelNotFoundError
from plugrad.core.namespace import DEFINITIONS
from tests.oracle import table
from tests.oracle.harness import flat

ROWS = table.all_rows()


def computed(name: str, device: str) -> list[Any]:
    """What the first samples give on a device: values and gradients, or the type of a refusal."""
    found: list[Any] = []
    plugrad.set_default_device(device)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calls = table.calls(name, ROWS[name])
            while True:
                try:
                    call = next(calls, None)
                except TypeError as error:  # a dtype that the backend does not have
                    found.append(error)
                    break
                if call is None:
                    break
                try:
                    values = [y for y in flat(call(*call.variables)) if isinstance(y, plugrad.Tensor)]
                except Exception as error:
                    found.append(error)
                    continue
                assert all(y.device.type == device for y in values), "a result is on another device"
                found.append([listed(y) for y in [*values, *gradients(call)]])
    finally:
        plugrad.set_default_device(None)
    return found


def gradients(call: Any) -> list[Any]:
    """Of what has some: PyTorch has no derivative of everything that is recorded."""
    try:
        backward = table.derivative(call)
    except (RuntimeError, NotImplementedError) as error:
        if "is not implemented" not in str(error):
            raise
        return []
    return [] if backward is None else backward[2]


def listed(y: Any) -> np.ndarray:
    return np.array(y.detach().tolist()).reshape(tuple(y.shape))


def lacks(error: Any) -> bool:
    """Whether a backend lacks what it may lack: an optional special function, or a dtype."""
    if isinstance(error, KernelNotFoundError):
        name = re.search(r"has no '(\w+)'", str(error))
        return name is not None and name[1] not in DEFINITIONS
    return isinstance(error, TypeError) and re.match(r"backend '\w+' has no plugrad\.", str(error)) is not None


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row(name: str, device: str) -> None:
    if device == "cpu":
        pytest.skip("it is the CPU's own; compared with PyTorch in tests/oracle")
    found = computed(name, device)
    if any(lacks(got) for got in found):
        pytest.skip("the backend lacks what it may lack")
    for number, (got, expected) in enumerate(zip(found, computed(name, "cpu"), strict=True)):
        if isinstance(expected, Exception):
            assert isinstance(got, type(expected)), f"sample {number}: {got!r} instead of {expected!r}"
            continue
        assert not isinstance(got, Exception), f"sample {number}: {got!r}"
        assert len(got) == len(expected)
        for y, want in zip(got, expected, strict=True):
            assert y.shape == want.shape
            np.testing.assert_allclose(y, want, rtol=1e-9, atol=1e-10, err_msg=f"sample {number}")
