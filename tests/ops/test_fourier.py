"""Fourier transforms on every backend: against the sums that define them, derivatives, sizes, dtypes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plugrad
from plugrad.testing import gradcheck, gradgradcheck
from tests.ops.test_linalg_decompositions import close, draw

__all__ = ["draw"]

REAL, COMPLEX = plugrad.float64, plugrad.complex128
NORMS = pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])


def matrix(n, device, inverse=False, norm="backward"):
    """The Fourier matrix."""
    sign = 2j if inverse else -2j
    factor = {"ortho": n**-0.5, "backward": 1 / n if inverse else 1.0, "forward": 1.0 if inverse else 1 / n}[norm]
    rows = [[complex(np.exp(sign * math.pi * j * k / n)) * factor for j in range(n)] for k in range(n)]
    return plugrad.tensor(rows, dtype=COMPLEX, device=device)


@NORMS
@pytest.mark.parametrize("n", [1, 4, 5])
def test_transforms_are_products_with_fouriers_matrix(draw, norm, n):
    z, x = draw(2, n, dtype=COMPLEX), draw(2, n)
    there, back = matrix(n, z.device, False, norm), matrix(n, z.device, True, norm)
    assert close(plugrad.fft.fft(z, norm=norm), z @ there)
    assert close(plugrad.fft.ifft(z, norm=norm), z @ back)
    assert close(plugrad.fft.fft(x, norm=norm), x.to(COMPLEX) @ there)
    half = n // 2 + 1
    assert close(plugrad.fft.rfft(x, norm=norm), (x.to(COMPLEX) @ there)[:, :half])
    assert close(plugrad.fft.ihfft(x, norm=norm), (x.to(COMPLEX) @ back)[:, :half])
    assert close(plugrad.fft.irfft(plugrad.fft.rfft(x, norm=norm), n, norm=norm), x)
    assert close(plugrad.fft.hfft(plugrad.fft.ihfft(x, norm=norm), n, norm=norm), x)


@NORMS
def test_several_dimensions_are_one_after_the_other(draw, norm):
    z, x = draw(2, 3, 4, dtype=COMPLEX), draw(2, 3, 4)
    one = plugrad.fft.fft(plugrad.fft.fft(z, dim=0, norm=norm), dim=2, norm=norm)
    assert close(plugrad.fft.fftn(z, dim=(0, 2), norm=norm), one)
    assert close(plugrad.fft.rfftn(x, norm=norm), plugrad.fft.fftn(x, norm=norm)[..., :3])
    assert close(plugrad.fft.irfftn(plugrad.fft.rfftn(x, norm=norm), norm=norm), x)
    assert close(plugrad.fft.hfftn(plugrad.fft.ihfftn(x, norm=norm), norm=norm), x)
    assert close(plugrad.fft.irfft2(plugrad.fft.rfft2(x, norm=norm), norm=norm), x)
    assert close(plugrad.fft.hfft2(plugrad.fft.ihfft2(x, norm=norm), norm=norm), x)


CALLS = {
    "fft": (COMPLEX, lambda x: plugrad.fft.fft(x, 5)),
    "fft of real": (REAL, lambda x: plugrad.fft.fft(x, 3, 0)),
    "ifft": (COMPLEX, lambda x: plugrad.fft.ifft(x, 2, norm="ortho")),
    "rfft": (REAL, lambda x: plugrad.fft.rfft(x)),
    "rfft of odd": (REAL, lambda x: plugrad.fft.rfft(x, 3, norm="forward")),
    "irfft": (COMPLEX, lambda x: plugrad.fft.irfft(x)),
    "irfft of odd": (COMPLEX, lambda x: plugrad.fft.irfft(x, 5, norm="ortho")),
    "irfft of real": (REAL, lambda x: plugrad.fft.irfft(x)),
    "hfft": (COMPLEX, lambda x: plugrad.fft.hfft(x, 5)),
    "ihfft": (REAL, lambda x: plugrad.fft.ihfft(x, 3)),
    "fftn": (COMPLEX, lambda x: plugrad.fft.fftn(x, (2, 3))),
    "rfftn": (REAL, lambda x: plugrad.fft.rfftn(x)),
    "irfftn": (COMPLEX, lambda x: plugrad.fft.irfftn(x, (3, 5))),
    "hfft2": (COMPLEX, lambda x: plugrad.fft.hfft2(x, norm="ortho")),
    "ihfft2": (REAL, lambda x: plugrad.fft.ihfft2(x)),
}


@pytest.mark.parametrize("name", CALLS)
def test_derivatives(draw, name):
    dtype, function = CALLS[name]
    x = draw(3, 4, dtype=dtype, requires_grad=True)
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,), fast_mode=True)


@pytest.mark.parametrize("name", CALLS)
def test_single_precision_stays_single(draw, name):
    dtype, function = CALLS[name]
    x = draw(3, 4, dtype=dtype)
    single = plugrad.complex64 if dtype.is_complex else plugrad.float32
    y = function(x.to(single))
    assert y.dtype is (plugrad.complex64 if function(x).dtype.is_complex else plugrad.float32)
    assert close(y.to(function(x).dtype), function(x), 1e-4)


@pytest.mark.parametrize("name", CALLS)
def test_batches_and_tangents(draw, name):
    dtype, function = CALLS[name]
    x, t = draw(2, 3, 4, dtype=dtype), draw(3, 4, dtype=dtype)
    assert close(plugrad.vmap(function)(x), plugrad.stack([function(x[0]), function(x[1])]))
    y, forward = plugrad.func.jvp(function, (x[0],), (t,))
    assert close(y, function(x[0]))
    assert close(forward, function(t))


def test_frequencies_and_shifts(device):
    for n in (4, 5):
        numbers = plugrad.fft.fftfreq(n, 0.5, device=device)
        np.testing.assert_allclose(numbers.tolist(), np.fft.fftfreq(n, 0.5), rtol=1e-6)
        turned = plugrad.fft.fftshift(numbers)
        assert turned.tolist() == sorted(numbers.tolist())
        assert plugrad.fft.ifftshift(turned).tolist() == numbers.tolist()
    assert plugrad.fft.rfftfreq(4, device=device, dtype=plugrad.float64).dtype is plugrad.float64
    assert plugrad.fft.fftfreq(4, device=device, requires_grad=True).requires_grad


def test_integers_become_the_default_dtype(device):
    x = plugrad.tensor([1, 2, 3], device=device)
    assert plugrad.fft.fft(x).dtype is plugrad.complex64
    assert plugrad.fft.rfft(x > 1).dtype is plugrad.complex64
