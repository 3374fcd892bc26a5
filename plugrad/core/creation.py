"""Tensors from data: numbers, nested sequences, and the arrays of other libraries."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import data as reading
from plugrad.core import dtypes
from plugrad.core.arguments import as_dtype, as_flag, check_requires_grad, type_name
from plugrad.core.default_device import beneath, place
from plugrad.core.errors import with_hint
from plugrad.core.filled import (
    empty,
    empty_like,
    eye,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    zeros,
    zeros_like,
)
from plugrad.core.ranges import arange, linspace, logspace, tril_indices, triu_indices
from plugrad.core.tensor import Tensor

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_dlpack", "from_numpy", "full",
    "full_like",
    "linspace", "logspace", "ones", "ones_like", "scalar_tensor", "tensor", "tril_indices", "triu_indices",
    "zeros",
    "zeros_like",
]  # fmt: skip

_COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than plugrad.tensor(sourceTensor)."
)

_READ_ONLY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
    "writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or "
    "make it "
    "writable before converting it to a tensor. This type of warning will be suppressed for the rest of "
    "this program."
)


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of ``data``.

    Python's floats become the default dtype, ints int64, bools bool, complex numbers the default complex
    dtype; other libraries' arrays and scalars keep their dtype.

    Args:
        data: A number, nested sequences of numbers, a NumPy array, or an object with ``__array__``,
            ``__array_interface__`` or ``__dlpack__``.
        dtype: The dtype, instead of the one that ``data`` suggests.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf that shares no memory with ``data``.

    Shape:
        That of ``data``: a number has shape ().

    Raises:
        ValueError: if sequences of one level have different lengths.
        TypeError: for strings and arrays of objects.
        RuntimeError: for objects that are no numbers, numbers that don't fit ``dtype``, and integers that are
            to require gradients.

    Warns:
        UserWarning: if ``data`` is a tensor; ``data.detach().clone()`` says what is meant.

    Differs from PyTorch:
        Arrays with negative strides or of another byte order are copied like others, and objects with
        ``__array__`` are arrays. ``[[], [1]]`` raises, where PyTorch drops the 1.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([[1, 2], [3, 4]])
        tensor([[1, 2],
                [3, 4]])
        >>> plugrad.tensor([1.0, 2.0], dtype=plugrad.float64, requires_grad=True)
        tensor([1., 2.], dtype=plugrad.float64, requires_grad=True)
    """
    dtype = as_dtype("tensor", dtype)
    where = place(device) if device is not None else reading.device_of(data, None)
    if isinstance(data, Tensor):
        warnings.warn(_COPY_CONSTRUCT, UserWarning, stacklevel=2)
        target = data.dtype if dtype is None else dtype
        check_requires_grad("tensor", requires_grad, target)
        return _leaf(reading.copied(data.raw, data.dtype, data.device, target, where), where, requires_grad)
    if requires_grad is not False and dtype is not None:
        check_requires_grad("tensor", requires_grad, dtype)
    out = _leaf(reading.read(data, dtype, where), where, False)
    if requires_grad is not False:
        check_requires_grad("tensor", requires_grad, out.dtype)
        out.tracked = True
    return out


def _leaf(raw: Any, where: Any, requires_grad: bool) -> Tensor:
    out = Tensor(raw, where, where.backend.dtype_of(raw))
    out.tracked = requires_grad
    return out


def _converted(x: Tensor, where: Any, dtype: Any, copy: bool = False) -> Tensor:
    found: Tensor = x.to(where, dtype or x.dtype, copy=copy)
    return found


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of ``data``, without a copy where that is possible.

    A tensor of the right dtype and device is returned as it is, otherwise converted, recorded like any op. A
    NumPy array shares its memory with the tensor, as with ``from_numpy``.

    Args:
        data: As for ``tensor``.
        dtype: The dtype, instead of the one that ``data`` suggests.
        device: Where the tensor lives; that of ``data`` or the default device by default.

    Returns:
        A tensor.

    Raises:
        ValueError, TypeError, RuntimeError: as ``tensor`` and ``from_numpy``.

    Example::

        >>> import numpy
        >>> import plugrad
        >>> array = numpy.zeros(2)
        >>> x = plugrad.as_tensor(array)
        >>> array[0] = 1.0
        >>> x
        tensor([1., 0.], dtype=plugrad.float64)
    """
    dtype = as_dtype("as_tensor", dtype)
    if isinstance(data, Tensor):
        where = data.device if device is None else place(device)
        return _converted(data, where, dtype)
    where = reading.device_of(data, device)
    shared = _shared(data, dtype, where)
    return tensor(data, dtype=dtype, device=where) if shared is None else shared


def _shared(data: Any, dtype: Any, where: Any, stacklevel: int = 3) -> Tensor | None:
    """A tensor over an array's memory, or a copy where dtype or device ask for one; None for no array."""
    if data.__class__ in (list, tuple, float, int, bool, complex):
        return None
    raw = reading.foreign(data, dtype, where, share=True)
    if raw is None:
        return None
    out = _leaf(raw, where, False)
    if where.backend is reading.host():
        if not where.backend.is_writable(raw):
            warnings.warn(_READ_ONLY, UserWarning, stacklevel=stacklevel + 1)
        look = None if where.backend.owns_memory(raw) and raw is not data else where.backend.watch(raw)
        if look is not None and out.version is not None:
            out.version = reading.WatchedCounter(look)
    return out


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Convert ``obj`` to a tensor, with a say in whether memory is shared.

    Args:
        obj: A tensor, or what ``tensor`` takes.
        dtype: The dtype, instead of the one that ``obj`` suggests.
        device: Where the tensor lives; that of ``obj`` or the default device by default.
        copy: True: always copy. False: never, raise where it would be needed. None: only where needed.
        requires_grad: Whether gradients are wanted of it. None: as of ``obj`` where that is a tensor.

    Returns:
        A tensor. A tensor's copy that requires gradients is part of the graph.

    Raises:
        ValueError: if ``copy=False`` and memory can't be shared.
        TypeError, RuntimeError: as ``tensor``.

    Example::

        >>> import plugrad
        >>> plugrad.asarray([1, 2, 3])
        tensor([1, 2, 3])
    """
    dtype = as_dtype("asarray", dtype)
    where = reading.device_of(obj, device)
    if isinstance(obj, Tensor):
        target = obj.dtype if dtype is None else dtype
        if copy is False:
            _check_alias(obj.dtype, target, obj.device, where)
        if requires_grad is None:
            return _converted(obj, where, target, bool(copy))
        out = _converted(obj, where, target, bool(copy))
        if requires_grad and out.tracked:
            return out
        out = out.detach()
    elif copy is True:
        out = tensor(obj, dtype=dtype, device=where)
    else:
        shared = _shared(obj, dtype, where)
        if shared is None and copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        if shared is not None and copy is False:
            home = reading.host()
            _check_alias(home.dtype_of(home.adopt(obj, True)), shared.dtype, where, where)
        out = tensor(obj, dtype=dtype, device=where) if shared is None else shared
    if requires_grad:
        check_requires_grad("asarray", as_flag("asarray", "requires_grad", requires_grad), out.dtype)
        out.tracked = True
    return out


def _check_alias(dtype: dtypes.dtype, target: dtypes.dtype, source: Any, where: Any) -> None:
    if where is not source:
        raise ValueError(
            with_hint(
                f"can't alias tensor from device '{source}' to '{where}'.",
                "copy=None copies where it has to be.",
            )
        )
    if dtype is not target:
        raise ValueError(
            with_hint(
                f"can't alias tensor with dtype '{dtype.legacy_name}' into dtype '{target.legacy_name}'.",
                "copy=None copies where it has to be.",
            )
        )


def from_numpy(ndarray: Any) -> Tensor:
    """Make a tensor that shares the memory of a NumPy array: a change of either is seen in both.

    Args:
        ndarray: An array of a dtype that tensors have, without negative strides.

    Returns:
        A leaf on the CPU that requires no gradients.

    Shape:
        That of the array.

    Raises:
        TypeError: if it is no NumPy array, or of another dtype.
        ValueError: for negative strides, and for a byte order that is not the machine's.

    Warns:
        UserWarning: if the array is read-only. Changes of the tensor in place then raise NumPy's error.

    Differs from PyTorch:
        If the array is changed between the computation of a value that needs it for its gradient and
        ``backward``, PyTorch's gradient is silently wrong. Here backward raises, as after an in-place change
        of the tensor. What is compared is the whole array up to 32 KiB, and a sample of 256 or so elements
        throughout a larger one: a change of few elements of a large array can go unnoticed, as can one that
        was undone. ``plugrad.tensor(array)`` copies, and is safe from all of it. Changes of the array that
        ``x.numpy()`` returned are not looked for.

    Example::

        >>> import numpy
        >>> import plugrad
        >>> array = numpy.array([1.0, 2.0])
        >>> x = plugrad.from_numpy(array)
        >>> array[0] = 5.0
        >>> x
        tensor([5., 2.], dtype=plugrad.float64)
    """
    home = reading.host()
    if not home.is_array(ndarray) or not hasattr(ndarray, "strides") or _is_scalar(ndarray):
        raise TypeError(
            with_hint(f"expected np.ndarray (got {type_name(ndarray)})", "plugrad.tensor(data) takes other data.")
        )
    found = _shared(ndarray, None, beneath(_HOME))
    assert found is not None
    return found


_HOME = "cpu"


def _is_scalar(array: Any) -> bool:
    """NumPy's scalars have all of an array's attributes, but can't be written."""
    return not hasattr(type(array), "__setitem__")


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Make a tensor that shares the memory of another library's array, by the DLPack protocol.

    Args:
        ext_tensor: An object with ``__dlpack__`` and ``__dlpack_device__``.
        device: Where the tensor lives; the array's device by default.
        copy: True: copy. False: never. None: only where needed.

    Returns:
        A leaf that requires no gradients.

    Raises:
        TypeError: if it has no such methods.
        BufferError: if it is a tensor that requires gradients.

    Example::

        >>> import numpy
        >>> import plugrad
        >>> plugrad.from_dlpack(numpy.array([1.0, 2.0]))
        tensor([1., 2.], dtype=plugrad.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__") or not hasattr(ext_tensor, "__dlpack_device__"):
        raise TypeError(
            with_hint(
                f"from_dlpack(): expected an object with __dlpack__ and __dlpack_device__, not {type_name(ext_tensor)}",
                "plugrad.tensor(data) takes other data.",
            )
        )
    source = _exporting_device(ext_tensor)
    if isinstance(ext_tensor, Tensor):
        if ext_tensor.tracked:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        raw: Any = ext_tensor.detach().raw
    else:
        raw = source.backend.namespace.from_dlpack(ext_tensor)
    out = _leaf(raw, source, False)
    if isinstance(ext_tensor, Tensor):
        out.version = ext_tensor.version
    elif (look := source.backend.watch(raw)) is not None and out.version is not None:
        out.version = reading.WatchedCounter(look)
    where = source if device is None else place(device)
    if copy is False:
        _check_alias(out.dtype, out.dtype, source, where)
    return _converted(out, where, None, bool(copy))


def _exporting_device(ext_tensor: Any) -> Any:
    """Where the memory of an exporter is: the host's is "cpu", unless the default device's library made it."""
    where = reading.device_of(ext_tensor, None)
    if isinstance(ext_tensor, Tensor):
        return where
    where = where.root
    if where.backend.is_array(ext_tensor):
        return where
    return place(_HOME) if int(ext_tensor.__dlpack_device__()[0]) == _HOST else where


# What DLPack numbers the host's memory.
_HOST = 1
