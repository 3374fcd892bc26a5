"""PyTorch's names for reductions of all that an index puts in one place."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import dtypes, inplace, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import keys
from plugrad.core.methods.along import INDICES, dimension, explained, line, tensor
from plugrad.core.methods.scatter import check_index, check_sizes, ranked
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = ["index_reduce", "scatter_reduce"]

_REDUCTIONS: Final = ("sum", "prod", "mean", "amax", "amin")


def _reduced(op: Any, x: Any, index: Any, source: Any, options: dict[str, Any], in_place: bool) -> Any:
    if x.raw.shape:
        if not in_place:
            return op(x, index, source, **options)
        # A rule may need the old values: inplace.update keeps them.
        return inplace.update(op.op, x, (index, source), options)
    if not in_place:
        return ops.reshape(op(line(x), index, source, **options), shape=())
    inplace.check_writable(x, (source,))
    # Of a copy: the rule wants the old value.
    return inplace.assign(x, ops.reshape(op(line(ops.clone(x)), index, source, **options), shape=()))


def _unsupported(kernel: str, x: Any) -> None:
    raise NotImplementedError(
        with_hint(f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'", "convert to a floating dtype first.")
    )


def _scatter_reduce(
    name: str, x: Any, dim: Any, index: Any, src: Any, reduce: Any, include_self: bool, in_place: bool
) -> Any:
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 2, index)
    if not isinstance(src, Value):
        raise wrong_type(name, "src", 3, src)
    if reduce not in _REDUCTIONS:
        raise RuntimeError(
            with_hint(
                f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}",
                "scatter_add() is the sum.",
            )
        )
    check_index("scatter", index)
    if src.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                "scatter(): Expected self.dtype to be equal to src.dtype",
                f"self is {x.dtype}, src is {src.dtype}; use src.to({x.dtype}).",
            )
        )
    target, source = line(x), line(src)
    at = ranked(target, line(index), "self")
    ranked(source, at, "src")
    check_sizes(target, dim, at, source)
    if (x.dtype is dtypes.bool_ and reduce == "mean") or (x.dtype.is_complex and reduce in ("amax", "amin")):
        _unsupported(f"scatter_gather_tensor_cpu_reduce_{reduce}", x)
    options = {"axis": dim, "reduce": reduce, "include_self": bool(include_self)}
    try:
        return _reduced(ops.scatter_reduce, x, at, source, options, in_place)
    except IndexError as error:
        raise explained(error, target, at, dim) from None


def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Return ``input`` with all elements of ``src`` that an index puts in one place reduced.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of as many dimensions as ``input``; nowhere larger than ``src``, nor than ``input`` but
            in ``dim``; not negative.
        src: A tensor of the same dtype.
        reduce: "sum", "prod", "mean", "amax" or "amin".
        include_self: Whether what was in a place takes part. Where nothing is put it stays in any case.

    Returns:
        A new tensor of the shape of ``input``. The gradient of "amax" and "amin" is shared evenly by all elements
        that are equal to the result.

    Raises:
        RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Differs from PyTorch:
        Without ``include_self`` what was in a place has no share of the gradient of "amax" and "amin"; PyTorch gives
        it one where it equals the result, and loses it. Second derivatives of "prod" are right at zeros too.

    Example::

        >>> import plugrad
        >>> i = plugrad.tensor([0, 0, 2])
        >>> plugrad.scatter_reduce(plugrad.ones(3), 0, i, plugrad.tensor([2.0, 3.0, 4.0]), "prod")
        tensor([6., 1., 4.])
    """
    return _scatter_reduce("scatter_reduce", input, dim, index, src, reduce, include_self, False)


def scatter_reduce_(self: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """In-place form of ``scatter_reduce``.

    Returns:
        This tensor.
    """
    return _scatter_reduce("scatter_reduce_", self, dim, index, src, reduce, include_self, True)


def _index_reduce(
    name: str, x: Any, dim: Any, index: Any, source: Any, reduce: Any, include_self: bool, in_place: bool
) -> Any:
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 3, index)
    tensor(name, "source", 4, source)
    if reduce not in _REDUCTIONS or reduce == "sum":
        raise RuntimeError(
            with_hint(
                f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.",
                "index_add() is the sum.",
            )
        )
    if index.raw.ndim > 1:
        raise IndexError(
            with_hint(
                f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.raw.ndim} with type: "
                f"{index.dtype.legacy_name} and size: {list(index.raw.shape)}",
                "scatter_reduce() takes an index for every element.",
            )
        )
    if index.dtype not in INDICES:
        raise RuntimeError(
            with_hint(
                f"index_reduce_(): Expected dtype int32/int64 for index but got: {index.dtype.legacy_name}",
                "index.long() converts it.",
            )
        )
    if source.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                f"index_reduce_(): self ({x.dtype.legacy_name}) and source ({source.dtype.legacy_name}) must have the "
                "same scalar type",
                f"use source.to({x.dtype}).",
            )
        )
    target, at, values = line(x), line(index), line(source)
    shape, got = list(target.raw.shape), list(values.raw.shape)
    if x.raw.ndim != source.raw.ndim or [*shape[:dim], *shape[dim + 1 :]] != [*got[:dim], *got[dim + 1 :]]:
        raise RuntimeError(
            with_hint(
                "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                f"{list(x.raw.shape)} source.shape = {list(source.raw.shape)}",
                "nothing is broadcast here.",
            )
        )
    if at.raw.shape[0] != got[dim]:
        raise RuntimeError(
            with_hint(
                f"index_reduce_(): Number of indices ({at.raw.shape[0]}) should be equal to source.size(dim): "
                f"({got[dim]}), for dim: {dim}",
                "every slice of the source needs its index.",
            )
        )
    if x.dtype is dtypes.bool_ or x.dtype.is_complex:
        _unsupported("index_func_", x)
    everywhere = ops.reshape(at, shape=tuple([-1 if i == dim else 1 for i in range(len(got))]))
    everywhere = ops.broadcast_to(everywhere, shape=tuple(got))
    options = {"axis": dim, "reduce": reduce, "include_self": bool(include_self)}
    try:
        return _reduced(ops.index_reduce, x, everywhere, values, options, in_place)
    except IndexError as error:
        found = keys.out_of_bounds(target, (at,), (dim,), lowest=False)
        if found is None:
            raise
        raise IndexError(with_hint("index out of range in self", str(found).partition("\n")[0] + ".")) from error


def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Return ``input`` with all slices of ``source`` that an index puts in one place reduced.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of one dimension or none; not negative.
        source: A tensor of the same dtype, of the shape of ``input`` but for ``dim``, where it has that of ``index``.
        reduce: "prod", "mean", "amax" or "amin".
        include_self: Whether what was in a place takes part. Where nothing is put it stays in any case.

    Returns:
        A new tensor of the shape of ``input``; see ``scatter_reduce`` for its gradient.

    Raises:
        IndexError, RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> i = plugrad.tensor([0, 0])
        >>> plugrad.index_reduce(plugrad.ones(2), 0, i, plugrad.tensor([2.0, 3.0]), "mean")
        tensor([2., 1.])
    """
    return _index_reduce("index_reduce", input, dim, index, source, reduce, include_self, False)


def index_reduce_(self: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """In-place form of ``index_reduce``.

    Returns:
        This tensor.
    """
    return _index_reduce("index_reduce_", self, dim, index, source, reduce, include_self, True)


class AccumulationMethods:
    """The methods of this chapter."""

    __slots__ = ()

    scatter_reduce = scatter_reduce
    scatter_reduce_ = scatter_reduce_
    index_reduce = index_reduce
    index_reduce_ = index_reduce_
