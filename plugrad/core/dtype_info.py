"""What dtypes can hold: finfo and iinfo."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import dtypes
from plugrad.core.dtypes import dtype
from plugrad.core.errors import with_hint

# eps, largest, smallest normal, and ten to the minus number of digits that surely survive.
_FLOATS: Final = {
    dtypes.float16: (2.0**-10, 65504.0, 2.0**-14, 1e-3),
    dtypes.bfloat16: (2.0**-7, 3.3895313892515355e38, 2.0**-126, 1e-2),
    dtypes.float32: (2.0**-23, 3.4028234663852886e38, 2.0**-126, 1e-6),
    dtypes.float64: (2.0**-52, 1.7976931348623157e308, 2.0**-1022, 1e-15),
}


class finfo:  # noqa: N801 - PyTorch's name
    """The limits of a floating dtype; of a complex dtype, those of its parts.

    Args:
        type: The dtype; the default one by default.

    Attributes:
        bits: The number of bits.
        eps: The distance from 1 to the next larger number.
        max: The largest number.
        min: The smallest number, ``-max``.
        smallest_normal: The smallest positive number with full precision.
        tiny: The same.
        resolution: The decimal resolution.
        dtype: The dtype's name.

    Raises:
        TypeError: for integer dtypes, and what is no dtype.

    Example::

        >>> import plugrad
        >>> plugrad.finfo(plugrad.float32).eps
        1.1920928955078125e-07
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: dtype | None = None) -> None:
        wanted = _checked("finfo", dtypes.get_default_dtype() if type is None else type).to_real()
        if not wanted.is_floating_point:
            raise TypeError(
                with_hint(
                    "plugrad.finfo() requires a floating point input type. Use plugrad.iinfo to handle 'plugrad.finfo'",
                    f"{wanted} holds integers.",
                )
            )
        self.eps, self.max, self.smallest_normal, self.resolution = _FLOATS[wanted]
        self.tiny = self.smallest_normal
        self.min = -self.max
        self.bits = 8 * wanted.itemsize
        self.dtype = wanted.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash((finfo, self.dtype))

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 - PyTorch's name
    """The limits of an integer dtype.

    Args:
        type: The dtype.

    Attributes:
        bits: The number of bits.
        max: The largest integer.
        min: The smallest integer.
        dtype: The dtype's name.

    Raises:
        TypeError: for other dtypes, and what is no dtype.

    Example::

        >>> import plugrad
        >>> plugrad.iinfo(plugrad.int8).max
        127
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: dtype) -> None:
        wanted = _checked("iinfo", type)
        if wanted is dtypes.bool_:
            raise TypeError(with_hint("plugrad.bool is not supported by plugrad.iinfo", "it holds False and True."))
        if wanted.is_inexact:
            raise TypeError(
                with_hint(
                    "plugrad.iinfo() requires an integer input type. Use plugrad.finfo to handle 'plugrad.iinfo'",
                    f"{wanted} holds no integers.",
                )
            )
        self.bits = 8 * wanted.itemsize
        self.max = (1 << (self.bits - wanted.is_signed)) - 1
        self.min = -self.max - 1 if wanted.is_signed else 0
        self.dtype = wanted.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash((iinfo, self.dtype))

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _checked(name: str, value: Any) -> dtype:
    if not isinstance(value, dtype):
        raise TypeError(f"{name}(): argument 'type' (position 1) must be plugrad.dtype, not {type(value).__name__}")
    return value
