"""Tensors from data."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes, registry
from plugrad.core.tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of these values."""
    where = registry.resolve(device or "cpu")
    raw = where.backend.asarray(data, dtype, where.index, copy=True)
    if dtype is None and not hasattr(data, "dtype") and where.backend.dtype_of(raw) is dtypes.float64:
        raw = where.backend.asarray(data, dtypes.get_default_dtype(), where.index, copy=True)
    out = Tensor(raw, where, where.backend.dtype_of(raw))
    if requires_grad:
        out.requires_grad_()
    return out
