"""The stand-in for CuPy against CuPy itself, where it is installed; no GPU is needed. And what the stand-in refuses."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

from plugrad.backends.cupy import layout
from tests.support import cupy_stand_in as stand_in

FUNCTIONS = [
    name for name, value in vars(stand_in).items()
    if inspect.isfunction(value) and not name.startswith("_") and name not in
    ("configure", "install", "uninstall", "is_available", "get_default_memory_pool", "from_dlpack")
]  # fmt: skip

#: Every dtype that tensors have on a GPU, but bfloat16.
DTYPES = [np.dtype(c) for c in "?bBhHiIqQefdFD"]


@pytest.fixture(scope="module")
def cupy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("cupy")


# -- against CuPy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures(cupy, name):
    """The same parameters by name, order and kind, and as many with defaults."""

    def parameters(function):
        return [(p.name, p.kind, p.default is p.empty) for p in inspect.signature(function).parameters.values()]

    assert parameters(getattr(stand_in, name)) == parameters(getattr(cupy, name))


@pytest.mark.parametrize("name", stand_in.UFUNCS)
def test_dtypes_of_ufuncs(cupy, name):
    """What CuPy's table of types says, is what the stand-in returns."""
    theirs, ours = getattr(cupy, name), getattr(stand_in, name)
    assert isinstance(theirs, cupy.ufunc)
    for dtype in DTYPES:
        found = theirs._ops._guess_routine_from_in_types((dtype.type,) * theirs.nin, (False,) * theirs.nin)
        arrays = [stand_in.ones((2,), dtype)] * ours.nin
        if found is None:
            with pytest.raises(TypeError):
                ours(*arrays)
            continue
        (out,) = found.out_types
        out = np.dtype(out[0] if isinstance(out, tuple) else out)
        assert ours(*arrays).dtype == out, dtype


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "less", "power", "bitwise_and"])
def test_promotion_of_two_dtypes(cupy, name):
    theirs, ours = getattr(cupy, name), getattr(stand_in, name)
    for a in DTYPES:
        for b in DTYPES:
            found = theirs._ops._guess_routine_from_in_types((a.type, b.type), (False, False))
            arrays = [stand_in.ones((2,), a), stand_in.ones((2,), b)]
            if found is None:
                with pytest.raises(TypeError):
                    ours(*arrays)
                continue
            (out,) = found.out_types
            assert ours(*arrays).dtype == np.dtype(out[0] if isinstance(out, tuple) else out), (a, b)


@pytest.mark.parametrize(("number", "kind", "holders"), [(2, int, "iufc"), (2.5, float, "fc"), (2j, complex, "c")])
def test_python_numbers_are_weak(cupy, number, kind, holders):
    """float32 stays float32 beside a Python number that it can hold; of others the core makes arrays."""
    for dtype in DTYPES:
        if dtype.kind not in holders:
            continue
        found = cupy.multiply._ops._guess_routine_from_in_types((dtype.type, kind), (False, kind))
        (out,) = found.out_types
        out = np.dtype(out[0] if isinstance(out, tuple) else out)
        assert stand_in.multiply(stand_in.ones((2,), dtype), number).dtype == out == dtype


def driverless(cupy, shape, dtype="f4"):
    """An array of CuPy's that says where its memory would be."""
    memory = cupy.cuda.UnownedMemory(1 << 20, 1 << 16, None, 0)
    return cupy.ndarray(shape, dtype, memptr=cupy.cuda.MemoryPointer(memory, 0))


VIEWS = {
    "row": lambda x: x[1],
    "element": lambda x: x[1, 2, 0],
    "slice": lambda x: x[:, 1:3],
    "step": lambda x: x[:, ::2],
    "turned": lambda x: x[::-1, :, ::-1],
    "new axis": lambda x: x[:, None],
    "ellipsis": lambda x: x[..., 0],
    "transposed": lambda x: x.transpose(2, 0, 1),
    "swapped": lambda x: x.swapaxes(-1, -2),
    "T": lambda x: x.T,
    "reshaped": lambda x: x.reshape(4, 30),
    "squeezed": lambda x: x[:, :1].squeeze(1),
    "diagonal": lambda x: x.diagonal(1, 0, 1),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views(cupy, name):
    """Shapes, strides, places and bases of views are the stand-in's, and the layout is read alike from both."""
    theirs, ours = driverless(cupy, (4, 5, 6)), stand_in.zeros((4, 5, 6), "f4")
    view, other = VIEWS[name](theirs), VIEWS[name](ours)
    assert view.shape == other.shape
    used = [i for i, n in enumerate(view.shape) if n > 1]
    assert [view.strides[i] for i in used] == [other.strides[i] for i in used]
    assert view.data.ptr - theirs.data.ptr == other.data.ptr - ours.data.ptr
    assert view.flags.c_contiguous == other.flags.c_contiguous
    assert (view.base is None) == (other.base is None)
    start, end = layout.bounds(view)
    assert (start - theirs.data.ptr, end - theirs.data.ptr) == tuple(p - ours.data.ptr for p in layout.bounds(other))
    assert layout.partial_overlap(view, theirs) == layout.partial_overlap(other, ours)
    assert not layout.overlaps_itself(view)
    assert not layout.overlaps_itself(other)


def test_strided_views(cupy):
    for library, x in ((cupy, driverless(cupy, (6,))), (stand_in, stand_in.zeros((6,), "f4"))):
        window = library.lib.stride_tricks.as_strided(x, (4, 3), (4, 4))
        assert window.shape == (4, 3)
        assert window.strides == (4, 4)
        assert window.base is None, "CuPy has mended it: launch.strided need not view it again"
        assert window[...].base is window
        repeated = library.broadcast_to(x, (2, 6))
        assert repeated.strides == (0, 4)
        assert layout.overlaps_itself(repeated)
        assert layout.partial_overlap(x[1:], x[:-1])
        assert not layout.partial_overlap(x[::2], x[1::2])
        assert not layout.partial_overlap(x, x)


def test_the_backend_asks_cupy_only_for_what_it_has(cupy):
    """Every function of the standard that is taken from CuPy as it is, is there, with the standard's parameters."""
    from plugrad.backends.cupy.namespace import LINALG, NOT_THE_STANDARDS
    from plugrad.core.namespace import STANDARD

    missing = {n for n in STANDARD - NOT_THE_STANDARDS if not hasattr(cupy, n)}
    assert missing == {"unstack", "vecdot"}
    assert all(hasattr(cupy.linalg, n) for n in LINALG)


def test_python_numbers_on_the_right_take_the_way_through_numpy(cupy):
    """Why rules say 2 * x: where this fails, CuPy has mended it."""
    x = driverless(cupy, (2,))
    seen = []

    class Watch(cupy.ndarray):
        def __array_ufunc__(self, ufunc, method, *args, **options):
            seen.append(ufunc.__name__)
            return

    watched = x.view(Watch)
    _ = watched * 2, watched > 0
    assert seen == ["multiply", "greater"]


# -- what it refuses ---------------------------------------------------------------------------------------------


def test_refusals():
    x = stand_in.zeros((2,), "f4")
    for refused in (bool, float, int, np.asarray, list, np.exp, lambda a: np.add(a, 1)):
        with pytest.raises(TypeError):
            refused(x)
    for foreign in (np.zeros(2, "f4"), [1.0, 2.0]):
        with pytest.raises(TypeError):
            stand_in.add(x, foreign)
        with pytest.raises(TypeError):
            x + foreign


def test_counts():
    stand_in.configure()
    x = stand_in.asarray(np.ones(3, "f4"))
    assert stand_in.counts.to_device == 1
    _ = 2 * x, -x, x**2, x + x, stand_in.multiply(x, 2)
    assert not stand_in.counts.slow
    _ = x * 2, x > 0
    assert sum(stand_in.counts.slow.values()) == 2
    assert stand_in.counts.waits == 0
    x.get()
    stand_in.nonzero(x)
    assert stand_in.counts.waits == 2


def test_indices_wrap_around():
    x = stand_in.asarray(np.arange(3))
    index = stand_in.asarray(np.array([4, -4]))
    assert x[index].get().tolist() == stand_in.take(x, index).get().tolist() == [1, 2]
