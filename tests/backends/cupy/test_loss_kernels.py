"""Cross entropy."""

import itertools

import numpy as np
import pytest

from plugrad.backends.cupy import faults
from plugrad.backends.cupy.kernels_loss import KERNELS

from .compare import DTYPES, draw, expected, same, took

forward, backward = KERNELS["cross_entropy_of_logits"], KERNELS["cross_entropy_backward"]
REDUCTIONS = ["none", "sum", "mean"]


def targets(library, rows, n, seed=0, dtype=np.int64):
    return library.array(np.random.default_rng(seed).integers(0, n, rows).astype(dtype))


def check(library, x, target, weight, dtype, factor=1.0, **options):
    """Loss, gradient and which kernels made them."""
    loss, lse, total = forward(x, target, weight, **options)
    assert took("cross_entropy", "cross_entropy_total")
    right, _, right_total = expected("cross_entropy_of_logits", x, target, weight, **options)
    scale = max(1.0, np.nan_to_num(np.abs(right), nan=1, posinf=1).max())
    same(loss, right, dtype, factor=2 * factor, scale=scale)
    np.testing.assert_allclose(np.float64(total), right_total, rtol=1e-5)
    grad = draw(library, target.shape if options.get("reduction") == "none" else (), dtype, 3)
    all_options = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0, **options}
    found = backward(grad, x, target, weight, lse, total, **all_options)
    assert took("cross_entropy_backward")
    wanted = expected("cross_entropy_backward", grad, x, target, weight, None, None, **all_options)
    same(found, wanted, dtype, factor=2 * factor)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 1000, 5000])
def test_sizes(emulated, n, dtype):
    check(emulated, draw(emulated, (5, n), dtype, n, scale=3.0), targets(emulated, 5, n), None, dtype)


@pytest.mark.parametrize(
    ("reduction", "smoothing", "weighted", "ignored"),
    list(itertools.product(REDUCTIONS, (0.0, 0.3), (False, True), (None, 1, "all"))),
)
@pytest.mark.parametrize("n", [7, 1100])
def test_options(emulated, n, reduction, smoothing, weighted, ignored):
    x, target = draw(emulated, (9, n), "float32", 5), targets(emulated, 9, n)
    target[0], target[4] = 1, 1
    if ignored == "all":
        target[:] = 1
    weight = emulated.array(np.random.default_rng(6).random(n).astype("f4")) if weighted else None
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if ignored is not None:
        options["ignore_index"] = 1
    check(emulated, x, target, weight, "float32", **options)


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_and_smoothing_of_every_dtype(emulated, dtype):
    weight = emulated.array(np.abs(draw(emulated, (40,), dtype, 8)))
    x, target = draw(emulated, (6, 40), dtype, 7), targets(emulated, 6, 40, 1)
    check(emulated, x, target, weight, dtype, reduction="sum", label_smoothing=0.1, factor=2)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int16"])
def test_narrow_targets(emulated, dtype):
    check(emulated, draw(emulated, (5, 9), "float32"), targets(emulated, 5, 9, dtype=dtype), None, "float32")


def test_a_single_target_and_strides(emulated):
    check(emulated, draw(emulated, (9,), "float32"), emulated.array(np.int64(4)), None, "float32")
    x, target = draw(emulated, (9, 5), "float32").T, targets(emulated, 10, 9)[::2]
    check(emulated, x, target, None, "float32", reduction="none")


def test_many_rows(emulated):
    check(emulated, draw(emulated, (1000, 3), "float32"), targets(emulated, 1000, 3), None, "float32")


@pytest.mark.parametrize("n", [5, 1500])
def test_infinities_and_nans_stay_in_their_rows(emulated, n):
    x, target = draw(emulated, (6, n), "float32", 1), targets(emulated, 6, n, 2)
    x[1, n - 1], x[2, 0], x[3, 2] = np.nan, np.inf, -np.inf
    x[4] *= 1e4
    target[3] = 3
    check(emulated, x, target, None, "float32", reduction="none")
    # Of an ignored row that is nan, the gradient is nan too, as PyTorch's.
    target[1] = -100
    check(emulated, x, target, None, "float32", reduction="none")


@pytest.mark.parametrize("wrong", [-1, 7, 1 << 40])
def test_a_target_out_of_bounds_sets_the_flag(emulated, wrong):
    x, target = draw(emulated, (4, 7), "float32"), targets(emulated, 4, 7)
    target[2] = wrong
    loss, lse, total = forward(x, target, None, reduction="none")
    assert np.isnan(loss[2])
    assert np.isfinite(loss[[0, 1, 3]]).all()
    dx = backward(
        draw(emulated, (4,), "float32"), x, target, None, lse, total,
        ignore_index=-100, reduction="none", label_smoothing=0.0,
    )  # fmt: skip
    assert np.isnan(dx[2]).all()
    assert np.isfinite(dx[[0, 1, 3]]).all()
    with pytest.raises(IndexError, match="a target of cross_entropy is out of bounds\nHint: "):
        faults.raise_if_any()
    # It was read, and does not come again.
    faults.raise_if_any()


def test_a_target_that_is_ignored_may_be_anywhere(emulated):
    x, target = draw(emulated, (4, 7), "float32"), targets(emulated, 4, 7)
    target[1] = -100
    forward(x, target, None)
    faults.raise_if_any()


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_indices_are_checked_against_a_range(emulated, dtype):
    index = emulated.array(np.arange(1000).astype(dtype) % 100)
    faults.check(index, 0, 100)
    faults.check(index[:0], 5, 6)
    faults.raise_if_any()
    for low, high in ((1, 100), (0, 99)):
        faults.check(index, low, high, faults.EMBEDDING)
        with pytest.raises(IndexError, match="an index of embedding is out of range"):
            faults.raise_if_any()
    faults.check(index.reshape(10, 100).T[::3], 0, 100)
    faults.raise_if_any()


def test_what_goes_to_the_definition(emulated):
    grad = draw(emulated, (), "float32")
    for x, target, weight in [
        (draw(emulated, (2, 3, 4), "float32"), targets(emulated, (2, 4), 3), None),
        (draw(emulated, (4, 3), "float32"), targets(emulated, 4, 3), draw(emulated, (3,), "float64")),
    ]:
        loss, lse, total = forward(x, target, weight)
        np.testing.assert_allclose(loss, expected("cross_entropy_of_logits", x, target, weight)[0], rtol=1e-5)
        options = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0}
        found = backward(grad, x, target, weight, lse, total, **options)
        wanted = expected("cross_entropy_backward", grad, x, target, weight, None, None, **options)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
        assert took()
    # Without what forward kept.
    x, target = draw(emulated, (4, 3), "float32"), targets(emulated, 4, 3)
    found = backward(grad, x, target, None, None, None, **options)
    np.testing.assert_allclose(
        found, expected("cross_entropy_backward", grad, x, target, None, None, None, **options), rtol=1e-4, atol=1e-6
    )
    assert took()
