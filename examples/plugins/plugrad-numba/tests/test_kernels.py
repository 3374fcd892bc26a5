"""Every kernel gives what the one before it gives: values of all kinds, shapes, layouts and options."""

import importlib
import math
import os
import sys
import threading

import numpy as np
import pytest

from plugrad.core import registry
from plugrad.core.namespace import Namespace

CHAPTERS = ("pointwise", "rows", "classes", "tables", "updates", "windows")
DTYPES = ("float32", "float64")
#: How much results may differ, relative to 1 or to the result.
TOLERANCE = {"float32": 2e-6, "float64": 2e-14}


def earlier():
    backend = registry.load("numpy")
    return Namespace("numpy", backend.namespace, dict(backend.kernels()), dtypes=backend.dtypes)


@pytest.fixture(scope="module")
def kernels():
    """All kernels, for arrays of any size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLUGRAD_NUMBA_THRESHOLD", "0")
        found = {}
        for chapter in CHAPTERS:
            found |= importlib.import_module(f"plugrad_numba.{chapter}").kernels(earlier())
        return found


@pytest.fixture
def random():
    return np.random.default_rng(0)


def special(dtype):
    """Numbers at which functions go wrong."""
    info = np.finfo(dtype)
    some = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max / 4, -info.max / 4, info.tiny, -info.tiny]
    some.append(info.smallest_subnormal)
    some += [1, -1, 50, -50, 88.7, -88.7, 103.9, -103.9, 709.7, -745.1, 1e-20, -1e-20]
    return np.array(some, dtype)


def same(found, expected, dtype, factor=1.0):
    found, expected = (list(y) if isinstance(y, tuple) else [y] for y in (found, expected))
    assert len(found) == len(expected)
    for y, want in zip(found, expected, strict=True):
        assert np.shape(y) == np.shape(want)
        assert y.dtype == want.dtype
        bound = factor * TOLERANCE[dtype]
        np.testing.assert_allclose(y, want, rtol=bound, atol=bound)


# -- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_is_within_a_unit_in_the_last_place(dtype):
    from plugrad_numba.numbers import compiled, exp

    @compiled
    def many(x, y):
        for i in range(x.size):
            y[i] = exp(x[i])

    least, most = (-104.0, 88.8) if dtype == "float32" else (-746.0, 709.9)
    x = np.concatenate([np.linspace(least, most, 400_001), np.linspace(-1, 1, 100_001), special(dtype)]).astype(dtype)
    y = np.empty_like(x)
    many(x, y)
    with np.errstate(all="ignore"):
        # float64's own is NumPy's, which is within a unit too.
        exact = np.exp(x.astype("float64"))
        want = exact.astype(dtype)
        finite = np.isfinite(want)
        units = np.abs(y.astype("float64") - exact)[finite] / np.spacing(np.maximum(want[finite], np.finfo(dtype).tiny))
    np.testing.assert_array_equal(y[~finite], want[~finite])
    assert units.max() < (1.1 if dtype == "float32" else 2.1)


UNARY = ("relu", "sigmoid", "silu", "gelu")
BINARY = ("relu_backward", "sigmoid_backward", "tanh_backward", "silu_backward", "gelu_backward")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_elementwise(kernels, random, name, dtype):
    known = getattr(earlier(), name)
    for shape in ((), (1,), (7,), (0,), (3, 0), (33, 65), (2, 3, 4)):
        x = np.asarray(3 * random.standard_normal(shape)).astype(dtype)
        same(kernels[name](x), np.asarray(known(x)), dtype)
    with np.errstate(all="ignore"):
        same(kernels[name](special(dtype)), known(special(dtype)), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_elementwise_gradients(kernels, random, name, dtype):
    known = getattr(earlier(), name)
    for shape in ((), (7,), (0,), (33, 65)):
        x, g = (np.asarray(random.standard_normal(shape)).astype(dtype) for _ in range(2))
        same(kernels[name](g, x), np.asarray(known(g, x)), dtype, 2)
    if "sigmoid" not in name and "tanh" not in name:
        with np.errstate(all="ignore"):
            x = special(dtype)
            # Where x is huge, both are 0 or the gradient, or nan.
            same(kernels[name](np.ones_like(x), x), known(np.ones_like(x), x), dtype, 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_by_tanh(kernels, random, dtype):
    x, g = (random.standard_normal((33, 65)).astype(dtype) for _ in range(2))
    known = earlier()
    same(kernels["gelu"](x, approximate="tanh"), known.gelu(x, approximate="tanh"), dtype)
    found = kernels["gelu_backward"](g, x, approximate="tanh")
    same(found, known.gelu_backward(g, x, approximate="tanh"), dtype, 2)


@pytest.mark.parametrize("name", UNARY)
def test_what_is_not_written_for_goes_to_the_earlier_kernel(kernels, random, name):
    x = random.standard_normal((4, 6)).astype("float32")
    known = getattr(earlier(), name)
    for other in (x.T, x[:, ::2], x.astype("float16"), np.broadcast_to(x[:1], x.shape)):
        found = kernels[name](other)
        assert found.dtype == other.dtype
        np.testing.assert_array_equal(found, known(other))


@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout(kernels, random, dtype):
    x, mask = random.standard_normal((20, 30)).astype(dtype), random.random((20, 30)) < 0.5
    x[0, :4] = np.nan, np.inf, -np.inf, 0
    with np.errstate(all="ignore"):
        expected = earlier().dropout_mask(x, mask, scale=1 / 0.7)
    np.testing.assert_array_equal(kernels["dropout_mask"](x, mask, scale=1 / 0.7), expected)


# -- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 0), (0, 3), (4, 10_000), (2, 3, 17), (9,)])
def test_softmax(kernels, random, name, dtype, shape):
    known, backward = getattr(earlier(), name), getattr(earlier(), f"{name}_backward")
    x, g = ((5 * random.standard_normal(shape)).astype(dtype) for _ in range(2))
    y = known(x, axis=len(shape) - 1)
    for axis in (-1, len(shape) - 1):
        same(kernels[name](x, axis=axis), y, dtype, 2)
        same(kernels[f"{name}_backward"](g, y, axis=axis), backward(g, y, axis=axis), dtype, 100)
    if len(shape) == 3:
        same(kernels[name](x, axis=1), known(x, axis=1), dtype, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_extremes(kernels, name, dtype):
    inf, nan = np.inf, np.nan
    rows = [[0, 1, -inf], [-inf, -inf, -inf], [inf, 0, 0], [inf, inf, 0], [nan, 0, 1], [-nan, 0, 1], [0, nan, inf]]
    rows += [[1e30, 1e30, -1e30], [-1e30, -1e30, -1e30], [-5, -3, -7], [0.0, -0.0, -0.0]]
    x = np.array(rows, dtype)
    with np.errstate(all="ignore"):
        same(kernels[name](x, axis=1), getattr(earlier(), name)(x, axis=1), dtype, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_cross_entropy(kernels, random, dtype, reduction, ignore_index):
    known = earlier().cross_entropy_of_classes
    for n, classes in ((1, 1), (7, 5), (50, 300), (0, 3)):
        x = (3 * random.standard_normal((n, classes))).astype(dtype)
        target = random.integers(0, classes, n)
        if ignore_index < 0 and n > 2:
            target[1] = ignore_index
        options = {"ignore_index": ignore_index, "reduction": reduction}
        with np.errstate(all="ignore"):
            expected = known(x, target, None, **options)
            same(kernels["cross_entropy_of_classes"](x, target, None, **options), expected, dtype, 4)


def test_cross_entropy_with_weights_smoothing_and_wrong_targets(kernels, random):
    x, target = random.standard_normal((7, 5)).astype("float32"), random.integers(0, 5, 7)
    kernel, known = kernels["cross_entropy_of_classes"], earlier().cross_entropy_of_classes
    weight = random.random(5).astype("float32")
    same(kernel(x, target, weight), known(x, target, weight), "float32")
    same(kernel(x, target, None, label_smoothing=0.1), known(x, target, None, label_smoothing=0.1), "float32")
    for wrong in (5, -1):
        with pytest.raises(IndexError):
            kernel(x, np.where(np.arange(7) == 3, wrong, target), None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", ["weight bias", "weight", "bias", ""])
@pytest.mark.parametrize(("shape", "ndim"), [((5, 7), 1), ((3, 4, 6), 2), ((2, 9000), 1), ((4, 1), 1)])
def test_layer_norm(kernels, random, dtype, affine, shape, ndim):
    known = earlier()
    inner = shape[len(shape) - ndim :]
    x, g = (random.standard_normal(shape).astype(dtype) + 3 for _ in range(2))
    weight = random.standard_normal(inner).astype(dtype) if "weight" in affine else None
    bias = random.standard_normal(inner).astype(dtype) if "bias" in affine else None
    expected = known.layer_norm(x, weight, bias, ndim=ndim, eps=1e-5)
    same(kernels["layer_norm"](x, weight, bias, ndim=ndim, eps=1e-5), expected, dtype, 100)
    for wanted in ((True, True, True), (True, False, False), (False, True, True), (False, False, True)):
        options = {"ndim": ndim, "eps": 1e-5, "wanted": wanted}
        found = kernels["layer_norm_backward"](g, x, weight, *expected[1:], **options)
        same(found, known.layer_norm_backward(g, x, weight, *expected[1:], **options), dtype, 200)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("padding_idx", [None, 1])
def test_embedding_gradient(kernels, random, dtype, padding_idx):
    grad, index = random.standard_normal((4, 30, 17)).astype(dtype), random.integers(0, 9, (4, 30))
    options = {"rows": 9, "padding_idx": padding_idx, "scale_grad_by_freq": False}
    expected = earlier().embedding_backward(grad, index, **options)
    same(kernels["embedding_backward"](grad, index, **options), expected, dtype, 10)


# -- updates ---------------------------------------------------------------------------------------------------------

SGD = {"lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": None, "nesterov": False, "maximize": False}
ADAM = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": None, "decoupled": False}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, {"maximize": True, "momentum": 0.5},
    ],
)  # fmt: skip
def test_sgd(kernels, random, dtype, first, options):
    options = {**SGD, **options, "first": first}
    arrays = [random.standard_normal((5, 7)).astype(dtype) for _ in range(3 if options["momentum"] else 2)]
    if first and options["momentum"]:
        arrays[2][...] = 0
    mine, others = [a.copy() for a in arrays], [a.copy() for a in arrays]
    found = kernels["sgd_update"](*mine, **options)
    same(found, earlier().sgd_update(*others, **options), dtype)
    assert found[0] is mine[0], "the parameter is changed in place"
    np.testing.assert_array_equal(mine[1], arrays[1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1.0, 10.0])
@pytest.mark.parametrize(
    "options", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled": True}, {"maximize": True}]
)
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam(kernels, random, dtype, step, options, amsgrad):
    options = {**ADAM, "maximize": False, **options, "step": step}
    arrays = [np.abs(random.standard_normal((5, 7))).astype(dtype) for _ in range(5 if amsgrad else 4)]
    mine, others = [a.copy() for a in arrays], [a.copy() for a in arrays]
    found = kernels["adam_update"](*mine, **options)
    same(found, earlier().adam_update(*others, **options), dtype, 4)
    assert found[0] is mine[0], "the parameter is changed in place"


# -- windows ---------------------------------------------------------------------------------------------------------

WINDOWS = [
    # shape, weight, stride, padding, dilation, groups
    ((2, 3, 9), (4, 3, 3), (1,), (0,), (1,), 1),
    ((2, 3, 9), (4, 3, 3), (2,), (4,), (2,), 1),
    ((3, 2, 8, 7), (4, 2, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((3, 2, 8, 7), (4, 2, 3, 2), (2, 3), (2, 0), (1, 2), 1),
    ((2, 4, 6, 6), (6, 2, 3, 3), (1, 1), (5, 4), (1, 1), 2),
    ((2, 4, 6, 6), (4, 1, 5, 5), (1, 2), (2, 2), (1, 1), 4),
    ((2, 4, 5, 5), (3, 4, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 4, 5, 5), (3, 4, 1, 1), (2, 2), (3, 3), (1, 1), 1),
    ((2, 1, 1, 9), (2, 1, 1, 3), (1, 4), (0, 6), (1, 3), 1),
    ((1, 2, 4, 3, 5), (2, 2, 2, 2, 2), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", WINDOWS)
def test_convolution(kernels, random, dtype, case):
    shape, size, stride, padding, dilation, groups = case
    known = earlier()
    x, weight = random.standard_normal(shape).astype(dtype), random.standard_normal(size).astype(dtype)
    bias = random.standard_normal(size[0]).astype(dtype)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for b in (None, bias):
        y = known.convolution(x, weight, b, **options)
        same(kernels["convolution"](x, weight, b, **options), y, dtype, 50)
    grad = random.standard_normal(y.shape).astype(dtype)
    expected = known.convolution_input(grad, weight, shape=shape[2:], **options)
    same(kernels["convolution_input"](grad, weight, shape=shape[2:], **options), expected, dtype, 50)
    expected = known.convolution_weight(grad, x, shape=size[2:], **options)
    same(kernels["convolution_weight"](grad, x, shape=size[2:], **options), expected, dtype, 50)
    del options["groups"]
    columns = known.im2col(x, size=size[2:], **options)
    np.testing.assert_array_equal(kernels["im2col"](x, size=size[2:], **options), columns)
    expected = known.col2im(columns, shape=shape[2:], size=size[2:], **options)
    same(kernels["col2im"](columns, shape=shape[2:], size=size[2:], **options), expected, dtype, 20)


POOLS = [
    # shape, size, stride, padding, dilation
    ((2, 3, 9), (2,), (2,), (0,), (1,)),
    ((2, 3, 9), (3,), (1,), (1,), (2,)),
    ((3, 2, 8, 7), (2, 2), (2, 2), (0, 0), (1, 1)),
    ((3, 2, 8, 7), (2, 2), (1, 3), (0, 0), (1, 1)),
    ((3, 2, 8, 7), (3, 2), (2, 1), (1, 1), (1, 2)),
    ((1, 1, 3, 4, 5), (2, 2, 2), (1, 1, 1), (0, 0, 0), (1, 1, 1)),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", POOLS)
@pytest.mark.parametrize("kind", ["distinct", "ties", "nan", "least"])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool(kernels, random, dtype, case, kind, ceil_mode):
    shape, size, stride, padding, dilation = case
    x = random.standard_normal(shape).astype(dtype)
    if kind == "ties":
        x = np.round(x)
    elif kind == "nan":
        x[random.random(shape) < 0.3] = np.nan
    elif kind == "least":
        x[...] = -np.inf
    options = {"size": size, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    best, index = earlier().max_pool(x, **options)
    found = kernels["max_pool"](x, **options)
    np.testing.assert_array_equal(found[0], best)
    np.testing.assert_array_equal(found[1], index)
    grad = random.standard_normal(best.shape).astype(dtype)
    apart = stride == size
    expected = earlier().max_pool_backward(grad, index, shape=shape[2:], apart=apart)
    same(kernels["max_pool_backward"](grad, index, shape=shape[2:], apart=apart), expected, dtype)


def test_max_pool_gradient_refuses_indices_out_of_range(kernels):
    with pytest.raises(IndexError):
        kernels["max_pool_backward"](np.ones((1, 1, 2)), np.array([[[0, 9]]]), shape=(4,), apart=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", POOLS)
@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize("divisor", [None, 3])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_avg_pool(kernels, random, dtype, case, include, divisor, ceil_mode):
    shape, size, stride, padding, _ = case
    x = random.standard_normal(shape).astype(dtype)
    options = {"size": size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    options |= {"count_include_pad": include, "divisor_override": divisor}
    y = earlier().avg_pool(x, **options)
    same(kernels["avg_pool"](x, **options), y, dtype)


# -- sizes and threads -----------------------------------------------------------------------------------------------


def test_small_arrays_go_to_the_earlier_kernel(monkeypatch):
    from plugrad_numba import pointwise

    monkeypatch.delenv("PLUGRAD_NUMBA_THRESHOLD", raising=False)
    calls = []

    class Earlier:
        def __getattr__(self, name):
            return lambda *arrays, **options: calls.append(name)

    found = pointwise.kernels(Earlier())
    found["sigmoid"](np.ones(8, "float32"))
    assert calls == ["sigmoid"]
    np.testing.assert_allclose(found["sigmoid"](np.zeros(100_000, "float32")), 0.5)
    assert calls == ["sigmoid"]


def test_large_arrays_are_shared_and_calls_may_come_from_many_threads(kernels, random):
    x = random.standard_normal((2000, 300)).astype("float32")
    expected = kernels["softmax"](x, axis=1), kernels["gelu"](x)
    wrong = []

    def run():
        for _ in range(5):
            found = kernels["softmax"](x, axis=1), kernels["gelu"](x)
            if not all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True)):
                wrong.append(1)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_error_in_a_part_is_raised(monkeypatch):
    from plugrad_numba import threads

    monkeypatch.setattr(threads, "cores", 2)
    monkeypatch.setattr(threads, "_pool", None)

    def work(start, stop):
        raise ZeroDivisionError(start)

    with pytest.raises(ZeroDivisionError):
        threads.share(work, 100, 1 << 30)
    seen = []
    threads.share(lambda i, j: seen.append((i, j)), 10, 1 << 30)
    assert sorted(i for pair in seen for i in range(*pair)) == list(range(10))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_computes(kernels):
    x = np.ones((2000, 300), "float32")
    kernels["sigmoid"](x)
    child = os.fork()
    if child == 0:
        right = np.allclose(kernels["sigmoid"](x), 1 / (1 + math.exp(-1)))
        sys.stdout.flush()
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
