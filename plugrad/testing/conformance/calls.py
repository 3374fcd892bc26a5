"""The calls that the kit makes of every op."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

import plugrad
from plugrad.core import dtypes, namespace, registry
from plugrad.core.facts import Array, Case
from plugrad.core.op import OPS
from plugrad.testing.samples import cases, sample, through, to_device, to_host

#: Relative and absolute tolerance of results in float32 beside those in float64.
SINGLE: Final = (2e-4, 2e-5)

#: Ops without samples in their blocks, which may not be.
MISSING: list[str] = []


def _elements(case: Case) -> int:
    arrays = [a for arg in case.args for a in (arg if isinstance(arg, list) else [arg]) if isinstance(a, Array)]
    return sum(math.prod(a.shape) for a in arrays)


@functools.cache
def every_sample(quick: bool) -> list[Any]:
    """A parameter for each sample of each op, or for one small one of each."""
    found = []
    for name in sorted(OPS):
        try:
            numbered = list(enumerate(cases(OPS[name])))
        except LookupError:
            # Where no random sample fits, the block says by what tests it is held.
            if not OPS[name].facts.get("tested"):
                MISSING.append(name)
            continue
        if quick:
            # The smallest with something in it: more than an element, where there is such a sample.
            numbered = [min(numbered, key=lambda n: (_elements(n[1]) < 2, _elements(n[1])))]
        found += [pytest.param(name, number, case, id=f"{name}-{number}") for number, case in numbered]
    return found


@functools.cache
def differentiable_samples(quick: bool) -> list[Any]:
    """Those of ops that have a derivative."""
    return [p for p in every_sample(quick) if not (OPS[p.values[0]].constant or OPS[p.values[0]].undefined)]


def tensors(values: Any) -> Iterator[plugrad.Tensor]:
    """The Tensors in arguments, in lists too."""
    for value in values:
        if isinstance(value, list):
            yield from tensors(value)
        elif isinstance(value, plugrad.Tensor):
            yield value


def flat_function(name: str, args: Any, options: Any) -> tuple[Any, list[plugrad.Tensor]]:
    """The op as a function of its floating point Tensors alone, and these Tensors; but for fixed ones."""
    fixed = [a for a, n in zip(args, OPS[name].inputs, strict=False) if n in OPS[name].fixed]
    leaves = [t for t in tensors(args) if t.dtype.is_inexact and not any(t is f for f in fixed)]

    def rebuild(value: Any, fresh: Any) -> Any:
        if isinstance(value, list):
            return [rebuild(v, fresh) for v in value]
        if isinstance(value, plugrad.Tensor) and any(value is t for t in leaves):
            return next(fresh)
        return value

    def function(*new: Any) -> Any:
        fresh = iter(new)
        built = through(OPS[name], leaves[0].device.ops if leaves else None, [rebuild(a, fresh) for a in args])
        result = namespace.FUNCTIONS[name](*built, **options)
        return tuple(result) if isinstance(result, (tuple, list)) else result

    return function, leaves


def best_dtype(device: str) -> str:
    """float64, or float32 where a backend has nothing better."""
    return "float64" if dtypes.float64 in registry.resolve(device).backend.dtypes else "float32"


def assert_close(device: str, found: Any, expected: Any, rtol: float = 1e-11, atol: float = 1e-12) -> None:
    """Two arrays are alike: within these tolerances where the device has float64, as far as float32 goes elsewhere."""
    if best_dtype(device) == "float32":
        rtol, atol = max(rtol, SINGLE[0]), max(atol, SINGLE[1])
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def call(name: str, number: int, case: Case, device: str, dtype: str | None = None, requires_grad: bool = False) -> Any:
    """The values of a sample, and what ``flat_function`` makes of them on a device: in its best dtype by default."""
    dtype = dtype or best_dtype(device)
    values = sample(OPS[name], case, number)
    fixed = [n in OPS[name].fixed for n in OPS[name].inputs]
    args = [to_device(v, device, dtype, requires_grad and not any(fixed[i : i + 1])) for i, v in enumerate(values.args)]
    return values, flat_function(name, args, values.options)


def ones(outputs: Any) -> list[plugrad.Tensor]:
    """Incoming gradients of ones."""
    return [plugrad.core.ops.ones_like(y.detach()) for y in outputs]


def outputs_of(result: Any) -> tuple[Any, ...]:
    """An op's results as a tuple."""
    return result if isinstance(result, tuple) else (result,)


def derivatives(function: Any, leaves: list[plugrad.Tensor], order: int) -> list[Any]:
    """The first or second derivative of everything, each leaf's as an array; None where there is none."""
    found = [y for y in outputs_of(function(*leaves)) if isinstance(y, plugrad.Tensor) and y.requires_grad]
    for _ in range(order):
        if not found:
            return []
        # Other seeds than ones, for which a wrong derivative is often right.
        seeds = [_seed(y.detach()) for y in found]
        grads = plugrad.autograd.grad(found, leaves, seeds, allow_unused=True, create_graph=True)
        found = [g for g in grads if g is not None and g.requires_grad]
    return [None if g is None else to_host(g.detach()) for g in grads]


def _seed(y: plugrad.Tensor) -> plugrad.Tensor:
    values = np.asarray(0.5 + np.cos(np.arange(y.numel())).reshape(tuple(y.shape)))
    seed: plugrad.Tensor = to_device(values, str(y.device), best_dtype(str(y.device))).to(y.dtype)
    return seed


def close_to_the_host(name: str, number: int, case: Case, device: str, order: int) -> None:
    """Where there is no float64 for differences: derivatives in float32 are those of NumPy in float64."""
    _, (function, leaves) = call(name, number, case, device, requires_grad=True)
    _, (there, reference) = call(name, number, case, "cpu", requires_grad=True)
    found, expected = derivatives(function, leaves, order), derivatives(there, reference, order)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            scale = max(1.0, float(np.max(np.abs(b), initial=0)))
            np.testing.assert_allclose(a, b, rtol=SINGLE[0], atol=SINGLE[1] * scale)


def values(tensor: Any) -> Any:
    """A tensor's numbers as a NumPy array, made of Python's: no way of the library's own is trusted."""
    detached = tensor.detach()
    return np.array(detached.tolist()).reshape(tuple(detached.shape))
