"""Parameter and Buffer."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.support.library import differs_from_torch, raises, torch

nn = torch.nn


def test_parameter_of_nothing():
    assert nn.Parameter().shape == (0,)
    assert nn.Parameter().requires_grad


def test_parameter_is_a_leaf_whatever_it_is_made_of():
    y = torch.ones(2, requires_grad=True) * 2
    p = nn.Parameter(y)
    assert p.is_leaf
    assert p.grad_fn is None
    with torch.no_grad():
        p.fill_(7)
    assert y.tolist() == [7, 7]


def test_parameter_of_a_scalar_shares_memory():
    x = torch.tensor(1.0)
    p = nn.Parameter(x)
    with torch.no_grad():
        p.add_(1)
    assert x.item() == 2


def test_changes_are_counted_on_both_sides():
    x = torch.ones(2)
    p = nn.Parameter(x)
    y = (p * p).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize("kind", [nn.Parameter, nn.Buffer])
def test_only_tensors(kind):
    with pytest.raises((TypeError, AttributeError)):
        kind([1.0])


def test_integer_parameters_need_no_gradient():
    p = nn.Parameter(torch.tensor([1]), requires_grad=False)
    assert p.dtype is torch.int64
    with raises(RuntimeError, "Only Tensors of floating point and complex dtype can require gradients"):
        nn.Parameter(torch.tensor([1]))


def test_repr():
    assert repr(nn.Parameter(torch.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(nn.Buffer(torch.ones(2))) == "tensor([1., 1.])"


def test_copies_stay_parameters():
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    for twin in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert isinstance(twin, nn.Parameter)
        assert not twin.requires_grad
        with torch.no_grad():
            twin.fill_(5)
        assert p.tolist() == [1, 1]


def test_attributes_of_users_are_copied():
    p = nn.Parameter(torch.ones(2))
    p.no_decay = True
    assert pickle.loads(pickle.dumps(p)).no_decay is True


@differs_from_torch("PyTorch forgets what a Buffer is")
def test_copies_stay_buffers():
    b = nn.Buffer(torch.ones(2), persistent=False)
    for twin in (copy.deepcopy(b), pickle.loads(pickle.dumps(b))):
        assert isinstance(twin, nn.Buffer)
        assert twin.persistent is False


def test_buffer_shares_memory():
    x = torch.ones(2)
    b = nn.Buffer(x)
    b.add_(1)
    assert x.tolist() == [2, 2]
    assert b.persistent is True
    assert not b.requires_grad
