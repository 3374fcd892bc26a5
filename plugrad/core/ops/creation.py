"""The standard's creation functions on Tensors: what rules and definitions call when they are recorded.

They make constants, so they are plain functions: nothing is recorded, and there is no derivative. On raw
arrays the library's own functions of these names serve.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, dtypes
from plugrad.core.data import foreign, read
from plugrad.core.default_device import place
from plugrad.core.dispatch import raw_dtype
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.ops.transfer import to_copy
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "full", "full_like", "linspace", "ones", "ones_like",
    "zeros", "zeros_like",
]  # fmt: skip


def _made(name: str, device: Any, dtype: dtypes.dtype, *args: Any, **options: Any) -> Any:
    """A Tensor of what the library's function of this name makes."""
    where = place(device)
    return dispatch.Tensor(getattr(where.xp, name)(*args, dtype=raw_dtype(dtype, where), **options), where, dtype)


def _made_like(name: str, x: Any, dtype: dtypes.dtype | None, device: Any, *args: Any) -> Any:
    if not isinstance(x, Value):
        raise wrong_type(name, "input", 1, x)
    where = x.device if device is None else place(device)
    if where is not x.device:
        return _made(name.removesuffix("_like"), where, dtype or x.dtype, tuple(x.raw.shape), *args)
    raw = x.raw
    if dtype is None:
        return dispatch.Tensor(getattr(where.xp, name)(raw, *args), where, x.dtype)
    return dispatch.Tensor(getattr(where.xp, name)(raw, *args, dtype=raw_dtype(dtype, where)), where, dtype)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Zeros of a shape, in the default floating dtype unless told otherwise."""
    return _made("zeros", device, dtype or dtypes.get_default_dtype(), shape)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Ones of a shape, in the default floating dtype unless told otherwise."""
    return _made("ones", device, dtype or dtypes.get_default_dtype(), shape)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """An array of a shape whose values are whatever was in memory."""
    return _made("empty", device, dtype or dtypes.get_default_dtype(), shape)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """One value, a Python number, everywhere; its kind decides the dtype unless told otherwise."""
    return _made("full", device, dtype or dtypes.of_scalar(fill_value), shape, fill_value)


def eye(n_rows: int, n_cols: int | None = None, *, k: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """Ones on the ``k``-th diagonal of a matrix, zeros elsewhere."""
    return _made("eye", device, dtype or dtypes.get_default_dtype(), n_rows, n_cols, k=k)


def arange(start: Any, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Any:
    """Evenly spaced values in [start, stop); int64 if all arguments are integers, else the default dtype."""
    if stop is None:
        start, stop = 0, start
    if dtype is None:
        whole = all([isinstance(x, int) for x in (start, stop, step)])
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    return _made("arange", device, dtype, start, stop, step)


def linspace(start: Any, stop: Any, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True) -> Any:
    """``num`` evenly spaced values from start to stop."""
    if dtype is None:
        dtype = dtypes.get_default_dtype()
        if isinstance(start, complex) or isinstance(stop, complex):
            dtype = dtype.to_complex()
    return _made("linspace", device, dtype, start, stop, num, endpoint=endpoint)


def zeros_like(x: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Zeros of the shape, dtype and device of ``x``, unless told otherwise."""
    return _made_like("zeros_like", x, dtype, device)


def ones_like(x: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Ones of the shape, dtype and device of ``x``, unless told otherwise."""
    return _made_like("ones_like", x, dtype, device)


def empty_like(x: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """An array of the shape, dtype and device of ``x`` whose values are whatever was in memory."""
    return _made_like("empty_like", x, dtype, device)


def full_like(x: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """One value everywhere, in the shape, dtype and device of ``x``, unless told otherwise."""
    return _made_like("full_like", x, dtype, device, fill_value)


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """A Tensor of a Tensor, an array or nested sequences of numbers; a Tensor's copy is recorded."""
    where = place(device)
    if isinstance(obj, Value):
        dtype = obj.dtype if dtype is None else dtype
        if dtype is obj.dtype and where is obj.device and not copy:
            return obj
        if copy is False:
            raise ValueError(f"a copy is needed to make {obj.dtype} on {obj.device} into {dtype} on {where}")
        return to_copy(obj, dtype, where)
    raw = None if copy else foreign(obj, dtype, where, share=True)
    if raw is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        raw = read(obj, dtype, where)
    return dispatch.Tensor(raw, where, where.backend.dtype_of(raw))


for _function in (
    arange, asarray, empty, empty_like, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like,
):  # fmt: skip
    FUNCTIONS[_function.__name__] = _function
