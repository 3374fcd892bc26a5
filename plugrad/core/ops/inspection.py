"""The standard's questions about dtypes, for code that runs on Tensors and on raw arrays alike."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes
from plugrad.core.dtype_info import finfo, iinfo
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.promote import result_type as _result_type

__all__ = ["isdtype"]

_GROUPS = {
    "bool": ("bool",),
    "signed integer": ("signed integer",),
    "unsigned integer": ("unsigned integer",),
    "integral": ("signed integer", "unsigned integer"),
    "real floating": ("real floating",),
    "complex floating": ("complex floating",),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
}


def isdtype(dtype: dtypes.dtype, kind: Any) -> bool:
    """Return whether a dtype is of a kind (the standard's function).

    Args:
        dtype: The dtype.
        kind: A dtype, one of the standard's names of kinds, or a tuple of them.

    Raises:
        ValueError: if ``kind`` is no such name.

    Example::

        >>> import plugrad
        >>> from plugrad.core import ops
        >>> ops.isdtype(plugrad.float32, "real floating")
        True
    """
    if isinstance(kind, tuple):
        return any([isdtype(dtype, k) for k in kind])
    if isinstance(kind, dtypes.dtype):
        return dtype is kind
    if kind not in _GROUPS:
        raise ValueError(f"unrecognized data type kind: {kind!r}")
    return dtype.kind in _GROUPS[kind]


def result_type(*operands: Any) -> dtypes.dtype:
    """Return the dtype that these tensors, dtypes and numbers promote to, by PyTorch's rules."""
    return _result_type(operands)


FUNCTIONS["isdtype"] = isdtype
FUNCTIONS["result_type"] = result_type
FUNCTIONS["finfo"] = finfo
FUNCTIONS["iinfo"] = iinfo
