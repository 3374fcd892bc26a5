"""The extension of Fourier transforms: signatures, and values beside array-api-strict, on the chosen backend."""

from __future__ import annotations

import inspect

import array_api_strict as strict
import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp
from tests.array_api.test_conformance import compare
from tests.array_api.test_linalg import draw
from tests.array_api.test_signatures import agree

NAMES = sorted(strict.fft.__all__)
NORMS = ["backward", "ortho", "forward"]
COMPLEX = ["complex64", "complex128"]
REAL = ["float32", "float64"]

#: What each transform takes.
TAKES = {
    **dict.fromkeys(("fft", "ifft", "irfft", "hfft", "fftn", "ifftn", "irfftn"), COMPLEX),
    **dict.fromkeys(("rfft", "ihfft", "rfftn"), REAL),
}
ONE = sorted(name for name in TAKES if name[-1] != "n")
SEVERAL = sorted(name for name in TAKES if name[-1] == "n")


def check(name, device, x, **options):
    expected = getattr(strict.fft, name)(strict.asarray(x), **options)
    compare(name, getattr(xp.fft, name)(plugrad.tensor(x, device=device), **options), expected)


def test_every_function_is_there():
    assert sorted(xp.fft.__all__) == NAMES
    # pytest adds names such as "@pytest_ar" to modules whose assertions it explains.
    assert sorted(n for n in vars(xp.fft) if n.isidentifier() and not n.startswith("_")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_signature(name):
    function = getattr(xp.fft, name)
    agree(function, getattr(strict.fft, name), name)
    text = inspect.getdoc(function)
    assert text.partition("\n\n")[0].endswith(".")
    for parameter in inspect.signature(function).parameters:
        assert f"{parameter}:" in text, f"{name}() does not say what {parameter} is"


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ONE)
def test_along_one_axis(name, norm, device):
    for dtype in TAKES[name]:
        for shape in ((4,), (5,), (2, 3), (2, 3, 4)):
            x = draw(shape, dtype)
            for n in (None, 3, 4, 6):
                check(name, device, x, n=n, norm=norm)
            check(name, device, x, axis=0, norm=norm)
        check(name, device, draw((4, 2), dtype), axis=-2)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", SEVERAL)
def test_along_several_axes(name, norm, device):
    for dtype in TAKES[name]:
        x = draw((2, 3, 4), dtype)
        for options in ({}, {"axes": (0, 2)}, {"axes": (-1, 0)}, {"axes": (1,)}, {"s": (4, 3), "axes": (0, 1)}):
            check(name, device, x, norm=norm, **options)


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
def test_shifts(dtype, device):
    for name in ("fftshift", "ifftshift"):
        for shape in ((4,), (5,), (2, 3)):
            check(name, device, draw(shape, dtype))
            check(name, device, draw(shape, dtype), axes=0)
        check(name, device, draw((2, 3, 4), dtype), axes=(0, -1))


def test_frequencies(device):
    for name in ("fftfreq", "rfftfreq"):
        for n in (1, 2, 5, 8):
            for d in (1.0, 0.25):
                expected = getattr(strict.fft, name)(n, d=d)
                found = getattr(xp.fft, name)(n, d=d, dtype=xp.float64, device=device)
                compare(name, found, expected)
                assert found.device == xp.ones(1, device=device).device
        assert getattr(xp.fft, name)(4).dtype is xp.float32
        with pytest.raises(ValueError, match="makes no"):
            getattr(xp.fft, name)(4, dtype=xp.int64)


def test_refusals(device):
    x = xp.ones(4, dtype=xp.complex64, device=device)
    with pytest.raises(ValueError, match="norm must be"):
        xp.fft.fft(x, norm="both")
    with pytest.raises(IndexError):
        xp.fft.fft(x, axis=1)
    with pytest.raises(TypeError, match="takes an array"):
        xp.fft.fft(np.ones(4))
