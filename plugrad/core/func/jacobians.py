"""Whole derivatives: ``jacrev`` row by row, ``jacfwd`` column by column, both at once for all by ``vmap``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from plugrad.core import ops, tree
from plugrad.core.errors import with_hint
from plugrad.core.func.gradients import check_outputs, check_tensor, chosen_positions, jvp, vjp
from plugrad.core.transforms.vmap import vmap
from plugrad.core.value import Value


def _bases(tensors: list[Any]) -> list[Any]:
    """For each tensor a batch of directions: the unit vectors of all tensors together, one after the other."""
    sizes = [math.prod(x.raw.shape) for x in tensors]
    total = sum(sizes)
    found = []
    start = 0
    for x, n in zip(tensors, sizes, strict=True):
        # Row i of the identity from this tensor's first element on.
        rows = ops.eye(total, n, k=-start, dtype=x.dtype, device=x.device.root)
        found.append(ops.reshape(rows, shape=(total, *x.raw.shape)))
        start += n
    return found


def _parts(x: Any, tensors: list[Any]) -> list[Any]:
    """A batch over all unit vectors as one batch for each tensor, in that tensor's shape."""
    found = []
    start = 0
    for t in tensors:
        n = math.prod(t.raw.shape)
        part = x[start : start + n]
        found.append(ops.reshape(part, shape=(*t.raw.shape, *part.raw.shape[1:])))
        start += n
    return found


def _fixed(func: Callable[..., Any], args: tuple[Any, ...], positions: tuple[int, ...]) -> Callable[..., Any]:
    """``func`` of the chosen arguments alone."""

    def of(*chosen: Any) -> Any:
        given = list(args)
        for i, x in zip(positions, chosen, strict=True):
            given[i] = x
        return func(*given)

    return of


def _refuse_complex(name: str, what: str, tensors: list[Any]) -> None:
    """A Jacobian is one of real functions."""
    for i, x in enumerate(tensors):
        if isinstance(x, Value) and x.dtype.is_complex:
            raise RuntimeError(
                with_hint(
                    f"{name}: Expected all {what} to be real but received complex tensor at flattened input idx: {i}",
                    "take plugrad.view_as_real of it inside of the function.",
                )
            )


def jacrev(
    func: Callable[..., Any],
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    r"""Return a function that computes the Jacobian of ``func`` by reverse mode, all rows at once.

    .. math:: J_{ij} = \partial f(args)_i / \partial args_j

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        argnums: The position, or a tuple of positions, of the arguments to differentiate by.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.
        chunk_size: How many rows to compute at a time; None for all.

    Returns:
        A function that returns the Jacobian: for every output, in its structure, and every argument a tensor.

    Shape:
        - Output: ``(*output.shape, *input.shape)``

    Raises:
        RuntimeError: if an output is not a floating point or complex tensor, or a position does not exist.
        ValueError: if ``chunk_size`` is not positive.

    Example::

        >>> import plugrad
        >>> plugrad.func.jacrev(plugrad.square)(plugrad.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        positions = chosen_positions(args, argnums)
        called = functools.partial(func, **kwargs) if kwargs else func
        chosen = tuple([args[i] for i in positions])
        _refuse_complex("jacrev", "inputs", tree.flatten(chosen)[0])
        result = vjp(_fixed(called, args, positions), *chosen, has_aux=has_aux)
        output, vjp_fn = result[0], result[1]
        outputs, structure = tree.flatten(output)
        _refuse_complex("jacrev", "outputs", outputs)
        bases = _bases(outputs)
        rows = vmap(lambda *seeds: vjp_fn(tree.unflatten(seeds, structure)), chunk_size=chunk_size)(*bases)
        inputs, arguments = tree.flatten(rows)
        # For each input the rows of all outputs; wanted: for each output the inputs in their structure.
        split = [_parts(x, outputs) for x in inputs]
        by_output = []
        for k in range(len(outputs)):
            found = tree.unflatten([parts[k] for parts in split], arguments)
            by_output.append(found if isinstance(argnums, tuple) else found[0])
        jacobian = tree.unflatten(by_output, structure)
        return (jacobian, result[2]) if has_aux else jacobian

    return functools.wraps(func)(wrapper)


def jacfwd(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    r"""Return a function that computes the Jacobian of ``func`` by forward mode, all columns at once.

    .. math:: J_{ij} = \partial f(args)_i / \partial args_j

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        argnums: The position, or a tuple of positions, of the arguments to differentiate by.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.
        randomness: What random functions do, as in ``vmap``.

    Returns:
        A function that returns the Jacobian: for every output, in its structure, and every argument a tensor.

    Shape:
        - Output: ``(*output.shape, *input.shape)``

    Raises:
        RuntimeError: if an output is no tensor, or a position does not exist.

    Example::

        >>> import plugrad
        >>> plugrad.func.jacfwd(plugrad.square)(plugrad.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        positions = chosen_positions(args, argnums)
        called = functools.partial(func, **kwargs) if kwargs else func
        chosen = tuple([args[i] for i in positions])
        inputs, arguments = tree.flatten(chosen)
        for x in inputs:
            check_tensor(x)
        _refuse_complex("jacfwd", "inputs", inputs)
        of = _fixed(called, args, positions)

        def push(*directions: Any) -> Any:
            result = jvp(of, chosen, tree.unflatten(directions, arguments), has_aux=has_aux)
            return (result[1], result[2]) if has_aux else result[1]

        columns = vmap(push, out_dims=(0, None) if has_aux else 0, randomness=randomness)(*_bases(inputs))
        aux = None
        if has_aux:
            columns, aux = columns
        outputs, structure = tree.flatten(columns)
        check_outputs("jacfwd", columns, outputs)
        _refuse_complex("jacfwd", "outputs", outputs)
        by_output = []
        for y in outputs:
            parts = [_input_last(part, x) for part, x in zip(_parts(y, inputs), inputs, strict=True)]
            found = tree.unflatten(parts, arguments)
            by_output.append(found if isinstance(argnums, tuple) else found[0])
        jacobian = tree.unflatten(by_output, structure)
        return (jacobian, aux) if has_aux else jacobian

    return functools.wraps(func)(wrapper)


def _input_last(part: Any, x: Any) -> Any:
    """(*input, *output) -> (*output, *input)."""
    n, ndim = x.raw.ndim, part.raw.ndim
    return ops.permute_dims(part, axes=(*range(n, ndim), *range(n))) if n and ndim > n else part


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    r"""Return a function that computes the Hessian of ``func``: forward over reverse mode.

    .. math:: H_{ij} = \partial^2 f(args) / \partial args_i \partial args_j

    Args:
        func: A function of tensors that returns a tensor.
        argnums: The position, or a tuple of positions, of the arguments to differentiate by.

    Returns:
        A function that returns the Hessian.

    Shape:
        - Output: ``(*output.shape, *input.shape, *input.shape)``

    Example::

        >>> import plugrad
        >>> plugrad.func.hessian(lambda x: (x**3).sum())(plugrad.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    r"""Return the value of ``func`` and the linear function of its Jacobian-vector products.

    .. math:: t \mapsto J_f(primals) \cdot t

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        primals: Where to evaluate it.

    Returns:
        ``(output, jvp_fn)``; ``jvp_fn`` takes a tangent for each primal. It runs ``func`` again.

    Example::

        >>> import plugrad
        >>> output, jvp_fn = plugrad.func.linearize(plugrad.square, plugrad.tensor(3.0))
        >>> jvp_fn(plugrad.tensor(1.0))
        tensor(6.)
    """
    output = func(*primals)

    def jvp_fn(*tangents: Any) -> Any:
        _, structure = tree.flatten(primals)
        _, other = tree.flatten(tangents)
        if structure != other:
            raise RuntimeError(
                f"Expected the tangents {tree.shown(other)} to have the same argspec as the primals "
                f"{tree.shown(structure)}"
            )
        return jvp(func, primals, tangents)[1]

    return output, jvp_fn
