"""Every op of the registry, on the backend chosen by --plugrad-backend."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import plugrad
from plugrad.core.op import OPS
from plugrad.testing import gradcheck, gradgradcheck
from plugrad.testing.conformance.calls import (
    MISSING,
    SINGLE,
    assert_close,
    best_dtype,
    call,
    close_to_the_host,
    differentiable_samples,
    every_sample,
    ones,
    outputs_of,
)
from plugrad.testing.conformance.kit import on_samples
from plugrad.testing.samples import reference, to_host


def test_trap_44_every_op_was_collected():
    assert not MISSING, f"ops without samples in their block: {MISSING}"
    by_hand = {n for n in OPS if OPS[n].facts.get("tested")}
    assert {p.values[0] for p in every_sample(quick=False)} | by_hand == set(OPS)
    differentiable = {n for n in OPS if not (OPS[n].constant or OPS[n].undefined)}
    assert not differentiable - {p.values[0] for p in differentiable_samples(quick=False)} - by_hand


@on_samples(every_sample)
def test_forward_equals_the_generic_definition(name, number, case, device):
    if OPS[name].facts.get("random"):
        pytest.skip("draws random numbers")
    values, (function, leaves) = call(name, number, case, device)
    found = function(*leaves)
    expected = reference(OPS[name], values)
    if OPS[name].residuals:
        expected = expected[0]
    for y, want in zip(
        outputs_of(found), outputs_of(expected if isinstance(expected, (tuple, list)) else (expected,)), strict=True
    ):
        if isinstance(y, plugrad.Tensor):
            assert tuple(y.shape) == np.shape(want)
            assert y.dtype is y.device.backend.dtype_of(y.raw), "the dtype that dispatch noted is not the array's"
            assert_close(device, to_host(y), want)


@on_samples(every_sample)
def test_float32_stays_float32(name, number, case, device):
    _, (function, leaves) = call(name, number, case, device, "float32")
    _, (double, double_leaves) = call(
        name, number, case, device if best_dtype(device) == "float64" else "cpu", "float64"
    )
    for y, want in zip(outputs_of(function(*leaves)), outputs_of(double(*double_leaves)), strict=True):
        if isinstance(y, plugrad.Tensor):
            if want.dtype is plugrad.float64 and leaves:
                assert y.dtype is plugrad.float32
            assert y.dtype is y.device.backend.dtype_of(y.raw)
            if y.dtype.is_inexact:
                np.testing.assert_allclose(to_host(y), to_host(want), rtol=SINGLE[0], atol=SINGLE[1])


@on_samples(differentiable_samples)
def test_gradients(name, number, case, device):
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    if not leaves or not any(y.requires_grad for y in outputs_of(function(*leaves))):
        assert OPS[name].facts.get("no_gradient") or not leaves, "no output requires a gradient"
        return
    if best_dtype(device) == "float32":
        close_to_the_host(name, number, case, device, order=1)
        return
    assert gradcheck(function, tuple(leaves))


@on_samples(differentiable_samples)
def test_second_gradients(name, number, case, device):
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    outputs = [y for y in outputs_of(function(*leaves)) if y.requires_grad] if leaves else []
    if not outputs or OPS[name].facts.get("once_differentiable"):
        return
    grads = plugrad.autograd.grad(outputs, leaves, ones(outputs), create_graph=True, allow_unused=True)
    if all(g is None for g in grads):
        return
    if best_dtype(device) == "float32":
        close_to_the_host(name, number, case, device, order=2)
        return
    assert gradgradcheck(function, tuple(leaves), fast_mode=sum(t.numel() for t in leaves) > 40)


@on_samples(differentiable_samples)
def test_walks_agree(name, number, case, device):
    """Recorded and plain walks, .backward() and grad with ones: one gradient. Nothing saved is handed out."""
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    outputs = [y for y in outputs_of(function(*leaves)) if y.requires_grad] if leaves else []
    if not outputs:
        return
    seeds = ones(outputs)
    plain = plugrad.autograd.grad(outputs, leaves, seeds, retain_graph=True, allow_unused=True)
    recorded = plugrad.autograd.grad(outputs, leaves, seeds, create_graph=True, allow_unused=True)
    # The gradient of the real part with a seed of 1 is the same.
    total = functools.reduce(lambda a, b: a + b, [plugrad.core.ops.real_part(y).sum() for y in outputs])
    total.backward(retain_graph=True)
    for leaf, a, b in zip(leaves, plain, recorded, strict=True):
        if a is None:
            continue
        assert tuple(a.shape) == tuple(leaf.shape)
        assert a.dtype is leaf.dtype
        assert_close(device, to_host(a), to_host(b.detach()))
        assert_close(device, to_host(a), to_host(leaf.grad))
    backend = leaves[0].device.backend
    grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
    others = [o.raw for o in seeds] + [y.raw for y in outputs] + [leaf.raw for leaf in leaves]
    for i, g in enumerate(grads):
        for other in [*others, *[h.raw for h in grads[:i]]]:
            if backend.capabilities.views and g.numel():
                assert not backend.shares_memory(g.raw, other), ".grad shares memory with another array"


@on_samples(differentiable_samples)
def test_non_contiguous(name, number, case, device):
    """Transposed inputs and incoming gradients give what contiguous ones give."""
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    if not leaves or not plugrad.tensor(0.0, device=device).device.backend.capabilities.views:
        return

    def strided(t):
        # The same values as a view with other strides.
        return (
            plugrad.core.ops.matrix_transpose(plugrad.core.ops.matrix_transpose(t.detach()) * 1)
            if t.ndim > 1
            else t.detach()
        )

    others = [strided(t).requires_grad_() for t in leaves]
    for y, z in zip(outputs_of(function(*leaves)), outputs_of(function(*others)), strict=True):
        assert_close(device, to_host(y.detach()), to_host(z.detach()))
        if y.requires_grad:
            seed = y.detach() * 0.5 + 1.0
            a = plugrad.autograd.grad(y, leaves, seed, allow_unused=True, retain_graph=True)
            b = plugrad.autograd.grad(z, others, strided(seed), allow_unused=True, retain_graph=True)
            for g, h in zip(a, b, strict=True):
                if g is not None:
                    assert_close(device, to_host(g), to_host(h), rtol=1e-10)
