"""Steps of SGD and Adam over tables of many parameters."""

import itertools

import numpy as np
import pytest

from plugrad.backends.cupy import kernels_optimizer
from plugrad.backends.cupy.kernels_optimizer import KERNELS
from plugrad.nn.optim.adam import adam_update
from plugrad.nn.optim.sgd import sgd_update

from .compare import DTYPES, PLAIN, draw, same, took, wide

SHAPES = [(1,), (3,), (4,), (5, 7), (1025,), (64, 64), ()]
PAIRS = [*[(d, d) for d in DTYPES], ("float16", "float32"), ("bfloat16", "float32")]


def arrays(library, count, dtype, state_dtype, shapes=SHAPES, positive=()):
    """Lists of parameters, gradients and states; those of ``positive`` have no number below 0."""
    lists = []
    for k in range(count):
        made = [draw(library, s, dtype if k < 2 else state_dtype, 10 * k + i) for i, s in enumerate(shapes)]
        if k in positive:
            made = [library.array(np.abs(a)) for a in made]
        lists.append(made)
    return lists


def check(kernel, rule, lists, options, name):
    """The kernel changes the very arrays, to what the rule makes of them."""
    before = [[wide(a).copy() for a in made] for made in lists]
    results = KERNELS[f"{rule.__name__}_of_many"](*lists, **options)
    assert took(*[name] * (1 if name else 0))
    for i, (arrays_of_one, result) in enumerate(zip(zip(*lists, strict=True), results, strict=True)):
        param, grad, *state = arrays_of_one
        wanted = rule(PLAIN, *[made[i] for made in before], **options)
        assert [id(a) for a in result] == [id(param), *map(id, state)]
        for found, right in zip(result, wanted, strict=True):
            same(found, right, found.dtype.name, factor=4)
        assert np.array_equal(wide(grad), wide(lists[1][i]))


SGD = {
    "lr": 0.1,
    "momentum": 0.0,
    "dampening": 0.0,
    "weight_decay": None,
    "nesterov": False,
    "maximize": False,
    "first": False,
}
ADAM = {
    "lr": 0.01,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "weight_decay": None,
    "decoupled": False,
    "maximize": False,
    "step": 3.0,
}


@pytest.mark.parametrize(("dtype", "state_dtype"), PAIRS)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd(emulated, momentum, dtype, state_dtype):
    if not momentum and dtype != state_dtype:
        pytest.skip("there is no state")
    lists = arrays(emulated, 3 if momentum else 2, dtype, state_dtype)
    check("sgd", sgd_update, lists, {**SGD, "momentum": momentum}, "sgd")


@pytest.mark.parametrize(
    ("decay", "nesterov", "dampening", "maximize", "first"),
    list(itertools.product((None, 0.1), (False, True), (0.0, 0.3), (False, True), (False, True))),
)
def test_options_of_sgd(emulated, decay, nesterov, dampening, maximize, first):
    lists = arrays(emulated, 3, "float32", "float32")
    if first:
        lists[2] = [emulated.array(np.zeros_like(a)) for a in lists[2]]
    options = {"lr": 0.1, "momentum": 0.9, "dampening": dampening, "weight_decay": decay}
    check("sgd", sgd_update, lists, {**options, "nesterov": nesterov, "maximize": maximize, "first": first}, "sgd")


@pytest.mark.parametrize(("dtype", "state_dtype"), PAIRS)
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam(emulated, amsgrad, dtype, state_dtype):
    lists = arrays(emulated, 5 if amsgrad else 4, dtype, state_dtype, positive=(3, 4))
    # Half types have no 1e-8.
    eps = 1e-3 if dtype.endswith("16") else 1e-8
    check("adam", adam_update, lists, {**ADAM, "eps": eps}, "adam")


@pytest.mark.parametrize(
    ("decay", "decoupled", "maximize", "amsgrad", "step"),
    list(itertools.product((None, 0.1), (False, True), (False, True), (False, True), (1.0, 1000.0))),
)
def test_options_of_adam(emulated, decay, decoupled, maximize, amsgrad, step):
    lists = arrays(emulated, 5 if amsgrad else 4, "float32", "float32", positive=(3, 4))
    options = {**ADAM, "weight_decay": decay, "decoupled": decoupled, "maximize": maximize, "step": step}
    check("adam", adam_update, lists, options, "adam")


def test_nan_stays_in_the_largest_moment(emulated):
    lists = arrays(emulated, 5, "float32", "float32", shapes=[(6,)], positive=(3, 4))
    lists[3][0][0] = lists[4][0][1] = np.nan
    check("adam", adam_update, lists, ADAM, "adam")


def test_sizes_and_dtypes_have_launches_of_their_own(emulated, monkeypatch):
    monkeypatch.setattr(kernels_optimizer, "_LARGE", 100)
    monkeypatch.setattr(kernels_optimizer, "_MOST_TENSORS", 2)
    monkeypatch.setattr(kernels_optimizer, "_MOST_BLOCKS_OF_TENSOR", 2)
    shapes = [(7,), (300,), (8,), (9,), (5000,)]
    lists = arrays(emulated, 4, "float32", "float32", shapes, positive=(3,))
    other = arrays(emulated, 4, "float64", "float64", shapes[:1], positive=(3,))
    lists = [a + b for a, b in zip(lists, other, strict=True)]
    before = [[wide(a).copy() for a in made] for made in lists]
    KERNELS["adam_update_of_many"](*lists, **ADAM)
    # float32: two of three small ones, the third, both large ones; and float64.
    assert took("adam", "adam", "adam", "adam")
    for i, param in enumerate(lists[0]):
        same(param, adam_update(PLAIN, *[made[i] for made in before], **ADAM)[0], param.dtype.name, factor=4)


def test_tables_are_uploaded_again_only_where_an_address_changed(emulated, monkeypatch):
    uploads = []
    upload = emulated.asarray
    monkeypatch.setattr(emulated, "asarray", staticmethod(lambda x: uploads.append(1) or upload(x)))
    lists = arrays(emulated, 2, "float32", "float32")
    for _ in range(3):
        KERNELS["sgd_update_of_many"](*lists, **SGD)
    assert len(uploads) == 1
    lists[1][2] = draw(emulated, (4,), "float32", 99)
    wanted = lists[0][2] - 0.1 * lists[1][2]
    KERNELS["sgd_update_of_many"](*lists, **SGD)
    assert len(uploads) == 2
    same(lists[0][2], wide(wanted), "float32")


def test_strides_and_what_goes_to_the_rule(emulated):
    x = draw(emulated, (4, 6), "float32", 1)
    params = [
        draw(emulated, (6, 4), "float32", 2),
        draw(emulated, (8, 3), "float32", 3)[::2],
        draw(emulated, (0,), "float32"),
    ]
    params.append(draw(emulated, (3,), "float32", 4))
    grads = [
        x.T,
        draw(emulated, (4, 3), "float32", 5),
        draw(emulated, (0,), "float32"),
        draw(emulated, (3,), "float64", 6),
    ]
    before = [wide(p).copy() for p in params]
    results = KERNELS["sgd_update_of_many"](params, grads, **SGD)
    # A transposed gradient is copied; a parameter with gaps, an empty one and one of two dtypes are the rule's.
    assert took("sgd")
    for result, old, grad in zip(results, before, grads, strict=True):
        np.testing.assert_allclose(result[0], old - 0.1 * wide(grad), rtol=1e-5, atol=1e-6)
