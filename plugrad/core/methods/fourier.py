"""PyTorch's fft: discrete Fourier transforms, in one dimension and in several."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.default_device import place
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import matrix_checks as checks

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

_NORMS = ("backward", "ortho", "forward")


def _input(name: str, input: Any) -> Any:
    x = checks.tensor(f"fft_{name}", "input", input)
    if not x.dtype.is_inexact:
        return dispatch.cast(x, dtypes.get_default_dtype())
    if x.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(with_hint(f"Unsupported dtype {x.dtype.legacy_name}", "convert first: x.float()."))
    return x


def _norm(norm: Any) -> str:
    if norm is None:
        return "backward"
    if norm not in _NORMS:
        raise RuntimeError(with_hint(f'Invalid normalization mode: "{norm}"', f"it is one of {', '.join(_NORMS)}."))
    return str(norm)


def _points(n: int) -> int:
    if n < 1:
        raise RuntimeError(
            with_hint(f"Invalid number of data points ({n}) specified", "a transform has one point or more.")
        )
    return n


def _resized(x: Any, axis: int, n: int) -> Any:
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
        dim = _integer(name, "dim", dim)
    return normalized_dim(dim, x.raw.ndim) - max(x.raw.ndim, 1) if x.raw.ndim else _no_dimension(dim)


def _no_dimension(dim: int) -> int:
    raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")


def _integer(name: str, argument: str, value: Any) -> int:
    try:
        return arguments.as_int(f"fft_{name}", argument, 1, value)
    except TypeError:
        raise arguments.mistyped(f"fft_{name}", argument, None, "int", value) from None


def _one(name: str, input: Any, n: Any, dim: Any, norm: Any) -> tuple[Any, int | None, int, str]:
    """The arguments of a transform along one dimension."""
    x = _input(name, input)
    axis = _axis(name, x, dim)
    return x, None if n is None else _integer(name, "n", n), axis, _norm(norm)


def _complex(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    x = _resized(x, axis, _points(x.raw.shape[axis] if n is None else n))
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


def _refuse_complex(name: str, x: Any) -> None:
    if x.dtype.is_complex:
        if name.startswith("ihfft") and name != "ihfft":
            text = f"Only supports floating-point dtypes, but found: {x.dtype.legacy_name}"
        else:
            kind = "a real-valued" if name == "rfftn" else "a real"
            text = f"{name} expects {kind} input tensor, but got {x.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "fft() transforms complex tensors; x.real is the real part."))


def _half(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    _refuse_complex(name, x)
    x = _resized(x, axis, _points(x.raw.shape[axis] if n is None else n))
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


def _as_complex(x: Any) -> Any:
    return x if x.dtype.is_complex else dispatch.cast(x, x.dtype.to_complex())


def _real(name: str, input: Any, n: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x, n, axis, norm = _one(name, input, n, dim, norm)
    size = _points(2 * (x.raw.shape[axis] - 1) if n is None else n)
    x = _resized(_as_complex(x), axis, size // 2 + 1)
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


# -- several dimensions ------------------------------------------------------------------------------------------------


def _several(name: str, x: Any, s: Any, dim: Any) -> tuple[list[int], list[int | None]]:
    """The dimensions, counted from the end, and the size of each, None where it stays."""
    ndim = x.raw.ndim
    given = [dim] if isinstance(dim, int) else None if dim is None else list(dim)
    sizes = [s] if isinstance(s, int) else None if s is None else list(s)
    if given is not None:
        axes = [normalized_dim(_integer(name, "dim", d), ndim) - ndim for d in given]
        if len(set(axes)) < len(axes):
            raise RuntimeError("FFT dims must be unique")
        if sizes is not None and len(sizes) != len(axes):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    elif sizes is not None:
        if len(sizes) > ndim:
            raise RuntimeError(f"Got shape with {len(sizes)} values but input tensor only has {ndim} dimensions.")
        axes = list(range(-len(sizes), 0))
    else:
        axes = list(range(-ndim, 0))
    found = [None if n == -1 else _points(_integer(name, "s", n)) for n in sizes or [-1] * len(axes)]
    return axes, found


def _fitted(x: Any, axes: list[int], sizes: list[int | None]) -> Any:
    for axis, n in zip(axes, sizes, strict=True):
        x = _resized(x, axis, _points(x.raw.shape[axis] if n is None else n))
    return x


def _complex_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = _input(name, input)
    axes, sizes = _several(name, x, s, dim)
    norm = _norm(norm)
    x = _fitted(_as_complex(x), axes, sizes)
    return ops.fft_complex(x, axes=tuple(axes), norm=norm, inverse=inverse) if axes else x


def _some(name: str, axes: list[int]) -> None:
    if not axes:
        raise RuntimeError(f"{name} must transform at least one axis")


def _half_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = _input(name, input)
    _refuse_complex(name, x)
    axes, sizes = _several(name, x, s, dim)
    norm = _norm(norm)
    _some(name, axes)
    return ops.fft_half(_fitted(x, axes, sizes), axes=tuple(axes), norm=norm, inverse=inverse)


def _real_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = _input(name, input)
    axes, sizes = _several(name, x, s, dim)
    norm = _norm(norm)
    _some(name, axes)
    size = sizes[-1]
    size = _points(2 * (x.raw.shape[axes[-1]] - 1)) if size is None else size
    x = _fitted(_as_complex(x), axes, [*sizes[:-1], size // 2 + 1])
    return ops.fft_real(x, axes=tuple(axes), size=size, norm=norm, inverse=inverse)


def fftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the discrete Fourier transform along several dimensions.

    Args:
        input: The tensor, real or complex.
        s: The size of each dimension; -1 leaves one as it is.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``fft``, for each dimension.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: if the sizes do not fit the dimensions, or a dimension comes twice.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.fftn(plugrad.eye(2))
        tensor([[2.+0.j, 0.+0.j],
                [0.+0.j, 2.+0.j]])
    """
    return _complex_along("fftn", input, s, dim, norm, False)


def ifftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the inverse discrete Fourier transform along several dimensions.

    Args:
        input: The tensor, real or complex.
        s: The size of each dimension; -1 leaves one as it is.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``ifft``, for each dimension.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: if the sizes do not fit the dimensions, or a dimension comes twice.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.ifftn(2 * plugrad.eye(2))
        tensor([[1.+0.j, 0.+0.j],
                [0.+0.j, 1.+0.j]])
    """
    return _complex_along("ifftn", input, s, dim, norm, True)


def rfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the discrete Fourier transform of real numbers along several dimensions: of the last, the first half.

    Args:
        input: A real tensor.
        s: The size of each dimension; -1 leaves one as it is.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``fft``, for each dimension.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: for complex input, and if the sizes do not fit the dimensions.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.rfftn(plugrad.ones(2, 4)).shape
        plugrad.Size([2, 3])
    """
    return _half_along("rfftn", input, s, dim, norm, False)


def irfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the real numbers of which ``rfftn`` has made the input.

    Args:
        input: The first half of the spectrum.
        s: The size of each dimension of the result; an odd one of the last dimension has to be said.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``ifft``, for each dimension.

    Returns:
        A real tensor.

    Raises:
        RuntimeError: if the sizes do not fit the dimensions, or a dimension comes twice.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.irfftn(plugrad.fft.rfftn(plugrad.ones(2, 2)))
        tensor([[1., 1.],
                [1., 1.]])
    """
    return _real_along("irfftn", input, s, dim, norm, True)


def hfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the discrete Fourier transform of half-given numbers, which is real, along several dimensions.

    Args:
        input: The first half, along the last dimension.
        s: The size of each dimension of the result; an odd one of the last dimension has to be said.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``fft``, for each dimension.

    Returns:
        A real tensor.

    Raises:
        RuntimeError: if the sizes do not fit the dimensions, or a dimension comes twice.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.hfftn(plugrad.ones(2, 3)).shape
        plugrad.Size([2, 4])
    """
    return _real_along("hfftn", input, s, dim, norm, False)


def ihfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    r"""Return the inverse discrete Fourier transform of real numbers along dimensions: of the last, the first half.

    Args:
        input: A real tensor.
        s: The size of each dimension; -1 leaves one as it is.
        dim: The dimensions; the last ones, as many as ``s`` has, or all by default.
        norm: The factor, as in ``ifft``, for each dimension.

    Returns:
        A complex tensor.

    Raises:
        RuntimeError: for complex input, and if the sizes do not fit the dimensions.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.fft.ihfftn(plugrad.ones(2, 4)).shape
        plugrad.Size([2, 3])
    """
    return _half_along("ihfftn", input, s, dim, norm, True)


def _in_two(function: Any, name: str) -> Any:
    """The form for two dimensions, the last ones by default."""

    def transform(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
        return function(input, s, dim, norm)

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"""``{name[:-1]}n`` along two dimensions, the last ones by default.

    Args:
        input: The tensor.
        s: The size of each dimension.
        dim: The dimensions.
        norm: The factor, as in ``{name[:-1]}``, for each dimension.

    Returns:
        What ``{name[:-1]}n`` returns.

    Example::

        >>> import plugrad
        >>> plugrad.fft.{name}(plugrad.ones(2, 3)).ndim
        2
    """
    return transform


fft2 = _in_two(fftn, "fft2")
ifft2 = _in_two(ifftn, "ifft2")
rfft2 = _in_two(rfftn, "rfft2")
irfft2 = _in_two(irfftn, "irfft2")
hfft2 = _in_two(hfftn, "hfft2")
ihfft2 = _in_two(ihfftn, "ihfft2")


# -- frequencies and shifts --------------------------------------------------------------------------------------------


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
        axes = [normalized_dim(_integer(name, "dim", d), ndim) for d in dim]
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
