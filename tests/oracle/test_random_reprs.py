"""Tensors of random shapes, magnitudes and dtypes print as PyTorch's, under random options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import ours, real
from tests.support.library import NAME


def arrays(random: np.random.Generator) -> np.ndarray:
    """An array of a shape, kind and magnitude that printing has to tell apart."""
    shape = tuple(int(n) for n in random.choice([0, 1, 2, 3, 7, 12, 40], random.integers(0, 5)))
    if random.random() < 0.1:
        shape = (int(random.integers(990, 1500)),)
    normal = random.normal(size=shape)
    scale = 10.0 ** random.integers(-12, 12)
    values: Any = [
        normal,
        normal * scale,
        normal * 10.0 ** random.integers(-3, 4, shape),
        np.floor(normal * abs(scale)),
        random.choice([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 2.5, 1e-5, 1e9], shape),
        random.choice([0.0, 1e300, 1e-310, 5e-324, 1.5], shape),
        random.integers(-(10**9), 10 ** int(random.integers(1, 18)), shape),
        random.random(shape) < 0.5,
        normal + 1j * random.normal(size=shape) * scale,
    ][random.integers(0, 9)]
    kinds = {"f": ["f2", "f4", "f8"], "c": ["c8", "c16"], "i": ["i1", "i2", "i4", "i8", "u1"], "b": ["?"]}
    array = np.asarray(values)
    with np.errstate(over="ignore"):
        return array.astype(random.choice(kinds[array.dtype.kind]))


@pytest.fixture
def options() -> Iterator[Any]:
    def set_options(**chosen: Any) -> None:
        for library in (ours, real):
            library.set_printoptions(profile="default")
            library.set_printoptions(**chosen)

    yield set_options
    set_options()


@pytest.mark.parametrize("seed", range(8))
def test_random_tensors_print_as_pytorchs(seed: int, options: Any) -> None:
    random = np.random.default_rng(seed)
    for _ in range(60):
        array = arrays(random)
        leaf = array.dtype.kind in "fc" and random.random() < 0.3
        chosen: dict[str, Any] = {}
        if random.random() < 0.3:
            chosen = {
                "precision": int(random.integers(0, 9)),
                "threshold": int(random.choice([5, 50, 1000])),
                "edgeitems": int(random.integers(0, 5)),
                "linewidth": int(random.choice([20, 40, 80, 120])),
                "sci_mode": [None, True, False][random.integers(0, 3)],
            }
        options(**chosen)
        mine, theirs = (library.tensor(array, requires_grad=bool(leaf)) for library in (ours, real))
        if leaf and random.random() < 0.5:
            mine, theirs = mine * 1, theirs * 1
        assert repr(mine) == repr(theirs).replace("torch.", NAME + "."), chosen
