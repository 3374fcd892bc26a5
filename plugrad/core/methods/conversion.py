"""PyTorch's names for conversions to other dtypes and devices, and for questions about dtypes."""

from __future__ import annotations

import math
from typing import Any, Final

from plugrad.core import data, dtypes, ops, promote
from plugrad.core.arguments import as_dtype, mistyped, type_name
from plugrad.core.default_device import place
from plugrad.core.device import device as Device
from plugrad.core.errors import with_hint
from plugrad.core.methods.interchange import InterchangeMethods
from plugrad.core.value import Value

__all__ = [
    "can_cast", "is_complex", "is_floating_point", "is_nonzero", "is_signed", "is_tensor", "numel",
    "result_type",
]  # fmt: skip

_TO_FORMS: Final = (
    " * (plugrad.device device = None, plugrad.dtype dtype = None, bool non_blocking = False, bool copy = "
    "False)\n"
    " * (plugrad.dtype dtype, bool non_blocking = False, bool copy = False)\n"
    " * (Tensor tensor, bool non_blocking = False, bool copy = False)"
)

_LEGACY: Final = {d.legacy_name: d for d in dtypes.ALL}


def is_tensor(obj: Any) -> bool:
    """Return whether ``obj`` is a tensor.

    Args:
        obj: Anything.

    Example::

        >>> import plugrad
        >>> plugrad.is_tensor(plugrad.ones(2)), plugrad.is_tensor([1, 1])
        (True, False)
    """
    return isinstance(obj, Value)


def _tensor(name: str, value: Any) -> Any:
    if not isinstance(value, Value):
        raise mistyped(name, "input", 1, "Tensor", value)
    return value


def numel(input: Any) -> int:
    """Return the number of elements.

    Args:
        input: A tensor.

    Raises:
        TypeError: if it is none.

    Example::

        >>> import plugrad
        >>> plugrad.numel(plugrad.ones(2, 3))
        6
    """
    return math.prod(_tensor("numel", input).raw.shape)


def is_floating_point(input: Any) -> bool:
    """Return whether a tensor's dtype is real floating point.

    Args:
        input: A tensor.

    Raises:
        TypeError: if it is none.

    Example::

        >>> import plugrad
        >>> plugrad.is_floating_point(plugrad.tensor([1, 2]))
        False
    """
    return bool(_tensor("is_floating_point", input).dtype.is_floating_point)


def is_complex(input: Any) -> bool:
    """Return whether a tensor's dtype is complex.

    Args:
        input: A tensor.

    Raises:
        TypeError: if it is none.

    Example::

        >>> import plugrad
        >>> plugrad.is_complex(plugrad.ones(2))
        False
    """
    return bool(_tensor("is_complex", input).dtype.is_complex)


def is_signed(input: Any) -> bool:
    """Return whether a tensor's dtype has negative values.

    Args:
        input: A tensor.

    Raises:
        TypeError: if it is none.

    Example::

        >>> import plugrad
        >>> plugrad.is_signed(plugrad.ones(2))
        True
    """
    return bool(_tensor("is_signed", input).dtype.is_signed)


def is_nonzero(input: Any) -> bool:
    """Return whether the only element of a tensor is not zero.

    Args:
        input: A tensor of one element.

    Raises:
        RuntimeError: if it has none, or several.

    Example::

        >>> import plugrad
        >>> plugrad.is_nonzero(plugrad.tensor([0.0]))
        False
    """
    return bool(_tensor("is_nonzero", input))


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """Return the dtype of the result of arithmetic on two operands.

    Args:
        tensor1: A tensor or a number.
        tensor2: A tensor or a number.

    Returns:
        A dtype. Tensors with dimensions count first, then tensors without, then numbers.

    Raises:
        TypeError: for other operands.

    Example::

        >>> import plugrad
        >>> plugrad.result_type(plugrad.tensor([1, 2]), 1.0)
        plugrad.float32
    """
    operands = [x if isinstance(x, Value) else promote.plain(x) for x in (tensor1, tensor2)]
    if None in [x for x in operands if not isinstance(x, Value)]:
        kinds = f"{type_name(tensor1)}, {type_name(tensor2)}"
        raise TypeError(
            f"result_type() received an invalid combination of arguments - got ({kinds}), but expected "
            "tensors or "
            "numbers"
        )
    return promote.result_type(operands)


def can_cast(from_: dtypes.dtype, to: dtypes.dtype) -> bool:
    """Return whether in-place arithmetic may put a result of one dtype into a tensor of another.

    Args:
        from_: The dtype of the result.
        to: The dtype of the tensor.

    Returns:
        Whether ``to`` is of the same or a higher category: bool, integer, floating, complex.

    Raises:
        TypeError: if an argument is no dtype.

    Example::

        >>> import plugrad
        >>> plugrad.can_cast(plugrad.float64, plugrad.int32)
        False
    """
    for position, (name, d) in enumerate((("from_", from_), ("to", to)), 1):
        if not isinstance(d, dtypes.dtype):
            raise mistyped("can_cast", name, position, "plugrad.dtype", d)
    return from_.category <= to.category


def _to(dtype: dtypes.dtype, name: str) -> Any:
    """The method that converts to one dtype."""

    def cast(self: Any) -> Any:
        return self if self.dtype is dtype else ops.to_copy(self, dtype, self.device)

    cast.__name__ = cast.__qualname__ = name
    cast.__doc__ = f"""Convert to {dtype.name}: this tensor itself where it is that already.

        Returns:
            A tensor of dtype ``plugrad.{dtype.name}``.
        """
    return cast


class CastMethods:
    """Conversions by the name of the dtype. A class of its own: there these names are not Python's types."""

    __slots__ = ()

    float = _to(dtypes.float32, "float")
    double = _to(dtypes.float64, "double")
    half = _to(dtypes.float16, "half")
    bfloat16 = _to(dtypes.bfloat16, "bfloat16")
    int = _to(dtypes.int32, "int")
    long = _to(dtypes.int64, "long")
    short = _to(dtypes.int16, "short")
    byte = _to(dtypes.uint8, "byte")
    char = _to(dtypes.int8, "char")
    bool = _to(dtypes.bool_, "bool")
    cfloat = _to(dtypes.complex64, "cfloat")
    cdouble = _to(dtypes.complex128, "cdouble")


class ConversionMethods(CastMethods, InterchangeMethods):
    """The methods and operators of this chapter."""

    __slots__ = ()

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Convert to another dtype or copy to another device: ``to(dtype)``, ``to(device)``, ``to(other)``.

        Args:
            args: A dtype; or a device, then maybe a dtype; or a tensor whose dtype and device are taken. Then
                maybe ``non_blocking`` and ``copy``.
            kwargs: ``device``, ``dtype``, ``non_blocking``, ``copy`` by name. With ``non_blocking`` a copy from a GPU
                to the CPU is returned at once, and its values come when the GPU is synchronized.

        Returns:
            This very tensor if it is so already and ``copy`` is not set. Otherwise a copy, recorded; at
            integers the graph ends.

        Raises:
            TypeError: for other arguments.
            RuntimeError: for a device that does not exist.

        Example::

            >>> import plugrad
            >>> x = plugrad.tensor([1.5, 2.5], requires_grad=True)
            >>> x.to(plugrad.float64)
            tensor([1.5000, 2.5000], dtype=plugrad.float64, grad_fn=<ToCopyBackward0>)
        """
        x: Any = self
        first = args[0] if len(args) == 1 and not kwargs else None
        if first.__class__ is dtypes.dtype:
            dtype, where, copy, later = first, x.device, False, False
        elif first.__class__ is str or first.__class__ is Device:
            dtype, where, copy, later = x.dtype, place(first), False, False
        else:
            dtype, where, copy, later = _destination(x, args, kwargs)
        if dtype is x.dtype and where is x.device and not copy:
            return x
        if later:
            with data.coming_later(True):
                return ops.to_copy(x, dtype, where)
        return ops.to_copy(x, dtype, where)

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """Copy to another device: the standard's name of ``to(device)``.

        Args:
            device: The device.
            stream: Changes nothing.
        """
        return self.to(device)

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """Return the tensor's type as PyTorch names it, or convert to one.

        Args:
            dtype: A dtype, or a name such as ``"plugrad.DoubleTensor"``; None to ask.
            non_blocking: Changes nothing.

        Raises:
            ValueError: for a name that is no type.

        Example::

            >>> import plugrad
            >>> plugrad.ones(2).type()
            'plugrad.FloatTensor'
            >>> plugrad.ones(2).type(plugrad.float64).dtype
            plugrad.float64
        """
        x: Any = self
        place_name = "" if x.device.type == "cpu" else f"{x.device.type}."
        if dtype is None:
            return f"plugrad.{place_name}{x.dtype.legacy_name}Tensor"
        if isinstance(dtype, str):
            *_, kind, name = ("", *dtype.rsplit(".", 1))
            found = _LEGACY.get(name.removesuffix("Tensor")) if name.endswith("Tensor") else None
            where = {"plugrad": "cpu"}.get(kind, kind.removeprefix("plugrad."))
            if found is None or not kind.startswith("plugrad"):
                raise ValueError(with_hint(f"invalid type: '{dtype}'", "types are 'plugrad.FloatTensor' and so on."))
            return self.to(where, found)
        if not isinstance(dtype, dtypes.dtype):
            name = dtype.__name__ if dtype.__class__ is type else type_name(dtype)
            raise ValueError(with_hint(f"invalid type: '{name}'", "pass a dtype."))
        return self.to(dtype)

    def type_as(self, other: Any) -> Any:
        """Convert to the dtype and device of another tensor.

        Args:
            other: The tensor to follow.

        Example::

            >>> import plugrad
            >>> plugrad.ones(2).type_as(plugrad.tensor([1, 2]))
            tensor([1, 1])
        """
        if not isinstance(other, Value):
            raise mistyped("type_as", "other", 1, "Tensor", other)
        return self.to(other)

    def get_device(self) -> int:
        """Return the number of the tensor's device; -1 on the CPU.

        Example::

            >>> import plugrad
            >>> plugrad.ones(2).get_device()
            -1
        """
        x: Any = self
        return -1 if x.device.type == "cpu" else x.device.index or 0

    def cpu(self, *, non_blocking: bool = False) -> Any:
        """Copy to the CPU: this tensor itself where it is there already.

        Args:
            non_blocking: Return at once; the values come when the device is synchronized.
        """
        return self.to("cpu", non_blocking=non_blocking)

    def cuda(self, device: Any = None, non_blocking: bool = False) -> Any:
        """Copy to an NVIDIA GPU: this tensor itself where it is there already.

        Args:
            device: Which one; the first by default.
            non_blocking: Changes nothing: the host never waits for it.

        Raises:
            BackendError: if there is no such GPU, or nothing installed that computes on it.

        Example::

            >>> import plugrad
            >>> x = plugrad.ones(2).cuda() if plugrad.cuda.is_available() else plugrad.ones(2)
        """
        return self.to("cuda" if device is None else device)


def _destination(x: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, bool]:
    """(dtype, device, copy, non_blocking) of a call of ``to``."""
    named = dict(kwargs)
    rest = list(args)
    given: dict[str, Any] = {}
    if rest:
        first = rest.pop(0)
        if isinstance(first, Value):
            given = {"dtype": first.dtype, "device": first.device}
        elif isinstance(first, dtypes.dtype) or first in (float, int, bool, complex):
            given = {"dtype": first}
        elif first is None or isinstance(first, (str, Device)) or first.__class__ is int:
            given = {"device": first}
            if rest and (
                rest[0] is None or isinstance(rest[0], dtypes.dtype) or rest[0] in (float, int, bool, complex)
            ):
                given["dtype"] = rest.pop(0)
        else:
            raise _invalid_to(args, kwargs)
    for name, value in zip(("non_blocking", "copy"), rest, strict=False):
        given[name] = value
    flags = [given.get(n, named.get(n, False)) for n in ("non_blocking", "copy")]
    unknown = set(named) - {"device", "dtype", "non_blocking", "copy"}
    if len(rest) > 2 or unknown or set(given) & set(named) or not all([f.__class__ is bool for f in flags]):
        raise _invalid_to(args, kwargs)
    given.update(named)
    dtype = as_dtype("to", given.get("dtype")) or x.dtype
    where = x.device if given.get("device") is None else place(given["device"])
    return dtype, where, bool(flags[1]), bool(flags[0])


def _invalid_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    names = {"dtype": "plugrad.dtype", "device": "plugrad.device"}
    kinds = [names.get(type_name(a).rpartition(".")[2], type_name(a)) for a in args]
    kinds += [f"{k}={names.get(type_name(v).rpartition('.')[2], type_name(v))}" for k, v in kwargs.items()]
    got = ", ".join(kinds) + (", " if len(kinds) == 1 and kwargs else "")
    return TypeError(
        f"to() received an invalid combination of arguments - got ({got}), but expected one of:\n{_TO_FORMS}\n"
    )
