"""Products and choices of elements, and flat indices as coordinates, under PyTorch's names."""

from __future__ import annotations

import itertools
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, joining
from plugrad.core.value import Value

__all__ = ["cartesian_prod", "combinations", "unravel_index"]


def _vector(x: Any) -> Any:
    if x.raw.ndim != 1:
        raise RuntimeError(with_hint(f"Expect a 1D vector, but got shape {list(x.raw.shape)}", "flatten() makes one."))
    return x


def cartesian_prod(*tensors: Any) -> Any:
    """Return all ways to choose one element of each vector, one row each.

    Args:
        tensors: Vectors of one dtype.

    Returns:
        A matrix with a column for each vector; one vector as it is.

    Raises:
        RuntimeError: for other tensors, and for none.

    Example::

        >>> import plugrad
        >>> plugrad.cartesian_prod(plugrad.tensor([1, 2]), plugrad.tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    for i, x in enumerate(tensors):
        if not isinstance(x, Value):
            raise joining.no_tensor(x, i)
    vectors = [_vector(x) for x in tensors]
    if len(vectors) == 1:
        return vectors[0]
    grids = joining.meshgrid(*vectors, indexing="ij")
    return joining.stack([ops.reshape(x, shape=(-1,)) for x in grids], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Return all ways to choose so many elements of a vector, in its order, one row each.

    Args:
        input: A vector.
        r: How many.
        with_replacement: An element may be chosen again.

    Returns:
        A matrix of ``r`` columns; a vector of nothing for ``r=0``.

    Raises:
        RuntimeError: for other tensors, or a negative ``r``.

    Example::

        >>> import plugrad
        >>> plugrad.combinations(plugrad.tensor([1, 2, 3]))
        tensor([[1, 2],
                [1, 3],
                [2, 3]])
    """
    x = _vector(dimensions.tensor("combinations", input))
    r = arguments.as_int("combinations", "r", 2, r)
    if r < 0:
        raise RuntimeError(with_hint(f"Expect a non-negative number, but got {r}", "so many elements are chosen."))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    if r == 0:
        return x.new_empty(0)
    chosen = list(itertools.chain.from_iterable(choose(range(x.raw.shape[0]), r)))
    index = x.new_tensor(chosen, dtype=dtypes.int64)
    return ops.reshape(ops.index_select(x, index, axis=0), shape=(len(chosen) // r, r))


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    r"""Return the coordinates of flat indices in a tensor of a shape.

    Args:
        indices: A tensor of integers.
        shape: The shape.

    Returns:
        A tuple of tensors, one for each dimension. Indices beyond the shape wrap around.

    Raises:
        TypeError: for other dtypes, and sizes that are no integers.
        ValueError: for negative sizes.

    Example::

        >>> import plugrad
        >>> plugrad.unravel_index(plugrad.tensor([1, 5]), (3, 4))
        (tensor([0, 1]), tensor([1, 1]))
    """
    x = dimensions.tensor("unravel_index", indices)
    if x.dtype.category != 1:
        raise TypeError(with_hint(f"expected 'indices' to be integer dtype, but got {x.dtype}", "indices.long()."))
    sizes = tuple(shape) if isinstance(shape, (tuple, list, str)) else (shape,)
    for n in sizes:
        if not dimensions.is_dim(n):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(n)}")
    sizes = tuple([int(n) for n in sizes])
    if any([n < 0 for n in sizes]):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    if 0 in sizes and x.numel():
        raise RuntimeError(with_hint("ZeroDivisionError", f"nothing has the shape {sizes} and elements."))
    x = dispatch.cast(x, dtypes.int64)
    found = []
    # As PyTorch, which floors: an index of -1 is the last element.
    step = 1
    for n in reversed(sizes):
        found.append((x // step) % n if n else x.clone())
        step *= max(n, 1)
    return tuple(reversed(found))
