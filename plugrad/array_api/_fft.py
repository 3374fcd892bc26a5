"""The standard's Fourier transforms, for ``plugrad.array_api.fft``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from plugrad.array_api._common import array
from plugrad.core.errors import with_hint
from plugrad.core.methods import fourier, fourier_several, frequencies

__all__ = [
    "fft", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifftn", "ifftshift", "ihfft", "irfft", "irfftn",
    "rfft", "rfftfreq", "rfftn",
]  # fmt: skip

_NORMS: Final = ("backward", "ortho", "forward")


def _norm(norm: str) -> str:
    if norm not in _NORMS:
        raise ValueError(
            with_hint(f"norm must be 'backward', 'ortho' or 'forward', not {norm!r}", "'backward' is the default.")
        )
    return norm


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The discrete Fourier transform.

    Args:
        x: An array; real numbers count as complex ones.
        n: How many elements to take: x is cut, or zeros are added.
        axis: The axis.
        norm: ``"backward"``: not divided. ``"ortho"``: divided by the root of the number of elements.
            ``"forward"``: divided by that number.

    Shape:
        - Output: that of x, with n elements along the axis
    """
    return fourier.fft(array("fft", x), n, axis, _norm(norm))


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of ``fft``.

    Args:
        x: An array; real numbers count as complex ones.
        n: How many elements to take: x is cut, or zeros are added.
        axis: The axis.
        norm: ``"backward"``: divided by the number of elements. ``"ortho"``: by its root. ``"forward"``: not.

    Shape:
        - Output: that of x, with n elements along the axis
    """
    return fourier.ifft(array("ifft", x), n, axis, _norm(norm))


def fftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The discrete Fourier transform along several axes.

    Args:
        x: An array; real numbers count as complex ones.
        s: How many elements to take along each axis: x is cut, or zeros are added.
        axes: The axes; all by default, or the last ones where s has fewer sizes.
        norm: ``"backward"``: not divided. ``"ortho"``: divided by the root of the number of elements.
            ``"forward"``: divided by that number.
    """
    return fourier_several.fftn(array("fftn", x), s, axes, _norm(norm))


def ifftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The inverse of ``fftn``.

    Args:
        x: An array; real numbers count as complex ones.
        s: How many elements to take along each axis: x is cut, or zeros are added.
        axes: The axes; all by default, or the last ones where s has fewer sizes.
        norm: ``"backward"``: divided by the number of elements. ``"ortho"``: by its root. ``"forward"``: not.
    """
    return fourier_several.ifftn(array("ifftn", x), s, axes, _norm(norm))


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The discrete Fourier transform of real numbers: the first half, which says all.

    Args:
        x: An array of real numbers.
        n: How many elements to take: x is cut, or zeros are added.
        axis: The axis.
        norm: ``"backward"``: not divided. ``"ortho"``: divided by the root of the number of elements.
            ``"forward"``: divided by that number.

    Shape:
        - Output: that of x, with n // 2 + 1 elements along the axis
    """
    return fourier.rfft(array("rfft", x), n, axis, _norm(norm))


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of ``rfft``.

    Args:
        x: The first half of a spectrum that is its own conjugate, turned round.
        n: How many elements the result has; 2 * (size of x - 1) by default.
        axis: The axis.
        norm: ``"backward"``: divided by the number of elements. ``"ortho"``: by its root. ``"forward"``: not.

    Shape:
        - Output: that of x, with n elements along the axis
    """
    return fourier.irfft(array("irfft", x), n, axis, _norm(norm))


def rfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The discrete Fourier transform of real numbers along several axes: of the last, the first half.

    Args:
        x: An array of real numbers.
        s: How many elements to take along each axis: x is cut, or zeros are added.
        axes: The axes; all by default, or the last ones where s has fewer sizes.
        norm: ``"backward"``: not divided. ``"ortho"``: divided by the root of the number of elements.
            ``"forward"``: divided by that number.
    """
    return fourier_several.rfftn(array("rfftn", x), s, axes, _norm(norm))


def irfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The inverse of ``rfftn``.

    Args:
        x: The first half of a spectrum that is its own conjugate, turned round.
        s: How many elements the result has along each axis; 2 * (size of x - 1) along the last by default.
        axes: The axes; all by default, or the last ones where s has fewer sizes.
        norm: ``"backward"``: divided by the number of elements. ``"ortho"``: by its root. ``"forward"``: not.
    """
    return fourier_several.irfftn(array("irfftn", x), s, axes, _norm(norm))


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The discrete Fourier transform of what has a real spectrum.

    Args:
        x: The first half of numbers that are their own conjugates, turned round.
        n: How many elements the result has; 2 * (size of x - 1) by default.
        axis: The axis.
        norm: ``"backward"``: not divided. ``"ortho"``: divided by the root of the number of elements.
            ``"forward"``: divided by that number.

    Shape:
        - Output: that of x, with n elements along the axis
    """
    return fourier.hfft(array("hfft", x), n, axis, _norm(norm))


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of ``hfft``.

    Args:
        x: An array of real numbers.
        n: How many elements to take: x is cut, or zeros are added.
        axis: The axis.
        norm: ``"backward"``: divided by the number of elements. ``"ortho"``: by its root. ``"forward"``: not.

    Shape:
        - Output: that of x, with n // 2 + 1 elements along the axis
    """
    return fourier.ihfft(array("ihfft", x), n, axis, _norm(norm))


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies that ``fft`` finds.

    Args:
        n: The number of samples.
        d: The time between two.
        dtype: A floating dtype; the default one by default.
        device: Where the array lives; the default device by default.

    Raises:
        ValueError: if the dtype is not floating point.
    """
    if dtype is not None and not dtype.is_floating_point:
        raise ValueError(with_hint(f"fftfreq() makes no {dtype}", "frequencies are floating point numbers."))
    return frequencies.fftfreq(n, d, dtype=dtype, device=device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies that ``rfft`` finds.

    Args:
        n: The number of samples.
        d: The time between two.
        dtype: A floating dtype; the default one by default.
        device: Where the array lives; the default device by default.

    Raises:
        ValueError: if the dtype is not floating point.
    """
    if dtype is not None and not dtype.is_floating_point:
        raise ValueError(with_hint(f"rfftfreq() makes no {dtype}", "frequencies are floating point numbers."))
    return frequencies.rfftfreq(n, d, dtype=dtype, device=device)


def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """The array turned so that the frequency 0 is in the middle.

    Args:
        x: An array.
        axes: An axis or several; all by default.
    """
    return frequencies.fftshift(array("fftshift", x), axes)


def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """The array turned back, so that the frequency 0 is at the start: ``fftshift`` undone.

    Args:
        x: An array.
        axes: An axis or several; all by default.
    """
    return frequencies.ifftshift(array("ifftshift", x), axes)
