"""Checks of forward mode and of batched derivatives, for gradcheck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.core import autograd
from plugrad.core.forward_ad import dual_level, make_dual, unpack_dual
from plugrad.core.methods.joining import stack
from plugrad.core.tensor import Tensor
from plugrad.core.transforms.vmap import vmap
from plugrad.testing.jacobians import (
    GradcheckError,
    allclose,
    as_tuple,
    host,
    inexact,
    like,
    numbers,
    vector,
    wanted,
)


def tangents(
    func: Callable[..., Any], inputs: Sequence[Any], i: int, direction: Any, check_grad_dtypes: bool = False
) -> list[Any]:
    """For each inexact output its tangent, flat, where input ``i`` has this one and all others have zeros."""
    with dual_level():
        duals = [
            make_dual(x.detach(), like(direction if k == i else host(x.detach()) * 0, x))
            if k in set(wanted(inputs))
            else x
            for k, x in enumerate(inputs)
        ]
        found = []
        for y in inexact(func(*duals)):
            value, tangent = unpack_dual(y)
            if check_grad_dtypes and tangent is not None and value.dtype.is_complex != tangent.dtype.is_complex:
                raise GradcheckError("Forward AD gradient has dtype mismatch.")
            found.append((host(value.detach()) * 0 if tangent is None else host(tangent.detach())).reshape(-1))
    return found


def forward(
    func: Callable[..., Any], inputs: Sequence[Any], i: int, unit: complex, check_grad_dtypes: bool
) -> list[Any]:
    """For each inexact output the Jacobian with respect to the real or imaginary part of input ``i``."""
    values = host(inputs[i].detach())
    xp = values.__array_namespace__()
    rows = []
    for k in range(values.size):
        direction = xp.zeros_like(values).reshape(-1)
        direction[k] = unit if values.dtype.kind == "c" else 1
        rows.append(tangents(func, inputs, i, direction.reshape(values.shape), check_grad_dtypes))
    if not rows:
        return [xp.zeros((0, y.numel())) for y in inexact(func(*inputs))]
    return [xp.stack([row[o] for row in rows]) for o in range(len(rows[0]))]


def check_undefined_tangents(func: Callable[..., Any], inputs: Sequence[Any]) -> None:
    """An input without a tangent must give what one with zeros gives."""
    places = wanted(inputs)
    for without in places if len(places) > 1 else ():
        found = []
        for materialized in (True, False):
            with dual_level():
                duals = list(inputs)
                for k in places:
                    x = inputs[k].detach()
                    values = host(x)
                    xp = values.__array_namespace__()
                    direction = vector(values.size, 5 * k, xp).reshape(values.shape) * (k != without)
                    duals[k] = make_dual(x, like(direction, x)) if k != without or materialized else x
                found.append([unpack_dual(y).tangent for y in inexact(func(*duals))])
                found[-1] = [None if t is None else host(t.detach()) for t in found[-1]]
        for o, (first, second) in enumerate(zip(*found, strict=True)):
            if first is not None and second is not None and not allclose(first, second, 1e-5, 1e-8):
                raise GradcheckError(
                    f"Mismatch in tangent values for output with index: {o} when input: {inputs[without]} has an "
                    f"undefined tangent value.  Got: {first} but expected: {second}"
                )


_BATCHED = (
    "gradcheck or gradgradcheck failed while testing batched gradient computation.\n"
    "Hint: pass check_batched_grad=False if its backward can't be mapped: it looks at values, or uses an op that vmap "
    "refuses."
)

_BATCHED_FORWARD = (
    "gradcheck failed while testing batched gradient computation with forward-mode AD.\n"
    "Hint: pass check_batched_forward_grad=False if the function can't be mapped: it looks at values, or uses an op "
    "that vmap refuses."
)


def _different(o: int, i: int, found: Any, expected: Any, note: str) -> GradcheckError:
    return GradcheckError(f"For output {o} and input {i}:\n\n{note}\n\nGot:\n{found}\n\nExpected:\n{expected}")


def _directions(x: Tensor, number: int) -> list[Tensor]:
    """Two directions with positive and negative elements."""
    xp = host(x.detach()).__array_namespace__()
    return [
        like((2 * numbers(x.numel(), number + k, xp) - 1).reshape(tuple(x.shape)), x.detach()) for k in range(2)
    ]  # fmt: skip


def check_batched(inputs: Sequence[Any], y: Tensor, o: int) -> None:
    """One walk for two incoming gradients must give what two walks give."""
    xs = [inputs[i] for i in wanted(inputs)]
    seeds = _directions(y, 17 * o)

    def walk(seed: Tensor, batched: bool) -> list[Any]:
        return list(
            autograd.grad(y, xs, seed, retain_graph=True, allow_unused=True, is_grads_batched=batched)
        )  # fmt: skip

    expected = [walk(seed, False) for seed in seeds]
    try:
        found = walk(stack(seeds), True)
    except RuntimeError as error:
        raise GradcheckError(f"While computing batched gradients, got: {error}\n\n{_BATCHED}") from error
    for i, (rows, first, second) in enumerate(zip(found, *expected, strict=True)):
        if rows is not None:
            both = stack([first, second])
            if not allclose(host(rows.detach()), host(both.detach()), 1e-5, 1e-8):
                raise _different(o, i, rows, both, _BATCHED)


def check_batched_forward(func: Callable[..., Any], inputs: Sequence[Any]) -> None:
    """One pass for two tangents must give what two passes give."""
    for i in wanted(inputs):
        x = inputs[i]

        def push(tangent: Tensor, i: int = i) -> Any:
            with dual_level():
                duals = [
                    make_dual(z.detach(), tangent) if k == i else z.detach() if isinstance(z, Tensor) else z
                    for k, z in enumerate(inputs)
                ]
                found = [unpack_dual(y) for y in as_tuple(func(*duals)) if isinstance(y, Tensor)]
                return tuple([t if t is not None else 0 * y for y, t in found if y.dtype.is_inexact])

        directions = _directions(x, 23 * i)
        expected = [push(t) for t in directions]
        try:
            found = vmap(push)(stack(directions))
        except RuntimeError as error:
            raise GradcheckError(f"While computing batched gradients, got: {error}\n\n{_BATCHED_FORWARD}") from error
        for o, (rows, first, second) in enumerate(zip(found, *expected, strict=True)):
            both = stack([first, second])
            if not allclose(host(rows.detach()), host(both.detach()), 1e-5, 1e-8):
                raise _different(o, i, rows, both, _BATCHED_FORWARD)
