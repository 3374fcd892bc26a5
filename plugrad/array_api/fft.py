"""The standard's extension of Fourier transforms, differentiable.

Example::

    >>> import plugrad.array_api as xp
    >>> xp.fft.rfft(xp.asarray([1.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j])
"""

# ruff: noqa: F403, F405 - of chapters that say in __all__ what they have

from plugrad.array_api._fft import *

__all__ = [
    "fft", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifftn", "ifftshift", "ihfft", "irfft", "irfftn",
    "rfft", "rfftfreq", "rfftn",
]  # fmt: skip
