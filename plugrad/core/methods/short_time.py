"""The short-time Fourier transform and its inverse."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.arguments import as_int, mistyped
from plugrad.core.errors import with_hint
from plugrad.core.value import Value

__all__ = ["istft", "stft"]

_NO_WINDOW = "A window was not provided. A rectangular window will be applied,"
_ONESIDED = "Cannot have onesided output if window or input is complex"


class _Call:
    """The arguments that both transforms have, checked as far as they go alike; ``refuse`` shows them."""

    def __init__(self, name: str, input: Any, n_fft: Any, hop_length: Any, win_length: Any, window: Any) -> None:
        if not isinstance(input, Value):
            raise mistyped(name, "input", 1, "Tensor", input)
        if window is not None and not isinstance(window, Value):
            raise mistyped(name, "window", 5, "Tensor", window)
        self.name = name
        self.x: Any = input
        self.size = as_int(name, "n_fft", 2, n_fft)
        self.hop = self.size // 4 if hop_length is None else as_int(name, "hop_length", 3, hop_length)
        self.width = self.size if win_length is None else as_int(name, "win_length", 4, win_length)
        self.window: Any = window
        self.complex = input.dtype.is_complex or (window is not None and window.dtype.is_complex)

    def sizes(self) -> str:
        window = "None" if self.window is None else f"{_kind(self.window)}{{{_size(self.window)}}}"
        return f"n_fft={self.size}, hop_length={self.hop}, win_length={self.width}, window={window}"

    def padded_window(self) -> Any:
        """The window, with zeros on both sides where the transform is longer."""
        w = self.window
        if w is None:
            dtype = self.x.dtype.to_real() if self.x.dtype.is_complex else self.x.dtype
            w = ops.ones((self.width,), dtype=dtype, device=self.x.device)
        if self.width < self.size:
            before = (self.size - self.width) // 2
            w = ops.constant_pad(w, widths=((before, self.size - self.width - before),))
        return w

    def one_side(self, onesided: bool | None) -> bool:
        if onesided and self.complex:
            raise RuntimeError(with_hint(_ONESIDED, "the two halves of a complex signal's spectrum differ."))
        return not self.complex if onesided is None else bool(onesided)


def _size(x: Any) -> str:
    return str(list(x.raw.shape))


def _kind(x: Any) -> str:
    return f"plugrad.{x.dtype.legacy_name}Tensor"


def _shown(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _centred(x: Any, width: int, mode: str) -> Any:
    """``x`` with what ``mode`` says on both sides of the last dimension."""
    n = x.raw.shape[-1]
    if mode == "constant":
        return ops.constant_pad(x, widths=((width, width),))
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            with_hint(f"Unrecognised padding mode {mode}", "it is constant, reflect, replicate or circular.")
        )
    shape = [1] * (3 - x.raw.ndim) + list(x.raw.shape)
    if not n:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {shape}"
        )
    if mode == "reflect" and width >= n:
        raise RuntimeError(
            with_hint(
                "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
                f"({width}, {width}) at dimension 2 of input {shape}",
                "the signal is shorter than half of a frame: use pad_mode='constant', or center=False.",
            )
        )
    if mode == "circular" and width > n:
        raise RuntimeError("Padding value causes wrapping around more than once.")
    return ops.pad_with_inside(x, widths=((width, width),), mode=mode)


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    r"""Return the Fourier transforms of the windows that slide over a signal: how its spectrum changes in time.

    .. math:: X_{k, t} = \sum_{j=0}^{n-1} w_j \, x_{t h + j} \, e^{-2 \pi i j k / n}

    Args:
        input: The signal, real or complex.
        n_fft: The size n of a transform.
        hop_length: How far apart windows start; n // 4 by default.
        win_length: The size of the window; n by default. Zeros on both sides make it n.
        window: The window's weights w; ones, with a warning, by default.
        center: Whether window t is centred at t h. The signal is then padded by n // 2 on both sides.
        pad_mode: How: ``"reflect"``, ``"constant"``, ``"replicate"`` or ``"circular"``.
        normalized: Whether the result is divided by the square root of n.
        onesided: Whether only the first n // 2 + 1 frequencies are returned, which say all of a real signal's.
        return_complex: Whether the result is complex, as it has to be said for real signals. Otherwise real and
            imaginary parts are the last dimension.
        align_to_window: Without ``center``: whether the windows of size ``win_length``, not those of size n, start at
            multiples of the hop.

    Returns:
        The frequencies by time.

    Shape:
        ``input`` (L,) or (B, L); the result (F, T) or (B, F, T).

    Raises:
        RuntimeError: if the sizes don't fit, or a complex signal is to be one-sided.

    Example::

        >>> import plugrad
        >>> x = plugrad.arange(8.0)
        >>> plugrad.stft(x, 4, window=plugrad.hann_window(4), return_complex=True).shape
        plugrad.Size([3, 9])
    """
    call = _Call("stft", input, n_fft, hop_length, win_length, window)
    x, size, hop = call.x, call.size, call.hop
    if window is None:
        warnings.warn(
            f"{_NO_WINDOW}which is known to cause spectral leakage. Other windows such as plugrad.hann_window or "
            "plugrad.hamming_window are recommended to reduce spectral leakage.To suppress this warning and use a "
            "rectangular window, explicitly set `window=plugrad.ones(n_fft, device=<device>)`.",
            UserWarning,
            stacklevel=2,
        )
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if center and x.raw.ndim in (1, 2) and size > 0:
        x = _centred(x, size // 2, pad_mode)

    def refuse(text: str) -> RuntimeError:
        options = (
            f"normalized={_shown(normalized)}, onesided={_shown(onesided)}, return_complex={_shown(return_complex)}"
        )
        start = f"stft({_kind(x)}{_size(x)}, {call.sizes()}, {options}, align_to_window={_shown(align_to_window)})"
        return RuntimeError(f"{start} : {text}")

    if return_complex is None:
        if not call.complex:
            raise RuntimeError(
                with_hint(
                    "stft requires the return_complex parameter be given for real inputs, and will further require "
                    "that return_complex=True in a future PyTorch release.",
                    "return_complex=True.",
                )
            )
        return_complex = True
    if not x.dtype.is_inexact:
        raise refuse("expected a tensor of floating point or complex values")
    if x.raw.ndim not in (1, 2):
        raise refuse("expected a 1D or 2D tensor")
    length = x.raw.shape[-1]
    if not 0 < size <= length:
        raise refuse(f"expected 0 < n_fft < {length}, but got n_fft={size}")
    if hop <= 0:
        raise refuse(f"expected hop_length > 0, but got hop_length={hop}")
    if not 0 < call.width <= size:
        raise refuse(f"expected 0 < win_length <= n_fft, but got win_length={call.width}")
    if window is not None and tuple(window.raw.shape) != (call.width,):
        text = f"expected a 1D window tensor of size equal to win_length={call.width}, but got window with size "
        raise refuse(text + _size(window))
    half = call.one_side(onesided)
    if align_to_window and call.width < size:
        x = ops.constant_pad(x, widths=(((size - call.width) // 2,) * 2,))
    frames = x.unfold(-1, size, hop) * call.padded_window()
    if frames.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(with_hint(f"Unsupported dtype {frames.dtype.legacy_name}", "convert first: x.float()."))
    transform = ops.fft_complex if frames.dtype.is_complex else ops.fft_half if half else ops.fft_whole
    found = transform(frames, axes=(-1,), norm="ortho" if normalized else "backward", inverse=False)
    found = ops.matrix_transpose(found)
    return found if return_complex else ops.view_as_real(found)


def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    r"""Return the signal of which the short-time Fourier transform is given: ``stft`` undone.

    The windows' parts are weighted once more and added where they overlap. Their squares' sum divides:

    .. math:: x_s = \frac{\sum_t w_{s - t h} \, (F^{-1} X_t)_{s - t h}}{\sum_t w_{s - t h}^2}

    Args:
        input: The transform, complex.
        n_fft: The size of a transform.
        hop_length: How far apart windows start; n_fft // 4 by default.
        win_length: The size of the window; n_fft by default.
        window: The weights that ``stft`` had; ones, with a warning, by default.
        center: Whether ``stft`` had centred its windows.
        normalized: Whether ``stft`` had normalized.
        onesided: Whether only the first n_fft // 2 + 1 frequencies are there; true by default.
        length: The size of the signal, which is cut, or filled with zeros, at the end.
        return_complex: Whether the signal is complex.

    Returns:
        The signal.

    Shape:
        ``input`` (F, T) or (B, F, T); the result (L,) or (B, L).

    Raises:
        RuntimeError: if the sizes don't fit, or a part of the signal is under no window.

    Example::

        >>> import plugrad
        >>> x, w = plugrad.arange(8.0), plugrad.hann_window(4)
        >>> plugrad.istft(plugrad.stft(x, 4, window=w, return_complex=True), 4, window=w).round(decimals=4)
        tensor([0., 1., 2., 3., 4., 5., 6., 7.])
    """
    call = _Call("istft", input, n_fft, hop_length, win_length, window)
    x, size, hop = call.x, call.size, call.hop
    if window is None:
        warnings.warn(
            f"{_NO_WINDOW[:-1]}.Please provide the same window used by stft to make the inversion lossless.To suppress "
            "this warning and use a rectangular window, explicitly set "
            "`window=plugrad.ones(n_fft, device=<device>)`.",
            UserWarning,
            stacklevel=2,
        )

    def refuse(text: str, colon: str = " : ") -> RuntimeError:
        options = f"center={_shown(center)}, normalized={_shown(normalized)}, onesided={_shown(onesided)}"
        start = f"istft({_kind_of_complex(x)}{_size(x)}, {call.sizes()}, {options}, length={length}"
        return RuntimeError(f"{start}, return_complex={_shown(return_complex)}){colon}{text}")

    if not x.dtype.is_complex:
        text = "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        raise RuntimeError(with_hint(text, "plugrad.view_as_complex joins real and imaginary parts."))
    if 0 in x.raw.shape:
        raise refuse("input tensor cannot be empty.")
    if x.raw.ndim not in (2, 3):
        raise refuse(f"expected a tensor with 3 or 4 dimensions, but got {x.raw.ndim + 1}")
    half, have = onesided is not False, x.raw.shape[-2]
    if half and have != size // 2 + 1:
        text = "expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 when"
        raise refuse(f"{text} onesided=True, but got {have}")
    if not half and have != size:
        text = "expected the frequency dimension (3rd to the last) of the input tensor to match n_fft when"
        raise refuse(f"{text} onesided=False, but got {have}")
    if not 0 < hop <= call.width:
        raise refuse("expected 0 < hop_length <= win_length")
    if not 0 < call.width <= size:
        raise refuse("expected 0 < win_length <= n_fft")
    if window is not None and tuple(window.raw.shape) != (call.width,):
        raise refuse("Invalid window shape. window has to be 1D and length of `win_length`")
    if return_complex and half:
        raise RuntimeError(with_hint(_ONESIDED, "the two halves of a complex signal's spectrum differ."))
    if not return_complex and window is not None and window.dtype.is_complex:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    weights, norm = call.padded_window(), "ortho" if normalized else "backward"
    frames = ops.matrix_transpose(x)
    if return_complex:
        frames = ops.fft_complex(frames, axes=(-1,), norm=norm, inverse=True)
    else:
        # Of a whole spectrum of a real signal, the first half says all.
        frames = frames[..., : size // 2 + 1]
        frames = ops.fft_real(frames, axes=(-1,), size=size, norm=norm, inverse=True)
    start = size // 2 if center else 0
    signal, envelope = (
        _added(frames * weights, hop),
        _added((weights * weights).expand(x.raw.shape[-1], size), hop),
    )
    total = signal.raw.shape[-1]
    stop = total - size // 2 if center else total
    if length is not None:
        stop = min(total, start + as_int("istft", "length", 9, length))
    signal, envelope = signal[..., start:stop], envelope[start:stop]
    least = envelope.detach().abs().min().item()
    if not least > 1e-11:
        # PyTorch shows the outcome of its check instead of the value.
        text = "window overlap add min: 1\n[ CPUBoolType{} ]"
        raise refuse(with_hint(text, f"the windows' squares sum to {least:g} somewhere in the signal."), " ")
    signal = signal / envelope
    if length is not None and start + length > total:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. "
            "Please check your center and hop_length settings.",
            UserWarning,
            stacklevel=2,
        )
        signal = ops.constant_pad(signal, widths=((0, length - signal.raw.shape[-1]),))
    return signal


def _kind_of_complex(x: Any) -> str:
    return f"CPU{x.dtype.legacy_name}Type"


def _added(frames: Any, hop: int) -> Any:
    """Frames (..., T, n) laid over each other, each ``hop`` after the one before, and added."""
    *lead, count, size = frames.raw.shape
    total = size + hop * (count - 1)
    device = frames.device
    starts = ops.arange(count, device=device).reshape(count, 1) * hop
    places = (starts + ops.arange(size, device=device)).reshape(-1)
    zeros = ops.zeros((*lead, total), dtype=frames.dtype, device=device)
    return zeros.index_add(-1, places, frames.reshape(*lead, count * size))


class ShortTimeMethods:
    """The methods of this chapter."""

    __slots__ = ()

    stft = stft
    istft = istft
