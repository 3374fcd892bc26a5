"""Fourier transforms: three linear ops, between complex numbers, and from and to the half spectra of real ones.

Each is along axes counted from the end. Their rules are plain transposes: a Fourier matrix is symmetric, so the
transpose of a transform is the transform in the same direction and norm. What fits the sizes is done outside.
"""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = ["fft_complex", "fft_half", "fft_whole", "fft_real"]


def complex_dtype(xp, x):
    """The complex dtype of a real array's precision."""
    return xp.complex64 if x.dtype == xp.float32 else xp.complex128


def transformed(xp, x, axes, norm, inverse):
    """The library's transform along several axes, or one."""
    if len(axes) == 1:
        return (xp.fft_ifft if inverse else xp.fft_fft)(x, axis=axes[0], norm=norm)
    return (xp.fft_ifftn if inverse else xp.fft_fftn)(x, axes=axes, norm=norm) if axes else x


@op(node="FftC2C", promote="none", batch="stack", linear="all", tested="tests/ops/test_fourier.py")
def fft_complex(xp, x, *, axes, norm="backward", inverse=False):
    """The transform of complex numbers along axes."""
    return transformed(xp, x, axes, norm, inverse)


fft_complex.vjp(x=lambda xp, g, axes, norm, inverse: xp.fft_complex(g, axes=axes, norm=norm, inverse=inverse))


@op(
    node="FftR2C",
    promote="none",
    batch="stack",
    linear="all",
    samples=lambda: [case(real(2, 3), axes=(-1,)), case(real(4, 2), axes=(-2, -1), norm="ortho", inverse=True)],
)
def fft_whole(xp, x, *, axes, norm="backward", inverse=False):
    """The transform of real numbers along axes: the whole spectrum, though half of it says all."""
    return transformed(xp, xp.astype(x, complex_dtype(xp, x)), axes, norm, inverse)


fft_whole.vjp(x=lambda xp, g, axes, norm, inverse: xp.real(xp.fft_complex(g, axes=axes, norm=norm, inverse=inverse)))


@op(
    node="FftR2C",
    promote="none",
    batch="stack",
    linear="all",
    samples=lambda: [
        case(real(2, 4), axes=(-1,)),
        case(real(2, 5), axes=(-1,), norm="ortho"),
        case(real(5, 2), axes=(-2,), norm="forward", inverse=True),
        case(real(3, 4), axes=(-2, -1)),
        case(real(3, 5), axes=(-1, -2), inverse=True),
    ],
)
def fft_half(xp, x, *, axes, norm="backward", inverse=False):
    """The transform of real numbers along axes: of the last, the first half of the spectrum."""
    *others, last = axes
    if not inverse:
        return xp.fft_rfftn(x, axes=axes, norm=norm) if others else xp.fft_rfft(x, axis=last, norm=norm)
    return transformed(xp, xp.fft_ihfft(x, axis=last, norm=norm), tuple(others), norm, True)


def _half_rule(xp, g, axes, norm, inverse, x_shape):
    last = axes[-1]
    missing = [*g.shape]
    missing[last] = x_shape[last] - g.shape[last]
    g = xp.concat([g, xp.zeros(tuple(missing), dtype=g.dtype)], axis=last)
    return xp.real(xp.fft_complex(g, axes=axes, norm=norm, inverse=inverse))


fft_half.vjp(x=_half_rule)


@op(node="FftC2R", promote="none", batch="stack", linear="all", tested="tests/ops/test_fourier.py")
def fft_real(xp, x, *, axes, size, norm="backward", inverse=True):
    """The transform of the first half of a hermitian spectrum along axes, with ``size`` elements along the last."""
    *others, last = axes
    if inverse:
        if others:
            sizes = (*[x.shape[a] for a in others], size)
            return xp.fft_irfftn(x, s=sizes, axes=axes, norm=norm)
        return xp.fft_irfft(x, n=size, axis=last, norm=norm)
    return xp.fft_hfft(transformed(xp, x, tuple(others), norm, False), n=size, axis=last, norm=norm)


def _real_rule(xp, g, axes, size, norm, inverse):
    last = axes[-1]
    found = xp.fft_half(g, axes=axes, norm=norm, inverse=inverse)
    # Elements of the first half stand for those of the second too; but for the first, and the middle of an even size.
    count = found.shape[last]
    numbers = xp.arange(count)
    once = (numbers == 0) | (2 * numbers == size)
    weights = xp.astype(xp.where(once, xp.ones_like(numbers), 2 * xp.ones_like(numbers)), dtype=g.dtype)
    return found * xp.reshape(weights, shape=(count, *[1] * (-1 - last)))


fft_real.vjp(x=_real_rule)
