"""``vmap``: a function of one element as a function of a batch, computed at once for all of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, ops, tree
from plugrad.core.levels import Level, lift
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.transforms.batched import Batched
from plugrad.core.transforms.vmap_level import VmapBackend
from plugrad.core.value import Value


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    r"""Return a function that maps ``func`` over a dimension of its inputs.

    .. math:: y_i = f(x_i), \quad i = 1 \dots B

    It is no loop: ``func`` runs once, with the same ops, on tensors with a hidden dimension. An op that has no way to
    be batched raises.

    Args:
        func: A function of tensors that returns tensors, perhaps nested.
        in_dims: The dimension to map over, or None, for every input: one for all, or nested as the inputs are.
        out_dims: Where the dimension stands in each output; likewise.
        randomness: What random functions do inside: ``"error"``, ``"different"`` numbers for each element, or the
            ``"same"``.
        chunk_size: Compute so many elements at a time, to save memory; None for all.

    Returns:
        A function of batches. Keyword arguments are passed on as they are.

    Raises:
        ValueError: if dimensions do not fit the inputs or outputs.
        RuntimeError: for control flow that depends on values, and for shapes that do.

    Example::

        >>> import plugrad
        >>> from plugrad.func import grad, vmap
        >>> x = plugrad.tensor([1.0, 2.0, 3.0])
        >>> vmap(grad(lambda x: x**2))(x)
        tensor([2., 4., 6.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        size, dims, leaves, structure = _inputs(func, in_dims, args)

        def run(parts: list[Any], count: int) -> tuple[list[Any], Any, list[Any]]:
            return _run(func, count, dims, parts, structure, out_dims, randomness, kwargs)

        if chunk_size is None or chunk_size >= size:
            outputs, made, _ = run(leaves, size)
            return tree.unflatten(outputs, made)
        chunks = []
        for start in range(0, size, chunk_size):
            count = min(chunk_size, size - start)
            parts = [_narrowed(x, d, start, count) for x, d in zip(leaves, dims, strict=True)]
            outputs, made, places = run(parts, count)
            chunks.append(outputs)
        joined = [ops.concat(list(c), axis=d) for c, d in zip(zip(*chunks, strict=True), places, strict=True)]
        return tree.unflatten(joined, made)

    return wrapped


def _name(func: Any) -> str:
    return getattr(func, "__name__", None) or repr(func)


def _inputs(func: Any, in_dims: Any, args: tuple[Any, ...]) -> tuple[int, list[Any], list[Any], Any]:
    """The size of the batch, the dimension of every leaf, the leaves and their structure."""
    call = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap "
            "over a function with no inputs. The latter is unsupported."
        )
    leaves, structure = tree.flatten(args)
    dims = tree.spread(in_dims, structure)
    if dims is None:
        raise ValueError(
            f"{call}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{tree.shown(tree.flatten(in_dims)[1])} but inputs has structure {tree.shown(structure)}."
        )
    sizes = []
    for i, (x, dim) in enumerate(zip(leaves, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(
                f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(x, Value):
            raise ValueError(
                f"{call}: Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        ndim = x.raw.ndim
        if not -ndim <= dim < ndim:
            raise ValueError(
                f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {ndim} so "
                f"expected in_dim to satisfy -{ndim} <= in_dim < {ndim}."
            )
        dims[i] = dim % ndim
        sizes.append(x.raw.shape[dims[i]])
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0], dims, leaves, structure


def batched(x: Any, dim: int, level: Level) -> Any:
    """A Tensor as one of a level of vmap: ``dim`` is hidden."""
    where = level.on(x.device.root)
    data = lift(x, where.parent)
    if dim:
        data = FUNCTIONS["moveaxis"](data, dim, 0)
    return dispatch.Tensor(Batched(data, level), where, x.dtype)


def _narrowed(x: Any, dim: int | None, start: int, count: int) -> Any:
    return x if dim is None else x[(*[slice(None)] * dim, slice(start, start + count))]


def _run(
    func: Any,
    size: int,
    dims: list[Any],
    leaves: list[Any],
    structure: Any,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
) -> tuple[list[Any], Any, list[Any]]:
    with Level(VmapBackend, size=size, randomness=randomness) as level:
        given = [x if d is None else batched(x, d, level) for x, d in zip(leaves, dims, strict=True)]
        output = func(*tree.unflatten(given, structure), **kwargs)
        outputs, made = tree.flatten(output)
        places = _places(func, out_dims, output, made)
        return [unbatched(func, y, p, level) for y, p in zip(outputs, places, strict=True)], made, places


def _places(func: Any, out_dims: Any, output: Any, made: Any) -> list[Any]:
    """Where the dimension stands in every output."""
    call = f"vmap({_name(func)}, ..., out_dims={out_dims})"
    dims, _ = tree.flatten(out_dims)
    if not all([d is None or (isinstance(d, int) and not isinstance(d, bool)) for d in dims]):
        raise ValueError(
            f"{call}: `out_dims` must be an int, None or a python collection of ints representing where in the outputs "
            "the vmapped dimension should appear."
        )
    if isinstance(output, Value) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        # PyTorch takes (0,) for a function with one output.
        out_dims = out_dims[0]
    places = tree.spread(out_dims, made)
    if places is None:
        raise ValueError(
            f"{call}(<inputs>): out_dims is not compatible with the structure of `outputs`. out_dims has structure "
            f"{tree.shown(tree.flatten(out_dims)[1])} but outputs has structure {tree.shown(made)}."
        )
    return places


def unbatched(func: Any, y: Any, place: int | None, level: Level) -> Any:
    """A result with its hidden dimension at ``place``, a Tensor of the level below."""
    name = _name(func)
    mine = isinstance(y, Value) and y.device is level.on(y.device.root)
    if place is None:
        if mine and y.raw.level is not None:
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return y.raw.data if mine else y
    if not isinstance(y, Value):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(y)}. Did you mean to set out_dims= "
            "to None for output?"
        )
    ndim = y.raw.ndim + 1
    if not -ndim <= place < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {place})")
    if mine and y.raw.level is not None:
        data = y.raw.data
    else:
        data = y.raw.data if mine else y
        # In memory of its own: users may write to what they get.
        data = ops.clone(ops.broadcast_to(data, shape=(level.size, *data.raw.shape)))
    return FUNCTIONS["moveaxis"](data, 0, place % ndim) if place % ndim else data
