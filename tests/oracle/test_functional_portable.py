"""The functions of nn.functional on a library that has nothing but the standard: as on NumPy, derivatives too."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.conftest import load_plugin
from tests.oracle import harness
from tests.oracle.harness import Draw, forms, ours, outcome
from tests.oracle.test_functional import TABLE


class OnDevice:
    """plugrad, with tensors made on a device."""

    def __init__(self, device: str) -> None:
        self.tensor = partial(ours.tensor, device=device)
        self.zeros = partial(ours.zeros, device=device)

    def __getattr__(self, name: str) -> Any:
        return getattr(ours, name)


@pytest.fixture(scope="module")
def library() -> OnDevice:
    return OnDevice(load_plugin("strict").devices[0])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", TABLE)
def test_function(name: str, library: OnDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    # Arrays of the device have no short way to the host.
    monkeypatch.setattr(harness, "LARGE", 10**9)
    row = TABLE[name]
    call = next(iter(forms(name, row).values()))
    for given in row.samples(Draw("float64")):
        expected, actual = outcome(ours, call, given, True, False), outcome(library, call, given, True, False)
        assert actual.error is None, f"{given}: {actual.error!r}"
        assert actual.no_derivative is None, f"{given}: {actual.no_derivative!r}"
        assert actual.traits == expected.traits, given
        for (what, value), (_, right) in zip(actual.values, expected.values, strict=True):
            np.testing.assert_allclose(value, right, rtol=1e-8, atol=1e-8, err_msg=f"{given}: {what}")
