"""Values from outside, numbers, nested sequences and other libraries' arrays, as a device's raw arrays.

Everything is read into an array of the host first and handed to the device from there, so that what an input
means does not depend on the backend. The numbers of a sequence are looked at once, by type, a row at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from plugrad.core import dispatch, dtypes, registry
from plugrad.core.arguments import limits
from plugrad.core.default_device import place
from plugrad.core.dtypes import promote_types
from plugrad.core.errors import with_hint
from plugrad.core.levels import lift, over
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

_NUMBERS: Final = frozenset((bool, int, float, complex))
_NESTED: Final = frozenset((list, tuple))

#: DLPack's numbers of device types, where they stand for a device type of PyTorch's name.
_DLPACK_DEVICES: Final = {2: "cuda", 13: "cuda"}

#: Whether copies to the host may be returned before their values have come.
_later: ContextVar[bool] = ContextVar("plugrad_copies_come_later", default=False)


@contextmanager
def coming_later(later: bool) -> Iterator[None]:
    """A context in which copies to the host need not wait for their values: PyTorch's ``non_blocking=True``."""
    token = _later.set(later)
    try:
        yield
    finally:
        _later.reset(token)


class WatchedCounter(list[int]):
    """The version counter of a tensor whose memory others write to: it counts their changes when read.

    Ops read a counter when they save a tensor and again when they use it, so that a change of the memory in
    between is found like any in-place change.
    """

    __slots__ = ("_look", "_seen")

    def __init__(self, look: Callable[[], bytes]) -> None:
        super().__init__((0,))
        self._look = look
        self._seen = look()

    def __getitem__(self, i: Any) -> Any:
        now = self._look()
        if now != self._seen:
            self._seen = now
            list.__setitem__(self, 0, list.__getitem__(self, 0) + 1)
        return list.__getitem__(self, i)

    def __setitem__(self, i: Any, value: Any) -> None:
        self._seen = self._look()
        list.__setitem__(self, i, value)


_home: Any = None


def host() -> Any:
    """The backend of the host's memory, through which data goes in and out."""
    global _home
    if _home is None:
        _home = registry.load("numpy")
    return _home


def device_of(data: Any, device: Any) -> Any:
    """The device that data goes to: the one that is named, else where it is, else the default device."""
    if device is not None:
        return place(device)
    if isinstance(data, Value):
        return data.device
    kind = data.__class__
    if kind not in _NESTED and kind not in _NUMBERS and hasattr(data, "__dlpack_device__"):
        code, index = data.__dlpack_device__()
        if int(code) in _DLPACK_DEVICES:
            return place(f"{_DLPACK_DEVICES[int(code)]}:{index}")
    elif kind not in _NESTED and kind not in _NUMBERS and hasattr(data, "__cuda_array_interface__"):
        return place("cuda")
    return place(None)


def read(data: Any, dtype: Any, where: Any) -> Any:
    """A new raw array on ``where`` of numbers, nested sequences of them, or a foreign array.

    Args:
        data: Anything but a Tensor.
        dtype: plugrad's dtype; None: what the data says, with Python's floats in the default dtype.
        where: The device.

    Raises:
        TypeError, ValueError, RuntimeError: as PyTorch does, for what no tensor can be made of.
    """
    kind = data.__class__
    if kind in _NUMBERS:
        return to_device(_host_array(data, dtype or dtypes.of_scalar(data), {kind}), dtype, where)
    # Lists are the usual data: they are not asked whether they are arrays.
    array = None if kind in _NESTED else foreign(data, dtype, where, share=False)
    return _of_sequence(data, dtype, where) if array is None else array


def foreign(data: Any, dtype: Any, where: Any, share: bool) -> Any:
    """A raw array on ``where`` of another library's array, sharing its memory if asked and possible.

    Returns:
        None, if ``data`` is no array.
    """
    backend = where.backend
    home = host()
    if backend is not home and backend.is_array(data):
        raw = None if dtype is None else dispatch.raw_dtype(dtype, where) and dtype
        return backend.asarray(data, raw, where.index, copy=None if share else True)
    if backend is not home:
        array = backend.adopt(data, share)
        if array is not None:
            dispatch.raw_dtype(backend.dtype_of(array) if dtype is None else dtype, where)
            return backend.asarray(array, dtype, where.index, copy=None if share else True)
    array = home.adopt(data, share)
    if array is None:
        return None
    target = dtype if dtype is None or dtype in home.dtypes else dtypes.float32
    if target is not None and target is not home.dtype_of(array):
        token = home.silence()
        try:
            array = home.asarray(array, target, None, copy=True)
        finally:
            home.unsilence(token)
    elif not share or backend is not home:
        # Copied here rather than on the way to the device: from_host may share memory.
        array = home.asarray(array, None, None, copy=True)
    return to_device(array, dtype, where)


def to_device(array: Any, dtype: Any, where: Any) -> Any:
    """The host's array on a device, perhaps the same memory; ``dtype`` where the host has no such dtype."""
    backend = where.backend
    home = host()
    if backend is home:
        if dtype is not None:
            dispatch.raw_dtype(dtype, where)
        return array
    dispatch.raw_dtype(home.dtype_of(array), where)
    # A 0-d value of the host's may be a scalar; others get arrays.
    raw = backend.from_host(home.aliasable(array), where.index)
    if dtype is not None and dtype not in home.dtypes:
        raw = where.xp.astype(raw, dispatch.raw_dtype(dtype, where))
    return raw


def to_host(x: Any) -> Any:
    """The host's array of a Tensor's values; it may share memory."""
    return x.device.backend.to_host(x.raw)


# -- sequences
# ---------------------------------------------------------------------------------------------------------


def _of_sequence(data: Any, dtype: Any, where: Any) -> Any:
    if not _is_sequence(data):
        raise _no_number(data)
    kinds: set[type] = set()
    dtypes_inside: set[dtypes.dtype] = set()
    plain = _survey(data, 0, _shape(data), kinds, dtypes_inside)
    if dtype is None:
        inferred = None
        for kind in kinds:
            found = dtypes.of_scalar(kind())
            inferred = found if inferred is None else promote_types(inferred, found)
        for found in dtypes_inside:
            inferred = found if inferred is None else promote_types(inferred, found)
        target = inferred or dtypes.get_default_dtype()
    else:
        target = dtype
    return to_device(_host_array(plain, target, kinds), target, where)


def _is_sequence(data: Any) -> bool:
    kind = type(data)
    if kind in _NESTED:
        return True
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not isinstance(data, (dict, str, bytes))


def _shape(data: Any) -> list[int]:
    """The lengths along the first element of each level: what all others must have."""
    shape = []
    while _is_sequence(data) and not _scalar_dtype(data):
        shape.append(len(data))
        if not len(data):
            break
        if hasattr(data, "dtype"):
            shape.extend(data.shape[1:])
            break
        data = data[0]
    if shape and isinstance(data, (str, bytes)):
        raise ValueError(with_hint(f"too many dimensions '{type(data).__name__}'", "tensors hold numbers."))
    return shape


def _scalar_dtype(x: Any) -> dtypes.dtype | None:
    """The dtype of a tensor of one element, or of another library's scalar."""
    if isinstance(x, Value):
        return x.dtype if x.raw.shape.count(1) == len(x.raw.shape) else None
    home = host()
    return home.dtype_of(x) if home.is_array(x) and not x.shape else None


def _survey(data: Any, depth: int, shape: list[int], kinds: set[type], inside: set[dtypes.dtype]) -> Any:
    """Check lengths, note the types of all numbers, and return the data with tensors replaced by numbers."""
    if data.__class__ not in _NESTED:
        if isinstance(data, Value):
            raise _no_number(data)
        array = host().adopt(data, False)
        if array is not None:
            inside.add(host().dtype_of(array))
            if list(array.shape) != shape[depth:]:
                raise _ragged(shape, depth, array.shape[0] if array.shape else 0)
            return array
        if not _is_sequence(data):
            raise TypeError(with_hint("not a sequence", f"there is a {type(data).__name__} among sequences."))
        data = list(data)
    if len(data) != shape[depth]:
        raise _ragged(shape, depth, len(data))
    found = set(map(type, data))
    if found <= _NUMBERS:
        if depth != len(shape) - 1:
            raise TypeError(with_hint("not a sequence", f"there are numbers among sequences, at depth {depth}."))
        kinds |= found
        return data
    if depth < len(shape) - 1:
        return [_survey(x, depth + 1, shape, kinds, inside) for x in data]
    numbers = []
    for x in data:
        if x.__class__ in _NUMBERS:
            kinds.add(x.__class__)
        else:
            dtype = _scalar_dtype(x)
            if dtype is None:
                raise _no_number(x) if not _is_sequence(x) or isinstance(x, Value) else _ragged_leaf(x, found)
            inside.add(dtype)
            x = to_host(x).reshape(()).item() if isinstance(x, Value) else x.item()
        numbers.append(x)
    return numbers


def _ragged(shape: list[int], depth: int, got: int) -> ValueError:
    return ValueError(
        with_hint(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {got})",
            "all sequences of a level must have the same length.",
        )
    )


def _ragged_leaf(x: Any, found: Iterable[type]) -> TypeError:
    text = "must be real number, not" if float in found else f"'{type(x).__name__}' object cannot be interpreted as"
    text += f" {type(x).__name__}" if float in found else " an integer"
    return TypeError(with_hint(text, "there is a sequence among numbers."))


def _no_number(x: Any) -> Exception:
    """PyTorch's error for what no tensor can be made of."""
    name = type(x).__name__
    if isinstance(x, Value):
        return ValueError(
            with_hint(
                "only one element tensors can be converted to Python scalars",
                "plugrad.stack(tensors) makes one tensor of several.",
            )
        )
    if isinstance(x, (str, bytes)):
        return TypeError(with_hint(f"new(): invalid data type '{name}'", "tensors hold numbers."))
    return RuntimeError(with_hint(f"Could not infer dtype of {name}", "tensors hold numbers."))


def _host_array(data: Any, dtype: dtypes.dtype, kinds: set[type]) -> Any:
    """The host's array of numbers that were looked at. The library's refusals get PyTorch's texts."""
    home = host()
    if dtype not in home.dtypes:
        dtype = dtypes.float32
    if complex in kinds and dtype.category in (1, 2):
        if dtype.is_floating_point:
            raise TypeError(with_hint("must be real number, not complex", f"{dtype} holds no complex numbers."))
        raise TypeError(
            with_hint("'complex' object cannot be interpreted as an integer", f"{dtype} holds no complex numbers.")
        )
    token = home.silence()
    try:
        return home.asarray(data, dtype, None, copy=True)
    except (OverflowError, ValueError) as error:
        if dtype.category != 1:
            raise
        return _out_of_range(home, data, dtype, kinds, error)
    finally:
        home.unsilence(token)


def _out_of_range(home: Any, data: Any, dtype: dtypes.dtype, kinds: set[type], error: Exception) -> Any:
    """Negative numbers wrapped into small unsigned dtypes, as in PyTorch; others that do not fit raise."""
    low, high = limits(dtype)
    hint = f"{dtype} holds integers from {low} to {high}."
    if dtype is dtypes.uint64:
        text = "can't convert negative int to unsigned" if "-" in str(error) else "int too big to convert"
        raise OverflowError(with_hint(text, hint)) from None
    if dtype.itemsize == 8 and float not in kinds:
        raise ValueError(with_hint("Overflow when unpacking long long", hint)) from None
    try:
        wide = home.asarray(data, dtypes.int64, None, copy=True)
    except (OverflowError, ValueError):
        wide = None
    xp = home.namespace
    if wide is None or dtype.is_signed or bool(xp.any(wide > high)) or bool(xp.any(wide < -high)):
        text = f"value cannot be converted to type {dtype.name} without overflow"
        raise RuntimeError(with_hint(text, hint)) from None
    return home.asarray(wide, dtype, None, copy=True)


# -- between devices
# ---------------------------------------------------------------------------------------------------


def carried(raw: Any, dtype: dtypes.dtype, source: Any, target: Any) -> Any:
    """A copy of a raw array on another device, in the same dtype."""
    if source.backend is target.backend:
        return source.backend.transfer(raw, target.index)
    home = host()
    if target.backend is home:
        # A copy, because to_host may share memory; what comes later is one, and must not be read yet.
        if _later.get() and dtype in home.dtypes and dtype is not dtypes.bfloat16:
            return source.backend.to_host_later(raw)
        array = home.copy(source.backend.to_host(raw))
        return array if home.dtype_of(array) is dtype else target.xp.astype(array, dispatch.raw_dtype(dtype, target))
    array = source.backend.to_host(raw)
    return to_device(home.copy(array) if source.backend is home else array, dtype, target)


def copied(raw: Any, source_dtype: dtypes.dtype, source: Any, dtype: dtypes.dtype, where: Any) -> Any:
    """A new raw array of the same values in another dtype, on another device, or both."""
    if where.depth or source.depth:
        return _between_levels(raw, source_dtype, source, dtype, where)
    raw_dtype = dispatch.raw_dtype(dtype, where)
    if where is source:
        return source.backend.copy(raw) if dtype is source_dtype else source.xp.astype(raw, raw_dtype)
    if dtype is source_dtype:
        return carried(raw, dtype, source, where)
    if dtype in source.backend.dtypes:
        return carried(source.xp.astype(raw, source.backend.dtypes[dtype]), dtype, source, where)
    return where.xp.astype(carried(raw, source_dtype, source, where), raw_dtype)


def _between_levels(raw: Any, source_dtype: dtypes.dtype, source: Any, dtype: dtypes.dtype, where: Any) -> Any:
    """The same inside of function transforms, whose raw arrays are made of Tensors."""
    x = dispatch.Tensor(raw, source, source_dtype)
    if source.root is not where.root:
        # The same transforms over another device: what the arrays are made of moves.
        if source.depth != where.depth:
            x = lift(x, over(where, source.root))
        return where.backend.apply(lambda part: FUNCTIONS["to_copy"](part, dtype, where.parent), x.raw)
    x = lift(x, where)
    return where.backend.copy(x.raw) if dtype is source_dtype else where.xp.astype(x.raw, dtype=dtype)
