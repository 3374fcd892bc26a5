"""What attention refuses, in PyTorch's words, and its masks as numbers."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int",
    "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
}  # fmt: skip


def _name(x: Tensor) -> str:
    return _C_NAMES.get(x.dtype.name, x.dtype.name)


def check_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    """Refuse what does not fit in ``scaled_dot_product_attention``."""
    require_tensors("scaled_dot_product_attention", query=query, key=key, value=value)
    if not query.dtype is key.dtype is value.dtype:
        names = [x.dtype.legacy_name.lower() for x in (query, key, value)]
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {names[0]} key.dtype: "
            f"{names[1]} and value.dtype: {names[2]} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if mask is not None:
        if mask.dtype is not dtypes.bool_ and mask.dtype is not query.dtype and mask.dtype is not dtypes.float32:
            raise RuntimeError(
                with_hint(
                    "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                    f"{_name(mask)} and  query.dtype: {_name(query)} instead.",
                    f"convert it: attn_mask.bool() or attn_mask.to({query.dtype}).",
                )
            )
        if is_causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
    if not query.dtype.is_inexact:
        raise RuntimeError(
            with_hint(f"expected scalar type Float but found {query.dtype.legacy_name}", "convert them: query.float().")
        )


def shown(x: Tensor, count: int | None = None) -> str:
    """The sizes of a tensor, as they print."""
    return f"plugrad.Size({list(x.shape[:count])})"


def canonical_mask(mask: Tensor | None, name: str, other: Tensor | None, like: Tensor) -> Tensor | None:
    """A mask as numbers that are added: -inf where it is true."""
    if mask is None:
        return None
    floating = mask.dtype.is_floating_point
    if mask.dtype is not dtypes.bool_ and not floating:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype is not other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=3
        )
    if floating:
        return mask
    numbers: Tensor = creation.zeros(mask.shape, dtype=like.dtype, device=like.device).masked_fill(mask, -math.inf)
    return numbers


def check_multi_head(
    query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None, attn_mask: Tensor | None, num_heads: int
) -> bool:
    """Refuse numbers of dimensions that do not fit; whether there is a batch."""
    if query.dim() not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor"
        )
    batched = query.dim() == 3
    kind = "batched (3-D)" if batched else "unbatched (2-D)"
    ndim = query.dim()
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {ndim}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != ndim - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {ndim - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 3):
            raise AssertionError(
                f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D "
                "tensor instead"
            )
        expected = (num_heads, query.shape[0], key.shape[0])
        if not batched and attn_mask.dim() == 3 and tuple(attn_mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {shown(attn_mask)}")
    return batched


def check_padding(mask: Tensor, length: int, count: int) -> None:
    """Refuse a padding mask of another size."""
    if mask.shape[0] != count:
        raise AssertionError(f"Expected key_padded_mask.shape[0] to be {count}, but got {mask.shape[0]}")
    if mask.shape[1] != length:
        raise AssertionError(f"Expected key_padded_mask.shape[1] to be {length}, but got {mask.shape[1]}")


def check_projections(
    q: Tensor, k: Tensor, v: Tensor, weights: tuple[Tensor, ...], biases: tuple[Tensor | None, ...]
) -> None:
    """Refuse maps of other sizes."""
    width = q.shape[-1]
    for name, x, weight in zip(("query", "key", "value"), (q, k, v), weights, strict=True):
        expected = (width, x.shape[-1])
        if tuple(weight.shape) != expected:
            raise AssertionError(f"expecting {name} weights shape of {expected}, but got {shown(weight)}")
    for name, bias in zip(("query", "key", "value"), biases, strict=True):
        if bias is not None and tuple(bias.shape) != (width,):
            raise AssertionError(f"expecting {name} bias shape of {(width,)}, but got {shown(bias)}")


def check_sizes(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    expected: int,
    heads: int,
    in_proj_weight: Tensor | None,
    separate: dict[str, Tensor | None] | None,
) -> None:
    """Refuse sizes of ``multi_head_attention_forward`` that do not fit, and maps that are missing."""
    width = query.shape[-1]
    if width != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {width}")
    if width % heads:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {heads}")
    if separate is None:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {shown(key)} does not match value shape {shown(value)}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        return
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {shown(key, 2)} do not match value's {shown(value, 2)}")
    for name, weight in separate.items():
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name} is None")


def check_mask(mask: Tensor, heads: int, length: int, source: int) -> None:
    """Refuse an attention mask of another shape; ``heads`` counts those of all samples."""
    if mask.dim() not in (2, 3):
        raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
    expected = (length, source) if mask.dim() == 2 else (heads, length, source)
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {shown(mask)}, but should be {expected}.")


def check_static(name: str, given: Tensor, heads: int, width: int) -> None:
    """Refuse static keys or values of another size."""
    for axis, n in ((0, heads), (2, width)):
        if given.shape[axis] != n:
            raise AssertionError(f"expecting {name}.size({axis}) of {n}, but got {given.shape[axis]}")
