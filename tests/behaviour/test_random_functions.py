"""Random differentiable functions: derivatives backward, forward, mapped and by finite differences are one and the same.

A function is a list of tuples of small numbers, read in the light of the values that are there, so that Hypothesis can
make it shorter. ``PLUGRAD_PROGRAMS=2000 PLUGRAD_PROGRAMS_SEED=7`` runs more of them, others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.support.library import torch

COUNT = int(os.environ.get("PLUGRAD_PROGRAMS", "200"))
SEED = int(os.environ.get("PLUGRAD_PROGRAMS_SEED", "0"))

grad, vjp, jvp, vmap = torch.func.grad, torch.func.vjp, torch.func.jvp, torch.func.vmap
jacrev, jacfwd = torch.func.jacrev, torch.func.jacfwd

Step = Callable[[Any, Any, int], Any]


def _dim(x: Any, n: int) -> int:
    return n % (2 * x.ndim) - x.ndim if x.ndim else 0


def _assigned(x: Any, y: Any, n: int) -> Any:
    z = x * 1
    z[..., :1] = y.sum()
    return z


def _changed(x: Any, y: Any, n: int) -> Any:
    z = x * 1
    z.mul_(y.mean()).add_(0.5).tanh_()
    return z


def _changed_view(x: Any, y: Any, n: int) -> Any:
    z = x * 1
    z.reshape(-1)[1:].mul_(1.5).sin_()
    return z


def _several(x: Any, y: Any, n: int) -> Any:
    parts = x.unbind(_dim(x, n))
    return parts[0] * parts[-1].cos()


# Smooth everywhere, of moderate size: finite differences are good to seven digits.
STEPS: dict[str, Step] = {
    "sin": lambda x, y, n: x.sin(),
    "tanh": lambda x, y, n: x.tanh(),
    "sigmoid": lambda x, y, n: x.sigmoid(),
    "exp": lambda x, y, n: (0.3 * x.tanh()).exp(),
    "log": lambda x, y, n: (2 + x.sin()).log(),
    "sqrt": lambda x, y, n: (x * x + 1).sqrt(),
    "power": lambda x, y, n: (1.5 + x.sin()) ** (1 + y.mean().sigmoid()),
    "erf": lambda x, y, n: x.erf(),
    "softplus": lambda x, y, n: torch.nn.functional.softplus(x),
    "gelu": lambda x, y, n: torch.nn.functional.gelu(x),
    "number": lambda x, y, n: (n - 1.5) * x,
    "add": lambda x, y, n: x + y.sum(),
    "sub": lambda x, y, n: x - y.mean() * x,
    "mul": lambda x, y, n: x * y.tanh().mean(),
    "div": lambda x, y, n: x / (2 + y.sin().sum().sin()),
    "outer": lambda x, y, n: (x.reshape(-1, 1) * y.reshape(1, -1)).tanh(),
    "matmul": lambda x, y, n: (x.reshape(-1, 1) @ x.reshape(1, -1)).mean(n % 2),
    "sum": lambda x, y, n: x.sum(_dim(x, n), keepdim=bool(n % 2)) if x.ndim else x,
    "mean": lambda x, y, n: x.mean(),
    "prod": lambda x, y, n: x.tanh().prod(_dim(x, n)) if x.ndim else x,
    "logsumexp": lambda x, y, n: x.logsumexp(_dim(x, n)) if x.ndim else x,
    "softmax": lambda x, y, n: x.softmax(_dim(x, n)) if x.ndim else x,
    "cumsum": lambda x, y, n: x.cumsum(_dim(x, n)).sin() if x.ndim else x,
    "var": lambda x, y, n: x.reshape(-1).var(correction=0) + x,
    "cat": lambda x, y, n: torch.cat([x.reshape(-1), y.reshape(-1)])[:7],
    "stack": lambda x, y, n: torch.stack([x, x.cos()], _dim(x, n)) if x.ndim < 3 else x,
    "reshape": lambda x, y, n: x.reshape(-1),
    "transpose": lambda x, y, n: x.transpose(0, -1) if x.ndim else x,
    "unsqueeze": lambda x, y, n: x.unsqueeze(n % 2 - 1) if x.ndim < 3 else x,
    "expand": lambda x, y, n: x.expand(2, *x.shape).sin() if x.ndim < 3 else x,
    "flip": lambda x, y, n: x.flip(0) * x if x.ndim else x,
    "rows": lambda x, y, n: x[[0, -1, 0]] if x.ndim else x,
    "slice": lambda x, y, n: x[..., n % 2 :] if x.ndim and x.shape[-1] > 1 else x,
    "where": lambda x, y, n: torch.where(x.detach() > 100, x, x.sin() + y.sum()),
    "unbind": lambda x, y, n: _several(x, y, n) if x.ndim else x,
    "assignment": lambda x, y, n: _assigned(x, y, n) if x.ndim else x,
    "in place": _changed,
    "in place through a view": lambda x, y, n: _changed_view(x, y, n) if x.ndim else x,
}  # fmt: skip
NAMES = tuple(STEPS)

Program = list[tuple[int, int, int, int]]
programs = st.lists(
    st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)),
    min_size=1,
    max_size=7,
)


def function(program: Program) -> Callable[[Any], Any]:
    """The function from a vector to a vector that a program says."""

    def run(x: Any) -> Any:
        values = [x]
        for number, i, j, n in program:
            values.append(STEPS[NAMES[number]](values[-1 - i % len(values)], values[-1 - j % len(values)], n))
        return values[-1].reshape(-1)[:6]

    return run


def described(program: Program) -> str:
    return "; ".join(f"{NAMES[number]} of {i}, {j} with {n}" for number, i, j, n in program)


def vector(count: int, phase: float) -> Any:
    return torch.tensor(np.cos(1.1 * np.arange(count) + phase).tolist(), dtype=torch.float64)


def numbers(x: Any) -> np.ndarray:
    return np.asarray(x.tolist(), dtype=np.float64)


def close(got: Any, right: Any, what: str, program: Program, tolerance: float = 1e-9) -> None:
    got, right = numbers(got), np.asarray(right)
    assert got.shape == right.shape, f"{what}: shape {got.shape}, expected {right.shape}\n{described(program)}"
    size = max(1.0, float(np.abs(right).max(initial=0)))
    assert np.allclose(got, right, rtol=tolerance, atol=tolerance * size), (
        f"{what} is\n{got}\nexpected\n{right}\n{described(program)}, seed {SEED}"
    )


@seed(SEED)
@settings(max_examples=COUNT, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(program=programs, size=st.integers(2, 4))
def test_all_ways_to_differentiate_agree(program: Program, size: int) -> None:
    f = function(program)
    x, u = vector(size, 0.3), vector(size, 1.7)
    y = f(x)
    v = vector(y.numel(), 0.9)
    # Finite differences, along u.
    h = 1e-5
    difference = (numbers(f(x + h * u)) - numbers(f(x - h * u))) / (2 * h)

    # Backward: recorded on leaves, and as a transform.
    leaf = x.clone().requires_grad_()
    recorded = f(leaf)
    (g,) = torch.autograd.grad(recorded, leaf, v, allow_unused=True, materialize_grads=True)
    same, pull = vjp(f, x)
    close(same, numbers(y), "value by vjp", program)
    right = numbers(g)
    close(pull(v)[0], right, "vjp", program)
    assert np.isclose(right @ numbers(u), numbers(v) @ difference, rtol=1e-6, atol=1e-6), (
        f"backward {right @ numbers(u)}, finite differences {numbers(v) @ difference}\n{described(program)}"
    )
    # Forward.
    same, tangent = jvp(f, (x,), (u,))
    close(same, numbers(y), "value by jvp", program)
    close(tangent, difference, "jvp", program, 1e-6)
    assert np.isclose(numbers(tangent) @ numbers(v), right @ numbers(u), rtol=1e-9, atol=1e-10), described(program)
    # All directions at once: vmap over backward, and over forward.
    jacobian = numbers(jacrev(f)(x))
    close(jacfwd(f)(x), jacobian, "jacfwd", program)
    assert np.allclose(numbers(v) @ jacobian, right, rtol=1e-9, atol=1e-10), described(program)
    # Many points at once.
    points = torch.stack([x, u, 0.5 * x])
    close(vmap(f)(points), [numbers(f(point)) for point in points], "vmap", program)

    def scalar(point: Any) -> Any:
        return (f(point) * v).sum()

    close(vmap(grad(scalar))(points), [numbers(grad(scalar)(p)) for p in points], "vmap of grad", program)
    close(grad(scalar)(x), right, "grad", program)


@seed(SEED)
@settings(
    max_examples=max(20, COUNT // 5), deadline=None, database=None, print_blob=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(program=programs)
def test_second_derivatives_agree(program: Program) -> None:
    f = function(program)
    x, u = vector(3, 0.3), vector(3, 1.7)
    v = vector(f(x).numel(), 0.9)

    def scalar(point: Any) -> Any:
        return (f(point) * v).sum()

    h = 1e-5
    difference = (numbers(grad(scalar)(x + h * u)) - numbers(grad(scalar)(x - h * u))) / (2 * h)
    leaf = x.clone().requires_grad_()
    (first,) = torch.autograd.grad(scalar(leaf), leaf, create_graph=True)
    twice = np.zeros(3)
    if first.requires_grad:
        (second,) = torch.autograd.grad(first, leaf, u, allow_unused=True, materialize_grads=True)
        twice = numbers(second)
    close(jvp(grad(scalar), (x,), (u,))[1], twice, "forward over backward", program)
    close(grad(lambda p: jvp(scalar, (p,), (u,))[1])(x), twice, "backward over forward", program)
    close(vjp(grad(scalar), x)[1](u)[0], twice, "backward over backward", program)
    assert np.allclose(twice, difference, rtol=1e-5, atol=1e-5), f"{twice}, by differences {difference}"


@pytest.mark.parametrize("name", NAMES)
def test_every_step_can_be_differentiated(name: str) -> None:
    """Each once by itself, so that each is compared, whatever Hypothesis draws."""
    program = [(NAMES.index("outer"), 0, 0, 1), (NAMES.index(name), 0, 1, 1)]
    for steps in (program[1:], program):
        test_all_ways_to_differentiate_agree.hypothesis.inner_test(steps, 3)
