"""PyTorch's fft: discrete Fourier transforms along one dimension."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import matrix_checks as checks

__all__ = [
    "fft", "hfft", "ifft", "ihfft", "irfft", "rfft",
]  # fmt: skip

_NORMS = ("backward", "ortho", "forward")


def as_input(name: str, input: Any) -> Any:
    x = checks.tensor(f"fft_{name}", "input", input)
    if not x.dtype.is_inexact:
        return dispatch.cast(x, dtypes.get_default_dtype())
    if x.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(with_hint(f"Unsupported dtype {x.dtype.legacy_name}", "convert first: x.float()."))
    return x


def as_norm(norm: Any) -> str:
    if norm is None:
        return "backward"
    if norm not in _NORMS:
        raise RuntimeError(with_hint(f'Invalid normalization mode: "{norm}"', f"it is one of {', '.join(_NORMS)}."))
    return str(norm)


def points(n: int) -> int:
    if n < 1:
        raise RuntimeError(
            with_hint(f"Invalid number of data points ({n}) specified", "a transform has one point or more.")
        )
    return n


def resized(x: Any, axis: int, n: int) -> Any:
    """``x`` with ``n`` elements along an axis counted from the end: the first ones, or zeros behind them."""
    shape = list(x.raw.shape)
    have = shape[axis]
    if have > n:
        return x[(..., slice(0, n), *[slice(None)] * (-1 - axis))]
    if have < n:
        shape[axis] = n - have
        return ops.concat([x, ops.zeros(tuple(shape), dtype=x.dtype, device=x.device)], axis=axis)
    return x


def _axis(name: str, x: Any, dim: Any) -> int:
    """A dimension, counted from the end."""
    if dim.__class__ is not int:
        dim = as_integer(name, "dim", dim)
    return normalized_dim(dim, x.raw.ndim) - max(x.raw.ndim, 1) if x.raw.ndim else _no_dimension(dim)


def _no_dimension(dim: int) -> int:
    raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")


def as_integer(name: str, argument: str, value: Any) -> int:
    try:
        return arguments.as_int(f"fft_{name}", argument, 1, value)
    except TypeError:
        raise arguments.mistyped(f"fft_{name}", argument, None, "int", value) from None


def _one(name: str, input: Any, n: Any, dim: Any, norm: Any) -> tuple[Any, int | None, int, str]:
    """The arguments of a transform along one dimension."""
    x = as_input(name, input)
    axis = _axis(name, x, dim)
    return x, None if n is None else as_integer(name, "n", n), axis, as_norm(norm)


def _complex(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    x = resized(x, axis, points(x.raw.shape[axis] if n is None else n))
    function = ops.fft_complex if x.dtype.is_complex else ops.fft_whole
    return function(x, axes=(axis,), norm=norm, inverse=inverse)


def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the discrete Fourier transform along a dimension.

    .. math:: y_k = \sum_j x_j \, e^{-2 \pi i j k / n}

    Args:
        input: The tensor, real or complex.
        n: How many elements are transformed: the first ones, or zeros behind them. All by default.
        dim: The dimension.
        norm: The factor: ``"backward"``, the default, none; ``"ortho"`` 1/sqrt(n); ``"forward"`` 1/n.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.fft(plugrad.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _complex("fft", input, n, dim, norm, False)


def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the inverse discrete Fourier transform along a dimension.

    .. math:: y_j = \frac1n \sum_k x_k \, e^{2 \pi i j k / n}

    Args:
        input: The tensor, real or complex.
        n: How many elements are transformed: the first ones, or zeros behind them. All by default.
        dim: The dimension.
        norm: The factor: ``"backward"``, the default, 1/n; ``"ortho"`` 1/sqrt(n); ``"forward"`` none.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.ifft(plugrad.tensor([4.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _complex("ifft", input, n, dim, norm, True)


def refuse_complex(name: str, x: Any) -> None:
    if x.dtype.is_complex:
        if name.startswith("ihfft") and name != "ihfft":
            text = f"Only supports floating-point dtypes, but found: {x.dtype.legacy_name}"
        else:
            kind = "a real-valued" if name == "rfftn" else "a real"
            text = f"{name} expects {kind} input tensor, but got {x.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "fft() transforms complex tensors; x.real is the real part."))


def _half(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    refuse_complex(name, x)
    x = resized(x, axis, points(x.raw.shape[axis] if n is None else n))
    return ops.fft_half(x, axes=(axis,), norm=norm, inverse=inverse)


def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the first half of the discrete Fourier transform of real numbers; the other half is its mirror image.

    Args:
        input: A real tensor.
        n: How many elements are transformed: the first ones, or zeros behind them. All by default.
        dim: The dimension.
        norm: The factor, as in ``fft``.

    Returns:
        A complex tensor with n // 2 + 1 elements along the dimension.

    Raises:
        RuntimeError: for complex input, for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.rfft(plugrad.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _half("rfft", input, n, dim, norm, False)


def ihfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the first half of the inverse discrete Fourier transform of real numbers; ``hfft`` undoes it.

    Args:
        input: A real tensor.
        n: How many elements are transformed: the first ones, or zeros behind them. All by default.
        dim: The dimension.
        norm: The factor, as in ``ifft``.

    Returns:
        A complex tensor with n // 2 + 1 elements along the dimension.

    Raises:
        RuntimeError: for complex input, for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.ihfft(plugrad.tensor([4.0, 0.0, 0.0, 0.0]))
        tensor([1.-0.j, 1.-0.j, 1.-0.j])
    """
    return _half("ihfft", input, n, dim, norm, True)


def as_complex(x: Any) -> Any:
    return x if x.dtype.is_complex else dispatch.cast(x, x.dtype.to_complex())


def _real(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    size = points(2 * (x.raw.shape[axis] - 1) if n is None else n)
    x = resized(as_complex(x), axis, size // 2 + 1)
    return ops.fft_real(x, axes=(axis,), size=size, norm=norm, inverse=inverse)


def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the real numbers of which the first half of the discrete Fourier transform is given: ``rfft`` undone.

    Of the first element, and of the middle one where n is even, the imaginary part does not count.

    Args:
        input: The first half of the spectrum.
        n: The size of the result; 2 (m - 1) of m elements by default. An odd size has to be said.
        dim: The dimension.
        norm: The factor, as in ``ifft``.

    Returns:
        A real tensor.

    Raises:
        RuntimeError: for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.irfft(plugrad.fft.rfft(plugrad.tensor([1.0, 2.0, 3.0])), n=3)
        tensor([1., 2., 3.])
    """
    return _real("irfft", input, n, dim, norm, True)


def hfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    r"""Return the discrete Fourier transform, which is real, of numbers of which the first half is given.

    Args:
        input: The first half of a sequence whose second half is its mirror image, conjugated.
        n: The size of the result; 2 (m - 1) of m elements by default. An odd size has to be said.
        dim: The dimension.
        norm: The factor, as in ``fft``.

    Returns:
        A real tensor.

    Raises:
        RuntimeError: for a norm or a size that there is not, and for half precision.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.hfft(plugrad.tensor([1.0, 0.0, 0.0]))
        tensor([1., 1., 1., 1.])
    """
    return _real("hfft", input, n, dim, norm, False)
