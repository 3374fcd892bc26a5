"""The standard's functions of dtypes, and what converts."""

from __future__ import annotations

from typing import Any, NamedTuple

from plugrad.array_api._common import array, common_dtype
from plugrad.core import dtype_info, dtypes
from plugrad.core.default_device import place
from plugrad.core.dtypes import dtype as DType  # noqa: N812 - the parameters are called dtype
from plugrad.core.errors import with_hint
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.value import Value

__all__ = [
    "astype", "broadcast_arrays", "broadcast_to", "can_cast", "finfo", "iinfo", "isdtype", "result_type",
]  # fmt: skip


class FloatInfo(NamedTuple):
    """The limits of a floating dtype: what ``finfo`` returns."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class IntegerInfo(NamedTuple):
    """The limits of an integer dtype: what ``iinfo`` returns."""

    bits: int
    max: int
    min: int
    dtype: DType


def astype(x: Any, dtype: DType, /, *, copy: bool = True, device: Any = None) -> Any:
    """The values in another dtype.

    Args:
        x: An array.
        dtype: The dtype.
        copy: Whether to copy where x is of that dtype already.
        device: Where the array lives; that of x by default.

    Raises:
        TypeError: from complex to real numbers: ``real`` says what is meant.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.astype(xp.asarray([1.5, 2.5]), xp.int64)
        tensor([1, 2])
    """
    array("astype", x)
    where = x.device if device is None else place(device)
    if x.dtype.is_complex and dtype.category in (1, 2):
        raise TypeError(with_hint(f"astype() can't make {dtype} of complex numbers", "real(x) takes the real part."))
    if dtype is x.dtype and where is x.device:
        return FUNCTIONS["clone"](x) if copy else x
    return x.to(where, dtype)


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """The arrays in the one shape that all broadcast to.

    Args:
        arrays: The arrays.

    Returns:
        As many arrays.
    """
    found: list[Any] = FUNCTIONS["broadcast_arrays"](*[array("broadcast_arrays", x) for x in arrays])
    return found


def broadcast_to(x: Any, /, shape: tuple[int, ...]) -> Any:
    """The array repeated along axes of size 1, and along new first axes, to have a shape.

    Args:
        x: An array.
        shape: The shape.

    Raises:
        ValueError: if x does not broadcast to it.
    """
    sizes = tuple(array("broadcast_to", x).raw.shape)
    extra = len(shape) - len(sizes)
    if extra < 0 or any([n not in (1, m) for n, m in zip(sizes, shape[extra:], strict=True)]):
        raise ValueError(
            with_hint(f"can't broadcast shape {sizes} to {tuple(shape)}", "axes of size 1, and new first axes, can.")
        )
    return FUNCTIONS["broadcast_to"](x, shape=tuple(shape))


def can_cast(from_: Any, to: DType, /) -> bool:
    """Whether promotion takes a dtype to another.

    Args:
        from_: A dtype, or an array.
        to: A dtype.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.can_cast(xp.uint8, xp.int16), xp.can_cast(xp.int16, xp.uint8)
        (True, False)
    """
    kind = from_.dtype if isinstance(from_, Value) else from_
    try:
        return dtypes.promote_types(kind, to) is to
    except RuntimeError:
        return False


def finfo(type: Any, /) -> FloatInfo:
    """The limits of a floating dtype; of a complex dtype, those of its parts.

    Args:
        type: A dtype, or an array.

    Returns:
        A tuple with names: bits, eps, max, min, smallest_normal, dtype.
    """
    kind = type.dtype if isinstance(type, Value) else type
    found = dtype_info.finfo(kind)
    return FloatInfo(found.bits, found.eps, found.max, found.min, found.smallest_normal, kind.to_real())


def iinfo(type: Any, /) -> IntegerInfo:
    """The limits of an integer dtype.

    Args:
        type: A dtype, or an array.

    Returns:
        A tuple with names: bits, max, min, dtype.
    """
    kind = type.dtype if isinstance(type, Value) else type
    found = dtype_info.iinfo(kind)
    return IntegerInfo(found.bits, found.max, found.min, kind)


def isdtype(dtype: DType, kind: Any) -> bool:
    """Whether a dtype is of a kind.

    Args:
        dtype: The dtype.
        kind: A dtype; ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``,
            ``"real floating"``, ``"complex floating"`` or ``"numeric"``; or a tuple of these.

    Raises:
        ValueError: for another word.
    """
    return bool(FUNCTIONS["isdtype"](dtype, kind))


def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype of the result of arithmetic on these.

    Args:
        arrays_and_dtypes: Arrays, dtypes and numbers, of which at least one is no number.

    Differs from PyTorch:
        A zero-dimensional array counts like any other, and unsigned integers combine with signed ones.

    Example::

        >>> import plugrad.array_api as xp
        >>> xp.result_type(xp.int8, xp.uint16)
        plugrad.int32
    """
    return common_dtype(arrays_and_dtypes)
