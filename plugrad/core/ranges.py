"""Tensors of evenly spaced numbers, and the indices of triangles."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import data, dispatch, dtypes, ops
from plugrad.core.arguments import (
    as_dtype,
    as_int,
    as_number,
    check_requires_grad,
    converted,
    limits,
    mistyped,
)
from plugrad.core.default_device import place
from plugrad.core.errors import with_hint
from plugrad.core.tensor import Tensor

# Integers up to here are exact in float16: multiples of such steps can be left to any library's arange.
_EXACT = 2048


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make a tensor of numbers from a start up to, not including, an end, in even steps: ``arange(5)``.

    .. math:: x_i = start + i \cdot step, \quad 0 \le i < \lceil (end - start) / step \rceil

    Args:
        start: The first number; 0 by default.
        end: The bound, which is not reached.
        step: The distance between neighbours; negative to count down.
        dtype: The dtype; int64 if all numbers are integers, else the default floating dtype.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf of one dimension.

    Shape:
        (ceil((end - start) / step),).

    Raises:
        RuntimeError: if ``step`` is 0, or leads away from ``end``.
        ValueError: if ``step`` is 0 in an integer dtype.
        TypeError: if an argument is no number.

    Example::

        >>> import plugrad
        >>> plugrad.arange(5)
        tensor([0, 1, 2, 3, 4])
        >>> plugrad.arange(1, 2.5, 0.5)
        tensor([1.0000, 1.5000, 2.0000])
    """
    if start.__class__ is int and start >= 0 and end is dtype is None and step == 1 and not requires_grad:
        return ops.arange(start, device=device)  # type: ignore[no-any-return]  # the usual call, on a count
    if end is None:
        if start is None:
            raise TypeError(
                with_hint('arange() missing 1 required positional arguments: "end"', "arange(5) counts from 0 to 4.")
            )
        start, end, names = 0, start, ("", "end", "step")
    else:
        start, names = 0 if start is None else start, ("start", "end", "step")
    numbers = [
        as_number("arange", name, i, x)
        for i, (name, x) in enumerate(zip(names, (start, end, step), strict=True), int(names[0] == "start"))
    ]
    whole = all([isinstance(x, int) for x in numbers])
    dtype = as_dtype("arange", dtype) or (dtypes.int64 if whole else dtypes.get_default_dtype())
    check_requires_grad("arange", requires_grad, dtype)
    if dtype is dtypes.bool_ or dtype.is_complex:
        raise NotImplementedError(
            with_hint(f"\"arange_cpu\" not implemented for '{dtype.legacy_name}'", "use an integer dtype.")
        )
    numbers = [converted(x, dtypes.float64) if isinstance(x, complex) else x for x in numbers]
    count = _count(*numbers)
    if dtype.category == 1:
        # Integer dtypes count in integers: all numbers are truncated first, as in PyTorch.
        first, last, stride = [converted(x, dtypes.int64) for x in numbers]
        if stride == 0:
            raise ValueError(with_hint("step must be nonzero", f"as an integer, {numbers[2]} is 0."))
        out = _integers(first, stride, _count(first, last, stride), dtype, device)
    else:
        out = _floats(float(numbers[0]), float(numbers[2]), count, dtype, device)
    out.tracked = requires_grad
    return out


def _count(start: Any, end: Any, step: Any) -> int:
    """How many numbers there are; exact for integers."""
    if step == 0:
        raise RuntimeError(with_hint("step must be nonzero", "all numbers would be the same."))
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(with_hint(f"unsupported range: {start:g} -> {end:g}", "both bounds must be finite."))
    if (end < start) == (step > 0) and start != end:
        raise RuntimeError(
            with_hint(
                "upper bound and lower bound inconsistent with step sign",
                f"from {start} to {end} needs a {'negative' if end < start else 'positive'} step.",
            )
        )
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        return -((start - end) // step)
    count: int = math.ceil((end - start) / step)
    return count


def _integers(first: int, stride: int, count: int, dtype: dtypes.dtype, device: Any) -> Tensor:
    low, high = limits(dtype)
    last = first + stride * (count - 1)
    if count == 0 or (low <= min(first, last) and max(first, last) <= high):
        # One past the last may not fit the dtype, so that the library must not be asked to stop there.
        stop = first + stride * count
        if low <= stop <= high and stride:
            found: Tensor = ops.arange(first, stop, stride, dtype=dtype, device=device)
            return found
    wide: Tensor = ops.arange(0, count, 1, dtype=dtypes.int64, device=device)
    # Numbers beyond the dtype wrap, as PyTorch's do.
    return ops.astype(ops.add(ops.multiply(wide, stride), first), dtype=dtype)  # type: ignore[no-any-return]  # ops are untyped


def _floats(first: float, stride: float, count: int, dtype: dtypes.dtype, device: Any) -> Tensor:
    if first.is_integer() and stride.is_integer() and abs(first) + abs(stride) * count <= _EXACT:
        found: Tensor = ops.arange(first, first + stride * count, stride, dtype=dtype, device=device)
        return found
    # Libraries add float32 steps, whose errors grow. On the host in float64 each number is rounded once.
    where = place(device)
    dispatch.raw_dtype(dtype, where)
    home = data.host()
    xp = home.namespace
    numbers = xp.arange(count, dtype=home.dtypes[dtypes.float64])
    numbers *= stride
    numbers += first
    return _from_host(numbers, dtype, where)


def _from_host(numbers: Any, dtype: dtypes.dtype, where: Any) -> Tensor:
    home = data.host()
    token = home.silence()
    try:
        array = home.asarray(numbers, dtype if dtype in home.dtypes else dtypes.float32, None, copy=None)
    finally:
        home.unsilence(token)
    return Tensor(data.to_device(array, dtype, where), where, dtype)


def _bounds(name: str, start: Any, end: Any) -> tuple[Any, Any]:
    for what, x in (("start", start), ("end", end)):
        if isinstance(x, Tensor) and x.ndim:
            raise RuntimeError(
                with_hint(
                    f"{name} only supports 0-dimensional start and end tensors, but got {what} with "
                    f"{x.ndim} dimension(s).",
                    "pass numbers.",
                )
            )
    return as_number(name, "start", 1, start), as_number(name, "end", 2, end)


def _spaced(name: str, start: Any, end: Any, steps: Any, dtype: Any, requires_grad: bool) -> tuple[Any, Any, int, Any]:
    """Checked arguments of linspace and logspace."""
    first, last = _bounds(name, start, end)
    count = as_int(name, "steps", 3, steps)
    if count < 0:
        raise RuntimeError(with_hint("number of steps must be non-negative", f"{count} were asked for."))
    inferred = dtypes.get_default_dtype()
    if isinstance(first, complex) or isinstance(last, complex):
        inferred = inferred.to_complex()
    dtype = as_dtype(name, dtype) or inferred
    if inferred.is_complex and not dtype.is_complex:
        c_name = {"complex64": "c10::complex<float>", "complex128": "c10::complex<double>"}[inferred.name]
        raise RuntimeError(
            with_hint(
                f"plugrad.{name}(): inferred dtype {c_name} can't be safely cast to passed dtype {dtype.legacy_name}",
                "pass a complex dtype.",
            )
        )
    if dtype is dtypes.bool_:
        raise NotImplementedError(with_hint(f"\"{name}_cpu\" not implemented for 'Bool'", "use an integer dtype."))
    check_requires_grad(name, requires_grad, dtype)
    return first, last, count, dtype


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    r"""Make a tensor of ``steps`` evenly spaced numbers from start to end, both included.

    .. math:: x_i = start + i \cdot \frac{end - start}{steps - 1}

    Args:
        start: The first number.
        end: The last number.
        steps: How many.
        dtype: The dtype; the default floating (or complex) dtype by default. Integers are truncated.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf of one dimension.

    Shape:
        (steps,).

    Raises:
        RuntimeError: if ``steps`` is negative.

    Example::

        >>> import plugrad
        >>> plugrad.linspace(0, 1, 5)
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    first, last, count, dtype = _spaced("linspace", start, end, steps, dtype, requires_grad)
    out = _from_host(_evenly(first, last, count), dtype, place(device))
    out.tracked = requires_grad
    return out


def _evenly(first: Any, last: Any, count: int) -> Any:
    """Host's numbers in double precision, the upper half counted from the end: so both ends are exact."""
    home = data.host()
    xp = home.namespace
    i = xp.arange(count, dtype=home.dtypes[dtypes.float64])
    step = (last - first) / (count - 1) if count > 1 else 0.0
    lower = i < count // 2 if count > 1 else i < 1
    return xp.where(lower, first + step * i, last - step * (count - 1 - i))


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make a tensor of powers of ``base`` whose exponents are evenly spaced.

    .. math:: x_i = base^{\,start + i \cdot (end - start) / (steps - 1)}

    Args:
        start: The first exponent.
        end: The last exponent.
        steps: How many.
        base: The base.
        dtype: The dtype; the default floating (or complex) dtype by default. Integers are truncated.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf of one dimension.

    Shape:
        (steps,).

    Raises:
        RuntimeError: if ``steps`` is negative.

    Example::

        >>> import plugrad
        >>> plugrad.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    first, last, count, dtype = _spaced("logspace", start, end, steps, dtype, requires_grad)
    home = data.host()
    token = home.silence()
    try:
        powers = home.namespace.pow(as_number("logspace", "base", 4, base), _evenly(first, last, count))
    finally:
        home.unsilence(token)
    out = _from_host(powers, dtype, place(device))
    out.tracked = requires_grad
    return out


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """Make the indices of the lower triangle of a matrix: row indices, and column indices below them.

    Args:
        row: The matrix's number of rows.
        col: The matrix's number of columns.
        offset: The diagonal up to which elements count; 0 the main one, positive above it.
        dtype: int64 or int32.
        device: Where the tensor lives; the default device by default.

    Returns:
        A tensor of integers.

    Shape:
        (2, n) for n elements.

    Raises:
        RuntimeError: for negative sizes.

    Example::

        >>> import plugrad
        >>> plugrad.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return _triangle("tril_indices", row, col, offset, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """Make the indices of the upper triangle of a matrix: row indices, and column indices below them.

    Args:
        row: The matrix's number of rows.
        col: The matrix's number of columns.
        offset: The diagonal from which elements count; 0 the main one, positive above it.
        dtype: int64 or int32.
        device: Where the tensor lives; the default device by default.

    Returns:
        A tensor of integers.

    Shape:
        (2, n) for n elements.

    Raises:
        RuntimeError: for negative sizes.

    Example::

        >>> import plugrad
        >>> plugrad.triu_indices(2, 2)
        tensor([[0, 0, 1],
                [0, 1, 1]])
    """
    return _triangle("triu_indices", row, col, offset, dtype, device)


def _triangle(name: str, row: Any, col: Any, offset: Any, dtype: Any, device: Any) -> Tensor:
    rows, columns = as_int(name, "row", 1, row), as_int(name, "col", 2, col)
    k = as_int(name, "offset", 3, offset)
    for what, n in (("row", rows), ("col", columns)):
        if n < 0:
            raise RuntimeError(f"{what} must be non-negative, got{n}")
    dtype = as_dtype(name, dtype) or dtypes.int64
    if dtype not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(
            with_hint(f"\"{name}\" not implemented for '{dtype.legacy_name}'", "indices are int64 or int32.")
        )
    if not isinstance(dtype, dtypes.dtype):
        raise mistyped(name, "dtype", None, "plugrad.dtype", dtype)
    xp = data.host().namespace
    keep = xp.tril if name == "tril_indices" else xp.triu
    i, j = xp.nonzero(keep(xp.ones((rows, columns), dtype=xp.bool_), k=k))
    return _from_host(xp.stack((i, j)), dtype, place(device))
