"""The calls that the kit makes of every op."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import pytest

import plugrad
from plugrad.core import namespace
from plugrad.core.facts import Array, Case
from plugrad.core.op import OPS
from plugrad.testing.samples import cases, sample, through, to_device

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


def call(name: str, number: int, case: Case, device: str, dtype: str = "float64", requires_grad: bool = False) -> Any:
    """The values of a sample, and what ``flat_function`` makes of them on a device."""
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
