"""In-place changes and views: one behaviour on libraries that share memory, that don't, and that can't be written."""

from __future__ import annotations

import pytest

import plugrad


def leaf(device, *values):
    return plugrad.tensor(list(values), device=device, requires_grad=True)


def test_change_through_a_view_reaches_the_base_and_its_history(device):
    x = leaf(device, 1.0, 2.0, 3.0, 4.0)
    y = x * 2
    y[1:3].mul_(10)
    assert y.tolist() == [2.0, 40.0, 60.0, 8.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [8.0, 1600.0, 2400.0, 32.0]


def test_change_of_the_base_reaches_its_views_and_their_history(device):
    x = leaf(device, 1.0, 2.0, 3.0, 4.0)
    y = x * 2
    view = y.reshape(2, 2)
    y.mul_(3)
    assert view.tolist() == [[6.0, 12.0], [18.0, 24.0]]
    view.sum().backward()
    assert x.grad.tolist() == [6.0] * 4


def test_views_of_views(device):
    y = plugrad.zeros(2, 3, device=device)
    column = y.t()[1]
    element = column[0]
    element += 5
    assert y.tolist() == [[0.0, 5.0, 0.0], [0.0, 0.0, 0.0]]
    assert column.tolist() == [5.0, 0.0]


def test_detached_tensors_share_values(device):
    x = plugrad.zeros(3, device=device)
    x.detach()[1].add_(5)
    assert x.tolist() == [0.0, 5.0, 0.0]
    other = x.detach()
    x.fill_(1.0)
    assert other.tolist() == [1.0] * 3


def test_a_saved_value_changed_through_a_view_is_refused(device):
    x = leaf(device, 1.0, 2.0)
    y = x.exp()
    z = y.sum()
    with plugrad.no_grad():
        y.reshape(2, 1).zero_()
    (y.exp() * z).sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_a_change_between_two_derivatives_is_refused(device):
    """The first walk's nodes save values of the first graph: their counters go along."""
    w = plugrad.tensor(3.0, device=device, requires_grad=True)
    p = w.clone()
    (g,) = plugrad.autograd.grad((p**3).sum(), p, create_graph=True)
    p -= 0.1 * g
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        p.sum().backward()


def test_a_leaf_that_was_replaced_is_not_taken_for_what_was_saved(device):
    x = leaf(device, 2.0)
    y = (x**3).sum()
    (g,) = plugrad.autograd.grad(y, x, create_graph=True)
    x.data = plugrad.tensor([100.0], device=device)
    (second,) = plugrad.autograd.grad(g, x)
    assert second.tolist() == [12.0]
