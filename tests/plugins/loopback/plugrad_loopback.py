"""NumPy behind an array type of its own that refuses everything foreign.

What only works because an array happens to be NumPy's fails here: NumPy functions and arrays, implicit conversion,
and bool(), float() or int() of an array, which on a GPU would be a hidden synchronization.
"""

import numpy as np

import plugrad

plugrad_api = (1, 0)

_SCALARS = (bool, int, float, complex)


class Array:
    """A NumPy array that nobody else can get at."""

    __slots__ = ("_hidden",)
    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, hidden):
        self._hidden = np.asarray(hidden)

    @property
    def shape(self):
        return self._hidden.shape

    @property
    def dtype(self):
        return self._hidden.dtype

    @property
    def ndim(self):
        return self._hidden.ndim

    @property
    def size(self):
        raise TypeError("loopback: core may use shape, dtype and ndim, not size")

    def __array__(self, dtype=None, copy=None):
        raise TypeError("loopback: implicit conversion to a NumPy array")

    def __bool__(self):
        raise TypeError("loopback: bool() of an array synchronizes the device")

    def __float__(self):
        raise TypeError("loopback: float() of an array synchronizes the device")

    __int__ = __index__ = __complex__ = __float__

    def __len__(self):
        raise TypeError("loopback: len() of an array")

    def __iter__(self):
        raise TypeError("loopback: iteration over an array")

    def __getitem__(self, key):
        found = self._hidden[_open(key)]
        # An element as a 0-d view, not as a copy.
        if isinstance(found, np.generic) and isinstance(key, (int, tuple)):
            found = self._hidden[(*(key if isinstance(key, tuple) else (key,)), ...)]
        return Array(found)

    def __setitem__(self, key, value):
        self._hidden[_open(key)] = _open(value)

    def __repr__(self):
        return f"loopback.Array({self._hidden!r})"


def _open(value):
    """The NumPy form of an argument; foreign arrays are refused."""
    if isinstance(value, Array):
        return value._hidden
    if isinstance(value, tuple):
        return tuple(_open(v) for v in value)
    if isinstance(value, list):
        return [_open(v) for v in value]
    if isinstance(value, (*_SCALARS, str, slice, type(None), type(...), np.dtype)) or isinstance(value, type):
        if isinstance(value, np.generic):
            raise TypeError(f"loopback: foreign value {type(value)}")
        return value
    raise TypeError(f"loopback: foreign value {type(value)}")


def _close(value):
    """NumPy's results as ours."""
    if isinstance(value, (np.ndarray, np.generic)):
        return Array(value)
    if isinstance(value, (tuple, list)):
        return tuple(_close(v) for v in value)
    return value


def _function(function):
    def call(*args, **kwargs):
        with np.errstate(all="ignore"):
            return _close(function(*[_open(a) for a in args], **{k: _open(v) for k, v in kwargs.items()}))

    call.__name__ = function.__name__
    return call


def _operator(name):
    method = getattr(np.ndarray, name)

    def operate(self, *others):
        if any(not isinstance(o, (Array, *_SCALARS)) or isinstance(o, np.generic) for o in others):
            return NotImplemented
        with np.errstate(all="ignore"):
            result = method(self._hidden, *[_open(o) for o in others])
        if result is NotImplemented:
            return result
        if name[:3] == "__i" and name != "__invert__":
            self._hidden = result
            return self
        return _close(result)

    return operate


for _name in (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
):
    for _form in ("__%s__", "__r%s__", "__i%s__"):
        setattr(Array, _form % _name, _operator(_form % _name))
for _name in (
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__neg__",
    "__pos__",
    "__abs__",
    "__invert__",
):
    setattr(Array, _name, _operator(_name))


def _broadcast_to(x, shape):
    """NumPy's is read-only, which would hide from a test that plugrad refuses to write to it."""
    strides = np.broadcast_to(x._hidden, shape).strides
    return Array(np.lib.stride_tricks.as_strided(x._hidden, shape, strides))


def _unstack(x, *, axis=0):
    """As views: NumPy's takes elements out of a 1-d array."""
    moved = np.moveaxis(x._hidden, axis, 0)
    return tuple(Array(moved[i, ...]) for i in range(moved.shape[0]))


class Namespace:
    """The standard's functions on these arrays."""

    def __getattr__(self, name):
        from plugrad.core.namespace import EXTENSIONS, STANDARD

        if name in EXTENSIONS:
            return Extension(name)
        if name not in STANDARD:
            raise AttributeError(f"loopback: '{name}' is not in the standard")
        if name == "broadcast_to":
            return _broadcast_to
        if name == "unstack":
            return _unstack
        found = getattr(np, "bool_" if name == "bool" else name)
        if isinstance(found, type) and issubclass(found, np.generic):
            return np.dtype(found)
        return _function(found) if callable(found) else found


class Extension:
    """The functions of an extension of the standard."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        from plugrad.core.namespace import EXTENSIONS

        if name not in EXTENSIONS[self._name]:
            raise AttributeError(f"loopback: '{self._name}.{name}' is not in the standard")
        found = getattr(getattr(np, self._name), name)
        return _function(_complex(found) if name in ("eig", "eigvals") else found)


def _complex(function):
    """The standard's eigenvalues are complex, also where NumPy before 2.5 gives real ones."""

    def call(x):
        found = function(x)
        several = found if isinstance(found, tuple) else (found,)
        kind = np.result_type(x.dtype, np.complex64)
        cast = [part.astype(kind) for part in several]
        return tuple(cast) if isinstance(found, tuple) else cast[0]

    return call


@plugrad.hookimpl
def plugrad_backend():
    from plugrad.backends.array_api import ArrayAPIBackend, Capabilities

    class Loopback(ArrayAPIBackend):
        """Arrays share memory as NumPy's do."""

        def to_host(self, array):
            return array._hidden

        def from_host(self, array, index):
            return Array(array)

        def asarray(self, values, dtype, index, *, copy=None):
            if isinstance(values, (np.ndarray, np.generic)):
                values = np.array(values) if copy else values
                return Array(values if dtype is None else values.astype(self.dtypes[dtype]))
            return super().asarray(values, dtype, index, copy=copy)

        def owns_memory(self, array):
            return array._hidden.base is None

        def data_pointer(self, array):
            return array._hidden.ctypes.data

        def strides(self, array):
            return tuple(stride // array._hidden.itemsize for stride in array._hidden.strides)

    return Loopback(
        name="loopback",
        namespace=Namespace(),
        devices=("loopback",),
        capabilities=Capabilities(views=True, writable=True, checks_indices=True),
    )
