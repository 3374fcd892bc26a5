"""The functional face of pooling into so many parts; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.core.errors import with_hint
from plugrad.nn.functional.pooling_checks import batched, check_adaptive_dtype

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_Sizes = int | Sequence[int]


_MEAN = {1: _ops.adaptive_avg_pool, 2: _ops.adaptive_avg_pool2d, 3: _ops.adaptive_avg_pool3d}
_LARGEST = {1: _ops.adaptive_max_pool, 2: _ops.adaptive_max_pool2d, 3: _ops.adaptive_max_pool3d}


def _parts(function: str, count: int, input: Tensor, output_size: Any) -> tuple[int, ...]:
    """How many parts of each axis: None stands for all of its places."""
    if isinstance(output_size, int):
        return (output_size,) * count
    if count == 1:
        if not isinstance(output_size, Sequence):
            raise TypeError(
                with_hint(
                    f"{function}(): argument 'output_size' (position 2) must be tuple of ints, not "
                    f"{type(output_size).__name__}",
                    "it is the number of parts.",
                )
            )
        if len(output_size) != 1:
            raise RuntimeError(f"{function}() argument 'output_size' should contain one int (got {len(output_size)})")
        return tuple(output_size)
    if output_size is None:
        raise TypeError(with_hint("object of type 'NoneType' has no len()", "a None stands for one axis."))
    if input.ndim <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    before = input.shape[-len(output_size) :]
    found = tuple([n if v is None else v for v, n in zip(output_size, before, strict=True)])
    if len(found) != count:
        text = f"{function}: output_size must be {count}"
        if "max" in function:
            text = f"{function}(): internal error: output_size.size() must be {count}"
        raise RuntimeError(with_hint(text, f"there are {count} axes to pool along."))
    return found


def _adaptive_mean(count: int, input: Tensor, output_size: Any) -> Tensor:
    function = f"adaptive_avg_pool{count}d"
    shape = _parts(function, count, input, output_size)
    x, had_batch = batched(function, count, input)
    if min(shape) < 0:
        given = [1, *shape] if count == 1 else list(shape)
        sizes = f"{given[0]}, {given[1]}" + (f",{given[2]}" if count == 3 else "")
        raise RuntimeError(
            f"adaptive_avg_pool{max(count, 2)}d: elements of output_size must be greater than or equal to 0 but "
            f"received {{{sizes}}}"
        )
    check_adaptive_dtype(function, count, x)
    y: Tensor = _MEAN[count](x, shape=shape)
    return y if had_batch else y.squeeze(0)


def _adaptive_largest(count: int, input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    function = f"adaptive_max_pool{count}d"
    shape = _parts(function, count, input, output_size)
    x, had_batch = batched(function, count, input)
    if min(shape) < 0:
        sizes = [*x.shape[(0 if had_batch else 1) : 2], *shape]
        if count == 1:
            sizes = [*x.shape[:2], *shape]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {sizes}")
    check_adaptive_dtype(function, count, x)
    y, index = _LARGEST[count](x, shape=shape)
    return (y, index) if had_batch else (y.squeeze(0), index.squeeze(0))


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """Take the means of so many parts of an axis, nearly equally long.

    Args:
        input: (N, C, W), or a single sample without N.
        output_size: How many parts: an int.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_avg_pool1d(plugrad.tensor([[1.0, 2.0, 4.0]]), 2)
        tensor([[1.5000, 3.0000]])
    """
    return _adaptive_mean(1, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """Take the largest elements of so many parts of an axis.

    Args:
        input: (N, C, W), or a single sample without N.
        output_size: How many parts: an int.
        return_indices: Whether to return the places of the largest elements too.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool1d(plugrad.tensor([[1.0, 2.0, 4.0]]), 2)
        tensor([[2., 4.]])
    """
    found = _adaptive_largest(1, input, output_size)
    return found if return_indices else found[0]


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: int | Sequence[int], return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Take the largest elements of so many parts of an axis, and their places.

    Args:
        input: (N, C, W), or a single sample without N.
        output_size: How many parts: an int.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool1d_with_indices(plugrad.tensor([[1.0, 2.0, 4.0]]), 2)
        (tensor([[2., 4.]]), tensor([[1, 2]]))
    """
    return _adaptive_largest(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Take the means of so many parts of each of two axes, nearly equally long.

    Args:
        input: (N, C, H, W), or a single sample without N.
        output_size: How many parts: an int, or 2; None for as many as there are places.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_avg_pool2d(plugrad.arange(9.0).reshape(1, 3, 3), (1, 2))
        tensor([[[3.5000, 4.5000]]])
    """
    return _adaptive_mean(2, input, output_size)


def adaptive_max_pool2d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """Take the largest elements of so many parts of each of two axes.

    Args:
        input: (N, C, H, W), or a single sample without N.
        output_size: How many parts: an int, or 2; None for as many as there are places.
        return_indices: Whether to return the places of the largest elements too.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool2d(plugrad.arange(9.0).reshape(1, 3, 3), (1, 2))
        tensor([[[7., 8.]]])
    """
    found = _adaptive_largest(2, input, output_size)
    return found if return_indices else found[0]


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Take the largest elements of so many parts of each of two axes, and their places.

    Args:
        input: (N, C, H, W), or a single sample without N.
        output_size: How many parts: an int, or 2; None for as many as there are places.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool2d_with_indices(plugrad.arange(9.0).reshape(1, 3, 3), (1, 2))
        (tensor([[[7., 8.]]]), tensor([[[7, 8]]]))
    """
    return _adaptive_largest(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Take the means of so many parts of each of three axes, nearly equally long.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        output_size: How many parts: an int, or 3; None for as many as there are places.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_avg_pool3d(plugrad.zeros(1, 4, 4, 4), 3).shape
        plugrad.Size([1, 3, 3, 3])
    """
    return _adaptive_mean(3, input, output_size)


def adaptive_max_pool3d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """Take the largest elements of so many parts of each of three axes.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        output_size: How many parts: an int, or 3; None for as many as there are places.
        return_indices: Whether to return the places of the largest elements too.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool3d(plugrad.zeros(1, 4, 4, 4), 3).shape
        plugrad.Size([1, 3, 3, 3])
    """
    found = _adaptive_largest(3, input, output_size)
    return found if return_indices else found[0]


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Take the largest elements of so many parts of each of three axes, and their places.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        output_size: How many parts: an int, or 3; None for as many as there are places.
        return_indices: Without effect.

    Raises:
        RuntimeError: A size does not fit.
        NotImplementedError: The input is no floating point tensor.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.adaptive_max_pool3d_with_indices(plugrad.zeros(1, 4, 4, 4), 3)[1].shape
        plugrad.Size([1, 3, 3, 3])
    """
    return _adaptive_largest(3, input, output_size)
