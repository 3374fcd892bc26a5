"""gradcheck and gradgradcheck: derivatives against finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from plugrad.core import autograd
from plugrad.core.tensor import Tensor
from plugrad.testing.forward_checks import check_batched, check_batched_forward, check_undefined_tangents, tangents
from plugrad.testing.forward_checks import forward as forward_jacobians
from plugrad.testing.jacobians import (
    GradcheckError,
    allclose,
    analytical,
    as_tuple,
    difference,
    host,
    inexact,
    like,
    numbers,
    numerical,
    part_of,
    shown,
    tracked,
    vector,
    wanted,
)

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

_ZERO = "Numerical gradient for function expected to be zero"


class _Check(NamedTuple):
    """What is checked, and how strictly."""

    func: Callable[..., Any]
    inputs: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_grad_dtypes: bool
    masked: bool


def _check_inputs(inputs: Sequence[Any]) -> None:
    found = wanted(inputs)
    for i in found:
        x = inputs[i]
        if x.dtype.name not in ("float64", "complex128"):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
        expanded = x.base is not None and x.numel() > x.base.numel()
        if expanded or x.device.backend.overlaps_itself(x.raw):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )
    if not found:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )


def _parts(outputs: Sequence[Tensor]) -> list[tuple[str, int]]:
    """The real functions that the outputs are: the imaginary parts of complex ones, then all real parts."""
    imaginary = [("imaginary", o) for o, y in enumerate(outputs) if y.dtype.is_complex]
    return [*imaginary, *[("real", o) for o in range(len(outputs))]]


def _mismatch(numbers: Any, other: Any, o: int, i: int, prefix: str, mode: str, x: Tensor) -> str:
    return (
        f"{prefix}Jacobian {mode}mismatch for output {o} with respect to input {i},\n"
        f"numerical:{shown(numbers, x)}\nanalytical:{shown(other, x)}\n"
    )


def _prefix(part: str, complex_: bool, of: str = "outputs") -> str:
    return f"While considering the {part} part of complex {of} only, " if complex_ else ""


def _explained(i: int, x: Tensor, o: int, y: Tensor) -> str:
    return (
        f"Hint: rows are elements of argument {i} (shape {list(x.shape)}), columns elements of output {o} (shape "
        f"{list(y.shape)})."
    )


def _check_slow(check: _Check, outputs: list[Tensor], backward: bool, forward: bool) -> None:
    """Whole Jacobians."""
    func, inputs = check.func, check.inputs
    places = wanted(inputs)
    by_input = [numerical(func, inputs, i, check.eps) for i in places]
    if not outputs:
        if any([bool((m != 0).any()) for found in by_input for matrices in found for m in matrices]):
            raise GradcheckError(_ZERO)
        return
    # Numerically there is one for each output that could have a gradient.
    found_at = [o for o, y in enumerate(inexact(func(*inputs))) if y.requires_grad]
    for part, o in _parts(outputs) if backward else ():
        y = outputs[o]
        found = analytical(y, inputs, part, check.nondet_tol, check.check_grad_dtypes)
        for k, i in enumerate(places):
            expected = part_of(by_input[k][found_at[o]], part)
            if not allclose(found[k], expected, check.rtol, check.atol):
                text = _mismatch(expected, found[k], o, k, _prefix(part, y.dtype.is_complex), "", inputs[i])
                raise GradcheckError(text + _explained(i, inputs[i], o, y))
    for part, k in _parts([inputs[i] for i in places]) if forward else ():
        x = inputs[places[k]]
        number = 1 if part == "imaginary" else 0
        columns = forward_jacobians(func, inputs, places[k], (1, 1j)[number], check.check_grad_dtypes)
        for o, y in enumerate(outputs):
            expected, got = by_input[k][found_at[o]][number], columns[found_at[o]]
            if not allclose(got, expected, check.rtol, check.atol):
                text = _mismatch(expected, got, o, k, _prefix(part, x.dtype.is_complex, "inputs"), _FORWARD, x)
                raise GradcheckError(text + _explained(places[k], x, o, y))


_FORWARD = "computed with forward mode "


def _steps(x: Tensor, k: int, xp: Any) -> list[Any]:
    """Random directions of an input: one, or one for its real and one for its imaginary part."""
    shape = tuple(x.shape)
    first = vector(x.numel(), 3 * k, xp).reshape(shape)
    return [first, 1j * vector(x.numel(), 3 * k + 1, xp).reshape(shape)] if x.dtype.is_complex else [first]


def _total(array: Any) -> float:
    return float(abs(array).sum())


def _check_fast(check: _Check, outputs: list[Tensor], backward: bool, forward: bool) -> None:
    """One random direction in and one out for every pair: ``v^T J u`` both ways; forward, ``J u``."""
    func, inputs, eps = check.func, check.inputs, check.eps
    places = wanted(inputs)
    xp = host(inputs[places[0]].detach()).__array_namespace__()
    steps = [_steps(inputs[i], k, xp) for k, i in enumerate(places)]
    by_input = [
        [difference(func, inputs, i, eps * step, eps) for step in steps[k]] for k, i in enumerate(places)
    ]  # fmt: skip
    if not outputs:
        for pairs in by_input:
            if any([y.size and float(abs(y).max()) > check.nondet_tol for ys in pairs for y in ys]):
                raise GradcheckError(_ZERO)
        return
    found_at = [o for o, y in enumerate(inexact(func(*inputs))) if y.requires_grad]
    for part, o in _parts(outputs) if backward else ():
        y = outputs[o]
        v = vector(y.numel(), 3 * o + 2, xp)
        found = analytical(y, inputs, part, check.nondet_tol, check.check_grad_dtypes, seeds=[v])
        for k, i in enumerate(places):
            products = [(part_of([ys[found_at[o]]], part) * v).sum() for ys in by_input[k]]
            g = found[k][:, 0]
            directions = [step.reshape(-1) for step in steps[k]]
            if len(directions) == 1:
                expected, got = products[0], (g * directions[0]).sum()
            else:
                expected = products[0] + 1j * products[1]
                got = (g.real * directions[0]).sum() + 1j * (g.imag * directions[1].imag).sum()
            expected, got = xp.asarray(expected), xp.asarray(got)
            atol = check.atol * sum([_total(step) for step in steps[k]]) * _total(v)
            if not allclose(got, expected, check.rtol, atol):
                text = _mismatch(expected, got, o, k, _prefix(part, y.dtype.is_complex), "", inputs[i])
                raise GradcheckError(text + _slowly(check, i, k, y, found_at[o], part))
    for part, k in _parts([inputs[i] for i in places]) if forward else ():
        x = inputs[places[k]]
        number = 1 if part == "imaginary" else 0
        step = steps[k][number]
        columns = tangents(func, inputs, places[k], step, check.check_grad_dtypes)
        for o, y in enumerate(outputs):
            expected, got = by_input[k][number][found_at[o]], columns[found_at[o]]
            if not allclose(got, expected, check.rtol, check.atol * _total(step)):
                text = _mismatch(expected, got, o, k, _prefix(part, x.dtype.is_complex, "inputs"), _FORWARD, x)
                raise GradcheckError(text + _slowly(check, places[k], k, y, found_at[o], part, forward=True))


_FAST_FAILED = (
    "\nFast gradcheck failed but element-wise differences are small. This means that the\ntest might've passed in "
    "slow_mode!\nHint: call it with fast_mode=False."
)


def _slowly(check: _Check, i: int, k: int, y: Tensor, number: int, part: str, forward: bool = False) -> str:
    """What the whole Jacobians are, for the message of the fast check."""
    matrices = numerical(check.func, check.inputs, i, check.eps)[number]
    if forward:
        unit = 1 if part == "imaginary" else 0
        expected = matrices[unit]
        found = forward_jacobians(check.func, check.inputs, i, (1, 1j)[unit], False)[number]
    else:
        expected = part_of(matrices, part)
        found = analytical(y, check.inputs, part, float("inf"), False)[k]
    text = (
        "\nThe above quantities relating the numerical and analytical jacobians are computed \nin fast mode. See: "
        "https://github.com/pytorch/pytorch/issues/53876 for more background \nabout fast mode. Below, we recompute "
        f"numerical and analytical jacobians in slow mode:\n\nNumerical:\n {shown(expected, y)}\nAnalytical:\n"
        f"{shown(found, y)}\n\nThe max per-element difference (slow mode) is: {float(abs(expected - found).max())}.\n"
    )
    return text + (_FAST_FAILED if allclose(found, expected, check.rtol, check.atol) else "")


def _check_multiplied(check: _Check, outputs: list[Tensor]) -> None:
    """Zeros in, zeros out."""
    xs = [check.inputs[i] for i in wanted(check.inputs)]
    seeds = [like(host(y.detach()) * 0, y) for y in outputs]
    for grad, x in zip(
        autograd.grad(outputs, xs, seeds, retain_graph=True, allow_unused=True), xs, strict=True
    ):  # fmt: skip
        if grad is None:
            continue
        values = host(grad)
        if not (allclose(values, values * 0, 1e-5, 1e-8) if check.masked else bool((values == 0).all())):
            raise GradcheckError("backward not multiplied by grad_output")
        if grad.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")
        if grad.device is not x.device:
            raise GradcheckError("grad is incorrect device")
        if grad.shape != x.shape:
            raise GradcheckError("grad is incorrect size")


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
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of ``func`` with central differences ``(f(x + eps) - f(x - eps)) / (2 eps)``.

    With respect to a complex input, the gradient is ``dL/d re x + i dL/d im x`` of a real ``L``. A complex output is
    checked as two real ones.

    Args:
        func: A function of ``inputs`` that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple; those that require gradients (in float64 or complex128) are checked.
        eps: The step.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        raise_exception: Raise on a mismatch rather than return False.
        nondet_tol: How far two runs of the same backward may differ.
        check_undefined_grad: Taken as PyTorch takes it, and always so: each of several outputs is walked back from
            alone, and a node without any gradient never runs.
        check_grad_dtypes: Also check that gradients have the dtypes of their inputs.
        check_batched_grad: Also check that a walk for a batch of gradients gives what several walks give.
        check_batched_forward_grad: The same for forward mode.
        check_forward_ad: Also check forward mode.
        check_backward_ad: Check backward.
        fast_mode: Compare one random combination of the elements of the Jacobian instead of each element.
        masked: Compare zeros within a tolerance; for sparse tensors, in PyTorch.

    Returns:
        True if all gradients agree.

    Raises:
        GradcheckError: on a mismatch; it names input and output and shows both Jacobians.
        ValueError: if no input requires gradients.
        AssertionError: if nothing is to be checked, or batches of what is not.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([0.5, 2.0], dtype=plugrad.float64, requires_grad=True)
        >>> plugrad.autograd.gradcheck(plugrad.sin, (x,))
        True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    check = _Check(func, as_tuple(inputs), eps, atol, rtol, nondet_tol, check_grad_dtypes, bool(masked))
    _check_inputs(check.inputs)
    try:
        outputs = tracked(func(*check.inputs))
        (_check_fast if fast_mode else _check_slow)(check, outputs, check_backward_ad, check_forward_ad)
        if check_forward_ad and check_undefined_grad:
            check_undefined_tangents(func, check.inputs)
        if check_batched_forward_grad:
            check_batched_forward(func, check.inputs)
        if check_backward_ad and outputs:
            for o, y in enumerate(outputs if check_batched_grad else ()):
                check_batched(check.inputs, y, o)
            _check_multiplied(check, outputs)
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
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of the gradients of ``func`` with central differences of its gradients.

    Args:
        func: A function of ``inputs`` that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple; those that require gradients (in float64 or complex128) are checked.
        grad_outputs: Incoming gradients for the first backward; random ones by default.
        eps: The step.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        gen_non_contig_grad_outputs: Make the random ones with gaps in memory.
        raise_exception: Raise on a mismatch rather than return False.
        nondet_tol: How far two runs of the same backward may differ.
        check_undefined_grad: As in ``gradcheck``.
        check_grad_dtypes: As in ``gradcheck``.
        check_batched_grad: As in ``gradcheck``.
        check_fwd_over_rev: Check forward mode over backward.
        check_rev_over_rev: Check backward over backward.
        fast_mode: As in ``gradcheck``.
        masked: As in ``gradcheck``.

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
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_batched_grad=True requires check_rev_over_rev to be True")
    values = as_tuple(inputs)
    if grad_outputs is None:
        seeds = _random_like(tracked(func(*values)), gen_non_contig_grad_outputs)
    else:
        seeds = list(as_tuple(grad_outputs))
    count = len(values)
    places, places_out = set(wanted(values)), set(wanted(seeds))

    def first(*args: Any) -> tuple[Any, ...]:
        xs = [x.requires_grad_() if i in places else x for i, x in enumerate(args[:count])]
        vs = [v.requires_grad_() if o in places_out else v for o, v in enumerate(args[count:])]
        grads = autograd.grad(
            tracked(func(*xs)), [x for i, x in enumerate(xs) if i in places], vs, create_graph=True, allow_unused=True
        )
        return tuple([g for g in grads if g is not None])

    return gradcheck(
        first, (*values, *seeds), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev, fast_mode=fast_mode, masked=masked,
    )  # fmt: skip


def _random_like(outputs: Sequence[Tensor], with_gaps: bool) -> list[Tensor]:
    """Random incoming gradients between -1 and 1, the same in every run."""
    found = []
    for o, y in enumerate(outputs):
        shape = (*y.shape, 2) if with_gaps else tuple(y.shape)
        xp = host(y.detach()).__array_namespace__()
        count = y.numel() * (2 if with_gaps else 1)
        values, imaginary = (2 * numbers(count, 2 * o + k, xp).reshape(shape) - 1 for k in range(2))
        seed = like(values + 1j * imaginary if y.dtype.is_complex else values, y)
        found.append((seed[..., 0] if with_gaps else seed).detach().requires_grad_())
    return found
