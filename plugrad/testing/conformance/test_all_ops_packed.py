"""Every op with what it saves in the hands of hooks: copied away, and brought back for the derivatives."""

from __future__ import annotations

import numpy as np

import plugrad
from plugrad.autograd.graph import saved_tensors_hooks
from plugrad.testing.conformance.calls import call, differentiable_samples, outputs_of
from plugrad.testing.conformance.kit import on_samples
from plugrad.testing.samples import to_host


def _gradients(function, leaves):
    """First and second derivatives of everything, as NumPy arrays; None where there is none."""
    plugrad.manual_seed(0)
    outputs = [y for y in outputs_of(function(*leaves)) if isinstance(y, plugrad.Tensor) and y.requires_grad]
    if not outputs:
        return []
    seeds = [plugrad.core.ops.ones_like(y.detach()) for y in outputs]
    first = plugrad.autograd.grad(outputs, leaves, seeds, allow_unused=True, create_graph=True)
    again = [g for g in first if g is not None and g.requires_grad]
    second = ()
    if again:
        seeds = [plugrad.core.ops.ones_like(g.detach()) for g in again]
        second = plugrad.autograd.grad(again, leaves, seeds, allow_unused=True)
    return [None if g is None else to_host(g.detach()) for g in (*first, *second)]


@on_samples(differentiable_samples)
def test_derivatives_of_packed_values(name, number, case, device):
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    expected = _gradients(function, leaves)
    packed = []

    def pack(tensor):
        packed.append(tensor.detach().clone())
        return len(packed) - 1

    def unpack(i):
        return packed[i].clone()

    with saved_tensors_hooks(pack, unpack):
        found = _gradients(function, leaves)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a, b)


def _kept(value, backend):
    """The arrays in what a node saved."""
    if isinstance(value, (tuple, list)):
        return [x for v in value for x in _kept(v, backend)]
    return [value] if backend.is_array(value) else []


@on_samples(differentiable_samples)
def test_nothing_is_kept_beside_what_is_packed(name, number, case, device):
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    with saved_tensors_hooks(lambda tensor: None, lambda nothing: nothing):
        outputs = outputs_of(function(*leaves))
    nodes = [y.grad_fn for y in outputs if isinstance(y, plugrad.Tensor) and y.grad_fn is not None]
    for node in nodes:
        nodes += [n for n, _ in node.next_functions if n is not None and n not in nodes and hasattr(n, "saved")]
        assert _kept(node.saved, node.device.backend) == []
