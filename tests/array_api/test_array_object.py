"""A Tensor as an array of the standard: its attributes, methods, operators, and other libraries' views of its memory."""

from __future__ import annotations

import array
import ctypes
import inspect
import operator

import array_api_strict as strict
import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp
from tests.array_api.test_signatures import agree
from tests.conftest import load_plugin

METHODS = sorted(
    name
    for name, value in vars(type(strict.ones(1))).items()
    if callable(value) and name not in ("__new__", "__init__", "__hash__", "__repr__", "__str__", "__array__", "__buffer__")
    and (name.startswith("__") or name == "to_device")
)  # fmt: skip

# NumPy's own protocols, which array-api-strict has beside the standard; and Python's own signatures.
UNCHECKED = {"__array_ufunc__", "__setitem__", "__getitem__", "__len__", "__iter__"}


@pytest.mark.parametrize("name", METHODS)
def test_method(name):
    if name in UNCHECKED:
        assert name == "__array_ufunc__" or hasattr(plugrad.Tensor, name)
        return
    ours = getattr(plugrad.Tensor, name)
    wanted = [p for p in inspect.signature(getattr(type(strict.ones(1)), name)).parameters.values() if p.name != "self"]
    found = list(inspect.signature(ours).parameters.values())[1:]
    if all(p.kind is not p.KEYWORD_ONLY for p in wanted):
        # Operators: their operands have no name that anybody passes.
        assert len([p for p in found if p.default is p.empty and p.kind <= p.POSITIONAL_OR_KEYWORD]) <= len(wanted)
        assert len(wanted) <= len(found)
    else:
        agree(ours, getattr(type(strict.ones(1)), name), name)


def test_attributes():
    x = xp.ones((2, 3), dtype=xp.float64)
    assert (x.dtype, x.ndim, x.shape) == (xp.float64, 2, (2, 3))
    assert x.device == plugrad.device("cpu")
    assert x.T.shape == (3, 2)
    assert xp.ones((4, 2, 3)).mT.shape == (4, 3, 2)
    # PyTorch's: a method, whose result is the shape.
    assert x.size() == (2, 3)
    assert x.to_device(x.device) is x
    assert x.to_device("cpu", stream=None) is x


BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
BITS = ["and_", "or_", "xor", "lshift", "rshift"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


#: The dtypes that the standard has each operator for.
DTYPES = {
    **dict.fromkeys(BINARY, ("int8", "uint8", "int64", "float32", "float64")),
    **dict.fromkeys(BITS, ("int8", "uint8", "int64")),
    **dict.fromkeys(COMPARISONS, ("int8", "uint8", "int64", "float32", "float64")),
    **dict.fromkeys(("eq", "ne"), ("int8", "uint8", "int64", "float32", "float64", "bool")),
    **dict.fromkeys(("and_", "or_", "xor"), ("int8", "uint8", "int64", "bool")),
    "truediv": ("float32", "float64"),
}


@pytest.mark.parametrize(("name", "dtype"), [(n, d) for n, several in DTYPES.items() for d in several])
def test_operators_with_arrays_and_numbers(name, dtype):
    a = np.asarray([3, 1, 2]).astype(dtype)
    b = np.asarray([[1], [2]]).astype(dtype)
    number = a.dtype.type(2).item()
    function = getattr(operator, name)
    x, y, u, v = plugrad.tensor(a), plugrad.tensor(b), strict.asarray(a), strict.asarray(b)
    for found, expected in (
        (function(x, y), function(u, v)),
        (function(x, number), function(u, number)),
        *([] if name in COMPARISONS else [(function(number, x), function(number, u))]),
    ):
        assert found.dtype.name == np.asarray(expected).dtype.name
        np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-6)


def test_matrix_products():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2)
    x = plugrad.tensor(a)
    np.testing.assert_array_equal((x @ plugrad.tensor(b)).numpy(), a @ b)
    y = plugrad.tensor(b[:, :2])
    y @= plugrad.eye(2, dtype=plugrad.float64)
    np.testing.assert_array_equal(y.numpy(), b)


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place_operators(name):
    x = plugrad.tensor([3.0, 1.0, 2.0])
    expected = getattr(operator, name[1:])(x, 2.0)
    y = x
    y = getattr(operator, name)(y, 2.0)
    assert y is x
    assert y.tolist() == expected.tolist()


def test_unary_operators():
    assert (-xp.asarray([1, -2])).tolist() == [-1, 2]
    assert (+xp.asarray([1, -2])).tolist() == [1, -2]
    assert abs(xp.asarray([1, -2])).tolist() == [1, 2]
    assert (~xp.asarray([True, False])).tolist() == [False, True]
    assert (~xp.asarray([1, -2])).tolist() == [-2, 1]


def test_python_numbers():
    assert bool(xp.asarray(True)) is True
    assert int(xp.asarray(3)) == 3
    assert float(xp.asarray(0.5)) == 0.5
    assert complex(xp.asarray(1 + 2j)) == 1 + 2j
    assert [10, 20, 30][xp.asarray(1)] == 20
    with pytest.raises(TypeError, match="only integer tensors of a single element"):
        operator.index(xp.asarray(1.0))
    with pytest.raises(TypeError, match="len"):
        len(xp.asarray(1))


INDICES = [
    0, -1, slice(None), slice(1, None), slice(None, None, 2), (0, 1), (..., 0), (slice(None), None), None, ...,
    (slice(0, 0), ...), (0, slice(None)), (None, ..., None), (),
]  # fmt: skip


@pytest.mark.parametrize("key", INDICES, ids=repr)
def test_indexing(key):
    a = np.arange(6).reshape(2, 3)
    x = plugrad.tensor(a)
    np.testing.assert_array_equal(x[key].numpy(), a[key])
    x[key], a[key] = 7, 7
    np.testing.assert_array_equal(x.numpy(), a)


def test_indexing_with_arrays():
    a = np.arange(6).reshape(2, 3)
    x = plugrad.tensor(a)
    mask = a % 2 == 0
    np.testing.assert_array_equal(x[plugrad.tensor(mask)].numpy(), a[mask])
    rows, columns = np.asarray([0, 1, 1]), np.asarray([2, 0, -1])
    np.testing.assert_array_equal(x[plugrad.tensor(rows), plugrad.tensor(columns)].numpy(), a[rows, columns])
    np.testing.assert_array_equal(x[0, plugrad.tensor(columns)].numpy(), a[0, columns])
    x[plugrad.tensor(mask)], a[mask] = -1, -1
    np.testing.assert_array_equal(x.numpy(), a)
    for key in (2, (0, 3), -3):
        with pytest.raises(IndexError):
            x[key]


class TestDLPack:
    def test_out_without_a_copy(self):
        x = xp.asarray([1.0, 2.0])
        memory = np.from_dlpack(x)
        x[0] = 5.0
        assert memory.tolist() == [5.0, 2.0]

    def test_in_without_a_copy(self):
        memory = np.asarray([1.0, 2.0])
        x = xp.from_dlpack(memory)
        memory[0] = 5.0
        assert x.tolist() == [5.0, 2.0]
        x[1] = 6.0
        assert memory.tolist() == [5.0, 6.0]

    def test_between_tensors(self):
        x = xp.asarray([1.0, 2.0])
        y = xp.from_dlpack(x)
        y[0] = 5.0
        assert x.tolist() == [5.0, 2.0]
        assert x._version == 1

    def test_with_another_library(self):
        memory = strict.asarray([1.0, 2.0])
        x = xp.from_dlpack(memory)
        x[0] = 5.0
        assert np.asarray(memory).tolist() == [5.0, 2.0]
        assert np.asarray(strict.from_dlpack(x)).tolist() == [5.0, 2.0]

    @pytest.mark.parametrize("name", ["bool", "int8", "uint16", "int64", "uint64", "float32", "float64", "complex64"])
    def test_dtypes(self, name):
        x = xp.ones((2, 3), dtype=getattr(xp, name))
        memory = np.from_dlpack(x)
        assert memory.dtype.name == name
        assert xp.from_dlpack(memory).dtype is x.dtype

    def test_options(self):
        memory = np.asarray([1.0, 2.0])
        copied = xp.from_dlpack(memory, copy=True)
        same = xp.from_dlpack(memory, copy=False, device="cpu")
        memory[0] = 5.0
        assert copied.tolist() == [1.0, 2.0]
        assert same.tolist() == [5.0, 2.0]
        out = np.from_dlpack(xp.asarray([1.0]), device="cpu", copy=True)
        assert out.tolist() == [1.0]

    def test_strides(self):
        x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        memory = np.from_dlpack(x.T[1:])
        assert memory.tolist() == [[2.0, 5.0], [3.0, 6.0]]
        memory[0, 0] = 9.0
        assert x[0, 1] == 9.0

    def test_protocol(self):
        x = xp.asarray(1.5)
        assert tuple(map(int, x.__dlpack_device__())) == (1, 0)
        assert "versioned" in repr(x.__dlpack__(max_version=(1, 0)))
        assert "versioned" not in repr(x.__dlpack__())
        assert x.__dlpack__(stream=None, max_version=(1, 1), dl_device=(1, 0), copy=False)
        with pytest.raises(BufferError):
            x.__dlpack__(dl_device=(2, 0))

    def test_the_graph_stays_here(self):
        x = xp.asarray([1.0]).requires_grad_()
        for take in (np.from_dlpack, xp.from_dlpack, plugrad.from_dlpack):
            with pytest.raises(BufferError, match="Can't export tensors that require gradient"):
                take(x)
        assert not xp.from_dlpack(x.detach()).requires_grad

    def test_a_library_without_it(self):
        load_plugin("loopback")
        x = plugrad.ones(1, device="loopback")
        for call in (x.__dlpack__, x.__dlpack_device__):
            with pytest.raises(BufferError, match="backend 'loopback' can't export arrays by DLPack\nHint: "):
                call()

    def test_the_host_is_where_numpy_is(self):
        load_plugin("loopback")
        with plugrad.device("loopback"):
            assert xp.from_dlpack(np.ones(2)).device == plugrad.device("cpu")
            x = xp.from_dlpack(np.ones(2), device="loopback")
        assert x.device == plugrad.device("loopback")
        assert x.tolist() == [1.0, 1.0]
        with pytest.raises(ValueError, match="can't alias tensor from device 'cpu' to 'loopback'"):
            xp.from_dlpack(np.ones(2), device="loopback", copy=False)

    def test_what_is_no_array(self):
        with pytest.raises(TypeError):
            xp.from_dlpack([1.0])


class TestNumPy:
    def test_memory_is_shared(self):
        x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
        for memory in (np.asarray(x), np.asarray(x.T), np.asarray(x[:, 0])):
            memory += 1.0
        assert x.tolist() == [[4.0, 4.0], [6.0, 6.0]]

    def test_interface(self):
        x = xp.asarray([1.0, 2.0])
        found = x.__array_interface__
        assert (found["shape"], found["typestr"], found["version"]) == ((2,), "<f4", 3)

        class Other:
            __array_interface__ = found

        memory = np.asarray(Other())
        memory[0] = 5.0
        assert x.tolist() == [5.0, 2.0]

    def test_interface_keeps_the_memory(self):
        x = xp.asarray([1.0, 2.0])
        memory = np.asarray(x)
        x.data = xp.asarray([0.0])
        del x
        filler = [np.full(2, 9.0, "float32") for _ in range(100)]
        assert memory.tolist() == [1.0, 2.0]
        assert len(filler) == 100

    @pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float64", "complex128"])
    @pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3)])
    def test_dtypes_and_shapes(self, dtype, shape):
        x = xp.ones(shape, dtype=getattr(xp, dtype))
        memory = np.asarray(x)
        assert (memory.dtype.name, memory.shape) == (dtype, shape)
        np.testing.assert_array_equal(memory, np.ones(shape, dtype))

    def test_where_it_is_not_safe(self):
        x = xp.asarray([1.0, 2.0]).requires_grad_()
        assert not hasattr(x, "__array_interface__")
        with pytest.raises(RuntimeError, match="Can't call numpy\\(\\) on Tensor that requires grad"):
            np.asarray(x)
        # Strides can't be told with a buffer: then __array__ shares the memory.
        y = xp.ones((2, 3)).T
        assert not hasattr(y, "__array_interface__")
        np.asarray(y)[0, 0] = 5.0
        assert y[0, 0] == 5.0
        load_plugin("strict")
        z = plugrad.ones(1, device="strict")
        assert not hasattr(z, "__array_interface__")
        with pytest.raises(TypeError, match="can't convert strict:0 device type tensor to numpy"):
            np.asarray(z)

    def test_array_method(self):
        x = xp.asarray([1.0, 2.0])
        assert x.__array__().dtype == "float32"
        assert x.__array__("float64").dtype == "float64"
        copied = np.array(x, copy=True)
        copied[0] = 9.0
        assert x.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match="Unable to avoid copy"):
            np.asarray(x, dtype="float64", copy=False)

    def test_read_only_memory_stays_so(self):
        fixed = np.frombuffer(b"\0\0\0\0", "float32")
        with pytest.warns(UserWarning, match="not writable"):
            x = plugrad.from_numpy(fixed)
        assert not np.asarray(x).flags.writeable

    def test_buffers(self):
        for buffer in ((ctypes.c_double * 2)(1.0, 2.0), array.array("d", [1.0, 2.0])):
            x = xp.asarray(buffer)
            assert x.dtype is xp.float64
            buffer[0] = 5.0
            assert x.tolist() == [5.0, 2.0]
            assert xp.asarray(buffer, copy=True, dtype=xp.float32).tolist() == [5.0, 2.0]
            assert xp.asarray(memoryview(buffer)).tolist() == [5.0, 2.0]
        assert xp.asarray(bytearray(b"ab")).tolist() == [97, 98]
        # Read-only memory is copied.
        x = xp.asarray(b"ab")
        x[0] = 1
        assert (x.tolist(), x.dtype) == ([1, 98], xp.uint8)
