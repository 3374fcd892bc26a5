"""Jacobians of a function at a point, by finite differences and by a walk backward, as arrays on the host.

A Jacobian has one row for each element of an input and one column for each element of an output. With respect to a
complex input it holds PyTorch's gradients, ``d/d re + i d/d im`` of a real output; complex outputs are two real ones.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plugrad.core import autograd, data
from plugrad.core.tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative does not agree with finite differences."""


GradcheckError.__module__ = "plugrad.autograd.gradcheck"


def as_tuple(values: Any) -> tuple[Any, ...]:
    """A tuple or a list as a tuple, anything else alone in one."""
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def host(x: Tensor) -> Any:
    """A copy of the values, as a NumPy array."""
    return x.device.backend.to_host(x.raw).copy()


def like(values: Any, x: Tensor) -> Tensor:
    """A Tensor of these values, of the dtype of ``x`` and where it is."""
    values = values.astype(x.device.backend.to_host(x.raw).dtype)
    return Tensor(_from_host(values, x), x.device, x.dtype)


def _from_host(values: Any, x: Tensor) -> Any:
    """A raw array where ``x`` is; a number of NumPy's is an array first."""
    return x.device.backend.from_host(data.host().aliasable(values), x.device.index)


def shown(values: Any, x: Tensor) -> Any:
    """An array or a number as messages show it."""
    if not getattr(values, "shape", ()):
        return complex(values) if values.dtype.kind == "c" else float(values)
    raw = _from_host(values, x)
    return Tensor(raw, x.device, x.device.backend.dtype_of(raw))


def wanted(inputs: Sequence[Any]) -> list[int]:
    """The places of the inputs that are differentiated."""
    return [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]


def inexact(outputs: Any) -> list[Tensor]:
    """The outputs that can have a gradient; integers and what is no tensor are left out."""
    return [y for y in as_tuple(outputs) if isinstance(y, Tensor) and y.dtype.is_inexact]


def tracked(outputs: Any) -> list[Tensor]:
    """The outputs that do have one."""
    return [y for y in as_tuple(outputs) if isinstance(y, Tensor) and y.requires_grad]


@contextlib.contextmanager
def _moved(x: Tensor, values: Any) -> Iterator[None]:
    """Give ``x`` other values for a while, unseen by what was computed from it: the function may know it elsewhere."""
    raw = x.raw
    x.raw = _from_host(values, x)
    try:
        yield
    finally:
        x.raw = raw


def _check_same(a: Tensor, b: Tensor, eps: float, index: Any) -> None:
    where = "" if index is None else f"on index {index} "
    for what, first, second in (("shape", a.shape, b.shape), ("dtype", a.dtype, b.dtype)):
        if first != second:
            raise AssertionError(
                f"Expected `func` to return outputs with the same {what} when inputs are perturbed {where}by {eps}, "
                f"but got: {what}s {first} and {second}."
            )


def difference(
    func: Callable[..., Any], inputs: Sequence[Any], i: int, step: Any, eps: float, index: Any = None
) -> list[Any]:
    """For each inexact output ``(f(x + step) - f(x - step)) / (2 eps)``, flat."""
    x = inputs[i]
    values = host(x)
    found = []
    for sign in (-1, 1):
        with _moved(x, values + sign * step):
            found.append([(y, host(y)) for y in inexact(func(*inputs))])
    result = []
    for (a, before), (b, after) in zip(*found, strict=True):
        _check_same(a, b, eps, index)
        result.append(((after - before) / (2 * eps)).reshape(-1))
    return result


def numerical(func: Callable[..., Any], inputs: Sequence[Any], i: int, eps: float) -> list[list[Any]]:
    """For each inexact output the Jacobian with respect to input ``i``: a step in each element.

    Returns:
        For each output one matrix, or two where the input is complex: of steps in its real and its imaginary parts.
    """
    x = inputs[i]
    values = host(x)
    xp = values.__array_namespace__()
    units = (1, 1j) if x.dtype.is_complex else (1,)
    rows: list[list[list[Any]]] = []
    for k in range(values.size):
        index = tuple(int(j) for j in xp.unravel_index(k, values.shape))
        rows.append([])
        for unit in units:
            step = xp.zeros_like(values)
            step[index] = eps * unit
            rows[-1].append(difference(func, inputs, i, step, eps, index))
    if not rows:
        ys = inexact(func(*inputs))
        return [[xp.zeros((0, y.numel()), dtype=values.dtype) for _ in units] for y in ys]
    count = len(rows[0][0])
    return [[xp.stack([row[u][o] for row in rows]) for u in range(len(units))] for o in range(count)]


def part_of(matrices: list[Any], part: str) -> Any:
    """What ``numerical`` found, for the real or the imaginary part of an output."""
    parts = [(m.real if part == "real" else m.imag) for m in matrices]
    return parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]


def walk(y: Tensor, inputs: Sequence[Any], seed: Any, part: str) -> list[Any]:
    """The gradients of one output for an incoming gradient of the real or the imaginary part."""
    values = seed * 1j if part == "imaginary" else seed
    return list(
        autograd.grad(
            y, [inputs[i] for i in wanted(inputs)], like(values.reshape(tuple(y.shape)), y), retain_graph=True,
            allow_unused=True,
        )
    )  # fmt: skip


def analytical(
    y: Tensor, inputs: Sequence[Any], part: str, nondet_tol: float, check_grad_dtypes: bool, seeds: Any = None
) -> list[Any]:
    """The Jacobians of one output with respect to each wanted input, by walks backward; each is made twice.

    Args:
        y: The output.
        inputs: The function's inputs.
        part: ``"real"`` or ``"imaginary"``.
        nondet_tol: How far the two may differ.
        check_grad_dtypes: Refuse gradients of another dtype than the input's.
        seeds: The incoming gradients, flat; one for each element by default.
    """
    xp = host(y).__array_namespace__()
    if seeds is None:
        seeds = xp.eye(y.numel())
    xs = [inputs[i] for i in wanted(inputs)]
    passes = [[walk(y, inputs, seed, part) for seed in seeds] for _ in range(2)]
    grads = [g for row in passes[0] for g in zip(row, xs, strict=True) if g[0] is not None]
    if check_grad_dtypes and any([grad.dtype is not x.dtype for grad, x in grads]):
        raise GradcheckError("Gradient has dtype mismatch")
    for grad, x in grads:
        if grad.shape != x.shape:
            raise GradcheckError(
                f"Analytical gradient has incorrect size\nHint: it is {list(grad.shape)} for an input of "
                f"{list(x.shape)}."
            )
    both = []
    for rows in passes:
        found = []
        for k, x in enumerate(xs):
            zero = host(x).reshape(-1) * 0
            columns = [zero if row[k] is None else host(row[k]).reshape(-1) for row in rows]
            found.append(xp.stack(columns, axis=1) if columns else xp.zeros((zero.size, 0), dtype=zero.dtype))
        both.append(found)
    for a, b in zip(*both, strict=True):
        if a.size and bool((abs(a - b) > nondet_tol).any()):
            raise GradcheckError(_NOT_REENTRANT.format(nondet_tol))
    return both[0]


_NOT_REENTRANT = (
    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different "
    "values, although analytical gradient matches numerical gradient.The tolerance for nondeterminism was {}."
    "\nHint: if the function is random or its sums have no fixed order, pass nondet_tol."
)


def allclose(a: Any, b: Any, rtol: float, atol: float) -> bool:
    """Whether all of ``a`` are near ``b``, as ``Tensor.allclose`` has it. NaN is near nothing."""
    with _quiet(a):
        return bool(((a == b) | (abs(a - b) <= atol + rtol * abs(b))).all())


def _quiet(array: Any) -> Any:
    return array.__array_namespace__().errstate(all="ignore")


def numbers(count: int, number: int, xp: Any) -> Any:
    """Numbers in [0, 1), the same in every run: a linear congruential sequence."""
    state = 12345 + 7919 * number
    found = []
    for _ in range(count):
        state = (1103515245 * state + 12345) % 2**31
        found.append(state / 2**31)
    return xp.asarray(found, dtype=xp.float64)


def vector(count: int, number: int, xp: Any) -> Any:
    """A direction of length 1 with positive elements."""
    found = numbers(count, number, xp)
    return found / (float((found**2).sum()) ** 0.5 or 1.0)
