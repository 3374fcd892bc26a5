"""Arrays: what would wait for the device, or make a NumPy array, is refused; views, indices, operators."""

from __future__ import annotations

import builtins
import math
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.support.cupy_stand_in.state import _alive, _numbers, _state, counts

SCALARS = (bool, int, float, complex, np.number, np.bool_)


def _memory(shape: Any, dtype: Any) -> Any:
    """Memory full of nonsense."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    counts.allocated += 1
    _state["allocator"](math.prod(sizes) * np.dtype(dtype).itemsize)
    found = np.empty(shape, dtype)
    if found.size:
        found.view(np.ndarray).reshape(-1).view(np.uint8)[...] = 0xFF
    return found


def _own(array: Any) -> Any:
    """An array of the device over memory that it has taken."""
    found = _new(array)
    number = next(_numbers)
    # Entered before anybody asks how much is in use: an allocation counts at once.
    _alive[number] = array.nbytes
    _state["most"] = builtins.max(_state["most"], builtins.sum(_alive.values()))
    weakref.finalize(found, _alive.pop, number, None)
    return found


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
    device = property(lambda self: _function("cuda").Device(self.device_id))
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
        return _function("take")(self, indices, axis, out)


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
        _state["allocator"](value.nbytes)
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


_HERE = str(Path(__file__).parent)


def _function(name: str) -> Any:
    """A function of the stand-in, which is made over arrays."""
    return getattr(sys.modules[__package__], name)


def _caller() -> str:
    """The nearest function outside of this folder: where a slow operator stands."""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    path = frame.f_code.co_filename.partition("plugrad/")[2]
    return f"{path}:{frame.f_code.co_name}"


def _operator(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        if isinstance(other, SCALARS) and name != "pow":
            counts.slow[_caller()] += 1
        return _function(_NAMES[name])(self, other)

    return operate


def _reflected(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, SCALARS):
            return NotImplemented
        return _function(_NAMES[name])(other, self)

    return operate


def _inplace(name: str) -> Any:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        return _function(_NAMES[name])(self, other, out=self)

    return operate


for _name in _NAMES:
    setattr(ndarray, f"__{_name}__", _operator(_name))
    if _name not in _REFLECTED:
        setattr(ndarray, f"__r{_name}__", _reflected(_name))
        setattr(ndarray, f"__i{_name}__", _inplace(_name))
for _name, _named in (("neg", "negative"), ("pos", "positive"), ("abs", "abs"), ("invert", "bitwise_invert")):
    setattr(ndarray, f"__{_name}__", lambda self, named=_named: _function(named)(self))
