"""Random numbers: a seed gives those of the CPU on every device, unless a backend brings a generator of its own."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad import nn
from plugrad.testing.conformance.calls import values

DRAWS = {
    "rand": lambda d: plugrad.rand(2, 3, device=d),
    "randn": lambda d: plugrad.randn(40, device=d),
    "randint": lambda d: plugrad.randint(0, 100, (5,), device=d),
    "randperm": lambda d: plugrad.randperm(10, device=d),
    "normal": lambda d: plugrad.normal(plugrad.zeros(3, device=d), plugrad.ones(3, device=d)),
    "bernoulli": lambda d: plugrad.bernoulli(plugrad.full((9,), 0.4, device=d)),
    "multinomial": lambda d: plugrad.multinomial(plugrad.tensor([0.2, 0.3, 0.5], device=d), 2),
    "uniform_": lambda d: plugrad.empty(3, device=d).uniform_(-1, 1),
    "normal_": lambda d: plugrad.empty(3, device=d).normal_(2, 3),
    "exponential_": lambda d: plugrad.empty(3, device=d).exponential_(),
    "rand_like": lambda d: plugrad.rand_like(plugrad.zeros(4, device=d)),
    "dropout": lambda d: nn.functional.dropout(plugrad.ones(20, device=d), 0.3),
    "initial values": lambda d: nn.Linear(3, 2, device=d).weight,
    "kaiming_normal_": lambda d: nn.init.kaiming_normal_(plugrad.empty(3, 4, device=d)),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_seed_gives_the_cpus_numbers(draw, backend, device):
    plugrad.manual_seed(11)
    found = [draw(device), draw(device)]
    plugrad.manual_seed(11)
    expected = [draw(device if backend.generator(0) is not None else "cpu") for _ in range(2)]
    for a, b in zip(found, expected, strict=True):
        assert a.device is plugrad.zeros((), device=device).device
        assert a.dtype is b.dtype
        np.testing.assert_allclose(values(a), values(b), rtol=1e-6, atol=1e-7)
    assert (
        np.size(values(found[0])) == 1
        or not np.array_equal(values(found[0]), values(found[1]))
        or (np.all(values(found[0]) % 1 == 0))
    ), "two draws are one"


def test_a_generator_of_the_users(device):
    found = [plugrad.rand(3, device=device, generator=plugrad.Generator(device).manual_seed(5)) for _ in range(2)]
    np.testing.assert_array_equal(values(found[0]), values(found[1]))
    generator = plugrad.Generator(device).manual_seed(5)
    state = generator.get_state()
    first = plugrad.rand(3, device=device, generator=generator)
    generator.set_state(state)
    np.testing.assert_array_equal(values(first), values(plugrad.rand(3, device=device, generator=generator)))
    np.testing.assert_array_equal(values(first), values(found[0]))
