"""CuPy, as far as plugrad's backend uses it, over the host's memory: what only works because an array is NumPy's fails.

Arrays refuse bool(), float() and int(), NumPy functions and foreign operands; reductions return 0-d arrays; an index out
of bounds wraps around silently; signatures are CuPy's own (test_stand_in.py compares them with a real CuPy where there
is one). Every transfer and every wait for the device is counted, and so is every operator with a number on its right,
which CuPy sends through NumPy. CUDA kernels run on the processor where that is asked for (cuda_on_cpu).
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import itertools
import math
import sys
import weakref
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.support import cuda_on_cpu

__version__ = "14.2.0"
newaxis, pi, e, inf, nan = None, np.pi, np.e, np.inf, np.nan

SCALARS = (bool, int, float, complex, np.number, np.bool_)

#: What ufuncs return where it is not what NumPy's do, for arrays of one dtype: name -> dtype -> result, None: TypeError.
DIFFERENT = {
    **{name: {"F": "F", "D": "D"} for name in ("atan2", "copysign", "hypot", "nextafter")},
    **{name: {"F": None, "D": None} for name in ("logical_and", "logical_not", "logical_or", "logical_xor")},
    **{name: {"?": "?"} for name in ("negative", "positive", "subtract", "gcd", "lcm")},
    "sign": {"?": "b"},
}

UFUNCS = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_invert",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "greater",
    "greater_equal",
    "hypot",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "power",
    "reciprocal",
    "remainder",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "square",
    "sqrt",
    "subtract",
    "tan",
    "tanh",
    "trunc",
]


class Counts:
    """What happened since ``reset``."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.to_host = self.to_device = self.waits = self.allocated = 0
        self.slow: collections.Counter[str] = collections.Counter()
        self.log: list[str] = []
        self.products: list[Any] = []

    def wait(self, why: str) -> None:
        self.waits += 1
        self.log.append(why)


counts = Counts()
#: Bytes that the device has; and those that may be in use at once.
TOTAL = 1 << 34
_state = {"limit": TOTAL, "device": 0, "devices": 1, "emulate": False, "most": 0}


class OutOfMemoryError(MemoryError):
    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes).")


class CUDARuntimeError(RuntimeError):
    pass


def configure(*, devices: int = 1, limit: int = TOTAL, emulate: bool = False) -> None:
    """How many GPUs there are, how much one allocation may take, and whether CUDA kernels run on the processor."""
    _state.update(limit=limit, device=0, devices=devices, emulate=emulate)
    counts.reset()
    _streams.clear()


# -- arrays --------------------------------------------------------------------------------------------------------


def _memory(shape: Any, dtype: Any) -> Any:
    """Memory full of nonsense."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    counts.allocated += 1
    _allocator(math.prod(sizes) * np.dtype(dtype).itemsize)
    found = np.empty(shape, dtype)
    if found.size:
        found.view(np.ndarray).reshape(-1).view(np.uint8)[...] = 0xFF
    return found


#: Number of each array with memory of its own -> its bytes, until it is freed.
_alive: dict[int, int] = {}
_numbers = itertools.count()


def _malloc(size: int) -> Any:
    if size + builtins.sum(_alive.values()) > _state["limit"]:
        raise OutOfMemoryError(size, builtins.sum(_alive.values()))
    return size


def _own(array: Any) -> Any:
    """An array of the device over memory that it has taken."""
    found = _new(array)
    number = next(_numbers)
    # Entered before anybody asks how much is in use: an allocation counts at once.
    _alive[number] = array.nbytes
    _state["most"] = builtins.max(_state["most"], builtins.sum(_alive.values()))
    weakref.finalize(found, _alive.pop, number, None)
    return found


_allocator: Any = _malloc


class ndarray:
    __slots__ = ("__weakref__", "_h", "base", "device_id")
    __hash__ = None

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"
    ) -> None:
        dtype = np.dtype(dtype)
        self.base = None
        self.device_id = _state["device"]
        if memptr is None:
            self._h = _memory(shape, dtype)
            return
        self._h = _at(memptr.array, shape, dtype, strides)
        self.base = None  # as in CuPy, though the memory is somebody else's

    # what an array is
    shape = property(lambda self: self._h.shape)
    dtype = property(lambda self: self._h.dtype)
    ndim = property(lambda self: self._h.ndim)
    size = property(lambda self: self._h.size)
    itemsize = property(lambda self: self._h.itemsize)
    nbytes = property(lambda self: self._h.nbytes)
    strides = property(lambda self: self._h.strides)
    flags = property(lambda self: self._h.flags)
    device = property(lambda self: Device(self.device_id))
    data = property(lambda self: SimpleNamespace(ptr=self._h.__array_interface__["data"][0], array=self._h, owner=self))

    def __len__(self) -> int:
        return len(self._h)

    def __repr__(self) -> str:
        return f"stand_in({self._h!r})"

    def _refuse(self, *args: Any, **options: Any) -> Any:
        raise TypeError("this would wait for the device, or make a NumPy array")

    __bool__ = __float__ = __int__ = __index__ = __complex__ = __iter__ = __array__ = __array_function__ = _refuse
    item = tolist = _refuse

    @property
    def __array_interface__(self) -> Any:
        raise AttributeError("__array_interface__")

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Any:
        raise TypeError(f"np.{ufunc.__name__} on an array of the device")

    @property
    def __cuda_array_interface__(self) -> Any:
        return {**self._h.__array_interface__, "version": 3, "stream": 1}

    def __dlpack__(self, **options: Any) -> Any:
        return _Capsule(self)

    def __dlpack_device__(self) -> Any:
        return 2, self.device_id

    # views
    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        opened, axis, advanced = [], 0, False
        n_axes = builtins.sum(k.ndim if _is_mask(k) else 1 for k in keys if k is not None and k is not Ellipsis)
        for k in keys:
            if k is None or k is Ellipsis:
                opened.append(k)
                axis += 0 if k is None else self.ndim - n_axes
                continue
            if isinstance(k, ndarray):
                advanced = True
                if _is_mask(k):
                    counts.wait("a mask is read")
                    opened.append(k._h)
                    axis += k.ndim
                    continue
                assert k.dtype.kind in "iu", f"an index of {k.dtype}"
                opened.append(_wrapped(k._h, self.shape[axis]))
            elif isinstance(k, (int, np.integer, slice)) and not isinstance(k, bool):
                opened.append(k)
            else:
                raise TypeError(f"a foreign index: {type(k)}")
            axis += 1
        if not advanced and not builtins.any(k is Ellipsis for k in opened):
            opened.append(Ellipsis)
        found = self._h[tuple(opened)]
        return _wrap(np.array(found)) if advanced else _view(found, self)

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = key if isinstance(key, tuple) else (key,)
        opened, axis = [], 0
        n_axes = builtins.sum(k.ndim if _is_mask(k) else 1 for k in keys if k is not None and k is not Ellipsis)
        for k in keys:
            if isinstance(k, ndarray):
                opened.append(k._h if _is_mask(k) else _wrapped(k._h, self.shape[axis]))
                axis += k.ndim if _is_mask(k) else 1
            elif k is None or k is Ellipsis:
                opened.append(k)
                axis += 0 if k is None else self.ndim - n_axes
            elif isinstance(k, (int, np.integer, slice)):
                opened.append(k)
                axis += 1
            else:
                raise TypeError(f"a foreign index: {type(k)}")
        if isinstance(value, np.ndarray):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        value = _open(value)
        if isinstance(value, np.ndarray):
            value = value.astype(self.dtype)
        self._h[tuple(opened)] = value

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        found = self._h.reshape(shape)
        return _view(found, self) if np.may_share_memory(found, self._h) else _wrap(found)

    def transpose(self, *axes: Any) -> Any:
        return _view(self._h.transpose(*axes), self)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        return _view(self._h.swapaxes(axis1, axis2), self)

    def squeeze(self, axis: Any = None) -> Any:
        return _view(self._h.squeeze(axis), self)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        found = self._h.diagonal(offset, axis1, axis2)
        return _view(np.lib.stride_tricks.as_strided(_writable(found), found.shape, found.strides), self)

    def ravel(self, order: str = "C") -> Any:
        return self.reshape(-1)

    def view(self, dtype: Any) -> Any:
        return _view(self._h.view(dtype), self)

    T = property(lambda self: _view(self._h.T, self))

    @property
    def real(self) -> Any:
        return _view(self._h.real, self) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        return _view(self._h.imag, self) if self.dtype.kind == "c" else _wrap(np.zeros(self.shape, self.dtype))

    # copies
    def astype(self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True) -> Any:
        with np.errstate(all="ignore"):
            found = self._h.astype(dtype, order=order, copy=copy)
        return self if found is self._h else _wrap(found)

    def copy(self, order: str = "C") -> Any:
        return _wrap(self._h.copy(order))

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> Any:
        counts.to_host += 1
        if blocking:
            counts.wait("an array is brought to the host")
        if out is None:
            return np.array(self._h, order="C" if order == "C" else order)
        out[...] = self._h
        return out

    def set(self, array: Any, stream: Any = None) -> None:
        counts.to_device += 1
        self._h[...] = array

    def fill(self, value: Any) -> None:
        self._h[...] = _open(value)

    def dot(self, other: Any) -> Any:
        return _wrap(np.dot(self._h, other._h))

    def take(self, indices: Any, axis: Any = None, out: Any = None) -> Any:
        return take(self, indices, axis, out)


def _at(memory: Any, shape: Any, dtype: Any, strides: Any) -> Any:
    """An array at the first address of another one."""
    address = memory.__array_interface__["data"][0]
    shape = tuple(shape)
    interface = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3, "strides": strides}
    holder = SimpleNamespace(__array_interface__=interface, memory=memory)
    return np.asarray(holder)


def _writable(array: Any) -> Any:
    """A view that may be written, of one that NumPy protects."""
    return _at(array, array.shape, array.dtype, array.strides) if array.size else np.array(array)


class _Capsule:
    def __init__(self, array: Any) -> None:
        self.array = array


def _is_mask(k: Any) -> bool:
    return isinstance(k, ndarray) and k.dtype == np.bool_


def _wrapped(index: Any, n: int) -> Any:
    """CuPy computes an index modulo the size."""
    return index % n if n and index.size else index


def _new(array: Any) -> Any:
    found = object.__new__(ndarray)
    found._h = array
    found.base = None
    found.device_id = _state["device"]
    return found


def _wrap(value: Any) -> Any:
    """A result in memory of its own."""
    if isinstance(value, np.ndarray):
        _allocator(value.nbytes)
        return _own(np.array(value) if value.base is not None else value)
    if isinstance(value, np.generic):
        return _own(np.array(value))
    if isinstance(value, tuple):
        return tuple(_wrap(v) for v in value)
    if isinstance(value, list):
        return [_wrap(v) for v in value]
    return value


def _view(array: Any, base: Any) -> Any:
    found = _new(np.asarray(array))
    found.base = base
    found.device_id = base.device_id
    return found


def _open(value: Any, *, scalars: bool = True) -> Any:
    if isinstance(value, ndarray):
        if value.device_id != _state["device"]:
            raise ValueError(f"an array of device {value.device_id} on device {_state['device']}")
        return value._h
    if scalars and isinstance(value, SCALARS):
        return value
    raise TypeError(f"Unsupported type {type(value)}")


# -- operators -----------------------------------------------------------------------------------------------------

_REFLECTED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_NAMES = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift", "lt": "less",
    "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip


def _caller() -> str:
    """The nearest function outside of this file: where a slow operator stands."""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_filename == __file__:
        frame = frame.f_back
    path = frame.f_code.co_filename.partition("plugrad/")[2]
    return f"{path}:{frame.f_code.co_name}"


def _operator(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        if isinstance(other, SCALARS) and name != "pow":
            counts.slow[_caller()] += 1
        return globals()[_NAMES[name]](self, other)

    return operate


def _reflected(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, SCALARS):
            return NotImplemented
        return globals()[_NAMES[name]](other, self)

    return operate


def _inplace(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        return globals()[_NAMES[name]](self, other, out=self)

    return operate


for _name in _NAMES:
    setattr(ndarray, f"__{_name}__", _operator(_name))
    if _name not in _REFLECTED:
        setattr(ndarray, f"__r{_name}__", _reflected(_name))
        setattr(ndarray, f"__i{_name}__", _inplace(_name))
for _name, _function in (("neg", "negative"), ("pos", "positive"), ("abs", "abs"), ("invert", "bitwise_invert")):
    setattr(ndarray, f"__{_name}__", lambda self, function=_function: globals()[function](self))


# -- ufuncs --------------------------------------------------------------------------------------------------------


class ufunc:
    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.numpy = getattr(np, {"conj": "conjugate", "pow": "power", "bitwise_invert": "invert"}.get(name, name))
        self.nin = self.numpy.nin

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> Any:
        if not builtins.any(isinstance(a, ndarray) for a in args):
            raise TypeError("a ufunc of no array")
        if len(args) == self.nin + 1:
            *args, out = args
        assert len(args) == self.nin, f"{self.__name__} of {len(args)} arguments"
        values = [_open(a) for a in args]
        kinds = {v.dtype.char for v in values if isinstance(v, np.ndarray)}
        kind = kinds.pop() if len(kinds) == 1 else ""
        with np.errstate(all="ignore"):
            if kind in DIFFERENT.get(self.__name__, ()):
                found = self._differently(kind, values)
            else:
                found = self.numpy(*values) if dtype is None else self.numpy(*values, dtype=dtype)
        if out is None:
            return _wrap(np.asarray(found) if not isinstance(found, tuple) else found)
        if not np.can_cast(np.asarray(found).dtype, out.dtype, casting):
            raise TypeError(f"output (typecode '{out.dtype.char}') could not be coerced from {found.dtype}")
        out._h[...] = found
        return out

    def _differently(self, kind: str, values: list[Any]) -> Any:
        result = DIFFERENT[self.__name__][kind]
        if result is None:
            raise TypeError(f"Wrong type ({kind}) of arguments for cupy_{self.__name__}")
        # Of complex numbers CuPy computes something; of booleans what their numbers would be.
        return self.numpy(*[np.asarray(v).real.astype("u1" if kind == "?" else kind.lower()) for v in values]).astype(
            result
        )


for _name in UFUNCS:
    globals()[_name] = ufunc(_name)


# -- functions, with CuPy's signatures -----------------------------------------------------------------------------


def empty(shape, dtype=float, order="C"):
    return _own(_memory(shape, dtype))


def zeros(shape, dtype=float, order="C"):
    return _wrap(np.zeros(shape, dtype))


def ones(shape, dtype=float, order="C"):
    return _wrap(np.ones(shape, dtype))


def full(shape, fill_value, dtype=None, order="C"):
    assert not isinstance(fill_value, np.ndarray)
    value = fill_value._h if isinstance(fill_value, ndarray) else fill_value
    return _wrap(np.full(shape, value, dtype))


def empty_like(prototype, dtype=None, order="K", subok=None, shape=None):
    return _own(_memory(prototype.shape if shape is None else shape, dtype or prototype.dtype))


def zeros_like(a, dtype=None, order="K", subok=None, shape=None):
    return zeros(a.shape if shape is None else shape, dtype or a.dtype)


def ones_like(a, dtype=None, order="K", subok=None, shape=None):
    return ones(a.shape if shape is None else shape, dtype or a.dtype)


def full_like(a, fill_value, dtype=None, order="K", subok=None, shape=None):
    return full(a.shape if shape is None else shape, fill_value, dtype or a.dtype)


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    if isinstance(a, ndarray):
        if a.device_id != _state["device"]:
            return array(a, dtype)
        if copy or (dtype is not None and np.dtype(dtype) != a.dtype):
            return _wrap(np.array(a._h, dtype))
        return a
    if hasattr(a, "__cuda_array_interface__"):
        return _shared(a)
    if copy is False:
        raise ValueError("unable to avoid a copy")
    counts.to_device += 1
    return _wrap(np.array(a, dtype))


def _shared(a):
    """The memory of somebody else's array."""
    interface = {k: v for k, v in a.__cuda_array_interface__.items() if k != "stream"}
    found = _new(np.asarray(SimpleNamespace(__array_interface__=interface, owner=a)))
    found.base = a
    return found


def from_dlpack(x, copy=None, device=None):
    assert x.__dlpack_device__()[0] == 2
    return _shared(x.__dlpack__().array)


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    if isinstance(obj, ndarray):
        return _wrap(np.array(obj._h, dtype))
    return asarray(obj, dtype)


def ascontiguousarray(a, dtype=None):
    return a if a.flags.c_contiguous and a.ndim else _wrap(np.ascontiguousarray(a._h).reshape(a.shape))


def arange(start, stop=None, step=1, dtype=None):
    return _wrap(np.arange(start, dtype=dtype) if stop is None else np.arange(start, stop, step, dtype))


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    return _wrap(np.linspace(start, stop, num, endpoint, retstep, dtype, axis))


def eye(N, M=None, k=0, dtype=float, order="C"):
    return _wrap(np.eye(N, M, k, dtype))


def broadcast_to(array, shape):
    found = np.broadcast_to(_open(array, scalars=False), shape)
    return _view(np.lib.stride_tricks.as_strided(array._h, found.shape, found.strides), array)


def broadcast_arrays(*args):
    shape = np.broadcast_shapes(*[a.shape for a in args])
    return [broadcast_to(a, shape) for a in args]


def concatenate(tup, axis=0, out=None, *, dtype=None, casting="same_kind"):
    if builtins.any(a.ndim == 0 for a in tup):
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    return _wrap(np.ascontiguousarray(np.concatenate([_open(a, scalars=False) for a in tup], axis)))


concat = concatenate


def stack(tup, axis=0, out=None, *, dtype=None, casting="same_kind"):
    return _wrap(np.stack([_open(a, scalars=False) for a in tup], axis))


def expand_dims(a, axis):
    return _view(np.expand_dims(_open(a, scalars=False), axis), a)


def squeeze(a, axis=None):
    return a.squeeze(axis)


def moveaxis(a, source, destination):
    return _view(np.moveaxis(_open(a, scalars=False), source, destination), a)


def permute_dims(a, axes=None):
    return a.transpose(axes)


def matrix_transpose(x, /):
    return x.swapaxes(-1, -2)


def reshape(a, newshape, order="C", *, copy=None):
    return a.reshape(newshape)


def flip(a, axis=None):
    return _view(np.flip(_open(a, scalars=False), axis), a)


def roll(a, shift, axis=None):
    return _wrap(np.roll(_open(a, scalars=False), shift, axis))


def tile(A, reps):
    return _wrap(np.tile(_open(A, scalars=False), reps))


def repeat(a, repeats, axis=None):
    if not isinstance(repeats, (int, list, tuple)):
        raise ValueError("repeats must be int or list or tuple")
    return _wrap(np.repeat(_open(a, scalars=False), repeats, axis))


def tril(m, k=0):
    return _wrap(np.tril(_open(m, scalars=False), k))


def triu(m, k=0):
    return _wrap(np.triu(_open(m, scalars=False), k))


def where(condition, x=None, y=None):
    if x is None:
        return nonzero(condition)
    assert builtins.any(isinstance(v, ndarray) for v in (condition, x, y))
    with np.errstate(all="ignore"):
        return _wrap(np.asarray(np.where(_open(condition, scalars=False), _open(x), _open(y))))


def nonzero(a):
    counts.wait("nonzero")
    return _wrap(np.nonzero(_open(a, scalars=False)))


def take(a, indices, axis=None, out=None):
    n = a.size if axis is None else a.shape[axis]
    if not n and _open(indices).size:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    return _wrap(np.take(_open(a, scalars=False), _wrapped(_open(indices), n), axis))


def take_along_axis(a, indices, axis):
    return _wrap(np.take_along_axis(_open(a, scalars=False), _wrapped(_open(indices), a.shape[axis]), axis))


def sort(a, axis=-1, kind=None):
    if not a.ndim:
        raise ValueError("Sorting arrays with the rank of zero is not supported")
    return _wrap(np.sort(_open(a, scalars=False), axis, kind="stable"))


def argsort(a, axis=-1, kind=None):
    if not a.ndim:
        raise ValueError("Sorting arrays with the rank of zero is not supported")
    return _wrap(np.argsort(_open(a, scalars=False), axis, kind="stable"))


def searchsorted(a, v, side="left", sorter=None):
    return _wrap(np.asarray(np.searchsorted(_open(a, scalars=False), _open(v, scalars=False), side)))


def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    return _wrap(np.cumulative_sum(_open(x), axis=axis, dtype=dtype, include_initial=include_initial))


def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    return _wrap(np.cumulative_prod(_open(x), axis=axis, dtype=dtype, include_initial=include_initial))


def _reduced(function, x, **options):
    with np.errstate(all="ignore"):
        return _wrap(np.asarray(function(_open(x, scalars=False), **options)))


def sum(a, axis=None, dtype=None, out=None, keepdims=False):
    return _reduced(np.sum, a, axis=axis, dtype=dtype, keepdims=keepdims)


def prod(a, axis=None, dtype=None, out=None, keepdims=False):
    return _reduced(np.prod, a, axis=axis, dtype=dtype, keepdims=keepdims)


def mean(a, axis=None, dtype=None, out=None, keepdims=False):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _reduced(np.mean, a, axis=axis, dtype=dtype, keepdims=keepdims)


def max(a, axis=None, out=None, keepdims=False):
    return _reduced(np.max, a, axis=axis, keepdims=keepdims)


def min(a, axis=None, out=None, keepdims=False):
    return _reduced(np.min, a, axis=axis, keepdims=keepdims)


def all(a, axis=None, out=None, keepdims=False):
    return _reduced(np.all, a, axis=axis, keepdims=keepdims)


def any(a, axis=None, out=None, keepdims=False):
    return _reduced(np.any, a, axis=axis, keepdims=keepdims)


def argmax(a, axis=None, dtype=None, out=None, keepdims=False):
    return _reduced(np.argmax, a, axis=axis, keepdims=keepdims)


def argmin(a, axis=None, dtype=None, out=None, keepdims=False):
    return _reduced(np.argmin, a, axis=axis, keepdims=keepdims)


for _name in ("sum", "prod", "mean", "max", "min", "all", "any", "argmax", "argmin"):
    setattr(ndarray, _name, globals()[_name])


def tensordot(a, b, axes=2):
    return _wrap(np.asarray(np.tensordot(_open(a), _open(b), axes)))


def matmul(
    *args, axes=None, axis=None, keepdims=False, casting="same_kind", dtype=None, signature=None, order="K", out=None
):
    a, b = args
    if a.dtype.kind == "V" and (a.ndim > 2 or b.ndim > 2):
        raise TypeError("data type 'E' not understood")
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("matmul: input operand does not have enough dimensions")
    found = np.matmul(_open(a), _open(b))
    if out is not None:
        out._h[...] = found
        return out
    return _wrap(np.asarray(found))


finfo, iinfo, result_type, can_cast = np.finfo, np.iinfo, np.result_type, np.can_cast


def _as_strided(x, shape=None, strides=None):
    """As CuPy's, the result does not say whose memory it has."""
    found = _view(np.lib.stride_tricks.as_strided(_writable(x._h) if x._h.size else x._h, shape, strides), x)
    found.base = None
    return found


lib = SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=_as_strided))


# -- linear algebra and Fourier transforms ---------------------------------------------------------------------------

_looking = False


def _solver(function):
    """A function of cupy.linalg: nan where there is no solution, or an error for those who look."""

    def call(*args, **options):
        arrays = [_open(a, scalars=False) for a in args if isinstance(a, ndarray)]
        if builtins.any([a.dtype.char not in "fdFD" for a in arrays]):
            raise TypeError(f"Unsupported dtype {arrays[0].dtype}")
        if _looking:
            counts.wait("linalg looks")
        rest = [a for a in args if not isinstance(a, ndarray)]
        with np.errstate(all="ignore"):
            try:
                return _wrap(_plain(function(*arrays, *rest, **options)))
            except np.linalg.LinAlgError:
                if _looking:
                    raise
                raise AssertionError("CuPy would have returned nonsense, and nobody looked") from None

    return call


def _plain(value):
    return tuple(np.asarray(v) for v in value) if isinstance(value, tuple) else np.asarray(value)


def _solve(a, b):
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")
    return np.linalg.solve(a, b)


def _cholesky(a):
    y = np.linalg.cholesky(a)
    if np.isnan(np.diagonal(y, axis1=-2, axis2=-1)).any():
        raise np.linalg.LinAlgError("the leading minor is not positive definite")
    return y


linalg = SimpleNamespace(
    cholesky=_solver(_cholesky),
    cross=_solver(lambda x1, x2, /, *, axis=-1: np.linalg.cross(x1, x2, axis=axis)),
    det=_solver(np.linalg.det),
    eig=_solver(np.linalg.eig),
    eigh=_solver(lambda a, UPLO="L": np.linalg.eigh(a, UPLO)),
    eigvals=_solver(np.linalg.eigvals),
    eigvalsh=_solver(lambda a, UPLO="L": np.linalg.eigvalsh(a, UPLO)),
    inv=_solver(np.linalg.inv),
    qr=_solver(lambda a, mode="reduced": np.linalg.qr(a, mode)),
    slogdet=_solver(np.linalg.slogdet),
    solve=_solver(_solve),
    svd=_solver(lambda a, full_matrices=True, compute_uv=True: np.linalg.svd(a, full_matrices, compute_uv)),
)
fft = SimpleNamespace(
    **{
        name: (lambda f: lambda *args, **options: _wrap(f(*[_open(args[0]), *args[1:]], **options)))(
            getattr(np.fft, name)
        )
        for name in [
            "fft",
            "fftn",
            "fftshift",
            "hfft",
            "ifft",
            "ifftn",
            "ifftshift",
            "ihfft",
            "irfft",
            "irfftn",
            "rfft",
            "rfftn",
        ]
    },
    fftfreq=lambda n, d=1.0: _wrap(np.fft.fftfreq(n, d)),
    rfftfreq=lambda n, d=1.0: _wrap(np.fft.rfftfreq(n, d)),
)


@contextlib.contextmanager
def _errstate(*, linalg=None, divide=None, fallback_mode=None):
    global _looking
    before, _looking = _looking, linalg == "raise"
    try:
        yield
    finally:
        _looking = before


# -- the device ------------------------------------------------------------------------------------------------------


class Device:
    def __init__(self, device: int | None = None) -> None:
        self.id = _state["device"] if device is None else device
        self._before: list[int] = []

    def __enter__(self) -> Any:
        if self.id >= _state["devices"]:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        self._before.append(_state["device"])
        _state["device"] = self.id
        return self

    def __exit__(self, *_: object) -> None:
        _state["device"] = self._before.pop()

    def use(self) -> None:
        _state["device"] = self.id

    def synchronize(self) -> None:
        counts.wait("Device.synchronize")


def _synchronize() -> None:
    counts.wait("deviceSynchronize")


class Event:
    def __init__(self, block=False, disable_timing=False, interprocess=False) -> None:
        self.when: float | None = None
        self.disable_timing = disable_timing

    done = property(lambda self: True)

    def record(self, stream=None) -> None:
        self.when = counts.allocated

    def synchronize(self) -> None:
        counts.wait("Event.synchronize")


_streams: list[Any] = []


class Stream:
    null: Any = None

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None) -> None:
        self.ptr = 0 if null else id(self)
        self.non_blocking = non_blocking
        self.device_id = _state["device"]

    done = property(lambda self: True)

    def __enter__(self) -> Any:
        _streams.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _streams.pop()

    def use(self) -> Any:
        _streams[:] = [self]
        return self

    def synchronize(self) -> None:
        counts.wait("Stream.synchronize")

    def record(self, event=None) -> Any:
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event) -> None:
        assert event.when is not None, "an event that was never recorded"


Stream.null = Stream(null=True)


class _Pool:
    """Counts bytes by the arrays that are alive."""

    def used_bytes(self) -> int:
        return builtins.sum(nbytes for nbytes in _alive.values())

    def total_bytes(self) -> int:
        return _state["most"]

    def free_all_blocks(self) -> None:
        counts.log.append("free_all_blocks")


_pool = _Pool()


def get_default_memory_pool():
    return _pool


def is_available():
    return True


def _set_allocator(allocator=None):
    global _allocator
    _allocator = _malloc if allocator is None else allocator


class RawModule:
    """Of the kernels the check of indices runs here; the others on the processor, if that is asked for."""

    def __init__(self, *, code, options=(), name_expressions=None) -> None:
        self._made = {"code": code, "options": options, "name_expressions": name_expressions}
        self._module: Any = None

    def get_function(self, name):
        if name.startswith("check_range<"):
            return _check_range
        assert _state["emulate"], f"{name} was launched, where only definitions should compute"
        if self._module is None:
            self._module = cuda_on_cpu.RawModule(**self._made)
        kernel = self._module.get_function(name)

        def launch(grid, block, args):
            kernel(grid, block, tuple(_emulated(a) for a in args))

        return launch


def _check_range(grid, block, args):
    index, flag, low, high, code, n = args
    assert index.flags.c_contiguous
    assert index.size == n
    if ((index._h < low) | (index._h >= high)).any():
        flag._h[0] = code


def _emulated(a):
    if not isinstance(a, ndarray):
        return a
    assert a.flags.c_contiguous
    return a._h.view(cuda_on_cpu.Array)


def _device_name(index):
    return {"name": b"Stand-in", "major": 9, "minor": 0, "totalGlobalMem": TOTAL, "multiProcessorCount": 1}


cuda = SimpleNamespace(
    Device=Device,
    Event=Event,
    Stream=Stream,
    get_current_stream=lambda: _streams[-1] if _streams else Stream.null,
    get_elapsed_time=lambda start, end: float(end.when - start.when),
    get_cublas_handle=lambda: 1,
    get_allocator=lambda: _allocator,
    set_allocator=_set_allocator,
    memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    is_available=is_available,
    cublas=SimpleNamespace(),
    nvrtc=SimpleNamespace(getVersion=lambda: (12, 9)),
    runtime=SimpleNamespace(
        getDevice=lambda: _state["device"],
        setDevice=lambda index: _state.update(device=index),
        getDeviceCount=lambda: _state["devices"],
        deviceSynchronize=_synchronize,
        memGetInfo=lambda: (TOTAL - 4000, TOTAL),
        driverGetVersion=lambda: 12080,
        getDeviceProperties=_device_name,
        CUDARuntimeError=CUDARuntimeError,
    ),
)


_TYPES = {0: "f4", 1: "f8", 2: "f2", 4: "c8", 5: "c16"}


def _gemm(
    handle, ta, tb, m, n, k, alpha, a, a_type, lda, step_a, b, b_type, ldb, step_b, beta, c, c_type, ldc, step_c,
    count, compute, algorithm,
):  # fmt: skip
    """cuBLAS's gemmStridedBatchedEx: reads and writes memory by address, leading dimension and step alone."""
    assert lda >= builtins.max(1, k if ta else m), "CUBLAS_STATUS_INVALID_VALUE: lda"
    assert ldb >= builtins.max(1, n if tb else k), "CUBLAS_STATUS_INVALID_VALUE: ldb"
    assert ldc >= builtins.max(1, m), "CUBLAS_STATUS_INVALID_VALUE: ldc"
    assert builtins.min(step_a, step_b, step_c) >= 0
    assert a_type == b_type == c_type
    assert (compute == 70) == (a_type in (1, 5))
    dtype = np.dtype("V2" if a_type == 14 else _TYPES[a_type])
    if a_type == 14:
        import ml_dtypes

        dtype = np.dtype(ml_dtypes.bfloat16)
    wide = np.dtype("f4") if dtype.itemsize == 2 else dtype
    scale = [_read(p, (1,), (1,), wide)[0] for p in (alpha, beta)]
    counts.products.append((ta, tb, m, n, k, count, compute))
    for i in range(count):
        x = _read(a + i * step_a * dtype.itemsize, (k, m) if ta else (m, k), (1, lda), dtype)
        y = _read(b + i * step_b * dtype.itemsize, (n, k) if tb else (k, n), (1, ldb), dtype)
        z = _read(c + i * step_c * dtype.itemsize, (m, n), (1, ldc), dtype)
        left, right = [v.T if turned else v for v, turned in ((x, ta), (y, tb))]
        found = scale[0] * (left.astype(wide) @ right.astype(wide))
        z[...] = found if scale[1] == 0 else found + scale[1] * z


def _read(address: int, shape: Any, steps: Any, dtype: Any) -> Any:
    """The host's memory from an address on."""
    strides = tuple(s * dtype.itemsize for s in steps)
    typestr = dtype.str if dtype.kind != "V" else f"|V{dtype.itemsize}"
    interface = {"shape": shape, "typestr": typestr, "data": (address, False), "version": 3, "strides": strides}
    return np.asarray(SimpleNamespace(__array_interface__=interface)).view(dtype)


class _Special:
    """cupyx.scipy.special by SciPy."""

    def __getattr__(self, name):
        import scipy.special

        function = getattr(scipy.special, name)
        return lambda *args: _wrap(np.asarray(function(*[_open(a) for a in args])))


companions: dict[str, Any] = {
    "cupyx": SimpleNamespace(
        errstate=_errstate, empty_pinned=lambda shape, dtype=float, order="C": np.empty(shape, dtype)
    ),
    "cupyx.scipy.special": _Special(),
    "cupy_backends.cuda.libs.cublas": SimpleNamespace(gemmStridedBatchedEx=_gemm),
}


def install(**settings: Any) -> None:
    """Let plugrad's backend compute with this instead of CuPy."""
    from plugrad.backends.cupy import launch

    configure(**settings)
    _forget()
    launch.use(sys.modules[__name__], None, kernels=bool(_state["emulate"]))


def uninstall() -> None:
    """Let it compute with CuPy again."""
    from plugrad.backends.cupy import launch

    _forget()
    launch.use(None, None)


def _forget() -> None:
    """Let plugrad find its GPUs anew."""
    from plugrad.backends.cupy import backend, faults, kernels_optimizer, memory
    from plugrad.core import default_device, device, registry

    global _allocator
    _allocator = _malloc
    faults.forget()
    memory.forget()
    kernels_optimizer.forget()
    backend.forget()
    for where in device.known():
        if where.type == "cuda":
            where.backend = where.xp = where.ops = None
    for table in (registry._loaded, registry._namespaces, registry._of_several):
        table.pop("cupy", None)
    device.switch = None
    registry._by_device_type.pop("cuda", None)
    default_device._places.clear()
