"""The standard's creation functions."""

from __future__ import annotations

from typing import Any

from plugrad.array_api._common import array, common_dtype
from plugrad.core import creation, data
from plugrad.core.dispatch import cast
from plugrad.core.errors import with_hint
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like", "linspace",
    "meshgrid", "ones", "ones_like", "tril", "triu", "zeros", "zeros_like",
]  # fmt: skip


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Any:
    """Evenly spaced numbers from ``start`` up to, without, ``stop``.

    Args:
        start: The first number; the end, where ``stop`` is None.
        stop: The end.
        step: The distance between neighbours.
        dtype: int64 if all three are integers, else the default floating dtype.
        device: Where the array lives; the default device by default.

    Shape:
        - Output: (ceil((stop - start) / step),)
    """
    return FUNCTIONS["arange"](start, stop, step, dtype=dtype, device=device)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """Convert to an array; what is one already stays part of the graph, also in a sequence.

    Args:
        obj: An array, a number, nested sequences of them, or an object that shows its memory (NumPy's arrays,
            buffers).
        dtype: The dtype, instead of the one that obj suggests.
        device: Where the array lives; that of obj or the default device by default.
        copy: True: always copy. False: raise where a copy would be needed. None: copy where needed.

    Raises:
        ValueError: if ``copy=False`` and a copy is needed.

    Example::

        >>> import plugrad.array_api as xp
        >>> x = xp.asarray([1.0, 2.0])
        >>> xp.asarray([x, 3 * x])
        tensor([[1., 2.],
                [3., 6.]])
    """
    if isinstance(obj, (list, tuple)) and _has_arrays(obj):
        if copy is False:
            raise ValueError(with_hint("can't alias a sequence of arrays", "copy=None makes an array of them."))
        return creation.asarray(_stacked(obj), dtype=dtype, device=device)
    buffer = _buffer(obj)
    if buffer is not None:
        home = data.host()
        obj = home.asarray(buffer, None, None)
        if copy is None and not home.is_writable(obj):
            copy = True
    return creation.asarray(obj, dtype=dtype, device=device, copy=copy)


def _has_arrays(obj: Any) -> bool:
    return any([isinstance(x, Value) or (isinstance(x, (list, tuple)) and _has_arrays(x)) for x in obj])


def _leaves(obj: Any) -> list[Any]:
    return [leaf for x in obj for leaf in _leaves(x)] if isinstance(obj, (list, tuple)) else [obj]


def _stacked(obj: Any) -> Any:
    """Nested sequences with arrays among their elements as one array, recorded: in PyTorch they lose their gradient."""
    leaves = _leaves(obj)
    dtype = common_dtype(leaves)
    where = next(x.device for x in leaves if isinstance(x, Value))

    def made(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return FUNCTIONS["stack"]([made(element) for element in x], axis=0)
        return cast(x, dtype) if isinstance(x, Value) else FUNCTIONS["full"]((), x, dtype=dtype, device=where)

    return made(obj)


def _buffer(obj: Any) -> memoryview | None:
    """What an object shows of its memory by Python's buffer protocol alone, as bytes and array.array do."""
    if isinstance(obj, (Value, list, tuple, bool, int, float, complex)) or hasattr(obj, "__array__"):
        return None
    try:
        return memoryview(obj)
    except TypeError:
        return None


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """An array whose values are whatever was in memory.

    Args:
        shape: The sizes of all dimensions, or the size of the only one.
        dtype: The default floating dtype by default.
        device: Where the array lives; the default device by default.
    """
    return FUNCTIONS["empty"](_sizes(shape), dtype=dtype, device=device)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """An array of the shape of ``x`` whose values are whatever was in memory.

    Args:
        x: An array.
        dtype: That of x by default.
        device: That of x by default.
    """
    return FUNCTIONS["empty_like"](x, dtype=dtype, device=device)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """Ones on a diagonal of a matrix, zeros elsewhere.

    Args:
        n_rows: The number of rows.
        n_cols: The number of columns; as many as rows by default.
        k: How far above the main diagonal.
        dtype: The default floating dtype by default.
        device: Where the array lives; the default device by default.
    """
    return FUNCTIONS["eye"](n_rows, n_cols, k=k, dtype=dtype, device=device)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """An array over the memory of another library's array, by the DLPack protocol.

    Args:
        x: An object with ``__dlpack__`` and ``__dlpack_device__``.
        device: Where the array lives; that of x by default.
        copy: True: always copy. False: raise where a copy would be needed. None: copy where needed.

    Returns:
        An array that requires no gradient.

    Example::

        >>> import numpy
        >>> import plugrad.array_api as xp
        >>> memory = numpy.asarray([1.0, 2.0])
        >>> x = xp.from_dlpack(memory)
        >>> memory[0] = 5.0
        >>> x
        tensor([5., 2.], dtype=plugrad.float64)
    """
    return creation.from_dlpack(x, device=device, copy=copy)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """One value everywhere.

    Args:
        shape: The sizes of all dimensions, or the size of the only one.
        fill_value: A number.
        dtype: The default dtype of the number's kind by default.
        device: Where the array lives; the default device by default.
    """
    return FUNCTIONS["full"](_sizes(shape), fill_value, dtype=dtype, device=device)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """One value everywhere, in the shape of ``x``.

    Args:
        x: An array.
        fill_value: A number.
        dtype: That of x by default.
        device: That of x by default.
    """
    return FUNCTIONS["full_like"](x, fill_value, dtype=dtype, device=device)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Any:
    """``num`` evenly spaced numbers from ``start`` to ``stop``.

    Args:
        start: The first number.
        stop: The last number.
        num: How many.
        dtype: The default floating (or complex) dtype by default.
        device: Where the array lives; the default device by default.
        endpoint: Whether stop is one of them.
    """
    return FUNCTIONS["linspace"](start, stop, num, dtype=dtype, device=device, endpoint=endpoint)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """Vectors as the coordinates of a grid.

    Args:
        arrays: One-dimensional arrays of one dtype.
        indexing: ``"xy"``: the first vector runs along columns. ``"ij"``: along rows.

    Returns:
        As many arrays, each of the shape of the grid.

    Raises:
        ValueError: for another ``indexing``, or arrays of several dtypes.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(with_hint(f"indexing must be 'xy' or 'ij', not {indexing!r}", "'xy' is the default."))
    if len({array("meshgrid", x).dtype for x in arrays}) > 1:
        raise ValueError(with_hint("meshgrid() takes arrays of one dtype", "astype() converts."))
    found: list[Any] = FUNCTIONS["meshgrid"](*arrays, indexing=indexing)
    return found


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Ones.

    Args:
        shape: The sizes of all dimensions, or the size of the only one.
        dtype: The default floating dtype by default.
        device: Where the array lives; the default device by default.
    """
    return FUNCTIONS["ones"](_sizes(shape), dtype=dtype, device=device)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Ones in the shape of ``x``.

    Args:
        x: An array.
        dtype: That of x by default.
        device: That of x by default.
    """
    return FUNCTIONS["ones_like"](x, dtype=dtype, device=device)


def tril(x: Any, /, *, k: int = 0) -> Any:
    """The lower triangle of matrices, zeros above it.

    Args:
        x: An array of matrices.
        k: The last diagonal that is kept, counted upwards from the main one.
    """
    return FUNCTIONS["tril"](x, k=k)


def triu(x: Any, /, *, k: int = 0) -> Any:
    """The upper triangle of matrices, zeros below it.

    Args:
        x: An array of matrices.
        k: The first diagonal that is kept, counted upwards from the main one.
    """
    return FUNCTIONS["triu"](x, k=k)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Zeros.

    Args:
        shape: The sizes of all dimensions, or the size of the only one.
        dtype: The default floating dtype by default.
        device: Where the array lives; the default device by default.
    """
    return FUNCTIONS["zeros"](_sizes(shape), dtype=dtype, device=device)


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Zeros in the shape of ``x``.

    Args:
        x: An array.
        dtype: That of x by default.
        device: That of x by default.
    """
    return FUNCTIONS["zeros_like"](x, dtype=dtype, device=device)


def _sizes(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
