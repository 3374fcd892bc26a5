"""Where elements are: arithmetic on indices for generic definitions, which have no scatter and no mixed
indexing.

Everything here runs on raw arrays, and makes its constants from the arrays at hand, so that they are on their
device.
"""

from __future__ import annotations

__all__: list[str] = []


def constant(xp, near, shape, value, dtype):
    """One value everywhere, on the device of ``near``."""
    return xp.broadcast_to(xp.full_like(xp.any(near), value, dtype=dtype), shape=tuple(shape))


def counting(xp, near, n):
    """0, 1, ... n-1 on the device of ``near``."""
    return -1 + xp.cumulative_sum(constant(xp, near, (n,), 1, xp.int64))


def size(shape):
    """The number of elements of a shape."""
    total = 1
    for n in shape:
        total *= n
    return total


def from_front(xp, index, n):
    """A possibly negative index as one in [0, n); ``n``, which is refused later, where it is out of
    bounds.
    """
    index = xp.astype(index, dtype=xp.int64)
    index = xp.where(xp.less(index, 0), n + index, index)
    return xp.where(xp.less(index, 0) | xp.greater_equal(index, n), n, index)


def not_negative(xp, index, n):
    """An index that must not be negative: ``n``, which is refused later, where it is."""
    index = xp.astype(index, dtype=xp.int64)
    return xp.where(xp.less(index, 0) | xp.greater(index, n), n, index)


def flat_index(xp, arrays, sizes):
    """Indices into several dimensions as one into all of them, flattened; their size where one is out of
    bounds.
    """
    if len(arrays) > 1:
        arrays = xp.broadcast_arrays(*arrays)
    flat = outside = None
    for index, n in zip(arrays, sizes, strict=True):
        index = from_front(xp, index, n)
        flat = index if flat is None else flat * n + index
        outside = index == n if outside is None else outside | (index == n)
    return xp.where(outside, size(sizes), flat)


def along(xp, index, shape, axis):
    """The flat positions in an array of this shape of what ``index`` names along an axis, in order."""
    flat = None
    stride = 1
    total = size(shape)
    for i in reversed(range(len(shape))):
        if i == axis:
            part = not_negative(xp, index, shape[i])
            outside = part == shape[i]
        else:
            line = counting(xp, index, index.shape[i])
            part = xp.reshape(line, shape=tuple(-1 if k == i else 1 for k in range(len(shape))))
        flat = stride * part if flat is None else flat + stride * part
        stride *= shape[i]
    return xp.reshape(xp.where(outside, total, flat), shape=(-1,))


def front(xp, x, axes):
    """``x`` with these axes flattened into the first, and the shape and order that ``back`` needs."""
    order = (*axes, *[i for i in range(x.ndim) if i not in axes])
    turned = xp.permute_dims(x, axes=order)
    rows = size(turned.shape[: len(axes)])
    return xp.reshape(turned, shape=(rows, size(turned.shape[len(axes) :]))), tuple(turned.shape), order


def back(xp, rows, shape, order):
    """What ``front`` made, or an array like it, in the shape before."""
    inverse = [0] * len(order)
    for i, axis in enumerate(order):
        inverse[axis] = i
    return xp.permute_dims(xp.reshape(rows, shape=shape), axes=tuple(inverse))


def placed(ndim, axes, indexed):
    """Where the dimensions of the index stand in the result: their number is ``indexed``.

    At the place of the first indexed axis where these are adjacent, else in front.
    """
    adjacent = axes[-1] - axes[0] == len(axes) - 1
    start = axes[0] if adjacent else 0
    rest = ndim - len(axes)
    # Axes of (index dimensions, the rest) in the order of the result.
    return (*range(indexed, indexed + start), *range(indexed), *range(indexed + start, indexed + rest))


def put_rows(xp, rows, index, values, how, over=False):
    """``rows`` with ``values[i]`` put into row ``index[i]`` (the last one wins) or combined with it.

    The standard has no scatter. So the values are sorted by their row, each run of equal rows is combined by
    a segmented scan in log2 steps, and every row gathers the last of its run. Nothing is multiplied by zero,
    so that an inf in one row does not become a nan in another. ``over``: what was in a row is not combined with.
    """
    k, m = rows.shape[0], values.shape[0]
    if m == 0:
        return xp.asarray(rows, copy=True)
    numbers = counting(xp, index, k)
    # Out of bounds here is out of bounds for the library, which says so.
    index = xp.take(numbers, index, axis=0)
    order = xp.argsort(index, stable=True)
    target = xp.take(index, order, axis=0)
    values = xp.take(values, order, axis=0)
    if how != "put":
        combine = {"add": xp.add, "multiply": xp.multiply, "maximum": xp.maximum, "minimum": xp.minimum}[how]
        distance = 1
        while distance < m:
            same = xp.expand_dims(target[distance:] == target[: m - distance], axis=1)
            tail = values[distance:, :]
            tail = xp.where(same, combine(values[: m - distance, :], tail), tail)
            values = xp.concat([values[:distance, :], tail], axis=0)
            distance *= 2
    last = xp.searchsorted(target, numbers, side="right") - 1
    last = xp.where(last < 0, 0, last)
    found = xp.expand_dims(xp.take(target, last, axis=0) == numbers, axis=1)
    picked = xp.take(values, last, axis=0)
    return xp.where(found, picked if over or how == "put" else combine(rows, picked), rows)
