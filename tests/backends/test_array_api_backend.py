"""ArrayAPIBackend: what it finds out about a library, what stands in where a library does less, and dtypes."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.backends.array_api import ArrayAPIBackend, Capabilities
from plugrad.core import registry
from plugrad.core.errors import KernelNotFoundError
from plugrad.core.namespace import Namespace


class Poor:
    """NumPy's namespace with some functions replaced or, where None, missing."""

    def __init__(self, **others):
        self._others = others

    def __getattr__(self, name):
        found = self._others[name] if name in self._others else getattr(np, name)
        if found is None:
            raise AttributeError(name)
        return found


def unstable(x, /, *, axis=-1, descending=False, stable=True):
    """Equal elements in the reverse of their order."""
    n = x.shape[axis]
    order = n - 1 - np.argsort(np.flip(-x if descending else x, axis=axis), axis=axis, kind="stable")
    return order if stable is False or not descending else np.flip(order, axis=axis)


def refuse(*args, **options):
    raise NotImplementedError("this library does not do that")


class Strided(ArrayAPIBackend):
    """It tells where its arrays are."""

    def data_pointer(self, array):
        return array.ctypes.data

    def strides(self, array):
        return tuple(stride // array.itemsize for stride in array.strides)


def backend(capabilities=None, dtypes=None, **others):
    return Strided("poor", Poor(**others), ("poor",), capabilities, dtypes=dtypes)


def completed(found):
    return Namespace("poor", found.namespace, found.kernels(), dtypes=found.dtypes)


def test_what_is_not_declared_is_found_out():
    found = backend().capabilities
    assert found.data_dependent_shapes
    assert found.boolean_indexing
    assert found.stable_sort
    assert not found.several_devices
    # NumPy's arrays can be written, but nobody said which of them share memory.
    assert not found.views
    assert not found.writable
    assert not backend(argsort=unstable).capabilities.stable_sort
    assert not backend(nonzero=refuse).capabilities.data_dependent_shapes


def test_writing_is_found_out_where_views_are_declared():
    assert backend(Capabilities(views=False)).capabilities.writable
    assert backend(Capabilities(views=True)).capabilities.writable

    def protected(*args, **options):
        y = np.asarray(*args, **options)
        y.flags.writeable = False
        return y

    assert not backend(Capabilities(views=False), asarray=protected).capabilities.writable


@pytest.mark.parametrize("name", sorted(set(Capabilities.__slots__) - {"declared"}))
@pytest.mark.parametrize("value", [True, False])
def test_what_is_declared_wins(name, value):
    declared = Capabilities(**{name: value})
    assert declared.declared == {name}
    assert getattr(backend(declared).capabilities, name) is value
    assert getattr(backend(declared, argsort=refuse, nonzero=refuse).capabilities, name) is value


def test_views_without_strides_are_refused():
    with pytest.raises(plugrad.BackendError, match=r"'poor' declares views=True .*\nHint: override strides\(\)"):
        ArrayAPIBackend("poor", np, ("poor",), Capabilities(views=True))


def test_memory_is_what_numpy_says():
    """Of random views of one buffer: what shares memory, what overlaps, and what lies in order."""
    found = backend(Capabilities(views=True))
    rng = np.random.default_rng(0)
    buffers = [np.zeros((4, 6)), np.zeros((4, 6))]

    def view():
        y = buffers[rng.integers(2)] if rng.random() < 0.2 else buffers[0]
        key = tuple(slice(*sorted(rng.integers(0, n + 1, 2)), rng.integers(1, 4)) for n in y.shape)
        y = y[key]
        y = y.T if rng.random() < 0.3 else y
        y = y[::-1] if rng.random() < 0.3 else y
        return np.broadcast_to(y, (2, *y.shape)) if rng.random() < 0.1 else y

    seen = set()
    for _ in range(2000):
        a, b = view(), view()
        assert found.shares_memory(a, b) >= np.shares_memory(a, b)
        assert found.shares_memory(a, b) == np.may_share_memory(a, b)
        # NumPy ignores the strides of dimensions of one element; here such a pair counts as a partial overlap.
        same = (a.ctypes.data, a.shape, a.strides) == (b.ctypes.data, b.shape, b.strides)
        assert found.partial_overlap(a, b) == (not same and np.shares_memory(a, b))
        assert found.in_order(a) == a.flags.c_contiguous
        assert found.overlaps_itself(a) == (a.size > 0 and a.ndim == 3)
        seen.add((found.partial_overlap(a, b), found.in_order(a), found.overlaps_itself(a), same))
    assert len(seen) == 7


def test_without_the_backend_class_that_looks_the_defaults_are_what_they_were():
    found = Capabilities()
    assert (found.writable, found.views, found.stable_sort, found.checks_indices) == (True, False, True, True)
    assert found.declared == frozenset()


def test_a_dtype_that_is_only_a_name_is_none():
    def narrow(values, /, *, dtype=None, **options):
        return np.asarray(values, dtype=np.float32 if dtype is np.float64 else dtype, **options)

    found = backend(asarray=narrow, complex128=None).dtypes
    assert plugrad.float32 in found
    assert plugrad.float64 not in found
    assert plugrad.complex128 not in found
    with pytest.raises(TypeError, match=r"^backend 'poor' has no plugrad\.float64\nHint: it has bool, "):
        found[plugrad.float64]


def test_declared_dtypes_win():
    assert set(backend(dtypes=["float32", "int64", "bool"]).dtypes) == {plugrad.float32, plugrad.int64, plugrad.bool}
    with pytest.raises(plugrad.BackendError, match="neither float32 nor float64"):
        backend(dtypes=["int64"])


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("descending", [False, True])
def test_sorts_are_stable_where_the_librarys_are_not(axis, descending):
    xp = completed(backend(argsort=unstable))
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (7, 9)) / 2
    x[rng.random((7, 9)) < 0.2] = np.nan
    expected = np.argsort(-x if descending else x, axis=axis, kind="stable")
    if descending:
        x[np.isnan(x)], expected = 3.0, None
        expected = np.argsort(-x, axis=axis, kind="stable")
    assert not np.array_equal(unstable(x, axis=axis, descending=descending, stable=False), expected)
    np.testing.assert_array_equal(xp.argsort(x, axis=axis, descending=descending, stable=True), expected)
    np.testing.assert_array_equal(xp.sort(x, axis=axis, descending=descending), np.take_along_axis(x, expected, axis))


def test_shapes_that_depend_on_values_are_refused_where_the_library_has_none():
    xp = completed(backend(nonzero=refuse))
    for name in ("nonzero", "unique_values"):
        with pytest.raises(KernelNotFoundError, match=rf"backend 'poor' has no '{name}': shapes .*\nHint: move"):
            getattr(xp, name)(np.ones(3))


def clamping(x, indices, /, *, axis=None):
    return np.take(x, indices, axis=axis, mode="clip")


@pytest.fixture(scope="module")
def clamps():
    """A device of a library that silently takes the nearest element for an index out of bounds."""

    def along(x, indices, /, *, axis=-1):
        return np.take_along_axis(x, np.clip(indices, -x.shape[axis], x.shape[axis] - 1), axis=axis)

    poor = Poor(take=clamping, take_along_axis=along)
    registry.register_backend(ArrayAPIBackend("clamping", poor, ("clamping",)))
    return "clamping"


OUTSIDE = {
    "x[index]": lambda t, x, i: x[i(3)],
    "x[index] from the end": lambda t, x, i: x[i(-4)],
    "x[index] = value": lambda t, x, i: x.__setitem__(i(3), 0.0),
    "index_select": lambda t, x, i: x.index_select(0, i(3)),
    "gather": lambda t, x, i: x.gather(0, i(3)),
    "take": lambda t, x, i: x.take(i(3)),
    "scatter": lambda t, x, i: x.scatter(0, i(3), 1.0),
    "index_add": lambda t, x, i: x.index_add(0, i(3), t.ones(1, device=x.device)),
    "embedding": lambda t, x, i: t.nn.functional.embedding(i(3), x.reshape(3, 1)),
    "cross_entropy": lambda t, x, i: t.nn.functional.cross_entropy(x.reshape(1, 3), i(3)),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_indices_out_of_bounds_raise_as_on_the_host(clamps, name):
    """A library that clamps would give wrong values and gradients without a word."""
    texts = []
    for device in (clamps, "cpu"):
        x = plugrad.arange(3.0, device=device)
        with pytest.raises((IndexError, RuntimeError)) as info:
            OUTSIDE[name](plugrad, x, lambda n, x=x: plugrad.tensor([n], device=x.device))
        texts.append((info.type, str(info.value)))
        assert x.tolist() == [0.0, 1.0, 2.0]
    assert texts[0] == texts[1]
