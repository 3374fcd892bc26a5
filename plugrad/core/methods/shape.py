"""Shapes under PyTorch's names: reshape and view, squeeze, and where elements lie in memory."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, layout
from plugrad.core.ops.overload import overload
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = ["clone", "flatten", "ravel", "reshape", "squeeze", "unflatten", "unsqueeze"]

_squeeze_all_ = overload(ops.squeeze_all, "SqueezeBackward3")
_squeeze_ = overload(ops.squeeze_all, "SqueezeBackward4")
_squeeze_several_ = overload(ops.squeeze_all, "SqueezeBackward5")
_unsqueeze_ = overload(ops.expand_dims, "UnsqueezeBackward1")

_NOT_VIEWABLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
    "two contiguous subspaces). Use .reshape(...) instead."
)


# -- the same elements in another shape
# --------------------------------------------------------------------------------


def reshape(input: Any, *shape: Any, **names: Any) -> Any:
    """Return the elements in another shape: a view where that is possible, else a copy.

    Args:
        input: The tensor.
        shape: The sizes, one by one or as one sequence. One may be -1 and follows from the others.
        names: ``shape=`` by name.

    Returns:
        A tensor of this shape with the same elements in the same order.

    Raises:
        RuntimeError: if the shape is for another number of elements.

    Example::

        >>> import plugrad
        >>> plugrad.reshape(plugrad.tensor([1, 2, 3, 4]), (2, -1))
        tensor([[1, 2],
                [3, 4]])
    """
    if not isinstance(input, Value):
        raise wrong_type("reshape", "input", 1, input)
    wanted = layout.sizes("reshape", shape, "shape", names)
    return ops.reshape(input, shape=layout.inferred(wanted, math.prod(input.raw.shape)))


def reshape_as(input: Any, other: Any) -> Any:
    """Return the elements in the shape of another tensor; see ``reshape``."""
    if not isinstance(other, Value):
        raise wrong_type("reshape_as", "other", 1, other)
    return reshape(input, tuple(other.raw.shape))


def view(input: Any, *size: Any, **names: Any) -> Any:
    """Return a view of the elements in another shape.

    Args:
        input: The tensor.
        size: The sizes, one by one or as one sequence. One may be -1 and follows from the others. Or a dtype: the
            tensor's own, since a backend's arrays can't be read as another.
        names: ``size=`` or ``dtype=`` by name.

    Returns:
        A view: changes of either are seen by both.

    Raises:
        RuntimeError: if the shape is for another number of elements, or can't be had without moving them.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1, 2, 3, 4])
        >>> x.view(2, 2)[0, 0] = 9
        >>> x
        tensor([9, 2, 3, 4])
    """
    dtype = names.get("dtype", size[0] if len(size) == 1 else None)
    if isinstance(dtype, dtypes.dtype):
        return _view_dtype(input, dtype)
    wanted = layout.inferred(layout.sizes("view", size, "size", names), math.prod(input.raw.shape))
    if not layout.can_view(input, wanted):
        raise RuntimeError(
            with_hint(
                _NOT_VIEWABLE,
                f"shape {list(input.raw.shape)} with strides {input.device.backend.strides(input.raw)} "
                f"can't be seen as {list(wanted)}.",
            )
        )
    return ops.reshape(input, shape=wanted)


def _view_dtype(x: Any, dtype: dtypes.dtype) -> Any:
    if dtype is x.dtype:
        # PyTorch does not differentiate it.
        return x.detach()
    raise NotImplementedError(
        f"view(dtype): plugrad does not read the memory of {x.dtype} as {dtype}\n"
        f"Hint: x.to({dtype}) converts the values."
    )


def view_as(input: Any, other: Any) -> Any:
    """Return a view in the shape of another tensor; see ``view``."""
    if not isinstance(other, Value):
        raise wrong_type("view_as", "other", 1, other)
    return view(input, tuple(other.raw.shape))


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Return the elements with a run of dimensions flattened into one.

    Args:
        input: The tensor.
        start_dim: The first dimension of the run.
        end_dim: The last.

    Returns:
        The input itself where there is nothing to flatten, else a view or a copy as ``reshape`` gives.

    Raises:
        IndexError: if a dimension is out of range.
        RuntimeError: if the run ends before it starts.

    Example::

        >>> import plugrad
        >>> plugrad.flatten(plugrad.zeros(2, 3, 4), 1).shape
        plugrad.Size([2, 12])
    """
    x = dimensions.tensor("flatten", input)
    shape = x.raw.shape
    ndim = len(shape)
    start = normalized_dim(arguments.as_int("flatten", "start_dim", 1, start_dim), ndim)
    end = normalized_dim(arguments.as_int("flatten", "end_dim", 2, end_dim), ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not ndim:
        return ops.reshape(x, shape=(1,))
    if start == end:
        return x
    return ops.reshape(x, shape=(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Return the elements with one dimension split into several.

    Args:
        input: The tensor.
        dim: The dimension.
        sizes: What it becomes. One may be -1 and follows from the others.

    Returns:
        A view.

    Raises:
        IndexError: if the dimension is out of range.
        RuntimeError: if the sizes are not those of the dimension.

    Example::

        >>> import plugrad
        >>> plugrad.unflatten(plugrad.zeros(2, 6), 1, (3, 2)).shape
        plugrad.Size([2, 3, 2])
    """
    x = dimensions.tensor("unflatten", input)
    shape = x.raw.shape
    if not shape and dimensions.is_dim(dim):
        raise RuntimeError(
            with_hint(
                f"unflatten got an unexpected error:\nDimension specified as {dim} but tensor has no dimensions",
                "x.reshape(sizes) gives a tensor of one element other dimensions.",
            )
        )
    axis = dimensions.one("unflatten", dim, len(shape))
    if not isinstance(sizes, (tuple, list)):
        raise arguments.mistyped("unflatten", "sizes", 2, "tuple of ints", sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    wanted = layout.sizes("unflatten", (sizes,), "sizes", {})
    n = shape[axis]
    if wanted.count(-1) > 1:
        raise RuntimeError("unflatten got an unexpected error:\nonly one dimension can be inferred")
    try:
        parts = layout.inferred(wanted, n)
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(wanted)} don't multiply up to the size of dim {axis} ({n}) in "
            f"the input tensor"
        ) from None
    return ops.reshape(x, shape=(*shape[:axis], *parts, *shape[axis + 1 :]))


def ravel(input: Any) -> Any:
    """Return the elements as a vector: a view where that is possible, else a copy.

    Args:
        input: The tensor.

    Returns:
        A tensor of one dimension.

    Example::

        >>> import plugrad
        >>> plugrad.ravel(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([1, 2, 3, 4])
    """
    x = contiguous(dimensions.tensor("ravel", input))
    return ops.reshape(x, shape=(math.prod(x.raw.shape),))


# -- dimensions of size 1
# ----------------------------------------------------------------------------------------------


def _squeezed(name: str, x: Any, given: tuple[Any, ...], names: dict[str, Any]) -> tuple[int, tuple[int, ...]]:
    """Which form of squeeze was called (0: all, 1: one dimension, 2: several) and the axes that go."""
    shape = x.raw.shape
    if names:
        if given or next(iter(names)) not in ("dim", "axis") or len(names) > 1:
            raise dimensions.refused(name, *given, **names)
        given = tuple(names.values())
    if not given:
        return 0, tuple([i for i, n in enumerate(shape) if n == 1])
    dim = given[0] if len(given) == 1 else given
    if dim is None:
        raise dimensions.refused(name, dim)
    form = 2 if isinstance(dim, (tuple, list)) else 1
    axes = (dimensions.one(name, dim, len(shape)),) if form == 1 else dimensions.several(name, dim, len(shape))
    return form, tuple([a for a in axes or () if shape and shape[a] == 1])


def squeeze(input: Any, *dim: Any, **names: Any) -> Any:
    """Return a view without dimensions of size 1.

    Args:
        input: The tensor.
        dim: The dimension or dimensions to drop if their size is 1; all by default. Also called ``axis``.
        names: ``dim=`` by name.

    Returns:
        A view.

    Raises:
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.squeeze(plugrad.zeros(1, 2, 1), 0).shape
        plugrad.Size([2, 1])
    """
    x = dimensions.tensor("squeeze", input)
    form, axes = _squeezed("squeeze", x, dim, names)
    return (ops.squeeze_all, ops.squeeze, ops.squeeze_several)[form](x, axis=axes)


def squeeze_(input: Any, *dim: Any, **names: Any) -> Any:
    """In-place form of ``squeeze``: this tensor loses the dimensions.

    Returns:
        This tensor.
    """
    form, axes = _squeezed("squeeze", input, dim, names)
    return layout.rebound(input, (_squeeze_all_, _squeeze_, _squeeze_several_)[form], {"axis": axes})


def unsqueeze(input: Any, dim: int) -> Any:
    """Return a view with one more dimension, of size 1.

    Args:
        input: The tensor.
        dim: Where it will be; negative ones count from the end of the new shape.

    Returns:
        A view.

    Raises:
        IndexError: if the place is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([1, 2]).unsqueeze(1).shape
        plugrad.Size([2, 1])
    """
    x = dimensions.tensor("unsqueeze", input)
    return ops.expand_dims(x, axis=dimensions.one("unsqueeze", dim, x.raw.ndim + 1))


def unsqueeze_(input: Any, dim: int) -> Any:
    """In-place form of ``unsqueeze``: this tensor gets the dimension.

    Returns:
        This tensor.
    """
    return layout.rebound(input, _unsqueeze_, {"axis": dimensions.one("unsqueeze", dim, input.raw.ndim + 1)})


# -- memory
# ------------------------------------------------------------------------------------------------------------


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """Return a copy that is recorded: gradients flow through it to the original.

    Args:
        input: The tensor.
        memory_format: Accepted for PyTorch's sake; a tensor has one format here.

    Returns:
        A tensor in memory of its own.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> (2 * x.clone()).backward()
        >>> x.grad
        tensor([2.])
    """
    return ops.clone(input)


def contiguous(input: Any, *, memory_format: Any = None) -> Any:
    """Return this tensor if its elements lie in memory in order, else a copy where they do.

    Args:
        input: The tensor.
        memory_format: Accepted for PyTorch's sake; a tensor has one format here.

    Returns:
        A contiguous tensor.

    Example::

        >>> import plugrad
        >>> x = plugrad.zeros(2, 3)
        >>> x.contiguous() is x, x.t().contiguous().is_contiguous()
        (True, True)
    """
    return input if input.device.backend.in_order(input.raw) else ops.contiguous(input)


def is_contiguous(input: Any, *, memory_format: Any = None) -> bool:
    """Return whether the elements lie in memory in order. Where a library does not tell, they count as if."""
    in_order: bool = input.device.backend.in_order(input.raw)
    return in_order


def stride(input: Any, dim: Any = None) -> Any:
    """Return how far apart in memory neighbours in a dimension are, counted in elements.

    Args:
        input: The tensor.
        dim: The dimension; a tuple for all by default.

    Returns:
        An integer or a tuple. Where a library does not tell, that of a contiguous tensor.

    Raises:
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 3).t().stride()
        (1, 3)
    """
    shape = input.raw.shape
    strides = input.device.backend.strides(input.raw)
    if strides is None or 0 in shape:
        strides = layout.contiguous_strides(shape)
    return strides if dim is None else strides[dimensions.one("stride", dim, len(shape))]


class ShapeMethods:
    """The methods of this chapter."""

    __slots__ = ()

    reshape = reshape
    reshape_as = reshape_as
    view = view
    view_as = view_as
    flatten = flatten
    unflatten = unflatten
    ravel = ravel
    squeeze = squeeze
    squeeze_ = squeeze_
    unsqueeze = unsqueeze
    unsqueeze_ = unsqueeze_
    clone = clone
    contiguous = contiguous
    is_contiguous = is_contiguous
    stride = stride
