"""PyTorch's names for gathering and scattering with an index for every element, along one dimension."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import keys
from plugrad.core.methods.along import INDICES, applied, dimension, explained, line, tensor
from plugrad.core.promote import plain, wrong_type
from plugrad.core.value import Value

__all__ = ["gather", "scatter", "scatter_add", "take_along_dim"]


# -- one index per element -----------------------------------------------------------------------------------


def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    r"""Return the elements that an index names along a dimension.

    .. math:: y_{ijk} = x_{\text{index}_{ijk}\, jk} \quad\text{for dim 0}

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of as many dimensions as ``input`` and nowhere larger but in ``dim``; not
            negative.
        sparse_grad: Must be False: gradients are dense.

    Returns:
        A tensor of the shape of ``index``.

    Raises:
        RuntimeError: if the index has another dtype or number of dimensions, is too large or out of bounds.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[1, 2], [3, 4]])
        >>> plugrad.gather(x, 1, plugrad.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
    """
    tensor("gather", "input", 1, input)
    dim = dimension("gather", input, dim)
    tensor("gather", "index", 3, index)
    if sparse_grad:
        raise NotImplementedError("gather(): sparse gradients are not supported\nHint: leave sparse_grad=False.")
    check_index("gather", index)
    x, at = line(input), ranked(line(input), line(index), "input")
    if 0 not in at.raw.shape:
        for i, (n, m) in enumerate(zip(at.raw.shape, x.raw.shape, strict=True)):
            if n > m and i != dim:
                raise RuntimeError(
                    with_hint(
                        f"Size does not match at dimension {i} expected index {list(index.raw.shape)} to be "
                        f"no larger than self {list(input.raw.shape)} apart from dimension {dim}",
                        "only along dim may the index be larger.",
                    )
                )
    try:
        y = ops.gather(x, at, axis=dim)
    except IndexError as error:
        raise explained(error, x, at, dim) from None
    return y if tuple(y.raw.shape) == tuple(index.raw.shape) else ops.reshape(y, shape=tuple(index.raw.shape))


def check_index(name: str, index: Any) -> None:
    if index.dtype not in INDICES:
        raise RuntimeError(
            with_hint(
                f"{name}(): Expected dtype int32/int64 for index",
                f"this one is {index.dtype}; use index.long().",
            )
        )


def ranked(x: Any, index: Any, what: str) -> Any:
    """An index of the rank of ``x``; one without elements may have any."""
    if 0 in index.raw.shape:
        return ops.reshape(index, shape=(0,) * x.raw.ndim)
    if index.raw.ndim != x.raw.ndim:
        raise RuntimeError(
            with_hint(
                f"Index tensor must have the same number of dimensions as {what} tensor",
                f"shapes are {list(index.raw.shape)} for the index and {list(x.raw.shape)}.",
            )
        )
    return index


def check_sizes(x: Any, dim: int, index: Any, source: Any) -> None:
    shape, wanted = list(x.raw.shape), list(index.raw.shape)
    given = list(source.raw.shape) if isinstance(source, Value) else wanted
    if shape == wanted == given:
        return
    if any([(n > m and i != dim) or n > k for i, (n, m, k) in enumerate(zip(wanted, shape, given, strict=True))]):
        text = f"Expected index {wanted} to be no larger than self {shape} apart from dimension {dim}"
        if isinstance(source, Value):
            text += f" and to be no larger size than src {given}"
        raise RuntimeError(with_hint(text, "every element of the index needs its source, and its row in self."))


def _scatter(name: str, x: Any, dim: Any, index: Any, source: Any, how: str | None, in_place: bool) -> Any:
    """All forms of scattering: ``how`` is None (put), "add" or "multiply"; a source may be a number."""
    tensor(name, "input", 1, x)
    dim = dimension(name, x, dim)
    tensor(name, "index", 3, index)
    check_index("scatter", index)
    target = line(x)
    if isinstance(source, Value):
        if source.dtype is not x.dtype:
            raise RuntimeError(
                with_hint(
                    "scatter(): Expected self.dtype to be equal to src.dtype",
                    f"self is {x.dtype}, src is {source.dtype}; use src.to({x.dtype}).",
                )
            )
        source = line(source)
    else:
        source = arguments.converted(source, x.dtype)
    at = ranked(target, line(index), "self")
    if isinstance(source, Value):
        ranked(source, at, "src")
    check_sizes(target, dim, at, source)
    options: dict[str, Any] = {"axis": dim}
    if how is None:
        function = ops.scatter if isinstance(source, Value) else ops.scatter_value
    elif how == "sum":
        function = ops.scatter_add
    else:
        function = ops.scatter_combine
        options["how"] = how
    try:
        return applied(function, in_place, x, (at, source), options)
    except IndexError as error:
        raise explained(error, target, at, dim) from None


def _scatter_arguments(
    name: str, x: Any, dim: Any, index: Any, src: Any, value: Any, reduce: Any, in_place: bool
) -> Any:
    """Tell apart the forms (src or value, with reduce or without)."""
    if src is None and value is None:
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({type(dim).__name__}, "
            f"{type(index).__name__}), but expected one of:\n * (int dim, Tensor index, Tensor src)\n * "
            "(int dim, Tensor index, Tensor src, *, str reduce)\n * (int dim, Tensor index, Number "
            "value)\n * (int dim, Tensor index, Number value, *, str reduce)\n"
        )
    source = value if src is None else src
    if not isinstance(source, Value):
        number = plain(source)
        if number is None:
            raise wrong_type(name, "src", 4, source)
        source = number
    elif src is None:
        source = arguments.as_number(name, "value", 4, source)
    if reduce is None:
        return _scatter(name, x, dim, index, source, None, in_place)
    if reduce not in ("add", "multiply"):
        raise RuntimeError(
            with_hint("reduce argument must be either add or multiply.", "scatter_add() adds, with gradients.")
        )
    if isinstance(source, Value):
        warnings.warn(
            f"The reduce argument of plugrad.{name} with Tensor src is deprecated and will be removed in a "
            "future PyTorch release. Use plugrad.scatter_reduce instead for more reduction options.",
            UserWarning,
            stacklevel=3,
        )
    return _scatter(name, x, dim, index, source, reduce, in_place)


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None) -> Any:
    r"""Return ``input`` with the elements of ``src`` where an index says, along a dimension.

    .. math:: y_{\text{index}_{ijk}\, jk} = \text{src}_{ijk} \quad\text{for dim 0}

    Where a place is named twice, one of the elements wins, and the gradient goes to all of them, as in
    PyTorch.

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of as many dimensions as ``input``; nowhere larger than ``src``, nor than
            ``input`` but in ``dim``; not negative.
        src: A tensor of the same dtype, or a number, for all places.
        value: The number, by name.
        reduce: None, or "add" or "multiply": combine with what is there. These have no derivative in PyTorch.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> i = plugrad.tensor([[0, 1, 1]])
        >>> plugrad.scatter(plugrad.zeros(2, 3), 0, i, plugrad.tensor([[1.0, 2.0, 3.0]]))
        tensor([[1., 0., 0.],
                [0., 2., 3.]])
    """
    return _scatter_arguments("scatter", input, dim, index, src, value, reduce, False)


def scatter_(self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None) -> Any:
    """In-place form of ``scatter``.

    Returns:
        This tensor.
    """
    return _scatter_arguments("scatter_", self, dim, index, src, value, reduce, True)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    r"""Return ``input`` with the elements of ``src`` added where an index says, along a dimension.

    .. math:: y_{\text{index}_{ijk}\, jk} \mathrel{+}= \text{src}_{ijk} \quad\text{for dim 0}

    Args:
        input: The tensor.
        dim: The dimension.
        index: int64 or int32, of as many dimensions as ``input``; nowhere larger than ``src``, nor than
            ``input`` but in ``dim``; not negative.
        src: A tensor of the same dtype.

    Returns:
        A new tensor of the shape of ``input``.

    Raises:
        RuntimeError: if dtypes or shapes don't match or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> plugrad.scatter_add(plugrad.zeros(3), 0, plugrad.tensor([0, 0, 2]), plugrad.ones(3))
        tensor([2., 0., 1.])
    """
    tensor("scatter_add", "src", 4, src)
    return _scatter("scatter_add", input, dim, index, src, "sum", False)


def scatter_add_(self: Any, dim: int, index: Any, src: Any) -> Any:
    """In-place form of ``scatter_add``.

    Returns:
        This tensor.
    """
    tensor("scatter_add_", "src", 4, src)
    return _scatter("scatter_add_", self, dim, index, src, "sum", True)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """Return the elements that an index of the same rank names along a dimension, both broadcast in the
    others.

    What ``argsort`` and ``argmax`` return reads in order what they looked at.

    Args:
        input: The tensor.
        indices: int64; negative ones count from the end.
        dim: The dimension; None: of ``input`` flattened.

    Returns:
        A tensor of the broadcast shape, with the size of ``indices`` in ``dim``.

    Raises:
        RuntimeError: if the dtype or the number of dimensions is wrong, or an index is out of bounds.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[10, 30, 20], [60, 40, 50]])
        >>> plugrad.take_along_dim(x, x.argsort(1), 1)
        tensor([[10, 20, 30],
                [40, 50, 60]])
    """
    tensor("take_along_dim", "input", 1, input)
    tensor("take_along_dim", "indices", 2, indices)
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            with_hint(
                f"plugrad.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy_name}",
                "indices.long() converts it.",
            )
        )
    if dim is None:
        input, indices, dim = ops.reshape(input, shape=(-1,)), ops.reshape(indices, shape=(-1,)), 0
    if input.raw.ndim != indices.raw.ndim:
        raise RuntimeError(
            with_hint(
                "plugrad.take_along_dim(): input and indices should have the same number of dimensions, "
                f"but got {input.raw.ndim} dimensions for input, and {indices.raw.ndim} dimensions for "
                "indices",
                "add dimensions of size 1 to one of them.",
            )
        )
    dim = dimension("take_along_dim", input, dim)
    shape = input.raw.shape
    x, at = line(input), line(indices)
    left = (*x.raw.shape[:dim], 1, *x.raw.shape[dim + 1 :])
    right = (*at.raw.shape[:dim], 1, *at.raw.shape[dim + 1 :])
    dispatch.broadcast_shapes(left, right)
    try:
        y = ops.take_along_axis(x, at, axis=dim)
    except IndexError as error:
        found = keys.out_of_bounds(x, (at,), (dim,))
        raise error if found is None else RuntimeError(str(found)) from None
    return y if shape else ops.clone(ops.reshape(y, shape=()))


class ScatterMethods:
    """The methods of this chapter."""

    __slots__ = ()

    gather = gather
    scatter = scatter
    scatter_ = scatter_
    scatter_add = scatter_add
    scatter_add_ = scatter_add_
    take_along_dim = take_along_dim
