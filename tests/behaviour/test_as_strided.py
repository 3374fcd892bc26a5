"""Views that strides name: what is written to them is written to the tensor, and differentiated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import differs_from_torch, torch


@pytest.fixture
def shares(request: pytest.FixtureRequest) -> None:
    """Only where views that strides name share memory; what else there is, is refused."""
    if request.config.getoption("--plugrad-backend") == "loopback":
        pytest.skip("it has views, but none that strides name: see test_copies_are_not_written")


def test_writing_to_the_view_writes_to_the_tensor(shares: None) -> None:
    x = torch.zeros(2, 3)
    x.as_strided((2, 2), (3, 2))[1] = torch.tensor([5.0, 6.0])
    assert x.tolist() == [[0, 0, 0], [5, 0, 6]]


def test_writing_to_the_tensor_shows_in_the_view(shares: None) -> None:
    x = torch.zeros(2, 3)
    y = x.as_strided((3,), (2,))
    x.fill_(4.0)
    assert y.tolist() == [4, 4, 4]


def test_gradients_flow_through_what_is_written_to_the_view(shares: None) -> None:
    a = torch.ones(6, requires_grad=True)
    b = torch.ones(2, requires_grad=True)
    x = a * 2
    x.as_strided((2,), (3,), 1).mul_(b * 5)
    x.sum().backward()
    assert a.grad.tolist() == [2, 10, 2, 2, 10, 2]
    assert b.grad.tolist() == [10, 10]


def test_a_place_that_is_named_twice_gets_both_gradients() -> None:
    x = torch.arange(4.0).requires_grad_()
    x.as_strided((3, 2), (1, 1)).sum().backward()
    assert x.grad.tolist() == [1, 2, 2, 1]


@differs_from_torch("the memory around a part is not read")
def test_a_view_of_a_part_is_refused() -> None:
    with pytest.raises(RuntimeError, match="view of a part"):
        torch.zeros(4)[1:].as_strided((2,), (1,))


@differs_from_torch("what is named twice can't be written")
def test_a_view_that_overlaps_itself_is_not_written() -> None:
    x = torch.zeros(3)
    y = x.as_strided((2, 2), (1, 1))
    with pytest.raises(RuntimeError, match=r"single memory location|neither of the two"):
        y.add_(1)
    assert x.tolist() == [0, 0, 0]


@differs_from_torch("there are other libraries")
@pytest.mark.parametrize("make", [lambda x: x.as_strided((2,), (2,)), lambda x: x.unfold(0, 2, 2)])
def test_copies_are_not_written(request: pytest.FixtureRequest, make: Any) -> None:
    """Where a library has views, but can't make this one, nothing is silently written to a copy."""
    x = torch.zeros(4)
    y = make(x)
    if request.config.getoption("--plugrad-backend") != "loopback":
        y.add_(1)
        assert x.sum() == y.sum() != 0
        return
    with pytest.raises(RuntimeError, match="neither of the two can be changed in place"):
        y.add_(1)
    with pytest.raises(RuntimeError, match="neither of the two can be changed in place"):
        x.add_(1)
    assert x.tolist() == [0, 0, 0, 0]
    del y
    x.add_(1)
    assert x.tolist() == [1, 1, 1, 1]
