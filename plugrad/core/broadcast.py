"""Shapes and dimensions: what broadcasts, which dimension is meant, and PyTorch's errors where there is none."""

from __future__ import annotations

from typing import Any


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all broadcast to. Raises PyTorch's error, naming the dimension, where there is none."""
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return shapes[0]
    result: tuple[int, ...] = ()
    for shape in shapes:
        ndim = max(len(result), len(shape))
        a = (1,) * (ndim - len(result)) + tuple(result)
        b = (1,) * (ndim - len(shape)) + tuple(shape)
        for i in reversed(range(ndim)):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at non-singleton "
                    f"dimension {i}\nHint: shapes {list(result)} and {list(shape)} do not broadcast together."
                )
        result = tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))
    return result


def explained(error: Exception, raws: tuple[Any, ...]) -> Exception:
    """PyTorch's error where a kernel failed because shapes don't broadcast; otherwise the kernel's own."""
    shapes = [tuple(x.shape) for x in raws if hasattr(x, "shape")]
    try:
        broadcast_shapes(*shapes)
    except RuntimeError as mismatch:
        return mismatch
    return error


def normalized_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front, or PyTorch's IndexError. A 0-d tensor has the dimensions -1 and 0."""
    if 0 <= dim < ndim:
        return dim
    last = max(ndim, 1) - 1
    if not -last - 1 <= dim <= last:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-last - 1}, {last}], but got {dim})")
    return dim if dim >= 0 else dim + last + 1
