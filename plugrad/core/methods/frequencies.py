"""PyTorch's fft: frequencies, and shifts that put them in order."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dtypes, ops
from plugrad.core.default_device import place
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.fourier import as_integer

__all__ = [
    "fftfreq", "fftshift", "ifftshift", "rfftfreq",
]  # fmt: skip


def _frequencies(name: str, n: Any, d: Any, numbers: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    dtype = arguments.as_dtype(f"fft_{name}", dtype) or dtypes.get_default_dtype()
    if not dtype.is_inexact:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if dtype.is_complex:
        text = f"\"arange_cpu\" not implemented for '{dtype.legacy_name}'"
        raise NotImplementedError(with_hint(text, "convert the result: it is real."))
    spacing = n * arguments.as_number(f"fft_{name}", "d", 2, d)
    factor = 1.0 / spacing if spacing else math.inf
    where = place(device)
    found = ops.multiply(ops.concat([ops.arange(a, b, dtype=dtype, device=where) for a, b in numbers]), factor)
    return found.requires_grad_() if requires_grad else found


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    r"""Return the frequencies that ``fft`` finds in n samples.

    .. math:: f = (0, 1, \dots, \lceil n/2 \rceil - 1, -\lfloor n/2 \rfloor, \dots, -1) / (n d)

    Args:
        n: The number of samples.
        d: The distance between them.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A tensor of n elements.

    Raises:
        RuntimeError: if n is negative, or for an integer dtype.

    Example::

        >>> import plugrad
        >>> plugrad.fft.fftfreq(4)
        tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    n = _count("fftfreq", n)
    return _frequencies("fftfreq", n, d, [(0, (n + 1) // 2), (-(n // 2), 0)], dtype, device, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    r"""Return the frequencies that ``rfft`` finds in n samples.

    .. math:: f = (0, 1, \dots, \lfloor n/2 \rfloor) / (n d)

    Args:
        n: The number of samples.
        d: The distance between them.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A tensor of n // 2 + 1 elements.

    Raises:
        RuntimeError: if n is negative, or for an integer dtype.

    Example::

        >>> import plugrad
        >>> plugrad.fft.rfftfreq(4)
        tensor([0.0000, 0.2500, 0.5000])
    """
    n = _count("rfftfreq", n)
    return _frequencies("rfftfreq", n, d, [(0, n // 2 + 1)], dtype, device, requires_grad)


def _count(name: str, n: Any) -> int:
    count = arguments.as_int(f"fft_{name}", "n", 1, n)
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    return count


def _shifted(name: str, input: Any, dim: Any, more: int) -> Any:
    x = checks.tensor(f"fft_{name}", "input", input)
    ndim = x.raw.ndim
    if not ndim:
        raise RuntimeError(with_hint("`shifts` required", "a tensor without dimensions has nothing to shift."))
    if dim is None:
        axes = list(range(ndim))
    elif isinstance(dim, (tuple, list)):
        axes = [normalized_dim(as_integer(name, "dim", d), ndim) for d in dim]
    elif isinstance(dim, int):
        axes = [normalized_dim(dim, ndim)]
    else:
        raise arguments.mistyped(f"fft_{name}", "dim", None, "tuple of ints", dim)
    if not axes:
        return ops.clone(x)
    return ops.roll(x, shift=tuple([(x.raw.shape[a] + more) // 2 for a in axes]), axis=tuple(axes))


def fftshift(input: Any, dim: Any = None) -> Any:
    """Return a tensor turned so that the frequency 0 is in the middle.

    Args:
        input: The tensor.
        dim: The dimension or dimensions; all by default.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.fftshift(plugrad.fft.fftfreq(4))
        tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted("fftshift", input, dim, 0)


def ifftshift(input: Any, dim: Any = None) -> Any:
    """Return a tensor turned back, so that the frequency 0 is at the start: ``fftshift`` undone.

    Args:
        input: The tensor.
        dim: The dimension or dimensions; all by default.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.ifftshift(plugrad.tensor([1, 2, 3, 4, 5]))
        tensor([3, 4, 5, 1, 2])
    """
    return _shifted("ifftshift", input, dim, 1)
