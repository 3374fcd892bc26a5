"""What stft, istft and the windows refuse, in PyTorch's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import torch


def signal() -> Any:
    return torch.arange(40.0).reshape(2, 20)


def spectrum() -> Any:
    return torch.stft(signal(), 8, window=torch.ones(8), return_complex=True)


REFUSED: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "stft without a word on complex results": (
        RuntimeError, "stft requires the return_complex parameter be given for real inputs",
        lambda: torch.stft(signal(), 8, window=torch.ones(8)),
    ),
    "stft longer than the signal": (
        RuntimeError, "expected 0 < n_fft < 20, but got n_fft=30",
        lambda: torch.stft(signal(), 30, window=torch.ones(30), center=False, return_complex=True),
    ),
    "stft without a hop": (
        RuntimeError, "expected hop_length > 0, but got hop_length=0",
        lambda: torch.stft(signal(), 8, 0, window=torch.ones(8), return_complex=True),
    ),
    "stft with a window that is too wide": (
        RuntimeError, "expected 0 < win_length <= n_fft, but got win_length=9",
        lambda: torch.stft(signal(), 8, win_length=9, window=torch.ones(9), return_complex=True),
    ),
    "stft with a window of another size": (
        RuntimeError, "expected a 1D window tensor of size equal to win_length=8, but got window with size [5]",
        lambda: torch.stft(signal(), 8, window=torch.ones(5), return_complex=True),
    ),
    "stft of integers": (
        RuntimeError, "expected a tensor of floating point or complex values",
        lambda: torch.stft(signal().long(), 8, window=torch.ones(8), return_complex=True),
    ),
    "stft of three dimensions": (
        RuntimeError, "expected a 1D or 2D tensor",
        lambda: torch.stft(torch.ones(2, 2, 20), 8, window=torch.ones(8), center=False, return_complex=True),
    ),
    "stft padded in no known way": (
        NotImplementedError, "Unrecognised padding mode nope",
        lambda: torch.stft(signal(), 8, window=torch.ones(8), pad_mode="nope", return_complex=True),
    ),
    "stft of a signal too short to mirror": (
        RuntimeError, "Padding size should be less than the corresponding input dimension, but got: padding (24, 24)",
        lambda: torch.stft(signal(), 48, window=torch.ones(48), return_complex=True),
    ),
    "one side of a complex signal": (
        RuntimeError, "Cannot have onesided output if window or input is complex",
        lambda: torch.stft(signal() * 1j, 8, window=torch.ones(8), onesided=True, return_complex=True),
    ),
    "aligned and centred": (
        RuntimeError, "stft align_to_window should only be set when center = false",
        lambda: torch.stft(signal(), 8, window=torch.ones(8), align_to_window=True, return_complex=True),
    ),
    "istft of real numbers": (
        RuntimeError, "istft requires a complex-valued input tensor",
        lambda: torch.istft(signal(), 8, window=torch.ones(8)),
    ),
    "istft of another size": (
        RuntimeError, "of the input tensor to match n_fft / 2 + 1 when onesided=True, but got 5",
        lambda: torch.istft(spectrum(), 10, window=torch.ones(10)),
    ),
    "istft of half a spectrum as a whole": (
        RuntimeError, "of the input tensor to match n_fft when onesided=False, but got 5",
        lambda: torch.istft(spectrum(), 8, window=torch.ones(8), onesided=False),
    ),
    "istft with a hop beyond the window": (
        RuntimeError, "expected 0 < hop_length <= win_length",
        lambda: torch.istft(spectrum(), 8, 9, window=torch.ones(8)),
    ),
    "istft with a window of another size": (
        RuntimeError, "Invalid window shape. window has to be 1D and length of `win_length`",
        lambda: torch.istft(spectrum(), 8, window=torch.ones(5)),
    ),
    "istft of no time": (
        RuntimeError, "input tensor cannot be empty.",
        lambda: torch.istft(spectrum()[..., :0], 8, window=torch.ones(8)),
    ),
    "istft where no window is": (
        RuntimeError, "window overlap add min: 1",
        lambda: torch.istft(spectrum(), 8, window=torch.hann_window(8), center=False),
    ),
    "a window of negative length": (
        RuntimeError, "hann_window requires non-negative window_length, got window_length=-1",
        lambda: torch.hann_window(-1),
    ),
    "a window of integers": (
        RuntimeError, "kaiser_window expects floating point dtypes, got: ",
        lambda: torch.kaiser_window(4, dtype=torch.int64),
    ),
    "a window of a fraction": (
        TypeError, "hamming_window(): argument 'window_length' (position 1) must be int, not float",
        lambda: torch.hamming_window(4.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED.values(), ids=REFUSED)
def test_refused(kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as error:
        call()
    assert text in str(error.value)


def test_without_a_window_there_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="A window was not provided. A rectangular window will be applied"):
        torch.stft(signal(), 8, return_complex=True)


def test_a_signal_that_is_to_be_longer_is_filled_with_zeros() -> None:
    with pytest.warns(UserWarning, match="The length of signal is shorter than the length parameter"):
        y = torch.istft(spectrum(), 8, window=torch.ones(8), length=30)
    assert y.shape == (2, 30)
    assert not y[:, 24:].any()
