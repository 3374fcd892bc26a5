"""Capabilities: what a backend declares of its arrays is true, for the core relies on it."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.core.backend import Capabilities


@pytest.fixture
def made(backend):
    """Raw arrays of values."""

    def make(values, dtype="int32"):
        return backend.from_host(np.array(values, dtype=dtype), 0 if backend.capabilities.several_devices else None)

    return make


def test_they_are_booleans(backend):
    assert isinstance(backend.capabilities, Capabilities)
    for name in ("writable", "views", "data_dependent_shapes", "boolean_indexing", "stable_sort", "several_devices"):
        assert isinstance(getattr(backend.capabilities, name), bool), name


def test_writable(backend, made):
    target = made([1, 2, 3])
    new = backend.write(target, made([4, 5, 6]))
    assert backend.to_host(new).tolist() == [4, 5, 6]
    assert (new is target) == bool(backend.capabilities.writable)
    if not backend.capabilities.writable:
        return
    assert backend.is_writable(target)
    target[...] = made(7)
    assert backend.to_host(target).tolist() == [7, 7, 7]
    target[1:] = made([8, 9])
    assert backend.to_host(target).tolist() == [7, 8, 9]


def test_write_casts_and_broadcasts(backend, made):
    new = backend.write(made([[1, 2], [3, 4]]), made([5, 6], "float32"))
    assert backend.to_host(new).tolist() == [[5, 6], [5, 6]]
    assert backend.dtype_of(new) is plugrad.int32


def test_views(backend, made):
    if not (backend.capabilities.views and backend.capabilities.writable):
        pytest.skip("the backend declares no views that could be written")
    base = made([[1, 2, 3], [4, 5, 6]])
    view = base[0, ...]
    assert backend.shares_memory(base, view), "shares_memory() denies that a slice is a view"
    view[...] = made([7, 8, 9])
    assert backend.to_host(base).tolist() == [[7, 8, 9], [4, 5, 6]]
    assert not backend.owns_memory(view)
    turned = backend.namespace.matrix_transpose(base)
    if backend.strides(base) is not None:
        assert backend.strides(base) == (3, 1)
        assert backend.strides(turned) == (1, 3)
        assert not backend.in_order(turned)
    other = backend.copy(base)
    assert not backend.shares_memory(base, other)
    assert backend.partial_overlap(base[0, :2], base[0, 1:])
    assert not backend.partial_overlap(base[0, ...], base[1, ...])
    assert backend.overlaps_itself(backend.namespace.broadcast_to(made([1]), (3,)))
    assert not backend.overlaps_itself(base)


def test_copies_share_nothing(backend, made):
    source = made([1, 2, 3])
    copied = backend.copy(source)
    backend.write(source, made([4, 5, 6]))
    assert backend.to_host(copied).tolist() == [1, 2, 3]


def test_arrays_from_the_host_are_not_changed_through_it(backend, made):
    if not backend.capabilities.writable:
        pytest.skip("arrays are not written")
    # from_host may share memory: tensors that own theirs are copied before they are written.
    host = np.array([1.0, 2.0], dtype="float32")
    x = plugrad.tensor(host, device=backend.devices[0])
    x += 1
    assert host.tolist() == [1, 2]


def test_data_dependent_shapes(backend, made, device):
    x = plugrad.tensor([0.0, 3.0, 0.0, 4.0, 3.0], device=device)
    if backend.capabilities.data_dependent_shapes:
        assert plugrad.nonzero(x).tolist() == [[1], [3], [4]]
        assert plugrad.unique(x).tolist() == [0, 3, 4]
        assert x[x > 0].tolist() == [3, 4, 3]
        return
    with pytest.raises(plugrad.KernelNotFoundError, match=f"backend '{backend.name}' has no 'nonzero'"):
        plugrad.nonzero(x)


def test_boolean_indexing(backend, made):
    if not backend.capabilities.boolean_indexing:
        pytest.skip("the backend declares none")
    x = made([1, 2, 3])
    assert backend.to_host(x[x > 1]).tolist() == [2, 3]


def test_stable_sort(backend, made):
    if not backend.capabilities.stable_sort:
        pytest.skip("the backend declares none")
    keys = np.random.default_rng(0).integers(0, 5, 2000)
    order = backend.namespace.argsort(made(keys), stable=True)
    assert backend.to_host(order).tolist() == np.argsort(keys, stable=True).tolist()
    x = plugrad.tensor(keys, device=backend.devices[0])
    assert x.argsort(stable=True).tolist() == np.argsort(keys, stable=True).tolist()


def test_indices_out_of_bounds(backend, device):
    """Declared or not, users get an error: plugrad looks where the library does not."""
    x = plugrad.ones(3, device=device)
    for read in (
        lambda: x[plugrad.tensor([3], device=device)],
        lambda: x.index_select(0, plugrad.tensor([5], device=device)),
        lambda: plugrad.take_along_dim(x, plugrad.tensor([4], device=device), 0),
    ):
        with pytest.raises((IndexError, RuntimeError), match=r"out of (bounds|range)"):
            read()


def test_dtypes_are_the_arrays(backend, made):
    for d, raw in backend.dtypes.items():
        array = backend.asarray([0, 1], d, 0 if backend.capabilities.several_devices else None)
        assert array.dtype == raw
        assert backend.dtype_of(array) is d
