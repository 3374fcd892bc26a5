"""gradcheck and gradgradcheck: derivatives against finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from plugrad.core import autograd, registry
from plugrad.core.tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative does not agree with finite differences."""


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _host(x: Tensor) -> Any:
    """A NumPy copy of the values."""
    return x.device.backend.to_host(x.raw).copy()


def _like(host: Any, x: Tensor) -> Tensor:
    """A Tensor of these values where ``x`` is."""
    backend = registry.resolve(x.device).backend
    assert backend is not None
    return Tensor(backend.from_host(host, x.device.index), x.device, x.dtype)


def _differentiable(values: Sequence[Any]) -> list[int]:
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]


def _outputs(func: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    """The outputs that gradients flow to; integer outputs and the like are left out."""
    return [y for y in _tuple(func(*inputs)) if isinstance(y, Tensor) and y.dtype.is_inexact]


def _replaced(inputs: Sequence[Any], i: int, host: Any) -> list[Any]:
    fresh = list(inputs)
    fresh[i] = _like(host, inputs[i]).requires_grad_()
    return fresh


def _directions(x: Tensor) -> tuple[complex, ...]:
    """The unit steps of one element: for complex elements also the imaginary one."""
    return (1.0, 1j) if x.dtype.is_complex else (1.0,)


def _numerical(func: Callable[..., Any], inputs: Sequence[Any], i: int, eps: float) -> list[list[list[Any]]]:
    """For every output, for every element (and direction) of input ``i``: the central difference, flat."""
    x = inputs[i]
    host = _host(x)
    flat = host.reshape(-1)
    columns: list[list[list[Any]]] = []
    for k in range(flat.size):
        for unit in _directions(x):
            found = []
            for sign in (1, -1):
                changed = flat.copy()
                changed[k] += sign * eps * (unit if x.dtype.is_complex else 1)
                ys = _outputs(func, _replaced(inputs, i, changed.reshape(host.shape)))
                found.append([_host(y).reshape(-1) for y in ys])
            columns.append([(a - b) / (2 * eps) for a, b in zip(*found, strict=True)])
    count = len(columns[0]) if columns else 0
    return [[column[o] for column in columns] for o in range(count)]


def _analytical(func: Callable[..., Any], inputs: Sequence[Any], wanted: Sequence[int], output: int) -> list[list[Any]]:
    """For every wanted input, for every element (and direction) of one output: the gradient, flat."""
    ys = _outputs(func, inputs)
    y = ys[output]
    rows: list[list[Any]] = [[] for _ in wanted]
    zeros = _host(y.detach()) * 0
    for k in range(zeros.size):
        for unit in _directions(y):
            seed = zeros.copy().reshape(-1)
            seed[k] = unit if y.dtype.is_complex else 1
            grads: tuple[Any, ...] = (None,) * len(wanted)
            if y.requires_grad:
                grads = autograd.grad(
                    y, [inputs[i] for i in wanted], _like(seed.reshape(zeros.shape), y), retain_graph=True,
                    allow_unused=True,
                )  # fmt: skip
            for row, i, grad in zip(rows, wanted, grads, strict=True):
                if grad is not None and tuple(grad.shape) != tuple(inputs[i].shape):
                    raise GradcheckError(
                        f"Analytical gradient has incorrect size: {list(grad.shape)} for input {i} of "
                        f"{list(inputs[i].shape)}"
                    )
                row.append((_host(inputs[i].detach()) * 0 if grad is None else _host(grad)).reshape(-1))
    return rows


def _as_matrices(numerical: list[Any], analytical: list[Any], x: Tensor, y: Tensor) -> tuple[Any, Any]:
    """Both Jacobians as (input element, output element) matrices of real numbers, real and imaginary parts apart.

    With the gradient dL/d(re x) + i dL/d(im x) for L = Re(sum conj(v) y), PyTorch's convention.
    """
    host = _host(x)
    n, m = host.size, _host(y.detach()).size
    steps_in, steps_out = len(_directions(x)), len(_directions(y))
    shape = (n * steps_in, m * steps_out)
    a = [[0.0] * shape[1] for _ in range(shape[0])]
    b = [[0.0] * shape[1] for _ in range(shape[0])]
    for r in range(shape[0]):
        for c in range(m):
            value = complex(numerical[r][c])
            a[r][c * steps_out] = value.real
            if steps_out == 2:
                a[r][c * 2 + 1] = value.imag
    for c in range(shape[1]):
        for r in range(n):
            value = complex(analytical[c][r])
            b[r * steps_in][c] = value.real
            if steps_in == 2:
                b[r * 2 + 1][c] = value.imag
    return a, b


def _close(a: float, b: float, rtol: float, atol: float) -> bool:
    return a == b or abs(a - b) <= atol + rtol * abs(b) or (a != a and b != b)


def _show(matrix: Any) -> str:
    return "[" + ",\n ".join("[" + ", ".join(f"{v: .6g}" for v in row) + "]" for row in matrix) + "]"


def _check_all(
    func: Callable[..., Any], inputs: Sequence[Any], eps: float, atol: float, rtol: float, nondet_tol: float
) -> None:
    wanted = _differentiable(inputs)
    ys = _outputs(func, inputs)
    if not ys:
        raise ValueError("gradcheck expects at least one floating point output")
    analytical = [_analytical(func, inputs, wanted, o) for o in range(len(ys))]
    for o in range(len(ys)):
        for first, second in zip(analytical[o], _analytical(func, inputs, wanted, o), strict=True):
            for u, v in zip(first, second, strict=True):
                if any([not _close(p, q, 0.0, nondet_tol) for p, q in zip(u.tolist(), v.tolist(), strict=True)]):
                    raise GradcheckError(
                        "Backward is not reentrant, i.e., running backward with same input and grad_output multiple "
                        "times gives different values, although analytical gradient matches numerical gradient. The "
                        f"tolerance for nondeterminism was {nondet_tol}."
                    )
    for w, i in enumerate(wanted):
        numerical = _numerical(func, inputs, i, eps)
        for o, y in enumerate(ys):
            if not numerical:
                continue
            a, b = _as_matrices(numerical[o], analytical[o][w], inputs[i], y)
            for row_a, row_b in zip(a, b, strict=True):
                if not all([_close(q, p, rtol, atol) for p, q in zip(row_a, row_b, strict=True)]):
                    raise GradcheckError(
                        f"Jacobian mismatch for output {o} with respect to input {i},\nnumerical:{_show(a)}\n"
                        f"analytical:{_show(b)}\nHint: rows are elements of input {i} (shape {list(inputs[i].shape)}), "
                        f"columns elements of output {o} (shape {list(y.shape)})."
                    )


def _check_fast(func: Callable[..., Any], inputs: Sequence[Any], eps: float, atol: float, rtol: float) -> None:
    """One random direction in and out for every pair: u^T J v both ways."""
    wanted = _differentiable(inputs)
    ys = _outputs(func, inputs)
    for o, y in enumerate(ys):
        v = _unit(_host(y.detach()), 2 * o + 1)
        if not y.requires_grad:
            continue
        grads = autograd.grad(y, [inputs[i] for i in wanted], _like(v, y), retain_graph=True, allow_unused=True)
        for i, grad in zip(wanted, grads, strict=True):
            host = _host(inputs[i])
            u = _unit(host, 2 * i + 2)
            plus = _outputs(func, _replaced(inputs, i, host + eps * u))[o]
            minus = _outputs(func, _replaced(inputs, i, host - eps * u))[o]
            difference = (_host(plus.detach()) - _host(minus.detach())) / (2 * eps)
            numerical = float((v.conj() * difference).sum().real)
            analytical = 0.0 if grad is None else float((_host(grad).conj() * u).sum().real)
            if not _close(analytical, numerical, rtol, atol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {o} with respect to input {i} along one random direction,\n"
                    f"numerical:{numerical}\nanalytical:{analytical}\n"
                    "Hint: run gradcheck with fast_mode=False to see the whole Jacobian."
                )


def _unit(host: Any, seed: int) -> Any:
    """A fixed direction of length 1, the same in every run (a linear congruential sequence)."""
    direction = host * 0
    flat = direction.reshape(-1)
    state = 12345 + 7919 * seed
    for k in range(flat.size):
        state = (1103515245 * state + 12345) % 2**31
        flat[k] = state / 2**31 - 0.5
        if direction.dtype.kind == "c":
            state = (1103515245 * state + 12345) % 2**31
            flat[k] += 1j * (state / 2**31 - 0.5)
    length = float(abs(flat**2).sum()) ** 0.5
    return (flat / (length or 1.0)).reshape(host.shape).astype(host.dtype)


def _check_undefined(func: Callable[..., Any], inputs: Sequence[Any]) -> None:
    """Gradients must also come where only some of the outputs have one."""
    wanted = [inputs[i] for i in _differentiable(inputs)]
    ys = [y for y in _outputs(func, inputs) if y.requires_grad]
    for y in ys if len(ys) > 1 else ():
        grads = autograd.grad(y, wanted, _like(_host(y.detach()) * 0, y), retain_graph=True, allow_unused=True)
        if any([grad is not None and bool(abs(_host(grad)).sum() > 0) for grad in grads]):
            raise GradcheckError(
                "Expected the gradients to be zeros when the incoming gradient is zeros and those of the other outputs "
                "are undefined"
            )


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compare the gradients of ``func`` with central differences ``(f(x + eps) - f(x - eps)) / (2 eps)``.

    Args:
        func: A function of ``inputs`` that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple; those that require gradients (in float64) are checked.
        eps: The step.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        raise_exception: Raise on a mismatch rather than return False.
        nondet_tol: How far two runs of the same backward may differ.
        check_undefined_grad: Also check backward where only one of several outputs has a gradient.
        fast_mode: Check one random direction instead of the whole Jacobian.

    Returns:
        True if all gradients agree.

    Raises:
        GradcheckError: on a mismatch; it names input and output and shows both Jacobians.
        ValueError: if no input requires gradients.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([0.5, 2.0], dtype=plugrad.float64, requires_grad=True)
        >>> plugrad.autograd.gradcheck(plugrad.sin, (x,))
        True
    """
    values = _tuple(inputs)
    wanted = _differentiable(values)
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for i in wanted:
        if values[i].dtype.name not in ("float64", "complex128"):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=2,
            )
    try:
        if fast_mode:
            _check_fast(func, values, eps, atol, rtol)
        else:
            _check_all(func, values, eps, atol, rtol, nondet_tol)
        if check_undefined_grad:
            _check_undefined(func, values)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compare the gradients of the gradients of ``func`` with central differences of its gradients.

    Args:
        func: A function of ``inputs`` that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple; those that require gradients (in float64) are checked.
        grad_outputs: Incoming gradients for the first backward; fixed random ones by default.
        eps: The step.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        raise_exception: Raise on a mismatch rather than return False.
        nondet_tol: How far two runs of the same backward may differ.
        check_undefined_grad: As in ``gradcheck``.
        fast_mode: Check one random direction instead of the whole Jacobian.

    Returns:
        True if all second gradients agree.

    Raises:
        GradcheckError: on a mismatch.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([0.5, 2.0], dtype=plugrad.float64, requires_grad=True)
        >>> plugrad.autograd.gradgradcheck(plugrad.sin, (x,))
        True
    """
    values = _tuple(inputs)
    if grad_outputs is None:
        ys = [y for y in _outputs(func, values) if y.requires_grad]
        seeds = [_like(_unit(_host(y.detach()), 7 + k), y).requires_grad_() for k, y in enumerate(ys)]
    else:
        seeds = list(_tuple(grad_outputs))
    count = len(values)
    wanted = _differentiable(values)

    def first(*args: Any) -> tuple[Any, ...]:
        xs, vs = args[:count], args[count:]
        ys = [y for y in _outputs(func, xs) if y.requires_grad]
        grads = autograd.grad(ys, [xs[i] for i in wanted], vs, create_graph=True, allow_unused=True)
        return tuple([g for g in grads if g is not None])

    return gradcheck(
        first, (*values, *seeds), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, fast_mode=fast_mode,
    )  # fmt: skip
