"""The switch for sums in one order."""

import pytest

from tests.support.library import torch


@pytest.fixture(autouse=True)
def switched_off():
    yield
    torch.use_deterministic_algorithms(False)


def state():
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def test_it_is_off_until_it_is_switched_on() -> None:
    assert state() == (False, False)
    torch.use_deterministic_algorithms(True)
    assert state() == (True, False)
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert state() == (True, True)
    torch.use_deterministic_algorithms(False)
    assert state() == (False, False)


@pytest.mark.parametrize("mode", [1, "yes", None])
def test_it_takes_a_bool(mode: object) -> None:
    with pytest.raises(TypeError, match=r"argument 'mode' \(position 1\) must be bool, not "):
        torch.use_deterministic_algorithms(mode)
    assert state() == (False, False)


def test_gradients_are_what_they_are_without() -> None:
    weight = torch.arange(12.0).reshape(4, 3).requires_grad_()
    index = torch.tensor([1, 3, 1, 1])
    plain = torch.autograd.grad((torch.nn.functional.embedding(index, weight) ** 2).sum(), weight)[0]
    torch.use_deterministic_algorithms(True)
    again = torch.autograd.grad((torch.nn.functional.embedding(index, weight) ** 2).sum(), weight)[0]
    assert torch.equal(plain, again)
