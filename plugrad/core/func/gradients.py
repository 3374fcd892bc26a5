"""``grad``, ``vjp`` and ``jvp``: derivatives of functions, as functions; nested as deep as one likes.

Each call opens a level (core/levels.py), whose Tensors have a graph of their own around those of the level below.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, engine, ops, tree
from plugrad.core.autograd import edge_of
from plugrad.core.errors import with_hint
from plugrad.core.levels import Level, lift
from plugrad.core.transforms.dual import Dual, DualBackend
from plugrad.core.transforms.nesting import GradBackend
from plugrad.core.value import Value

_SCALAR = "grad(f) is of functions that return one number; vjp and jacrev take others."


def variable(x: Any, level: Level) -> Any:
    """A Tensor as a new variable of a level of derivatives."""
    where = level.on(x.device.root)
    out = dispatch.Tensor(lift(x, where.parent), where, x.dtype)
    out.tracked = x.dtype.is_inexact
    return out


def lowered(x: Any, level: Level) -> Any:
    """A result of the transformed function as a Tensor of the level below; what is no Tensor stays as it is."""
    if isinstance(x, Value) and x.device is level.on(x.device.root):
        raw: Any = x.raw
        return raw
    return x


def chosen_positions(args: tuple[Any, ...], argnums: Any) -> tuple[int, ...]:
    """The positions of the arguments to differentiate by."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if not numbers:
        raise RuntimeError("argnums must be non-empty")
    for n in numbers:
        if not isinstance(n, int) or isinstance(n, bool):
            if isinstance(argnums, tuple):
                raise RuntimeError(f"argnum must be int, got: {type(n)}")
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
    positions = tuple([n % len(args) for n in numbers])
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return positions


def check_tensor(x: Any) -> None:
    """A transform differentiates by Tensors only."""
    if not isinstance(x, Value):
        raise ValueError(
            with_hint(f"Thing passed to transform API must be Tensor, got {type(x)}", "plugrad.tensor(value).")
        )


def _variables(tree_: Any, level: Level) -> Any:
    leaves, structure = tree.flatten(tree_)
    for x in leaves:
        check_tensor(x)
    return tree.unflatten([variable(x, level) for x in leaves], structure)


def walk(outputs: list[Any], seeds: list[Any], inputs: list[Any], keep: bool) -> list[Any]:
    """The gradients of ``inputs`` as Tensors of the level below; zeros where there are none.

    Args:
        outputs: Tensors of a level.
        seeds: For each an incoming gradient, a Tensor of any level.
        inputs: Variables of the same level.
        keep: Whether the graph will be walked again.
    """
    pairs = [(edge_of(y), s) for y, s in zip(outputs, seeds, strict=True) if y.tracked]
    found: list[Any] = [None] * len(inputs)
    if pairs:
        edges, gradients = zip(*pairs, strict=True)
        # The walk carries the conjugates of the gradients that users see.
        gradients = tuple([ops.conj(g) for g in gradients])
        wanted = [(x, None) for x in inputs]
        found = engine.run(edges, gradients, keep, False, wanted, accumulate=False)
    return [ops.zeros_like(x.raw) if g is None else ops.conj(g) for x, g in zip(inputs, found, strict=True)]


def grad_and_value(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    r"""Return a function that computes the gradient of ``func`` and its value.

    .. math:: args \mapsto (\nabla f(args), f(args))

    Args:
        func: A function of tensors that returns a tensor with one element and no dimensions.
        argnums: The position, or a tuple of positions, of the arguments to differentiate by. These may be nested
            tuples, lists and dictionaries of tensors.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.

    Returns:
        A function that returns ``(gradient, value)``, or ``(gradient, (value, aux))``.

    Raises:
        RuntimeError: if ``func`` does not return a tensor without dimensions, or a position does not exist.

    Example::

        >>> import plugrad
        >>> plugrad.func.grad_and_value(lambda x: x**2)(plugrad.tensor(3.0))
        (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        positions = chosen_positions(args, argnums)
        with Level(GradBackend) as level:
            given = list(args)
            for i in positions:
                given[i] = _variables(args[i], level)
            output = func(*given, **kwargs)
            aux = None
            if has_aux:
                if not (isinstance(output, tuple) and len(output) == 2):
                    raise RuntimeError(
                        "grad_and_value(f)(*args): output of function f should be a tuple: (output, aux) if has_aux "
                        "is True"
                    )
                output, aux = output
            if not isinstance(output, Value):
                raise RuntimeError(
                    f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(output)}"
                )
            if output.raw.ndim:
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
                    f"{output.raw.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?\nHint: {_SCALAR}"
                )
            if output.dtype.is_complex:
                raise RuntimeError(
                    with_hint(
                        f"grad can be implicitly created only for real scalar outputs but got {output.dtype}",
                        "return its real part, or use vjp with a cotangent.",
                    )
                )
            leaves, structure = tree.flatten([given[i] for i in positions])
            value = lowered(output, level)
            outputs = [output] if value is not output else []
            gradients = walk(outputs, [ops.ones_like(value)] * len(outputs), leaves, keep=False)
            found = tree.unflatten(gradients, structure)
            result = tuple(found) if isinstance(argnums, tuple) else found[0]
            if has_aux:
                return result, (value, tree.mapped(lambda x: lowered(x, level), aux))
            return result, value

    return wrapper


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    r"""Return a function that computes the gradient of ``func``.

    .. math:: args \mapsto \nabla f(args)

    Args:
        func: A function of tensors that returns a tensor with one element and no dimensions.
        argnums: The position, or a tuple of positions, of the arguments to differentiate by. These may be nested
            tuples, lists and dictionaries of tensors.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.

    Returns:
        A function that returns the gradient, or ``(gradient, aux)``.

    Raises:
        RuntimeError: if ``func`` does not return a tensor without dimensions, or a position does not exist.

    Example::

        >>> import plugrad
        >>> from plugrad.func import grad
        >>> grad(grad(grad(plugrad.sin)))(plugrad.tensor(0.0))
        tensor(-1.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = both(*args, **kwargs)
        return (result[0], result[1][1]) if has_aux else result[0]

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    r"""Return the value of ``func`` and a function for its vector-Jacobian products.

    .. math:: v \mapsto v^T J_f(primals)

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        primals: Where to evaluate it: tensors, or nested tuples, lists and dictionaries of them.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.

    Returns:
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)``. ``vjp_fn`` takes what has the structure of the output and
        returns a tuple with one gradient for each primal; it can be called many times.

    Raises:
        RuntimeError: if an output is not a floating point or complex tensor, or a structure does not fit.

    Example::

        >>> import plugrad
        >>> output, vjp_fn = plugrad.func.vjp(plugrad.exp, plugrad.tensor([0.0, 1.0]))
        >>> vjp_fn(plugrad.tensor([1.0, 0.0]))
        (tensor([1., 0.]),)
    """
    with Level(GradBackend) as level:
        given = _variables(primals, level)
        output = func(*given)
        aux = None
        if has_aux:
            if not (isinstance(output, tuple) and len(output) == 2):
                raise RuntimeError(
                    "vjp(f, *primals): output of function f should be a tuple: (output, aux) if has_aux is True"
                )
            output, aux = output
            aux = tree.mapped(lambda x: lowered(x, level), aux)
        outputs, structure = tree.flatten(output)
        check_outputs("vjp(f, *primals)", output, outputs)
        for y in outputs:
            if not y.dtype.is_inexact:
                raise RuntimeError(
                    "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                    f"{y.dtype}"
                )
        values = [lowered(y, level) for y in outputs]
    inputs, arguments = tree.flatten(given)
    tracked = [y.tracked and y is not v for y, v in zip(outputs, values, strict=True)]

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        seeds, shape = tree.flatten(cotangents)
        if shape != structure:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {tree.shown(shape)}, primal output: {tree.shown(structure)}"
            )
        for i, (seed, value) in enumerate(zip(seeds, values, strict=True)):
            check_tensor(seed)
            if tuple(seed.raw.shape) != tuple(value.raw.shape):
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {seed.shape} and output[{i}] has a shape of "
                    f"{value.shape}."
                )
            if seed.dtype.is_complex != value.dtype.is_complex:
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                    f"dtype: grad_output[{i}] has a dtype of {seed.dtype} and output[{i}] has a dtype of {value.dtype}."
                )
        chosen = [i for i, t in enumerate(tracked) if t]
        found = walk([outputs[i] for i in chosen], [seeds[i] for i in chosen], inputs, keep=True)
        result: Any = tree.unflatten(found, arguments)
        return result

    result = tree.unflatten(values, structure)
    return (result, vjp_fn, aux) if has_aux else (result, vjp_fn)


def check_outputs(api: str, output: Any, leaves: list[Any]) -> None:
    """What is differentiated must be tensors, at least one."""
    if not leaves:
        raise RuntimeError(f"{api}: Expected f to be a function that has non-empty output (got output = {output})")
    for y in leaves:
        if not isinstance(y, Value):
            raise RuntimeError(f"{api}: expected f(*primals) to return only tensors, got unsupported type {type(y)}")


_JVP = "jvp(f, primals, tangents)"


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    r"""Return the value of ``func`` and its Jacobian-vector product, in one forward pass.

    .. math:: (f(primals), J_f(primals) \cdot tangents)

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        primals: A tuple of where to evaluate it.
        tangents: A tuple of the same structure: the direction.
        strict: Whether to raise where an output does not depend on the inputs, instead of returning zeros.
        has_aux: Whether ``func`` returns a pair, of which only the first is differentiated.

    Returns:
        ``(output, jvp)``, or ``(output, jvp, aux)``.

    Raises:
        RuntimeError: if the structures differ or an output is no tensor.

    Example::

        >>> import plugrad
        >>> plugrad.func.jvp(plugrad.sin, (plugrad.tensor(0.0),), (plugrad.tensor(2.0),))
        (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    xs, structure = tree.flatten(primals)
    ts, other = tree.flatten(tangents)
    if structure != other:
        raise RuntimeError(
            f"{_JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {tree.shown(structure)} and "
            f"tangents with structure {tree.shown(other)}"
        )
    for name, values in (("primals", xs), ("tangents", ts)):
        if not values:
            raise RuntimeError(f"{_JVP}: Expected {name} to contain at least one Tensor.")
        for x in values:
            if not isinstance(x, Value):
                raise RuntimeError(f"{_JVP}: Expected {name} to only contain Tensors, got {type(x)}")
    with Level(DualBackend) as level:
        duals = [dual(x, t, level) for x, t in zip(xs, ts, strict=True)]
        output = func(*tree.unflatten(duals, structure))
        aux = None
        if has_aux:
            if not (isinstance(output, tuple) and len(output) == 2):
                raise RuntimeError(f"{_JVP}: output of function f should be a tuple: (output, aux) if has_aux is True")
            output, aux = output
            aux = tree.mapped(lambda x: split(x, level)[0], aux)
        outputs, made = tree.flatten(output)
        check_outputs(_JVP, output, outputs)
        parts = [split(y, level) for y in outputs]
    if strict and any([t is None for _, t in parts]):
        raise RuntimeError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed "
            "with strict=True."
        )
    values = tree.unflatten([y for y, _ in parts], made)
    directions = tree.unflatten([ops.zeros_like(y) if t is None else t for y, t in parts], made)
    return (values, directions, aux) if has_aux else (values, directions)


def dual(x: Any, t: Any, level: Level) -> Any:
    """A Tensor and its tangent as a Tensor of a level of dual numbers."""
    where = level.on(x.device.root)
    if tuple(x.raw.shape) != tuple(t.raw.shape):
        raise RuntimeError(
            with_hint(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(x.raw.shape)} while the given forward gradient is of size "
                f"{list(t.raw.shape)}.",
                "a tangent is a direction in the space of its primal.",
            )
        )
    raw = Dual(lift(x, where.parent), lift(dispatch.cast(t, x.dtype), where.parent), level)
    return dispatch.Tensor(raw, where, x.dtype)


def split(x: Any, level: Level) -> tuple[Any, Any]:
    """A result as (primal, tangent), Tensors of the level below; the tangent None where there is none."""
    if isinstance(x, Value) and x.device is level.on(x.device.root):
        return x.raw.primal, x.raw.tangent
    return x, None
