"""Tensors of one value or of none: zeros, ones, full, empty, eye, and those that follow another tensor."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.arguments import (
    as_dtype,
    as_int,
    as_number,
    check_requires_grad,
    converted,
    mistyped,
    shape_of,
    sizes,
)
from plugrad.core.errors import with_hint
from plugrad.core.tensor import Tensor


def _filled(name: str, args: tuple[Any, ...], size: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """A new tensor from an op of the differentiable namespace that takes a shape."""
    shape = sizes(name, args if size is None else (size,))
    dtype = as_dtype(name, dtype) or dtypes.get_default_dtype()
    if requires_grad is not False:
        check_requires_grad(name, requires_grad, dtype)
    out: Tensor = getattr(ops, name)(shape, dtype=dtype, device=device)
    out.tracked = requires_grad
    return out


def _filled_like(name: str, input: Any, dtype: Any, device: Any, requires_grad: bool, *args: Any) -> Tensor:
    if not isinstance(input, Tensor):
        raise mistyped(name, "input", 1, "Tensor", input)
    dtype = as_dtype(name, dtype) or input.dtype
    if requires_grad is not False:
        check_requires_grad(name, requires_grad, dtype)
    out: Tensor = getattr(ops, name)(input, *args, dtype=dtype, device=device)
    out.tracked = requires_grad
    return out


def zeros(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros.

    Args:
        args: The sizes, one by one or as one sequence.
        size: The sizes as a sequence, by keyword.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes.
        TypeError: for sizes that are no integers.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
    """
    return _filled("zeros", args, size, dtype, device, requires_grad)


def ones(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones.

    Args:
        args: The sizes, one by one or as one sequence.
        size: The sizes as a sequence, by keyword.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes.
        TypeError: for sizes that are no integers.

    Example::

        >>> import plugrad
        >>> plugrad.ones(2, dtype=plugrad.int64)
        tensor([1, 1])
    """
    return _filled("ones", args, size, dtype, device, requires_grad)


def empty(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor whose values are whatever was in memory: for those that are about to be written.

    Args:
        args: The sizes, one by one or as one sequence.
        size: The sizes as a sequence, by keyword.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes.
        TypeError: for sizes that are no integers.

    Example::

        >>> import plugrad
        >>> plugrad.empty(2, 3).shape
        plugrad.Size([2, 3])
    """
    return _filled("empty", args, size, dtype, device, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of one value.

    Args:
        size: The sizes, a sequence of integers.
        fill_value: A number, or a tensor of no dimension.
        dtype: The dtype; by default int64, bool, or the default floating or complex dtype, as ``fill_value``
            is.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes, and for a value that ``dtype`` can't hold.
        TypeError: for sizes that are no integers, and a value that is no number.

    Example::

        >>> import plugrad
        >>> plugrad.full((2, 2), 1.5)
        tensor([[1.5000, 1.5000],
                [1.5000, 1.5000]])
    """
    shape = shape_of("full", size, 1)
    value = as_number("full", "fill_value", 2, fill_value)
    dtype = as_dtype("full", dtype) or dtypes.of_scalar(value)
    if requires_grad is not False:
        check_requires_grad("full", requires_grad, dtype)
    out: Tensor = ops.full(shape, converted(value, dtype), dtype=dtype, device=device)
    out.tracked = requires_grad
    return out


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a matrix with ones on the diagonal and zeros elsewhere.

    Args:
        n: The number of rows.
        m: The number of columns; ``n`` by default.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (n, m).

    Raises:
        RuntimeError: for negative sizes.

    Example::

        >>> import plugrad
        >>> plugrad.eye(2, 3)
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    rows = as_int("eye", "n", 1, n)
    columns = rows if m is None else as_int("eye", "m", 2, m)
    for name, count in (("n", rows), ("m", columns)):
        if count < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {count}")
    dtype = as_dtype("eye", dtype) or dtypes.get_default_dtype()
    check_requires_grad("eye", requires_grad, dtype)
    out: Tensor = ops.eye(rows, columns, dtype=dtype, device=device)
    out.tracked = requires_grad
    return out


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor.

    Example::

        >>> import plugrad
        >>> plugrad.zeros_like(plugrad.tensor([1, 2]))
        tensor([0, 0])
    """
    return _filled_like("zeros_like", input, dtype, device, requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor.

    Example::

        >>> import plugrad
        >>> plugrad.ones_like(plugrad.tensor([1, 2]))
        tensor([1, 1])
    """
    return _filled_like("ones_like", input, dtype, device, requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor with the shape, dtype and device of another, whose values are whatever was in memory.

    Args:
        input: The tensor to follow.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor.

    Example::

        >>> import plugrad
        >>> plugrad.empty_like(plugrad.ones(2, 3)).shape
        plugrad.Size([2, 3])
    """
    return _filled_like("empty_like", input, dtype, device, requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one value with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        fill_value: A number, or a tensor of no dimension.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor or ``fill_value`` no number.
        RuntimeError: if the dtype can't hold the value.

    Example::

        >>> import plugrad
        >>> plugrad.full_like(plugrad.tensor([1, 2]), 7)
        tensor([7, 7])
    """
    if not isinstance(input, Tensor):
        raise mistyped("full_like", "input", 1, "Tensor", input)
    value = as_number("full_like", "fill_value", 2, fill_value)
    value = converted(value, as_dtype("full_like", dtype) or input.dtype)
    return _filled_like("full_like", input, dtype, device, requires_grad, value)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of no dimension, in the default floating dtype unless told otherwise.

    Args:
        s: A number.
        dtype: The dtype.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ().

    Raises:
        TypeError: if ``s`` is no number.

    Example::

        >>> import plugrad
        >>> plugrad.scalar_tensor(3)
        tensor(3.)
    """
    value = as_number("scalar_tensor", "s", 1, s)
    dtype = as_dtype("scalar_tensor", dtype) or dtypes.get_default_dtype()
    if isinstance(value, complex) and not dtype.is_complex:
        raise TypeError(with_hint("must be real number, not complex", "pass a complex dtype."))
    return full((), value, dtype=dtype, device=device, requires_grad=requires_grad)
