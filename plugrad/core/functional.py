"""Derivatives of functions of Tensors: products with Jacobians and Hessians, and these themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import ops
from plugrad.core.filled import zeros_like
from plugrad.core.func.gradients import jvp as forward
from plugrad.core.functional_checks import (
    OUTPUTS,
    as_tuple,
    check_scalar,
    check_tracked,
    check_vector,
    filled,
    finished,
    gradients,
    is_single,
    nested,
    one,
    prepared,
)
from plugrad.core.methods.joining import stack
from plugrad.core.modes import enable_grad, is_grad_enabled, set_grad_enabled
from plugrad.core.tensor import Tensor
from plugrad.core.transforms.vmap import vmap

_Function = Callable[..., Any]

_NO_VECTOR_IN = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."
)

_NO_VECTOR_OUT = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
)


def vjp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of a vector with its Jacobian: ``v^T J``.

    Args:
        func: A function of Tensors that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple of Tensors: the point.
        v: The vector, in the shapes of the outputs; None for one output of one element means 1.
        create_graph: Compute both in a differentiable way.
        strict: Raise where an input and the outputs are independent, instead of returning zeros.

    Returns:
        The outputs, and the product, of the shapes of ``inputs``. Both are tuples where the function, or ``inputs``,
        is one.

    Raises:
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: if ``v`` has other shapes than the outputs, or is needed and missing; and in strict mode.

    Example::

        >>> import plugrad
        >>> def squares(x):
        ...     return x**2
        >>> x = plugrad.tensor([1.0, 2.0])
        >>> plugrad.autograd.functional.vjp(squares, x, plugrad.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        tuple_in, xs = as_tuple(inputs, "inputs", "vjp")
        xs = prepared(xs, create_graph, True)
        tuple_out, ys = as_tuple(func(*xs), OUTPUTS, "vjp")
        check_tracked(ys, "outputs", strict)
        vs = None
        if v is not None:
            vs = prepared(as_tuple(v, "v", "vjp")[1], create_graph, False)
            check_vector(vs, ys, tuple_out)
        elif not is_single(ys):
            raise RuntimeError(_NO_VECTOR_OUT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = filled(gradients(ys, xs, vs, create_graph), xs, strict, create_graph, "back")
    return one(finished(ys, create_graph), tuple_out), one(finished(product, create_graph), tuple_in)


def jvp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of its Jacobian with a vector: ``J v``.

    It is computed by differentiating ``u^T J`` by ``u``: two walks backward. ``plugrad.func.jvp`` needs none.

    Args:
        func: A function of Tensors that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple of Tensors: the point.
        v: The vector, in the shapes of ``inputs``; None for one input of one element means 1.
        create_graph: Compute both in a differentiable way.
        strict: Raise where an input and the outputs are independent, instead of returning zeros.

    Returns:
        The outputs, and the product, of their shapes. Both are tuples where the function's result is one.

    Raises:
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: if ``v`` has other shapes than ``inputs``, or is needed and missing; and in strict mode.

    Example::

        >>> import plugrad
        >>> def squares(x):
        ...     return x**2
        >>> x = plugrad.tensor([1.0, 2.0])
        >>> plugrad.autograd.functional.jvp(squares, x, plugrad.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        _, xs = as_tuple(inputs, "inputs", "jvp")
        tuple_in = isinstance(inputs, tuple)
        xs = prepared(xs, create_graph, True)
        vs = _vector(v, xs, tuple_in, create_graph, "jvp")
        tuple_out, ys = as_tuple(func(*xs), OUTPUTS, "jvp")
        check_tracked(ys, "outputs", strict)
        # The gradient is linear in these: which values they have makes no difference.
        us = tuple([zeros_like(y, requires_grad=True) for y in ys])
        first = gradients(ys, xs, us, create_graph=True)
        check_tracked(first, "grad_inputs", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = filled(gradients(first, us, vs, create_graph), ys, strict, create_graph, "back_trick")
    return one(finished(ys, create_graph), tuple_out), one(finished(product, create_graph), tuple_out)


def _vector(v: Any, xs: tuple[Tensor, ...], several: bool, create_graph: bool, function: str) -> Any:
    """The vector that an input's derivative is multiplied with."""
    if v is None:
        if not is_single(xs):
            raise RuntimeError(_NO_VECTOR_IN)
        return None
    vs = prepared(as_tuple(v, "v", function)[1], create_graph, False)
    check_vector(vs, xs, several)
    return vs


def jacobian(
    func: _Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of a function, ``J[i, j] = d output_i / d input_j``.

    Args:
        func: A function of Tensors that returns a Tensor or a tuple of Tensors.
        inputs: A Tensor or a tuple of Tensors: the point.
        create_graph: Compute it in a differentiable way.
        strict: Raise where an input and an output are independent, instead of returning zeros.
        vectorize: Compute all rows (or columns) at once, not one after the other.
        strategy: ``"reverse-mode"`` computes rows, ``"forward-mode"`` columns; the latter needs ``vectorize``.

    Returns:
        A Tensor of the output's shape followed by the input's. A tuple of them where the function returns a tuple or
        where ``inputs`` is one; a tuple of tuples, ``J[output][input]``, where both are.

    Raises:
        AssertionError: for another strategy.
        NotImplementedError: for ``"forward-mode"`` without ``vectorize`` or with ``create_graph``.
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: in strict mode; for ``strict`` with ``vectorize`` or ``"forward-mode"``.

    Example::

        >>> import plugrad
        >>> def products(x):
        ...     return x * x.flip(0)
        >>> plugrad.autograd.functional.jacobian(products, plugrad.tensor([1.0, 2.0]))
        tensor([[2., 1.],
                [2., 1.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(_together("create_graph", 'strategy="forward-mode"', " (yet)", _REVERSE))
        if strict:
            raise RuntimeError(_together("strict", 'strategy="forward-mode"', " (yet)", _REVERSE))
        if not vectorize:
            raise NotImplementedError(_NOT_VECTORIZED)
        return _columns(func, inputs)
    return _by_rows(func, inputs, create_graph, strict, vectorize)


def _by_rows(
    func: _Function, inputs: Any, create_graph: bool, strict: bool, vectorize: bool, inside: bool = False
) -> Any:
    """The Jacobian by reverse mode; ``inside`` of the forward mode that computes a Hessian of it."""
    with enable_grad():
        tuple_in, xs = as_tuple(inputs, "inputs", "jacobian")
        xs = prepared(xs, create_graph, True, inside)
        tuple_out, ys = as_tuple(func(*xs), OUTPUTS, "jacobian")
        check_tracked(ys, "outputs", strict)
        if vectorize:
            if strict:
                raise RuntimeError(_together("strict", "vectorized=True", "", "vectorize=False"))
            rows = _all_rows(ys, xs, create_graph)
        else:
            rows = tuple([_rows(y, i, xs, create_graph, strict) for i, y in enumerate(ys)])
        return nested(finished(rows, create_graph), tuple_out, tuple_in)


_NOT_VECTORIZED = (
    "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`."
)


_REVERSE = 'strategy="reverse-mode"'


def _together(option: str, other: str, yet: str, instead: str) -> str:
    return (
        f"plugrad.autograd.functional.jacobian: `{option}=True` and `{other}` are not supported together{yet}. Please "
        f"either set `{option}=False` or `{instead}`."
    )


def _rows(y: Tensor, number: int, xs: tuple[Tensor, ...], create_graph: bool, strict: bool) -> tuple[Tensor, ...]:
    """The Jacobian of one output with respect to each input, a walk backward for each of its elements."""
    rows: list[list[Tensor]] = [[] for _ in xs]
    flat = y.reshape(-1)
    for j in range(y.numel()):
        found = gradients((flat[j],), xs, create_graph=create_graph, retain_graph=True)
        for i, (row, grad, x) in enumerate(zip(rows, found, xs, strict=True)):
            if grad is None:
                if strict:
                    raise RuntimeError(
                        f"Output {number} of the user-provided function is independent of input {i}. This is not "
                        "allowed in strict mode."
                    )
                row.append(zeros_like(x))
                continue
            if strict and create_graph and not grad.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {number}. This is not allowed "
                    "in strict mode when create_graph=True."
                )
            row.append(grad)
    return tuple([stack(row, dim=0).reshape((*y.shape, *x.shape)) for row, x in zip(rows, xs, strict=True)])


def _units(tensors: tuple[Tensor, ...]) -> list[Tensor]:
    """For each tensor a batch of flat directions: the unit vectors of all tensors together, one after the other."""
    sizes = [x.numel() for x in tensors]
    total, start, found = sum(sizes), 0, []
    for x, size in zip(tensors, sizes, strict=True):
        # Row i of the identity from this tensor's first element on.
        found.append(ops.eye(total, size, k=-start, dtype=x.dtype, device=x.device.root))
        start += size
    return found


def _all_rows(ys: tuple[Tensor, ...], xs: tuple[Tensor, ...], create_graph: bool) -> tuple[Any, ...]:
    """The Jacobians of all outputs, in one walk backward."""
    sizes = [y.numel() for y in ys]
    flat = tuple([y.reshape(-1) for y in ys])
    found = gradients(flat, xs, _units(ys), create_graph=create_graph, is_grads_batched=True)
    by_input = []
    for grad, x in zip(found, xs, strict=True):
        rows = zeros_like(x).expand((sum(sizes), *x.shape)) if grad is None else grad
        parts = rows.split(sizes, dim=0)
        by_input.append([part.reshape((*y.shape, *x.shape)) for part, y in zip(parts, ys, strict=True)])
    return tuple(zip(*by_input, strict=True))


def _columns(func: _Function, inputs: Any) -> Any:
    """The Jacobians by forward mode, for all elements of the inputs at once."""
    tuple_in, xs = as_tuple(inputs, "inputs", "jacobian")
    known: dict[str, Any] = {}

    def checked(*args: Tensor) -> Any:
        ys = func(*args)
        as_tuple(ys, "outputs", "jacobian")
        return ys

    def column(*tangents: Tensor) -> Any:
        found = tuple([t.reshape(x.shape) for t, x in zip(tangents, xs, strict=True)])
        ys, directions = forward(checked, xs, found)
        known["several"], known["outputs"] = as_tuple(ys, "outputs", "jacobian")
        return directions if known["several"] else (directions,)

    batches = vmap(column)(*_units(xs))
    sizes = [x.numel() for x in xs]
    rows = []
    for batch, y in zip(batches, known["outputs"], strict=True):
        # The batch is over elements of the inputs, which come last.
        parts = [part.movedim(0, -1) for part in batch.split(sizes, dim=0)]
        rows.append(tuple([part.reshape((*y.shape, *x.shape)) for part, x in zip(parts, xs, strict=True)]))
    return nested(tuple(rows), known["several"], tuple_in)


def hessian(
    func: _Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function of one number, ``H[i, j] = d2 output / d input_i d input_j``.

    Args:
        func: A function of Tensors that returns a Tensor of one element.
        inputs: A Tensor or a tuple of Tensors: the point.
        create_graph: Compute it in a differentiable way.
        strict: Raise where it is independent of an input, instead of returning zeros.
        vectorize: Compute all rows at once, not one after the other.
        outer_jacobian_strategy: The Hessian is the Jacobian of the gradient. ``"forward-mode"`` computes that Jacobian
            forward, and needs ``vectorize``.

    Returns:
        A Tensor of the input's shape twice; for a tuple of inputs a tuple of tuples, ``H[i][j]``.

    Raises:
        AssertionError: for another strategy.
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: if the function returns anything but one number; in strict mode; and in the cases of ``jacobian``.

    Example::

        >>> import plugrad
        >>> def cubes(x):
        ...     return (x**3).sum()
        >>> plugrad.autograd.functional.hessian(cubes, plugrad.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    tuple_in, xs = as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def number(*args: Tensor) -> Any:
        several, ys = as_tuple(func(*args), OUTPUTS, "hessian")
        check_tracked(ys, "outputs", strict)
        check_scalar(ys, several, "hessian")
        return ys[0].reshape(())

    def gradient(*args: Tensor) -> Any:
        forwards = outer_jacobian_strategy == "forward-mode"
        for x in args if forwards else ():
            x.requires_grad = True
        found = _by_rows(number, args, True, False, False, inside=forwards)
        check_tracked(found, "jacobian", strict)
        return found

    found = jacobian(gradient, xs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return nested(found, tuple_in, tuple_in)


def vhp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of a vector with its Hessian: ``v^T H``.

    Args:
        func: A function of Tensors that returns a Tensor of one element.
        inputs: A Tensor or a tuple of Tensors: the point.
        v: The vector, in the shapes of ``inputs``; None for one input of one element means 1.
        create_graph: Compute both in a differentiable way.
        strict: Raise where the gradient is independent of an input, instead of returning zeros.

    Returns:
        The output, and the product, of the shapes of ``inputs``.

    Raises:
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: if the function returns anything but one number; if ``v`` has other shapes than ``inputs``, or is
            needed and missing; and in strict mode.

    Example::

        >>> import plugrad
        >>> def cubes(x):
        ...     return (x**3).sum()
        >>> x = plugrad.tensor([1.0, 2.0])
        >>> plugrad.autograd.functional.vhp(cubes, x, plugrad.tensor([1.0, 10.0]))
        (tensor(9.), tensor([  6., 120.]))
    """
    tuple_in, xs, vs, ys, first = _gradient(func, inputs, v, create_graph, strict, "vhp")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = filled(gradients(first, xs, vs, create_graph), xs, strict, create_graph, "double_back")
    return finished(ys, create_graph)[0], one(finished(product, create_graph), tuple_in)


def hvp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of its Hessian with a vector: ``H v``.

    It takes one walk backward more than ``vhp``, which equals it where the Hessian is symmetric.

    Args:
        func: A function of Tensors that returns a Tensor of one element.
        inputs: A Tensor or a tuple of Tensors: the point.
        v: The vector, in the shapes of ``inputs``; None for one input of one element means 1.
        create_graph: Compute both in a differentiable way.
        strict: Raise where the gradient is independent of an input, instead of returning zeros.

    Returns:
        The output, and the product, of the shapes of ``inputs``.

    Raises:
        TypeError: for what is neither a Tensor nor a tuple of Tensors.
        RuntimeError: if the function returns anything but one number; if ``v`` has other shapes than ``inputs``, or is
            needed and missing; and in strict mode.

    Example::

        >>> import plugrad
        >>> def cubes(x):
        ...     return (x**3).sum()
        >>> x = plugrad.tensor([1.0, 2.0])
        >>> plugrad.autograd.functional.hvp(cubes, x, plugrad.tensor([1.0, 10.0]))
        (tensor(9.), tensor([  6., 120.]))
    """
    tuple_in, xs, vs, ys, first = _gradient(func, inputs, v, create_graph, strict, "hvp")
    with enable_grad():
        # The product with these is linear in them: which values they have makes no difference.
        us = tuple([zeros_like(x, requires_grad=True) for x in xs])
        second = gradients(first, xs, us, create_graph=True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = filled(gradients(second, us, vs, create_graph), xs, strict, create_graph, "double_back_trick")
    return finished(ys, create_graph)[0], one(finished(product, create_graph), tuple_in)


def _gradient(
    func: _Function, inputs: Any, v: Any, create_graph: bool, strict: bool, function: str
) -> tuple[bool, tuple[Tensor, ...], Any, tuple[Tensor, ...], tuple[Any, ...]]:
    """What products with Hessians start with: inputs, vector, output, and the gradient with its history."""
    with enable_grad():
        tuple_in, xs = as_tuple(inputs, "inputs", function)
        xs = prepared(xs, create_graph, True)
        vs = _vector(v, xs, tuple_in, create_graph, function)
        tuple_out, ys = as_tuple(func(*xs), OUTPUTS, function)
        check_tracked(ys, "outputs", strict)
        check_scalar(ys, tuple_out, function)
        first = gradients(ys, xs, create_graph=True)
        check_tracked(first, "jacobian", strict)
    return tuple_in, xs, vs, ys, first
