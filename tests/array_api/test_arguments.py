"""What functions of plugrad.array_api refuse, what they copy, and what stays one memory."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp

X = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

REFUSED = {
    "broadcast_to": (ValueError, "can't broadcast shape", lambda: xp.broadcast_to(X, (3, 3))),
    "broadcast_to, fewer": (ValueError, "can't broadcast shape", lambda: xp.broadcast_to(X, (3,))),
    "concat": (IndexError, r"concat\(\): no axis 2 in 2 dimensions", lambda: xp.concat([X, X], axis=2)),
    "expand_dims": (IndexError, r"no axis 3 in 3 dimensions", lambda: xp.expand_dims(X, axis=3)),
    "expand_dims, negative": (IndexError, r"no axis -4 in 3 dimensions", lambda: xp.expand_dims(X, axis=-4)),
    "matrix_transpose": (ValueError, "a matrix has two", lambda: xp.matrix_transpose(X[0])),
    "meshgrid": (ValueError, "indexing must be", lambda: xp.meshgrid(X[0], indexing="yx")),
    "meshgrid, dtypes": (ValueError, "arrays of one dtype", lambda: xp.meshgrid(X[0], xp.arange(2))),
    "nonzero": (ValueError, "one dimension or more", lambda: xp.nonzero(xp.asarray(1))),
    "permute_dims": (ValueError, "is no order of 2 axes", lambda: xp.permute_dims(X, (0, 0))),
    "permute_dims, fewer": (ValueError, "is no order of 2 axes", lambda: xp.permute_dims(X, (0,))),
    "reshape, copy": (ValueError, "needs a copy", lambda: xp.reshape(X.T, (6,), copy=False)),
    "reshape, size": (RuntimeError, "is invalid for input of size 6", lambda: xp.reshape(X, (4,))),
    "searchsorted": (ValueError, "side must be", lambda: xp.searchsorted(X[0], X, side="middle")),
    "squeeze": (ValueError, "their size is not 1", lambda: xp.squeeze(X, 0)),
    "squeeze, axis": (IndexError, "no axis 2", lambda: xp.squeeze(X, 2)),
    "take": (ValueError, "needs an axis", lambda: xp.take(X, xp.asarray([0]))),
    "astype": (TypeError, "takes an array, not list", lambda: xp.astype([1.0], xp.float32)),
    "asarray, copy": (ValueError, "can't alias", lambda: xp.asarray(X, dtype=xp.float64, copy=False)),
    "numpy array": (TypeError, "must be Tensor, not numpy.ndarray", lambda: xp.sin(np.ones(2))),
    "two numbers": (TypeError, "must be Tensor, not int", lambda: xp.add(1, 2)),
    "device": (RuntimeError, "device", lambda: xp.zeros(2, device="nowhere")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    kind, text, call = REFUSED[name]
    with pytest.raises(kind, match=text):
        call()


VIEWS = {
    "reshape": lambda x: xp.reshape(x, (3, 2)),
    "reshape, no copy": lambda x: xp.reshape(x, (3, 2), copy=False),
    "permute_dims": lambda x: xp.permute_dims(x, (1, 0)),
    "matrix_transpose": xp.matrix_transpose,
    "expand_dims": lambda x: xp.expand_dims(x, 0),
    "astype": lambda x: xp.astype(x, xp.float32, copy=False),
    "asarray": xp.asarray,
}
COPIES = {
    "reshape": lambda x: xp.reshape(x, (3, 2), copy=True),
    "astype": lambda x: xp.astype(x, xp.float32),
    "asarray": lambda x: xp.asarray(x, copy=True),
    "clip": lambda x: xp.clip(x),
    "concat": lambda x: xp.concat([x]),
    "unique_values": xp.unique_values,
    "diff": lambda x: xp.diff(x, n=0),
}


@pytest.mark.parametrize("name", VIEWS)
def test_one_memory(name):
    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    y = VIEWS[name](x)
    x[0, 0] = 9.0
    assert 9.0 in y.numpy()


@pytest.mark.parametrize("name", COPIES)
def test_copies(name):
    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    y = COPIES[name](x)
    x[0, 0] = 9.0
    assert 9.0 not in y.numpy()


def test_positional_and_keyword_arguments_are_the_standards():
    assert xp.reshape(X, (3, 2)).shape == xp.reshape(X, shape=(3, 2)).shape == (3, 2)
    assert xp.squeeze(X[:1], 0).shape == xp.squeeze(X[:1], axis=0).shape == (3,)
    assert xp.roll(X, 1).tolist() == xp.roll(X, shift=1).tolist()
    assert xp.full_like(X, 2.0).tolist() == xp.full_like(X, fill_value=2.0).tolist()
    assert xp.clip(X, 2, 3).tolist() == xp.clip(X, max=3, min=2).tolist()
    for call in (
        lambda: xp.sum(X, 0),
        lambda: xp.flip(X, 0),
        lambda: xp.take(X, xp.asarray([0]), 0),
        lambda: xp.add(x1=X, x2=X),
        lambda: xp.astype(X, dtype=xp.int64),
        lambda: xp.tile(X, repetitions=(2,)),
    ):
        with pytest.raises(TypeError):
            call()


def test_default_dtypes_follow_the_default():
    plugrad.set_default_dtype(plugrad.float64)
    try:
        assert xp.__array_namespace_info__().default_dtypes()["real floating"] is xp.float64
        for x in (
            xp.asarray(1.0),
            xp.zeros(1),
            xp.ones(1),
            xp.empty(1),
            xp.eye(1),
            xp.linspace(0, 1, 2),
            xp.full(1, 0.5),
        ):
            assert x.dtype is xp.float64
        assert xp.asarray(1j).dtype is xp.complex128
    finally:
        plugrad.set_default_dtype(plugrad.float32)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_integers_of_every_dtype_are_indices(name, device):
    with plugrad.device(device):
        x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        indices = xp.asarray([2, 0, 1], dtype=getattr(xp, name))
        assert xp.take(x, indices, axis=1).tolist() == [[3.0, 1.0, 2.0], [6.0, 4.0, 5.0]]
        assert xp.take_along_axis(x, xp.stack([indices, indices])).tolist() == [[3.0, 1.0, 2.0], [6.0, 4.0, 5.0]]
        assert xp.repeat(x[0], indices).tolist() == [1.0, 1.0, 3.0]
        shuffled = xp.asarray([2.0, 3.0, 1.0])
        assert xp.searchsorted(shuffled, x[0], sorter=indices).tolist() == [0, 1, 2]


def test_sequences_of_arrays_stay_in_the_graph(device):
    x = xp.asarray([1.0, 2.0], device=device).requires_grad_()
    y = xp.asarray([[x[0], 2], [x[0] * x[1], 3.0]])
    assert y.tolist() == [[1.0, 2.0], [2.0, 3.0]]
    assert y.dtype is x.dtype
    assert y.device is x.device
    xp.sum(y).backward()
    assert x.grad.tolist() == [3.0, 1.0]
    assert xp.asarray(xp.unstack(y), dtype=xp.float64).tolist() == y.tolist()
    assert xp.asarray([xp.asarray([1]), xp.asarray([2.5])]).tolist() == [[1.0], [2.5]]
    with pytest.raises(ValueError, match="can't alias a sequence of arrays"):
        xp.asarray([x], copy=False)


def test_where_of_numbers(device):
    condition = xp.asarray([True, False], device=device)
    y = xp.where(condition, 1, 2.5)
    assert (y.tolist(), y.dtype) == ([1.0, 2.5], xp.float32)
    assert xp.where(condition, 1, 2).dtype is xp.int64


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "std", "var"])
def test_no_axes_reduce_nothing(name):
    x = xp.asarray([[1.0, 2.0]]).requires_grad_()
    y = getattr(xp, name)(x, axis=())
    assert y.tolist() == ([[0.0, 0.0]] if name in ("std", "var") else [[1.0, 2.0]])
    xp.sum(y).backward()
    assert x.grad.tolist() == ([[0.0, 0.0]] if name in ("std", "var") else [[1.0, 1.0]])
