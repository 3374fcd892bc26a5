"""PyTorch's ``fft``: discrete Fourier transforms, differentiable to any order.

float32 becomes complex64 and float64 complex128; half precision is refused, as by PyTorch on a CPU.
"""

from plugrad.core.methods.fourier import fft, hfft, ifft, ihfft, irfft, rfft
from plugrad.core.methods.fourier_several import (
    fft2,
    fftn,
    hfft2,
    hfftn,
    ifft2,
    ifftn,
    ihfft2,
    ihfftn,
    irfft2,
    irfftn,
    rfft2,
    rfftn,
)
from plugrad.core.methods.frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from plugrad.core.methods.with_out import accept_out as _accept_out

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

_accept_out(globals(), "fft")
