"""Every op under vmap, jvp and vjp, and vmap of vjp: what a loop, differences and a plain walk give."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import plugrad
from plugrad.core import namespace
from plugrad.core.op import OPS
from plugrad.func import jvp, vjp, vmap
from plugrad.testing.conformance.calls import (
    assert_close,
    best_dtype,
    differentiable_samples,
    every_sample,
    flat_function,
    outputs_of,
    tensors,
)
from plugrad.testing.conformance.kit import on_samples
from plugrad.testing.samples import sample, through, to_device, to_host

#: Ops whose result's shape depends on values: they refuse to be batched.
DYNAMIC = {"argwhere", "masked_read", "masked_select", "nonzero", "unique_sorted"}
#: Ops that look at values to refuse them.
READS = {"phase_free"}
COUNT = 3


def _batched(quick):
    return [p for p in every_sample(quick) if not OPS[p.values[0]].facts.get("random")]


def _tensors_of(name, case, number, device):
    values = sample(OPS[name], case, number)
    args = [to_device(v, device, best_dtype(device), False) for v in values.args]
    return values, args, list(tensors(args))


def _call(name, args, options):
    def call(*inputs):
        fresh = iter(inputs)

        def rebuild(value):
            if isinstance(value, list):
                return [rebuild(v) for v in value]
            return next(fresh) if isinstance(value, plugrad.Tensor) else value

        built = through(OPS[name], inputs[0].device.ops if inputs else None, [rebuild(a) for a in args])
        result = namespace.FUNCTIONS[name](*built, **options)
        return tuple(result) if isinstance(result, (tuple, list)) else result

    return call


@on_samples(_batched)
def test_vmap_equals_a_loop(name, number, case, device):
    """For every choice of which inputs vary."""
    values, args, first = _tensors_of(name, case, number, device)
    call = _call(name, args, values.options)
    # Values of other draws where they make a shape, the same ones.
    drawn = [first] + [_tensors_of(name, case, number + 100 * i, device)[2] for i in range(1, COUNT)]
    for chosen in itertools.product((0, None), repeat=len(first)):
        if all(c is None for c in chosen):
            continue
        inputs = [plugrad.stack([d[i] for d in drawn]) if c == 0 else first[i] for i, c in enumerate(chosen)]
        if name in DYNAMIC:
            if (chosen[-1] == 0 and first[-1].dtype is plugrad.bool) or name in (
                "argwhere",
                "nonzero",
                "unique_sorted",
            ):
                with pytest.raises(RuntimeError, match="dynamic shape"):
                    vmap(call, in_dims=chosen)(*inputs)
            continue
        wanted = [call(*[d[i] if c == 0 else first[i] for i, c in enumerate(chosen)]) for d in drawn]
        found = vmap(call, in_dims=chosen)(*inputs)
        for k, y in enumerate(outputs_of(found)):
            expected = [outputs_of(w)[k] for w in wanted]
            assert y.dtype is expected[0].dtype
            assert_close(device, to_host(y), np.stack([to_host(w) for w in expected]), rtol=1e-9, atol=1e-10)


def _function(name, number, case, device):
    values, args, _ = _tensors_of(name, case, number, device)
    return flat_function(name, args, values.options)


def _directions(leaves, number, device):
    rng = np.random.default_rng(number)
    return [to_device(rng.normal(size=tuple(x.shape)), device, best_dtype(device), False) for x in leaves]


@on_samples(differentiable_samples)
def test_jvp_equals_differences(name, number, case, device):
    function, leaves = _function(name, number, case, device)
    if not leaves or OPS[name].undefined:
        return
    tangents = _directions(leaves, number, device)
    _, found = jvp(function, tuple(leaves), tuple(tangents))
    if best_dtype(device) == "float32":
        _close_to_the_host(name, number, case, device, found)
        return
    step = 1e-6
    above = function(*[x + step * t for x, t in zip(leaves, tangents, strict=True)])
    below = function(*[x - step * t for x, t in zip(leaves, tangents, strict=True)])
    for a, b, t in zip(outputs_of(above), outputs_of(below), outputs_of(found), strict=True):
        if a.dtype.is_inexact:
            np.testing.assert_allclose(to_host(t), (to_host(a) - to_host(b)) / (2 * step), rtol=1e-5, atol=1e-6)


def _close_to_the_host(name, number, case, device, found):
    """Without float64 there are no differences: the tangents are NumPy's in float64."""
    function, leaves = _function(name, number, case, "cpu")
    _, expected = jvp(function, tuple(leaves), tuple(_directions(leaves, number, "cpu")))
    for a, b in zip(outputs_of(found), outputs_of(expected), strict=True):
        if a.dtype.is_inexact:
            assert_close(device, to_host(a), to_host(b))


def _pulled(function, leaves):
    outputs, pull = vjp(function, *leaves)
    seeds = tuple(plugrad.core.ops.ones_like(y) for y in outputs_of(outputs))
    return pull(seeds if isinstance(outputs, tuple) else seeds[0])


@on_samples(differentiable_samples)
def test_vjp_equals_the_plain_walk(name, number, case, device):
    function, leaves = _function(name, number, case, device)
    if not leaves or not all(y.dtype.is_inexact for y in outputs_of(function(*leaves))):
        return
    tracked = [x.clone().requires_grad_() for x in leaves]
    outputs = [y for y in outputs_of(function(*tracked)) if y.requires_grad]
    if not outputs:
        return
    ones = [plugrad.core.ops.ones_like(y.detach()) for y in outputs]
    wanted = plugrad.autograd.grad(outputs, tracked, ones, materialize_grads=True)
    for a, b in zip(_pulled(function, leaves), wanted, strict=True):
        assert_close(device, to_host(a), to_host(b), rtol=1e-9, atol=1e-10)
    if name in DYNAMIC | READS:
        return
    stacked = [plugrad.stack([x, 0.9 * x + 0.01]) for x in leaves]
    found = vmap(lambda *xs: _pulled(function, xs))(*stacked)
    for k in range(2):
        for a, b in zip(found, _pulled(function, [x[k] for x in stacked]), strict=True):
            assert_close(device, to_host(a[k]), to_host(b), rtol=1e-9, atol=1e-10)
