"""Every op of the registry, on the backend chosen by --plugrad-backend."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import plugrad
from plugrad.core import namespace
from plugrad.core.op import OPS
from plugrad.testing import gradcheck, gradgradcheck
from plugrad.testing.samples import cases, reference, sample, through, to_device, to_host

NAMES = sorted(OPS)


MISSING = []


def _numbered():
    for name in NAMES:
        try:
            found = cases(OPS[name])
        except LookupError:
            # Where no random sample fits, the block says by what tests it is held.
            if not OPS[name].facts.get("tested"):
                MISSING.append(name)
            continue
        for number, case in enumerate(found):
            yield pytest.param(name, number, case, id=f"{name}-{number}")


ALL = list(_numbered())
DIFFERENTIABLE = [p for p in ALL if not (OPS[p.values[0]].constant or OPS[p.values[0]].undefined)]


def _tensors(values):
    for value in values:
        if isinstance(value, list):
            yield from _tensors(value)
        elif isinstance(value, plugrad.Tensor):
            yield value


def _flat_function(name, args, options):
    """The op as a function of its floating point Tensors alone, and these Tensors; but for fixed ones."""
    fixed = [a for a, n in zip(args, OPS[name].inputs, strict=False) if n in OPS[name].fixed]
    leaves = [t for t in _tensors(args) if t.dtype.is_inexact and not any(t is f for f in fixed)]

    def rebuild(value, fresh):
        if isinstance(value, list):
            return [rebuild(v, fresh) for v in value]
        if isinstance(value, plugrad.Tensor) and any(value is t for t in leaves):
            return next(fresh)
        return value

    def function(*new):
        fresh = iter(new)
        built = through(OPS[name], leaves[0].device.ops if leaves else None, [rebuild(a, fresh) for a in args])
        result = namespace.FUNCTIONS[name](*built, **options)
        return tuple(result) if isinstance(result, (tuple, list)) else result

    return function, leaves


def _call(name, number, case, device, dtype="float64", requires_grad=False):
    values = sample(OPS[name], case, number)
    fixed = [n in OPS[name].fixed for n in OPS[name].inputs]
    args = [to_device(v, device, dtype, requires_grad and not any(fixed[i : i + 1])) for i, v in enumerate(values.args)]
    return values, _flat_function(name, args, values.options)


def _ones(outputs):
    return [plugrad.core.ops.ones_like(y.detach()) for y in outputs]


def _outputs(result):
    return result if isinstance(result, tuple) else (result,)


def test_trap_44_every_op_was_collected():
    assert not MISSING, f"ops without samples in their block: {MISSING}"
    by_hand = {n for n in OPS if OPS[n].facts.get("tested")}
    assert {p.values[0] for p in ALL} | by_hand == set(OPS)
    without = (
        {n for n in OPS if not (OPS[n].constant or OPS[n].undefined)} - {p.values[0] for p in DIFFERENTIABLE} - by_hand
    )
    assert not without


@pytest.mark.parametrize(("name", "number", "case"), ALL)
def test_forward_equals_the_generic_definition(name, number, case, device):
    if OPS[name].facts.get("random"):
        pytest.skip("draws random numbers")
    values, (function, leaves) = _call(name, number, case, device)
    found = function(*leaves)
    expected = reference(OPS[name], values)
    if OPS[name].residuals:
        expected = expected[0]
    for y, want in zip(
        _outputs(found), _outputs(expected if isinstance(expected, (tuple, list)) else (expected,)), strict=True
    ):
        if isinstance(y, plugrad.Tensor):
            assert tuple(y.shape) == np.shape(want)
            assert y.dtype is y.device.backend.dtype_of(y.raw), "the dtype that dispatch noted is not the array's"
            np.testing.assert_allclose(to_host(y), want, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "number", "case"), ALL)
def test_float32_stays_float32(name, number, case, device):
    _, (function, leaves) = _call(name, number, case, device, "float32")
    _, (double, double_leaves) = _call(name, number, case, device, "float64")
    for y, want in zip(_outputs(function(*leaves)), _outputs(double(*double_leaves)), strict=True):
        if isinstance(y, plugrad.Tensor):
            if want.dtype is plugrad.float64 and leaves:
                assert y.dtype is plugrad.float32
            assert y.dtype is y.device.backend.dtype_of(y.raw)
            if y.dtype.is_inexact:
                np.testing.assert_allclose(to_host(y), to_host(want), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("name", "number", "case"), DIFFERENTIABLE)
def test_gradients(name, number, case, device):
    _, (function, leaves) = _call(name, number, case, device, requires_grad=True)
    if not leaves or not any(y.requires_grad for y in _outputs(function(*leaves))):
        assert OPS[name].facts.get("no_gradient") or not leaves, "no output requires a gradient"
        return
    assert gradcheck(function, tuple(leaves))


@pytest.mark.parametrize(("name", "number", "case"), DIFFERENTIABLE)
def test_second_gradients(name, number, case, device):
    _, (function, leaves) = _call(name, number, case, device, requires_grad=True)
    outputs = [y for y in _outputs(function(*leaves)) if y.requires_grad] if leaves else []
    if not outputs or OPS[name].facts.get("once_differentiable"):
        return
    grads = plugrad.autograd.grad(outputs, leaves, _ones(outputs), create_graph=True, allow_unused=True)
    if all(g is None for g in grads):
        return
    assert gradgradcheck(function, tuple(leaves), fast_mode=sum(t.numel() for t in leaves) > 40)


@pytest.mark.parametrize(("name", "number", "case"), DIFFERENTIABLE)
def test_walks_agree(name, number, case, device):
    """Recorded and plain walks, .backward() and grad with ones: one gradient. Nothing saved is handed out."""
    _, (function, leaves) = _call(name, number, case, device, requires_grad=True)
    outputs = [y for y in _outputs(function(*leaves)) if y.requires_grad] if leaves else []
    if not outputs:
        return
    ones = _ones(outputs)
    plain = plugrad.autograd.grad(outputs, leaves, ones, retain_graph=True, allow_unused=True)
    recorded = plugrad.autograd.grad(outputs, leaves, ones, create_graph=True, allow_unused=True)
    # The gradient of the real part with a seed of 1 is the same.
    total = functools.reduce(lambda a, b: a + b, [plugrad.core.ops.real_part(y).sum() for y in outputs])
    total.backward(retain_graph=True)
    for leaf, a, b in zip(leaves, plain, recorded, strict=True):
        if a is None:
            continue
        assert tuple(a.shape) == tuple(leaf.shape)
        assert a.dtype is leaf.dtype
        np.testing.assert_allclose(to_host(a), to_host(b.detach()), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(to_host(a), to_host(leaf.grad), rtol=1e-11, atol=1e-12)
    backend = leaves[0].device.backend
    grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
    others = [o.raw for o in ones] + [y.raw for y in outputs] + [leaf.raw for leaf in leaves]
    for i, g in enumerate(grads):
        for other in [*others, *[h.raw for h in grads[:i]]]:
            if backend.capabilities.views and g.numel():
                assert not backend.shares_memory(g.raw, other), ".grad shares memory with another array"


@pytest.mark.parametrize(("name", "number", "case"), DIFFERENTIABLE)
def test_non_contiguous(name, number, case, device):
    """Transposed inputs and incoming gradients give what contiguous ones give."""
    _, (function, leaves) = _call(name, number, case, device, requires_grad=True)
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
    for y, z in zip(_outputs(function(*leaves)), _outputs(function(*others)), strict=True):
        np.testing.assert_allclose(to_host(y.detach()), to_host(z.detach()), rtol=1e-11, atol=1e-12)
        if y.requires_grad:
            seed = y.detach() * 0.5 + 1.0
            a = plugrad.autograd.grad(y, leaves, seed, allow_unused=True, retain_graph=True)
            b = plugrad.autograd.grad(z, others, strided(seed), allow_unused=True, retain_graph=True)
            for g, h in zip(a, b, strict=True):
                if g is not None:
                    np.testing.assert_allclose(to_host(g), to_host(h), rtol=1e-10, atol=1e-12)
