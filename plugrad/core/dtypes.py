"""Dtype names and kinds, and PyTorch's promotion rules: data only, no array library.

A dtype here is a name with properties. What stands for it inside a backend is the backend's affair.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = ("bool", "unsigned integer", "signed integer", "real floating", "complex floating")


class dtype:  # noqa: N801 - PyTorch's name
    """The element type of a Tensor, such as ``plugrad.float32``.

    Attributes:
        name: The Array API standard's name, ``"float32"``.
        kind: One of ``KINDS``, the standard's words.
        itemsize: Bytes per element.
        is_floating_point: Real floating point.
        is_complex: Complex floating point.
        is_signed: Has negative values.
        is_inexact: Floating point or complex: the dtypes that can require gradients.
        category: 0 bool, 1 integer, 2 floating, 3 complex: the order in which promotion looks at them.

    Example::

        >>> import plugrad
        >>> plugrad.float32.itemsize, plugrad.float32.is_floating_point
        (4, True)
    """

    __slots__ = (
        "category",
        "is_complex",
        "is_floating_point",
        "is_inexact",
        "is_signed",
        "itemsize",
        "kind",
        "legacy_name",
        "name",
        "usual",
    )

    def __init__(self, name: str, kind: str, itemsize: int, legacy_name: str) -> None:
        self.name = name
        self.kind = kind
        self.itemsize = itemsize
        self.legacy_name = legacy_name
        self.is_floating_point = kind == "real floating"
        self.is_complex = kind == "complex floating"
        self.is_inexact = self.is_floating_point or self.is_complex
        self.is_signed = kind not in ("bool", "unsigned integer")
        # The dtypes that ops compute in without a second look.
        self.usual = self.is_floating_point and name != "bfloat16"
        self.category = {"bool": 0, "real floating": 2, "complex floating": 3}.get(kind, 1)

    def __repr__(self) -> str:
        return f"plugrad.{self.name}"

    def __reduce__(self) -> tuple[object, ...]:
        return by_name, (self.name,)

    def to_real(self) -> dtype:
        """The real dtype of the same precision."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype of the same precision."""
        return {float16: complex64, bfloat16: complex64, float32: complex64, float64: complex128}.get(self, self)


bool_: Final = dtype("bool", "bool", 1, "Bool")
uint8: Final = dtype("uint8", "unsigned integer", 1, "Byte")
uint16: Final = dtype("uint16", "unsigned integer", 2, "UInt16")
uint32: Final = dtype("uint32", "unsigned integer", 4, "UInt32")
uint64: Final = dtype("uint64", "unsigned integer", 8, "UInt64")
int8: Final = dtype("int8", "signed integer", 1, "Char")
int16: Final = dtype("int16", "signed integer", 2, "Short")
int32: Final = dtype("int32", "signed integer", 4, "Int")
int64: Final = dtype("int64", "signed integer", 8, "Long")
float16: Final = dtype("float16", "real floating", 2, "Half")
bfloat16: Final = dtype("bfloat16", "real floating", 2, "BFloat16")
float32: Final = dtype("float32", "real floating", 4, "Float")
float64: Final = dtype("float64", "real floating", 8, "Double")
complex64: Final = dtype("complex64", "complex floating", 8, "ComplexFloat")
complex128: Final = dtype("complex128", "complex floating", 16, "ComplexDouble")

ALL: Final = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip
NAMES: Final = {d.name: d for d in ALL}

# PyTorch's names for the same dtypes.
ALIASES: Final = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32, "long": int64,
    "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip

_default: dtype = float32


def by_name(name: str) -> dtype:
    """The dtype of this (standard) name."""
    return NAMES[name]


def get_default_dtype() -> dtype:
    """Return the dtype of new floating point tensors made from Python numbers.

    Returns:
        ``plugrad.float32`` unless ``set_default_dtype`` changed it.

    Example::

        >>> import plugrad
        >>> plugrad.get_default_dtype()
        plugrad.float32
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the dtype of new floating point tensors made from Python numbers.

    Args:
        d: A floating point dtype.

    Raises:
        TypeError: if ``d`` is not a floating point dtype.

    Example::

        >>> import plugrad
        >>> plugrad.set_default_dtype(plugrad.float64)
        >>> plugrad.tensor(1.0).dtype
        plugrad.float64
        >>> plugrad.set_default_dtype(plugrad.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


_PROMOTED: dict[tuple[dtype, dtype], dtype] = {}
_SIGNED: Final = {1: int8, 2: int16, 4: int32, 8: int64}


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that both can be promoted to, by PyTorch's table.

    Args:
        type1: One dtype.
        type2: The other.

    Raises:
        RuntimeError: for uint64 with a signed integer, which nothing holds.
        TypeError: if an argument is no dtype.

    Differs from PyTorch: it refuses uint16, uint32 and uint64 with every other integer; here they are promoted to the
    smallest integer dtype that holds both.

    Example::

        >>> import plugrad
        >>> plugrad.promote_types(plugrad.int64, plugrad.float32)
        plugrad.float32
    """
    if type1 is type2:
        return type1
    found = _PROMOTED.get((type1, type2))
    if found is None:
        found = _PROMOTED[(type1, type2)] = _promote(type1, type2)
    return found


def _promote(a: dtype, b: dtype) -> dtype:
    for i, d in enumerate((a, b), 1):
        if not isinstance(d, dtype):
            raise TypeError(
                f"promote_types(): argument 'type{i}' (position {i}) must be plugrad.dtype, not {type(d).__name__}"
            )
    if a.category > b.category:
        a, b = b, a
    if a.category != b.category:
        if b.is_complex and a.is_floating_point:
            return complex128 if a is float64 else b
        return b
    if a.is_inexact:
        if {a, b} == {float16, bfloat16}:
            return float32
        return a if a.itemsize >= b.itemsize else b
    if a.is_signed == b.is_signed:
        return a if a.itemsize >= b.itemsize else b
    signed, unsigned = (a, b) if a.is_signed else (b, a)
    # The signed one that holds both. PyTorch has it for uint8 only, and refuses the other unsigned ones in every pair.
    size = max(signed.itemsize, 2 * unsigned.itemsize)
    if size in _SIGNED:
        return _SIGNED[size]
    raise RuntimeError(
        f"Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
        f"{a.legacy_name} and {b.legacy_name}\nHint: no integer holds both; convert one of them: x.to({signed})."
    )


def of_scalar(value: object) -> dtype:
    """The dtype that PyTorch gives a Python number: int64, bool, or the default floating (complex) dtype."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    if isinstance(value, float):
        return _default
    return _default.to_complex()


def combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    """Let ``higher`` decide, unless ``lower`` is of a higher category (ATen's combine_categories)."""
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return higher.to_complex() if lower.is_complex else higher
    if higher is bool_ or lower.is_inexact:
        return promote_types(higher, lower)
    return higher
