"""Kernels of pooling: the largest of windows, and their means."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import faults
from plugrad.backends.cupy.kernels_embedding import add_rows
from plugrad.backends.cupy.kernels_windows import covers, index_type, launch
from plugrad.backends.cupy.kernels_windows import windows as windows_of
from plugrad.backends.cupy.launch import blocks_for, function, generic, library
from plugrad.core.determinism import are_deterministic_algorithms_enabled
from plugrad.core.ops import pooling

_Sizes = tuple[int, ...]
_WIDE: Final = {"float64": np.dtype("f8")}
_INT64: Final = np.dtype("i8")
# Definitions of ops are untyped.
pooled_shape: Any = pooling.pooled_shape


def max_pool(
    x: Any, *, size: _Sizes, stride: _Sizes, padding: _Sizes, dilation: _Sizes, ceil_mode: bool
) -> tuple[Any, Any]:
    shape = x.shape[2:]
    count = pooled_shape(shape, size, stride, padding, dilation, ceil_mode)
    if not covers(x, axes=len(size)) or prod(count) <= 0:
        options = {"size": size, "stride": stride, "padding": padding, "dilation": dilation}
        found: tuple[Any, Any] = generic("max_pool", x, **options, ceil_mode=ceil_mode)
        return found
    cupy = library()
    y = cupy.empty((*x.shape[:2], *count), x.dtype)
    index = cupy.empty(y.shape, _INT64)
    where = windows_of(shape, size, stride, padding, dilation, count)
    kind = index_type(x.size, y.size)
    launch("max_pool", y.size, kind, x.dtype, cupy.ascontiguousarray(x), y, index, where, prod(x.shape[:2]))
    return y, index


def max_pool_backward(grad: Any, index: Any, *, shape: _Sizes, apart: bool, windows: Any = None) -> Any:
    whole = prod(shape)
    if not covers(grad, axes=len(shape)) or not whole or index.shape != grad.shape or index.dtype != _INT64:
        return generic("max_pool_backward", grad, index, shape=shape, apart=apart, windows=windows)
    cupy = library()
    grad, index = cupy.ascontiguousarray(grad), cupy.ascontiguousarray(index)
    planes, number = prod(grad.shape[:2]), prod(grad.shape[2:])
    out_shape = (*grad.shape[:2], *shape)
    if windows is not None:
        out = cupy.empty(out_shape, grad.dtype)
        size, stride, padding, dilation = windows
        where = windows_of(shape, size, stride, padding, dilation, grad.shape[2:])
        kind = index_type(grad.size, out.size)
        launch("max_pool_backward", out.size, kind, grad.dtype, grad, index, out, where, planes)
        return out
    if not apart and are_deterministic_algorithms_enabled():
        # Positions in all planes, so that sums of rows of one number each are what is wanted.
        faults.check(index, 0, whole)
        start = cupy.arange(0, planes * whole, whole, dtype=_INT64).reshape(planes, 1)
        places = (index.reshape(planes, number) + start).reshape(-1)
        return add_rows(grad.reshape(-1, 1), places, planes * whole).reshape(out_shape)
    # Atomics are fast in the wider type only.
    dtype = grad.dtype if apart else _WIDE.get(grad.dtype.name, np.dtype("f4"))
    out = cupy.zeros(out_shape, dtype)
    function("unpool" if apart else "unpool_add", grad.dtype)(
        (blocks_for(grad.size),),
        (256,),
        (
            grad,
            index,
            out,
            faults.flag(),
            np.int32(faults.INDEX),
            np.int64(grad.size),
            np.int64(number),
            np.int64(whole),
        ),
    )
    return out if dtype == grad.dtype else out.astype(grad.dtype)


def _averaging(
    kernel: str,
    x: Any,
    out_shape: _Sizes,
    inner: tuple[_Sizes, _Sizes],
    size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """Launch one of the two kernels; ``inner``: the sizes before and after pooling."""
    cupy = library()
    out = cupy.empty(out_shape, x.dtype)
    where = windows_of(inner[0], size, stride, padding, (1,) * len(size), inner[1])
    launch(
        kernel,
        out.size,
        index_type(x.size, out.size),
        x.dtype,
        cupy.ascontiguousarray(x),
        out,
        where,
        np.int32(count_include_pad),
        np.int64(divisor_override or 0),
        prod(x.shape[:2]),
    )
    return out


def avg_pool(
    x: Any,
    *,
    size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    shape = x.shape[2:]
    count = pooled_shape(shape, size, stride, padding, (1,) * len(size), ceil_mode)
    options: dict[str, Any] = {
        "size": size,
        "stride": stride,
        "padding": padding,
        "count_include_pad": count_include_pad,
    }
    if not covers(x, axes=len(size)) or prod(count) <= 0:
        return generic("avg_pool", x, **options, ceil_mode=ceil_mode, divisor_override=divisor_override)
    out_shape = (*x.shape[:2], *count)
    return _averaging("avg_pool", x, out_shape, (shape, count), **options, divisor_override=divisor_override)


def avg_pool_backward(
    grad: Any,
    *,
    shape: _Sizes,
    size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    options: dict[str, Any] = {
        "size": size,
        "stride": stride,
        "padding": padding,
        "count_include_pad": count_include_pad,
    }
    if not covers(grad, axes=len(size)) or not prod(shape):
        return generic(
            "avg_pool_backward", grad, shape=shape, **options, ceil_mode=ceil_mode, divisor_override=divisor_override
        )
    out_shape = (*grad.shape[:2], *shape)
    inner = (tuple(shape), grad.shape[2:])
    return _averaging("avg_pool_backward", grad, out_shape, inner, **options, divisor_override=divisor_override)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "max_pool": max_pool,
    "max_pool_backward": max_pool_backward,
    "avg_pool": avg_pool,
    "avg_pool_backward": avg_pool_backward,
}
