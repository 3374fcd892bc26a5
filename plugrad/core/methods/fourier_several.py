"""PyTorch's fft: discrete Fourier transforms along several dimensions."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.methods.fourier import as_complex, as_input, as_integer, as_norm, points, refuse_complex, resized

__all__ = [
    "fft2", "fftn", "hfft2", "hfftn", "ifft2", "ifftn", "ihfft2", "ihfftn", "irfft2", "irfftn", "rfft2",
    "rfftn",
]  # fmt: skip


def _several(name: str, x: Any, s: Any, dim: Any) -> tuple[list[int], list[int | None]]:
    """The dimensions, counted from the end, and the size of each, None where it stays."""
    ndim = x.raw.ndim
    given = [dim] if isinstance(dim, int) else None if dim is None else list(dim)
    sizes = [s] if isinstance(s, int) else None if s is None else list(s)
    if given is not None:
        axes = [normalized_dim(as_integer(name, "dim", d), ndim) - ndim for d in given]
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
    found = [None if n == -1 else points(as_integer(name, "s", n)) for n in sizes or [-1] * len(axes)]
    return axes, found


def _fitted(x: Any, axes: list[int], sizes: list[int | None]) -> Any:
    for axis, n in zip(axes, sizes, strict=True):
        x = resized(x, axis, points(x.raw.shape[axis] if n is None else n))
    return x


def _complex_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = as_input(name, input)
    axes, sizes = _several(name, x, s, dim)
    norm = as_norm(norm)
    x = _fitted(as_complex(x), axes, sizes)
    return ops.fft_complex(x, axes=tuple(axes), norm=norm, inverse=inverse) if axes else x


def _some(name: str, axes: list[int]) -> None:
    if not axes:
        raise RuntimeError(f"{name} must transform at least one axis")


def _half_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = as_input(name, input)
    refuse_complex(name, x)
    axes, sizes = _several(name, x, s, dim)
    norm = as_norm(norm)
    _some(name, axes)
    return ops.fft_half(_fitted(x, axes, sizes), axes=tuple(axes), norm=norm, inverse=inverse)


def _real_along(name: str, input: Any, s: Any, dim: Any, norm: Any, inverse: bool) -> Any:
    x = as_input(name, input)
    axes, sizes = _several(name, x, s, dim)
    norm = as_norm(norm)
    _some(name, axes)
    size = sizes[-1]
    size = points(2 * (x.raw.shape[axes[-1]] - 1)) if size is None else size
    x = _fitted(as_complex(x), axes, [*sizes[:-1], size // 2 + 1])
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
