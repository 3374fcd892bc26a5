"""Layer normalization."""

import itertools

import numpy as np
import pytest

from plugrad.backends.cupy.kernels_norm import KERNELS

from .compare import DTYPES, draw, expected, same, took, wide

layer_norm, layer_norm_backward = KERNELS["layer_norm"], KERNELS["layer_norm_backward"]
SIZES = [1, 31, 32, 33, 1000, 5000]
EPS = 1e-5


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
def test_forward(emulated, n, dtype):
    x, weight, bias = draw(emulated, (5, n), dtype, n), draw(emulated, (n,), dtype, 1), draw(emulated, (n,), dtype, 2)
    for w, b in itertools.product((None, weight), (None, bias)):
        found = layer_norm(x, w, b, ndim=1, eps=EPS)
        for part, wanted in zip(found, expected("layer_norm", x, w, b, ndim=1, eps=EPS), strict=True):
            # Of one number, rstd is 316.
            same(part, wanted, dtype, factor=2)
        assert took("layer_norm")


@pytest.mark.parametrize("wanted", [w for w in itertools.product((True, False), repeat=3) if any(w)])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 33, 1500])
def test_backward(emulated, n, dtype, wanted):
    x, grad, weight = draw(emulated, (9, n), dtype, n), draw(emulated, (9, n), dtype, 1), draw(emulated, (n,), dtype, 2)
    _, mean, rstd = layer_norm(x, weight, None, ndim=1, eps=EPS)
    took()
    for w, statistics in itertools.product((None, weight), ((mean, rstd), (None, None))):
        found = layer_norm_backward(grad, x, w, *statistics, ndim=1, eps=EPS, wanted=wanted)
        right = expected("layer_norm_backward", grad, x, w, None, None, ndim=1, eps=EPS, wanted=wanted)
        for part, of_definition in zip(found, right, strict=True):
            same(part, of_definition, dtype, factor=2, scale=5)
        kernels = ["layer_norm_backward"] * wanted[0]
        if (wanted[0] or wanted[1]) and (statistics[0] is None or dtype.endswith("16")):
            kernels.insert(0, "layer_norm_statistics")
        if wanted[1] or wanted[2]:
            kernels += ["layer_norm_parts"] + ["layer_norm_total"] * (wanted[1] + wanted[2])
        assert took(*kernels)


@pytest.mark.parametrize("rows", [1, 7, 64, 200, 700])
def test_many_rows(emulated, rows):
    x, grad = draw(emulated, (rows, 5), "float32", 1), draw(emulated, (rows, 5), "float32", 2)
    y, mean, rstd = layer_norm(x, None, None, ndim=1, eps=EPS)
    same(y, expected("layer_norm", x, None, None, ndim=1, eps=EPS)[0], "float32", factor=3)
    everything = (True, True, True)
    found = layer_norm_backward(grad, x, None, mean, rstd, ndim=1, eps=EPS, wanted=everything)
    right = expected("layer_norm_backward", grad, x, None, None, None, ndim=1, eps=EPS, wanted=everything)
    for part, wanted in zip(found, right, strict=True):
        same(part, wanted, "float32", factor=4, scale=rows**0.5)


def test_several_axes_and_strides(emulated):
    x = draw(emulated, (4, 6, 3), "float32", 1).transpose(1, 2, 0)
    weight, bias = draw(emulated, (4, 3), "float32", 2).T, draw(emulated, (3, 4), "float32", 3)
    found = layer_norm(x, weight, bias, ndim=2, eps=1e-2)
    for part, wanted in zip(found, expected("layer_norm", x, weight, bias, ndim=2, eps=1e-2), strict=True):
        same(part, wanted, "float32")
    grad = draw(emulated, (6, 3, 4), "float32", 4)
    options = {"ndim": 2, "eps": 1e-2, "wanted": (True, True, True)}
    back = layer_norm_backward(grad, x, weight, *found[1:], **options)
    for part, wanted in zip(back, expected("layer_norm_backward", grad, x, weight, None, None, **options), strict=True):
        same(part, wanted, "float32", factor=3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_far_from_zero(emulated, dtype):
    # The mean is not lost against the spread, as it is where squares are summed; nor where a half type holds it.
    values = wide(draw(emulated, (4, 300), dtype, 1, scale=1.0)) + 100
    x = emulated.array(values.astype(draw(emulated, (1,), dtype).dtype))
    grad = draw(emulated, (4, 300), dtype, 2)
    y, mean, rstd = layer_norm(x, None, None, ndim=1, eps=EPS)
    same(y, expected("layer_norm", x, None, None, ndim=1, eps=EPS)[0], dtype, factor=4)
    (dx,) = layer_norm_backward(grad, x, None, mean, rstd, ndim=1, eps=EPS, wanted=(True, False, False))
    options = {"ndim": 1, "eps": EPS, "wanted": (True, False, False)}
    same(dx, expected("layer_norm_backward", grad, x, None, None, None, **options)[0], dtype, factor=4)


def test_infinities_and_nans_stay_in_their_rows(emulated):
    x = draw(emulated, (5, 40), "float32")
    x[1, 3], x[2, 39], x[3] = np.inf, np.nan, -np.inf
    y, _, rstd = layer_norm(x, None, None, ndim=1, eps=EPS)
    wanted = expected("layer_norm", x, None, None, ndim=1, eps=EPS)
    same(y, wanted[0], "float32")
    same(rstd, wanted[2], "float32")


def test_what_goes_to_the_definition(emulated):
    for x, weight, ndim in [
        (draw(emulated, (0, 3), "float32"), None, 1),
        (draw(emulated, (3, 4), "float32"), draw(emulated, (4,), "float64"), 1),
        (draw(emulated, (3, 4), "float32"), draw(emulated, (1,), "float32"), 1),
    ]:
        y, mean, rstd = layer_norm(x, weight, None, ndim=ndim, eps=EPS)
        np.testing.assert_allclose(y, expected("layer_norm", x, weight, None, ndim=ndim, eps=EPS)[0], rtol=1e-4)
        options = {"ndim": ndim, "eps": EPS, "wanted": (True, True, True)}
        found = layer_norm_backward(x, x, weight, mean, rstd, **options)
        assert [a.shape for a in found] == [
            np.shape(a) for a in expected("layer_norm_backward", x, x, weight, None, None, **options)
        ]
        assert took()
