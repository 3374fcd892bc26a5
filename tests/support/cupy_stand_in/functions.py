"""Ufuncs and functions, with CuPy's signatures."""

from __future__ import annotations

import builtins
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.support.cupy_stand_in.arrays import _memory, _new, _open, _own, _view, _wrap, _wrapped, _writable, ndarray
from tests.support.cupy_stand_in.state import _state, counts

#: What ufuncs return where it is not what NumPy's do, for arrays of one dtype: name -> dtype -> result, None: TypeError.
DIFFERENT = {
    **{name: {"F": "F", "D": "D"} for name in ("atan2", "copysign", "hypot", "nextafter")},
    **{name: {"F": None, "D": None} for name in ("logical_and", "logical_not", "logical_or", "logical_xor")},
    **{name: {"?": "?"} for name in ("negative", "positive", "subtract", "gcd", "lcm")},
    "sign": {"?": "b"},
}

UFUNCS = [
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and",
    "bitwise_left_shift", "bitwise_invert", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "ceil", "conj",
    "conjugate", "copysign", "cos", "cosh", "divide", "equal", "exp", "exp2", "expm1", "floor", "floor_divide",
    "fmax", "fmin", "fmod", "greater", "greater_equal", "hypot", "isfinite", "isinf", "isnan", "less",
    "less_equal", "log", "log1p", "log2", "log10", "logaddexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "maximum", "minimum", "multiply", "negative", "nextafter", "not_equal", "positive", "pow",
    "power", "reciprocal", "remainder", "rint", "sign", "signbit", "sin", "sinh", "square", "sqrt", "subtract",
    "tan", "tanh", "trunc",
]  # fmt: skip


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
