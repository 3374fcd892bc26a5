"""Parts of complex tensors are views, on every backend: changes are seen, and gradients know of them."""

from __future__ import annotations

import pytest

import plugrad


def leaf(device, values=(1 + 2j, 3 - 1j)):
    return plugrad.tensor(list(values), dtype=plugrad.complex128, device=device, requires_grad=True)


def needs_views_of_pairs(device):
    """Where a library has views, but no kernel that makes one of pairs, these are copies."""
    backend = plugrad.ones(1, device=device).device.backend
    x = leaf(device).detach()
    if backend.capabilities.views and not backend.shares_memory(plugrad.view_as_real(x).raw, x.raw):
        pytest.skip("view_as_real is a copy here")


def test_a_change_of_a_part_is_seen_in_the_whole_and_in_the_other_views(device):
    needs_views_of_pairs(device)
    x = leaf(device).detach()
    real, pairs = x.real, plugrad.view_as_real(x)
    x.imag.mul_(10)
    real.add_(1)
    assert x.tolist() == [2 + 20j, 4 - 10j]
    assert pairs.tolist() == [[2.0, 20.0], [4.0, -10.0]]
    pairs[1].zero_()
    assert x.tolist() == [2 + 20j, 0j]
    x.mul_(1j)
    assert real.tolist() == [-20.0, 0.0]


def test_parts_can_be_set(device):
    x = leaf(device).detach()
    x.real = plugrad.tensor([7.0, 8.0], dtype=plugrad.float64, device=device)
    x.imag = 0.5
    assert x.tolist() == [7 + 0.5j, 8 + 0.5j]
    with pytest.raises(RuntimeError, match="imag is not implemented for tensors with non-complex dtypes"):
        x.real.imag = 1.0


def test_real_memory_seen_as_complex(device):
    needs_views_of_pairs(device)
    pairs = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=plugrad.float64, device=device)
    plugrad.view_as_complex(pairs).mul_(1j)
    assert pairs.tolist() == [[-2.0, 1.0], [-4.0, 3.0]]


def test_gradients_of_what_was_changed_in_a_part(device):
    x = leaf(device)
    scale = plugrad.tensor([2.0, 5.0], dtype=plugrad.float64, device=device, requires_grad=True)
    y = x * 1
    y.imag.mul_(scale)
    seed = plugrad.tensor([1 + 1j, 2 - 3j], dtype=plugrad.complex128, device=device)
    y.backward(seed)
    assert y.tolist() == [1 + 4j, 3 - 5j]
    # The imaginary part is scaled; its gradient too.
    assert x.grad.tolist() == [1 + 2j, 2 - 15j]
    assert scale.grad.tolist() == [2.0, 3.0]


def test_gradients_of_what_was_set(device):
    x = leaf(device)
    value = plugrad.tensor([5.0, 6.0], dtype=plugrad.float64, device=device, requires_grad=True)
    y = x * 2
    y.real = value
    (y * y.conj()).real.sum().backward()
    # |y|**2 = value**2 + (2 Im x)**2
    assert value.grad.tolist() == [10.0, 12.0]
    assert x.grad.tolist() == [16j, -8j]


def test_a_changed_view_of_a_leaf_is_refused(device):
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        leaf(device).real.mul_(2)


def test_no_change_is_lost(device):
    """Where what stands for a view is a copy, neither it nor what it was made of can be changed."""
    x = leaf(device).detach().clone()
    pairs = plugrad.view_as_real(x)
    before = x.tolist()
    for changed in (pairs, x):
        try:
            changed.add_(1.0)
        except RuntimeError:
            assert x.tolist() == before
        assert plugrad.view_as_real(x).tolist() == pairs.tolist()
        before = x.tolist()
    backend = x.device.backend
    if backend.capabilities.views and not backend.shares_memory(pairs.raw, x.raw):
        with pytest.raises(RuntimeError, match="has no kernel of it"):
            x.add_(1.0)
